#include "reports/show.h"

#include "formats/exim_header.h"
#include "sensors/queue.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795435550
#define ID  "1xVSmQ-00076x-1r"

#define HOSTILE                                                                                    \
	ID "-H\nDeb\x1b[1mian 104 109\n<\"\x1b[2J\"@\xff.test>\n1795435430 1\n"                    \
	   "--helo_name \x07he\xc2\x9b"                                                            \
	   "1mlo\n-host_address [192.0.2.1]:4\n"                                                   \
	   "--host_name evil\xe2\x80\xae.test\n-host_auth plain\n-auth_id ann@shop.test\n"         \
	   "--tls_cipher X\x1b[3m\n-tls_ver TLS1.3\n--tls_sni \x1b[4m\n"                           \
	   "XX\n2\nb@\xe2\x80\xae.test\nc@ok.test\n\n"                                             \
	   "030  Subject: =?utf-8?q?=1B=5B2J?=\n"                                                  \
	   "020  X-PHP-Script: \x1b[5mx\n"                                                         \
	   "023* From: \"\x1b[41m\" <x@y.te>\n"

#define BODY "line\x1b[2J\twith\x9b bytes\r\nend\xe2\x80\xae\n"

struct shown {
	char *text, *json;
};

static struct shown print(const char *file, int error, const char *body)
{
	static const struct spool_folder folder = {.queue = "stanch"};
	struct exim_header header;
	struct queued q;
	struct scanned m = {.folder = &folder,
		.header = error == 0 ? &header : NULL,
		.file = slice_of(file),
		.error = error,
		.error_what = "-H",
		.has_data = true,
		.data_size = 275};
	struct shown p = {0};
	size_t len = 0;

	assert_int_equal(exim_id_parse(slice_of(ID), &m.id), 0);
	if (error == 0 && exim_header_parse(m.file, &m.id, &header) < 0)
		assert_non_null(header.damage.what);
	struct queue_sensor *sensor = queue_sensor_new("Debian-exim");
	struct show show = {.m = &m, .q = &q, .hold_queue = "stanch", .now = NOW};
	show.sensed = queue_sense(sensor, &m, &q);
	struct mail_text *text = show.sensed ? mail_text_of_exim(&header, slice_of(body)) : NULL;
	show.text = text;

	const struct terminal terminal = {.out = open_memstream(&p.text, &len)};
	show_print(&terminal, &show);
	assert_int_equal(fclose(terminal.out), 0);
	FILE *out = open_memstream(&p.json, &len);
	show_json(out, &show);
	assert_int_equal(fclose(out), 0);
	mail_text_free(text);
	queue_sensor_free(sensor);
	return p;
}

static void free_shown(struct shown p)
{
	free(p.text);
	free(p.json);
}

static void has(const char *text, const char *wanted)
{
	if (text == NULL || strstr(text, wanted) == NULL)
		fail_msg("\"%s\" is not in\n%s", wanted, text != NULL ? text : "nothing");
}

/* Nothing but visible characters and line ends; none that turns text round. */
static void expect_clean(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (((unsigned char)*c < ' ' && *c != '\n') || *c == 0x7f)
			fail_msg("byte %02x in\n%s", (unsigned)(unsigned char)*c, text);
	/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "\xc2\x9b"));
}

static void test_hostile_bytes(void **state)
{
	(void)state;
	struct shown p = print(HOSTILE, 0, BODY);
	expect_clean(p.text);
	expect_clean(p.json);
	has(p.text, "Message     " ID " held\n");
	has(p.text, "Source      mailbox:ann@shop.test (the client logged in as that mailbox)\n");
	has(p.text, "Claims      X-PHP-Script: \\x1b[5mx (not proved)\n");
	has(p.text, "Sender      \"\\x1b[2J\"@\\xff.test\n");
	has(p.text, "said it was \"\\x07he\\xc2\\x9b1mlo\"\n");
	has(p.text, "evil\\xe2\\x80\\xae.test");
	has(p.text, "TLS         TLS1.3, X\\x1b[3m\n");
	has(p.text, "Recipients  2, 0 of them delivered\n  waiting   b@\\xe2\\x80\\xae.test\n");
	has(p.text, "  Subject: \\x1b[2J\n");
	has(p.text, " <x@y.te> (not sent)\n");
	has(p.text, "  line\\x1b[2J    with");
	has(p.json, "\"held\":true");
	has(p.json, "\"recipients\":[{\"address\":\"b@\\u202E.test\",\"delivered\":false}");
	has(p.json, "\"script_claims\":[\"\\u001B[5mx\"]");
	free_shown(p);
}

static void test_damaged(void **state)
{
	(void)state;
	struct shown p =
		print(ID "-H\nroot 0 0\n<ann@shop.test>\n1795435430 0\nXX\n2\na@b.test\n", 0, "");
	has(p.text, "Damaged     ");
	has(p.text, "what could be read follows\n");
	has(p.text, "Sender      ann@shop.test\n");
	has(p.json, "\"damaged\":{\"what\":\"");
	free_shown(p);
}

static void test_unreadable(void **state)
{
	(void)state;
	struct shown p = print("", -EACCES, "");
	has(p.text, "Damaged     cannot read -H: Permission denied");
	has(p.json, "\"damaged\":{\"what\":\"cannot read -H: Permission denied\"");
	free_shown(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_bytes),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
