/* burst.c - more strangers on one day than on the busiest day remembered. Honest bulk mail does the
 * same, so it grows with the logarithm. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define FREE     4.0 /* strangers a day that everybody may have */
#define BEYOND   1.3 /* times the busiest day */
#define DOUBLING 1.6 /* bits */

static double strangers_today(const struct sighting *s)
{
	const struct episode *e = s->episode;
	bool same_day = fact_day(s->fact->at_us) == e->day;

	return (s->kind != SIGHTING_OFFER || same_day ? e->day_strangers : 0) +
	       episode_offered(e, s->fact->at_us);
}

bool burst_look(const struct sighting *s, struct conduct_finding *ret)
{
	double busiest = habit_busiest(s->habit);
	double today = strangers_today(s);
	double beyond = today - BEYOND * fmax(FREE, busiest);

	if (!is_sending(s) || s->strangers == 0 || beyond <= 0)
		return false;
	ret->change = CONDUCT_RAISE;
	ret->bits = DOUBLING * log2(1 + beyond);
	ret->numbers[0] = today;
	ret->numbers[1] = busiest;
	return true;
}

void burst_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	char count[UNITS_TEXT];

	(void)e;
	units_count_text((uint64_t)n->numbers[0], count);
	if (n->numbers[1] > 0)
		evidence_say(ret, "%s new recipients in a day; the busiest day before had %.0f",
			count, (double)n->numbers[1]);
	else
		evidence_say(ret, "%s new recipients in a day; no day before had any", count);
}
