/* strange_link.c - links to a host that this server did not know, in mail to strangers. All copies
 * of one text have the same link, so that it counts with the logarithm, and not far. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define OWN      (-1.0)
#define USUAL    0.15 /* of messages with a link: to a host never seen here */
#define WEIGHT   10.0
#define FIRST    0.6 /* of what a single link is worth: many links are strange once */
#define DOUBLING 1.6 /* bits */
#define SEEN     1.0 /* of a host that somebody else here knows */

bool strange_link_look(const struct sighting *s, struct conduct_finding *ret)
{
	if (!is_written_message(s) || s->link == LINK_NONE)
		return false;
	if (s->link == LINK_OWN) {
		ret->bits = OWN;
		return true;
	}
	if (s->strangers == 0 || s->link < LINK_SEEN)
		return false;
	double uses = fmax(1, s->episode->link_uses);
	ret->change = CONDUCT_RAISE;
	ret->numbers[0] = uses;
	if (s->link == LINK_SEEN) {
		ret->bits = SEEN * log2(1 + uses);
		return true;
	}
	double share = habit_expect(s->habit, TRAIT_STRANGE_LINK, USUAL, WEIGHT);
	ret->bits = FIRST * fmax(0, likelihood_bits(0.8, share)) + DOUBLING * log2(uses);
	return true;
}

void strange_link_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	double uses = fmax(1, round((double)n->numbers[0]));

	if (n->bits < 0)
		evidence_say(ret, "links to the customer's own domain");
	else
		evidence_say(ret, "links to %s, which is new to this server, in %.0f %s",
			e->link_host != NULL ? e->link_host : "a host", uses,
			uses == 1 ? "message" : "messages");
}
