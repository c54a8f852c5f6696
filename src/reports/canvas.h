/* canvas.h - what a terminal of a known size shows: rows of text, each piece in a style and at a
 * column, cut to fit. Pure; whoever paints it decides how a style looks. All text passes the
 * encoder of base/printable.h here. */
#ifndef STANCH_REPORTS_CANVAS_H
#define STANCH_REPORTS_CANVAS_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* No terminal is larger; what is asked for beyond is not there. */
#define CANVAS_COLUMNS_MAX 1000
#define CANVAS_ROWS_MAX    1000

/* No meaning is carried by one of them alone: the words say it, too. */
enum canvas_style {
	CANVAS_PLAIN,
	CANVAS_BOLD,
	CANVAS_DIM,
	CANVAS_GOOD,
	CANVAS_WARNING,
	CANVAS_ALARM,
	CANVAS_REVERSE,
	CANVAS_STYLES
};

/* Text in a row: no controls in it, and as wide as `columns`, of which none is outside. */
struct canvas_piece {
	unsigned row, column, columns;
	enum canvas_style style;
	struct slice text; /* the canvas's, until the next one is put */
};

struct canvas;

/* columns and rows are brought to 1 and the most that there is. */
struct canvas *canvas_new(unsigned columns, unsigned rows);
void canvas_free(struct canvas *c); /* NULL is fine */
AUTO_FREE(canvas)

unsigned canvas_columns(const struct canvas *c);
unsigned canvas_rows(const struct canvas *c);

/* Where the next piece begins. In a row that is not there nothing is put. */
void canvas_go(struct canvas *c, unsigned row, unsigned column);

/* Columns to the right of where the next piece begins. */
unsigned canvas_left(const struct canvas *c);

/* Raw bytes in exactly so many columns, filled with blanks, or cut with a '~' at the end; 0
 * columns: nothing. What is behind the last column is left out. */
void canvas_cell(struct canvas *c, enum canvas_style style, struct slice raw, unsigned columns);

/* The same in as many columns as it needs, or as are left. */
void canvas_text(struct canvas *c, enum canvas_style style, struct slice raw);

/* Text that is printable already: what base/printable.h wrote, so that its encoding is not encoded
 * again. As canvas_cell(); with 0 columns as canvas_text(). At most CANVAS_PRINTABLE_MAX bytes. */
#define CANVAS_PRINTABLE_MAX 2048
void canvas_printable(
	struct canvas *c, enum canvas_style style, const char *text, unsigned columns);

/* printf, then as canvas_text(). At most 511 bytes. */
void canvas_say(struct canvas *c, enum canvas_style style, const char *format, ...)
	PRINTF_LIKE(3, 4);

size_t canvas_count(const struct canvas *c);
struct canvas_piece canvas_at(const struct canvas *c, size_t i);

/* The rows as text without styles, up to the last one that has any; no blanks at their ends. Errors
 * are the stream's. */
void canvas_print(FILE *out, const struct canvas *c);

#endif
