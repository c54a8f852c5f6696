/* known_set.h - which things were seen before, in bounded memory: when it is full, what was not
 * seen for longest is forgotten first (within groups of eight). Things are given as 64-bit hashes,
 * of which 32 bits are kept: of a million strangers one is taken for known, at most. */
#ifndef STANCH_FACTS_KNOWN_SET_H
#define STANCH_FACTS_KNOWN_SET_H

#include "base/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KNOWN_SET_MAX 1024 /* things; 4 KiB */

/* Zeroed memory is an empty set. */
struct known_set {
	uint32_t *keys; /* groups of eight, the latest first; 0 is a free place */
	uint16_t room, count;
};

void known_set_free(struct known_set *s);
bool known_set_has(const struct known_set *s, uint64_t hash);

/* Adds it, or notes that it was seen again. Returns whether it was there. */
bool known_set_add(struct known_set *s, uint64_t hash);

/* To and from bytes; *s is empty before it is read. */
void known_set_code(struct known_set *s, struct codec *c);

/* Bytes on the heap. */
size_t known_set_bytes(const struct known_set *s);

#endif
