/* terminal.h - text for people: colours where they are wanted, columns that fit. */
#ifndef STANCH_REPORTS_TERMINAL_H
#define STANCH_REPORTS_TERMINAL_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdio.h>

/* Where to, and how. Borrowed; needs no free. */
struct terminal {
	FILE *out;
	bool color;
	unsigned width; /* columns; 0: no limit */
};

enum terminal_style { TERMINAL_PLAIN, TERMINAL_BOLD, TERMINAL_DIM, TERMINAL_RED, TERMINAL_YELLOW };

/* Text from here on in that style; nothing without colour. End with TERMINAL_PLAIN. */
void terminal_style(const struct terminal *t, enum terminal_style style);

/* Foreign bytes as printable text in exactly `columns` columns: filled with blanks, or cut with a
 * '~' at the end. No character is cut in half. columns 0: as long as it is. */
void terminal_cell(FILE *out, struct slice raw, size_t columns);

/* The same without blanks behind: for the last column. */
void terminal_last_cell(FILE *out, struct slice raw, size_t columns);

/* printf in a style. The arguments are not foreign bytes. */
void terminal_say(const struct terminal *t, enum terminal_style style, const char *format, ...)
	PRINTF_LIKE(3, 4);

#endif
