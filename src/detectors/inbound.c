/* inbound - mail to mailboxes that are hosted here: whatever it is, it is not sent out. */
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#define HOST_BITS    (-8.0)
#define MAILBOX_BITS (-4.0)
#define LEAST_SHARE  0.5

struct seen {
	size_t here, elsewhere;
};

static struct seen count_domains(const struct detector_input *in)
{
	struct seen n = {0};

	for (size_t i = 0; i < in->content->count; i++) {
		const struct content_sample *s = &in->content->samples[i];
		for (size_t k = 0; k < s->recipient_domain_count; k++) {
			enum hosted h = domain_table_hosted(in->domains, s->recipient_domains[k]);
			n.here += h == HOSTED_YES;
			n.elsewhere += h == HOSTED_NO;
		}
	}
	return n;
}

bool inbound_look(const struct detector_input *in, struct evidence *ret)
{
	if (in->content == NULL || in->source->source.kind == SOURCE_BOUNCE)
		return false;
	struct seen n = count_domains(in);
	double share = n.here > 0 ? (double)n.here / (double)(n.here + n.elsewhere) : 0.0;
	if (share < LEAST_SHARE)
		return false;
	ret->bits = share * (in->source->source.kind == SOURCE_HOST ? HOST_BITS : MAILBOX_BITS);
	evidence_say(
		ret, "%zu of %zu sampled recipients are hosted here", n.here, n.here + n.elsewhere);
	evidence_add_samples(ret, in->source);
	return true;
}
