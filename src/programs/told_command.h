/* told_command.h - runs another command of stanch for a person who reads what it says: with the
 * same global options, its words and its complaints in one stream, in a process group of its own,
 * and never waited for. */
#ifndef STANCH_PROGRAMS_TOLD_COMMAND_H
#define STANCH_PROGRAMS_TOLD_COMMAND_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"
#include "programs/context.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are kept of what it says; the rest is read and dropped. */
#define TOLD_COMMAND_MAX ((size_t)256 << 10)

struct told_command;

/* program NULL: this one. words: the command, its options and arguments; the global options are
 * added. 0 and *ret, or a negative errno and *problem. */
MUST_USE int told_command_start(const struct global_settings *global, const char *program,
	const char *const *words, size_t count, struct told_command **ret, struct problem *problem);

/* One that still runs is asked to end, as by ^C, and waited for: what it has begun it ends or
 * journals. NULL is fine. */
void told_command_free(struct told_command *t);
AUTO_FREE(told_command)

/* Becomes readable when it says something, and when it ends. */
int told_command_descriptor(const struct told_command *t);

/* Takes what it has said, without waiting. true: it has ended, and *ret_status is 0 to 255, 128 and
 * more when by a signal. */
bool told_command_take(struct told_command *t, int *ret_status);

/* All it has said, borrowed. */
struct slice told_command_said(const struct told_command *t);

/* As by ^C. */
void told_command_interrupt(const struct told_command *t);

#endif
