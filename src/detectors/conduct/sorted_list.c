/* sorted_list.c - message after message to recipients in the order of the alphabet, as lists are
 * bought. Within one message that says nothing: address books are sorted, too. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define LEAST 10.0
#define SHARE 0.9
#define EACH  0.2 /* bits */

bool sorted_list_look(const struct sighting *s, struct conduct_finding *ret)
{
	double in = s->episode->in_order, all = in + s->episode->out_of_order;

	if (!is_written_message(s) || s->strangers == 0 || all < LEAST || in < SHARE * all)
		return false;
	ret->change = CONDUCT_RAISE;
	ret->bits = EACH * in;
	ret->numbers[0] = in;
	ret->numbers[1] = all;
	return true;
}

void sorted_list_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	(void)e;
	evidence_say(ret, "recipients in the order of the alphabet, %.0f of %.0f messages",
		round((double)n->numbers[0]), round((double)n->numbers[1]));
}
