/* command.h - the commands of stanch, as rows of one table. Adding a command is one file, cmd_x.c,
 * and one row in command.c. */
#ifndef STANCH_PROGRAMS_COMMAND_H
#define STANCH_PROGRAMS_COMMAND_H

#include "programs/options.h"

#include <stdbool.h>
#include <stddef.h>

struct context;

/* What the program ends with. A plugin (stanch check) ends with the four of Nagios instead. */
enum command_exit {
	COMMAND_DONE = 0,
	COMMAND_LEFT = 1,   /* something was left undone or not found; it was said which */
	COMMAND_USAGE = 2,  /* wrong usage */
	COMMAND_UNABLE = 3, /* could not read or do everything; it was said what */
};

struct command_arguments {
	const char *const *at; /* as typed */
	size_t count;
};

#define COMMAND_SETS 3

struct command {
	const char *name;
	const char *arguments; /* for the usage line: "[SOURCE|ID...]"; "" for none */
	size_t arguments_most; /* SIZE_MAX: any number */
	const char *help;      /* one line, no full stop */
	const char *about;     /* for --help: a few sentences; '\n' ends a paragraph */
	bool is_plugin;        /* ends with 3 where others end with 0 for --help or 2 */
	size_t settings_size;  /* of the zeroed memory that the options fill */
	/* The options; `into` is the offset of the set's part of the settings. */
	struct command_set {
		const char *title;
		const struct option_row *rows;
		size_t count;
		size_t offset;
	} sets[COMMAND_SETS];
	/* settings: settings_size bytes that the options have filled. Returns the exit status. */
	int (*run)(struct context *context, const void *settings,
		const struct command_arguments *arguments);
};

#define COMMAND_SET(title, rows, offset)                                                           \
	{                                                                                          \
		title, rows, sizeof(rows) / sizeof((rows)[0]), offset                              \
	}

/* All of them, ended by NULL, in the order of --help. */
const struct command *const *command_table(void);

/* NULL when there is none of that name. */
const struct command *command_find(const char *name);

extern const struct command command_backscatter;
extern const struct command command_check;
extern const struct command command_completion;
extern const struct command command_contain;
extern const struct command command_exempt;
extern const struct command command_explain;
extern const struct command command_incident;
extern const struct command command_incidents;
extern const struct command command_queue;
extern const struct command command_show;
extern const struct command command_status;
extern const struct command command_sources;
extern const struct command command_top;
extern const struct command command_hold;
extern const struct command command_holds;
extern const struct command command_purge;
extern const struct command command_release;
extern const struct command command_replay;
extern const struct command command_feedback;
extern const struct command command_restore;
extern const struct command command_setup;

#endif
