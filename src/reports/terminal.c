#include "reports/terminal.h"

#include "base/printable.h"

#include <stdarg.h>

void terminal_style(const struct terminal *t, enum terminal_style style)
{
	static const char *const codes[] = {
		[TERMINAL_PLAIN] = "\033[0m",
		[TERMINAL_BOLD] = "\033[1m",
		[TERMINAL_DIM] = "\033[2m",
		[TERMINAL_RED] = "\033[31m",
		[TERMINAL_YELLOW] = "\033[33m",
	};

	if (t->color)
		(void)fputs(codes[style], t->out);
}

/* The bytes of the character in front; 1 for a byte that begins none. */
static size_t character_length(struct slice s)
{
	size_t n = printable_utf8_length(s);

	return n > 0 ? n : 1;
}

/* How many bytes in front fit into that many columns, and what they use. */
static size_t fitting(struct slice raw, size_t columns, size_t *ret_used)
{
	size_t len = 0, used = 0;

	while (len < raw.len) {
		struct slice rest = slice_after(raw, len);
		struct slice one = slice_first(rest, character_length(rest));
		size_t width = printable_width(one);
		if (used + width > columns)
			break;
		used += width;
		len += one.len;
	}
	*ret_used = used;
	return len;
}

static size_t cell(FILE *out, struct slice raw, size_t columns)
{
	size_t used = 0;

	if (columns == 0) {
		printable_write(out, raw);
		return 0;
	}
	size_t len = fitting(raw, columns, &used);
	if (len == raw.len) {
		printable_write(out, raw);
		return used;
	}
	len = fitting(raw, columns - 1, &used);
	printable_write(out, slice_first(raw, len));
	(void)fputc('~', out);
	return used + 1;
}

void terminal_cell(FILE *out, struct slice raw, size_t columns)
{
	size_t used = cell(out, raw, columns);

	if (used < columns)
		(void)fprintf(out, "%*s", (int)(columns - used), "");
}

void terminal_last_cell(FILE *out, struct slice raw, size_t columns)
{
	(void)cell(out, raw, columns);
}

void terminal_say(const struct terminal *t, enum terminal_style style, const char *format, ...)
{
	va_list values;

	if (style != TERMINAL_PLAIN)
		terminal_style(t, style);
	va_start(values, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	(void)vfprintf(t->out, format, values);
	va_end(values);
	if (style != TERMINAL_PLAIN)
		terminal_style(t, TERMINAL_PLAIN);
}
