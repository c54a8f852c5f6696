/* journal_file.h - the journal's file: found, checked, locked and opened, made or brought up to
 * date; and what all statements on it have in common. Private to incidents/: other rooms
 * know journal.h only.
 *
 * Errors are those of journal_open(); a problem says which file and why. */
#ifndef STANCH_INCIDENTS_JOURNAL_FILE_H
#define STANCH_INCIDENTS_JOURNAL_FILE_H

#include "incidents/journal.h"

#include <sqlite3.h>

/* Statements are prepared once, and kept in a place of their own: those of journal.c from 0 on. */
#define JOURNAL_PLACES 80

struct journal {
	sqlite3 *db;
	sqlite3_stmt *prepared[JOURNAL_PLACES];
	char *path;
	int lock_fd; /* -1: it is not the acting process */
	bool in_transaction;
};

/* What SQLite's answer rc means for a person who can do something about it. Never 0. */
int journal_fault(struct journal *j, int rc, struct problem *problem);

/* Whether it has that table: one of an older stanch that was only read lacks some. */
bool journal_has_table(struct journal *j, const char *name);

/* Runs statements that give no rows. */
MUST_USE int journal_run(struct journal *j, const char *sql, struct problem *problem);

/* The statement of that place, without bindings. It belongs to j. */
MUST_USE int journal_prepare(struct journal *j, size_t place, const char *sql,
	sqlite3_stmt **ret_statement, struct problem *problem);

/* Steps a statement that gives no rows, and makes it ready for the next time. */
MUST_USE int journal_finish(struct journal *j, sqlite3_stmt *s, struct problem *problem);

/* The same after a step that answered rc. */
MUST_USE int journal_finish_step(
	struct journal *j, sqlite3_stmt *s, int rc, struct problem *problem);

/* Ends a statement that gave rows; rc is its last answer, SQLITE_ROW when it was stopped. */
int journal_finish_rows(struct journal *j, sqlite3_stmt *s, int rc, struct problem *problem);

/* Bound text is borrowed until the statement is finished. */
void journal_bind_text(sqlite3_stmt *s, int at, const char *text);
void journal_bind_slice(sqlite3_stmt *s, int at, struct slice text);
void journal_bind_who(sqlite3_stmt *s, int at, const struct journal_who *who); /* and 3 behind */

/* Lent until the next step; "" for NULL. */
const char *journal_column_text(sqlite3_stmt *s, int at);
struct slice journal_column_slice(sqlite3_stmt *s, int at);
void journal_column_who(sqlite3_stmt *s, int at, struct journal_who *ret); /* and 3 behind */

/* The index of the column's text among the names; -1: none of them. */
int journal_column_name(sqlite3_stmt *s, int at, const char *const *names, int count);

#endif
