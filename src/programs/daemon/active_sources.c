#include "programs/daemon/active_sources.h"

#include <string.h>

#define HOUR_US INT64_C(3600000000)

/* One that may be told. */
struct candidate {
	const struct ledger_source *source;
	struct watch_standing standing;
};

static bool is_worse(const struct candidate *a, const struct candidate *b)
{
	if (a->standing.verdict != b->standing.verdict)
		return a->standing.verdict > b->standing.verdict;
	return a->standing.score > b->standing.score;
}

/* Into its place among those found so far, if it has one. */
static void keep(struct candidate all[NOW_SOURCES_MAX], size_t *count, const struct candidate *one)
{
	size_t at = *count;

	while (at > 0 && is_worse(one, &all[at - 1]))
		at--;
	if (at == NOW_SOURCES_MAX)
		return;
	size_t behind = (*count < NOW_SOURCES_MAX ? *count : NOW_SOURCES_MAX - 1) - at;
	memmove(&all[at + 1], &all[at], behind * sizeof(all[0]));
	all[at] = *one;
	*count += *count < NOW_SOURCES_MAX;
}

/* Plain numbers, as they fade in what is judged. */
static void count_days(const struct source_days *days, uint16_t today, struct now_source *ret)
{
	for (size_t i = 0; days != NULL && i < 2; i++) {
		const struct source_day *d = &days->at[i];

		if (d->day + 1 < today)
			continue;
		ret->messages += d->messages;
		ret->recipients += d->recipients;
		ret->failed += d->failed;
	}
}

static void tell(
	struct watch *w, const struct candidate *one, int64_t now_us, struct now_source *ret)
{
	struct evidence evidence[EPISODE_NOTES];
	const struct episode *e = one->standing.episode;

	*ret = (struct now_source){.score = one->standing.score,
		.threshold = one->standing.threshold,
		.verdict = one->standing.verdict};
	ledger_source_copy(one->source, &ret->source);
	count_days(one->source->days, fact_day(now_us), ret);
	ledger_pace(watch_ledger(w), one->source, now_us, ret->pace);
	if (e != NULL && conduct_evidence(e, evidence) > 0 && evidence[0].bits > 0)
		memcpy(ret->why, evidence[0].text, sizeof(ret->why));
}

size_t active_sources(
	struct watch *w, int64_t now_us, struct now_source ret[NOW_SOURCES_MAX], size_t *ret_active)
{
	struct candidate all[NOW_SOURCES_MAX + 1];
	size_t count = 0, active = 0;

	for (const struct ledger_source *s = ledger_last(watch_ledger(w));
		s != NULL && now_us - s->used_us < HOUR_US; s = ledger_before(s)) {
		struct candidate one = {.source = s};

		if (active++ >= ACTIVE_SOURCES_LOOKED)
			continue;
		watch_look(w, s, now_us, &one.standing);
		/* its episode began anew when it was contained */
		if (s->contained_us != 0)
			one.standing.verdict = VERDICT_CONTAIN;
		keep(all, &count, &one);
	}
	for (size_t i = 0; i < count; i++)
		tell(w, &all[i], now_us, &ret[i]);
	*ret_active = active;
	return count;
}
