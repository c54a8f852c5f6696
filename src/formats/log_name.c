#include "formats/log_name.h"

#include <errno.h>

/* More digits than this are a date: logrotate refuses to keep so many, and a year with its month
 * has six. */
#define NUMBER_DIGITS_MAX 5
#define DATE_DIGITS_MIN   6
#define DATE_DIGITS_MAX   24

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits of the datestamp that begins at pattern.at[i]; 0: none does. */
static size_t stamp_digits(struct slice pattern, size_t i)
{
	if (pattern.at[i] != '%' || i + 1 == pattern.len)
		return 0;
	return pattern.at[i + 1] == 'D' ? 8 : pattern.at[i + 1] == 'M' ? 6 : 0;
}

/* The last n digits of value, with zeros in front. */
static void write_digits(char *at, size_t n, int value)
{
	for (; n > 0; value /= 10)
		at[--n] = (char)('0' + value % 10);
}

int log_name_expand(struct slice pattern, const struct tm *local, char *at, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < pattern.len; i++) {
		size_t digits = stamp_digits(pattern, i);
		if (n + (digits > 0 ? digits : 1) >= size)
			return -ENAMETOOLONG;
		if (digits == 0) {
			at[n++] = pattern.at[i];
			continue;
		}
		write_digits(at + n, 4, local->tm_year + 1900);
		write_digits(at + n + 4, 2, local->tm_mon + 1);
		if (digits == 8)
			write_digits(at + n + 6, 2, local->tm_mday);
		n += digits;
		i++;
	}
	if (n >= size)
		return -ENAMETOOLONG;
	at[n] = '\0';
	return 0;
}

static size_t digits_in_front(struct slice s)
{
	size_t n = 0;

	while (n < s.len && is_digit(s.at[n]))
		n++;
	return n;
}

/* Takes what the pattern stands for off the front of *name. */
static bool take_pattern(struct slice pattern, struct slice *name, struct slice *ret_stamp)
{
	struct slice rest = *name, stamp = {0};

	for (size_t i = 0; i < pattern.len; i++) {
		size_t digits = stamp_digits(pattern, i);
		if (digits == 0) {
			if (rest.len == 0 || rest.at[0] != pattern.at[i])
				return false;
			rest = slice_after(rest, 1);
			continue;
		}
		if (digits_in_front(slice_first(rest, digits)) != digits)
			return false;
		if (digits > stamp.len) /* the day says more than the month */
			stamp = slice_first(rest, digits);
		rest = slice_after(rest, digits);
		i++;
	}
	*name = rest;
	*ret_stamp = stamp;
	return true;
}

/* Takes the packer's ending off the end of *name. */
static bool take_packing(struct slice *name)
{
	static const char *const endings[] = {".gz", ".zst", ".xz", ".bz2", ".lz4", ".lzma", ".Z"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);
		if (name->len >= n &&
			slice_is((struct slice){name->at + name->len - n, n}, endings[i])) {
			name->len -= n;
			return true;
		}
	}
	return false;
}

/* Digits, in groups with one of "-_.T" between two of them. */
static bool count_digits(struct slice s, size_t *ret_digits, size_t *ret_groups)
{
	size_t digits = 0, groups = 0;

	for (;;) {
		size_t n = digits_in_front(s);
		if (n == 0)
			return false;
		digits += n;
		groups++;
		s = slice_after(s, n);
		if (s.len == 0)
			break;
		if (slice_find(slice_of("-_.T"), s.at[0]) == 4)
			return false;
		s = slice_after(s, 1);
	}
	*ret_digits = digits;
	*ret_groups = groups;
	return true;
}

static bool read_rotation(struct slice s, struct log_name *ret)
{
	size_t digits, groups;

	if (s.at[0] != '.' && s.at[0] != '-')
		return false;
	ret->rotation = slice_after(s, 1);
	if (!count_digits(ret->rotation, &digits, &groups))
		return false;
	ret->kind = LOG_NAME_NUMBERED;
	if (groups == 1 && digits <= NUMBER_DIGITS_MAX)
		return true;
	ret->kind = LOG_NAME_DATED;
	return digits >= DATE_DIGITS_MIN && digits <= DATE_DIGITS_MAX;
}

bool log_name_parse(struct slice pattern, struct slice name, struct log_name *ret)
{
	struct log_name found = {0};

	if (!take_pattern(pattern, &name, &found.stamp))
		return false;
	found.packed = take_packing(&name);
	if (name.len > 0 && !read_rotation(name, &found))
		return false;
	*ret = found;
	return true;
}

static long number_of(struct slice digits)
{
	long value = 0;

	for (size_t i = 0; i < digits.len; i++)
		value = value * 10 + (digits.at[i] - '0');
	return value;
}

/* The next digit of *s, over what stands between; '\0' at its end. */
static char take_digit(struct slice *s)
{
	while (s->len > 0 && !is_digit(s->at[0]))
		*s = slice_after(*s, 1);
	if (s->len == 0)
		return '\0';

	char digit = s->at[0];
	*s = slice_after(*s, 1);
	return digit;
}

static int compare_digits(struct slice a, struct slice b)
{
	char x, y;

	do {
		x = take_digit(&a);
		y = take_digit(&b);
	} while (x == y && x != '\0');
	return x - y;
}

int log_name_order(const struct log_name *a, const struct log_name *b)
{
	/* by the age of what the kind stands for */
	static const int rank[] = {
		[LOG_NAME_DATED] = 0, [LOG_NAME_NUMBERED] = 1, [LOG_NAME_LIVE] = 2};
	int by_stamp = compare_digits(a->stamp, b->stamp);

	if (by_stamp != 0)
		return by_stamp;
	if (a->kind != b->kind)
		return rank[a->kind] - rank[b->kind];
	if (a->kind == LOG_NAME_DATED)
		return compare_digits(a->rotation, b->rotation);
	if (a->kind == LOG_NAME_LIVE)
		return 0;

	long x = number_of(a->rotation), y = number_of(b->rotation);
	return (x < y) - (x > y);
}
