#include "formats/http_query.h"

#include "base/printable.h"

#include <errno.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character in front, which is taken off *rest; -EINVAL. */
static int take_byte(struct slice *rest, char *ret)
{
	char c = rest->at[0];

	if (c != '%') {
		*rest = slice_after(*rest, 1);
		*ret = c;
		if (c == '+')
			*ret = ' ';
		return 0;
	}
	int high = rest->len > 2 ? hex_digit(rest->at[1]) : -1;
	int low = rest->len > 2 ? hex_digit(rest->at[2]) : -1;
	if (high < 0 || low < 0)
		return -EINVAL;
	*rest = slice_after(*rest, 3);
	*ret = (char)(high * 16 + low);
	return 0;
}

static bool is_plain_text(struct slice text)
{
	while (text.len > 0) {
		size_t n = printable_utf8_length(text);
		unsigned char c = (unsigned char)text.at[0];

		if (n == 0 || c < ' ' || c == 0x7f)
			return false;
		text = slice_after(text, n);
	}
	return true;
}

/* Into at, with a NUL; *ret_end is behind that. */
static int decode(struct slice raw, char *at, char **ret_end)
{
	size_t len = 0;

	while (raw.len > 0) {
		int err = take_byte(&raw, at + len++);
		if (err < 0)
			return err;
	}
	at[len] = '\0';
	*ret_end = at + len + 1;
	return is_plain_text((struct slice){at, len}) ? 0 : -EINVAL;
}

static int read_pair(struct slice pair, struct http_query *ret, char **end)
{
	size_t equals = slice_find(pair, '=');
	char *name = *end, *value;
	int err = decode(slice_first(pair, equals), name, &value);

	if (err == 0)
		err = decode(slice_after(pair, equals + 1), value, end);
	if (err < 0)
		return err;
	if (name[0] == '\0' || http_query_value(ret, name) != NULL)
		return -EINVAL;
	if (ret->count == HTTP_QUERY_PAIRS)
		return -E2BIG;
	ret->at[ret->count].name = name;
	ret->at[ret->count++].value = value;
	return 0;
}

int http_query_read(struct slice raw, struct http_query *ret)
{
	char *end = ret->text;
	int err = raw.len > HTTP_QUERY_BYTES ? -E2BIG : 0;

	ret->count = 0;
	while (err == 0 && raw.len > 0) {
		size_t n = slice_find(raw, '&');

		if (n > 0)
			err = read_pair(slice_first(raw, n), ret, &end);
		raw = slice_after(raw, n + 1);
	}
	if (err < 0)
		ret->count = 0;
	return err;
}

const char *http_query_value(const struct http_query *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++)
		if (strcmp(query->at[i].name, name) == 0)
			return query->at[i].value;
	return NULL;
}
