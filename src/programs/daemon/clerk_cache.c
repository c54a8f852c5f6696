#include "programs/daemon/clerk_cache.h"

#include "base/memory.h"
#include "base/secret.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(CLERK_CACHE_KEY == crypto_generichash_BYTES, "the digest's own length");

struct kept {
	unsigned char key[CLERK_CACHE_KEY];
	json_t *answer; /* NULL: none */
	int64_t at_ms;
};

struct clerk_cache {
	size_t most;
	int64_t keep_ms;
	struct kept kept[];
};

struct clerk_cache *clerk_cache_new(size_t most, int64_t keep_ms)
{
	struct clerk_cache *c = memory_new(1, sizeof(*c) + most * sizeof(c->kept[0]));

	c->most = most;
	c->keep_ms = keep_ms;
	return c;
}

void clerk_cache_clear(struct clerk_cache *c)
{
	for (size_t i = 0; i < c->most; i++) {
		json_decref(c->kept[i].answer);
		c->kept[i].answer = NULL;
	}
}

void clerk_cache_free(struct clerk_cache *c)
{
	if (c == NULL)
		return;
	clerk_cache_clear(c);
	free(c);
}

void clerk_cache_key(const json_t *what, unsigned char ret[CLERK_CACHE_KEY])
{
	char *text = json_dumps(what, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	if (text == NULL)
		abort();
	(void)crypto_generichash(
		ret, CLERK_CACHE_KEY, (const unsigned char *)text, strlen(text), NULL, 0);
	secret_wipe(text, strlen(text));
	free(text);
}

static struct kept *find(struct clerk_cache *c, const unsigned char key[CLERK_CACHE_KEY])
{
	for (size_t i = 0; i < c->most; i++)
		if (c->kept[i].answer != NULL && memcmp(c->kept[i].key, key, CLERK_CACHE_KEY) == 0)
			return &c->kept[i];
	return NULL;
}

/* One that is free, or the oldest. */
static struct kept *place(struct clerk_cache *c)
{
	struct kept *oldest = &c->kept[0];

	for (size_t i = 0; i < c->most; i++) {
		if (c->kept[i].answer == NULL)
			return &c->kept[i];
		if (c->kept[i].at_ms < oldest->at_ms)
			oldest = &c->kept[i];
	}
	return oldest;
}

void clerk_cache_put(struct clerk_cache *c, const unsigned char key[CLERK_CACHE_KEY],
	const json_t *answer, int64_t now_ms)
{
	struct kept *k = find(c, key);
	json_t *copy = json_deep_copy(answer);

	if (copy == NULL)
		return;
	if (k == NULL)
		k = place(c);
	json_decref(k->answer);
	memcpy(k->key, key, CLERK_CACHE_KEY);
	k->answer = copy;
	k->at_ms = now_ms;
}

json_t *clerk_cache_find(
	struct clerk_cache *c, const unsigned char key[CLERK_CACHE_KEY], int64_t now_ms)
{
	const struct kept *k = find(c, key);

	return k != NULL && now_ms - k->at_ms < c->keep_ms ? json_incref(k->answer) : NULL;
}

void clerk_cache_drop(struct clerk_cache *c, const unsigned char key[CLERK_CACHE_KEY])
{
	struct kept *k = find(c, key);

	if (k == NULL)
		return;
	json_decref(k->answer);
	k->answer = NULL;
}
