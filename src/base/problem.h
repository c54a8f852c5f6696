/* problem.h - what went wrong, in one sentence for a person, filled by the one who knows: what was
 * tried, on what, and why it failed. The caller owns it; it needs no free. */
#ifndef STANCH_BASE_PROBLEM_H
#define STANCH_BASE_PROBLEM_H

#include "base/attribute.h"

#include <stddef.h>

/* Bytes with the NUL: a path of the longest usual kind and a sentence around it. */
#define PROBLEM_MAX 1024

struct problem {
	char text[PROBLEM_MAX]; /* "" when nothing went wrong */
};

/* Writes the sentence; p may be NULL. What is too long ends in "...". Foreign bytes must have gone
 * through base/printable.h first. Returns err, so that a caller can end with
 * "return problem_set(p, -EACCES, ...)". */
int problem_set(struct problem *p, int err, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
