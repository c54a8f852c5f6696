#include "ink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char ink_digits62[63] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void ink_check_room(const struct ink *o, size_t n)
{
	if (n <= o->room - o->len)
		return;
	(void)fputs("a made text does not fit its buffer\n", stderr);
	abort();
}

void ink_bytes(struct ink *o, const char *bytes, size_t n)
{
	ink_check_room(o, n);
	memcpy(o->start + o->len, bytes, n);
	o->len += n;
}

void ink_text(struct ink *o, const char *text)
{
	ink_bytes(o, text, strlen(text));
}

void ink_char(struct ink *o, char c)
{
	ink_bytes(o, &c, 1);
}

static unsigned digits_of(uint64_t n, uint64_t base)
{
	unsigned digits = 0;

	for (; n > 0; n /= base)
		digits++;
	return digits;
}

/* Written in place, from the last digit: clang 14 at -O2 loses digits that are set from the end of
 * a local array and copied from there. */
static void ink_digits(struct ink *o, uint64_t n, uint64_t base, unsigned least)
{
	unsigned digits = digits_of(n, base), width = digits > least ? digits : least;

	ink_check_room(o, width);
	for (unsigned i = width; i > 0; i--) {
		o->start[o->len + i - 1] = ink_digits62[n % base];
		n /= base;
	}
	o->len += width;
}

void ink_number(struct ink *o, uint64_t n, unsigned width)
{
	ink_digits(o, n, 10, width == 0 ? 1 : width);
}

void ink_base62(struct ink *o, uint64_t n, unsigned width)
{
	uint64_t beyond = 1;

	/* 62^11 is more than 64 bits hold, so a field that wide takes every number. */
	for (unsigned i = 0; i < width && i < 10; i++)
		beyond *= 62;
	ink_digits(o, width < 11 ? n % beyond : n, 62, width);
}

/* No strftime: its names of days follow the locale. */
void ink_mail_date(struct ink *o, time_t t)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm utc;

	gmtime_r(&t, &utc);
	ink_bytes(o, days + (ptrdiff_t)3 * utc.tm_wday, 3);
	ink_text(o, ", ");
	ink_number(o, (uint64_t)utc.tm_mday, 2);
	ink_char(o, ' ');
	ink_bytes(o, months + (ptrdiff_t)3 * utc.tm_mon, 3);
	ink_char(o, ' ');
	ink_number(o, (uint64_t)utc.tm_year + 1900, 4);
	ink_char(o, ' ');
	ink_number(o, (uint64_t)utc.tm_hour, 2);
	ink_char(o, ':');
	ink_number(o, (uint64_t)utc.tm_min, 2);
	ink_char(o, ':');
	ink_number(o, (uint64_t)utc.tm_sec, 2);
	ink_text(o, " +0000");
}

void ink_log_date(struct ink *o, time_t t)
{
	struct tm utc;

	gmtime_r(&t, &utc);
	ink_number(o, (uint64_t)utc.tm_year + 1900, 4);
	ink_char(o, '-');
	ink_number(o, (uint64_t)utc.tm_mon + 1, 2);
	ink_char(o, '-');
	ink_number(o, (uint64_t)utc.tm_mday, 2);
	ink_char(o, ' ');
	ink_number(o, (uint64_t)utc.tm_hour, 2);
	ink_char(o, ':');
	ink_number(o, (uint64_t)utc.tm_min, 2);
	ink_char(o, ':');
	ink_number(o, (uint64_t)utc.tm_sec, 2);
}
