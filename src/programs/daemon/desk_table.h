/* desk_table.h - all that may be asked of the hand through the page: what may be read and what may
 * be done, each a row with who may, its arguments and the words of the command that does it. What
 * has no row, or an argument that is not in its row, is refused. Arguments come from anybody: a
 * number, a source, an id or a word reaches a command only after it was read as one and written
 * anew, and text only behind "--option=". Pure. */
#ifndef STANCH_PROGRAMS_DAEMON_DESK_TABLE_H
#define STANCH_PROGRAMS_DAEMON_DESK_TABLE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"
#include "formats/page_users.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define DESK_WORDS    10 /* of a command, at most */
#define DESK_COMMANDS 2  /* of a question */

/* What a command has left. */
struct desk_output {
	struct slice lines; /* its standard output */
	struct slice errors;
	size_t lines_lost; /* behind them */
	int exit;          /* what it ended with; 128 and the number of a signal that ended it */
};

struct desk_row;

/* A question that was found good. Cleared by desk_errand_clear(); zeroed, it holds nothing. */
struct desk_errand {
	const struct desk_row *row;
	json_t *args; /* owned: those that were given, numbers as integers, a source in full; and
			 nothing else */
	char *words[DESK_COMMANDS][DESK_WORDS]; /* owned */
	size_t counts[DESK_COMMANDS];
	size_t commands; /* 0: somebody else in the hand answers it (desk_errand_name()) */
	bool is_dry;     /* of something done: only what would be */
};
void desk_errand_clear(struct desk_errand *e);

/* args: an object, borrowed; NULL is an empty one. 0 and *ret; or, with a sentence in *problem, the
 * status of HTTP: 400, an argument is missing, too much or none; 404, there is no such row. */
MUST_USE int desk_table_read(
	const char *what, const json_t *args, struct desk_errand *ret, struct problem *problem);
MUST_USE int desk_table_do(const json_t *args, struct desk_errand *ret, struct problem *problem);

/* Whether its command reads what strangers wrote, and so is not to do it as root: it takes
 * --reader. */
bool desk_errand_reads_mail(const struct desk_errand *e);

/* The row's: what is read or done; who may at least; what the action is done to, as text for a log
 * ("" for what is read), into at. */
const char *desk_errand_name(const struct desk_errand *e);
enum page_role desk_errand_role(const struct desk_errand *e);
#define DESK_OBJECT_MAX 1100
char *desk_errand_object(const struct desk_errand *e, char at[DESK_OBJECT_MAX]);

/* The body of the answer, made of what its commands have left, and its status in *ret_status. At
 * most about room bytes as JSON: rows that do not fit are left out, and counted. */
json_t *desk_errand_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status);

/* {"error": sentence}: a new reference. */
json_t *desk_error(const char *sentence);

#endif
