#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE    INT64_C(60)
#define HOUR      (60 * MINUTE)
#define DAY       (24 * HOUR)
#define WEEK      (7 * DAY)
#define AGE_MOST  (36525 * DAY)       /* 100 years: nothing in a queue is older */
#define SIZE_MOST ((uint64_t)1 << 62) /* no file is larger */

/* Takes the digits in front. -EINVAL when there are none, -ERANGE over max. */
static int take_number(struct slice *rest, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;
	bool over = false;

	for (; i < rest->len && rest->at[i] >= '0' && rest->at[i] <= '9'; i++)
		over = over || __builtin_mul_overflow(n, 10u, &n) ||
		       __builtin_add_overflow(n, (uint64_t)(rest->at[i] - '0'), &n) || n > max;
	if (i == 0)
		return -EINVAL;
	*rest = slice_after(*rest, i);
	*ret = n;
	return over ? -ERANGE : 0;
}

struct unit {
	char letter; /* '\0': none written */
	uint64_t factor;
};

static const struct unit age_units[] = {
	{'\0', 1},
	{'s', 1},
	{'m', MINUTE},
	{'h', HOUR},
	{'d', DAY},
	{'w', WEEK},
	{0, 0},
};

static const struct unit size_units[] = {
	{'\0', 1},
	{'K', (uint64_t)1 << 10},
	{'k', (uint64_t)1 << 10},
	{'M', (uint64_t)1 << 20},
	{'m', (uint64_t)1 << 20},
	{'G', (uint64_t)1 << 30},
	{'g', (uint64_t)1 << 30},
	{0, 0},
};

static int read_with_unit(struct slice text, const struct unit *units, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;
	int r = take_number(&text, max, &n);

	if (r == -EINVAL || text.len > 1)
		return -EINVAL;
	char letter = '\0';
	if (text.len == 1)
		letter = text.at[0];
	if (text.len == 1 && letter == '\0')
		return -EINVAL;
	for (; units->factor != 0; units++) {
		if (units->letter != letter)
			continue;
		if (r < 0 || n > max / units->factor)
			return -ERANGE;
		*ret = n * units->factor;
		return 0;
	}
	return -EINVAL;
}

int units_read_age(struct slice text, int64_t *ret_seconds)
{
	uint64_t n;
	int r = read_with_unit(text, age_units, AGE_MOST, &n);

	if (r < 0)
		return r;
	*ret_seconds = (int64_t)n;
	return 0;
}

/* "2026-11-23" and "12:05:50" by their digits; each field is checked by mktime() making the same of
 * it. */
static bool read_digits(struct slice text, const char *form, int fields[6])
{
	size_t field = 0;

	for (size_t i = 0; i < 6; i++)
		fields[i] = i == 2 || i == 1 ? 1 : 0;
	if (text.len > strlen(form))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (form[i] != '0') {
			if (text.at[i] != form[i] && !(form[i] == ' ' && text.at[i] == 'T'))
				return false;
			fields[++field] = 0;
			continue;
		}
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		fields[field] = fields[field] * 10 + (text.at[i] - '0');
	}
	return text.len == 10 || text.len == 16 || text.len == 19;
}

int units_read_moment(struct slice text, int64_t now, int64_t *ret_seconds)
{
	int64_t age;
	int f[6];

	/* a number alone may be meant for a year */
	if (text.len > 0 && text.at[text.len - 1] > '9' && units_read_age(text, &age) == 0) {
		*ret_seconds = now - age;
		return 0;
	}
	if (!read_digits(text, "0000-00-00 00:00:00", f) || f[0] < 1970)
		return -EINVAL;
	struct tm local = {.tm_year = f[0] - 1900,
		.tm_mon = f[1] - 1,
		.tm_mday = f[2],
		.tm_hour = f[3],
		.tm_min = f[4],
		.tm_sec = f[5],
		.tm_isdst = -1};
	time_t at = mktime(&local);
	if (at == (time_t)-1 || local.tm_mon != f[1] - 1 || local.tm_mday != f[2] || f[3] > 23 ||
		f[4] > 59 || f[5] > 59)
		return -EINVAL;
	*ret_seconds = (int64_t)at;
	return 0;
}

int units_read_size(struct slice text, uint64_t *ret_bytes)
{
	return read_with_unit(text, size_units, SIZE_MOST, ret_bytes);
}

int units_read_count(struct slice text, uint64_t max, uint64_t *ret_count)
{
	static const struct unit none[] = {{'\0', 1}, {0, 0}};

	return read_with_unit(text, none, max, ret_count);
}

/* With a letter, unless it is 0; of two letters for the same unit the first is written. */
static char *write_with_unit(uint64_t n, const struct unit *units, char at[UNITS_TEXT])
{
	struct unit best = {'\0', 1};

	for (; units->factor != 0; units++)
		if (n > 0 && n % units->factor == 0 &&
			(units->factor > best.factor || best.letter == '\0'))
			best = *units;
	(void)snprintf(at, UNITS_TEXT, "%" PRIu64 "%.1s", n / best.factor, &best.letter);
	return at;
}

char *units_age_written(int64_t seconds, char at[UNITS_TEXT])
{
	return write_with_unit((uint64_t)seconds, age_units, at);
}

char *units_size_written(uint64_t bytes, char at[UNITS_TEXT])
{
	return write_with_unit(bytes, size_units, at);
}

#define SHARE_DIGITS 12
#define SHARE_ONE    UINT64_C(1000000000000) /* so many parts; a double holds each number of them */

int units_read_share(struct slice text, double *ret_share)
{
	uint64_t whole = 0, parts = 0, scale = SHARE_ONE;
	int r = take_number(&text, 1, &whole);

	if (r == -EINVAL)
		return r;
	if (text.len > 0) {
		if (text.at[0] != '.' || text.len < 2 || text.len - 1 > SHARE_DIGITS)
			return -EINVAL;
		for (size_t i = 1; i < text.len; i++) {
			if (text.at[i] < '0' || text.at[i] > '9')
				return -EINVAL;
			scale /= 10;
			parts += scale * (uint64_t)(text.at[i] - '0');
		}
	}
	if (r < 0 || (whole == 1 && parts > 0))
		return -ERANGE;
	*ret_share = whole == 1 ? 1.0 : (double)parts / (double)SHARE_ONE;
	return 0;
}

char *units_share_written(double share, char at[UNITS_TEXT])
{
	int n = snprintf(at, UNITS_TEXT, "%.*f", SHARE_DIGITS, share);

	while (n > 1 && at[n - 1] == '0')
		at[--n] = '\0';
	if (n > 1 && at[n - 1] == '.')
		at[--n] = '\0';
	return at;
}

char *units_age_text(int64_t seconds, char at[UNITS_TEXT])
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{DAY, "days"}, {HOUR, "hours"}, {MINUTE, "minutes"}};

	if (seconds < 0)
		seconds = 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < 2 * units[i].seconds)
			continue;
		(void)snprintf(at, UNITS_TEXT, "%" PRId64 " %s", seconds / units[i].seconds,
			units[i].name);
		return at;
	}
	(void)snprintf(
		at, UNITS_TEXT, "%" PRId64 " %s", seconds, seconds == 1 ? "second" : "seconds");
	return at;
}

char *units_count_text(uint64_t count, char at[UNITS_TEXT])
{
	char digits[UNITS_TEXT];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t len = 0;

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			at[len++] = ',';
		at[len++] = digits[i];
	}
	at[len] = '\0';
	return at;
}

char *units_size_text(uint64_t bytes, char at[UNITS_TEXT])
{
	static const char *const names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

	if (bytes < 1024) {
		(void)snprintf(at, UNITS_TEXT, "%" PRIu64 " B", bytes);
		return at;
	}
	double n = (double)bytes / 1024;
	size_t i = 0;
	while (n >= 1023.5 && i + 1 < sizeof(names) / sizeof(names[0])) {
		n /= 1024;
		i++;
	}
	(void)snprintf(at, UNITS_TEXT, n < 9.95 ? "%.1f %s" : "%.0f %s", n, names[i]);
	return at;
}

/* A year that no calendar knows is written as seconds. */
static char *time_text(int64_t epoch, bool local, const char *format, char at[UNITS_TEXT])
{
	time_t t = (time_t)epoch;
	struct tm parts;

	if ((local ? localtime_r(&t, &parts) : gmtime_r(&t, &parts)) == NULL ||
		strftime(at, UNITS_TEXT, format, &parts) == 0)
		(void)snprintf(at, UNITS_TEXT, "@%" PRId64, epoch);
	return at;
}

char *units_time_text(int64_t epoch_seconds, char at[UNITS_TEXT])
{
	return time_text(epoch_seconds, true, "%Y-%m-%d %H:%M:%S", at);
}

char *units_time_json(int64_t epoch_seconds, char at[UNITS_TEXT])
{
	return time_text(epoch_seconds, false, "%Y-%m-%dT%H:%M:%SZ", at);
}
