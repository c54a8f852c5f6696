/* top.h - the Now view for a terminal: calm or what is wrong, the incidents, the sources by
 * suspicion. Pure: a document, what a person chose to see, and a size become rows of text. Foreign
 * bytes are encoded here. */
#ifndef STANCH_REPORTS_TOP_H
#define STANCH_REPORTS_TOP_H

#include "reports/canvas.h"
#include "reports/now_json.h"
#include "reports/top_rows.h"

#include <stdbool.h>
#include <stddef.h>

#define TOP_OLD_S    10 /* the daemon says how things are each second */
#define TOP_SILENT_S 30 /* the watcher says how it is every two seconds */
#define TOP_LAG_S    60 /* behind the logs: worth saying */

/* What is known. All borrowed. */
struct top_state {
	const struct now *now; /* NULL: nothing was heard yet */
	double clock;          /* seconds since 1970 */
	const char *problem;   /* why nothing is heard now, printable; NULL: something is */
	bool unicode;          /* the terminal shows block characters */
	bool plain;            /* printed, not watched: no keys, and nothing is chosen */
	unsigned columns, rows;
};

/* Whether what is shown is all there is to know, and of now. */
bool top_is_whole(const struct top_state *state);

/* A new canvas of the state's size. */
struct canvas *top_draw(const struct top_state *state, const struct top_choice *choice);

/* How many rows a canvas needs so that nothing is left out. */
unsigned top_rows_needed(const struct top_state *state);

#endif
