#include "programs/daemon/limits.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_OF_TIME 32
#define SLOTS         (PARTS_OF_TIME + 1) /* that a whole time reaches into */
#define ROOM_FIRST    256
#define SHOWN_MAX     120

/* What one source has offered. It is known by its hash: that two of so many share one, and with it
 * their room, has a chance of one in 10^10. */
struct window {
	uint64_t hash;
	int64_t slot; /* the latest that was begun */
	uint32_t most, total;
	bool is_told; /* that it was reached */
	uint32_t counts[SLOTS];
};

struct rule {
	struct source source;
	uint64_t hash;
	uint32_t most;
};

struct limits {
	uint32_t most;
	int64_t time_s;
	struct rule *rules;
	size_t rule_count;
	struct window **places; /* at most half full, found by the source's hash */
	size_t room, used;
};

/* ---- what the settings say ---- */

static bool is_limited(const struct source *source)
{
	return source->kind == SOURCE_MAILBOX || source->kind == SOURCE_LOGIN ||
	       source->kind == SOURCE_SCRIPT;
}

/* "SOURCE NUMBER". What is wrong with it; NULL: nothing. */
static const char *read_rule(struct slice written, struct rule *ret)
{
	size_t blank = slice_find_last(written, ' ');
	uint64_t most;

	if (blank == written.len ||
		units_read_count(slice_after(written, blank + 1), LIMITS_RECIPIENTS_MOST, &most) <
			0 ||
		source_parse(slice_trim(slice_first(written, blank)), &ret->source) < 0)
		return "is no source and number such as \"mailbox:news@shop.test 5000\", 0 for no "
		       "limit";
	if (!is_limited(&ret->source))
		return "is of a kind that has no limit: only mailbox, login and script have one";
	ret->hash = source_hash(&ret->source);
	ret->most = (uint32_t)most;
	return NULL;
}

static const struct rule *find_rule(const struct limits *l, const struct source *source)
{
	uint64_t hash = l->rule_count > 0 ? source_hash(source) : 0;

	for (size_t i = 0; i < l->rule_count; i++)
		if (l->rules[i].hash == hash && source_equal(&l->rules[i].source, source))
			return &l->rules[i];
	return NULL;
}

/* Adds it, or says what is wrong with it. */
static const char *add_rule(struct limits *l, const char *written)
{
	struct rule rule;
	const char *fault = read_rule(slice_of(written), &rule);

	if (fault != NULL)
		return fault;
	if (find_rule(l, &rule.source) != NULL)
		return "is of a source that has an entry already";
	l->rules = memory_grow(l->rules, l->rule_count + 1, sizeof(*l->rules));
	l->rules[l->rule_count++] = rule;
	return NULL;
}

int limits_check(const struct limits_settings *settings, size_t *ret_entry, struct problem *problem)
{
	AUTO(limits) l = memory_new(1, sizeof(*l));
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < settings->sources.count; i++) {
		const char *written = settings->sources.at[i], *fault = add_rule(l, written);

		if (fault == NULL)
			continue;
		*ret_entry = i;
		(void)printable_text(slice_of(written), shown, sizeof(shown));
		return problem_set(problem, -EINVAL, "limits.sources: \"%s\" %s", shown, fault);
	}
	return 0;
}

struct limits *limits_new(const struct limits_settings *settings)
{
	struct limits *l = memory_new(1, sizeof(*l));

	l->most = settings->recipients < LIMITS_RECIPIENTS_MOST ? (uint32_t)settings->recipients
								: LIMITS_RECIPIENTS_MOST;
	l->time_s = settings->time;
	for (size_t i = 0; i < settings->sources.count; i++)
		(void)add_rule(l, settings->sources.at[i]);
	return l;
}

void limits_free(struct limits *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->room; i++)
		free(l->places[i]);
	free(l->places);
	free(l->rules);
	free(l);
}

uint64_t limits_most(const struct limits *l, const struct source *source)
{
	const struct rule *rule = find_rule(l, source);

	if (!is_limited(source))
		return 0;
	return rule != NULL ? rule->most : l->most;
}

/* ---- the windows ---- */

static int64_t slot_at(const struct limits *l, int64_t now_ms)
{
	return now_ms * PARTS_OF_TIME / (l->time_s * 1000);
}

/* Forgets what is as long ago as the time. */
static void advance(struct window *w, int64_t slot)
{
	if (slot - w->slot >= SLOTS) {
		memset(w->counts, 0, sizeof(w->counts));
		w->total = 0;
	} else {
		for (int64_t i = w->slot + 1; i <= slot; i++) {
			w->total -= w->counts[i % SLOTS];
			w->counts[i % SLOTS] = 0;
		}
	}
	w->slot = slot > w->slot ? slot : w->slot;
	if (w->total <= w->most / 2)
		w->is_told = false;
}

/* Its place, or the free one where it would be; there always is one. */
static struct window **place_of(struct window **places, size_t room, uint64_t hash)
{
	size_t at = (size_t)hash & (room - 1);

	while (places[at] != NULL && places[at]->hash != hash)
		at = (at + 1) & (room - 1);
	return &places[at];
}

static int loudest_first(const void *a, const void *b)
{
	const struct window *const *one = a, *const *other = b;

	return ((*one)->total < (*other)->total) - ((*one)->total > (*other)->total);
}

/* Takes all windows out of the table that still count something, and frees the others. */
static size_t take_out(struct limits *l, int64_t slot, struct window **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < l->room; i++) {
		struct window *w = l->places[i];

		if (w == NULL)
			continue;
		advance(w, slot);
		if (w->total > 0)
			ret[n++] = w;
		else
			free(w);
	}
	return n;
}

/* Without those that count nothing any more; of too many, without the quietest quarter. */
static void make_room(struct limits *l, int64_t slot)
{
	struct window **kept = memory_new(l->used + 1, sizeof(struct window *));
	size_t count = take_out(l, slot, kept), most = LIMITS_SOURCES_MOST / 4 * 3;
	size_t room = ROOM_FIRST;

	if (count > most) {
		qsort(kept, count, sizeof(struct window *), loudest_first);
		while (count > most)
			free(kept[--count]);
	}
	while (room < (count + 1) * 4 && room < (size_t)LIMITS_SOURCES_MOST * 2)
		room *= 2;
	free(l->places);
	l->places = memory_new(room, sizeof(struct window *));
	l->room = room;
	l->used = count;
	for (size_t i = 0; i < count; i++)
		*place_of(l->places, room, kept[i]->hash) = kept[i];
	free(kept);
}

static struct window *window_of(
	struct limits *l, const struct source *source, uint32_t most, int64_t slot)
{
	uint64_t hash = source_hash(source);
	struct window **place = l->room > 0 ? place_of(l->places, l->room, hash) : NULL;

	if (place != NULL && *place != NULL)
		return *place;
	if (l->used * 2 >= l->room || l->used == LIMITS_SOURCES_MOST)
		make_room(l, slot);
	place = place_of(l->places, l->room, hash);
	*place = memory_new(1, sizeof(**place));
	(*place)->hash = hash;
	(*place)->slot = slot;
	(*place)->most = most;
	l->used++;
	return *place;
}

enum limits_room limits_take(
	struct limits *l, const struct source *source, uint64_t recipients, int64_t now_ms)
{
	uint64_t most = limits_most(l, source);
	int64_t slot = slot_at(l, now_ms);

	if (most == 0 || recipients == 0)
		return LIMITS_ROOM;
	struct window *w = window_of(l, source, (uint32_t)most, slot);
	advance(w, slot);
	if (recipients > most - w->total) {
		bool was_told = w->is_told;

		w->is_told = true;
		return was_told ? LIMITS_FULL : LIMITS_REACHED;
	}
	w->counts[w->slot % SLOTS] += (uint32_t)recipients;
	w->total += (uint32_t)recipients;
	return LIMITS_ROOM;
}

size_t limits_reached(struct limits *l, int64_t now_ms)
{
	int64_t slot = slot_at(l, now_ms);
	size_t n = 0;

	for (size_t i = 0; i < l->room; i++) {
		struct window *w = l->places[i];

		if (w == NULL || w->total < w->most)
			continue;
		advance(w, slot);
		n += w->total >= w->most;
	}
	return n;
}

void limits_write(const struct limits *l, const struct source *source, char *at, size_t size)
{
	char time[UNITS_TEXT], count[UNITS_TEXT];
	uint64_t most = limits_most(l, source);

	(void)snprintf(at, size,
		"slow The limit of %s recipient%s within %s is reached: it will be taken later",
		units_count_text(most, count), most == 1 ? "" : "s",
		units_age_written(l->time_s, time));
}
