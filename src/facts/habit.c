#include "facts/habit.h"

#include "base/memory.h"

#include <stdlib.h>

#define SHARE_MOST  1000 /* observations, before both numbers are halved */
#define FILTER_MOST 200  /* messages that the mean of the filter's scores stands for */

static const struct {
	uint8_t first, count;
} rooms[HABIT_KINDS] = {
	[HABIT_NETWORK] = {0, 8},
	[HABIT_COUNTRY] = {8, 4},
	[HABIT_CLIENT] = {12, 4},
	[HABIT_SENDER] = {16, 4},
	[HABIT_LINK] = {20, 6},
};

void habit_free(struct habit *h)
{
	known_set_free(&h->known);
	free(h->texts);
	*h = (struct habit){0};
}

/* ---- the turn of the day ---- */

static void remember_busy_day(struct habit *h, uint16_t day)
{
	struct habit_busy_day *least = &h->busy[0];

	for (size_t i = 0; i < HABIT_BUSY_DAYS; i++) {
		if (day - h->busy[i].day > HABIT_BUSY_MEMORY)
			h->busy[i].strangers = 0;
		if (h->busy[i].strangers < least->strangers)
			least = &h->busy[i];
	}
	if (h->today_strangers > least->strangers)
		*least = (struct habit_busy_day){h->last_day, h->today_strangers};
}

static void learn_shares(struct habit *h)
{
	for (size_t i = 0; i < TRAITS; i++) {
		unsigned yes = h->shares[i].yes + h->today[i].yes;
		unsigned all = h->shares[i].all + h->today[i].all;

		while (all > SHARE_MOST)
			yes /= 2, all /= 2;
		h->shares[i] = (struct habit_share){(uint16_t)yes, (uint16_t)all};
	}
}

static void learn_filter(struct habit *h)
{
	float weight = h->filter_weight + h->today_filtered;

	if (weight > 0)
		h->filter_mean = (h->filter_mean * h->filter_weight + h->today_filter) / weight;
	h->filter_weight = weight < FILTER_MOST ? weight : FILTER_MOST;
}

/* Where a thief was is no place of the owner's. */
static void forget_today(struct habit *h)
{
	for (size_t i = 0; i < HABIT_PLACES; i++) {
		struct habit_place *p = &h->places[i];

		if (p->key == 0 || p->last_day != h->last_day)
			continue;
		if (--p->days == 0)
			*p = (struct habit_place){0};
	}
}

bool habit_turn(struct habit *h, uint16_t day)
{
	if (h->active_days > 0 && day <= h->last_day)
		return false;
	if (h->today_distrusted) {
		forget_today(h);
	} else if (h->active_days > 0) {
		remember_busy_day(h, day);
		learn_shares(h);
		learn_filter(h);
	}
	memset(h->today, 0, sizeof(h->today));
	h->today_filter = h->today_filtered = 0;
	h->today_strangers = 0;
	h->today_distrusted = false;
	h->last_day = day;
	if (h->active_days < UINT16_MAX)
		h->active_days++;
	return true;
}

/* ---- counting ---- */

void habit_count(struct habit *h, enum habit_trait trait, bool yes)
{
	struct habit_share *s = &h->today[trait];

	if (s->all >= SHARE_MOST)
		*s = (struct habit_share){s->yes / 2, s->all / 2};
	s->yes = (uint16_t)(s->yes + yes);
	s->all++;
}

void habit_count_filter(struct habit *h, double score)
{
	h->today_filter += (float)score;
	h->today_filtered++;
}

void habit_count_hour(struct habit *h, unsigned hour)
{
	if (++h->hours[hour] < UINT8_MAX)
		return;
	for (size_t i = 0; i < 24; i++)
		h->hours[i] /= 2;
}

void habit_count_strangers(struct habit *h, unsigned recipients)
{
	unsigned sum = h->today_strangers + recipients;

	h->today_strangers = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
}

double habit_expect(const struct habit *h, enum habit_trait trait, double usual, double weight)
{
	const struct habit_share *s = &h->shares[trait];

	return (s->yes + usual * weight) / (s->all + weight);
}

unsigned habit_busiest(const struct habit *h)
{
	unsigned most = 0;

	for (size_t i = 0; i < HABIT_BUSY_DAYS; i++)
		if (h->busy[i].strangers > most &&
			h->last_day - h->busy[i].day <= HABIT_BUSY_MEMORY)
			most = h->busy[i].strangers;
	return most;
}

/* ---- places ---- */

/* Its index in places[]; HABIT_PLACES: nowhere. */
static size_t find_place(const struct habit *h, enum habit_kind kind, uint32_t key)
{
	size_t at = rooms[kind].first, end = at + rooms[kind].count;

	while (at < end && h->places[at].key != key)
		at++;
	return at < end ? at : HABIT_PLACES;
}

unsigned habit_days(const struct habit *h, enum habit_kind kind, uint32_t key)
{
	size_t at = find_place(h, kind, key);

	if (at == HABIT_PLACES)
		return 0;
	const struct habit_place *p = &h->places[at];
	return p->last_day == h->last_day ? p->days - 1u : p->days;
}

bool habit_has(const struct habit *h, enum habit_kind kind, uint32_t key)
{
	return find_place(h, kind, key) < HABIT_PLACES;
}

/* Used on the fewest days, then not for longest. */
static struct habit_place *least_place(struct habit *h, enum habit_kind kind)
{
	struct habit_place *first = &h->places[rooms[kind].first], *least = first;

	for (size_t i = 0; i < rooms[kind].count; i++) {
		if (first[i].key == 0)
			return &first[i];
		if (first[i].days < least->days ||
			(first[i].days == least->days && first[i].last_day < least->last_day))
			least = &first[i];
	}
	return least;
}

void habit_use(struct habit *h, enum habit_kind kind, uint32_t key)
{
	size_t at = find_place(h, kind, key);

	if (at == HABIT_PLACES) {
		*least_place(h, kind) = (struct habit_place){key, h->last_day, h->last_day, 1};
		return;
	}
	struct habit_place *p = &h->places[at];
	if (p->last_day != h->last_day && p->days < UINT16_MAX)
		p->days++;
	p->last_day = h->last_day;
}

/* ---- texts ---- */

static size_t find_text(const struct habit *h, const struct body_sketch *sketch)
{
	size_t at = 0;

	while (at < h->text_count && !body_sketch_alike(&h->texts[at].sketch, sketch))
		at++;
	return at;
}

const struct habit_text *habit_find_text(const struct habit *h, const struct body_sketch *sketch)
{
	size_t at = find_text(h, sketch);

	return at < h->text_count ? &h->texts[at] : NULL;
}

void habit_use_text(struct habit *h, const struct body_sketch *sketch)
{
	size_t at = find_text(h, sketch), n = h->text_count;

	if (at < n) {
		h->texts[at].last_day = h->last_day;
		return;
	}
	if (n < HABIT_TEXTS) {
		if ((n & (n - 1)) == 0) /* 0, 1, 2, 4: the room was full */
			h->texts = memory_grow(h->texts, n == 0 ? 1 : n * 2, sizeof(*h->texts));
		h->text_count++;
	} else {
		at = 0;
		for (size_t i = 1; i < n; i++)
			if (h->texts[i].last_day < h->texts[at].last_day)
				at = i;
	}
	h->texts[at] = (struct habit_text){*sketch, h->last_day, h->last_day};
}

/* The next power of two; none for none. */
static size_t texts_room(size_t count)
{
	size_t room = 0;

	while (room < count)
		room = room == 0 ? 1 : room * 2;
	return room;
}

size_t habit_bytes(const struct habit *h)
{
	return known_set_bytes(&h->known) + texts_room(h->text_count) * sizeof(*h->texts);
}

static void code_shares(struct habit_share shares[TRAITS], struct codec *c)
{
	for (size_t i = 0; i < TRAITS; i++) {
		codec_u16(c, &shares[i].yes);
		codec_u16(c, &shares[i].all);
		if (shares[i].yes > shares[i].all)
			codec_fail(c);
	}
}

static void code_texts(struct habit *h, struct codec *c)
{
	uint32_t count = h->text_count;

	codec_count(c, &count, HABIT_TEXTS);
	if (c->reads) {
		h->text_count = (uint8_t)count;
		h->texts = count > 0 ? memory_new(texts_room(count), sizeof(*h->texts)) : NULL;
	}
	for (size_t i = 0; i < h->text_count; i++) {
		body_sketch_code(&h->texts[i].sketch, c);
		codec_u16(c, &h->texts[i].first_day);
		codec_u16(c, &h->texts[i].last_day);
	}
}

void habit_code(struct habit *h, struct codec *c)
{
	known_set_code(&h->known, c);
	for (size_t i = 0; i < HABIT_PLACES; i++) {
		codec_u32(c, &h->places[i].key);
		codec_u16(c, &h->places[i].first_day);
		codec_u16(c, &h->places[i].last_day);
		codec_u16(c, &h->places[i].days);
		if ((h->places[i].key != 0) != (h->places[i].days != 0))
			codec_fail(c);
	}
	code_shares(h->shares, c);
	code_shares(h->today, c);
	codec_f32(c, &h->filter_mean);
	codec_f32(c, &h->filter_weight);
	codec_f32(c, &h->today_filter);
	codec_f32(c, &h->today_filtered);
	for (size_t i = 0; i < HABIT_BUSY_DAYS; i++) {
		codec_u16(c, &h->busy[i].day);
		codec_u16(c, &h->busy[i].strangers);
	}
	code_texts(h, c);
	codec_u32(c, &h->messages);
	codec_u16(c, &h->active_days);
	codec_u16(c, &h->last_day);
	codec_u16(c, &h->today_strangers);
	codec_bool(c, &h->today_distrusted);
	codec_bytes(c, h->hours, sizeof(h->hours));
}
