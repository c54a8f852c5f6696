/* sql_table.h - passwords in a user table of SQLite, PostgreSQL or MariaDB (and MySQL), by
 * statements of the administrator's (formats/sql_statement.h). Values are bound parameters and
 * nothing else. A change is one transaction that changes one row, or is rolled back; it is read
 * back before it is committed, and after.
 *
 * All return 0, or *problem and
 *   -EAGAIN    the server is not there or busy, a row is locked: nothing has happened
 *   -ETIMEDOUT the connection ended at the commit: not known whether it has happened
 *   -ENOENT    there is no row of such a mailbox
 *   -EACCES    it does not let us in, or not do that
 *   -EBADMSG   what sql.get gives is no text that can be a hash
 *   -EIO       it refuses the statement, and why; more than one row; what is read back is wrong
 *   -EINVAL    the configuration is wrong, or names a server that this stanch is built without.
 * No secret and no hash is in *problem: a server's own words that have one in them are left out. */
#ifndef STANCH_SYSTEMS_SQL_TABLE_H
#define STANCH_SYSTEMS_SQL_TABLE_H

#include "base/attribute.h"
#include "base/password_hash.h"
#include "base/problem.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

#define SQL_MAILBOX_MAX 256 /* bytes with the NUL */

/* In the order of the choice sql.server. */
enum sql_server_kind { SQL_SQLITE, SQL_POSTGRESQL, SQL_MARIADB, SQL_SERVERS };

/* All borrowed; NULL where nothing is said. */
struct sql_options {
	enum sql_server_kind server;
	const char *database; /* SQLite's file, or a name */
	const char *host;     /* a name or address; absolute path: of the UNIX socket (MariaDB),
			       * of its folder (PostgreSQL); NULL: the library's own socket */
	unsigned port;        /* 0: the usual one */
	const char *user;     /* NULL: the name of the user that this process runs as */
	const char *password; /* NULL: none */
	const char *set;      /* changes one row to :hash */
	const char *get;      /* gives one row with the hash first */
	const char *suspend, *resume, *suspended; /* the last gives one row, true or false first */
	const char *scheme; /* of new hashes; NULL: as the old one is, or a better one */
	int64_t time_ms;    /* for the connection, and for each statement */
};

MUST_USE int sql_table_set(const struct sql_options *o, const char *mailbox,
	const struct secret *secret, struct problem *problem);

/* Whether the secret is its password. */
MUST_USE int sql_table_has(const struct sql_options *o, const char *mailbox,
	const struct secret *secret, bool *ret_is_so, struct problem *problem);

/* Again and again without harm. */
MUST_USE int sql_table_suspend(
	const struct sql_options *o, const char *mailbox, struct problem *problem);
MUST_USE int sql_table_resume(
	const struct sql_options *o, const char *mailbox, struct problem *problem);
MUST_USE int sql_table_is_suspended(
	const struct sql_options *o, const char *mailbox, bool *ret_is_so, struct problem *problem);

/* The SHA-256 of the hash, in hexadecimal digits: another one after the password was changed by
 * anybody. */
MUST_USE int sql_table_mark(const struct sql_options *o, const char *mailbox,
	char ret_mark[PASSWORD_HASH_MARK], struct problem *problem);

#endif
