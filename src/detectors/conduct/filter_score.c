/* filter_score.c - what a content filter says of its mail to strangers, against what it says of the
 * source's mail otherwise. A campaign is one text and one opinion: the mean counts, not the number
 * of messages. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define USUAL_MEAN   0.6 /* of everyday mail */
#define WEIGHT       8.0
#define OWNER_SD     1.3
#define ODD_SHARE    0.1 /* honest mail that filters do not like */
#define ODD_HIGHER   2.0
#define ODD_SD       2.0
#define THIEF_MEAN   5.0
#define THIEF_SD     2.3
#define LEAST_CHANCE 1e-9

/* Of the normal distribution, but for a factor that all have. */
static double density(double x, double mean, double sd)
{
	double z = (x - mean) / sd;

	return exp(-0.5 * z * z) / sd;
}

bool filter_score_look(const struct sighting *s, struct conduct_finding *ret)
{
	const struct habit *h = s->habit;
	bool here = s->kind == SIGHTING_SCORE ||
		    (s->kind == SIGHTING_MESSAGE && s->fact->has_filter_score && s->strangers > 0);

	if (!here || s->episode->filtered <= 0)
		return false;
	double mean = (h->filter_mean * h->filter_weight + USUAL_MEAN * WEIGHT) /
		      (h->filter_weight + WEIGHT);
	double x = s->episode->filter_sum / s->episode->filtered;
	double owner = (1 - ODD_SHARE) * density(x, mean, OWNER_SD) +
		       ODD_SHARE * density(x, mean + ODD_HIGHER, ODD_SD);
	ret->change = CONDUCT_SET;
	ret->bits = likelihood_bits(density(x, THIEF_MEAN, THIEF_SD), fmax(LEAST_CHANCE, owner));
	ret->numbers[0] = x;
	ret->numbers[1] = h->filter_mean;
	ret->numbers[2] = h->filter_weight;
	return true;
}

void filter_score_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	(void)e;
	if (n->numbers[2] >= 1)
		evidence_say(ret, "the content filter gives %.1f; its other mail has %.1f",
			(double)n->numbers[0], (double)n->numbers[1]);
	else
		evidence_say(ret, "the content filter gives %.1f", (double)n->numbers[0]);
}
