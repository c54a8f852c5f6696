#include "reports/canvas.h"

#include "base/memory.h"
#include "base/printable.h"
#include "reports/terminal.h"

#include <stdarg.h>
#include <stdlib.h>

#define SAID_MAX 512

struct piece {
	unsigned row, column, columns;
	enum canvas_style style;
	size_t at, len; /* in the text */
};

struct canvas {
	unsigned columns, rows;
	unsigned row, column; /* where the next piece begins */
	struct piece *pieces;
	size_t count, room;
	char *text;
	size_t len;
	FILE *out; /* writes the text */
};

static unsigned within(unsigned n, unsigned most)
{
	return n < 1 ? 1 : n > most ? most : n;
}

struct canvas *canvas_new(unsigned columns, unsigned rows)
{
	struct canvas *c = memory_new(1, sizeof(*c));

	c->columns = within(columns, CANVAS_COLUMNS_MAX);
	c->rows = within(rows, CANVAS_ROWS_MAX);
	c->out = open_memstream(&c->text, &c->len);
	if (c->out == NULL)
		abort(); /* as base/memory.h: out of memory */
	return c;
}

void canvas_free(struct canvas *c)
{
	if (c == NULL)
		return;
	(void)fclose(c->out);
	free(c->text);
	free(c->pieces);
	free(c);
}

unsigned canvas_columns(const struct canvas *c)
{
	return c->columns;
}

unsigned canvas_rows(const struct canvas *c)
{
	return c->rows;
}

void canvas_go(struct canvas *c, unsigned row, unsigned column)
{
	c->row = row;
	c->column = column;
}

unsigned canvas_left(const struct canvas *c)
{
	return c->row < c->rows && c->column < c->columns ? c->columns - c->column : 0;
}

static struct piece *new_piece(struct canvas *c)
{
	if (c->count == c->room) {
		c->room = c->room * 2 + 64;
		c->pieces = memory_grow(c->pieces, c->room, sizeof(*c->pieces));
	}
	return &c->pieces[c->count++];
}

void canvas_cell(struct canvas *c, enum canvas_style style, struct slice raw, unsigned columns)
{
	unsigned left = canvas_left(c);
	size_t before = c->len;

	columns = columns < left ? columns : left;
	if (columns == 0)
		return;
	terminal_cell(c->out, raw, columns);
	(void)fflush(c->out); /* from here on c->len counts it */
	*new_piece(c) = (struct piece){.row = c->row,
		.column = c->column,
		.columns = columns,
		.style = style,
		.at = before,
		.len = c->len - before};
	c->column += columns;
}

void canvas_text(struct canvas *c, enum canvas_style style, struct slice raw)
{
	size_t width = printable_width(raw);
	unsigned left = canvas_left(c);

	canvas_cell(c, style, raw, width < left ? (unsigned)width : left);
}

/* Given as the bytes that it stands for. What cannot be taken back is none, and is encoded. */
void canvas_printable(struct canvas *c, enum canvas_style style, const char *text, unsigned columns)
{
	char raw[CANVAS_PRINTABLE_MAX];
	struct slice typed = slice_first(slice_of(text), sizeof(raw)), as_raw = typed;
	size_t len;

	if (printable_read(typed, raw, &len) == 0)
		as_raw = (struct slice){raw, len};
	if (columns > 0)
		canvas_cell(c, style, as_raw, columns);
	else
		canvas_text(c, style, as_raw);
}

void canvas_say(struct canvas *c, enum canvas_style style, const char *format, ...)
{
	char said[SAID_MAX];
	va_list values;

	va_start(values, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	(void)vsnprintf(said, sizeof(said), format, values);
	va_end(values);
	canvas_text(c, style, slice_of(said));
}

size_t canvas_count(const struct canvas *c)
{
	return c->count;
}

struct canvas_piece canvas_at(const struct canvas *c, size_t i)
{
	const struct piece *p = &c->pieces[i];

	return (struct canvas_piece){.row = p->row,
		.column = p->column,
		.columns = p->columns,
		.style = p->style,
		.text = {c->text + p->at, p->len}};
}

static unsigned last_row(const struct canvas *c)
{
	unsigned last = 0;

	for (size_t i = 0; i < c->count; i++)
		last = c->pieces[i].row >= last ? c->pieces[i].row + 1 : last;
	return last;
}

static struct slice without_end(struct slice text)
{
	while (text.len > 0 && text.at[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* Of each row the pieces in the order in which they were put, which is from left to right. */
static void print_row(FILE *out, const struct canvas *c, unsigned row)
{
	unsigned column = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct piece *p = &c->pieces[i];
		struct slice text = without_end((struct slice){c->text + p->at, p->len});

		if (p->row != row || text.len == 0)
			continue;
		if (p->column > column)
			(void)fprintf(out, "%*s", (int)(p->column - column), "");
		(void)fwrite(text.at, 1, text.len, out);
		column = p->column + p->columns - (unsigned)(p->len - text.len);
	}
	(void)fputc('\n', out);
}

void canvas_print(FILE *out, const struct canvas *c)
{
	unsigned rows = last_row(c);

	for (unsigned row = 0; row < rows; row++)
		print_row(out, c, row);
}
