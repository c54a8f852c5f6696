/* shared_text.c - the same text to strangers from customers who have nothing to do with each other,
 * or from one that was found to send spam. */
#include "detectors/conduct/patterns.h"

#define FIRST 4.0
#define NEXT  3.0
#define BAD   10.0

bool shared_text_look(const struct sighting *s, struct conduct_finding *ret)
{
	if (!is_written_message(s) || (s->text_customers == 0 && !s->is_bad_text))
		return false;
	ret->change = CONDUCT_RAISE;
	ret->bits = s->is_bad_text ? BAD : FIRST + NEXT * (s->text_customers - 1.0);
	ret->numbers[0] = s->text_customers;
	ret->numbers[1] = s->is_bad_text;
	return true;
}

void shared_text_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	unsigned customers = (unsigned)n->numbers[0];

	(void)e;
	if (n->numbers[1] > 0)
		evidence_say(ret, "the text of a source that was found to send spam");
	else
		evidence_say(ret, "%u other %s the same text to strangers", customers,
			customers == 1 ? "customer sends" : "customers send");
}
