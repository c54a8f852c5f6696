#include "systems/sql/server.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#define STEPS_BETWEEN_LOOKS 1000 /* of its virtual machine, at the clock */

struct session {
	sqlite3 *db;
	int64_t time_ms, ends_ms;
};

static int is_late(void *session)
{
	return clock_now_ms() > ((struct session *)session)->ends_ms ? 1 : 0;
}

static int error_of(sqlite3 *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
		return -EAGAIN;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CANTOPEN:
		return sqlite3_system_errno(db) == EACCES ? -EACCES : -EINVAL;
	case SQLITE_NOTADB:
		return -EINVAL;
	default:
		return -EIO;
	}
}

static int failed(struct session *s, int rc, struct sql_words *why)
{
	return sql_words_set(why, error_of(s->db, rc), sqlite3_errmsg(s->db));
}

static int open_session(const struct sql_options *o, void **ret, struct sql_words *why)
{
	struct session *s = memory_new(1, sizeof(*s));
	int wait_ms = o->time_ms > INT32_MAX ? INT32_MAX : (int)o->time_ms;

	*ret = s;
	s->time_ms = o->time_ms;
	if (o->database[0] != '/')
		return sql_words_set(why, -EINVAL, "its file is named by an absolute path");
	int rc = sqlite3_open_v2(
		o->database, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (s->db == NULL)
		return sql_words_set(why, -EIO, "out of memory");
	if (rc != SQLITE_OK)
		return failed(s, rc, why);
	sqlite3_busy_timeout(s->db, wait_ms);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_progress_handler(s->db, STEPS_BETWEEN_LOOKS, is_late, s);
	return 0;
}

static void close_session(void *session)
{
	struct session *s = session;

	sqlite3_close(s->db);
	free(s);
}

static int plain(void *session, const char *statement, struct sql_words *why)
{
	struct session *s = session;

	s->ends_ms = clock_now_ms() + s->time_ms;
	int rc = sqlite3_exec(s->db, statement, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : failed(s, rc, why);
}

/* *ret is NULL after a failure. */
static int prepare(
	struct session *s, const struct sql_call *call, sqlite3_stmt **ret, struct sql_words *why)
{
	s->ends_ms = clock_now_ms() + s->time_ms;
	int rc = sqlite3_prepare_v2(s->db, call->text, -1, ret, NULL);

	if (rc != SQLITE_OK)
		return failed(s, rc, why);
	if (*ret == NULL || sqlite3_bind_parameter_count(*ret) != (int)call->count) {
		sqlite3_finalize(*ret);
		*ret = NULL;
		return sql_words_set(why, -EINVAL, "it counts the places for values otherwise");
	}
	for (size_t i = 0; i < call->count; i++)
		sqlite3_bind_text(*ret, (int)i + 1, call->values[i], -1, SQLITE_STATIC);
	return 0;
}

static int change(
	void *session, const struct sql_call *call, uint64_t *ret_rows, struct sql_words *why)
{
	struct session *s = session;
	sqlite3_stmt *statement = NULL;
	int64_t before = sqlite3_total_changes64(s->db);
	int err = prepare(s, call, &statement, why);

	if (err < 0)
		return err;
	int rc = sqlite3_step(statement);
	while (rc == SQLITE_ROW) /* of RETURNING */
		rc = sqlite3_step(statement);
	if (rc != SQLITE_DONE)
		err = failed(s, rc, why);
	*ret_rows = sqlite3_total_changes64(s->db) != before
			    ? (uint64_t)sqlite3_changes64(s->db)
			    : 0; /* a statement that is none of changes leaves the old number */
	sqlite3_finalize(statement);
	return err;
}

static int keep(sqlite3_stmt *statement, struct sql_answer *ret, struct sql_words *why)
{
	const unsigned char *text = sqlite3_column_text(statement, 0);

	if (ret->rows > 1 || text == NULL)
		return 0;
	if (sql_answer_keep(ret, (const char *)text, (size_t)sqlite3_column_bytes(statement, 0)))
		return 0;
	return sql_words_set(why, -EBADMSG, "the text is too long, or has a NUL in it");
}

static int read_one(
	void *session, const struct sql_call *call, struct sql_answer *ret, struct sql_words *why)
{
	struct session *s = session;
	sqlite3_stmt *statement = NULL;
	int err = prepare(s, call, &statement, why);
	int rc = SQLITE_DONE;

	*ret = (struct sql_answer){0};
	while (err == 0 && ret->rows < 2 && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		ret->rows++;
		err = keep(statement, ret, why);
	}
	if (err == 0 && rc != SQLITE_DONE && rc != SQLITE_ROW)
		err = failed(s, rc, why);
	sqlite3_finalize(statement);
	return err;
}

const struct sql_server sql_server_sqlite = {"SQLite", SQL_QUESTION_MARKS, "BEGIN IMMEDIATE",
	open_session, plain, change, read_one, close_session};
