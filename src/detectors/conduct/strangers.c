/* strangers.c - messages to people the source never wrote to, and to nobody else. Of one evening
 * the second such message says less than the first: the owner may have a reason for all of them. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define USUAL        0.2 /* share of such messages; more while few people are known */
#define USUAL_YOUNG  0.6
#define YOUNG_PEOPLE 12.0
#define WEIGHT       10.0
#define NEXT         0.7 /* of what the one before said */

bool strangers_look(const struct sighting *s, struct conduct_finding *ret)
{
	const struct habit *h = s->habit;

	if (!is_written_message(s) || !sighting_only_strangers(s))
		return false;
	double met = fmax(0, (double)h->known.count - s->strangers);
	double usual = USUAL + USUAL_YOUNG * exp(-met / YOUNG_PEOPLE);
	double share = habit_expect(h, TRAIT_STRANGERS, usual, WEIGHT);
	double n = s->episode->stranger_messages;

	ret->change = CONDUCT_RAISE;
	ret->bits = fmax(0, likelihood_bits(0.97, share)) * (1 - pow(NEXT, n)) / (1 - NEXT);
	ret->numbers[0] = n;
	return true;
}

void strangers_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	double messages = fmax(1, round((double)n->numbers[0]));

	(void)e;
	evidence_say(ret, "%.0f %s only to people it never wrote to before", messages,
		messages == 1 ? "message" : "messages");
}
