/* outside_sender.c - an envelope sender of a domain that is not hosted here. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define USUAL  0.005
#define WEIGHT 20.0
#define THIEF  0.2

bool outside_sender_look(const struct sighting *s, struct conduct_finding *ret)
{
	if (!sighting_is_mail(s) || s->sender_hosted != HOSTED_NO || s->strangers == 0 ||
		s->source_kind == SOURCE_HOST)
		return false;
	double share = habit_expect(s->habit, TRAIT_FOREIGN_SENDER, USUAL, WEIGHT);
	ret->change = CONDUCT_RAISE;
	ret->bits = fmax(0, likelihood_bits(THIEF, share));
	return true;
}

void outside_sender_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	(void)e;
	(void)n;
	evidence_say(ret, "senders of domains that are not hosted here");
}
