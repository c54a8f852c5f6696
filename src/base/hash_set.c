#include "base/hash_set.h"

#include "base/memory.h"

#include <stdlib.h>

#define SLOTS_LEAST ((size_t)1024) /* a power of two, at most half full */

struct hash_set {
	uint64_t *slots; /* 0: free */
	size_t slot_count, count, most;
	bool is_full;
};

struct hash_set *hash_set_new(size_t most)
{
	struct hash_set *s = memory_new(1, sizeof(*s));

	s->most = most;
	s->slot_count = SLOTS_LEAST;
	s->slots = memory_new(s->slot_count, sizeof(*s->slots));
	return s;
}

void hash_set_free(struct hash_set *s)
{
	if (s == NULL)
		return;
	free(s->slots);
	free(s);
}

static uint64_t key_of(uint64_t hash)
{
	return hash + (hash == 0);
}

/* Where the key is, or would be put. */
static size_t place_of(const struct hash_set *s, uint64_t key)
{
	size_t i = (size_t)key & (s->slot_count - 1);

	while (s->slots[i] != 0 && s->slots[i] != key)
		i = (i + 1) & (s->slot_count - 1);
	return i;
}

static void grow(struct hash_set *s)
{
	uint64_t *old = s->slots;
	size_t n = s->slot_count;

	s->slot_count = n * 2;
	s->slots = memory_new(s->slot_count, sizeof(*s->slots));
	for (size_t i = 0; i < n; i++)
		if (old[i] != 0)
			s->slots[place_of(s, old[i])] = old[i];
	free(old);
}

bool hash_set_add(struct hash_set *s, uint64_t hash)
{
	uint64_t key = key_of(hash);
	size_t i = place_of(s, key);

	if (s->slots[i] == key)
		return true;
	if (s->is_full || s->count == s->most) {
		s->is_full = true;
		return false;
	}
	s->slots[i] = key;
	if (++s->count * 2 > s->slot_count)
		grow(s);
	return true;
}

/* What stands behind the gap and would be found only through it moves into it (Knuth, volume 3,
 * 6.4, algorithm R). */
static void close_gap(struct hash_set *s, size_t gap)
{
	size_t mask = s->slot_count - 1;

	for (size_t i = (gap + 1) & mask; s->slots[i] != 0; i = (i + 1) & mask) {
		size_t wanted = (size_t)s->slots[i] & mask;
		if (((i - wanted) & mask) < ((i - gap) & mask))
			continue;
		s->slots[gap] = s->slots[i];
		gap = i;
	}
	s->slots[gap] = 0;
}

void hash_set_remove(struct hash_set *s, uint64_t hash)
{
	size_t i = place_of(s, key_of(hash));

	if (s->slots[i] == 0)
		return;
	s->count--;
	close_gap(s, i);
}

void hash_set_clear(struct hash_set *s)
{
	free(s->slots);
	s->slot_count = SLOTS_LEAST;
	s->slots = memory_new(s->slot_count, sizeof(*s->slots));
	s->count = 0;
	s->is_full = false;
}

bool hash_set_has(const struct hash_set *s, uint64_t hash)
{
	return s->slots[place_of(s, key_of(hash))] != 0;
}

size_t hash_set_count(const struct hash_set *s)
{
	return s->count;
}

bool hash_set_is_full(const struct hash_set *s)
{
	return s->is_full;
}
