#include "facts/episode.h"

#include <math.h>
#include <stddef.h>

/* Fading every hour is as good as fading all the time. */
#define STEP_US (INT64_C(3600) * 1000000)

void episode_fade(struct episode *e, int64_t at_us)
{
	float *counts[] = {&e->stranger_messages, &e->strangers, &e->repeated, &e->new_senders,
		&e->delivered, &e->dead, &e->refused, &e->link_uses, &e->filter_sum, &e->filtered,
		&e->in_order, &e->out_of_order};

	if (e->faded_us == 0)
		e->faded_us = at_us;
	if (at_us - e->faded_us < STEP_US)
		return;

	float left = exp2f(-(float)(at_us - e->faded_us) / (float)EPISODE_HALF_US);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		*counts[i] *= left;
	for (size_t i = 0; i < EPISODE_NOTES; i++)
		e->notes[i].bits *= left;
	e->faded_us = at_us;
}

unsigned episode_refused_by(struct episode *e, uint32_t domain)
{
	unsigned n = 0;

	while (n < EPISODE_REFUSERS && e->refusers[n] != 0 && e->refusers[n] != domain)
		n++;
	if (n < EPISODE_REFUSERS)
		e->refusers[n] = domain;
	for (n = 0; n < EPISODE_REFUSERS && e->refusers[n] != 0;)
		n++;
	return n;
}
