/* brake.h - how many sources may be contained without a person: what is found in one server in an
 * hour is seldom more than a few, and a mistake of ours would be many. Pure. */
#ifndef STANCH_INCIDENTS_BRAKE_H
#define STANCH_INCIDENTS_BRAKE_H

#include "base/attribute.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BRAKE_WORDS 200

struct brake_limits {
	uint64_t per_hour; /* containments; 0: none without a person */
	double share;      /* of the sources that sent lately, which may be contained at a time */
};

struct brake_state {
	uint64_t last_hour; /* containments without a person, in the last hour */
	uint64_t contained; /* sources that are contained now, this one not */
	uint64_t active;    /* sources that sent mail lately; 0: not known */
};

/* Whether one more may be contained. If not, `words` says why. One at a time is always within the
 * share. */
MUST_USE bool brake_allows(const struct brake_limits *limits, const struct brake_state *state,
	char words[BRAKE_WORDS]);

#endif
