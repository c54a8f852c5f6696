/* many_hosts - one login used from many addresses. */
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#include <math.h>

#define MANY      3 /* home, office and telephone are honest */
#define BITS_EACH 1.5
#define BITS_MAX  5.0

bool many_hosts_look(const struct detector_input *in, struct evidence *ret)
{
	const struct tally_source *s = in->source;
	uint64_t hosts = sketch_count(&s->hosts);
	char count[EVIDENCE_COUNT_TEXT];

	if (s->source.kind != SOURCE_MAILBOX || hosts < MANY)
		return false;
	ret->bits = fmin(BITS_MAX, BITS_EACH * log2((double)hosts - 1.0));
	evidence_say(ret, "used from %s different addresses", evidence_count(&s->hosts, count));
	evidence_add_samples(ret, s);
	return true;
}
