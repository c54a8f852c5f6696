/* top_row.h - a row of an incident or of a source in `stanch top`, as wide as the canvas is: what
 * has no room is left out, not broken. Pure. */
#ifndef STANCH_REPORTS_TOP_ROW_H
#define STANCH_REPORTS_TOP_ROW_H

#include "base/units.h"
#include "reports/top.h"

#include <stdbool.h>
#include <stdint.h>

/* Each fills the row that the canvas is at. */
void top_draw_incident_titles(struct canvas *c);
void top_draw_incident(struct canvas *c, const struct top_state *state,
	const struct standing_incident *one, bool is_chosen);
void top_draw_source_titles(struct canvas *c);
void top_draw_source(struct canvas *c, const struct top_state *state, const struct now_source *one,
	bool is_chosen);

/* "4,812"; "?" of NOW_UNKNOWN. */
const char *top_count_text(int64_t n, char at[UNITS_TEXT]);

#endif
