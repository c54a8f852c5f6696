/* own_command.h - runs another command of stanch as a process of its own, with the same global
 * options, and reads the result that it prints as JSON: what is done for an incident is done by the
 * very command that a person would type, and is journalled as such. */
#ifndef STANCH_PROGRAMS_OWN_COMMAND_H
#define STANCH_PROGRAMS_OWN_COMMAND_H

#include "base/attribute.h"
#include "base/problem.h"
#include "programs/context.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OWN_COMMAND_WORDS      16                /* of its own, at most */
#define OWN_COMMAND_OUTPUT_MAX ((size_t)4 << 20) /* bytes that are read */

/* Those of the global options that say what is worked on, as words; returns how many. */
#define OWN_COMMAND_GLOBAL_WORDS 14
size_t own_command_global_words(
	const struct global_settings *global, const char *words[OWN_COMMAND_GLOBAL_WORDS]);

/* One that runs. The caller waits for pid, reads the pipes to their ends and closes all. */
struct own_command {
	pid_t pid;
	int output; /* a pipe: its standard output */
	int errors; /* likewise, its standard error; -1: that is ours */
	int input;  /* a pipe: its standard input; -1: it has none */
};

/* How it is started. Zeroed: as one of ours. */
struct own_command_way {
	const char *program;  /* NULL: this one */
	const char *page_who; /* "NAME ADDRESS" of a user of the page, who is journalled as the one
				 who asks (incidents/journal.h); NULL: who we are */
	bool takes_errors;    /* its standard error is a pipe of its own */
	bool is_asked;        /* while it runs: so is its standard input */
};

/* words: the command, its options and arguments; "--json" and the global options are added. 0, or a
 * negative errno and *problem. */
MUST_USE int own_command_start(const struct global_settings *global,
	const struct own_command_way *way, const char *const *words, size_t count,
	struct own_command *ret, struct problem *problem);

/* The last object with that key among the lines that it printed, a new reference; NULL: there is
 * none. */
json_t *own_command_last(const char *output, size_t len, const char *key);

/* What it printed, of a hold or a restore: the last object. */
struct own_result {
	int64_t hold; /* 0: there is none */
	uint64_t done, left, conflict;
	bool is_complete; /* it ended with "done" or "nothing", and not because of a problem */
};

/* false when there is no result in it: it failed before it had any. */
MUST_USE bool own_command_read(const char *output, size_t len, struct own_result *ret);

/* All at once: starts it, waits for it, and reads its result. Its standard error is ours. 0; -EIO
 * when it failed, which it has said itself; or another and *problem. */
MUST_USE int own_command_run(const struct global_settings *global, const char *const *words,
	size_t count, struct own_result *ret, struct problem *problem);

#endif
