/* row.h - one setting: a row of a table. The parser of stanch.conf, its checks, the manual page,
 * the sample file and the dump of what is in force are all made of the row, so that they cannot
 * differ. */
#ifndef STANCH_SETTINGS_ROW_H
#define STANCH_SETTINGS_ROW_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTING_NAME_MAX 64   /* bytes of "group.name" with its NUL */
#define SETTING_LIST_MAX 64   /* entries of a list */
#define SETTING_TEXT_MAX 1023 /* bytes of a text, word or URL, if the row does not say less */
#define SETTING_PATH_MAX                                                                           \
	4095                /* bytes of a path, as PATH_MAX has it, if the row does not say less */
#define SETTING_WORD_MAX 64 /* bytes of a word */

enum setting_kind {      /* how it is written; what stands at the row's offset */
	SETTING_BOOL,    /* yes, no; bool */
	SETTING_COUNT,   /* 10; uint64_t */
	SETTING_SECONDS, /* 90s, 15m, 2h, 30d, 1w (base/units.h); int64_t */
	SETTING_BYTES,   /* 500, 10K, 256M, 1G; uint64_t */
	SETTING_SHARE,   /* 0.02, from 0 to 1; double */
	SETTING_CHOICE,  /* one of the row's words; unsigned, its place among them */
	SETTING_TEXT,    /* any; const char *, NULL when it is empty. So are those that follow: */
	SETTING_WORD,    /* letters, digits, '-', '_', '.', not beginning with '-' or '.' */
	SETTING_PATH,    /* absolute */
	SETTING_URL,     /* http:// or https://, a host, and no blank */
};

struct setting_row {
	const char *name; /* "hold.enabled": the group's, a dot, its own */
	enum setting_kind kind;
	bool is_list;        /* TEXT, WORD or PATH: struct setting_list stands at the offset */
	const char *initial; /* as it would be written; "" for a text is none, and then it may be
			      * written empty, too. A list begins empty: "" */
	const char *least, *most; /* of COUNT, SECONDS, BYTES, SHARE, as written; NULL: none. most
				   * of the text kinds: bytes */
	const char *const *words; /* of CHOICE, ended by NULL */
	size_t offset;            /* into the values */
	const char *help;         /* a sentence or more, with their full stops */
};

struct setting_list {
	const char *const *at;
	size_t count;
};

/* What was read, before it is put where it belongs. */
struct setting_value {
	uint64_t number; /* bool as 0 or 1, count, seconds, bytes, place of the choice */
	double share;
	struct slice text; /* borrowed; of the text kinds */
};

/* A group's name ends before the dot of its rows' names. */
struct slice setting_row_group(const struct setting_row *row);
const char *setting_row_own_name(const struct setting_row *row);

bool setting_is_text(enum setting_kind kind);

/* Reads what was written for the row (for a list: one entry) and checks it against the row. Returns
 * 0 and fills *ret; or -EINVAL, and *problem says what is wrong and what would be right, beginning
 * with the row's name. */
MUST_USE int setting_read(const struct setting_row *row, struct slice written,
	struct setting_value *ret, struct problem *problem);

/* What may be written, as words for the manual: "yes or no", "a time from 1m to 7d". Returns at. */
#define SETTING_RANGE_TEXT 256
char *setting_range_text(const struct setting_row *row, char at[SETTING_RANGE_TEXT]);

#endif
