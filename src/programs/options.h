/* options.h - the options of the command line, as rows of tables. From the same row come the
 * parser, --help, the shells' completions and the OPTIONS sections of the manual pages, so that
 * they cannot differ. */
#ifndef STANCH_PROGRAMS_OPTIONS_H
#define STANCH_PROGRAMS_OPTIONS_H

#include "base/attribute.h"
#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {     /* what stands at the row's offset in the settings */
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char *, NULL when not given */
	OPTION_CHOICE, /* const char *: one of the row's choices */
	OPTION_FOLDER, /* const char *: as OPTION_TEXT, completed with folders */
	OPTION_FILE,   /* const char *: as OPTION_TEXT, completed with files */
	OPTION_COUNT,  /* struct units_given: a number, least to most */
	OPTION_AGE,    /* struct units_given: seconds, from "90s", "10m", "2h", "3d", "1w" */
	OPTION_SIZE,   /* struct units_given: bytes, from "500", "10K", "2M" */
};

struct option_row {
	const char *name;     /* without "--" */
	char letter;          /* 0: none */
	const char *argument; /* "DIR"; NULL for a flag */
	enum option_kind kind;
	size_t offset;              /* into the settings */
	uint64_t least, most;       /* of OPTION_COUNT; most 0: no limit */
	const char *const *choices; /* of OPTION_CHOICE, ended by NULL */
	const char *help;           /* one sentence or more, with their full stops */
};

/* Rows that belong together, and the settings that they fill. */
struct option_set {
	const char *title; /* over them in --help and the manual; NULL: none of its own */
	const struct option_row *rows;
	size_t count;
	void *into;
};

#define OPTION_SET(title, rows, into)                                                              \
	{                                                                                          \
		title, rows, sizeof(rows) / sizeof((rows)[0]), into                                \
	}

/* The words of a command line while they are taken one after the other. Zeroed but for at and
 * count to begin with. */
struct option_words {
	char *const *at;
	size_t count;
	size_t next;
	const char *letters; /* what is left of "-qV" */
	bool arguments_only; /* behind "--" */
};

enum option_taken { OPTION_TAKEN_END, OPTION_TAKEN_OPTION, OPTION_TAKEN_ARGUMENT };

/* Takes the next option (its value goes into its set's settings) or argument (*ret_argument, which
 * points into the words). Returns enum option_taken; or -EINVAL, and *problem says in one line what
 * is wrong with which option. */
MUST_USE int options_take(struct option_words *words, const struct option_set *sets,
	size_t set_count, const char **ret_argument, struct problem *problem);

/* The rows for --help: names, and the sentences wrapped to `width` columns. */
void options_help(FILE *out, const struct option_set *set, unsigned width);

/* Text wrapped at blanks, each line indented; a '\n' in it ends a line. */
void options_wrap(FILE *out, const char *text, unsigned indent, unsigned width);

#endif
