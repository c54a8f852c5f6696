#include "programs/daemon/answers.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOW_TEXT "Too much mail at once: it will be taken later"

/* Places of a table that is at most half full, found by the source's hash. */
struct place {
	struct source *source; /* NULL: free */
	enum answer_kind kind; /* ANSWER_PASS: it was of another kind once */
};

struct answers {
	char *text;
	struct place *places;
	size_t room, used;
};

const char *answer_kind_name(enum answer_kind kind)
{
	static const char *const names[ANSWER_KINDS] = {"pass", "slow", "refuse"};

	return names[kind];
}

struct answers *answers_new(const char *text)
{
	struct answers *a = memory_new(1, sizeof(*a));

	a->text = memory_copy(text, strlen(text));
	return a;
}

static void free_places(struct answers *a)
{
	for (size_t i = 0; i < a->room; i++)
		free(a->places[i].source);
	free(a->places);
}

void answers_free(struct answers *a)
{
	if (a == NULL)
		return;
	free_places(a);
	free(a->text);
	free(a);
}

/* Its place, or the free one where it would be; there always is one. */
static struct place *place_of(struct place *places, size_t room, const struct source *source)
{
	size_t at = (size_t)source_hash(source) & (room - 1);

	while (places[at].source != NULL && !source_equal(places[at].source, source))
		at = (at + 1) & (room - 1);
	return &places[at];
}

/* Those that pass again are left out. */
static void make_room(struct answers *a)
{
	size_t kept = 0, room = 64;

	for (size_t i = 0; i < a->room; i++)
		kept += a->places[i].source != NULL && a->places[i].kind != ANSWER_PASS;
	while (room < (kept + 1) * 4)
		room *= 2;
	struct place *places = memory_new(room, sizeof(*places));
	for (size_t i = 0; i < a->room; i++) {
		struct place *old = &a->places[i];

		if (old->source == NULL || old->kind == ANSWER_PASS)
			continue;
		*place_of(places, room, old->source) = *old;
		old->source = NULL;
	}
	free_places(a);
	a->places = places;
	a->room = room;
	a->used = kept;
}

void answers_set(struct answers *a, const struct source *source, enum answer_kind kind)
{
	struct place *place =
		a->room > 0 ? place_of(a->places, a->room, source) : &(struct place){0};

	if (place->source != NULL) {
		place->kind = kind;
		return;
	}
	if (kind == ANSWER_PASS)
		return;
	if ((a->used + 1) * 2 > a->room)
		make_room(a);
	if (a->used == ANSWERS_MOST)
		return;
	place = place_of(a->places, a->room, source);
	place->source = memory_new(1, sizeof(*source));
	*place->source = *source;
	place->kind = kind;
	a->used++;
}

enum answer_kind answers_find(const struct answers *a, const struct source *source)
{
	if (a->used == 0)
		return ANSWER_PASS;
	const struct place *place = place_of(a->places, a->room, source);
	return place->source != NULL ? place->kind : ANSWER_PASS;
}

void answers_write(const struct answers *a, enum answer_kind kind, char *at, size_t size)
{
	const char *text = kind == ANSWER_REFUSE ? a->text : SLOW_TEXT;

	if (kind == ANSWER_PASS)
		(void)snprintf(at, size, "pass");
	else
		(void)snprintf(at, size, "%s %s", answer_kind_name(kind), text);
}
