/* few_recipients - a handful of deferred mails is what honest people have in a queue. */
#include "detectors/evidence.h"
#include "detectors/patterns.h"

bool few_recipients_look(const struct detector_input *in, struct evidence *ret)
{
	uint64_t n = in->source->recipients;
	enum source_kind kind = in->source->source.kind;
	char count[UNITS_TEXT];

	if (n > 20 || kind == SOURCE_BOUNCE || kind == SOURCE_UNKNOWN)
		return false;
	ret->bits = n <= 5 ? -4.0 : n <= 10 ? -3.0 : -1.5;
	evidence_say(ret, "only %s %s", units_count_text(n, count),
		evidence_plural(n, "recipient", "recipients"));
	return true;
}
