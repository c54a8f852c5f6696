/* same_text.c - one text, again and again, to strangers. A thousand copies are one text: each says
 * less than the one before. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define USUAL    0.02
#define WEIGHT   20.0
#define FIRST    5.0 /* bits of the first copy, at most */
#define NEXT     0.6
#define HABITUAL 0.3 /* of a text that was sent on an earlier day, too */

bool same_text_look(const struct sighting *s, struct conduct_finding *ret)
{
	double n = s->episode->repeated;

	if (!is_written_message(s) || !s->repeats || s->strangers == 0)
		return false;
	double share = habit_expect(s->habit, TRAIT_REPEATED, USUAL, WEIGHT);
	double first = fmax(0, fmin(FIRST, likelihood_bits(0.8, share)));
	if (s->is_habitual_text)
		first *= HABITUAL;
	ret->change = CONDUCT_RAISE;
	ret->bits = first * (1 - pow(NEXT, n)) / (1 - NEXT);
	ret->numbers[0] = n + 1;
	return true;
}

void same_text_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	char count[UNITS_TEXT];

	(void)e;
	evidence_say(ret, "the same text %s times to new recipients",
		units_count_text((uint64_t)lroundf(n->numbers[0]), count));
}
