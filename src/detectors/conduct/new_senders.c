/* new_senders.c - one source that takes a new sender's name again and again. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define USUAL    0.02
#define WEIGHT   10.0
#define THIEF    0.2
#define DOUBLING 0.5

bool new_senders_look(const struct sighting *s, struct conduct_finding *ret)
{
	double n = s->episode->new_senders;

	if (s->kind != SIGHTING_MESSAGE || !s->new_sender || s->strangers == 0 ||
		s->first_in_episode || s->source_kind == SOURCE_HOST)
		return false;
	double share = habit_expect(s->habit, TRAIT_NEW_SENDER, USUAL, WEIGHT);
	ret->change = CONDUCT_RAISE;
	ret->bits = DOUBLING * fmax(0, likelihood_bits(THIEF, share)) * log2(1 + n);
	ret->numbers[0] = n;
	return true;
}

void new_senders_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	double senders = fmax(1, round((double)n->numbers[0]));

	(void)e;
	evidence_say(
		ret, "%.0f %s never used before", senders, senders == 1 ? "sender" : "senders");
}
