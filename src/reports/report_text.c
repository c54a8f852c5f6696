/* report_text.c - a report as plain text of 78 columns, for a ticket or a terminal. */
#include "base/memory.h"
#include "base/printable.h"
#include "reports/report_page.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH        78
#define LABEL        26 /* columns of a value's label */
#define COLUMN_LEAST 6  /* a column is not made narrower */
#define GAP          2  /* blanks between columns */

/* Text that was encoded already, taken line by line. */
struct flow {
	char *text; /* owned */
	struct slice rest;
};

static struct flow flow_of(const char *text)
{
	struct flow f = {0};
	size_t len = 0;
	FILE *out = open_memstream(&f.text, &len);

	if (out == NULL)
		abort();
	printable_write(out, slice_of(text));
	if (fclose(out) != 0)
		abort();
	f.rest = (struct slice){f.text, len};
	return f;
}

/* Columns of the character at the front of text that is encoded already, and its *ret_len bytes. */
static size_t one_width(struct slice s, size_t *ret_len)
{
	size_t n = printable_utf8_length(s);

	*ret_len = n > 0 ? n : 1;
	return s.at[0] == '\\' ? 1 : printable_width(slice_first(s, *ret_len));
}

/* Bytes at the front of s that fill at most `columns` columns, one character at least. */
static size_t fitting(struct slice s, size_t columns)
{
	size_t at = 0, used = 0, n;

	while (at < s.len) {
		used += one_width(slice_after(s, at), &n);
		if (at > 0 && used > columns)
			break;
		at += n;
	}
	return at;
}

static size_t shown_width(struct slice s)
{
	size_t width = 0, n;

	for (; s.len > 0; s = slice_after(s, n))
		width += one_width(s, &n);
	return width;
}

/* The next line of at most `columns` columns, broken at a blank if there is one. */
static struct slice next_line(struct flow *f, size_t columns)
{
	size_t n = fitting(f->rest, columns), blank;
	struct slice line = slice_first(f->rest, n);

	if (n < f->rest.len && f->rest.at[n] != ' ') {
		blank = slice_find_last(line, ' ');
		if (blank < line.len && blank > 0)
			line = slice_first(line, blank);
	}
	f->rest = slice_after(f->rest, line.len);
	while (f->rest.len > 0 && f->rest.at[0] == ' ')
		f->rest = slice_after(f->rest, 1);
	while (line.len > 0 && line.at[line.len - 1] == ' ')
		line.len--;
	return line;
}

static void put(FILE *out, struct slice s)
{
	(void)fwrite(s.at, 1, s.len, out);
}

static void put_blanks(FILE *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)fputc(' ', out);
}

/* first: what stands before the first line, of `indent` columns; the others are indented. */
static void wrap(FILE *out, const char *first, const char *text, size_t indent)
{
	struct flow f = flow_of(text);
	bool is_first = true;

	do {
		struct slice line = next_line(&f, WIDTH - indent);

		if (is_first)
			(void)fprintf(out, "%-*s", (int)indent, first);
		else
			put_blanks(out, indent);
		is_first = false;
		put(out, line);
		(void)fputc('\n', out);
	} while (f.rest.len > 0);
	free(f.text);
}

static void underlined(FILE *out, const char *text, char with)
{
	struct flow f = flow_of(text);

	while (f.rest.len > 0) {
		struct slice line = next_line(&f, WIDTH);
		size_t width = shown_width(line);

		put(out, line);
		(void)fputc('\n', out);
		for (size_t i = 0; i < width && f.rest.len == 0; i++)
			(void)fputc(with, out);
	}
	(void)fputc('\n', out);
	free(f.text);
}

static void write_value(FILE *out, const struct report_block *b)
{
	char label[LABEL + 1];

	(void)snprintf(label, sizeof(label), "  %s", b->label);
	wrap(out, label, b->text, LABEL);
}

/* ---- tables ---- */

/* The longest word of text that is encoded already: narrower, it is broken within. */
static size_t widest_word(struct slice s)
{
	size_t most = 0;

	while (s.len > 0) {
		size_t n = slice_find(s, ' '), width = shown_width(slice_first(s, n));

		most = width > most ? width : most;
		s = slice_after(s, n + 1);
	}
	return most;
}

struct widths {
	size_t is[REPORT_COLUMNS_MAX], least[REPORT_COLUMNS_MAX];
	size_t all; /* with what stands between them */
};

static void take_width(struct widths *w, size_t column, const char *text)
{
	struct flow f = flow_of(text);
	size_t width = shown_width(f.rest), word = widest_word(f.rest);

	w->is[column] = width > w->is[column] ? width : w->is[column];
	w->least[column] = word > w->least[column] ? word : w->least[column];
	free(f.text);
}

/* The widest of those that are wider than their `least`; false when there is none. */
static bool narrow_one(struct widths *w, size_t count, const size_t *least)
{
	size_t at = count;

	for (size_t i = 0; i < count; i++)
		if (w->is[i] > least[i] && (at == count || w->is[i] > w->is[at]))
			at = i;
	if (at == count)
		return false;
	w->is[at]--;
	w->all--;
	return true;
}

/* As wide as what stands in them; where that is too much, lines are broken between words, and only
 * then within them. */
static void fit_columns(const struct report_block *b, struct widths *w)
{
	size_t last[REPORT_COLUMNS_MAX];

	*w = (struct widths){.all = 2 + GAP * (b->columns - 1)};
	for (size_t i = 0; i < b->columns; i++)
		take_width(w, i, b->column[i].name);
	for (size_t i = 0; i < b->cell_count; i++)
		take_width(w, i % b->columns, b->cells[i].text);
	for (size_t i = 0; i < b->columns; i++) {
		w->all += w->is[i];
		last[i] = COLUMN_LEAST;
	}
	while (w->all > WIDTH && narrow_one(w, b->columns, w->least))
		;
	while (w->all > WIDTH && narrow_one(w, b->columns, last))
		;
}

/* *blanks: that are due before the next text, so that none stands at the end of a line. */
static void put_cell(FILE *out, struct flow *f, size_t width, bool is_number, size_t *blanks)
{
	struct slice line = next_line(f, width);
	size_t used = shown_width(line), rest = width > used ? width - used : 0;

	*blanks += is_number ? rest : 0;
	if (line.len > 0) {
		put_blanks(out, *blanks);
		put(out, line);
		*blanks = 0;
	}
	*blanks += GAP + (is_number ? 0 : rest);
}

static bool is_any_left(const struct flow *flows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (flows[i].rest.len > 0)
			return true;
	return false;
}

static void write_row(FILE *out, const struct report_block *b, const struct widths *w,
	const char *const *texts, size_t count)
{
	struct flow flows[REPORT_COLUMNS_MAX];

	for (size_t i = 0; i < count; i++)
		flows[i] = flow_of(texts[i]);
	do {
		size_t blanks = 2;

		for (size_t i = 0; i < count; i++)
			put_cell(out, &flows[i], w->is[i], b->column[i].is_number, &blanks);
		(void)fputc('\n', out);
	} while (is_any_left(flows, count));
	for (size_t i = 0; i < count; i++)
		free(flows[i].text);
}

static void write_rule(FILE *out, const struct report_block *b, const struct widths *w)
{
	put_blanks(out, 2);
	for (size_t i = 0; i < b->columns; i++) {
		for (size_t k = 0; k < w->is[i]; k++)
			(void)fputc('-', out);
		put_blanks(out, i + 1 < b->columns ? GAP : 0);
	}
	(void)fputc('\n', out);
}

static void write_table(FILE *out, const struct report_block *b)
{
	struct widths widths;
	const char *texts[REPORT_COLUMNS_MAX];

	if (b->cell_count == 0 || b->columns == 0)
		return;
	fit_columns(b, &widths);
	wrap(out, "", b->label, 0);
	for (size_t i = 0; i < b->columns; i++)
		texts[i] = b->column[i].name;
	write_row(out, b, &widths, texts, b->columns);
	write_rule(out, b, &widths);
	for (size_t at = 0; at < b->cell_count; at += b->columns) {
		size_t n = 0;

		for (; n < b->columns && at + n < b->cell_count; n++)
			texts[n] = b->cells[at + n].text;
		write_row(out, b, &widths, texts, n);
	}
	if (b->left_out > 0)
		(void)fprintf(out, "  and %zu more, left out\n", b->left_out / b->columns);
	(void)fputc('\n', out);
}

/* ---- the page ---- */

static void write_plot(FILE *out, const struct report_block *b)
{
	wrap(out, "", b->label, 0);
	report_plot_text(out, b->plot, WIDTH);
	(void)fputc('\n', out);
}

/* number: of the item, if it is one. */
static void write_block(FILE *out, const struct report_block *b, unsigned number)
{
	char first[8];

	switch (b->kind) {
	case REPORT_SECTION:
	case REPORT_SHEET:
		underlined(out, b->text, '-');
		break;
	case REPORT_SENTENCE:
		wrap(out, "", b->text, 0);
		(void)fputc('\n', out);
		break;
	case REPORT_WARNING:
		wrap(out, "!", b->text, 2);
		(void)fputc('\n', out);
		break;
	case REPORT_VALUE:
		write_value(out, b);
		break;
	case REPORT_ITEM:
		(void)snprintf(first, sizeof(first), "%3u.", number);
		wrap(out, first, b->text, 5);
		break;
	case REPORT_TABLE:
		write_table(out, b);
		break;
	case REPORT_PLOT:
		write_plot(out, b);
		break;
	}
}

/* Values and items stand together, with an empty line behind the last. */
static bool ends_group(const struct report_page *p, size_t at)
{
	enum report_block_kind kind = p->blocks[at].kind;

	return (kind == REPORT_VALUE || kind == REPORT_ITEM) &&
	       (at + 1 == p->count || p->blocks[at + 1].kind != kind);
}

void report_page_text(FILE *out, const struct report_page *page)
{
	char at[REPORT_TIME_TEXT], zone[REPORT_TIME_TEXT], last[2 * REPORT_TIME_TEXT + 128];
	unsigned number = 0;

	underlined(out, page->title, '=');
	(void)fputc('\n', out);
	for (size_t i = 0; i < page->count; i++) {
		number = page->blocks[i].kind == REPORT_ITEM ? number + 1 : 0;
		write_block(out, &page->blocks[i], number);
		if (ends_group(page, i))
			(void)fputc('\n', out);
	}
	if (page->left_out > 0)
		(void)fprintf(out, "! %zu parts more, left out\n", page->left_out);
	wrap(out, "--", page->server, 3);
	(void)snprintf(last, sizeof(last),
		"Made by stanch at %s. Times in tables and plots are local (%s when this was "
		"made).",
		report_time(page->made, at), report_zone(page->made, zone));
	wrap(out, "", last, 3);
}
