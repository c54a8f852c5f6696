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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
