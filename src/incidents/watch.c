#include "incidents/watch.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_US         INT64_C(3600000000)
#define DAY_US          (24.0 * 3600 * 1e6)
#define REASONS         2u
#define REASON_BITS     4.0
#define YOUNG_DAYS      7.0 /* in which a mailbox shows what it is */
#define YOUNG_BITS      4.0 /* more that are asked of one that appeared just now */
#define NEWCOMER_BITS   8.0 /* more that are asked while we know nobody */
#define NEWCOMER_DAYS   7.0
#define BLIND_BITS      0.7 /* more while no text could be read: what it says may be honest */
#define DISTRUST_BELOW  4.5 /* below containing, from which a day is not learnt */
#define OPINIONS_ENOUGH 8.0F
#define DISTRUST_BITS   4.0 /* of recipients that do not exist, or refuse it */

struct watch {
	struct ledger *ledger;
	double contain_bits, suspect_bits;
};

void watch_set(struct watch *w, const struct watch_settings *settings)
{
	double alpha = settings->alpha > 0 ? settings->alpha : WATCH_ALPHA;

	w->contain_bits = log2(1 / alpha) + WATCH_START_BITS;
	w->suspect_bits = settings->suspect_bits > 0 ? settings->suspect_bits
						     : w->contain_bits - WATCH_SUSPECT_BELOW;
}

struct watch *watch_new(const struct watch_settings *settings)
{
	struct watch *w = memory_new(1, sizeof(*w));
	size_t most = settings->sources_max > 0 ? settings->sources_max : LEDGER_SOURCES_MAX;

	w->ledger = ledger_new(most, LEDGER_MESSAGES_MAX);
	watch_set(w, settings);
	return w;
}

void watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	ledger_free(w->ledger);
	free(w);
}

struct ledger *watch_ledger(struct watch *w)
{
	return w->ledger;
}

double watch_contain_bits(const struct watch *w)
{
	return w->contain_bits;
}

/* Falls from `most` to nothing within so many days. */
static double falling(double most, double days, double within)
{
	return days < within ? most * (1 - fmax(0, days) / within) : 0;
}

static double threshold_of(const struct watch *w, const struct ledger_source *s,
	const struct episode *e, int64_t at_us)
{
	double bits = w->contain_bits +
		      falling(NEWCOMER_BITS, ledger_age_days(w->ledger, at_us), NEWCOMER_DAYS);

	if (e != NULL && !e->has_body)
		bits += BLIND_BITS;
	/* a script that appears just now may be the thief's own */
	if (s->kind == SOURCE_MAILBOX)
		bits += falling(YOUNG_BITS, (double)(at_us - s->first_us) / DAY_US, YOUNG_DAYS);
	return bits;
}

static bool is_telling(const struct sighting *s)
{
	if (sighting_is_mail(s))
		return s->strangers > 0;
	return s->fact->at_us - s->episode->last_us < HOUR_US;
}

static bool is_distrusted(const struct watch *w, const struct episode *e, double score)
{
	return (score > w->contain_bits - DISTRUST_BELOW && conduct_reasons(e, 3) >= REASONS) ||
	       (e->refused > 0 && conduct_family(e, CONDUCT_REFUSED) > DISTRUST_BITS) ||
	       (e->dead > 0 && conduct_family(e, CONDUCT_DEAD) > DISTRUST_BITS);
}

static double suspected_from(const struct watch *w, double threshold)
{
	return fmin(threshold, w->suspect_bits + threshold - w->contain_bits);
}

static enum verdict verdict_of(
	const struct watch *w, const struct episode *e, double score, double threshold)
{
	if (score < suspected_from(w, threshold) || conduct_reasons(e, REASON_BITS) < REASONS)
		return VERDICT_NOTHING;
	return score >= threshold ? VERDICT_CONTAIN : VERDICT_SUSPECT;
}

void watch_look(const struct watch *w, const struct ledger_source *s, int64_t at_us,
	struct watch_standing *ret)
{
	const struct episode *e = ledger_worst_episode(s);
	double threshold = threshold_of(w, s, e, at_us);

	*ret = (struct watch_standing){.threshold = threshold, .episode = e};
	if (e == NULL)
		return;
	ret->score = (double)e->score;
	ret->verdict = verdict_of(w, e, ret->score, threshold);
}

/* A few opinions of one episode suffice: their mean counts. */
static bool is_undecided(const struct watch *w, const struct watch_result *r)
{
	const struct sighting *s = &r->sighting;
	double most = conduct_limit(CONDUCT_FILTER);

	return s->kind == SIGHTING_MESSAGE && s->strangers > 0 && !s->fact->has_filter_score &&
	       s->episode->filtered < OPINIONS_ENOUGH && r->score < r->threshold &&
	       r->score + most >= suspected_from(w, r->threshold);
}

bool watch_take(struct watch *w, const struct fact *fact, struct watch_result *ret)
{
	if (!ledger_note(w->ledger, fact, &ret->sighting))
		return false;
	ret->score = conduct_look(&ret->sighting);
	ret->threshold = threshold_of(w, ret->sighting.source, ret->sighting.episode, fact->at_us);
	ret->is_telling = is_telling(&ret->sighting);
	ret->verdict = ret->is_telling
			       ? verdict_of(w, ret->sighting.episode, ret->score, ret->threshold)
			       : VERDICT_NOTHING;
	ret->is_undecided = is_undecided(w, ret);
	if (is_distrusted(w, ret->sighting.episode, ret->score))
		ledger_distrust_day(ret->sighting.source);
	return true;
}
