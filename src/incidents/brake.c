#include "incidents/brake.h"

#include <inttypes.h>
#include <stdio.h>

bool brake_allows(
	const struct brake_limits *limits, const struct brake_state *state, char words[BRAKE_WORDS])
{
	if (state->last_hour >= limits->per_hour) {
		(void)snprintf(words, BRAKE_WORDS,
			"%" PRIu64 " contained within an hour without a person: brake.per_hour is "
			"%" PRIu64,
			state->last_hour, limits->per_hour);
		return false;
	}
	if (state->contained > 0 && state->active > 0 &&
		(double)(state->contained + 1) > limits->share * (double)state->active) {
		(void)snprintf(words, BRAKE_WORDS,
			"%" PRIu64 " of %" PRIu64
			" active sources are contained already: brake.share is %g",
			state->contained, state->active, limits->share);
		return false;
	}
	words[0] = '\0';
	return true;
}
