/* remembered.h - what is remembered of a source that never became an incident, or before it does:
 * its past in a few lines, and what speaks for and against it now. */
#ifndef STANCH_REPORTS_REMEMBERED_H
#define STANCH_REPORTS_REMEMBERED_H

#include "facts/ledger.h"
#include "reports/source_past.h"
#include "reports/terminal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct remembered_view {
	int64_t saved;                  /* seconds since 1970: of when it is */
	double suffice;                 /* bits that contain a source with a past */
	bool unicode;                   /* the terminal shows block characters */
	int64_t now;                    /* seconds since 1970 */
	const struct source_past *past; /* its days; NULL: not known */
};

void remembered_print(const struct terminal *t, const struct ledger_source *s,
	const struct remembered_view *view);

/* One object: source kind name saved first last messages active_days people busiest contained
 * score threshold evidence (detector bits text ids) of what is going on now, and days (day messages
 * recipients failed complaints), null when they are not known. */
void remembered_print_json(
	FILE *out, const struct ledger_source *s, const struct remembered_view *view);

#endif
