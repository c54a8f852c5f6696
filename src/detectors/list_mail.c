/* list_mail - list and auto-reply fields, which speak for the source. Spammers write them, too; so
 * they count in full only on mail of hosted sender domains. */
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#define LIST_BITS      (-6.0)
#define AUTOMATIC_BITS (-3.0)
#define FOREIGN_SHARE  0.2

struct marked {
	size_t list, automatic, hosted;
};

static struct marked count_marked(const struct detector_input *in)
{
	struct marked m = {0};

	for (size_t i = 0; i < in->content->count; i++) {
		const struct content_sample *s = &in->content->samples[i];

		if (!s->is_list && !s->is_automatic)
			continue;
		m.list += s->is_list;
		m.automatic += !s->is_list;
		m.hosted += s->sender_domain[0] == '\0' ||
			    domain_table_hosted(in->domains, s->sender_domain) == HOSTED_YES;
	}
	return m;
}

bool list_mail_look(const struct detector_input *in, struct evidence *ret)
{
	if (in->content == NULL || in->source->source.kind == SOURCE_BOUNCE)
		return false;
	struct marked m = count_marked(in);
	size_t marked = m.list + m.automatic, all = in->content->count;
	if (marked == 0)
		return false;

	double trust = (double)m.hosted / (double)marked;
	trust = FOREIGN_SHARE + (1.0 - FOREIGN_SHARE) * trust;
	ret->bits = trust * (LIST_BITS * (double)m.list + AUTOMATIC_BITS * (double)m.automatic) /
		    (double)all;
	evidence_say(ret, "%s in %zu of %zu sampled messages",
		m.list >= m.automatic ? "list fields (List-Id, List-Unsubscribe)"
				      : "automatic replies (Auto-Submitted)",
		marked, all);
	for (size_t i = 0; i < all; i++)
		if (in->content->samples[i].is_list || in->content->samples[i].is_automatic)
			evidence_add_id(ret, in->content->samples[i].id);
	return true;
}
