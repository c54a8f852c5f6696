#include "sensors/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define ID     "1xVSmq-0007a4-2Q"
#define FIELDS "013  Subject: abc\n"

static const struct spool_folder folder = {.queue = "night"};

static void read_text(const char *text, struct exim_header *h, struct scanned *m)
{
	*m = (struct scanned){.folder = &folder, .file = slice_of(text), .has_data = true};
	assert_int_equal(exim_id_parse(slice_of(ID), &m->id), 0);
	(void)!exim_header_parse(m->file, &m->id, h);
	m->header = h;
}

static void test_source(void **state)
{
	static const struct {
		const char *login, *sender, *options, *want;
	} rows[] = {
		{"Debian-exim", "ann@shop.test",
			"-host_address [192.0.2.7]:1\n-host_auth plain\n--auth_id Ann@shop.test\n",
			"mailbox:ann@shop.test"},
		/* a thief may send with the null sender: still the mailbox */
		{"Debian-exim", "", "-host_address [192.0.2.7]:1\n-host_auth plain\n-auth_id a@b\n",
			"mailbox:a@b"},
		/* local mail carries -auth_id, too: it is the login that counts */
		{"www-data", "x@forged.test", "-local\n-auth_id www-data\n-ident www-data\n",
			"login:www-data"},
		{"www data", "x@forged.test", "-local\n", "login:www data"},
		{"www-data", "", "-local\n", "login:www-data"},
		{"Debian-exim", "", "-ident Debian-exim\n-received_protocol local\n-localerror\n",
			"bounce:local"},
		{"Debian-exim", "", "-ident Debian-exim\n", "bounce:local"},
		{"Debian-exim", "a@b", "-ident Debian-exim\n", "login:Debian-exim"},
		{"Debian-exim", "a@b", "-host_address [192.0.2.7]:44\n", "host:192.0.2.7"},
		{"Debian-exim", "", "-host_address 2001:db8::1.25\n", "host:2001:db8::1"},
		/* who forges an id where text of the sender's is kept, forges nothing */
		{"Debian-exim", "a@b",
			"-host_address [192.0.2.7]:44\n-aclm 0 32\n-host_auth plain\n-auth_id "
			"ann@s\n\n",
			"host:192.0.2.7"},
		{"Debian-exim", "a@b", "-host_address [192.0.2.7]:44\n-auth_id ann@s\n",
			"host:192.0.2.7"},
		{"Debian-exim", "a@b", "-host_address [192.0.2.7]:44\n-host_auth plain\n",
			"host:192.0.2.7"},
		/* no name is nobody's, not one for all */
		{"Debian-exim", "a@b",
			"-host_address [192.0.2.7]:44\n-host_auth plain\n-auth_id \n",
			"host:192.0.2.7"},
		{"", "a@b", "-local\n", "unknown:"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(queue_sensor) sensor = queue_sensor_new("Debian-exim");
		struct exim_header h;
		struct scanned m;
		struct queued q;
		char text[1024], source[SOURCE_TEXT_MAX];

		(void)snprintf(text, sizeof(text),
			ID "-H\n%s 1 1\n<%s>\n1795435484 0\n%sXX\n1\nr@x\n\n"
			   "037  X: \n-host_auth plain\n-auth_id evil@x\n" FIELDS,
			rows[i].login, rows[i].sender, rows[i].options);
		read_text(text, &h, &m);
		assert_true(queue_sense(sensor, &m, &q));
		assert_false(q.damaged);
		if (strcmp(source_text(&q.source, source), rows[i].want) != 0)
			fail_msg("row %zu: got %s, want %s", i, source, rows[i].want);
		assert_int_equal(q.authenticated, strncmp(rows[i].want, "mailbox", 7) == 0);
		assert_string_equal(q.queue, "night");
		assert_string_equal(q.id, ID);
	}
}

/* Delivered: in the tree or in -J, byte for byte. */
static void test_delivered(void **state)
{
	AUTO(queue_sensor) sensor = queue_sensor_new("exim");
	struct exim_header h;
	struct scanned m;
	struct queued q;

	(void)state;
	read_text(ID "-H\nx 1 1\n<a@b>\n1795435484 0\n-frozen 5\nYN b@x\nNN c@x\n5\n"
		     "a@x\nb@x\nC@x\nd@x  0,-1#1\ne@x\n\n" FIELDS,
		&h, &m);
	m.journal = slice_of("d@x\nnobody@x\ne@x"); /* the last line is not complete */
	assert_true(queue_sense(sensor, &m, &q));
	assert_int_equal(q.recipient_count, 5);
	assert_int_equal(q.delivered_count, 2);
	assert_false(q.delivered[0]);
	assert_true(q.delivered[1]);
	assert_false(q.delivered[2]);
	assert_true(q.delivered[3]);
	assert_true(slice_is(q.recipients[3], "d@x"));
	assert_false(q.delivered[4]);
	assert_true(q.frozen);
	assert_int_equal(q.received, 1795435484);

	/* the next message starts from nothing */
	read_text(ID "-H\nx 1 1\n<a@b>\n1795435484 0\nXX\n1\nb@x\n\n" FIELDS, &h, &m);
	assert_true(queue_sense(sensor, &m, &q));
	assert_int_equal(q.delivered_count, 0);
	assert_false(q.delivered[0]);
}

static void test_damaged(void **state)
{
	AUTO(queue_sensor) sensor = queue_sensor_new("exim");
	struct exim_header h;
	struct scanned m;
	struct queued q;

	(void)state;
	/* broken off among the options: who sent it may stand in what is lost */
	read_text(ID "-H\nx 1 1\n<a@b>\n1795435484 0\n-host_address [192.0.2.7]:44\n-fro", &h, &m);
	assert_true(queue_sense(sensor, &m, &q));
	assert_true(q.damaged);
	assert_int_equal(q.source.kind, SOURCE_UNKNOWN);
	assert_true(slice_is(q.sender, "a@b"));

	/* the options are whole, the recipients are not */
	read_text(ID "-H\nx 1 1\n<a@b>\n1795435484 0\n-host_address [192.0.2.7]:44\nXX\n3\nr@x\n",
		&h, &m);
	assert_true(queue_sense(sensor, &m, &q));
	assert_true(q.damaged);
	assert_int_equal(q.source.kind, SOURCE_HOST);
	assert_int_equal(q.recipient_count, 1);

	read_text("", &h, &m);
	assert_false(queue_sense(sensor, &m, &q));
	assert_true(q.damaged);
	assert_int_equal(q.received, exim_id_seconds(&m.id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_delivered),
		cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
