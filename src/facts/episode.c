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

static void code_counts(struct episode *e, struct codec *c)
{
	float *counts[] = {&e->stranger_messages, &e->strangers, &e->repeated, &e->new_senders,
		&e->delivered, &e->dead, &e->refused, &e->link_uses, &e->filter_sum, &e->filtered,
		&e->in_order, &e->out_of_order, &e->network_level, &e->score, &e->score_told};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		codec_f32(c, counts[i]);
}

static void code_notes(struct episode *e, struct codec *c)
{
	for (size_t i = 0; i < EPISODE_NOTES; i++) {
		codec_f32(c, &e->notes[i].bits);
		for (size_t k = 0; k < 3; k++)
			codec_f32(c, &e->notes[i].numbers[k]);
		codec_text(c, e->notes[i].id, sizeof(e->notes[i].id));
	}
}

void episode_code(struct episode *e, struct codec *c)
{
	codec_i64(c, &e->begun_us);
	codec_i64(c, &e->last_us);
	codec_i64(c, &e->faded_us);
	codec_u32(c, &e->messages);
	codec_u16(c, &e->day);
	codec_u16(c, &e->day_strangers);
	code_counts(e, c);
	codec_u32(c, &e->link_key);
	codec_u32(c, &e->networks);
	for (size_t i = 0; i < EPISODE_NETWORKS; i++)
		codec_u32(c, &e->networks_seen[i]);
	for (size_t i = 0; i < EPISODE_REFUSERS; i++)
		codec_u32(c, &e->refusers[i]);
	for (size_t i = 0; i < EPISODE_TEXTS; i++)
		body_sketch_code(&e->texts[i], c);
	codec_u8(c, &e->next_text);
	if (e->next_text >= EPISODE_TEXTS)
		codec_fail(c);
	codec_bool(c, &e->has_body);
	codec_u64(c, &e->last_recipient);
	for (size_t i = 0; i < EPISODE_IDS; i++)
		codec_text(c, e->ids[i], sizeof(e->ids[i]));
	codec_text(c, e->network_text, sizeof(e->network_text));
	codec_text(c, e->link_host, sizeof(e->link_host));
	code_notes(e, c);
	codec_u16(c, &e->told_day);
}
