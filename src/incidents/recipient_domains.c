#include "incidents/recipient_domains.h"

#include "base/memory.h"
#include "base/sketch.h"

#include <stdlib.h>
#include <string.h>

#define ROOM ((size_t)2 * RECIPIENT_DOMAINS_COUNTED) /* a power of two, half empty at least */

/* What was held, for however short a time. */
#define WAS_HELD                                                                                   \
	(1U << MESSAGE_HELD | 1U << MESSAGE_RESTORING | 1U << MESSAGE_RESTORED |                   \
		1U << MESSAGE_PURGING | 1U << MESSAGE_PURGED | 1U << MESSAGE_RELEASED |            \
		1U << MESSAGE_GONE)

struct counted {
	char *name; /* NULL: a free place */
	uint64_t recipients;
};

struct table {
	struct counted *places;
	size_t count;
	uint64_t messages, uncounted;
};

static void table_clear(struct table *t)
{
	for (size_t i = 0; i < ROOM; i++)
		free(t->places[i].name);
	free(t->places);
}

/* NULL: it is a new one, and there is no room. */
static struct counted *place_of(struct table *t, const char *name)
{
	size_t i = hash_bytes(name, strlen(name)) & (ROOM - 1);

	while (t->places[i].name != NULL && strcmp(t->places[i].name, name) != 0)
		i = (i + 1) & (ROOM - 1);
	if (t->places[i].name != NULL)
		return &t->places[i];
	if (t->count == RECIPIENT_DOMAINS_COUNTED)
		return NULL;
	t->count++;
	t->places[i].name = memory_copy(name, strlen(name));
	return &t->places[i];
}

/* false: the address has none that could be shown whole. */
static bool domain_of(struct slice address, char at[RECIPIENT_DOMAIN_MAX + 1])
{
	size_t sign = slice_find_last(address, '@');
	struct slice domain = slice_after(address, sign + 1);

	if (sign >= address.len || domain.len == 0 || domain.len > RECIPIENT_DOMAIN_MAX ||
		memchr(domain.at, '\0', domain.len) != NULL)
		return false;
	for (size_t i = 0; i < domain.len; i++)
		at[i] = slice_lower(domain.at[i]);
	at[domain.len] = '\0';
	return true;
}

static bool count(struct table *t, struct slice address)
{
	char name[RECIPIENT_DOMAIN_MAX + 1];
	struct counted *place = domain_of(address, name) ? place_of(t, name) : NULL;

	if (place != NULL)
		place->recipients++;
	return place != NULL;
}

static bool add_message(void *context, const struct journal_message *m)
{
	struct table *t = context;
	struct slice rest = m->recipients;
	uint64_t counted = 0;

	t->messages++;
	while (rest.len > 0) {
		size_t n = slice_find(rest, '\n');

		counted += count(t, slice_first(rest, n));
		rest = slice_after(rest, n + 1);
	}
	if (m->recipient_count > counted)
		t->uncounted += m->recipient_count - counted;
	return t->messages < RECIPIENT_DOMAINS_MESSAGES;
}

static int by_recipients(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->recipients != y->recipients)
		return x->recipients > y->recipients ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* To the front; the table cannot be asked any more. */
static void gather(struct table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < ROOM; i++)
		if (t->places[i].name != NULL) {
			struct counted one = t->places[i];

			t->places[i] = (struct counted){0};
			t->places[n++] = one;
		}
}

static void take_largest(struct table *t, struct recipient_domains *ret)
{
	size_t shown = t->count < RECIPIENT_DOMAINS_SHOWN ? t->count : RECIPIENT_DOMAINS_SHOWN;

	gather(t);
	qsort(t->places, t->count, sizeof(*t->places), by_recipients);
	*ret = (struct recipient_domains){.count = shown,
		.left_out = t->count - shown,
		.messages = t->messages,
		.uncounted = t->uncounted};
	for (size_t i = 0; i < shown; i++) {
		ret->at[i].recipients = t->places[i].recipients;
		memcpy(ret->at[i].name, t->places[i].name, strlen(t->places[i].name) + 1);
	}
}

int recipient_domains_read(struct journal *j, const int64_t *holds, size_t hold_count,
	struct recipient_domains *ret, struct problem *problem)
{
	struct table t = {0};
	int err = 0;

	if (hold_count == 0) {
		*ret = (struct recipient_domains){0};
		return 0;
	}
	t.places = memory_new(ROOM, sizeof(*t.places));
	for (size_t i = 0; i < hold_count && err == 0; i++) {
		const struct journal_choice choice = {.hold = holds[i], .states = WAS_HELD};

		if (t.messages < RECIPIENT_DOMAINS_MESSAGES)
			err = journal_each_message(j, &choice, add_message, &t, problem);
	}
	if (err == 0)
		take_largest(&t, ret);
	table_clear(&t);
	return err;
}
