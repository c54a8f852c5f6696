/* server.h - what a kind of SQL server does for sql_table.h, a row each.
 *
 * All that can fail return 0, or *why in the server's own words, raw, and an error of
 * sql_table.h's. A session that has failed is still to be closed. */
#ifndef STANCH_SYSTEMS_SQL_SERVER_H
#define STANCH_SYSTEMS_SQL_SERVER_H

#include "formats/sql_statement.h"
#include "systems/sql_table.h"

#include <stddef.h>
#include <stdint.h>

#define SQL_WORDS_MAX 512 /* bytes of a server's words, with the NUL */
#define SQL_TEXT_MAX  512 /* bytes of a text that is read, with the NUL */

struct sql_words {
	char text[SQL_WORDS_MAX];
};

/* A prepared statement and what its marks stand for, count of them. */
struct sql_call {
	const char *text;
	char *values[SQL_PARAMETERS_MAX];
	size_t count;
};

/* The first column of the first row. */
struct sql_answer {
	size_t rows;             /* 2 may stand for more */
	char text[SQL_TEXT_MAX]; /* "" when it is NULL */
};

struct sql_server {
	const char *name; /* as people know it */
	enum sql_marks marks;
	const char *begin; /* begins a transaction */
	/* *ret is to be closed whenever it is not NULL, also after a failure. */
	int (*open)(const struct sql_options *o, void **ret, struct sql_words *why);
	int (*plain)(void *session, const char *statement, struct sql_words *why);
	int (*change)(void *session, const struct sql_call *call, uint64_t *ret_rows,
		struct sql_words *why);
	/* -EBADMSG: a text that is too long or has a NUL in it. */
	int (*read)(void *session, const struct sql_call *call, struct sql_answer *ret,
		struct sql_words *why);
	void (*close)(void *session);
};

extern const struct sql_server sql_server_sqlite, sql_server_postgresql, sql_server_mariadb;

/* Keeps the words, cut where they are too long; returns err. */
int sql_words_set(struct sql_words *why, int err, const char *words);

/* Keeps a text of the answer; false when it is none that can be kept. */
bool sql_answer_keep(struct sql_answer *answer, const char *at, size_t len);

#endif
