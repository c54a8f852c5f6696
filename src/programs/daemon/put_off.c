#include "programs/daemon/put_off.h"

#include "base/memory.h"
#include "base/sketch.h"

#include <stdint.h>
#include <stdlib.h>

struct put_off {
	uint64_t *hashes; /* PUT_OFF_MOST, each at its place; 0: free. NULL: there was none yet */
};

struct put_off *put_off_new(void)
{
	return memory_new(1, sizeof(struct put_off));
}

void put_off_free(struct put_off *p)
{
	if (p == NULL)
		return;
	free(p->hashes);
	free(p);
}

/* Of both; never 0. */
static uint64_t hash_of(const struct source *source, struct slice recipient)
{
	const uint64_t both[] = {source_hash(source), hash_bytes(recipient.at, recipient.len)};

	return hash_bytes(both, sizeof(both)) | 1;
}

static uint64_t *place_of(struct put_off *p, uint64_t hash)
{
	return &p->hashes[hash / 2 % PUT_OFF_MOST];
}

bool put_off_again(struct put_off *p, const struct source *source, struct slice recipient)
{
	uint64_t hash = hash_of(source, recipient);

	if (p->hashes == NULL)
		p->hashes = memory_new(PUT_OFF_MOST, sizeof(*p->hashes));
	uint64_t *place = place_of(p, hash);
	bool was_there = *place == hash;

	*place = hash;
	return was_there;
}

bool put_off_ends(struct put_off *p, const struct source *source, struct slice recipient)
{
	if (p->hashes == NULL)
		return false;
	uint64_t hash = hash_of(source, recipient), *place = place_of(p, hash);
	bool was_there = *place == hash;

	if (was_there)
		*place = 0;
	return was_there;
}
