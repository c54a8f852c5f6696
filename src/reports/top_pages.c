#include "reports/top_pages.h"

#include "base/memory.h"
#include "base/printable.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)16384) /* of a line; what is behind is not shown */

const char top_help[] =
	"Up Down j k PgUp PgDn Home End   move in the list, or in a text\n"
	"Tab          the other list: incidents, sources\n"
	"Enter e      explain: what speaks against it, as stanch explain says it\n"
	"c            contain: cut the source off, as a verdict would\n"
	"r            release: undo that, and put its mail back\n"
	"d            dismiss: it was no thief (incidents that were not acted on)\n"
	"             What would be done is shown first; nothing is done without your y.\n"
	"s h          sources by suspicion, or by recipients of the last hour\n"
	"/            show only what has that text in its name or reason; Esc shows all\n"
	"p            pause: the picture stays as it is\n"
	"?            this page\n"
	"q            quit\n"
	"\n"
	"! waits for a person, or suffices to contain; * open, or suspicious.\n"
	"BITS is what speaks against a source; its bar is full when it suffices to contain it.\n"
	"RCPT/M: recipients of the last minute, or of the one that runs if they are more already.\n"
	"MINUTES: recipients minute by minute, each step of height is twice the one before.\n"
	"? is unknown, which is not 0.\n"
	"OLD: the daemon, or its watcher, has not said anything new for some time.\n";

/* ---- lines and rows ---- */

/* The line in front, and *rest behind it; the last one may lack its LF. */
static struct slice take_line(struct slice *rest)
{
	size_t n = slice_find(*rest, '\n');
	struct slice line = slice_first(*rest, n);

	*rest = slice_after(*rest, n + 1);
	return slice_first(line, LINE_MAX_BYTES);
}

static size_t character(struct slice s)
{
	size_t n = printable_utf8_length(s);

	return n > 0 ? n : 1;
}

/* Bytes of raw that are a row: cut at the last blank, if there is one in its second half. */
static size_t row_length(struct slice raw, unsigned columns)
{
	size_t len = 0, used = 0, blank = 0;

	while (len < raw.len) {
		struct slice rest = slice_after(raw, len);
		struct slice one = slice_first(rest, character(rest));
		size_t width = printable_width(one);

		if (used + width > columns)
			break;
		used += width;
		len += one.len;
		if (one.at[0] == ' ' && used > columns / 2)
			blank = len;
	}
	if (len == raw.len)
		return len;
	return blank > 0 ? blank : len > 0 ? len : character(raw);
}

/* Told of each row. */
typedef void row_visit(void *context, size_t number, struct slice raw);

static size_t each_row_of_line(
	struct slice line, unsigned columns, size_t number, row_visit *visit, void *context)
{
	char *raw = memory_new(line.len + 1, 1);
	size_t len = line.len;
	struct slice rest = line;

	if (printable_read(line, raw, &len) == 0)
		rest = (struct slice){raw, len};
	do {
		size_t n = row_length(rest, columns);

		if (visit != NULL)
			visit(context, number, slice_first(rest, n));
		number++;
		rest = slice_after(rest, n);
	} while (rest.len > 0);
	free(raw);
	return number;
}

static size_t each_row(struct slice text, unsigned columns, row_visit *visit, void *context)
{
	size_t number = 0;

	while (text.len > 0)
		number = each_row_of_line(take_line(&text), columns, number, visit, context);
	return number;
}

size_t top_page_rows(struct slice text, unsigned columns)
{
	return each_row(text, columns > 0 ? columns : 1, NULL, NULL);
}

/* ---- the page ---- */

#define AROUND 2 /* rows of title and foot */

static unsigned text_rows(unsigned rows)
{
	return rows > AROUND ? rows - AROUND : 1;
}

size_t top_page_from(const struct top_page *page, unsigned columns, unsigned rows)
{
	size_t all = top_page_rows(page->text, columns), room = text_rows(rows);
	size_t last = all > room ? all - room : 0;

	return page->from < last ? page->from : last;
}

struct drawing {
	struct canvas *canvas;
	size_t from;
	unsigned rows;
};

static void draw_row(void *context, size_t number, struct slice raw)
{
	struct drawing *d = context;

	if (number < d->from || number >= d->from + d->rows)
		return;
	canvas_go(d->canvas, 1 + (unsigned)(number - d->from), 0);
	canvas_text(d->canvas, CANVAS_PLAIN, raw);
}

static void draw_title(struct canvas *c, const struct top_page *page, size_t from, size_t all)
{
	unsigned room = text_rows(canvas_rows(c));

	canvas_go(c, 0, 0);
	canvas_printable(c, CANVAS_BOLD, page->title, 0);
	if (all > room)
		canvas_say(c, CANVAS_DIM, "  (%zu to %zu of %zu)", from + 1,
			from + room < all ? from + room : all, all);
}

struct canvas *top_page_draw(const struct top_page *page, unsigned columns, unsigned rows)
{
	struct canvas *c = canvas_new(columns, rows);
	size_t from = top_page_from(page, canvas_columns(c), canvas_rows(c));
	struct drawing d = {c, from, text_rows(canvas_rows(c))};

	draw_title(c, page, from, each_row(page->text, canvas_columns(c), draw_row, &d));
	if (canvas_rows(c) < 2)
		return c;
	canvas_go(c, canvas_rows(c) - 1, 0);
	canvas_printable(c, page->is_question ? CANVAS_REVERSE : CANVAS_DIM, page->foot, 0);
	if (page->typed != NULL) {
		canvas_text(c, CANVAS_PLAIN, slice_of(page->typed));
		canvas_text(c, CANVAS_REVERSE, slice_of(" "));
	}
	return c;
}
