/* many_senders - one login that writes in the name of many. */
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#include <math.h>

#define MANY     3
#define BITS_MAX 4.0

/* Web servers write for all their sites, hosts for all behind them. */
#define SHARED_BITS_MAX 1.0

bool many_senders_look(const struct detector_input *in, struct evidence *ret)
{
	const struct tally_source *s = in->source;
	uint64_t senders = sketch_count(&s->senders);
	char count[EVIDENCE_COUNT_TEXT], messages[UNITS_TEXT];

	if (s->source.kind == SOURCE_BOUNCE || senders < MANY)
		return false;
	ret->bits = fmin(s->source.kind == SOURCE_MAILBOX ? BITS_MAX : SHARED_BITS_MAX,
		log2((double)senders));
	evidence_say(ret, "%s different senders in %s messages", evidence_count(&s->senders, count),
		units_count_text(s->messages, messages));
	evidence_add_samples(ret, s);
	return true;
}
