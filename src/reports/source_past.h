/* source_past.h - what a source did on each day of the last months, for people and programs. */
#ifndef STANCH_REPORTS_SOURCE_PAST_H
#define STANCH_REPORTS_SOURCE_PAST_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/source.h"
#include "facts/source_days.h"
#include "incidents/day_store.h"
#include "reports/terminal.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All that are kept of one source. Zeroed are days of which nothing is known. */
struct source_past {
	bool is_known;
	size_t count;
	struct source_day days[DAY_STORE_DAYS + 2]; /* the oldest first; those without mail are not
						       there */
};

/* state: the state folder. now: seconds since 1970. 0 and *ret, also when nothing was saved yet; or
 * a negative errno and *problem: then it is not known. */
MUST_USE int source_past_read(const char *state, const struct source *source, int64_t now,
	struct source_past *ret, struct problem *problem);

/* [{"day": "2026-11-01", "messages", "recipients", "failed", "complaints"}], a new reference; NULL
 * when it is not known, which json_put() makes null. */
json_t *source_past_json(const struct source_past *past);

/* A line or two: the recipients of each day of the last weeks as columns, and what of it failed.
 * Nothing when there were not two days of them. now: seconds since 1970. */
void source_past_print(
	const struct terminal *t, const struct source_past *past, int64_t now, bool unicode);

#endif
