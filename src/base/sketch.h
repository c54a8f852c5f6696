/* sketch.h - how many different things were seen, in bounded memory: exact while they are few, an
 * estimate (HyperLogLog, Flajolet and others 2007, 2048 registers, standard error 2.3 %) when they
 * are many. Things are given as 64-bit hashes. */
#ifndef STANCH_BASE_SKETCH_H
#define STANCH_BASE_SKETCH_H

#include "base/scan_bytes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Counted exactly up to this many. */
#define SKETCH_EXACT 2048

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

/* Replaces the seed, before anything was hashed: tables that were kept on disk need the seed that
 * they were made with, and a replay needs the same one each time to give the same answer. */
void hash_set_seed(uint64_t seed);

/* The same for texts that differ only in the case of ASCII letters, made for host names and
 * addresses: texts of other bytes may fall together. Text over 255 bytes counts by its first 255.
 */
static inline uint64_t hash_nocase(struct slice text);

/* ---- private: here, because a hash is taken of each recipient, and calling would be half of it */

extern uint64_t hash_seed;

/* A number of 16 bytes folded into 8, as XXH3 and wyhash do. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The bit that tells a lower from an upper case letter, in eight bytes. Setting it in every byte
 * leaves letters, digits, '-' and '.' as lower case has them; some other bytes fall together, which
 * no name that can be looked up has. */
#define HASH_LOWER8 0x2020202020202020u
#define HASH_KEY_A  0x9fb21c651e98df25u
#define HASH_KEY_B  0xa0761d6478bd642fu

uint64_t hash_nocase_other(struct slice text); /* shorter or longer than most names */

/* Three words, which overlap, hold all of a name of 8 to 24 bytes, as most are: one way through for
 * all of them, without a loop that the processor would guess wrongly about. Copying each name into
 * lower case first would take three times as long. */
static inline uint64_t hash_nocase(struct slice text)
{
	size_t len = text.len;

	if (len < 8 || len > 24)
		return hash_nocase_other(text);
	uint64_t first = load8(text.at) | HASH_LOWER8;
	uint64_t last = load8(text.at + len - 8) | HASH_LOWER8;
	uint64_t middle = load8(text.at + len / 2 - 4) | HASH_LOWER8;

	return hash_fold(first ^ hash_seed, last ^ HASH_KEY_A) ^
	       hash_fold(middle ^ HASH_KEY_B, hash_seed + len);
}

#endif
