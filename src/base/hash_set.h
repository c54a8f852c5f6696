/* hash_set.h - which things are in, told by their 64-bit hashes (base/sketch.h), with a limit to
 * how many. Two things of one hash are one: of a million things none, but for a chance of 1 in 30
 * million. */
#ifndef STANCH_BASE_HASH_SET_H
#define STANCH_BASE_HASH_SET_H

#include "base/attribute.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_set;

/* An empty set that takes so many things; it has 16 to 32 bytes of memory for each that is in. */
struct hash_set *hash_set_new(size_t most);
void hash_set_free(struct hash_set *s); /* NULL is fine */
AUTO_FREE(hash_set)

/* Puts it in. false when it is full: from then on it is, until it is cleared, because what is in is
 * not known any more. */
bool hash_set_add(struct hash_set *s, uint64_t hash);

/* Takes it out, if it is in. */
void hash_set_remove(struct hash_set *s, uint64_t hash);
void hash_set_clear(struct hash_set *s);

bool hash_set_has(const struct hash_set *s, uint64_t hash);
size_t hash_set_count(const struct hash_set *s);
bool hash_set_is_full(const struct hash_set *s); /* something did not go in */

#endif
