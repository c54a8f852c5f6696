/* patterns.h - the detectors of conduct, a file each; conduct.c has the table. */
#ifndef STANCH_DETECTORS_CONDUCT_PATTERNS_H
#define STANCH_DETECTORS_CONDUCT_PATTERNS_H

#include "detectors/conduct/conduct.h"
#include "detectors/evidence.h"

#include <math.h>

#define CONDUCT_PATTERN(name)                                                                      \
	bool name##_look(const struct sighting *s, struct conduct_finding *ret);                   \
	void name##_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)

CONDUCT_PATTERN(strangers);
CONDUCT_PATTERN(burst);
CONDUCT_PATTERN(same_text);
CONDUCT_PATTERN(new_network);
CONDUCT_PATTERN(strange_link);
CONDUCT_PATTERN(dead_recipients);
CONDUCT_PATTERN(refused_content);
CONDUCT_PATTERN(outside_sender);
CONDUCT_PATTERN(new_senders);
CONDUCT_PATTERN(filter_score);
CONDUCT_PATTERN(shared_text);
CONDUCT_PATTERN(shared_link);
CONDUCT_PATTERN(login_guesses);
CONDUCT_PATTERN(odd_hour);
CONDUCT_PATTERN(odd_place);
CONDUCT_PATTERN(sorted_list);
CONDUCT_PATTERN(complaints);

/* log2 of how much more often a finding is seen of a thief than of the owner. */
double likelihood_bits(double of_thief, double of_owner);

/* log2 of the beta function. */
static inline double beta_bits(double a, double b)
{
	return (lgamma(a) + lgamma(b) - lgamma(a + b)) / M_LN2;
}

/* log2 of the chance to see just these k of n, in their order, when the share is drawn from
 * Beta(a, b): the bits of a sequence that was predicted one by one. */
static inline double beta_sequence_bits(double k, double n, double a, double b)
{
	return beta_bits(a + k, b + n - k) - beta_bits(a, b);
}

/* Whether a share of `all` outcomes is worth looking at anew after one more delivery: of many, one
 * says next to nothing. */
static inline bool is_worth_a_look(double all)
{
	unsigned step = (unsigned)all / 32;

	return step < 2 || (unsigned)all % step == 0;
}

/* log2 of the sum of two numbers given by their logarithms. */
double sum_bits(double x, double y);

/* An automatic reply, a report of a machine: not what thieves send, and not what owners decide. */
static inline bool is_written_message(const struct sighting *s)
{
	return s->kind == SIGHTING_MESSAGE && !s->fact->is_automatic;
}

/* One that is being offered, too: what it says is the same when it is taken, and counted once. */
static inline bool is_sending(const struct sighting *s)
{
	return s->kind == SIGHTING_OFFER || is_written_message(s);
}

#endif
