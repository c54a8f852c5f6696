#include "reports/queue_list.h"

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

#define SOUND                                                                                      \
	ID "-H\nDebian-exim 104 109\n<\"\x1b[2J\"@\xff.test>\n1795435430 0\n"                      \
	   "-host_auth plain\n-auth_id ann@shop.test\n-host_address [192.0.2.1]:4\n"               \
	   "-frozen 1795435540\nXX\n2\nb@\xe2\x80\xae.test\nc@ok.test\n\n"                         \
	   "030  Subject: =?utf-8?q?=1B=5B2J?=\n"

struct printed {
	char *row, *json;
};

static struct printed print(struct slice file, int error)
{
	static const struct spool_folder folder = {.queue = "other"};
	struct exim_header header;
	struct queued q;
	struct scanned m = {.folder = &folder,
		.header = error == 0 ? &header : NULL,
		.file = file,
		.error = error,
		.error_what = "-H",
		.has_data = true,
		.data_size = 275};
	struct printed p = {0};
	size_t len = 0;

	assert_int_equal(exim_id_parse(slice_of(ID), &m.id), 0);
	if (error == 0 && exim_header_parse(file, &m.id, &header) < 0)
		assert_non_null(header.damage.what);
	struct queue_sensor *sensor = queue_sensor_new("Debian-exim");
	bool sensed = queue_sense(sensor, &m, &q);

	FILE *out = open_memstream(&p.row, &len);
	struct queue_list list =
		queue_list_of((struct terminal){.out = out, .width = 107}, 16, true);
	queue_list_row(&list, &m, &q, sensed, NOW);
	assert_int_equal(fclose(out), 0);
	out = open_memstream(&p.json, &len);
	queue_list_json(out, &m, &q, sensed, NOW);
	assert_int_equal(fclose(out), 0);
	queue_sensor_free(sensor);
	return p;
}

static void free_printed(struct printed p)
{
	free(p.row);
	free(p.json);
}

static void expect(const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("got\n%s\nwant\n%s", got, want);
}

static void test_hostile_bytes(void **state)
{
	(void)state;
	struct printed p = print(slice_of(SOUND), 0);
	expect(p.row, "  2m    287 B       2 " ID " mailbox:ann@shop.test            "
		      "\"\\x1b[2J\"@\\xff.test frozen queue=other\n");
	expect(p.json, "{\"id\":\"" ID "\",\"queue\":\"other\","
		       "\"source\":\"mailbox:ann@shop.test\",\"kind\":\"mailbox\","
		       "\"name\":\"ann@shop.test\",\"sender\":\"\\\"\\u001B[2J\\\"@\\\\xff.test\","
		       "\"recipients\":[\"b@\\u202E.test\",\"c@ok.test\"],\"recipient_count\":2,"
		       "\"delivered_count\":0,\"pending_count\":2,\"size\":287,"
		       "\"received\":\"2026-11-23T12:03:50Z\",\"age\":120,\"frozen\":true,"
		       "\"bounce\":false,\"subject\":\"\\u001B[2J\",\"damaged\":null}\n");
	free_printed(p);
}

static void test_damaged(void **state)
{
	(void)state;
	struct printed p = print((struct slice){SOUND, 60}, 0);
	assert_non_null(strstr(p.row, "damaged: "));
	assert_non_null(strstr(p.json, "\"damaged\":{\"what\":\""));
	assert_non_null(strstr(p.json, "\"line\":"));
	free_printed(p);
}

static void test_unreadable(void **state)
{
	(void)state;
	struct printed p = print((struct slice){0}, -EACCES);
	assert_non_null(strstr(p.row, ID));
	assert_non_null(strstr(p.row, "damaged: cannot read -H: Permission denied\n"));
	assert_non_null(strstr(p.json, "\"sender\":null"));
	assert_non_null(strstr(p.json,
		"\"damaged\":{\"what\":\"cannot read -H: Permission denied\",\"line\":null,"
		"\"offset\":null}"));
	free_printed(p);

	p = print((struct slice){0}, -ELOOP);
	assert_non_null(strstr(
		p.row, "damaged: cannot read -H: it is a symbolic link, and none is followed\n"));
	free_printed(p);
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
