/* hindsight.h - what `stanch replay` shows: whom today's rules would have contained in the past,
 * when, after how much mail, how much more would have been stopped, and who came near. Foreign
 * bytes are encoded here. */
#ifndef STANCH_REPORTS_HINDSIGHT_H
#define STANCH_REPORTS_HINDSIGHT_H

#include "incidents/hindsight.h"
#include "reports/terminal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct hindsight_view {
	bool explain;        /* all evidence, not only the heaviest */
	double contain_bits; /* of a source with a past */
	double alpha;        /* the chance that goes with them, for each account and year */
	uint64_t left_out;   /* lines that could not be read, of those that should mean something */
};

/* For people, from top to bottom what a reader has to know first. Errors are the stream's. */
void hindsight_print(
	const struct terminal *t, struct hindsight *h, const struct hindsight_view *view);

/* One JSON object as a line, at the moment it is known. Keys: time (seconds since 1970, with a
 * fraction) kind (auth script user host bounce) account action (score warn contain) score threshold
 * source; of warn and contain also why messages recipients evidence. */
void hindsight_print_event(FILE *out, enum hindsight_word word, const struct watch_result *result,
	const struct hindsight_finding *finding);

/* At the end a line for each finding: action "outcome" with the keys above and begun last
 * messages_stopped recipients_stopped messages_beside; and one with the totals, action "total". */
void hindsight_print_end(FILE *out, struct hindsight *h, const struct hindsight_view *view);

#endif
