#include "sensors/log_clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "2026-11-23 12:27:17", perhaps with " +0130". */
static struct exim_log_time time_of(const char *text)
{
	char line[64];
	struct exim_log_line l;

	(void)snprintf(line, sizeof(line), "%s Completed", text);
	exim_log_parse(slice_of(line), &l);
	assert_int_equal(l.kind, EXIM_LOG_COMPLETED);
	return l.time;
}

struct row {
	const char *text;
	int64_t want;
};

static void check(const char *zone, const struct row *rows, size_t count)
{
	struct log_clock *c;

	assert_int_equal(log_clock_new(zone, &c), 0);
	for (size_t i = 0; i < count; i++) {
		struct exim_log_time t = time_of(rows[i].text);
		int64_t got = log_clock_seconds(c, &t);

		if (got != rows[i].want)
			fail_msg("%s, row %zu, %s: got %lld, want %lld", zone, i, rows[i].text,
				(long long)got, (long long)rows[i].want);
	}
	log_clock_free(c);
}

static void test_utc(void **state)
{
	static const struct row rows[] = {
		{"1970-01-01 00:00:00", 0},
		{"2026-11-23 12:27:17", 1795436837},
		{"2026-11-23 12:27:16", 1795436836},
		{"2026-11-23 13:00:00", 1795438800},
		{"2024-02-29 23:59:59", 1709251199},
		{"2024-03-01 00:00:00", 1709251200},
		{"2016-12-31 23:59:60", 1483228800},
		{"2026-11-24 23:00:00", 1795561200},
		{"2026-12-24 23:00:00", 1798153200},
		{"2027-12-24 23:00:00", 1829689200},
		{"2027-12-24 22:00:00", 1829685600},
		{"2026-11-23 12:27:17 +0130", 1795431437},
		{"2026-11-23 12:27:17 -0800", 1795465637},
		{"2026-11-23 12:27:17", 1795436837},
	};

	(void)state;
	check("UTC", rows, COUNT(rows));
	check("utc", rows, COUNT(rows));
	check("+0000", rows, COUNT(rows));
}

static void test_fixed(void **state)
{
	static const struct row east[] = {{"2026-11-23 12:27:17", 1795431437}};
	static const struct row west[] = {
		{"2026-11-23 12:27:17", 1795465637}, {"2026-11-23 12:27:17 +0000", 1795436837}};

	(void)state;
	check("+0130", east, COUNT(east));
	check("-0800", west, COUNT(west));
}

/* 2026-03-29 01:00 UTC: from +1 to +2; the hour from 2 is left out. */
static void test_spring(void **state)
{
	static const struct row rows[] = {
		{"2026-03-29 01:59:59", 1774745999},
		{"2026-03-29 02:30:00", 1774747800}, /* never was */
		{"2026-03-29 03:00:00", 1774746000},
		{"2026-03-29 03:00:01", 1774746001},
		{"2026-07-01 12:00:00", 1782900000},
	};

	(void)state;
	check("Europe/Berlin", rows, COUNT(rows));
	check("CET-1CEST,M3.5.0,M10.5.0/3", rows, COUNT(rows));
}

/* 2026-10-25 01:00 UTC: from +2 to +1; the hour from 2 comes twice. */
static void test_autumn(void **state)
{
	static const struct row rows[] = {
		{"2026-10-25 01:59:59", 1792886399},
		{"2026-10-25 02:00:00", 1792886400},
		{"2026-10-25 02:59:59", 1792889999},
		{"2026-10-25 02:59:00", 1792889940}, /* out of order, not an hour later */
		{"2026-10-25 02:00:00", 1792890000}, /* again */
		{"2026-10-25 02:00:01", 1792890001},
		{"2026-10-25 00:30:00 +0200", 1792881000}, /* not what counts for later lines */
		{"2026-10-25 02:30:00", 1792891800},
		{"2026-10-25 02:59:59", 1792893599},
		{"2026-10-25 03:00:00", 1792893600},
		{"2026-10-25 02:59:58", 1792893598},
		{"2026-10-25 02:30:00 +0200", 1792888200},
	};
	static const struct row from_behind[] = {
		{"2026-10-25 03:00:00", 1792893600},
		{"2026-10-25 02:10:00", 1792890600},
	};
	static const struct row alone[] = {{"2026-10-25 02:30:00", 1792888200}};

	(void)state;
	check("Europe/Berlin", rows, COUNT(rows));
	check("Europe/Berlin", from_behind, COUNT(from_behind));
	check("Europe/Berlin", alone, COUNT(alone));
}

/* The bound between "out of order" and "the second time". */
static void test_disorder(void **state)
{
	static const struct row in[] = {
		{"2026-10-25 02:01:00", 1792886460},
		{"2026-10-25 02:00:00", 1792886400},
	};
	static const struct row out[] = {
		{"2026-10-25 02:01:01", 1792886461},
		{"2026-10-25 02:00:00", 1792890000},
	};

	(void)state;
	check("Europe/Berlin", in, COUNT(in));
	check("Europe/Berlin", out, COUNT(out));
}

/* A clock that begins in the middle of the second pass is told so. */
static void test_set(void **state)
{
	struct exim_log_time t = time_of("2026-10-25 02:30:00");
	struct log_clock *c;

	(void)state;
	assert_int_equal(log_clock_new("Europe/Berlin", &c), 0);
	log_clock_set(c, 1792891000);
	assert_int_equal(log_clock_seconds(c, &t), 1792891800);
	log_clock_free(c);
}

/* Lord Howe changes by half an hour, in the middle of an hour: 2026-04-04 15:00 UTC, from +11 to
 * +10:30. */
static void test_half_hour(void **state)
{
	static const struct row rows[] = {
		{"2026-04-05 01:15:00", 1775312100},
		{"2026-04-05 01:29:59", 1775312999},
		{"2026-04-05 01:30:00", 1775313000},
		{"2026-04-05 01:59:59", 1775314799},
		{"2026-04-05 01:30:00", 1775314800},
		{"2026-04-05 01:45:00", 1775315700},
		{"2026-04-05 01:59:59", 1775316599},
		{"2026-04-05 02:00:00", 1775316600},
	};

	(void)state;
	check("Australia/Lord_Howe", rows, COUNT(rows));
}

static void test_system_zone(void **state)
{
	static const struct row winter[] = {{"2026-11-23 12:27:17", 1795454837}};
	static const struct row berlin[] = {{"2026-11-23 12:27:17", 1795433237}};

	(void)state;
	setenv("TZ", "America/New_York", 1);
	tzset();
	check("", winter, COUNT(winter));
	/* what is lent is given back */
	check("Europe/Berlin", berlin, COUNT(berlin));
	assert_string_equal(getenv("TZ"), "America/New_York");
	check("", winter, COUNT(winter));
	unsetenv("TZ");
	tzset();
	check("Europe/Berlin", berlin, COUNT(berlin));
	assert_null(getenv("TZ"));
}

static void test_refused(void **state)
{
	static const struct {
		const char *zone;
		int want;
	} rows[] = {
		{"+01", -EINVAL},
		{"+01000", -EINVAL},
		{"+01:0", -EINVAL},
		{"+2400", -EINVAL},
		{"+0160", -EINVAL},
		{"+", -EINVAL},
		{"Europe/Nowhere", -ENOENT},
		{"../zoneinfo/UTC", -ENOENT},
		{"/usr/share/zoneinfo/Europe/Berlin", -ENOENT},
		{":Europe/Berlin", -ENOENT},
		{"AB1", -ENOENT},
		{"ABC", -ENOENT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log_clock *c = NULL;
		int err = log_clock_new(rows[i].zone, &c);

		if (err != rows[i].want || c != NULL)
			fail_msg("%s: %d", rows[i].zone, err);
	}
	log_clock_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utc),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_spring),
		cmocka_unit_test(test_autumn),
		cmocka_unit_test(test_disorder),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_half_hour),
		cmocka_unit_test(test_system_zone),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
