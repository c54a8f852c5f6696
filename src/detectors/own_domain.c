/* own_domain - a mailbox that writes as its own domain only. */
#include "base/printable.h"
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#define BITS (-3.0)

bool own_domain_look(const struct detector_input *in, struct evidence *ret)
{
	const struct tally_source *s = in->source;
	char own[TALLY_DOMAIN_MAX + 1], shown[64];

	if (s->source.kind != SOURCE_MAILBOX || s->sender_domain_count != 1)
		return false;
	content_domain((struct slice){s->source.name, s->source.len}, own);
	if (own[0] == '\0' || strcmp(own, s->sender_domains[0].name) != 0)
		return false;
	ret->bits = BITS;
	evidence_say(ret, "every sender is of its own domain %s",
		printable_text(slice_of(own), shown, sizeof(shown)));
	return true;
}
