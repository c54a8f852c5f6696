#include "base/printable.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

struct span {
	uint32_t first, last;
};

/* Characters that are not seen, or that change how others are seen: what Unicode calls
 * Default_Ignorable_Code_Point, the controls, and the line and paragraph separators
 * (DerivedCoreProperties.txt, UnicodeData.txt, version 15). */
static const struct span hidden[] = {
	{0x0000, 0x001f},
	{0x007f, 0x009f},
	{0x00ad, 0x00ad},
	{0x034f, 0x034f},
	{0x061c, 0x061c},
	{0x115f, 0x1160},
	{0x17b4, 0x17b5},
	{0x180b, 0x180f},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0x3164, 0x3164},
	{0xfe00, 0xfe0f},
	{0xfeff, 0xfeff},
	{0xffa0, 0xffa0},
	{0xfff0, 0xfffb},
	{0xfffe, 0xffff},
	{0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a},
	{0xe0000, 0xe0fff},
};

/* Marks that stand on the character before them, in the scripts that mail is most often written
 * in (category Mn). One that is missing here makes a column too wide, nothing worse. */
static const struct span combining[] = {
	{0x0300, 0x036f},
	{0x0483, 0x0489},
	{0x0591, 0x05bd},
	{0x0610, 0x061a},
	{0x064b, 0x065f},
	{0x0e31, 0x0e31},
	{0x0e34, 0x0e3a},
	{0x0e47, 0x0e4e},
	{0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff},
	{0x20d0, 0x20ff},
	{0x3099, 0x309a},
	{0xfe20, 0xfe2f},
};

/* Two columns wide on a terminal (EastAsianWidth.txt, W and F, in whole blocks). */
static const struct span wide[] = {
	{0x1100, 0x115f},
	{0x231a, 0x231b},
	{0x2329, 0x232a},
	{0x23e9, 0x23ec},
	{0x2e80, 0x303e},
	{0x3041, 0x33ff},
	{0x3400, 0x4dbf},
	{0x4e00, 0x9fff},
	{0xa000, 0xa4cf},
	{0xa960, 0xa97c},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x16fe0, 0x18d08},
	{0x1b000, 0x1b2fb},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1faff},
	{0x20000, 0x3fffd},
};

static bool within(const struct span *spans, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n && c >= spans[i].first; i++)
		if (c <= spans[i].last)
			return true;
	return false;
}

#define WITHIN(spans, c) within(spans, sizeof(spans) / sizeof((spans)[0]), c)

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the character at the front and its code point; 0 when there is no valid one. */
static size_t decode(struct slice s, uint32_t *ret)
{
	static const uint32_t least[] = {
		0, 0, 0x80, 0x800, 0x10000}; /* by length; less is overlong */

	if (s.len == 0)
		return 0;
	unsigned char first = (unsigned char)s.at[0];
	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || s.len < n)
		return 0;
	uint32_t c = first & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (!is_tail(s.at[i]))
			return 0;
		c = c << 6 | ((unsigned char)s.at[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

size_t printable_utf8_length(struct slice s)
{
	uint32_t c;

	return decode(s, &c);
}

void printable_mend_utf8(char *at, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = printable_utf8_length((struct slice){at + i, len - i});

		if (n == 0)
			at[i] = '?';
		i += n > 0 ? n : 1;
	}
}

/* One character of the raw text, and what it becomes. */
struct piece {
	size_t taken;   /* bytes of raw */
	size_t columns; /* on a terminal */
	size_t len;     /* bytes of text */
	char text[4 * PRINTABLE_GROWTH];
};

static void put_hex(struct piece *p, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	p->text[p->len++] = '\\';
	p->text[p->len++] = 'x';
	p->text[p->len++] = digits[byte >> 4];
	p->text[p->len++] = digits[byte & 15];
}

static struct piece next_piece(struct slice raw)
{
	struct piece p = {0};
	uint32_t c = 0;
	size_t n = decode(raw, &c);

	if (n > 0 && !WITHIN(hidden, c)) {
		p.taken = n;
		if (c == '\\')
			p.text[p.len++] = '\\';
		memcpy(p.text + p.len, raw.at, n);
		p.len += n;
		p.columns = n == 1 ? p.len : WITHIN(combining, c) ? 0 : WITHIN(wide, c) ? 2 : 1;
		return p;
	}
	p.taken = n > 0 ? n : 1;
	for (size_t i = 0; i < p.taken; i++)
		put_hex(&p, (unsigned char)raw.at[i]);
	p.columns = p.len;
	return p;
}

/* How many bytes in front need no thought. */
static size_t plain_length(struct slice raw)
{
	size_t n = 0;

	while (n < raw.len && raw.at[n] >= ' ' && raw.at[n] <= '~' && raw.at[n] != '\\')
		n++;
	return n;
}

void printable_write(FILE *out, struct slice raw)
{
	while (raw.len > 0) {
		size_t plain = plain_length(raw);
		if (plain > 0) {
			(void)fwrite(raw.at, 1, plain, out);
			raw = slice_after(raw, plain);
			continue;
		}
		struct piece p = next_piece(raw);
		(void)fwrite(p.text, 1, p.len, out);
		raw = slice_after(raw, p.taken);
	}
}

static char *write_text(struct slice raw, bool quoted, char *at, size_t size)
{
	size_t len = 0, last_fit = 0; /* last_fit: where "..." can still be put */

	while (raw.len > 0) {
		struct piece p = next_piece(raw);
		if (quoted && raw.at[0] == '"') {
			p.len = 0;
			put_hex(&p, '"');
		}
		if (len + p.len > size - 1) {
			memcpy(at + last_fit, "...", 4);
			return at;
		}
		memcpy(at + len, p.text, p.len);
		len += p.len;
		if (len + 3 <= size - 1)
			last_fit = len;
		raw = slice_after(raw, p.taken);
	}
	at[len] = '\0';
	return at;
}

char *printable_text(struct slice raw, char *at, size_t size)
{
	return write_text(raw, false, at, size);
}

char *printable_quoted(struct slice raw, char *at, size_t size)
{
	return write_text(raw, true, at, size);
}

size_t printable_width(struct slice raw)
{
	size_t columns = 0;

	while (raw.len > 0) {
		struct piece p = next_piece(raw);
		columns += p.columns;
		raw = slice_after(raw, p.taken);
	}
	return columns;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* What stands behind a backslash: how many bytes of it are used, and the byte; 0 when wrong. */
static size_t read_escape(struct slice s, char *ret)
{
	if (s.len >= 1 && s.at[0] == '\\') {
		*ret = '\\';
		return 1;
	}
	if (s.len < 3 || s.at[0] != 'x' || hex_value(s.at[1]) < 0 || hex_value(s.at[2]) < 0)
		return 0;
	*ret = (char)(hex_value(s.at[1]) << 4 | hex_value(s.at[2]));
	return 3;
}

static bool is_readable(struct slice typed)
{
	char unused;

	for (size_t i = 0; i < typed.len; i++) {
		if (typed.at[i] != '\\')
			continue;
		size_t n = read_escape(slice_after(typed, i + 1), &unused);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

int printable_read(struct slice typed, char *raw_at, size_t *ret_len)
{
	size_t len = 0;

	if (!is_readable(typed))
		return -EINVAL;
	for (size_t i = 0; i < typed.len; i++) {
		raw_at[len] = typed.at[i];
		if (typed.at[i] == '\\')
			i += read_escape(slice_after(typed, i + 1), &raw_at[len]);
		len++;
	}
	*ret_len = len;
	return 0;
}
