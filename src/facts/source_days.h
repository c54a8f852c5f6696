/* source_days.h - what a source did on each of its last two days (UTC), in plain numbers that do
 * not fade: what is kept of it for months. */
#ifndef STANCH_FACTS_SOURCE_DAYS_H
#define STANCH_FACTS_SOURCE_DAYS_H

#include "base/codec.h"

#include <stdbool.h>
#include <stdint.h>

#define SOURCE_DAY_MOST (UINT32_MAX - 1) /* more of anything on one day is told as this */

struct source_day {
	uint16_t day;        /* since 1970; 0: none */
	uint32_t messages;   /* that were accepted */
	uint32_t recipients; /* of them; at least one each, where a log does not name them */
	uint32_t failed;     /* deliveries that failed for good */
	uint32_t complaints;
};

/* Zeroed are two days of nothing. */
struct source_days {
	uint64_t changed;        /* private to the ledger */
	struct source_day at[2]; /* by the lowest bit of the day */
};

enum source_count { COUNT_MESSAGES, COUNT_RECIPIENTS, COUNT_FAILED, COUNT_COMPLAINTS };

/* Adds to a day. Returns false, and nothing is counted, when two later days are known. *ret_over:
 * the day whose place it takes; .day 0: none. */
bool source_days_add(struct source_days *d, uint16_t day, enum source_count what, uint64_t n,
	struct source_day *ret_over);

void source_days_code(struct source_days *d, struct codec *c);

#endif
