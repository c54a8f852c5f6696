#include "formats/log_name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* 2026-03-07, in the way of struct tm */
static const struct tm march = {.tm_year = 126, .tm_mon = 2, .tm_mday = 7};

static const struct expand_case {
	const char *name;
	const char *pattern;
	size_t size;
	int want;
	const char *want_text; /* only when want is 0 */
} expand_cases[] = {
	{"no stamp", "/l/mainlog", 64, 0, "/l/mainlog"},
	{"day", "/l/mainlog-%D", 64, 0, "/l/mainlog-20260307"},
	{"month, in the middle", "/l/main.%M.log", 64, 0, "/l/main.202603.log"},
	{"in a folder, too", "/l/%M/mainlog-%D", 64, 0, "/l/202603/mainlog-20260307"},
	{"other letters stay", "/l/%slog%d%", 64, 0, "/l/%slog%d%"},
	{"fits to the byte", "/l/%D", 12, 0, "/l/20260307"},
	{"no room for the NUL", "/l/%D", 11, -ENAMETOOLONG, NULL},
	{"no room for the NUL, month", "%M", 6, -ENAMETOOLONG, NULL},
	{"plain text to the byte", "abc", 4, 0, "abc"},
	{"plain text without room for the NUL", "abc", 3, -ENAMETOOLONG, NULL},
	{"no room at all", "", 0, -ENAMETOOLONG, NULL},
	{"nothing", "", 1, 0, ""},
};

static void test_expand(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(expand_cases) / sizeof(expand_cases[0]); i++) {
		const struct expand_case *c = &expand_cases[i];
		char at[65];
		memset(at, '#', sizeof(at));
		int got = log_name_expand(slice_of(c->pattern), &march, at, c->size);

		if (got != c->want || (got == 0 && strcmp(at, c->want_text) != 0))
			fail_msg("%s: got %d \"%.64s\", want %d", c->name, got, at, c->want);
		assert_int_equal(at[c->size], '#');
	}
}

#define NUMBERED LOG_NAME_NUMBERED
#define DATED    LOG_NAME_DATED
#define LIVE     LOG_NAME_LIVE

static const struct parse_case {
	const char *pattern;
	const char *name;
	bool want, packed;
	enum log_name_kind kind;
	const char *stamp, *rotation;
} parse_cases[] = {
	{"mainlog", "mainlog", true, false, LIVE, "", ""},
	{"mainlog", "mainlog.gz", true, true, LIVE, "", ""},
	{"mainlog", "mainlog.1", true, false, NUMBERED, "", "1"},
	{"mainlog", "mainlog.2.gz", true, true, NUMBERED, "", "2"},
	{"mainlog", "mainlog.01", true, false, NUMBERED, "", "01"},
	{"mainlog", "mainlog.012.Z", true, true, NUMBERED, "", "012"},
	{"mainlog", "mainlog.0", true, false, NUMBERED, "", "0"},
	{"mainlog", "mainlog.3.zst", true, true, NUMBERED, "", "3"},
	{"mainlog", "mainlog.3.xz", true, true, NUMBERED, "", "3"},
	{"mainlog", "mainlog.3.bz2", true, true, NUMBERED, "", "3"},
	{"mainlog", "mainlog.3.lz4", true, true, NUMBERED, "", "3"},
	{"mainlog", "mainlog.99999", true, false, NUMBERED, "", "99999"},
	{"mainlog", "mainlog.100000", true, false, DATED, "", "100000"},
	{"mainlog", "mainlog-20261123", true, false, DATED, "", "20261123"},
	{"mainlog", "mainlog-20261123.gz", true, true, DATED, "", "20261123"},
	{"mainlog", "mainlog.2026-11-23", true, false, DATED, "", "2026-11-23"},
	{"mainlog", "mainlog-20261123-1795435200.gz", true, true, DATED, "", "20261123-1795435200"},
	{"mainlog", "mainlog-123456789012345678901234", true, false, DATED, "",
		"123456789012345678901234"},
	{"mainlog", "mainlog-1234567890123456789012345", false, false, LIVE, "", ""},
	{"mainlog", "mainlog.1.2", false, false, LIVE, "", ""},
	{"mainlog", "mainlog.", false, false, LIVE, "", ""},
	{"mainlog", "mainlog1", false, false, LIVE, "", ""},
	{"mainlog", "mainlog.1.gz.tmp", false, false, LIVE, "", ""},
	{"mainlog", "mainlog.1.", false, false, LIVE, "", ""},
	{"mainlog", "mainlog.old", false, false, LIVE, "", ""},
	{"mainlog", "mainlog.1~", false, false, LIVE, "", ""},
	{"mainlog", "mainlog-20261123+1", false, false, LIVE, "", ""},
	{"mainlog", "mainlo", false, false, LIVE, "", ""},
	{"mainlog", "", false, false, LIVE, "", ""},
	{"mainlog", "rejectlog.1", false, false, LIVE, "", ""},
	{"mainlog", ".gz", false, false, LIVE, "", ""},
	{"main-%D", "main-20261123", true, false, LIVE, "20261123", ""},
	{"main-%D", "main-20261123.gz", true, true, LIVE, "20261123", ""},
	{"main-%D", "main-20261123.1.gz", true, true, NUMBERED, "20261123", "1"},
	{"main-%D", "main-2026112", false, false, LIVE, "", ""},
	{"main-%D", "main-202611x3", false, false, LIVE, "", ""},
	{"main-%D", "main-", false, false, LIVE, "", ""},
	{"%M.log", "202611.log", true, false, LIVE, "202611", ""},
	{"%M.log", "202611.log.1", true, false, NUMBERED, "202611", "1"},
	{"%M.log", "202611.lag", false, false, LIVE, "", ""},
	{"log%", "log%", true, false, LIVE, "", ""},
	{"log%", "log", false, false, LIVE, "", ""},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(parse_cases) / sizeof(parse_cases[0]); i++) {
		const struct parse_case *c = &parse_cases[i];
		struct log_name got = {.kind = LOG_NAME_DATED, .packed = true};
		bool is = log_name_parse(slice_of(c->pattern), slice_of(c->name), &got);

		if (is != c->want)
			fail_msg("%s of %s: got %d", c->name, c->pattern, is);
		if (!is) {
			assert_int_equal(got.kind, LOG_NAME_DATED);
			assert_null(got.stamp.at);
			continue;
		}
		if (got.kind != c->kind || got.packed != c->packed ||
			!slice_is(got.stamp, c->stamp) || !slice_is(got.rotation, c->rotation))
			fail_msg("%s of %s: kind %d packed %d stamp %.*s rotation %.*s", c->name,
				c->pattern, (int)got.kind, got.packed, (int)got.stamp.len,
				got.stamp.at, (int)got.rotation.len, got.rotation.at);
	}
}

/* Each list from old to new; every two of it are compared both ways. */
static const char *const orders[][8] = {
	{"mainlog", "mainlog.10.gz", "mainlog.9.gz", "mainlog.2", "mainlog.1", "mainlog.0",
		"mainlog"},
	{"mainlog", "mainlog.03.gz", "mainlog.02.gz", "mainlog.01", "mainlog"},
	{"mainlog", "mainlog-20251231.gz", "mainlog-20260101.gz", "mainlog-2026-01-02",
		"mainlog-2026010300", "mainlog.1", "mainlog"},
	{"m-%D", "m-20251231", "m-20260101.2.gz", "m-20260101.1", "m-20260101", "m-20260102"},
	{"%M-%D", "202512-20251231", "202601-20260101", "202601-20260102"},
};

static void test_order(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(orders) / sizeof(orders[0]); k++) {
		const char *const *names = orders[k] + 1;
		for (size_t i = 0; i < 7 && names[i] != NULL; i++) {
			for (size_t j = 0; j < 7 && names[j] != NULL; j++) {
				struct log_name a, b;
				assert_true(log_name_parse(
					slice_of(orders[k][0]), slice_of(names[i]), &a));
				assert_true(log_name_parse(
					slice_of(orders[k][0]), slice_of(names[j]), &b));
				int got = log_name_order(&a, &b);
				int want = (int)i - (int)j;
				if ((got > 0) != (want > 0) || (got < 0) != (want < 0))
					fail_msg("%s and %s: got %d", names[i], names[j], got);
			}
		}
	}
}

static void test_packing_does_not_order(void **state)
{
	struct log_name a, b;

	(void)state;
	assert_true(log_name_parse(slice_of("m"), slice_of("m.1"), &a));
	assert_true(log_name_parse(slice_of("m"), slice_of("m.1.gz"), &b));
	assert_int_equal(log_name_order(&a, &b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_packing_does_not_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
