#include "base/sketch.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define REGISTER_BITS 11
#define REGISTERS     (1u << REGISTER_BITS)
#define RANK_MAX      (64 - REGISTER_BITS + 1)
#define ROOM_FIRST    8 /* places in the first exact table */

/* Drawn before main(): hashing is done a hundred million times in one scan, and asks nothing. */
uint64_t hash_seed;

__attribute__((constructor)) static void draw_seed(void)
{
	if (getrandom(&hash_seed, sizeof(hash_seed), 0) != (ssize_t)sizeof(hash_seed)) {
		struct timespec now = {0};
		(void)clock_gettime(CLOCK_REALTIME, &now);
		hash_seed = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u ^ (uint64_t)now.tv_sec ^
			    (uint64_t)getpid() << 32;
	}
}

void hash_set_seed(uint64_t seed)
{
	hash_seed = seed;
}

uint64_t hash_bytes(const void *at, size_t len)
{
	return XXH3_64bits_withSeed(at, len, hash_seed);
}

uint64_t hash_nocase_other(struct slice text)
{
	const char *at = text.at;
	size_t len = text.len < 255 ? text.len : 255;
	uint64_t hash = hash_seed ^ len;

	if (len < 8) {
		char padded[8] = {0};
		if (len > 0)
			memcpy(padded, at, len);
		return hash_fold(hash ^ (load8(padded) | HASH_LOWER8), HASH_KEY_A);
	}
	for (const char *last = at + len - 8; at < last; at += 8)
		hash = hash_fold(hash ^ (load8(at) | HASH_LOWER8), HASH_KEY_A);
	return hash_fold(hash ^ (load8(text.at + len - 8) | HASH_LOWER8), HASH_KEY_B);
}

void sketch_free(struct sketch *s)
{
	free(s->exact);
	free(s->registers);
	*s = (struct sketch){0};
}

/* The half of the hash that the exact table keeps; 0 is its mark for a free place. */
static uint32_t exact_key(uint64_t hash)
{
	uint32_t key = (uint32_t)hash;

	return key != 0 ? key : 1;
}

/* Multiplying spreads keys of which the caller may have used the low bits already. */
static uint32_t first_place(uint32_t key, uint32_t room)
{
	return (key * 0x9e3779b1u) >> 8 & (room - 1);
}

/* Where key is, or the free place where it belongs. */
static uint32_t *exact_place(uint32_t *exact, uint32_t room, uint32_t key)
{
	uint32_t at = first_place(key, room);

	while (exact[at] != 0 && exact[at] != key)
		at = (at + 1) & (room - 1);
	return &exact[at];
}

void sketch_fetch(const struct sketch *s, uint64_t hash)
{
	if (s->registers != NULL)
		__builtin_prefetch(&s->registers[hash & (REGISTERS - 1)], 1);
	else if (s->room > 0)
		__builtin_prefetch(&s->exact[first_place(exact_key(hash), s->room)], 1);
}

static void exact_grow(struct sketch *s)
{
	uint32_t room = s->room > 0 ? s->room * 2 : ROOM_FIRST;
	uint32_t *exact = memory_new(room, sizeof(*exact));

	for (uint32_t i = 0; i < s->room; i++)
		if (s->exact[i] != 0)
			*exact_place(exact, room, s->exact[i]) = s->exact[i];
	free(s->exact);
	s->exact = exact;
	s->room = room;
}

/* The register is chosen by the low bits and the rank counted upwards from there, so that a value
 * of which only the exact table's 32 bits are left lands where the whole hash would. */
static void register_add(uint8_t *registers, uint64_t hash, int bits)
{
	uint64_t rest = hash >> REGISTER_BITS;
	int most = bits - REGISTER_BITS + 1;
	int rank = rest != 0 ? __builtin_ctzll(rest) + 1 : most;
	uint8_t *at = &registers[hash & (REGISTERS - 1)];

	if (rank > *at)
		*at = (uint8_t)rank;
}

static void start_estimating(struct sketch *s)
{
	s->registers = memory_new(REGISTERS, sizeof(*s->registers));
	for (uint32_t i = 0; i < s->room; i++)
		if (s->exact[i] != 0)
			register_add(s->registers, s->exact[i], 32);
	free(s->exact);
	s->exact = NULL;
	s->room = 0;
}

static void exact_add(struct sketch *s, uint64_t hash)
{
	uint32_t key = exact_key(hash);

	if (s->room == 0)
		exact_grow(s);
	uint32_t *place = exact_place(s->exact, s->room, key);
	if (*place == key)
		return;
	if (s->count == SKETCH_EXACT) {
		start_estimating(s);
		register_add(s->registers, hash, 64);
		return;
	}
	*place = key;
	s->count++;
	if (s->count * 2 > s->room)
		exact_grow(s);
}

void sketch_add(struct sketch *s, uint64_t hash)
{
	if (s->registers != NULL)
		register_add(s->registers, hash, 64);
	else
		exact_add(s, hash);
}

/* The estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017,
 * algorithm 6: without the jumps that the first estimator has between its ranges. */
static double ertl_sigma(double x)
{
	double y = 1, z = x, before;

	if (x >= 1)
		return INFINITY;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z > before);
	return z;
}

static double ertl_tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x <= 0 || x >= 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z < before);
	return z / 3;
}

static double estimate(const uint8_t *registers)
{
	double with[RANK_MAX + 1] = {0}; /* how many registers have each rank */
	const double m = REGISTERS;

	for (size_t i = 0; i < REGISTERS; i++)
		with[registers[i]]++;
	double z = m * ertl_tau(1 - with[RANK_MAX] / m);
	for (int k = RANK_MAX - 1; k >= 1; k--)
		z = 0.5 * (z + with[k]);
	z += m * ertl_sigma(with[0] / m);
	return m * m / (2 * M_LN2 * z);
}

uint64_t sketch_count(const struct sketch *s)
{
	if (s->registers == NULL)
		return s->count;

	uint64_t n = (uint64_t)(estimate(s->registers) + 0.5);
	return n > SKETCH_EXACT ? n : SKETCH_EXACT + 1; /* that many were seen for certain */
}

bool sketch_is_exact(const struct sketch *s)
{
	return s->registers == NULL;
}
