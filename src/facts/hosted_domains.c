#include "facts/hosted_domains.h"

#include "base/memory.h"
#include "base/sketch.h"

#include <stdlib.h>

#define ROOM_FIRST 256
#define KIND_BITS  UINT64_C(3)

void hosted_domains_free(struct hosted_domains *h)
{
	free(h->places);
	*h = (struct hosted_domains){0};
}

/* Never 0, which is a free place. */
static uint64_t key_of(struct slice domain)
{
	return (hash_nocase(domain) & ~KIND_BITS) | KIND_BITS;
}

static uint64_t *place_of(const struct hosted_domains *h, uint64_t key)
{
	size_t at = (size_t)(key >> 16) & (h->room - 1);

	while (h->places[at] != 0 && (h->places[at] | KIND_BITS) != key)
		at = (at + 1) & (h->room - 1);
	return &h->places[at];
}

static void grow(struct hosted_domains *h)
{
	struct hosted_domains larger = {
		.room = h->room > 0 ? h->room * 2 : ROOM_FIRST, .is_complete = h->is_complete};

	larger.places = memory_new(larger.room, sizeof(*larger.places));
	for (size_t i = 0; i < h->room; i++)
		if (h->places[i] != 0)
			*place_of(&larger, h->places[i] | KIND_BITS) = h->places[i];
	larger.count = h->count;
	free(h->places);
	*h = larger;
}

void hosted_domains_set(struct hosted_domains *h, struct slice domain, enum hosted hosted)
{
	uint64_t key = key_of(domain);

	if (h->count * 2 >= h->room)
		grow(h);
	uint64_t *place = place_of(h, key);
	if (*place == 0) {
		if (h->count == HOSTED_DOMAINS_MAX)
			return;
		h->count++;
	}
	/* the kind is kept plus one, so that no place in use is 0 */
	*place = (key & ~KIND_BITS) | ((uint64_t)hosted + 1);
}

enum hosted hosted_domains_find(const struct hosted_domains *h, struct slice domain)
{
	enum hosted otherwise = h->is_complete ? HOSTED_NO : HOSTED_UNKNOWN;

	if (domain.len == 0)
		return HOSTED_UNKNOWN;
	if (h->room == 0)
		return otherwise;
	uint64_t place = *place_of(h, key_of(domain));
	return place != 0 ? (enum hosted)((place & KIND_BITS) - 1) : otherwise;
}

static void read_place(struct hosted_domains *h, uint64_t place)
{
	if (h->count * 2 >= h->room)
		grow(h);
	uint64_t *at = place_of(h, place | KIND_BITS);
	h->count += *at == 0;
	*at = place;
}

void hosted_domains_code(struct hosted_domains *h, struct codec *c)
{
	uint32_t count = (uint32_t)h->count;
	size_t at = 0;

	codec_count(c, &count, HOSTED_DOMAINS_MAX);
	for (uint32_t i = 0; i < count && !c->failed; i++) {
		uint64_t place = 0;

		while (!c->reads && h->places[at] == 0)
			at++;
		if (!c->reads)
			place = h->places[at++];
		codec_u64(c, &place);
		if (c->reads && (place & KIND_BITS) == 0)
			codec_fail(c);
		else if (c->reads)
			read_place(h, place);
	}
}
