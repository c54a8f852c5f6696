#include "formats/html_text.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct writer {
	char *out;
	size_t len;
	bool blank_due; /* a blank or line end stands before the next text */
	bool line_due;
};

static void put_bytes(struct writer *w, const char *at, size_t len)
{
	if (w->len > 0 && w->line_due)
		w->out[w->len++] = '\n';
	else if (w->len > 0 && w->blank_due)
		w->out[w->len++] = ' ';
	w->line_due = w->blank_due = false;
	memcpy(w->out + w->len, at, len);
	w->len += len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void put_char(struct writer *w, char c)
{
	if (is_blank(c))
		w->blank_due = true;
	else
		put_bytes(w, &c, 1);
}

static size_t utf8_of(uint32_t code, char at[4])
{
	if (code < 0x80) {
		at[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		at[0] = (char)(0xC0 | (code >> 6));
		at[1] = (char)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000) {
		at[0] = (char)(0xE0 | (code >> 12));
		at[1] = (char)(0x80 | ((code >> 6) & 0x3F));
		at[2] = (char)(0x80 | (code & 0x3F));
		return 3;
	}
	at[0] = (char)(0xF0 | (code >> 18));
	at[1] = (char)(0x80 | ((code >> 12) & 0x3F));
	at[2] = (char)(0x80 | ((code >> 6) & 0x3F));
	at[3] = (char)(0x80 | (code & 0x3F));
	return 4;
}

static const struct entity {
	const char *name;
	uint32_t code;
} entities[] = {
	{"amp", '&'},
	{"lt", '<'},
	{"gt", '>'},
	{"quot", '"'},
	{"apos", '\''},
	{"nbsp", ' '},
	{"copy", 0xA9},
	{"euro", 0x20AC},
	{"auml", 0xE4},
	{"ouml", 0xF6},
	{"uuml", 0xFC},
	{"Auml", 0xC4},
	{"Ouml", 0xD6},
	{"Uuml", 0xDC},
	{"szlig", 0xDF},
	{"eacute", 0xE9},
	{"egrave", 0xE8},
	{"agrave", 0xE0},
	{"ccedil", 0xE7},
	{"ndash", 0x2013},
	{"mdash", 0x2014},
	{"rsquo", 0x2019},
	{"lsquo", 0x2018},
	{"rdquo", 0x201D},
	{"ldquo", 0x201C},
	{"bull", 0x2022},
	{"hellip", 0x2026},
};

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* "#65" or "#x41". 0 when it is no character that text may hold. */
static uint32_t numbered(struct slice body)
{
	struct slice digits = slice_after(body, 1);
	uint32_t base = 10, code = 0;

	if (digits.len > 0 && (digits.at[0] == 'x' || digits.at[0] == 'X')) {
		base = 16;
		digits = slice_after(digits, 1);
	}
	for (size_t i = 0; i < digits.len; i++) {
		uint32_t d = (uint32_t)digit_of(digits.at[i]);

		if (d >= base || code > 0x10FFFF)
			return 0;
		code = code * base + d;
	}
	if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
		return 0;
	return code;
}

static uint32_t entity_code(struct slice body)
{
	if (body.len > 0 && body.at[0] == '#')
		return numbered(body);
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (slice_is(body, entities[i].name))
			return entities[i].code;
	return 0;
}

/* "&name;" at the front of rest: what it stands for is put. Returns bytes eaten; at least 1. */
static size_t put_entity(struct writer *w, struct slice rest)
{
	struct slice body = slice_after(slice_first(rest, 12), 1);
	size_t end = slice_find(body, ';');
	uint32_t code = end < body.len ? entity_code(slice_first(body, end)) : 0;
	char utf8[4];

	if (code == 0) {
		put_char(w, '&');
		return 1;
	}
	size_t n = utf8_of(code, utf8);
	if (n == 1)
		put_char(w, utf8[0]);
	else
		put_bytes(w, utf8, n);
	return end + 2;
}

static bool starts_nocase(struct slice s, const char *text)
{
	size_t n = strlen(text);
	return s.len >= n && strncasecmp(s.at, text, n) == 0;
}

static bool begins_block(struct slice tag)
{
	static const char *const blocks[] = {
		"<p", "</p", "<br", "<div", "</div", "<tr", "</tr", "<li", "<h", "</h", "<table"};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (starts_nocase(tag, blocks[i]))
			return true;
	return false;
}

/* Bytes up to and with the first `end` in rest; all of rest when it does not stand there. */
static size_t through(struct slice rest, const char *end)
{
	size_t n = strlen(end);

	for (size_t i = 0; i + n <= rest.len; i++) {
		const char *found = memchr(rest.at + i, end[0], rest.len - i);

		if (found == NULL)
			break;
		i = (size_t)(found - rest.at);
		if (starts_nocase(slice_after(rest, i), end))
			return i + n;
	}
	return rest.len;
}

/* A tag at the front of rest, with what must not be shown behind it. Returns bytes eaten. */
static size_t skip_tag(struct writer *w, struct slice rest)
{
	if (starts_nocase(rest, "<!--"))
		return through(rest, "-->");
	if (starts_nocase(rest, "<script"))
		return through(rest, "</script>");
	if (starts_nocase(rest, "<style"))
		return through(rest, "</style>");
	if (begins_block(rest))
		w->line_due = true;
	return through(rest, ">");
}

/* A '<' that no tag follows is text, as in "a < b". */
static bool is_tag(struct slice rest)
{
	if (rest.len < 2)
		return false;
	char c = rest.at[1];
	return c == '/' || c == '!' || c == '?' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char *html_text(struct slice html, size_t *ret_len)
{
	struct writer w = {.out = memory_new(html.len + 1, 1)};

	while (html.len > 0) {
		size_t eaten = 1;

		if (html.at[0] == '<' && is_tag(html))
			eaten = skip_tag(&w, html);
		else if (html.at[0] == '&')
			eaten = put_entity(&w, html);
		else
			put_char(&w, html.at[0]);
		html = slice_after(html, eaten);
	}
	w.out[w.len] = '\0';
	*ret_len = w.len;
	return w.out;
}
