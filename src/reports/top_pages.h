/* top_pages.h - what else fills the terminal of `stanch top`: a text that can be scrolled, with a
 * title, and a question or keys below it. Pure. */
#ifndef STANCH_REPORTS_TOP_PAGES_H
#define STANCH_REPORTS_TOP_PAGES_H

#include "reports/canvas.h"

#include <stddef.h>

/* A text of ours or of a command's: printable lines, of which each is broken at blanks where it is
 * too long. All borrowed. */
struct top_page {
	const char *title;
	struct slice text;
	size_t from;       /* the first row of it that is shown, as scrolled */
	const char *foot;  /* the last row: keys, or a question */
	bool is_question;  /* the foot is one */
	const char *typed; /* behind the foot: what is being typed; NULL: nothing is */
};

/* Rows that a text needs in that width. */
size_t top_page_rows(struct slice text, unsigned columns);

/* from, brought to where the end of the text is not above the end of the page. */
size_t top_page_from(const struct top_page *page, unsigned columns, unsigned rows);

/* A new canvas. */
struct canvas *top_page_draw(const struct top_page *page, unsigned columns, unsigned rows);

/* What the keys do, for a page of help. */
extern const char top_help[];

#endif
