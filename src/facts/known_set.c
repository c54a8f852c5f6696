#include "facts/known_set.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define GROUP      8u
#define ROOM_FIRST 16u

void known_set_free(struct known_set *s)
{
	free(s->keys);
	*s = (struct known_set){0};
}

static uint32_t key_of(uint64_t hash)
{
	uint32_t key = (uint32_t)(hash >> 32);

	return key != 0 ? key : 1;
}

/* The key alone says where it belongs, so that growing needs no more than the keys. */
static uint32_t *group_of(uint32_t *keys, unsigned room, uint32_t key)
{
	size_t groups = room / GROUP;

	return keys + (key * 0x9e3779b1u >> 12) % (groups > 0 ? groups : 1) * GROUP;
}

static unsigned find(const uint32_t *group, uint32_t key)
{
	unsigned at = 0;

	while (at < GROUP && group[at] != key)
		at++;
	return at;
}

static void put_first(uint32_t *group, uint32_t key, unsigned from)
{
	memmove(group + 1, group, from * sizeof(*group));
	group[0] = key;
}

static void grow(struct known_set *s)
{
	unsigned room = s->room > 0 ? s->room * 2u : ROOM_FIRST;
	uint32_t *keys = memory_new(room, sizeof(*keys));
	unsigned count = 0;

	/* from the oldest, so that the order within a group stays */
	for (unsigned i = s->room; i > 0; i--) {
		if (s->keys[i - 1] == 0)
			continue;
		uint32_t *group = group_of(keys, room, s->keys[i - 1]);
		count += group[GROUP - 1] == 0;
		put_first(group, s->keys[i - 1], GROUP - 1);
	}
	free(s->keys);
	*s = (struct known_set){keys, (uint16_t)room, (uint16_t)count};
}

bool known_set_has(const struct known_set *s, uint64_t hash)
{
	uint32_t key = key_of(hash);

	return s->room > 0 && find(group_of(s->keys, s->room, key), key) < GROUP;
}

bool known_set_add(struct known_set *s, uint64_t hash)
{
	uint32_t key = key_of(hash);

	if (s->room < KNOWN_SET_MAX && s->count * 3u >= s->room * 2u)
		grow(s);
	uint32_t *group = group_of(s->keys, s->room, key);
	unsigned at = find(group, key);
	if (at < GROUP) {
		put_first(group, key, at);
		return true;
	}
	s->count = (uint16_t)(s->count + (group[GROUP - 1] == 0));
	put_first(group, key, GROUP - 1);
	return false;
}

size_t known_set_bytes(const struct known_set *s)
{
	return s->room * sizeof(*s->keys);
}

static bool is_room(uint32_t room)
{
	return room == 0 ||
	       (room >= ROOM_FIRST && room <= KNOWN_SET_MAX && (room & (room - 1)) == 0);
}

/* Within a group, what is free stands behind what is not. */
void known_set_code(struct known_set *s, struct codec *c)
{
	uint32_t room = s->room, count = 0;

	codec_count(c, &room, KNOWN_SET_MAX);
	if (c->reads) {
		if (!is_room(room))
			codec_fail(c);
		s->room = c->failed ? 0 : (uint16_t)room;
		s->keys = s->room > 0 ? memory_new(s->room, sizeof(*s->keys)) : NULL;
	}
	for (unsigned i = 0; i < s->room; i++) {
		codec_u32(c, &s->keys[i]);
		count += s->keys[i] != 0;
		if (i % GROUP != 0 && s->keys[i] != 0 && s->keys[i - 1] == 0)
			codec_fail(c);
	}
	s->count = (uint16_t)count;
}
