#include "formats/exim_syslog.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_strip(void **state)
{
	static const struct {
		const char *line;
		int err;
		const char *want; /* time, zone, pid, text */
	} rows[] = {
		{"Nov 23 12:27:17 mx1 exim[22834]: 2026-11-23 12:27:17 x", 0,
			"0-11-23 12:27:17.000000 - 22834 2026-11-23 12:27:17 x"},
		{"Nov  3 12:27:17 mx1 exim: x", 0, "0-11-3 12:27:17.000000 - 0 x"},
		{"<22>Jan 31 00:00:60 mx1 exim[1]: ", 0, "0-1-31 0:0:60.000000 - 1 "},
		{"2026-11-23T12:27:17.617123+01:30 mx1 exim[22834]: x", 0,
			"2026-11-23 12:27:17.617123 90 22834 x"},
		{"2026-11-23T12:27:17-08:00 mx1 exim[22834]: x", 0,
			"2026-11-23 12:27:17.000000 -480 22834 x"},
		{"2026-11-23T12:27:17.5Z mx1 exim[22834]: x exim[1]: y", 0,
			"2026-11-23 12:27:17.500000 0 22834 x exim[1]: y"},
		{"2026-11-23T12:27:17.123456789Z mx1 exim: x", 0,
			"2026-11-23 12:27:17.123456 0 0 x"},
		{"Nov 23 12:27:17 mx1 postfix/smtpd[1]: exim[2]: x", -ENOENT, NULL},
		{"Nov 23 12:27:17 mx1 exim4[1]: x", -ENOENT, NULL},
		{"Nov 23 12:27:17 mx1 exim[x]: x", -ENOENT, NULL},
		{"Nov 23 12:27:17 mx1 exim[1] x", -ENOENT, NULL},
		{"Nov 23 12:27:17 mx1 exim[1]:", -ENOENT, NULL},
		{"Nov 23 12:27:17 mx1", -EBADMSG, NULL},
		{"Nov 23 12:27:17  exim[1]: x", -EBADMSG, NULL},
		{"Nov 23 12:27:17", -EBADMSG, NULL},
		{"Nox 23 12:27:17 mx1 exim[1]: x", -EBADMSG, NULL},
		{"Nov 32 12:27:17 mx1 exim[1]: x", -EBADMSG, NULL},
		{"Nov 00 12:27:17 mx1 exim[1]: x", -EBADMSG, NULL},
		{"Nov 23 24:27:17 mx1 exim[1]: x", -EBADMSG, NULL},
		{"Nov 23 12:60:17 mx1 exim[1]: x", -EBADMSG, NULL},
		{"Nov 23 12:27:61 mx1 exim[1]: x", -EBADMSG, NULL},
		{"2026-13-23T12:27:17Z mx1 exim[1]: x", -EBADMSG, NULL},
		{"2026-11-32T12:27:17Z mx1 exim[1]: x", -EBADMSG, NULL},
		{"2026-11-00T12:27:17Z mx1 exim[1]: x", -EBADMSG, NULL},
		{"2026-11-23T12:27:17 mx1 exim[1]: x", -EBADMSG, NULL},
		{"2026-11-23T12:27:17+0100 mx1 exim[1]: x", -EBADMSG, NULL},
		{"0000-11-23T12:27:17Z mx1 exim[1]: x", -EBADMSG, NULL},
		{"2026-11-23 12:27:17 1xVSnt-00005W-2T Completed", -EBADMSG, NULL},
		{"", -EBADMSG, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct exim_syslog s = {.pid = 77};
		char got[256], zone[16] = "-";
		int err = exim_syslog_strip(slice_of(rows[i].line), slice_of("exim"), &s);

		if (err != rows[i].err)
			fail_msg("%s: %d", rows[i].line, err);
		if (err != 0) {
			assert_int_equal(s.pid, 77);
			continue;
		}
		if (s.time.has_zone)
			(void)snprintf(zone, sizeof(zone), "%d", s.time.zone_minutes);
		(void)snprintf(got, sizeof(got), "%u-%u-%u %u:%u:%u.%06u %s %llu %.*s", s.time.year,
			s.time.month, s.time.day, s.time.hour, s.time.minute, s.time.second,
			s.time.us, zone, (unsigned long long)s.pid, (int)s.text.len, s.text.at);
		assert_string_equal(got, rows[i].want);
	}
}

static void test_join(void **state)
{
	static const struct {
		uint64_t pid;
		const char *text;
		int want;
		const char *line;
	} rows[] = {
		{1, "whole", 1, "whole"},
		{1, "", 1, ""},
		{1, "[1/3] one ", 0, NULL},
		{2, "[1/2] other ", 0, NULL},
		{1, "[2/3] two ", 0, NULL},
		{3, "whole", 1, "whole"},
		{2, "[2/2] end", 1, "other end"},
		{1, "[3/3] three", 1, "one two three"},
		/* pieces that are missing, twice there, or of another entry */
		{1, "[2/3] two", -EBADMSG, NULL},
		{1, "[1/3] one ", 0, NULL},
		{1, "[3/3] three", -EBADMSG, NULL},
		{1, "[2/3] two", -EBADMSG, NULL},
		{1, "[1/3] one ", 0, NULL},
		{1, "[1/3] ONE ", 0, NULL},
		{1, "[1/2] again ", 0, NULL},
		{1, "[2/3] two", -EBADMSG, NULL},
		{1, "[1/2] one", 0, NULL},
		{1, "whole", 1, "whole"},
		{1, "[2/2] two", -EBADMSG, NULL},
		/* divided at line feeds */
		{1, "[1\\2] Exim configuration error", -EBADMSG, NULL},
		{1, "[2/2] in line 3", -EBADMSG, NULL},
		/* no pieces */
		{1, "[22834] 1xVSnt-00005W-2T Completed", 1, "[22834] 1xVSnt-00005W-2T Completed"},
		{1, "[1/1] x", 1, "[1/1] x"},
		{1, "[0/2] x", 1, "[0/2] x"},
		{1, "[3/2] x", 1, "[3/2] x"},
		{1, "[1/65] x", 1, "[1/65] x"},
		{1, "[1/2]x", 1, "[1/2]x"},
		{1, "[1/x] x", 1, "[1/x] x"},
	};
	struct exim_syslog_joiner *j = calloc(1, sizeof(*j));

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice line = {0};
		int got = exim_syslog_join(j, rows[i].pid, slice_of(rows[i].text), &line);

		if (got != rows[i].want)
			fail_msg("row %zu, %s: %d", i, rows[i].text, got);
		if (got == 1 && rows[i].line != NULL && !slice_is(line, rows[i].line))
			fail_msg("row %zu: %.*s", i, (int)line.len, line.at);
		if (got != 1)
			assert_null(line.at);
	}
	assert_int_equal(j->lost, 10);
	free(j);
}

static void put(char *at, const char *text)
{
	while (*text != '\0')
		*at++ = *text++;
}

static void test_bounds(void **state)
{
	struct exim_syslog_joiner *j = calloc(1, sizeof(*j));
	struct slice line;
	static char piece[6 + 4096 + 1];

	(void)state;
	/* the oldest of nine gives way */
	for (uint64_t pid = 1; pid <= EXIM_SYSLOG_ENTRIES + 1; pid++)
		assert_int_equal(exim_syslog_join(j, pid, slice_of("[1/2] a"), &line), 0);
	assert_int_equal(j->lost, 1);
	assert_int_equal(exim_syslog_join(j, 1, slice_of("[2/2] b"), &line), -EBADMSG);
	for (uint64_t pid = 2; pid <= EXIM_SYSLOG_ENTRIES + 1; pid++) {
		assert_int_equal(exim_syslog_join(j, pid, slice_of("[2/2] b"), &line), 1);
		assert_true(slice_is(line, "ab"));
	}

	/* as long as an entry can be, and one byte more */
	memset(piece, 'x', sizeof(piece));
	put(piece, "[1/2] ");
	assert_int_equal(exim_syslog_join(j, 1, (struct slice){piece, 6 + 4096}, &line), 0);
	put(piece, "[2/2] ");
	assert_int_equal(exim_syslog_join(j, 1, (struct slice){piece, 6 + 4096}, &line), 1);
	assert_int_equal(line.len, 8192);
	put(piece, "[1/2] ");
	assert_int_equal(exim_syslog_join(j, 1, (struct slice){piece, 6 + 4096}, &line), 0);
	put(piece, "[2/2] ");
	assert_int_equal(
		exim_syslog_join(j, 1, (struct slice){piece, 6 + 4096 + 1}, &line), -EMSGSIZE);
	assert_int_equal(exim_syslog_join(j, 1, slice_of("[2/2] b"), &line), -EBADMSG);
	free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
