#include "programs/daemon/turned_away.h"

#include "base/memory.h"

#include <stdlib.h>

struct entry {
	struct source source;
	uint64_t hash;
	bool was_in_journal, is_in_journal;
	struct entry *next;
};

struct turned_away {
	struct turned_away_calls calls;
	struct entry *entries;
};

struct turned_away *turned_away_new(const struct turned_away_calls *calls)
{
	struct turned_away *t = memory_new(1, sizeof(*t));

	t->calls = *calls;
	return t;
}

void turned_away_free(struct turned_away *t)
{
	if (t == NULL)
		return;
	for (struct entry *e = t->entries, *next; e != NULL; e = next) {
		next = e->next;
		free(e);
	}
	free(t);
}

static struct entry *find(const struct turned_away *t, const struct source *source)
{
	uint64_t hash = source_hash(source);
	struct entry *e = t->entries;

	while (e != NULL && (e->hash != hash || !source_equal(&e->source, source)))
		e = e->next;
	return e;
}

bool turned_away_has(const struct turned_away *t, const struct source *source)
{
	return find(t, source) != NULL;
}

static struct entry *add(struct turned_away *t, const struct source *source)
{
	struct entry *e = find(t, source);

	if (e != NULL)
		return e;
	e = memory_new(1, sizeof(*e));
	*e = (struct entry){.source = *source, .hash = source_hash(source), .next = t->entries};
	t->entries = e;
	t->calls.say(t->calls.context, source, true);
	return e;
}

void turned_away_add(struct turned_away *t, const struct source *source)
{
	(void)add(t, source);
}

void turned_away_begin(struct turned_away *t)
{
	for (struct entry *e = t->entries; e != NULL; e = e->next)
		e->is_in_journal = false;
}

void turned_away_stands(void *turned_away, const struct source *source)
{
	struct entry *e = add(turned_away, source);

	e->was_in_journal = e->is_in_journal = true;
}

void turned_away_end(struct turned_away *t)
{
	for (struct entry **at = &t->entries, *e; (e = *at) != NULL;) {
		bool stays = e->is_in_journal ||
			     (!e->was_in_journal && t->calls.needed(t->calls.context, &e->source));

		if (stays) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		t->calls.say(t->calls.context, &e->source, false);
		free(e);
	}
}
