#include "incidents/hindsight.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define TELL_STEP     1.0 /* bits more than was told, that are worth telling */
#define TELL_LEAST    2.0 /* bits */
#define TELL_DAILY    3.0 /* bits, from which each day is told of */
#define TELL_AGAIN_US (INT64_C(3600) * 1000000)
#define DAY_US        (INT64_C(24) * 3600 * 1000000)

/* What has to be known of each source beside the ledger. */
struct trail {
	uint64_t hash;
	struct source_key {
		enum source_kind kind;
		uint16_t len;
		char *name;
	} key;
	int64_t begun_us[EPISODES]; /* of the episode that is counted */
	struct hindsight_mail mail[EPISODES];
	struct hindsight_finding *outbreak; /* the latest; NULL: none */
	struct hindsight_finding *near;
	int64_t again_us; /* it would last have been contained again */
	int64_t told_us;
	unsigned kind; /* of episode, of the outbreak */
	struct trail *next;
};

struct hindsight {
	struct watch *watch;
	int64_t since_us;
	hindsight_tell *tell;
	void *context;
	struct trail **trails;
	size_t room, count; /* of trails; room is a power of two */
	struct hindsight_finding **findings;
	size_t finding_count, finding_room;
	const struct hindsight_finding **shown;
	struct hindsight_totals totals;
};

#define TRAILS_FIRST 1024

struct hindsight *hindsight_new(
	struct watch *watch, int64_t since_us, hindsight_tell *tell, void *context)
{
	struct hindsight *h = memory_new(1, sizeof(*h));

	h->watch = watch;
	h->since_us = since_us;
	h->tell = tell;
	h->context = context;
	h->room = TRAILS_FIRST;
	h->trails = memory_new(h->room, sizeof(struct trail *));
	return h;
}

static void finding_free(struct hindsight_finding *f)
{
	free(f->evidence);
	free(f);
}

void hindsight_free(struct hindsight *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->room; i++)
		for (struct trail *t = h->trails[i], *next; t != NULL; t = next) {
			next = t->next;
			free(t->key.name);
			free(t);
		}
	for (size_t i = 0; i < h->finding_count; i++)
		finding_free(h->findings[i]);
	free(h->trails);
	free(h->findings);
	free(h->shown);
	free(h);
}

static void grow_trails(struct hindsight *h)
{
	size_t room = h->room * 2;
	struct trail **trails = memory_new(room, sizeof(struct trail *));

	for (size_t i = 0; i < h->room; i++)
		for (struct trail *t = h->trails[i], *next; t != NULL; t = next) {
			next = t->next;
			t->next = trails[t->hash & (room - 1)];
			trails[t->hash & (room - 1)] = t;
		}
	free(h->trails);
	h->trails = trails;
	h->room = room;
}

static struct trail *trail_of(struct hindsight *h, const struct ledger_source *s)
{
	for (struct trail *t = h->trails[s->hash & (h->room - 1)]; t != NULL; t = t->next)
		if (t->hash == s->hash && t->key.kind == s->kind && t->key.len == s->name_len &&
			memcmp(t->key.name, s->name, s->name_len) == 0)
			return t;
	if (h->count >= h->room)
		grow_trails(h);

	struct trail *t = memory_new(1, sizeof(*t));
	t->hash = s->hash;
	t->key = (struct source_key){s->kind, s->name_len, memory_copy(s->name, s->name_len)};
	t->next = h->trails[s->hash & (h->room - 1)];
	h->trails[s->hash & (h->room - 1)] = t;
	h->count++;
	return t;
}

static struct hindsight_finding *add_finding(struct hindsight *h, const struct ledger_source *s)
{
	if (h->finding_count == HINDSIGHT_FINDINGS_MAX) {
		h->totals.not_kept++;
		return NULL;
	}
	if (h->finding_count == h->finding_room) {
		h->finding_room = h->finding_room > 0 ? 2 * h->finding_room : 64;
		h->findings = memory_grow(
			h->findings, h->finding_room, sizeof(struct hindsight_finding *));
	}
	struct hindsight_finding *f = memory_new(1, sizeof(*f));
	ledger_source_copy(s, &f->source);
	h->findings[h->finding_count++] = f;
	return f;
}

static void fill_finding(struct hindsight_finding *f, const struct trail *t, unsigned kind,
	const struct watch_result *r)
{
	struct evidence all[EPISODE_NOTES];
	const struct episode *e = r->sighting.episode;
	size_t n = conduct_evidence(e, all);

	f->begun_us = t->begun_us[kind];
	f->at_us = r->sighting.fact->at_us;
	f->last_us = e->last_us;
	f->score = r->score;
	f->threshold = r->threshold;
	f->before = t->mail[kind];
	free(f->evidence);
	f->evidence = memory_new(n > 0 ? n : 1, sizeof(*f->evidence));
	memcpy(f->evidence, all, n * sizeof(*all));
	f->evidence_count = n;
}

static void say(const struct hindsight *h, enum hindsight_word word, const struct watch_result *r,
	const struct hindsight_finding *f)
{
	if (h->tell != NULL && r->sighting.fact->at_us >= h->since_us)
		h->tell(h->context, word, r, f);
}

/* Counts a message, for the outbreak that it belongs to as well. */
static void count_mail(
	struct hindsight *h, struct trail *t, unsigned kind, const struct watch_result *r)
{
	const struct fact *fact = r->sighting.fact;
	const struct episode *e = r->sighting.episode;
	uint64_t recipients = fact->recipient_total > 0 ? fact->recipient_total : 1;
	struct hindsight_finding *f = t->outbreak;

	if (t->begun_us[kind] != e->begun_us) {
		t->begun_us[kind] = e->begun_us;
		t->mail[kind] = (struct hindsight_mail){0};
	}
	t->mail[kind].messages++;
	t->mail[kind].recipients += recipients;
	h->totals.mail.messages++;
	h->totals.mail.recipients += recipients;
	if (f == NULL || fact->at_us - t->again_us > HINDSIGHT_OUTBREAK_US)
		return;
	struct hindsight_mail *m = kind == t->kind ? &f->after : &f->beside;
	m->messages++;
	m->recipients += recipients;
	if (kind == t->kind)
		f->last_us = fact->at_us;
}

static void contain(
	struct hindsight *h, struct trail *t, unsigned kind, const struct watch_result *r)
{
	const struct sighting *s = &r->sighting;
	bool is_new = t->outbreak == NULL || s->fact->at_us - t->again_us > HINDSIGHT_OUTBREAK_US;
	struct hindsight_finding *f;

	t->again_us = s->fact->at_us;
	if (!is_new) {
		if (t->outbreak != NULL && s->fact->at_us - t->told_us > TELL_AGAIN_US) {
			t->told_us = s->fact->at_us;
			say(h, HINDSIGHT_CONTAIN, r, t->outbreak);
		}
		return;
	}
	t->told_us = s->fact->at_us;
	f = t->near != NULL ? t->near : add_finding(h, s->source);
	t->near = NULL;
	if (f != NULL) {
		fill_finding(f, t, kind, r);
		f->is_contained = true;
		say(h, HINDSIGHT_CONTAIN, r, f);
	}
	t->outbreak = f;
	t->kind = kind;
	ledger_mark_bad(watch_ledger(h->watch), s->source, s->episode, s->fact->at_us);
}

/* A source is remembered for the moment in which it came nearest. */
static void suspect(
	struct hindsight *h, struct trail *t, unsigned kind, const struct watch_result *r)
{
	bool is_same = t->near != NULL && t->near->begun_us == t->begun_us[kind];

	if (t->outbreak != NULL && r->sighting.fact->at_us - t->again_us <= HINDSIGHT_OUTBREAK_US)
		return;
	if (t->near == NULL)
		t->near = add_finding(h, r->sighting.source);
	else if (r->score - r->threshold <= t->near->score - t->near->threshold)
		return;
	if (t->near == NULL)
		return;
	fill_finding(t->near, t, kind, r);
	if (!is_same)
		say(h, HINDSIGHT_SUSPECT, r, t->near);
}

static void tell_score(struct hindsight *h, const struct watch_result *r)
{
	struct episode *e = r->sighting.episode;
	uint16_t day = (uint16_t)(r->sighting.fact->at_us / DAY_US);

	if (!r->is_telling || !(r->score > (double)e->score_told + TELL_STEP ||
				      (r->score > TELL_DAILY && e->told_day != day)))
		return;
	e->told_day = day;
	e->score_told = (float)r->score;
	if (r->score > TELL_LEAST)
		say(h, HINDSIGHT_SCORE, r, NULL);
}

void hindsight_take(struct hindsight *h, const struct fact *fact)
{
	struct watch_result r;

	h->totals.facts++;
	if (h->totals.first_us == 0 || fact->at_us < h->totals.first_us)
		h->totals.first_us = fact->at_us;
	if (fact->at_us > h->totals.last_us)
		h->totals.last_us = fact->at_us;
	if (!watch_take(h->watch, fact, &r))
		return;

	struct trail *t = trail_of(h, r.sighting.source);
	unsigned kind = r.sighting.episode == r.sighting.source->episodes[EPISODE_UNFAMILIAR]
				? EPISODE_UNFAMILIAR
				: EPISODE_FAMILIAR;
	if (r.sighting.kind == SIGHTING_MESSAGE)
		count_mail(h, t, kind, &r);
	tell_score(h, &r);
	if (r.verdict == VERDICT_CONTAIN)
		contain(h, t, kind, &r);
	else if (r.verdict == VERDICT_SUSPECT)
		suspect(h, t, kind, &r);
}

static bool is_shown(const struct hindsight *h, const struct hindsight_finding *f)
{
	return f->last_us >= h->since_us || f->at_us >= h->since_us;
}

struct hindsight_totals hindsight_totals(const struct hindsight *h)
{
	struct hindsight_totals t = h->totals;

	t.sources = ledger_count(watch_ledger(h->watch));
	for (size_t i = 0; i < h->finding_count; i++)
		if (is_shown(h, h->findings[i]))
			*(h->findings[i]->is_contained ? &t.contained : &t.near) += 1;
	return t;
}

static int by_place(const void *a, const void *b)
{
	const struct hindsight_finding *x = *(const struct hindsight_finding *const *)a;
	const struct hindsight_finding *y = *(const struct hindsight_finding *const *)b;
	double near_x = x->score - x->threshold, near_y = y->score - y->threshold;

	if (x->is_contained != y->is_contained)
		return x->is_contained ? -1 : 1;
	if (!x->is_contained && near_x != near_y)
		return near_x > near_y ? -1 : 1;
	return x->at_us < y->at_us ? -1 : x->at_us > y->at_us;
}

const struct hindsight_finding *const *hindsight_findings(struct hindsight *h, size_t *ret_count)
{
	size_t n = 0;

	free(h->shown);
	h->shown = memory_new(h->finding_count + 1, sizeof(struct hindsight_finding *));
	for (size_t i = 0; i < h->finding_count; i++)
		if (is_shown(h, h->findings[i]))
			h->shown[n++] = h->findings[i];
	qsort(h->shown, n, sizeof(struct hindsight_finding *), by_place);
	*ret_count = n;
	return h->shown;
}
