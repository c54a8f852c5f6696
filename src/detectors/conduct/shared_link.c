/* shared_link.c - a link that is new to this server, used to write to strangers by customers who
 * have nothing to do with each other, or by one that was found to send spam. */
#include "detectors/conduct/patterns.h"

#define EACH 2.5
#define BAD  10.0

bool shared_link_look(const struct sighting *s, struct conduct_finding *ret)
{
	if (!is_written_message(s) || s->strangers == 0 ||
		(s->link_customers == 0 && !s->is_bad_link))
		return false;
	ret->change = CONDUCT_RAISE;
	ret->bits = s->is_bad_link ? BAD : EACH * s->link_customers;
	ret->numbers[0] = s->link_customers;
	ret->numbers[1] = s->is_bad_link;
	return true;
}

void shared_link_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	unsigned customers = (unsigned)n->numbers[0];

	if (n->numbers[1] > 0)
		evidence_say(ret, "a link of a source that was found to send spam");
	else
		evidence_say(ret, "%u other %s link to %s, which is new here, too", customers,
			customers == 1 ? "customer's mails" : "customers' mails",
			e->link_host != NULL ? e->link_host : "a host");
}
