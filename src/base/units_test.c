#include "base/units.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum form { AGE, SIZE, COUNT }; /* counts up to 1000 */

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order one reads it */
static const struct read_case {
	enum form form;
	const char *text;
	int want;
	uint64_t want_value;
} read_cases[] = {
	{AGE, "0", 0, 0},
	{AGE, "90", 0, 90},
	{AGE, "90s", 0, 90},
	{AGE, "10m", 0, 600},
	{AGE, "2h", 0, 7200},
	{AGE, "3d", 0, 259200},
	{AGE, "1w", 0, 604800},
	{AGE, "36525d", 0, 3155760000},
	{AGE, "36526d", -ERANGE, 0},
	{AGE, "99999999999999999999999d", -ERANGE, 0},
	{AGE, "99999999999999999999999x", -EINVAL, 0},
	{AGE, "", -EINVAL, 0},
	{AGE, "d", -EINVAL, 0},
	{AGE, "-1d", -EINVAL, 0},
	{AGE, "+1d", -EINVAL, 0},
	{AGE, " 1d", -EINVAL, 0},
	{AGE, "1d ", -EINVAL, 0},
	{AGE, "1dd", -EINVAL, 0},
	{AGE, "1D", -EINVAL, 0},
	{AGE, "1.5h", -EINVAL, 0},
	{SIZE, "500", 0, 500},
	{SIZE, "10K", 0, 10240},
	{SIZE, "10k", 0, 10240},
	{SIZE, "2M", 0, 2097152},
	{SIZE, "1G", 0, 1073741824},
	{SIZE, "4294967296G", 0, (uint64_t)1 << 62},
	{SIZE, "4294967297G", -ERANGE, 0},
	{SIZE, "18446744073709551616", -ERANGE, 0},
	{SIZE, "10B", -EINVAL, 0},
	{SIZE, "10KB", -EINVAL, 0},
	{COUNT, "1000", 0, 1000},
	{COUNT, "0001", 0, 1},
	{COUNT, "1001", -ERANGE, 0},
	{COUNT, "18446744073709551617", -ERANGE, 0},
	{COUNT, "0x10", -EINVAL, 0},
	{COUNT, "1k", -EINVAL, 0},
	{COUNT, "", -EINVAL, 0},
};

static int read_value(const struct read_case *c, uint64_t *ret)
{
	int64_t age = -7;
	int r = 0;

	switch (c->form) {
	case AGE:
		r = units_read_age(slice_of(c->text), &age);
		*ret = (uint64_t)age;
		return r;
	case SIZE:
		return units_read_size(slice_of(c->text), ret);
	case COUNT:
		return units_read_count(slice_of(c->text), 1000, ret);
	}
	return -ENOSYS;
}

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(read_cases) / sizeof(read_cases[0]); i++) {
		const struct read_case *c = &read_cases[i];
		uint64_t value = (uint64_t)-7;
		int r = read_value(c, &value);
		if (r != c->want || value != (r == 0 ? c->want_value : (uint64_t)-7))
			fail_msg("\"%s\": got %d, %llu, want %d, %llu", c->text, r,
				(unsigned long long)value, c->want,
				(unsigned long long)c->want_value);
	}
	uint64_t most;
	assert_int_equal(units_read_count(slice_of("18446744073709551615"), UINT64_MAX, &most), 0);
	assert_true(most == UINT64_MAX);
}

static const struct written_case {
	enum form form;
	uint64_t value;
	const char *want;
} written_cases[] = {
	{AGE, 0, "0"},
	{AGE, 1, "1s"},
	{AGE, 59, "59s"},
	{AGE, 60, "1m"},
	{AGE, 90, "90s"},
	{AGE, 900, "15m"},
	{AGE, 3600, "1h"},
	{AGE, 86400, "1d"},
	{AGE, 604800, "1w"},
	{AGE, 2592000, "30d"},
	{AGE, 3155760000, "36525d"},
	{SIZE, 0, "0"},
	{SIZE, 500, "500"},
	{SIZE, 1024, "1K"},
	{SIZE, 1536, "1536"},
	{SIZE, 268435456, "256M"},
	{SIZE, (uint64_t)1 << 62, "4294967296G"},
};

static void test_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(written_cases) / sizeof(written_cases[0]); i++) {
		const struct written_case *c = &written_cases[i];
		char at[UNITS_TEXT];
		uint64_t back = 0;
		if (c->form == AGE)
			units_age_written((int64_t)c->value, at);
		else
			units_size_written(c->value, at);
		assert_string_equal(at, c->want);
		struct read_case again = {c->form, at, 0, 0};
		assert_int_equal(read_value(&again, &back), 0);
		assert_true(back == c->value);
	}
}

static const struct share_case {
	const char *text;
	int want;
	double want_share;
	const char *written; /* NULL: the text itself */
} share_cases[] = {
	{"0", 0, 0, NULL},
	{"1", 0, 1, NULL},
	{"0.02", 0, 0.02, NULL},
	{"0.5", 0, 0.5, NULL},
	{"00.50", 0, 0.5, "0.5"},
	{"1.000", 0, 1, "1"},
	{"0.0001", 0, 0.0001, NULL},
	{"0.000000000001", 0, 1e-12, NULL},
	{"0.999999999999", 0, 0.999999999999, NULL},
	{"0.0000000000001", -EINVAL, 0, NULL},
	{"1.000000000001", -ERANGE, 0, NULL},
	{"2", -ERANGE, 0, NULL},
	{"18446744073709551617", -ERANGE, 0, NULL},
	{"2.x", -EINVAL, 0, NULL},
	{"", -EINVAL, 0, NULL},
	{".5", -EINVAL, 0, NULL},
	{"0.", -EINVAL, 0, NULL},
	{"0,5", -EINVAL, 0, NULL},
	{"-0.5", -EINVAL, 0, NULL},
	{"+0.5", -EINVAL, 0, NULL},
	{"5e-1", -EINVAL, 0, NULL},
	{"0.5%", -EINVAL, 0, NULL},
	{"0.5 ", -EINVAL, 0, NULL},
	{"nan", -EINVAL, 0, NULL},
};

static void test_share(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(share_cases) / sizeof(share_cases[0]); i++) {
		const struct share_case *c = &share_cases[i];
		double share = -7;
		char at[UNITS_TEXT];
		int r = units_read_share(slice_of(c->text), &share);
		double off = share - (r == 0 ? c->want_share : -7);
		if (r != c->want || off > 1e-15 || off < -1e-15)
			fail_msg("\"%s\": got %d, %.15f, want %d, %.15f", c->text, r, share,
				c->want, c->want_share);
		if (r == 0)
			assert_string_equal(units_share_written(share, at),
				c->written != NULL ? c->written : c->text);
	}
}

static void test_write(void **state)
{
	(void)state;
	char at[UNITS_TEXT];
	assert_string_equal(units_age_text(-5, at), "0 seconds");
	assert_string_equal(units_age_text(1, at), "1 second");
	assert_string_equal(units_age_text(119, at), "119 seconds");
	assert_string_equal(units_age_text(120, at), "2 minutes");
	assert_string_equal(units_age_text(7199, at), "119 minutes");
	assert_string_equal(units_age_text(7200, at), "2 hours");
	assert_string_equal(units_age_text(172800, at), "2 days");
	assert_string_equal(units_age_text(INT64_MAX, at), "106751991167300 days");

	assert_string_equal(units_count_text(0, at), "0");
	assert_string_equal(units_count_text(999, at), "999");
	assert_string_equal(units_count_text(4812, at), "4,812");
	assert_string_equal(units_count_text(1000000, at), "1,000,000");
	assert_string_equal(units_count_text(UINT64_MAX, at), "18,446,744,073,709,551,615");

	assert_string_equal(units_size_text(0, at), "0 B");
	assert_string_equal(units_size_text(1023, at), "1023 B");
	assert_string_equal(units_size_text(1024, at), "1.0 KiB");
	assert_string_equal(units_size_text(4608, at), "4.5 KiB");
	assert_string_equal(units_size_text(10239, at), "10 KiB");
	assert_string_equal(units_size_text(1048575, at), "1.0 MiB");
	assert_string_equal(units_size_text(12582912, at), "12 MiB");
	assert_string_equal(units_size_text(UINT64_MAX, at), "16 EiB");

	assert_int_equal(setenv("TZ", "UTC-2", 1), 0);
	tzset();
	assert_string_equal(units_time_text(1795435550, at), "2026-11-23 14:05:50");
	assert_string_equal(units_time_json(1795435550, at), "2026-11-23T12:05:50Z");
	assert_string_equal(units_time_json(0, at), "1970-01-01T00:00:00Z");
	assert_string_equal(units_time_json(INT64_MAX, at), "@9223372036854775807");
}

static void test_moments(void **state)
{
	static const char *const bad[] = {"", "2026", "2026-11", "2026-11-2", "2026-13-01",
		"2026-02-30", "2026-11-23 24:00", "2026-11-23 12:60", "2026-11-23 12:05:60",
		"2026-11-23 12", "2026-11-23x12:05", "1969-12-31", "-3d", "2026-11-23 12:05:50Z"};
	int64_t at = -7;
	char text[UNITS_TEXT];

	(void)state;
	assert_int_equal(units_read_moment(slice_of("2h"), 10000, &at), 0);
	assert_int_equal(at, 2800);
	assert_int_equal(units_read_moment(slice_of("2026-11-23 12:05:50"), 0, &at), 0);
	assert_string_equal(units_time_text(at, text), "2026-11-23 12:05:50");
	assert_int_equal(units_read_moment(slice_of("2026-11-23T12:05"), 0, &at), 0);
	assert_string_equal(units_time_text(at, text), "2026-11-23 12:05:00");
	assert_int_equal(units_read_moment(slice_of("2024-02-29"), 0, &at), 0);
	assert_string_equal(units_time_text(at, text), "2024-02-29 00:00:00");
	at = -7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(units_read_moment(slice_of(bad[i]), 0, &at), -EINVAL);
		assert_int_equal(at, -7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
