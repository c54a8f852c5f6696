#include "facts/episode.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Fading every hour is as good as fading all the time. */
#define STEP_US (INT64_C(3600) * 1000000)

void episode_clear(struct episode *e)
{
	free(e->texts);
	free(e->network_text);
	free(e->link_host);
	free(e->notes);
	*e = (struct episode){0};
}

/* Notes come in pairs, texts in powers of two: most episodes have few of both. */
static size_t notes_room(size_t count)
{
	return (count + 1) & ~(size_t)1;
}

static size_t texts_room(size_t count)
{
	return count <= 2 ? count : EPISODE_TEXTS;
}

static size_t word_bytes(const char *word)
{
	return word != NULL ? strlen(word) + 1 : 0;
}

size_t episode_bytes(const struct episode *e)
{
	return sizeof(*e) + texts_room(e->text_count) * sizeof(*e->texts) +
	       notes_room(e->note_count) * sizeof(*e->notes) + word_bytes(e->network_text) +
	       word_bytes(e->link_host);
}

struct episode_note *episode_find_note(const struct episode *e, unsigned detector)
{
	for (size_t i = 0; i < e->note_count; i++)
		if (e->notes[i].detector == detector)
			return &e->notes[i];
	return NULL;
}

struct episode_note *episode_note(struct episode *e, unsigned detector)
{
	struct episode_note *n = episode_find_note(e, detector);

	if (n != NULL)
		return n;
	if (notes_room(e->note_count) == e->note_count)
		e->notes = memory_grow(e->notes, notes_room(e->note_count + 1u), sizeof(*e->notes));
	e->notes[e->note_count] = (struct episode_note){.detector = (uint8_t)detector};
	return &e->notes[e->note_count++];
}

void episode_keep_text(struct episode *e, const struct body_sketch *text)
{
	if (e->text_count < EPISODE_TEXTS) {
		if (texts_room(e->text_count) == e->text_count)
			e->texts = memory_grow(
				e->texts, texts_room(e->text_count + 1u), sizeof(*e->texts));
		e->text_count++;
	}
	e->texts[e->next_text] = *text;
	e->next_text = (uint8_t)((e->next_text + 1) % EPISODE_TEXTS);
}

void episode_keep_word(char **word, const char *text)
{
	if (*word != NULL && strcmp(*word, text) == 0)
		return;
	free(*word);
	*word = memory_copy(text, strlen(text));
}

void episode_fade(struct episode *e, int64_t at_us)
{
	float *counts[] = {&e->stranger_messages, &e->to_strangers, &e->strangers, &e->repeated,
		&e->new_senders, &e->delivered, &e->dead, &e->refused, &e->complaints,
		&e->link_uses, &e->filter_sum, &e->filtered, &e->in_order, &e->out_of_order};

	if (e->faded_us == 0)
		e->faded_us = at_us;
	if (at_us - e->faded_us < STEP_US)
		return;

	float left = exp2f(-(float)(at_us - e->faded_us) / (float)EPISODE_HALF_US);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		*counts[i] *= left;
	for (size_t i = 0; i < e->note_count; i++)
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
	float *counts[] = {&e->stranger_messages, &e->to_strangers, &e->strangers, &e->repeated,
		&e->new_senders, &e->delivered, &e->dead, &e->refused, &e->complaints,
		&e->link_uses, &e->filter_sum, &e->filtered, &e->in_order, &e->out_of_order,
		&e->network_level, &e->score, &e->score_told};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		codec_f32(c, counts[i]);
}

static void code_notes(struct episode *e, struct codec *c)
{
	uint32_t count = e->note_count;

	codec_count(c, &count, EPISODE_NOTES);
	for (size_t i = 0; i < count; i++) {
		uint8_t detector = c->reads ? 0 : e->notes[i].detector;

		codec_u8(c, &detector);
		if (detector >= EPISODE_NOTES)
			codec_fail(c);
		struct episode_note *n = episode_note(e, detector);
		codec_f32(c, &n->bits);
		for (size_t k = 0; k < 3; k++)
			codec_f32(c, &n->numbers[k]);
		codec_text(c, n->id, sizeof(n->id));
	}
}

static void code_texts(struct episode *e, struct codec *c)
{
	uint32_t count = e->text_count;

	codec_count(c, &count, EPISODE_TEXTS);
	for (size_t i = 0; i < count; i++) {
		struct body_sketch text = {0};

		if (!c->reads)
			text = e->texts[i];
		body_sketch_code(&text, c);
		if (c->reads)
			episode_keep_text(e, &text);
	}
	codec_u8(c, &e->next_text);
	if (e->next_text >= EPISODE_TEXTS || e->next_text > e->text_count)
		codec_fail(c);
}

static void code_word(char **word, struct codec *c)
{
	char text[EPISODE_WORD] = "";

	if (*word != NULL)
		memcpy(text, *word, strlen(*word) + 1);
	codec_text(c, text, sizeof(text));
	if (c->reads && text[0] != '\0')
		episode_keep_word(word, text);
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
	code_texts(e, c);
	codec_bool(c, &e->is_accused);
	codec_bool(c, &e->has_body);
	codec_u64(c, &e->last_recipient);
	for (size_t i = 0; i < EPISODE_IDS; i++)
		codec_text(c, e->ids[i], sizeof(e->ids[i]));
	code_word(&e->network_text, c);
	code_word(&e->link_host, c);
	code_notes(e, c);
	codec_u16(c, &e->told_day);
}
