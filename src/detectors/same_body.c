/* same_body - one text to many, apart from names, numbers and links. */
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#include <math.h>

#define LEAST_ALIKE 4
#define BITS_MAX    5.0

bool same_body_look(const struct detector_input *in, struct evidence *ret)
{
	struct content_alike a;

	if (in->content == NULL || in->source->source.kind == SOURCE_BOUNCE)
		return false;
	content_find_alike(in->content, &a);
	if (a.alike < LEAST_ALIKE)
		return false;
	ret->bits =
		fmin(BITS_MAX, 1.0 + log2((double)a.alike)) * (double)a.alike / (double)a.bodies;
	evidence_say(ret, "same body in %zu of %zu sampled messages", a.alike, a.bodies);
	for (size_t i = 0; i < a.alike; i++)
		evidence_add_id(ret, in->content->samples[a.places[i]].id);
	return true;
}
