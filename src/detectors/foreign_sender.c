/* foreign_sender - envelope senders of domains that are not hosted here. */
#include "base/printable.h"
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#include <math.h>

/* One foreign domain: often just somebody who also has an account elsewhere. */
#define ONE_DOMAIN_BITS 3.0
#define MORE_BITS       1.0 /* for each doubling of their number */
#define BITS_MAX        5.0

/* Hosts pass on mail of others: forwarders, mailing lists, backup servers. */
#define HOST_BITS 1.5

struct foreign {
	uint64_t messages; /* whose sender's domain is known not to be hosted */
	uint64_t known;    /* whose sender's domain is known to be hosted, or not */
	size_t domains;
	const struct tally_domain *first; /* the most frequent foreign one */
};

static struct foreign count_foreign(const struct detector_input *in)
{
	const struct tally_source *s = in->source;
	struct foreign f = {0};

	for (size_t i = 0; i < s->sender_domain_count; i++) {
		const struct tally_domain *d = &s->sender_domains[i];
		enum hosted hosted = domain_table_hosted(in->domains, d->name);

		if (hosted == HOSTED_UNKNOWN)
			continue;
		f.known += d->messages;
		if (hosted == HOSTED_YES)
			continue;
		f.messages += d->messages;
		f.domains++;
		if (f.first == NULL || d->messages > f.first->messages)
			f.first = d;
	}
	return f;
}

static double bits_of(const struct tally_source *s, const struct foreign *f)
{
	double share = (double)f->messages / (double)f->known;
	double bits = ONE_DOMAIN_BITS + MORE_BITS * log2((double)f->domains);

	bits = fmin(BITS_MAX, bits);
	return (s->source.kind == SOURCE_HOST ? fmin(HOST_BITS, bits) : bits) *
	       fmin(1.0, 2.0 * share);
}

static void say(struct evidence *e, const struct tally_source *s, const struct foreign *f)
{
	char domain[64], messages[UNITS_TEXT], known[UNITS_TEXT], domains[UNITS_TEXT];
	bool more = s->other_sender_messages > 0;

	(void)printable_text(slice_of(f->first->name), domain, sizeof(domain));
	(void)units_count_text(f->messages, messages);
	(void)units_count_text(f->known, known);
	if (f->domains == 1 && !more)
		evidence_say(e, "sender domain %s is not hosted here (%s of %s messages)", domain,
			messages, known);
	else
		evidence_say(e,
			"%s%s sender domains are not hosted here, %s first (%s of %s messages)",
			more ? "at least " : "", units_count_text(f->domains, domains), domain,
			messages, known);
}

bool foreign_sender_look(const struct detector_input *in, struct evidence *ret)
{
	const struct tally_source *s = in->source;
	struct foreign f = count_foreign(in);

	if (s->source.kind == SOURCE_BOUNCE || f.messages == 0)
		return false;
	ret->bits = bits_of(s, &f);
	say(ret, s, &f);
	for (size_t i = 0; in->content != NULL && i < in->content->count; i++)
		if (domain_table_hosted(in->domains, in->content->samples[i].sender_domain) ==
			HOSTED_NO)
			evidence_add_id(ret, in->content->samples[i].id);
	return true;
}
