#include "sensors/spool_facts.h"

#include "tests/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID "1xVSmq-0007a4-2Q"

/* One field in the way of -H: its length, its type, and itself. */
static size_t add_field(char *at, const char *text)
{
	return (size_t)sprintf(at, "%03zu  %s\n", strlen(text) + 1, text);
}

static void write_message(
	const char *top, const char *options, const char *recipients, const char *const *fields)
{
	char file[8192];
	size_t n = (size_t)sprintf(file,
		ID "-H\nDebian-exim 101 103\n<ann@shop.test>\n1795435484 0\n"
		   "-received_time_usec .250000\n%sXX\n%s\n",
		options, recipients);

	for (size_t i = 0; fields[i] != NULL; i++)
		n += add_field(file + n, fields[i]);
	folder_make(top, "input");
	folder_write(top, "input/" ID "-H", file);
	folder_write(top, "input/" ID "-D",
		ID "-D\nSee <b>our</b> offer at http://shop.test/x and be glad\n");
}

static int read_it(void *const *state, struct spool_facts *s, struct fact *ret, int *ret_fd)
{
	char path[FOLDER_PATH_MAX];
	struct exim_id id;

	(void)snprintf(path, sizeof(path), "%s/input", (const char *)*state);
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(*ret_fd >= 0);
	const struct spool_folder folder = {.fd = *ret_fd};
	assert_int_equal(exim_id_parse(slice_of(ID), &id), 0);
	int err = spool_facts_read(s, &folder, &id, ret);
	if (err == 0) {
		/* the folder has to be there for the body, too */
		spool_facts_read_body(s, ret);
	}
	(void)close(*ret_fd);
	return err;
}

static void test_of_a_mailbox(void **state)
{
	static const char *const fields[] = {
		"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Message-ID: <m1@laptop.test>",
		"List-Id: <news.shop.test>", "Content-Type: text/html; charset=utf-8", NULL};
	AUTO(spool_facts) s = spool_facts_new("Debian-exim");
	struct fact f = {0};
	int fd;

	write_message(*state,
		"-helo_name laptop.test\n-host_address [192.0.2.7]:44\n-host_auth plain\n"
		"-tls_cipher TLS1.3:x:256\n--auth_id Ann@shop.test\n",
		"2\nbob@far.test\ncem@far.test\n", fields);
	assert_int_equal(read_it(state, s, &f, &fd), 0);
	assert_int_equal(f.kind, FACT_ACCEPTED);
	assert_int_equal(f.at_us, INT64_C(1795435484250000));
	assert_string_equal(f.source->name, "ann@shop.test");
	assert_int_equal(f.source->kind, SOURCE_MAILBOX);
	assert_true(slice_is(f.id, ID) && slice_is(f.sender, "ann@shop.test"));
	assert_true(slice_is(f.client, "192.0.2.7") && slice_is(f.helo, "laptop.test"));
	assert_true(slice_is(f.cipher, "TLS1.3:x:256"));
	assert_true(slice_is(f.subject, "Gr\303\274\303\237e"));
	assert_true(slice_is(f.message_id, "m1@laptop.test"));
	assert_true(f.is_list && !f.is_automatic);
	assert_int_equal(f.recipient_count, 2);
	assert_int_equal(f.recipient_total, 2);
	assert_true(slice_is(f.recipients[1], "cem@far.test"));
	assert_non_null(f.body.at);
	assert_non_null(memmem(f.body.at, f.body.len, "http://shop.test/x", 18));
	assert_null(memmem(f.body.at, f.body.len, "<b>", 3));
}

static void check_source(
	void **state, const char *options, const char *field, const char *source, bool automatic)
{
	const char *const fields[] = {field, NULL};
	AUTO(spool_facts) s = spool_facts_new("Debian-exim");
	char text[SOURCE_TEXT_MAX];
	struct fact f = {0};
	int fd;

	write_message(*state, options, "1\nbob@far.test\n", fields);
	assert_int_equal(read_it(state, s, &f, &fd), 0);
	if (source == NULL)
		assert_null(f.source);
	else
		assert_string_equal(source_text(f.source, text), source);
	assert_int_equal(f.is_automatic, automatic);
}

static void test_sources(void **state)
{
	check_source(state, "-host_address [198.51.100.1]:5\n", "X: y", NULL, false);
	check_source(state, "-local\n-ident Debian-exim\n", "Auto-Submitted: auto-replied",
		"login:Debian-exim", true);
	check_source(state, "-local\n", "Auto-Submitted: no", "login:Debian-exim", false);
	check_source(
		state, "-local\n-localerror\n", "Precedence: auto_reply", "bounce:local", true);
}

static void test_what_cannot_be(void **state)
{
	static const char *const none[] = {NULL};
	AUTO(spool_facts) s = spool_facts_new("Debian-exim");
	struct fact f = {.kind = FACT_SCORED};
	int fd;

	folder_make(*state, "input");
	assert_int_equal(read_it(state, s, &f, &fd), -ENOENT);
	write_message(*state, "-local\n", "7\nbob@far.test\n", none);
	assert_int_equal(read_it(state, s, &f, &fd), -EBADMSG);
	assert_int_equal(f.kind, FACT_SCORED);
}

/* Delivered between the two: the fact stays without its text. */
static void test_gone(void **state)
{
	static const char *const none[] = {NULL};
	AUTO(spool_facts) s = spool_facts_new("Debian-exim");
	char path[FOLDER_PATH_MAX];
	struct fact f = {0};
	int fd;

	write_message(*state, "-local\n", "1\nbob@far.test\n", none);
	(void)snprintf(path, sizeof(path), "%s/input/" ID "-D", (const char *)*state);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(read_it(state, s, &f, &fd), 0);
	assert_null(f.body.at);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_of_a_mailbox),
		TEST(test_sources),
		TEST(test_what_cannot_be),
		TEST(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
