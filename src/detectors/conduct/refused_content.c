/* refused_content.c - other servers refuse it as spam. One provider that does may be strict;
 * several that agree are a judgement. What a provider refuses of everybody here is left out before.
 */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define OWNER_A     0.4
#define OWNER_B     60.0
#define THIEF_SHARE 0.5
#define THIEF_A     1.2
#define THIEF_B     12.0
#define OF_ALL      4.0 /* bits that any refusals may be worth */
#define OF_REFUSER  2.0 /* more for each provider */

static unsigned refusers(const struct episode *e)
{
	unsigned n = 0;

	while (n < EPISODE_REFUSERS && e->refusers[n] != 0)
		n++;
	return n;
}

bool refused_content_look(const struct sighting *s, struct conduct_finding *ret)
{
	double refused = s->episode->refused, all = refused + s->episode->delivered;

	if (s->kind != SIGHTING_OUTCOME ||
		(!s->is_refused && !(s->is_delivered && refused > 0 && is_worth_a_look(all))))
		return false;
	unsigned by = refusers(s->episode);
	double owner = beta_sequence_bits(refused, all, OWNER_A, OWNER_B);
	double thief =
		sum_bits(log2(THIEF_SHARE) + beta_sequence_bits(refused, all, THIEF_A, THIEF_B),
			log2(1 - THIEF_SHARE) + owner);
	ret->change = CONDUCT_SET;
	ret->bits = fmin(thief - owner, OF_ALL + OF_REFUSER * by);
	ret->numbers[0] = refused;
	ret->numbers[1] = all;
	ret->numbers[2] = by;
	return true;
}

void refused_content_say(
	const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	unsigned by = (unsigned)n->numbers[2];

	(void)e;
	evidence_say(ret, "refused for its content for %.0f of %.0f recipients, by %u%s %s",
		round((double)n->numbers[0]), fmax(1, round((double)n->numbers[1])), by,
		by == EPISODE_REFUSERS ? " or more" : "", by == 1 ? "provider" : "providers");
}
