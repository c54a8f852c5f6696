#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_end(void *p)
{
	if (p == NULL) {
		(void)fputs("stanch: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *memory_new(size_t n, size_t size)
{
	return or_end(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *memory_grow(void *p, size_t n, size_t size)
{
	return or_end(reallocarray(p, n > 0 ? n : 1, size > 0 ? size : 1));
}

char *memory_copy(const void *at, size_t len)
{
	char *copy = or_end(len < SIZE_MAX ? malloc(len + 1) : NULL);

	if (len > 0)
		memcpy(copy, at, len);
	copy[len] = '\0';
	return copy;
}
