/* top.h - the Now view for a terminal: calm or what is wrong, the incidents, the sources by
 * suspicion. Pure: a document, what a person chose to see, and a size become rows of text. Foreign
 * bytes are encoded here. */
#ifndef STANCH_REPORTS_TOP_H
#define STANCH_REPORTS_TOP_H

#include "reports/canvas.h"
#include "reports/now_json.h"

#include <stdbool.h>
#include <stddef.h>

#define TOP_OLD_S         10 /* the daemon says how things are each second */
#define TOP_SILENT_S      30 /* the watcher says how it is every two seconds */
#define TOP_LAG_S         60 /* behind the logs: worth saying */
#define TOP_FILTER_MAX    64 /* bytes with the NUL */
#define TOP_INCIDENTS_MAX ((size_t)128)

enum top_list { TOP_INCIDENTS, TOP_SOURCES };
enum top_order { TOP_BY_SUSPICION, TOP_BY_HOUR };

/* What is known. All borrowed. */
struct top_state {
	const struct now *now; /* NULL: nothing was heard yet */
	double clock;          /* seconds since 1970 */
	const char *problem;   /* why nothing is heard now, printable; NULL: something is */
	bool unicode;          /* the terminal shows block characters */
	bool plain;            /* printed, not watched: no keys, and nothing is chosen */
	unsigned columns, rows;
};

/* What a person chose. Zeroed to begin with. */
struct top_choice {
	enum top_list list;
	enum top_order order;
	char filter[TOP_FILTER_MAX]; /* a part of a source's name or reason; "": all */
	bool is_typing;              /* the filter is being typed */
	bool is_paused;
	int64_t incident;     /* its number; 0: the first that is shown */
	struct source source; /* SOURCE_UNKNOWN: likewise */
	char said[256];       /* what came of the last key, printable; "": nothing */
};

/* The rows in their order, pointers into the document, and which of them are chosen. */
struct top_rows {
	const struct standing_incident *incidents[TOP_INCIDENTS_MAX];
	const struct now_source *sources[NOW_SOURCES_MAX];
	size_t incident_count, source_count;
	size_t incident, source; /* the chosen ones; 0 when there are none */
	enum top_list list;      /* the one that keys move in: not an empty one if both are not */
};

/* Filters, sorts, and finds what was chosen again, wherever it has gone. */
void top_arrange(const struct now *now, const struct top_choice *choice, struct top_rows *ret);

/* Moves the choice by so many rows, not past an end. */
void top_move(struct top_choice *choice, const struct top_rows *rows, long by);

/* Goes to the other list; false, and it stays: that one is empty. */
bool top_change_list(struct top_choice *choice, const struct top_rows *rows);

/* The chosen one of the list that keys move in; NULL when that is of the other kind, or empty. */
const struct standing_incident *top_chosen_incident(const struct top_rows *rows);
const struct now_source *top_chosen_source(const struct top_rows *rows);

/* Whether what is shown is all there is to know, and of now. */
bool top_is_whole(const struct top_state *state);

/* A new canvas of the state's size. */
struct canvas *top_draw(const struct top_state *state, const struct top_choice *choice);

/* How many rows a canvas needs so that nothing is left out. */
unsigned top_rows_needed(const struct top_state *state);

#endif
