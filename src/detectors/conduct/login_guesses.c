/* login_guesses.c - failed logins before the first message from somewhere new; from the same
 * network it was guessing that succeeded. */
#include "detectors/conduct/patterns.h"

#define LEAST    3u
#define HERE     4.0
#define ANYWHERE 1.5

bool login_guesses_look(const struct sighting *s, struct conduct_finding *ret)
{
	if (s->kind != SIGHTING_MESSAGE || s->guesses < LEAST || !s->first_in_episode ||
		s->network < NETWORK_YOUNG)
		return false;
	ret->change = CONDUCT_RAISE;
	ret->bits = s->guesses_here > 0 ? HERE : ANYWHERE;
	ret->numbers[0] = s->guesses;
	ret->numbers[1] = s->guesses_here;
	return true;
}

void login_guesses_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	(void)e;
	evidence_say(ret, "about %.0f failed logins before the first message%s",
		(double)n->numbers[0], n->numbers[1] > 0 ? ", from the same network" : "");
}
