/* slice.h - borrowed bytes: not owned, not NUL-terminated, valid while their owner keeps them. */
#ifndef STANCH_BASE_SLICE_H
#define STANCH_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct slice {
	const char *at; /* may be NULL when len is 0 */
	size_t len;     /* bytes */
};

static inline struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

/* Where c first stands, in bytes from the start; s.len when it stands nowhere. */
static inline size_t slice_find(struct slice s, char c)
{
	if (s.len == 0)
		return 0;
	if (s.at == NULL) /* never: told to those who check this code, not to those who call it */
		__builtin_unreachable();

	const char *found = memchr(s.at, c, s.len);
	return found != NULL ? (size_t)(found - s.at) : s.len;
}

/* Where c last stands, in bytes from the start; s.len when it stands nowhere. */
static inline size_t slice_find_last(struct slice s, char c)
{
	if (s.len == 0)
		return 0;
	if (s.at == NULL)
		__builtin_unreachable();

	const char *found = memrchr(s.at, c, s.len);
	return found != NULL ? (size_t)(found - s.at) : s.len;
}

/* The first n bytes; all of them when n is more. */
static inline struct slice slice_first(struct slice s, size_t n)
{
	return (struct slice){s.at, n < s.len ? n : s.len};
}

/* What is left behind the first n bytes; empty when n is s.len or more. */
static inline struct slice slice_after(struct slice s, size_t n)
{
	return n < s.len ? (struct slice){s.at + n, s.len - n} : (struct slice){0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* ASCII letters count without their case, all other bytes as they are. */
static inline bool slice_equal_nocase(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

static inline bool slice_is(struct slice s, const char *text)
{
	return slice_equal(s, slice_of(text));
}

static inline bool slice_starts(struct slice s, const char *text)
{
	size_t n = strlen(text);
	return s.len >= n && memcmp(s.at, text, n) == 0;
}

/* ASCII letters in lower case, all other bytes as they are, whatever the locale. */
static inline char slice_lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c | 0x20);
	return c;
}

/* Without the blanks (space, TAB, CR, LF) on both sides. */
static inline struct slice slice_trim(struct slice s)
{
	if (s.at == NULL)
		return s;
	while (s.len > 0 && strchr(" \t\r\n", s.at[s.len - 1]) != NULL && s.at[s.len - 1] != '\0')
		s.len--;
	while (s.len > 0 && strchr(" \t\r\n", s.at[0]) != NULL && s.at[0] != '\0')
		s = slice_after(s, 1);
	return s;
}

/* Takes the line in front off *rest, without its LF, into *ret_line. false, and nothing is taken,
 * when no LF is left: a last line that was cut off is not a line. */
static inline bool slice_take_line(struct slice *rest, struct slice *ret_line)
{
	size_t n = slice_find(*rest, '\n');

	if (n == rest->len)
		return false;
	*ret_line = (struct slice){rest->at, n};
	*rest = (struct slice){rest->at + n + 1, rest->len - n - 1};
	return true;
}

#endif
