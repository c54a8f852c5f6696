#include "detectors/domain_table.h"

#include "base/memory.h"
#include "base/sketch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PLACES ((size_t)2 * DOMAIN_TABLE_MAX)

struct entry {
	char *name; /* NULL: free place */
	uint64_t messages;
	enum hosted hosted;
};

struct domain_table {
	size_t count;
	struct entry places[PLACES];
};

struct domain_table *domain_table_new(void)
{
	return memory_new(1, sizeof(struct domain_table));
}

void domain_table_free(struct domain_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < PLACES; i++)
		free(t->places[i].name);
	free(t);
}

/* The place of that name, or the free one where it would stand. The table is never full. */
static size_t place_of(const struct domain_table *t, const char *name)
{
	size_t at = hash_bytes(name, strlen(name)) % PLACES;

	while (t->places[at].name != NULL && strcmp(t->places[at].name, name) != 0)
		at = (at + 1) % PLACES;
	return at;
}

void domain_table_add(struct domain_table *t, const char *name, uint64_t messages)
{
	if (name[0] == '\0')
		return;
	struct entry *e = &t->places[place_of(t, name)];
	if (e->name == NULL) {
		if (t->count == DOMAIN_TABLE_MAX)
			return;
		t->count++;
		e->name = memory_copy(name, strlen(name));
	}
	e->messages += messages;
}

static int by_messages(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a;
	const struct entry *y = *(const struct entry *const *)b;

	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return strcmp(x->name, y->name);
}

size_t domain_table_unknown(const struct domain_table *t, const char **ret_names, size_t most)
{
	const struct entry **all = memory_new(t->count, sizeof(struct entry *));
	size_t n = 0;

	for (size_t i = 0; i < PLACES; i++)
		if (t->places[i].name != NULL && t->places[i].hosted == HOSTED_UNKNOWN)
			all[n++] = &t->places[i];
	qsort(all, n, sizeof(struct entry *), by_messages);
	n = n < most ? n : most;
	for (size_t i = 0; i < n; i++)
		ret_names[i] = all[i]->name;
	free(all);
	return n;
}

void domain_table_answer(struct domain_table *t, const char *name, enum hosted hosted)
{
	struct entry *e = &t->places[place_of(t, name)];

	if (e->name != NULL)
		e->hosted = hosted;
}

enum hosted domain_table_hosted(const struct domain_table *t, const char *name)
{
	if (t == NULL)
		return HOSTED_UNKNOWN;
	const struct entry *e = &t->places[place_of(t, name)];
	return e->name != NULL ? e->hosted : HOSTED_UNKNOWN;
}
