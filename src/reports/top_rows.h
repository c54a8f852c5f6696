/* top_rows.h - the rows of `stanch top`: which incidents and sources are shown, in which order, and
 * which of them is chosen. Pure. */
#ifndef STANCH_REPORTS_TOP_ROWS_H
#define STANCH_REPORTS_TOP_ROWS_H

#include "base/attribute.h"
#include "reports/now_json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_FILTER_MAX    64 /* bytes with the NUL */
#define TOP_INCIDENTS_MAX ((size_t)128)

enum top_list { TOP_INCIDENTS, TOP_SOURCES };
enum top_order { TOP_BY_SUSPICION, TOP_BY_HOUR };

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

/* Recipients of the last hour, as far as they were counted. */
uint64_t top_of_hour(const struct now_source *source);

#endif
