/* moment_option.h - options that name a moment: --since, --until. */
#ifndef STANCH_PROGRAMS_MOMENT_OPTION_H
#define STANCH_PROGRAMS_MOMENT_OPTION_H

#include "base/attribute.h"
#include "base/problem.h"

#include <stdint.h>

/* Seconds since 1970 of what was typed behind --option, as units_read_moment() has it; `none` when
 * typed is NULL. -EINVAL and *problem, which says what to write. */
MUST_USE int moment_option_read(const char *typed, const char *option, int64_t none,
	int64_t *ret_seconds, struct problem *problem);

#endif
