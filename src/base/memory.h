/* memory.h - memory that is there or ends the process. Every size is bounded before it is asked
 * for, and what must not be lost is on disk before anything is done, so running out of memory is
 * no state that anyone goes on from. */
#ifndef STANCH_BASE_MEMORY_H
#define STANCH_BASE_MEMORY_H

#include <stddef.h>

/* n times size zeroed bytes; free() gives them back. */
void *memory_new(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* p resized to n times size bytes; what is new is not zeroed. */
void *memory_grow(void *p, size_t n, size_t size) __attribute__((returns_nonnull));

/* A copy of len bytes with a NUL behind it. */
char *memory_copy(const void *at, size_t len) __attribute__((malloc, returns_nonnull));

#endif
