/* store_file.h - a small SQLite file of which the latest minute may be lost at a power cut: found,
 * checked and opened, and what all statements on it have in common. Private to incidents/.
 *
 * Errors: -EBADMSG for one that is damaged, none of ours or of another version; -ENOSPC, -EBUSY,
 * -EACCES, -EIO, another; a problem says which file and why. */
#ifndef STANCH_INCIDENTS_STORE_FILE_H
#define STANCH_INCIDENTS_STORE_FILE_H

#include "base/attribute.h"
#include "base/problem.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdint.h>

struct store_kind {
	const char *name;   /* of the file in its folder */
	const char *schema; /* makes a new one */
	int64_t application_id, version;
};

/* Zeroed memory may be closed. */
struct store_file {
	sqlite3 *db;
	char path[PATH_MAX];
	unsigned steps; /* private */
};

/* Opens it to write in it, and makes it (0600) if it is missing. */
MUST_USE int store_file_make(struct store_file *f, const char *folder,
	const struct store_kind *kind, struct problem *problem);

/* Opens it to read what another may have written: no link, and not without end. -ENOENT when there
 * is none. */
MUST_USE int store_file_read(struct store_file *f, const char *folder,
	const struct store_kind *kind, struct problem *problem);
void store_file_close(struct store_file *f);

/* Moves it out of the way, beside itself. */
void store_file_set_aside(const char *folder, const char *name);

/* What SQLite's answer rc means; never 0. */
int store_file_fault(struct store_file *f, int rc, struct problem *problem);

/* Runs statements that give no rows. */
MUST_USE int store_file_run(struct store_file *f, const char *sql, struct problem *problem);

/* *keep: the statement, prepared the first time; its owner finalizes it. *ret: the same, without
 * bindings. */
MUST_USE int store_file_prepare(struct store_file *f, const char *sql, sqlite3_stmt **keep,
	sqlite3_stmt **ret, struct problem *problem);

/* Ends a statement, of which rc is the last answer, and makes it ready for the next time. */
MUST_USE int store_file_finish(
	struct store_file *f, sqlite3_stmt *m, int rc, struct problem *problem);

/* One statement with two numbers, ?1 and ?2. */
MUST_USE int store_file_change(struct store_file *f, const char *sql, int64_t first, int64_t second,
	struct problem *problem);

/* The one number that it gives; 0 for no row, and for null. */
MUST_USE int store_file_number(
	struct store_file *f, const char *sql, int64_t *ret, struct problem *problem);

#endif
