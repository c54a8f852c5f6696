#include "systems/sql/server.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRACE_MS  1000 /* beyond the server's own limit, for its answer to come */
#define STATE_LEN 5    /* of an SQLSTATE */

struct session {
	PGconn *db;
	int64_t time_ms;
};

/* false: the time is over. */
static bool wait_for(PGconn *db, short events, int64_t ends_ms)
{
	struct pollfd p = {.fd = PQsocket(db), .events = events};
	int n = 0;

	do {
		int64_t left = ends_ms - clock_now_ms();
		if (left <= 0)
			return false;
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

/* ---- what it says ---- */

static const struct state_error {
	const char *state; /* or how it begins */
	int err;
} state_errors[] = {
	{"28", -EACCES},    /* who we are */
	{"42501", -EACCES}, /* what we may */
	{"25006", -EACCES}, /* read-only */
	{"3D000", -EINVAL}, /* no such database */
	{"08", -EAGAIN},    /* the connection */
	{"40", -EAGAIN},    /* a deadlock, and such */
	{"53", -EAGAIN},    /* no memory, disk or connection left */
	{"55P03", -EAGAIN}, /* locked */
	{"57", -EAGAIN},    /* ended, or too late */
};

static int error_of(const char *state)
{
	for (size_t i = 0; i < sizeof(state_errors) / sizeof(state_errors[0]); i++)
		if (strncmp(state, state_errors[i].state, strlen(state_errors[i].state)) == 0)
			return state_errors[i].err;
	return -EIO;
}

/* "FATAL:  28P01: password authentication failed": a connection that fails has its state nowhere
 * else. "" when there is none. */
static const char *state_in(const char *words)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (const char *at = strstr(words, ":  "); at != NULL; at = strstr(at + 1, ":  "))
		if (strspn(at + 3, letters) == STATE_LEN && at[3 + STATE_LEN] == ':')
			return at + 3;
	return "";
}

static int not_connected(PGconn *db, struct sql_words *why)
{
	const char *words = PQerrorMessage(db);
	const char *state = state_in(words);
	int err = state[0] != '\0' ? error_of(state) : -EAGAIN;

	if (PQconnectionNeedsPassword(db) == 1)
		err = -EACCES;
	(void)sql_words_set(why, err, words);
	why->text[strcspn(why->text, "\n")] = '\0';
	return err;
}

/* Of a result only the first words: what follows quotes whole rows. */
static int failed(struct session *s, const PGresult *result, struct sql_words *why)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (PQstatus(s->db) == CONNECTION_BAD)
		return sql_words_set(
			why, -EAGAIN, words != NULL ? words : "the connection has ended");
	if (state == NULL || words == NULL)
		return sql_words_set(why, -EIO, "it gives no reason");
	return sql_words_set(why, error_of(state), words);
}

/* ---- the connection ---- */

static bool connect_until(PGconn *db, int64_t ends_ms)
{
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;

	while (step == PGRES_POLLING_WRITING || step == PGRES_POLLING_READING) {
		if (!wait_for(db, step == PGRES_POLLING_READING ? POLLIN : POLLOUT, ends_ms))
			return false;
		step = PQconnectPoll(db);
	}
	return true;
}

static void ignore_notice(void *arg, const PGresult *result)
{
	(void)arg, (void)result;
}

static int plain(void *session, const char *statement, struct sql_words *why);

/* The server itself ends what takes too long, so that we know that it has not happened. */
static int limit_time(struct session *s, struct sql_words *why)
{
	char statement[64];

	(void)snprintf(
		statement, sizeof(statement), "SET statement_timeout = %" PRId64, s->time_ms);
	return plain(s, statement, why);
}

static int open_session(const struct sql_options *o, void **ret, struct sql_words *why)
{
	char port[16] = "";
	struct session *s = memory_new(1, sizeof(*s));
	const char *const names[] = {"host", "port", "user", "password", "dbname",
		"client_encoding", "application_name", "passfile", NULL};
	const char *const values[] = {o->host, port, o->user, o->password, o->database, "UTF8",
		"stanch", "/dev/null", NULL};

	*ret = s;
	s->time_ms = o->time_ms;
	if (o->port != 0)
		(void)snprintf(port, sizeof(port), "%u", o->port);
	/* The database's name is a name, not a string of options. */
	s->db = PQconnectStartParams(names, values, 0);
	if (s->db == NULL)
		return sql_words_set(why, -EIO, "out of memory");
	(void)PQsetErrorVerbosity(s->db, PQERRORS_VERBOSE);
	(void)PQsetNoticeReceiver(s->db, ignore_notice, NULL);
	if (PQstatus(s->db) != CONNECTION_BAD && !connect_until(s->db, clock_now_ms() + o->time_ms))
		return sql_words_set(why, -EAGAIN, "it does not answer in time");
	if (PQstatus(s->db) != CONNECTION_OK)
		return not_connected(s->db, why);
	if (PQsetnonblocking(s->db, 1) != 0)
		return sql_words_set(why, -EIO, PQerrorMessage(s->db));
	return limit_time(s, why);
}

static void close_session(void *session)
{
	struct session *s = session;

	PQfinish(s->db);
	free(s);
}

/* ---- statements ---- */

static int lost(struct sql_words *why, const char *words)
{
	return sql_words_set(why, -EAGAIN, words);
}

static int send_all(struct session *s, int64_t ends_ms, struct sql_words *why)
{
	int left = 1;

	while ((left = PQflush(s->db)) == 1) {
		if (!wait_for(s->db, POLLIN | POLLOUT, ends_ms))
			return lost(why, "it does not answer in time");
		if (PQconsumeInput(s->db) == 0)
			break;
	}
	return left == 0 ? 0 : lost(why, "the connection has ended");
}

/* *ret is the next result, NULL when there is no more. */
static int take_result(struct session *s, int64_t ends_ms, PGresult **ret, struct sql_words *why)
{
	while (PQisBusy(s->db) == 1) {
		if (!wait_for(s->db, POLLIN, ends_ms))
			return lost(why, "it does not answer in time");
		if (PQconsumeInput(s->db) == 0)
			break;
	}
	*ret = PQisBusy(s->db) == 1 ? NULL : PQgetResult(s->db);
	return *ret == NULL && PQstatus(s->db) == CONNECTION_BAD
		       ? lost(why, "the connection has ended")
		       : 0;
}

/* *ret, the first result, is to be cleared in every case. */
static int run(
	struct session *s, const struct sql_call *call, PGresult **ret, struct sql_words *why)
{
	const char *values[SQL_PARAMETERS_MAX] = {0};
	int64_t ends_ms = clock_now_ms() + s->time_ms + GRACE_MS;
	PGresult *more = NULL;
	int err;

	*ret = NULL;
	for (size_t i = 0; i < call->count; i++)
		values[i] = call->values[i];
	if (PQsendQueryParams(s->db, call->text, (int)call->count, NULL, values, NULL, NULL, 0) !=
		1)
		return lost(why, "the connection has ended");
	err = send_all(s, ends_ms, why);
	if (err == 0)
		err = take_result(s, ends_ms, ret, why);
	while (err == 0 && (err = take_result(s, ends_ms, &more, why)) == 0 && more != NULL)
		PQclear(more);
	if (err < 0 || *ret == NULL)
		return err < 0 ? err : lost(why, "it does not answer");

	ExecStatusType status = PQresultStatus(*ret);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return 0;
	return failed(s, *ret, why);
}

/* A COMMIT of what has failed before says that it has rolled back, and no error. */
static int check_commit(const char *statement, PGresult *result, struct sql_words *why)
{
	if (strcmp(statement, "COMMIT") == 0 && strcmp(PQcmdStatus(result), "COMMIT") != 0)
		return sql_words_set(why, -EIO, "it has rolled back");
	return 0;
}

static int plain(void *session, const char *statement, struct sql_words *why)
{
	const struct sql_call call = {.text = statement};
	PGresult *result = NULL;
	int err = run(session, &call, &result, why);

	if (err == 0)
		err = check_commit(statement, result, why);
	PQclear(result);
	return err;
}

static int change(
	void *session, const struct sql_call *call, uint64_t *ret_rows, struct sql_words *why)
{
	PGresult *result = NULL;
	int err = run(session, call, &result, why);

	if (err == 0)
		*ret_rows = strncmp(PQcmdStatus(result), "SELECT", 6) == 0 ? 0
									   : /* that is rows read */
				    strtoull(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return err;
}

static int keep(const PGresult *result, struct sql_answer *ret, struct sql_words *why)
{
	*ret = (struct sql_answer){.rows = (size_t)PQntuples(result)};
	if (ret->rows == 0 || PQnfields(result) == 0 || PQgetisnull(result, 0, 0) == 1)
		return 0;
	if (sql_answer_keep(ret, PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0)))
		return 0;
	return sql_words_set(why, -EBADMSG, "the text is too long, or has a NUL in it");
}

static int read_one(
	void *session, const struct sql_call *call, struct sql_answer *ret, struct sql_words *why)
{
	PGresult *result = NULL;
	int err = run(session, call, &result, why);

	if (err == 0)
		err = keep(result, ret, why);
	PQclear(result);
	return err;
}

const struct sql_server sql_server_postgresql = {
	"PostgreSQL", SQL_NUMBERS, "BEGIN", open_session, plain, change, read_one, close_session};
