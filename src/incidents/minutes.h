/* minutes.h - what happened in each minute, out of counts that only grow. A minute is counted when
 * they were known at its begin and at its end, and were those of one process: else what happened in
 * it is not known, which is not the same as nothing. No clock, no I/O. */
#ifndef STANCH_INCIDENTS_MINUTES_H
#define STANCH_INCIDENTS_MINUTES_H

#include "base/attribute.h"

#include <stdbool.h>
#include <stdint.h>

#define MINUTE_UNKNOWN INT64_C(-1)

/* What happened: messages accepted; recipients delivered to, put off and given up; recipients
 * refused before they were accepted. */
enum minute_count {
	MINUTE_ACCEPTED,
	MINUTE_DELIVERED,
	MINUTE_DEFERRED,
	MINUTE_FAILED,
	MINUTE_REFUSED,
	MINUTE_COUNTS
};

/* "accepted", …; fixed words. */
const char *minute_count_name(enum minute_count count);

/* A minute that is over. */
struct minute {
	int64_t at;                    /* its begin, seconds since 1970 */
	int64_t queue, held;           /* messages at its end; MINUTE_UNKNOWN */
	int64_t counts[MINUTE_COUNTS]; /* MINUTE_UNKNOWN */
};

/* What is known now. */
struct minute_state {
	int64_t queue, held;            /* MINUTE_UNKNOWN */
	bool has_counts;                /* else they mean nothing */
	uint64_t begun;                 /* which process counts: another number, another process */
	uint64_t counts[MINUTE_COUNTS]; /* since it began */
};

/* Zeroed is one that has not begun. */
struct minutes {
	int64_t minute; /* since 1970, the one that goes on; 0: none */
	bool has_base;
	uint64_t begun, base[MINUTE_COUNTS]; /* as they were when it began */
};

/* To be called every second or so. Returns true when a minute is over that had begun, and fills
 * *ret. */
bool minutes_turn(
	struct minutes *m, int64_t now, const struct minute_state *state, struct minute *ret);

#endif
