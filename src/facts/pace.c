#include "facts/pace.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_US INT64_C(60000000)
#define NONE      UINT16_MAX

/* A place of the table; its own number is the index. */
struct paced {
	uint64_t source;
	uint32_t first, latest; /* minutes since 1970, of what was counted */
	uint32_t lost;          /* as the table's, when it came into it */
	uint16_t counts[PACE_MINUTES];
	uint16_t chain, older, newer;
};

struct pace {
	size_t room, count;
	uint32_t lost; /* up to this minute, what was counted of some source is gone; 0: nothing */
	uint16_t oldest, newest;
	uint16_t heads[PACE_SOURCES]; /* of the chains */
	struct paced *at;
};
_Static_assert(PACE_SOURCES < NONE, "numbers of places fit");

static uint32_t minute_of(int64_t at_us)
{
	int64_t minute = at_us / MINUTE_US;

	return minute > 0 && minute < UINT32_MAX ? (uint32_t)minute : 0;
}

struct pace *pace_new(size_t sources_max)
{
	struct pace *p = memory_new(1, sizeof(*p));

	p->room = sources_max < PACE_SOURCES ? sources_max : PACE_SOURCES;
	p->oldest = p->newest = NONE;
	memset(p->heads, 0xff, sizeof(p->heads));
	p->at = memory_new(p->room + 1, sizeof(*p->at));
	return p;
}

void pace_free(struct pace *p)
{
	if (p == NULL)
		return;
	free(p->at);
	free(p);
}

/* ---- places ---- */

static uint16_t *head_of(struct pace *p, uint64_t source)
{
	return &p->heads[(source >> 16) % PACE_SOURCES];
}

static uint16_t find(const struct pace *p, uint64_t source)
{
	uint16_t i = p->heads[(source >> 16) % PACE_SOURCES];

	while (i != NONE && p->at[i].source != source)
		i = p->at[i].chain;
	return i;
}

static void unlink_use(struct pace *p, uint16_t i)
{
	struct paced *s = &p->at[i];

	*(s->older != NONE ? &p->at[s->older].newer : &p->oldest) = s->newer;
	*(s->newer != NONE ? &p->at[s->newer].older : &p->newest) = s->older;
}

static void link_newest(struct pace *p, uint16_t i)
{
	p->at[i].older = p->newest;
	p->at[i].newer = NONE;
	*(p->newest != NONE ? &p->at[p->newest].newer : &p->oldest) = i;
	p->newest = i;
}

/* Gives up the place of the one not used for longest, and says which it was. */
static uint16_t make_room(struct pace *p)
{
	uint16_t i = p->oldest;
	uint16_t *at = head_of(p, p->at[i].source);

	while (*at != i)
		at = &p->at[*at].chain;
	*at = p->at[i].chain;
	unlink_use(p, i);
	if (p->at[i].latest > p->lost)
		p->lost = p->at[i].latest;
	return i;
}

static uint16_t add_source(struct pace *p, uint64_t source, uint32_t minute)
{
	uint16_t i = p->count < p->room ? (uint16_t)p->count++ : make_room(p);
	uint16_t *head = head_of(p, source);

	p->at[i] = (struct paced){.source = source,
		.first = minute,
		.latest = minute,
		.lost = p->lost,
		.chain = *head};
	*head = i;
	link_newest(p, i);
	return i;
}

/* ---- counts ---- */

static void turn_to(struct paced *s, uint32_t minute)
{
	if (minute - s->latest >= PACE_MINUTES)
		memset(s->counts, 0, sizeof(s->counts));
	else
		for (uint32_t m = s->latest + 1; m <= minute; m++)
			s->counts[m % PACE_MINUTES] = 0;
	s->latest = minute;
}

void pace_add(struct pace *p, uint64_t source, int64_t at_us, uint64_t recipients)
{
	uint32_t minute = minute_of(at_us);
	uint16_t i = find(p, source);

	if (p->room == 0 || minute == 0)
		return;
	if (i == NONE) {
		i = add_source(p, source, minute);
	} else {
		unlink_use(p, i);
		link_newest(p, i);
	}
	struct paced *s = &p->at[i];
	if (minute > s->latest)
		turn_to(s, minute);
	else if (s->latest - minute >= PACE_MINUTES)
		return;
	if (minute < s->first)
		s->first = minute;
	uint16_t *count = &s->counts[minute % PACE_MINUTES];
	*count = (uint16_t)(recipients < (uint64_t)(PACE_MOST - *count) ? *count + recipients
									: PACE_MOST);
}

static uint16_t count_at(const struct pace *p, const struct paced *s, uint32_t minute)
{
	if (s == NULL || minute < s->first)
		return minute <= (s != NULL ? s->lost : p->lost) ? PACE_UNKNOWN : 0;
	if (minute > s->latest || s->latest - minute >= PACE_MINUTES)
		return 0;
	return s->counts[minute % PACE_MINUTES];
}

void pace_read(const struct pace *p, uint64_t source, int64_t now_us, uint16_t ret[PACE_MINUTES])
{
	uint32_t now = minute_of(now_us);
	uint16_t i = find(p, source);
	const struct paced *s = i != NONE ? &p->at[i] : NULL;

	for (uint32_t k = 0; k < PACE_MINUTES; k++) {
		uint32_t back = PACE_MINUTES - 1 - k;

		ret[k] = now > back ? count_at(p, s, now - back) : 0;
	}
}

/* ---- to and from bytes ---- */

static void code_source(struct paced *s, struct codec *c)
{
	codec_u64(c, &s->source);
	codec_u32(c, &s->first);
	codec_u32(c, &s->latest);
	codec_u32(c, &s->lost);
	for (size_t i = 0; i < PACE_MINUTES; i++)
		codec_u16(c, &s->counts[i]);
	if (s->first == 0 || s->first > s->latest)
		codec_fail(c);
	for (size_t i = 0; i < PACE_MINUTES; i++)
		if (s->counts[i] > PACE_MOST)
			codec_fail(c);
}

static void read_source(struct pace *p, struct codec *c)
{
	struct paced s = {0};

	code_source(&s, c);
	if (c->failed || find(p, s.source) != NONE) {
		codec_fail(c);
		return;
	}
	struct paced *at = &p->at[add_source(p, s.source, s.first)];
	at->latest = s.latest;
	at->lost = s.lost;
	memcpy(at->counts, s.counts, sizeof(s.counts));
}

void pace_code(struct pace *p, struct codec *c)
{
	uint32_t count = (uint32_t)p->count;

	codec_u32(c, &p->lost);
	codec_count(c, &count, (uint32_t)p->room);
	if (c->reads) {
		for (uint32_t i = 0; i < count && !c->failed; i++)
			read_source(p, c);
		return;
	}
	for (uint16_t i = p->oldest; i != NONE; i = p->at[i].newer)
		code_source(&p->at[i], c);
}

size_t pace_bytes(const struct pace *p)
{
	return sizeof(*p) + (p->room + 1) * sizeof(*p->at);
}
