/* ordered_recipients - recipients in dictionary order, as bought lists are. Within one message an
 * address book is sorted, too, so it is worth little. */
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#define LEAST_NEIGHBOURS 20
#define LEAST_SHARE      0.9
#define BITS             1.5

bool ordered_recipients_look(const struct detector_input *in, struct evidence *ret)
{
	const struct tally_source *s = in->source;
	uint64_t neighbours = s->ordered + s->unordered;
	char count[UNITS_TEXT];

	if (s->source.kind == SOURCE_BOUNCE || neighbours < LEAST_NEIGHBOURS)
		return false;
	double share = (double)s->ordered / (double)neighbours;
	if (share < LEAST_SHARE)
		return false;
	ret->bits = BITS;
	evidence_say(ret, "recipients in dictionary order (%d %% of %s neighbours)",
		(int)(share * 100.0), units_count_text(neighbours, count));
	evidence_add_samples(ret, s);
	return true;
}
