/* question.h - one run of the Exim binary that is asked something. Started directly with an
 * argument list, never through a shell, with an environment of our own, and bounded in time and
 * output: a hanging or chattering Exim is an error. It runs on while its caller does other things.
 */
#ifndef STANCH_SYSTEMS_EXIM_QUESTION_H
#define STANCH_SYSTEMS_EXIM_QUESTION_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define QUESTION_TIME_MAX_MS 10000             /* it answers within 20 ms on an idle machine */
#define QUESTION_OUTPUT_MAX  ((size_t)1 << 20) /* bytes of one answer */

/* Which binary, with which configuration. Both are borrowed. */
struct exim_program {
	const char *path;   /* of the binary */
	const char *config; /* for -C; NULL: Exim's own */
};

struct exim_question;
void exim_question_free(struct exim_question *q); /* NULL is fine; ends Exim if it still runs */
AUTO_FREE(exim_question)

/* Starts Exim with the arguments (at most 32, NULL at the end) and returns at once. is_dialog:
 * lines will be given to it. 0 and *ret_question; or fills *problem and returns a negative errno.
 */
MUST_USE int exim_question_begin(const struct exim_program *program, const char *const *arguments,
	bool is_dialog, struct exim_question **ret_question, struct problem *problem);

/* Gives it the lines (NULL: none; borrowed for the call) and reads what it says, on standard output
 * and error, until the text `last` (NULL: until the end of its output). 0, and *ret_said is lent
 * until q is used again; or fills *problem and returns -ETIMEDOUT, -EMSGSIZE, or another negative
 * errno. When Exim ends before it said `last`, that is 0, too: what is missing is seen in the
 * answer. */
MUST_USE int exim_question_hear(struct exim_question *q, const char *lines, const char *last,
	struct slice *ret_said, struct problem *problem);

/* Waits for the end of the process. 0 when it succeeded, -EIO and *problem when not. */
MUST_USE int exim_question_end(struct exim_question *q, struct problem *problem);

/* Fills *problem with the first line of what it said last, and returns err. */
int exim_question_failed(const struct exim_question *q, int err, struct problem *problem);

#endif
