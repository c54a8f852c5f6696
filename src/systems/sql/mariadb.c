#include "systems/sql/server.h"

#include "base/memory.h"

#include <errmsg.h>
#include <errno.h>
#include <inttypes.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ways to log in that do not tell the server the password. */
#define LOGIN_WAYS "mysql_native_password,client_ed25519,caching_sha2_password"

struct session {
	MYSQL *db;
};

static int error_of(unsigned number)
{
	switch (number) {
	case ER_ACCESS_DENIED_ERROR:
	case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
	case ER_DBACCESS_DENIED_ERROR:
	case ER_TABLEACCESS_DENIED_ERROR:
	case ER_COLUMNACCESS_DENIED_ERROR:
	case ER_OPTION_PREVENTS_STATEMENT: /* read-only */
	case ER_HOST_NOT_PRIVILEGED:
	case CR_AUTH_PLUGIN_ERR:
	case CR_AUTH_PLUGIN_CANNOT_LOAD:
		return -EACCES;
	case ER_BAD_DB_ERROR:
		return -EINVAL;
	case ER_LOCK_WAIT_TIMEOUT:
	case ER_LOCK_DEADLOCK:
	case ER_CON_COUNT_ERROR:
	case ER_TOO_MANY_USER_CONNECTIONS:
	case ER_SERVER_SHUTDOWN:
	case ER_QUERY_INTERRUPTED:
	case ER_STATEMENT_TIMEOUT:
	case CR_CONNECTION_ERROR:
	case CR_CONN_HOST_ERROR:
	case CR_UNKNOWN_HOST:
	case CR_SERVER_GONE_ERROR:
	case CR_SERVER_LOST:
	case CR_SERVER_LOST_EXTENDED:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

static int failed(struct session *s, struct sql_words *why)
{
	return sql_words_set(why, error_of(mysql_errno(s->db)), mysql_error(s->db));
}

static int failed_statement(MYSQL_STMT *statement, struct sql_words *why)
{
	return sql_words_set(
		why, error_of(mysql_stmt_errno(statement)), mysql_stmt_error(statement));
}

/* ---- the connection ---- */

static int plain(void *session, const char *statement, struct sql_words *why)
{
	struct session *s = session;

	if (mysql_real_query(s->db, statement, strlen(statement)) != 0)
		return failed(s, why);
	if (strcmp(statement, "ROLLBACK") == 0 && mysql_warning_count(s->db) > 0)
		return sql_words_set(why, -EIO, "the table is none that can be rolled back");
	return 0;
}

/* The server itself ends what waits too long, so that we know that it has not happened. */
static int limit_time(struct session *s, unsigned seconds, struct sql_words *why)
{
	char statement[120];

	(void)snprintf(statement, sizeof(statement),
		"SET SESSION lock_wait_timeout = %u, innodb_lock_wait_timeout = %u", seconds,
		seconds);
	return plain(s, statement, why);
}

static void set_options(MYSQL *db, unsigned seconds)
{
	unsigned answer_seconds = seconds + 1; /* the server's own limit comes first */
	unsigned no = 0;
	my_bool never = 0;

	mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &answer_seconds);
	mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &answer_seconds);
	mysql_options(db, MYSQL_OPT_LOCAL_INFILE, &no);
	mysql_options(db, MYSQL_OPT_RECONNECT, &never);
	mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_optionsv(db, MARIADB_OPT_RESTRICTED_AUTH, LOGIN_WAYS);
}

static int open_session(const struct sql_options *o, void **ret, struct sql_words *why)
{
	struct session *s = memory_new(1, sizeof(*s));
	unsigned seconds = o->time_ms < 1000 ? 1 : (unsigned)(o->time_ms / 1000);
	bool is_socket = o->host != NULL && o->host[0] == '/';

	*ret = s;
	s->db = mysql_init(NULL);
	if (s->db == NULL)
		return sql_words_set(why, -EIO, "out of memory");
	set_options(s->db, seconds);
	/* Rows that are found count, not only those that are other ones afterwards. */
	if (mysql_real_connect(s->db, is_socket ? NULL : o->host, o->user, o->password, o->database,
		    o->port, is_socket ? o->host : NULL, CLIENT_FOUND_ROWS) == NULL)
		return failed(s, why);
	return limit_time(s, seconds, why);
}

static void close_session(void *session)
{
	struct session *s = session;

	if (s->db != NULL)
		mysql_close(s->db);
	free(s);
}

/* ---- statements ---- */

static int bind(MYSQL_STMT *statement, const struct sql_call *call, struct sql_words *why)
{
	MYSQL_BIND binds[SQL_PARAMETERS_MAX];

	memset(binds, 0, sizeof(binds));
	if (mysql_stmt_param_count(statement) != call->count)
		return sql_words_set(why, -EINVAL, "it counts the places for values otherwise");
	for (size_t i = 0; i < call->count; i++) {
		binds[i].buffer_type = MYSQL_TYPE_STRING;
		binds[i].buffer = call->values[i];
		binds[i].buffer_length = strlen(call->values[i]);
	}
	if (call->count > 0 && mysql_stmt_bind_param(statement, binds) != 0)
		return failed_statement(statement, why);
	return mysql_stmt_execute(statement) == 0 ? 0 : failed_statement(statement, why);
}

/* *ret is to be closed when it is not NULL, also after a failure. */
static int run(
	struct session *s, const struct sql_call *call, MYSQL_STMT **ret, struct sql_words *why)
{
	*ret = mysql_stmt_init(s->db);
	if (*ret == NULL)
		return sql_words_set(why, -EIO, "out of memory");
	if (mysql_stmt_prepare(*ret, call->text, strlen(call->text)) != 0)
		return failed_statement(*ret, why);
	return bind(*ret, call, why);
}

static void end_statement(MYSQL_STMT *statement)
{
	if (statement != NULL)
		mysql_stmt_close(statement);
}

static int change(
	void *session, const struct sql_call *call, uint64_t *ret_rows, struct sql_words *why)
{
	MYSQL_STMT *statement = NULL;
	int err = run(session, call, &statement, why);

	if (err == 0) /* rows that are read are none that are changed */
		*ret_rows = mysql_stmt_field_count(statement) > 0
				    ? 0
				    : mysql_stmt_affected_rows(statement);
	end_statement(statement);
	return err;
}

/* The rest of the columns is not looked at. */
static int fetch(MYSQL_STMT *statement, struct sql_answer *ret, struct sql_words *why)
{
	char text[SQL_TEXT_MAX];
	unsigned long len = 0;
	my_bool is_null = 0;
	MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_STRING,
		.buffer = text,
		.buffer_length = sizeof(text),
		.length = &len,
		.is_null = &is_null};
	int rc = mysql_stmt_fetch(statement);

	*ret = (struct sql_answer){0};
	if (rc == MYSQL_NO_DATA)
		return 0;
	if (rc != 0 && rc != MYSQL_DATA_TRUNCATED)
		return failed_statement(statement, why);
	ret->rows = 1;
	if (mysql_stmt_fetch_column(statement, &bind, 0, 0) != 0)
		return failed_statement(statement, why);
	if (is_null != 0 || sql_answer_keep(ret, text, len))
		return 0;
	return sql_words_set(why, -EBADMSG, "the text is too long, or has a NUL in it");
}

static int read_one(
	void *session, const struct sql_call *call, struct sql_answer *ret, struct sql_words *why)
{
	MYSQL_STMT *statement = NULL;
	int err = run(session, call, &statement, why);

	if (err == 0 && mysql_stmt_field_count(statement) == 0)
		err = sql_words_set(why, -EINVAL, "it gives no rows at all");
	if (err == 0 && mysql_stmt_store_result(statement) != 0)
		err = failed_statement(statement, why);
	if (err == 0)
		err = fetch(statement, ret, why);
	if (err == 0)
		ret->rows = (size_t)mysql_stmt_num_rows(statement);
	end_statement(statement);
	return err;
}

const struct sql_server sql_server_mariadb = {"MariaDB", SQL_QUESTION_MARKS, "START TRANSACTION",
	open_session, plain, change, read_one, close_session};
