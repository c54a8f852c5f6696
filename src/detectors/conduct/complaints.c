/* complaints.c - people complain about its messages, and their providers pass it on. Owners who
 * write to many are complained about now and then, so what counts is how many of its recipients
 * do. A report can be forged, by whoever got one of its messages at least: each is worth little,
 * and all of them together are no reason of their own. */
#include "detectors/conduct/patterns.h"

#include <math.h>

/* Beta(a, b) of the share of recipients whose complaints come back: few providers send any. */
#define OWNER_A   0.3
#define OWNER_B   300.0
#define THIEF_A   0.5
#define THIEF_B   30.0
#define OF_REPORT 4.0 /* bits that each may be worth */

bool complaints_look(const struct sighting *s, struct conduct_finding *ret)
{
	double count = s->episode->complaints;

	if (s->kind != SIGHTING_OUTCOME || !s->is_complaint)
		return false;
	double all = fmax(count, s->episode->delivered);
	double bits = beta_sequence_bits(count, all, THIEF_A, THIEF_B) -
		      beta_sequence_bits(count, all, OWNER_A, OWNER_B);
	ret->change = CONDUCT_SET;
	ret->bits = fmin(bits, OF_REPORT * count);
	ret->numbers[0] = count;
	ret->numbers[1] = all;
	return true;
}

void complaints_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	double count = fmax(1, round((double)n->numbers[0]));
	double all = fmax(1, round((double)n->numbers[1]));

	(void)e;
	evidence_say(ret, "complaints about %.0f %s came back; %.0f %s took its mail", count,
		count > 1 ? "messages" : "message", all, all > 1 ? "recipients" : "recipient");
}
