/* sql_statement.h - an SQL statement as an administrator writes it into the configuration, with
 * names where a value belongs: "UPDATE mailbox SET password = :hash WHERE username = :mailbox". The
 * names become the parameters of a prepared statement and nothing else ever does: no value is put
 * into the text.
 *
 * It is read strictly, so that each server takes it for what was read here. Refused are what the
 * servers read differently or what hides something: comments (--, slash and star, #), '$' and '?',
 * backslashes, brackets, a ';' but for one at the end, a quote without its end, bytes that are not
 * printable ASCII, TAB or LF, and names that are none. "::" is PostgreSQL's cast. Between quotes
 * (' " `) a name is text. */
#ifndef STANCH_FORMATS_SQL_STATEMENT_H
#define STANCH_FORMATS_SQL_STATEMENT_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define SQL_STATEMENT_MAX  2048 /* bytes with the NUL */
#define SQL_PARAMETERS_MAX 16

/* :mailbox, :local, :domain, :hash */
enum sql_place { SQL_MAILBOX, SQL_LOCAL, SQL_DOMAIN, SQL_HASH, SQL_PLACES };

enum sql_marks { SQL_QUESTION_MARKS, SQL_NUMBERS }; /* ?, or $1 $2 ... */

struct sql_statement {
	char text[SQL_STATEMENT_MAX]; /* as it is prepared, no longer than it was written */
	enum sql_place parameters[SQL_PARAMETERS_MAX]; /* in order; one may be there repeatedly */
	size_t count;
};

/* 0 and *ret; or -EINVAL, and *problem says what is wrong with it, not whose it is. */
MUST_USE int sql_statement_read(struct slice written, enum sql_marks marks,
	struct sql_statement *ret, struct problem *problem);

bool sql_statement_has(const struct sql_statement *statement, enum sql_place place);

#endif
