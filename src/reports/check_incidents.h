/* check_incidents.h - what a monitoring plugin says of the incidents. Pure: what stands is given.
 */
#ifndef STANCH_REPORTS_CHECK_INCIDENTS_H
#define STANCH_REPORTS_CHECK_INCIDENTS_H

#include "incidents/standing.h"
#include "reports/plugin.h"

#include <jansson.h>

#define CHECK_RECENT_S INT64_C(21600) /* six hours: a night's shift sees it */

struct check_incidents {
	/* Given, with their ranges (check_incidents_ranges()). */
	struct plugin_metric asking; /* wait for a person, or have an action that failed */
	struct plugin_metric recent; /* being cleaned, or contained in the last recent_s seconds */
	int64_t recent_s;

	/* Counted. */
	uint64_t open, suspected, waiting, cleaning, failed;
	enum plugin_status status;
};

/* Labels, and the ranges where the caller has given none: any that asks is CRITICAL, any that is
 * recent a WARNING. */
void check_incidents_begin(struct check_incidents *c);

/* Counts and judges. What a person has released or dismissed is nobody's alarm, but for what failed
 * of it in that time. */
void check_incidents_judge(struct check_incidents *c, const struct standing *s, int64_t now);

/* The first line, and a line for each incident that is open or counted. whence: who said so, and
 * how old it is; without foreign bytes. */
void check_incidents_write(FILE *out, const struct check_incidents *c, const struct standing *s,
	const char *whence, int64_t now);

/* Those lines alone. */
void check_incidents_write_rows(
	FILE *out, const struct check_incidents *c, const struct standing *s, int64_t now);

/* Members of a new object. */
json_t *check_incidents_json(const struct check_incidents *c, const struct standing *s);

#endif
