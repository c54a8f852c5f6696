#include "incidents/minutes.h"

#include <stddef.h>
#include <string.h>

const char *minute_count_name(enum minute_count count)
{
	static const char *const names[MINUTE_COUNTS] = {[MINUTE_ACCEPTED] = "accepted",
		[MINUTE_DELIVERED] = "delivered",
		[MINUTE_DEFERRED] = "deferred",
		[MINUTE_FAILED] = "failed",
		[MINUTE_REFUSED] = "refused"};

	return names[count];
}

static bool is_known(const struct minutes *m, const struct minute_state *state)
{
	if (!m->has_base || !state->has_counts || state->begun != m->begun)
		return false;
	for (size_t i = 0; i < MINUTE_COUNTS; i++)
		if (state->counts[i] < m->base[i])
			return false;
	return true;
}

static void begin(struct minutes *m, int64_t minute, const struct minute_state *state)
{
	m->minute = minute;
	m->has_base = state->has_counts;
	m->begun = state->begun;
	memcpy(m->base, state->counts, sizeof(m->base));
}

bool minutes_turn(
	struct minutes *m, int64_t now, const struct minute_state *state, struct minute *ret)
{
	int64_t minute = now / 60, before = m->minute;

	if (minute == before)
		return false;
	/* the clock was set, or nobody looked for a while */
	if (before == 0 || minute != before + 1) {
		begin(m, minute, state);
		m->has_base = false;
		return false;
	}
	bool known = is_known(m, state);
	*ret = (struct minute){.at = before * 60, .queue = state->queue, .held = state->held};
	for (size_t i = 0; i < MINUTE_COUNTS; i++)
		ret->counts[i] = known ? (int64_t)(state->counts[i] - m->base[i]) : MINUTE_UNKNOWN;
	begin(m, minute, state);
	return true;
}
