/* odd_hour.c - mail to strangers at an hour at which the source does not send. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define LEAST_MESSAGES 40u /* of the past, to know its hours */
#define MOST           1.0
#define LEAST          (-0.5)
#define HOUR_US        INT64_C(3600000000)

bool odd_hour_look(const struct sighting *s, struct conduct_finding *ret)
{
	const uint8_t *hours = s->habit->hours;
	double all = 0;

	if (s->kind != SIGHTING_MESSAGE || s->habit->messages < LEAST_MESSAGES ||
		!sighting_only_strangers(s))
		return false;
	unsigned hour = (unsigned)(s->fact->at_us / HOUR_US % 24);
	for (size_t i = 0; i < 24; i++)
		all += hours[i];
	double near = hours[hour] + 0.5 * (hours[(hour + 1) % 24] + hours[(hour + 23) % 24]);
	double share = (near + 1) / (2 * all + 24);
	ret->bits = fmax(LEAST, fmin(MOST, likelihood_bits(1 / 24.0, share)));
	ret->numbers[0] = hour;
	return true;
}

void odd_hour_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	(void)e;
	if (n->bits > 0)
		evidence_say(
			ret, "at %.0f o'clock UTC, when it seldom sends", (double)n->numbers[0]);
	else
		evidence_say(ret, "at an hour at which it usually sends");
}
