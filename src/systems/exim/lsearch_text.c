#include "systems/exim/lsearch_text.h"

#include <errno.h>
#include <stdio.h>

#define OURS "stanch"

static bool is_plain(char c)
{
	return c > ' ' && c <= '~' && c != ':' && c != '"' && c != '\\' && c != '#';
}

static bool is_all_plain(struct slice key)
{
	for (size_t i = 0; i < key.len; i++)
		if (!is_plain(key.at[i]))
			return false;
	return true;
}

int lsearch_write_line(struct slice key, char at[LSEARCH_LINE_MAX])
{
	size_t n = 0;

	if (key.len == 0 || key.len > LSEARCH_KEY_MAX || slice_find(key, '\0') < key.len)
		return -EINVAL;
	if (is_all_plain(key)) {
		memcpy(at, key.at, key.len);
		n = key.len;
	} else {
		at[n++] = '"';
		for (size_t i = 0; i < key.len; i++) {
			char c = key.at[i];

			if (c >= ' ' && c <= '~' && c != '"' && c != '\\')
				at[n++] = c;
			else
				n += (size_t)snprintf(
					at + n, 5, "\\%03o", (unsigned)(unsigned char)c);
		}
		at[n++] = '"';
	}
	(void)snprintf(at + n, LSEARCH_LINE_MAX - n, ": " OURS "\n");
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, slice_lower(c)) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* The byte that a backslash and what follows stand for; *i is left at the last byte of it. */
static char unescape(struct slice s, size_t *i)
{
	static const char letters[] = "bfnrtv", bytes[] = "\b\f\n\r\t\v";
	const char *letter;
	int value = 0, digit;

	if (*i + 1 >= s.len)
		return '\\';
	char c = s.at[++*i];

	if (is_octal(c)) {
		for (size_t end = *i + 3; *i < end && *i < s.len && is_octal(s.at[*i]); ++*i)
			value = value * 8 + (s.at[*i] - '0');
		--*i;
		return (char)value;
	}
	if (c == 'x') {
		for (int k = 0; k < 2 && *i + 1 < s.len; k++) {
			digit = hex_digit(s.at[*i + 1]);
			if (digit < 0)
				break;
			value = value * 16 + digit;
			++*i;
		}
		return (char)value;
	}
	letter = c != '\0' ? strchr(letters, c) : NULL;
	if (letter != NULL)
		c = bytes[letter - letters];
	return c;
}

/* The key of a line, into at; *ret_data is what stands behind it. false: a comment, an empty line,
 * one that goes on with the data of another, or a key that is longer than ours can be. */
static bool read_key(
	struct slice line, char at[LSEARCH_KEY_MAX], size_t *ret_len, struct slice *ret_data)
{
	size_t i = 0, n = 0;

	if (line.len == 0 || line.at[0] == '#' || is_blank(line.at[0]))
		return false;
	bool quoted = line.at[0] == '"';

	for (i = quoted; i < line.len; i++) {
		char c = line.at[i];

		if (quoted ? c == '"' : c == ':' || is_blank(c))
			break;
		if (quoted && c == '\\')
			c = unescape(line, &i);
		if (n == LSEARCH_KEY_MAX)
			return false;
		at[n++] = c;
	}
	if (quoted)
		i++;
	*ret_data = slice_after(line, i);
	while (ret_data->len > 0 && (is_blank(ret_data->at[0]) || ret_data->at[0] == ':'))
		*ret_data = slice_after(*ret_data, 1);
	*ret_len = n;
	return true;
}

static bool has_key(struct slice line, struct slice key, bool *ret_ours)
{
	char at[LSEARCH_KEY_MAX];
	struct slice data;
	size_t len;

	if (!read_key(line, at, &len, &data) || !slice_equal_nocase((struct slice){at, len}, key))
		return false;
	*ret_ours = slice_is(slice_trim(data), OURS);
	return true;
}

/* The next line with its LF, or the last one without. */
static struct slice take_any_line(struct slice *rest)
{
	size_t n = slice_find(*rest, '\n');
	struct slice line = slice_first(*rest, n + 1);

	*rest = slice_after(*rest, n + 1);
	return line;
}

bool lsearch_has(struct slice text, struct slice key, bool *ret_ours)
{
	while (text.len > 0) {
		struct slice line = take_any_line(&text);
		bool ours;

		if (!has_key(slice_first(line, slice_find(line, '\n')), key, &ours))
			continue;
		if (ret_ours != NULL)
			*ret_ours = ours;
		return true;
	}
	return false;
}

size_t lsearch_without(struct slice text, struct slice key, char *at)
{
	size_t n = 0;

	while (text.len > 0) {
		struct slice line = take_any_line(&text);
		bool ours;

		if (has_key(slice_first(line, slice_find(line, '\n')), key, &ours) && ours)
			continue;
		memcpy(at + n, line.at, line.len);
		n += line.len;
	}
	return n;
}
