/* job.h - a command of stanch that the hand runs beside its loop, and what it prints. */
#ifndef STANCH_PROGRAMS_DAEMON_JOB_H
#define STANCH_PROGRAMS_DAEMON_JOB_H

#include "base/attribute.h"
#include "base/loop.h"
#include "programs/daemon/plan.h"
#include "programs/own_command.h"

#include <stddef.h>

struct job;

/* It has ended, and all that it printed is there (borrowed for the call; cut behind the last line
 * that fits into OWN_COMMAND_OUTPUT_MAX). status as of waitpid(2). The job is freed behind the
 * call. */
typedef void job_ended(void *context, const char *output, size_t len, int status);

/* words: as for own_command_start(). 0 and *ret, which is valid until it has ended; or a negative
 * errno and *problem. */
MUST_USE int job_start(struct loop *loop, const struct daemon_plan *plan, const char *const *words,
	size_t count, job_ended *ended, void *context, struct job **ret, struct problem *problem);

/* The same for a user of the page, "NAME ADDRESS", as whom it is journalled (NULL: who only reads);
 * and what it says on standard error is kept instead of logged. */
MUST_USE int job_start_for_page(struct loop *loop, const struct daemon_plan *plan, const char *who,
	const char *const *words, size_t count, job_ended *ended, void *context, struct job **ret,
	struct problem *problem);

/* In the call: how many lines were cut off, and what it said on standard error, the first
 * JOB_ERRORS_MAX bytes. */
#define JOB_ERRORS_MAX 4096
size_t job_lines_lost(const struct job *job);
struct slice job_errors(const struct job *job);

/* Not waited for any more; the command itself goes on. NULL is fine. */
void job_free(struct job *job);

#endif
