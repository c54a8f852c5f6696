#include "programs/daemon/telling.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "programs/daemon/talk.h"
#include "programs/daemon/verdict_text.h"

#include <stdlib.h>

#define SECOND_US INT64_C(1000000)
#define AGAIN_US  (2 * SECOND_US) /* of one source, while its score rises */
#define ACTIVE_US (INT64_C(86400) * SECOND_US)
#define TOLD      1024
#define HELD_MOST 10000 /* sources that are contained at a time */

/* A source that the hand has contained. */
struct held {
	uint64_t hash;
	int64_t told_us;
};

/* What was told of a source lately. */
struct told {
	uint64_t hash;
	int64_t at_us;
	float score;
};

struct telling {
	struct held *held;
	size_t held_count;
	struct told told[TOLD];
};

struct telling *telling_new(void)
{
	return memory_new(1, sizeof(struct telling));
}

void telling_free(struct telling *t)
{
	if (t == NULL)
		return;
	free(t->held);
	free(t);
}

static struct held *find_held(struct telling *t, uint64_t hash)
{
	for (size_t i = 0; i < t->held_count; i++)
		if (t->held[i].hash == hash)
			return &t->held[i];
	return NULL;
}

void telling_hold_on(struct telling *t, const struct ledger_source *s)
{
	if (find_held(t, s->hash) != NULL || t->held_count == HELD_MOST)
		return;
	t->held = memory_grow(t->held, t->held_count + 1, sizeof(*t->held));
	t->held[t->held_count++] = (struct held){.hash = s->hash};
}

void telling_let_go(struct telling *t, const struct ledger_source *s)
{
	struct held *h = find_held(t, s->hash);

	if (h != NULL)
		*h = t->held[--t->held_count];
}

void telling_mail(
	struct telling *t, struct talk *talk, const struct ledger_source *s, int64_t now_us)
{
	struct held *h = find_held(t, s->hash);
	struct source source;

	if (h == NULL || now_us - h->told_us < SECOND_US)
		return;
	h->told_us = now_us;
	ledger_source_copy(s, &source);
	json_t *o = json_object();
	json_put(o, "say", json_string("mail"));
	json_put(o, "source", verdict_write_source(&source));
	(void)talk_say(talk, o);
}

/* Whether it is worth telling: a source's verdict is new, or has grown. */
static bool is_news(struct telling *t, const struct watch_result *r, int64_t now_us)
{
	struct told *told = &t->told[r->sighting.source->hash % TOLD];

	if (told->hash == r->sighting.source->hash && now_us - told->at_us < AGAIN_US &&
		r->score < (double)told->score + 1)
		return false;
	*told = (struct told){r->sighting.source->hash, now_us, (float)r->score};
	return true;
}

void telling_verdict(struct telling *t, struct talk *talk, struct ledger *l,
	const struct watch_result *r, int64_t now_us)
{
	if (is_news(t, r, now_us))
		(void)talk_say(talk,
			verdict_write(r, ledger_active(l, r->sighting.fact->at_us - ACTIVE_US)));
}
