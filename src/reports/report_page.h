/* report_page.h - a report before it has a form: headings, sentences, values, steps, tables and
 * plots in their order, written as one HTML file that needs nothing else, or as plain text.
 *
 * Every text may be foreign: the two writers encode all that they are given, report_html.c for HTML
 * and SVG, report_text.c for a terminal or a ticket. What is not known is said to be so by who
 * fills the page: report_count(). */
#ifndef STANCH_REPORTS_REPORT_PAGE_H
#define STANCH_REPORTS_REPORT_PAGE_H

#include "base/attribute.h"
#include "base/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_COLUMNS_MAX 8    /* of a table */
#define REPORT_COLUMN_TEXT 60   /* bytes of a column's head */
#define REPORT_BLOCKS_MAX  4000 /* what is more is left out, and said so at the end */
#define REPORT_ROWS_MAX    1000 /* of one table, likewise below it */
#define REPORT_POINTS_MAX  200  /* of one plot */
#define REPORT_LABEL       24   /* bytes of a point's label with its NUL */
#define REPORT_TIME_TEXT   80

enum report_block_kind {
	REPORT_SECTION,
	REPORT_SHEET,    /* a section that begins on a sheet of its own when it is printed */
	REPORT_SENTENCE, /* or more of them */
	REPORT_WARNING,  /* likewise; what must not be missed */
	REPORT_VALUE,    /* with its label */
	REPORT_ITEM,     /* of a numbered list */
	REPORT_TABLE,
	REPORT_PLOT
};

enum report_plot_kind {
	REPORT_BARS, /* a bar for each point */
	REPORT_LINE  /* points over time, by `at` */
};

struct report_point {
	int64_t at;
	double value;
	char label[REPORT_LABEL]; /* of a bar */
};

struct report_plot {
	enum report_plot_kind kind;
	double limit; /* a line across; 0: none */
	struct report_point points[REPORT_POINTS_MAX];
	size_t count;
};

struct report_cell {
	char *text;
	char *title; /* what is told beside it; NULL: nothing */
};

struct report_block {
	enum report_block_kind kind;
	char *label; /* of a value, a table or a plot; else NULL */
	char *text;  /* NULL: none */
	size_t columns;
	struct report_column {
		char name[REPORT_COLUMN_TEXT];
		bool is_number; /* stands at the right */
		bool is_id;     /* message ids, with blanks between */
	} column[REPORT_COLUMNS_MAX];
	struct report_cell *cells; /* row by row */
	size_t cell_count;
	size_t left_out;          /* rows */
	struct report_plot *plot; /* NULL: none */
};

struct report_page {
	char *title;
	char *server;
	int64_t made;
	const char *language; /* of HTML's lang; borrowed */
	struct report_block *blocks;
	size_t count;
	size_t left_out; /* blocks */
};

/* made: seconds since 1970. language: borrowed, "en". */
struct report_page *report_page_new(
	const char *title, const char *server, int64_t made, const char *language);
void report_page_free(struct report_page *page); /* NULL is fine */
AUTO_FREE(report_page)

/* Each adds to the end. */
void report_section(struct report_page *p, const char *format, ...) PRINTF_LIKE(2, 3);
void report_sheet(struct report_page *p, const char *format, ...) PRINTF_LIKE(2, 3);
void report_say(struct report_page *p, const char *format, ...) PRINTF_LIKE(2, 3);
void report_warn(struct report_page *p, const char *format, ...) PRINTF_LIKE(2, 3);
void report_item(struct report_page *p, const char *format, ...) PRINTF_LIKE(2, 3);
void report_value(struct report_page *p, const char *label, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* columns: their heads, ended by NULL; one of numbers begins with '#', one of message ids with '='.
 * The cells of that table follow, row by row. A table without any cell is not shown. */
void report_table(struct report_page *p, const char *caption, const char *const *columns);
void report_cell(struct report_page *p, const char *format, ...) PRINTF_LIKE(2, 3);
/* In local time; HTML tells the zone and UTC beside it. 0: a dash. */
void report_cell_time(struct report_page *p, int64_t at);

/* The plot is copied. One without points is not shown. */
void report_plot(struct report_page *p, const char *caption, const struct report_plot *plot);

/* A time for people, in the zone of this machine, with UTC in brackets: "2026-11-27 03:20:00 CET
 * (02:20:00 UTC)"; 0: "unknown". Returns at. */
char *report_time(int64_t at, char text[REPORT_TIME_TEXT]);

/* The zone of this machine at that time: "CET, UTC+0100". Returns at. */
char *report_zone(int64_t at, char text[REPORT_TIME_TEXT]);

/* A time as above without UTC. Returns at. */
char *report_time_short(int64_t at, char text[REPORT_TIME_TEXT]);

/* "4,812", or "unknown". Returns at. */
char *report_count(bool is_known, uint64_t count, char at[UNITS_TEXT]);

/* Errors are the stream's. */
void report_page_html(FILE *out, const struct report_page *page);
void report_page_text(FILE *out, const struct report_page *page);

/* The head and the end of an HTML file around a body that is HTML already. title: foreign. */
void report_html_begin(FILE *out, const char *title, const char *language);
void report_html_end(FILE *out);

/* One plot as SVG; every number in it is bounded, whatever its points say. */
void report_plot_svg(FILE *out, const struct report_plot *plot);

/* The same in at most `columns` columns of plain characters. */
void report_plot_text(FILE *out, const struct report_plot *plot, size_t columns);

#endif
