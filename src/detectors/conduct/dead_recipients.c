/* dead_recipients.c - recipients that do not exist. Both sides are mixtures: owners with clean
 * lists and with stale ones, thieves with bought lists and with checked ones; the owner's past
 * counts. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define PAST_MOST 100.0 /* outcomes of the past that count */

/* Beta(a, b): mean a/(a+b). */
#define OWNER_CLEAN 0.75
#define CLEAN_A     0.6
#define CLEAN_B     40.0
#define STALE_A     2.2
#define STALE_B     25.0
#define THIEF_DIRTY 0.7
#define DIRTY_A     2.0
#define DIRTY_B     9.0
#define CHECKED_A   0.3
#define CHECKED_B   30.0

bool dead_recipients_look(const struct sighting *s, struct conduct_finding *ret)
{
	double dead = s->episode->dead, all = dead + s->episode->delivered;
	const struct habit_share *past = &s->habit->shares[TRAIT_DEAD];

	if (s->kind != SIGHTING_OUTCOME ||
		(!s->is_dead && !(s->is_delivered && dead > 0 && is_worth_a_look(all))))
		return false;
	double weight = past->all > PAST_MOST ? PAST_MOST / past->all : 1;
	double owner = sum_bits(
		log2(OWNER_CLEAN) + beta_sequence_bits(dead, all, CLEAN_A + past->yes * weight,
					    CLEAN_B + (past->all - past->yes) * weight),
		log2(1 - OWNER_CLEAN) + beta_sequence_bits(dead, all, STALE_A, STALE_B));
	double thief = sum_bits(log2(THIEF_DIRTY) + beta_sequence_bits(dead, all, DIRTY_A, DIRTY_B),
		log2(1 - THIEF_DIRTY) + beta_sequence_bits(dead, all, CHECKED_A, CHECKED_B));
	ret->change = CONDUCT_SET;
	ret->bits = thief - owner;
	ret->numbers[0] = dead;
	ret->numbers[1] = all;
	return true;
}

void dead_recipients_say(
	const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	(void)e;
	evidence_say(ret, "%.0f of %.0f recipients do not exist", round((double)n->numbers[0]),
		fmax(1, round((double)n->numbers[1])));
}
