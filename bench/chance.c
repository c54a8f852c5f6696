#include "chance.h"

#include <stdio.h>
#include <stdlib.h>

/* The generator is splitmix64 (Steele, Lea and Flood, 2014): a counter with an odd step, and a
 * mixer of its bits. Public domain, good enough for invented names. */
static const uint64_t step = 0x9e3779b97f4a7c15;

static uint64_t mixed(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

struct chance chance_for(uint64_t seed, uint64_t stream, uint64_t item)
{
	uint64_t place = mixed(seed + step * (stream + 1));

	return (struct chance){mixed(place + step * item)};
}

uint64_t chance_next(struct chance *c)
{
	c->state += step;
	return mixed(c->state);
}

uint32_t chance_below(struct chance *c, uint32_t n)
{
	uint64_t high = chance_next(c) >> 32;

	return (uint32_t)(high * n >> 32);
}

bool chance_percent(struct chance *c, uint32_t percent)
{
	return chance_below(c, 100) < percent;
}

struct ranks ranks_new(uint32_t count, uint32_t first)
{
	struct ranks r = {count, calloc(count, sizeof(*r.sums))};
	double sum = 0;

	if (r.sums == NULL) {
		(void)fputs("out of memory\n", stderr);
		exit(1);
	}
	for (uint32_t k = 0; k < count; k++) {
		sum += 1.0 / ((double)k + (double)first);
		r.sums[k] = sum;
	}
	return r;
}

void ranks_free(struct ranks *r)
{
	free(r->sums);
	*r = (struct ranks){0};
}

uint32_t ranks_draw(const struct ranks *r, struct chance *c)
{
	double part = (double)(chance_next(c) >> 11) / 9007199254740992.0; /* 2^53 */
	double at = part * r->sums[r->count - 1];
	uint32_t low = 0, high = r->count - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (r->sums[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
