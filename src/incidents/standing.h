/* standing.h - where the incidents stand now: what a monitor asks for. Each that is open, and each
 * that is over but was contained, or has changed, a short while ago. */
#ifndef STANCH_INCIDENTS_STANDING_H
#define STANCH_INCIDENTS_STANDING_H

#include "base/attribute.h"
#include "incidents/casebook.h"

#define STANDING_MAX    ((size_t)64)   /* that are told; those that need a person first */
#define STANDING_LOOKED ((size_t)1000) /* that are looked at */
#define STANDING_AGE_S  INT64_C(604800)

struct standing_incident {
	int64_t number;
	struct source source;
	enum incident_state state;
	int64_t opened, changed, contained; /* contained 0: not */
	double score, threshold;            /* bits */
	uint64_t messages, recipients;      /* of the outbreak, before it was contained */
	uint64_t held, failed;              /* messages; actions that a person has to look at */
};

/* Owned. Zeroed memory is one of nothing. */
struct standing {
	struct standing_incident *at; /* what waits for a person first, then the newest */
	size_t count;
	uint64_t left_out; /* incidents that are not in it, for there are too many */
};
void standing_clear(struct standing *s);

/* Whether a person has to look at it. */
bool standing_asks(const struct standing_incident *incident);

/* Over, and changed before now - STANDING_AGE_S, is left away. 0 and *ret, or an error of
 * journal_open() and *problem. */
MUST_USE int standing_read(
	struct journal *j, int64_t now, struct standing *ret, struct problem *problem);

#endif
