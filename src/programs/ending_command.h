/* ending_command.h - the frame that stanch restore and stanch purge share. */
#ifndef STANCH_PROGRAMS_ENDING_COMMAND_H
#define STANCH_PROGRAMS_ENDING_COMMAND_H

#include "programs/context.h"
#include "responders/acting.h"

/* restore_run() or purge_run(). */
typedef int ending_command_run(const struct acting *a, int64_t hold, const char *hold_queue,
	const struct kept *messages, size_t count, struct acted *acted, struct problem *problem);

struct ending_command {
	const char *action;   /* for JSON: "restore" */
	const char *verb;     /* "restored" */
	const char *plan;     /* "would be put back into the queue" */
	const char *question; /* "Put them back?" */
	ending_command_run *run;
	const struct command_arguments *words;
	int64_t held_before; /* 0: no matter */
	bool takes_strays;   /* also what lies in the hold queue and the journal does not know */
	bool yes, dry_run;
};

/* Reads, shows, asks, does, tells. Returns the exit status. */
int ending_command(struct context *context, const struct ending_command *command);

#endif
