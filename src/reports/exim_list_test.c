#include "reports/exim_list.h"

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

/* Up to the time, and from there on. */
#define FRONT ID "-H\nDebian-exim 104 109\n<ann@shop.test>\n1795435550 0\n"
#define BACK                                                                                       \
	"YY b@done.test\nNN a@made.test\nNN c@made.test\n2\nb@done.test\nd@todo.test\n\n"          \
	"022T To: someone2@ok.test.\n020  Subject: nothing to\n"

static struct queue_sensor *sensor;

/* What is printed for a file as it stands on the disk, journal and a -D of that size with it. */
static char *print(enum exim_list_form form, struct slice file, const char *journal,
	int64_t data_size, int64_t now)
{
	static const struct spool_folder folder = {0};
	struct exim_header header;
	struct queued q;
	struct scanned m = {.folder = &folder,
		.header = &header,
		.file = file,
		.journal = slice_of(journal),
		.has_data = data_size >= 0,
		.data_size = data_size};
	char *at = NULL;
	size_t len = 0;

	assert_int_equal(exim_id_parse(slice_of(ID), &m.id), 0);
	if (exim_header_parse(file, &m.id, &header) < 0)
		assert_non_null(header.damage.what);
	bool sensed = queue_sense(sensor, &m, &q);
	FILE *out = open_memstream(&at, &len);
	exim_list_write(out, form, &m, &q, sensed, now);
	assert_int_equal(fclose(out), 0);
	return at;
}

static void expect(const char *name, char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s: got\n%s\nwant\n%s", name, got, want);
	free(got);
}

static void test_forms(void **state)
{
	(void)state;
	const struct slice file = slice_of(FRONT BACK);
	expect("bp", print(EXIM_LIST_BP, file, "", 19 + 256, NOW),
		" 0m   299 " ID
		" <ann@shop.test>\n        D b@done.test\n          d@todo.test\n\n");
	expect("bpu", print(EXIM_LIST_BPU, file, "", 19 + 256, NOW),
		" 0m   299 " ID " <ann@shop.test>\n          d@todo.test\n\n");
	expect("bpa", print(EXIM_LIST_BPA, file, "e@made.test\nd@todo.test\n", 19 + 256, NOW),
		" 0m   299 " ID " <ann@shop.test>\n        D b@done.test\n        D d@todo.test\n"
		"       +D a@made.test\n       +D c@made.test\n       +D e@made.test\n\n");
	expect("bpi", print(EXIM_LIST_BPI, file, "", 0, NOW), ID "\n");
	expect("no -D", print(EXIM_LIST_BPU, file, "", -1, NOW),
		" 0m       " ID " <ann@shop.test>\n          d@todo.test\n\n");
}

static void test_flags(void **state)
{
	(void)state;
	expect("frozen, sender set by a user",
		print(EXIM_LIST_BPU,
			slice_of(FRONT "-frozen 1795435540\n-sender_set_untrusted\n" BACK), "",
			19 + 256, NOW),
		" 0m   299 " ID " <ann@shop.test> (Debian-exim) *** frozen ***\n"
		"          d@todo.test\n\n");
	expect("null sender",
		print(EXIM_LIST_BPU,
			slice_of(ID
				"-H\nroot 0 0\n<>\n1795435550 0\nXX\n1\nx@y.test\n\n005  A: b\n"),
			"", 19, NOW),
		" 0m     6 " ID " <>\n          x@y.test\n\n");
	expect("bytes as they are",
		print(EXIM_LIST_BPU,
			slice_of(ID "-H\nroot 0 0\n<\"\x1b[2J\xff\"@x>\n1795435550 0\nXX\n1\n"
				    "\"\a\"@y\n\n005  A: b\n"),
			"", 19, NOW),
		" 0m     6 " ID " <\"\x1b[2J\xff\"@x>\n          \"\a\"@y\n\n");
}

static const struct age_case {
	int64_t age;
	const char *want;
} age_cases[] = {
	{0, " 0m "},
	{59, " 0m "},
	{60, " 1m "},
	{5459, "90m "},
	{5460, " 2h "},
	{260999, "72h "},
	{261000, " 3d "},
	{8640000, "100d "},
	{-125, "-2m "},
};

static void test_age(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(age_cases) / sizeof(age_cases[0]); i++) {
		char *got =
			print(EXIM_LIST_BP, slice_of(FRONT BACK), "", 275, NOW + age_cases[i].age);
		if (strncmp(got, age_cases[i].want, strlen(age_cases[i].want)) != 0)
			fail_msg("%lld: got %.6s", (long long)age_cases[i].age, got);
		free(got);
	}
}

static const struct size_case {
	int64_t size;
	const char *want;
} size_cases[] = {
	{44, "   44"},
	{1023, " 1023"},
	{1024, " 1.0K"},
	{10239, "10.0K"},
	{10240, "  10K"},
	{1048500, "1024K"},
	{1048576, " 1.0M"},
	{10485759, "10.0M"},
	{10485760, "  10M"},
	{INT64_C(20) << 30, "20480M"},
};

static void test_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(size_cases) / sizeof(size_cases[0]); i++) {
		/* 42 bytes of header fields, and one for the empty line */
		char *got = print(
			EXIM_LIST_BP, slice_of(FRONT BACK), "", 19 + size_cases[i].size - 43, NOW);
		if (strncmp(got + 4, size_cases[i].want, strlen(size_cases[i].want)) != 0)
			fail_msg("%lld: got %.12s", (long long)size_cases[i].size, got);
		free(got);
	}
}

static void test_damaged(void **state)
{
	(void)state;
	const char *file = FRONT BACK;
	char want[200];

	size_t len = strlen(FRONT) + 20;
	(void)snprintf(want, sizeof(want),
		"      " ID "\n    *** spool format error: size=%zu ***\n\n", len);
	expect("cut off in the envelope",
		print(EXIM_LIST_BP, (struct slice){file, len}, "", 275, NOW), want);
	const char *frozen =
		ID "-H\nroot 0 0\n<>\n1795435550 0\n-frozen 1\nXX\n1\nx@y.test\n\n099  A";
	(void)snprintf(want, sizeof(want),
		" 0m   356 " ID " <>\n    *** spool format error: size=%zu *** *** frozen ***\n"
		"          x@y.test\n\n",
		strlen(frozen));
	expect("frozen, cut off in the header", print(EXIM_LIST_BP, slice_of(frozen), "", 275, NOW),
		want);
	expect("empty", print(EXIM_LIST_BP, (struct slice){0}, "", 275, NOW),
		"      " ID "\n    *** spool format error: size=0 ***\n\n");
}

static void test_unreadable(void **state)
{
	(void)state;
	static const struct spool_folder folder = {0};
	struct scanned m = {
		.folder = &folder, .error = -EACCES, .error_what = "-H", .data_size = 99};
	struct queued q;
	char *at = NULL;
	size_t len = 0;
	assert_int_equal(exim_id_parse(slice_of(ID), &m.id), 0);
	assert_false(queue_sense(sensor, &m, &q));
	FILE *out = open_memstream(&at, &len);
	exim_list_write(out, EXIM_LIST_BP, &m, &q, false, NOW);
	assert_int_equal(fclose(out), 0);
	expect("unreadable", at,
		"      " ID "\n    *** spool read error: Permission denied ***\n\n");
}

static int set_up(void **state)
{
	(void)state;
	sensor = queue_sensor_new("Debian-exim");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	queue_sensor_free(sensor);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
