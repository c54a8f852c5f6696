/* sketch.h - how many different things were seen, in bounded memory: exact while they are few, an
 * estimate (HyperLogLog, Flajolet and others 2007, 2048 registers, standard error 2.3 %) when they
 * are many. Things are given as 64-bit hashes. */
#ifndef STANCH_BASE_SKETCH_H
#define STANCH_BASE_SKETCH_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Counted exactly up to this many. */
#define SKETCH_EXACT 4096

/* Zeroed memory is an empty sketch. sketch_free() empties it again. */
struct sketch {
	uint32_t *exact;    /* open addressing, 0 is a free place; NULL once estimating */
	uint8_t *registers; /* NULL while exact */
	uint32_t count;     /* of exact */
	uint32_t room;      /* places in exact, a power of two */
};

void sketch_free(struct sketch *s);
void sketch_add(struct sketch *s, uint64_t hash);

/* Fetches the memory that sketch_add() of the same hash will need: worth it when several hashes are
 * known before the first is added. */
void sketch_fetch(const struct sketch *s, uint64_t hash);
uint64_t sketch_count(const struct sketch *s);
bool sketch_is_exact(const struct sketch *s);

/* A hash for sketch_add() and for tables: XXH3 with a seed drawn once for each process, so that
 * nobody outside can aim at collisions. */
uint64_t hash_bytes(const void *at, size_t len);

/* The same for texts that differ only in the case of ASCII letters, made for host names and
 * addresses: texts of other bytes may fall together. Text over 255 bytes counts by its first 255.
 */
uint64_t hash_nocase(struct slice text);

#endif
