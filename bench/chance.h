/* chance.h - numbers that look random and are the same on every machine: each item of each stream
 * has its own, so that the threads that draw them may share the items out as they like. */
#ifndef STANCH_BENCH_CHANCE_H
#define STANCH_BENCH_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

struct chance chance_for(uint64_t seed, uint64_t stream, uint64_t item);
uint64_t chance_next(struct chance *c);

/* 0 to n - 1. n must not be 0. */
uint32_t chance_below(struct chance *c, uint32_t n);
bool chance_percent(struct chance *c, uint32_t percent);

/* A draw of 0 to count - 1 where k has the weight 1 / (k + first): with first = 1 a Zipf law, with
 * a larger first the logarithm of k + first is nearly uniform. */
struct ranks {
	uint32_t count;
	double *sums; /* owned */
};

/* Ends the process when there is no memory. */
struct ranks ranks_new(uint32_t count, uint32_t first);
void ranks_free(struct ranks *r);
uint32_t ranks_draw(const struct ranks *r, struct chance *c);

#endif
