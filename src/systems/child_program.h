/* child_program.h - runs another program to its end and has what it says: a panel's command, an
 * administrator's own. Never through a shell; bounded in time and output; a secret goes to its
 * standard input, never into its arguments or its environment, which others can read. */
#ifndef STANCH_SYSTEMS_CHILD_PROGRAM_H
#define STANCH_SYSTEMS_CHILD_PROGRAM_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

#define CHILD_WORDS_MAX  64
#define CHILD_OUTPUT_MAX ((size_t)1 << 20) /* bytes */

/* All borrowed. */
struct child_program {
	const char *const *words;       /* ended by NULL; the first is an absolute path */
	const char *const *environment; /* "NAME=value", ended by NULL; NULL: PATH and LC_ALL=C */
	struct slice input;             /* for its standard input, which is closed behind it */
	int64_t time_ms;                /* after which it is ended, and all that it started */
};

/* What it said, on standard output and error, and how it ended. The caller clears it: the text is
 * wiped, for it may have the secret in it. */
struct child_answer {
	char *output; /* a NUL behind it; never NULL after success */
	size_t len;
	int status; /* 0 to 255; 128 and more: ended by a signal */
};
void child_answer_clear(struct child_answer *answer);

/* Runs it to its end. 0 and *ret, whatever its status is; or *problem and
 *   -ETIMEDOUT  it did not end in time: whether it has done its work is not known
 *   -EMSGSIZE   it said more than CHILD_OUTPUT_MAX: likewise
 *   -ENOENT, -EACCES, another  it could not be started. */
MUST_USE int child_program_run(
	const struct child_program *program, struct child_answer *ret, struct problem *problem);

#endif
