#include "systems/sql_table.h"

#include "base/password_hash.h"
#include "base/printable.h"
#include "systems/sql/server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAILBOX_SHOWN 300
#define PIECE         8 /* bytes of a secret or hash that must not be seen in a server's words */

static const struct sql_server *const servers[SQL_SERVERS] = {
	[SQL_SQLITE] = &sql_server_sqlite,
#ifdef STANCH_POSTGRESQL
	[SQL_POSTGRESQL] = &sql_server_postgresql,
#endif
#ifdef STANCH_MARIADB
	[SQL_MARIADB] = &sql_server_mariadb,
#endif
};

static const char *const server_words[SQL_SERVERS] = {"sqlite", "postgresql", "mariadb"};

/* One mailbox at one server. */
struct job {
	const struct sql_options *o;
	const struct sql_server *server;
	void *session;
	char mailbox[SQL_MAILBOX_MAX], local[SQL_MAILBOX_MAX], domain[SQL_MAILBOX_MAX];
	char hash[PASSWORD_HASH_MAX];
	char *values[SQL_PLACES];
	char shown[MAILBOX_SHOWN];
	struct sql_answer old;       /* the hash before */
	const struct secret *secret; /* NULL: none */
	struct sql_words why;
	struct problem *problem;
};

int sql_words_set(struct sql_words *why, int err, const char *words)
{
	(void)snprintf(why->text, sizeof(why->text), "%s", words);
	return err;
}

bool sql_answer_keep(struct sql_answer *answer, const char *at, size_t len)
{
	if (len >= sizeof(answer->text) || memchr(at, '\0', len) != NULL)
		return false;
	memcpy(answer->text, at, len);
	answer->text[len] = '\0';
	return true;
}

/* ---- what a server says ---- */

/* Whether a piece of it is in the words, in capitals or not. */
static bool shows(const char *words, const char *hidden)
{
	size_t len = strlen(hidden);
	char piece[PIECE + 1] = "";

	for (size_t i = 0; i + PIECE <= len; i++) {
		memcpy(piece, hidden + i, PIECE);
		if (strcasestr(words, piece) != NULL)
			return true;
	}
	return len > 0 && len < PIECE && strcasestr(words, hidden) != NULL;
}

static bool shows_any(const struct job *job)
{
	const char *words = job->why.text;

	return shows(words, job->hash) || shows(words, job->old.text) ||
	       (job->o->password != NULL && shows(words, job->o->password)) ||
	       (job->secret != NULL && shows(words, secret_text(job->secret)));
}

/* what: that was tried, as in "cannot connect". */
static int refused(struct job *job, int err, const char *what)
{
	char shown[SQL_WORDS_MAX];
	struct slice words = slice_trim(slice_of(job->why.text));

	if (shows_any(job))
		words = slice_of("its reason has a password or hash in it");
	(void)problem_set(job->problem, err, "%s: %s: %s", job->server->name, what,
		printable_text(words, shown, sizeof(shown)));
	secret_wipe(&job->why, sizeof(job->why));
	return err;
}

/* ---- begin and end ---- */

static int find_server(struct job *job)
{
	if ((unsigned)job->o->server >= SQL_SERVERS)
		return problem_set(job->problem, -EINVAL, "there is no such SQL server");
	job->server = servers[job->o->server];
	if (job->server == NULL)
		return problem_set(job->problem, -EINVAL,
			"sql.server is %s, but this stanch was built without it",
			server_words[job->o->server]);
	if (job->o->database == NULL)
		return problem_set(job->problem, -EINVAL, "sql.database is not set");
	return 0;
}

static int take_mailbox(struct job *job, const char *mailbox)
{
	struct slice name = slice_of(mailbox);
	size_t at = slice_find_last(name, '@');

	printable_text(name, job->shown, sizeof(job->shown));
	if (name.len == 0 || name.len >= sizeof(job->mailbox))
		return problem_set(job->problem, -EINVAL,
			"the name of a mailbox has 1 to %d bytes, not %zu", SQL_MAILBOX_MAX - 1,
			name.len);
	memcpy(job->mailbox, mailbox, name.len);
	memcpy(job->local, mailbox, at);
	if (at < name.len)
		memcpy(job->domain, mailbox + at + 1, name.len - at - 1);
	job->values[SQL_MAILBOX] = job->mailbox;
	job->values[SQL_LOCAL] = job->local;
	job->values[SQL_DOMAIN] = job->domain;
	job->values[SQL_HASH] = job->hash;
	return 0;
}

static int begin(struct job *job, const char *mailbox)
{
	int err = find_server(job);

	if (err == 0)
		err = take_mailbox(job, mailbox);
	if (job->server == NULL || err < 0)
		return err < 0 ? err : -EINVAL;
	err = job->server->open(job->o, &job->session, &job->why);
	return err < 0 ? refused(job, err, "cannot connect") : 0;
}

static int end(struct job *job, int err)
{
	if (job->session != NULL)
		job->server->close(job->session);
	secret_wipe(job, sizeof(*job));
	return err;
}

/* ---- statements ---- */

/* A statement as its setting has it. */
struct wanted {
	const char *name; /* "sql.set" */
	const char *written;
	bool has_hash;
};

static int check_places(
	const struct job *job, const struct wanted *wanted, const struct sql_statement *s)
{
	if (!sql_statement_has(s, SQL_MAILBOX) && !sql_statement_has(s, SQL_LOCAL))
		return problem_set(job->problem, -EINVAL,
			"%s has neither :mailbox nor :local in it: it would be about everybody",
			wanted->name);
	if (sql_statement_has(s, SQL_HASH) != wanted->has_hash)
		return problem_set(job->problem, -EINVAL, "%s has %s :hash in it", wanted->name,
			wanted->has_hash ? "no" : "a");
	return 0;
}

/* Where a place is for the domain, "ann" alone would be somebody of no domain. */
static int check_domain(const struct job *job, const struct sql_statement *s)
{
	if (sql_statement_has(s, SQL_DOMAIN) && job->domain[0] == '\0')
		return problem_set(job->problem, -EINVAL, "%s has no domain", job->shown);
	return 0;
}

static int read_statement(
	const struct job *job, const struct wanted *wanted, struct sql_statement *ret)
{
	struct problem why = {0};
	int err;

	if (wanted->written == NULL)
		return problem_set(job->problem, -EINVAL, "%s is not set", wanted->name);
	err = sql_statement_read(slice_of(wanted->written), job->server->marks, ret, &why);
	if (err < 0)
		return problem_set(job->problem, err, "%s: %s", wanted->name, why.text);
	err = check_places(job, wanted, ret);
	return err < 0 ? err : check_domain(job, ret);
}

static struct sql_call call_of(const struct job *job, const struct sql_statement *s)
{
	struct sql_call call = {.text = s->text, .count = s->count};

	for (size_t i = 0; i < s->count; i++)
		call.values[i] = job->values[s->parameters[i]];
	return call;
}

static int no_row(const struct job *job, const struct wanted *wanted)
{
	return problem_set(job->problem, -ENOENT, "%s: %s finds no row of %s", job->server->name,
		wanted->name, job->shown);
}

/* Exactly one row. */
static int get(struct job *job, const struct wanted *wanted, struct sql_answer *ret)
{
	struct sql_statement s = {0};
	int err = read_statement(job, wanted, &s);

	if (err < 0)
		return err;
	const struct sql_call call = call_of(job, &s);
	err = job->server->read(job->session, &call, ret, &job->why);
	if (err < 0)
		return refused(job, err, wanted->name);
	if (ret->rows == 0)
		return no_row(job, wanted);
	if (ret->rows > 1)
		return problem_set(job->problem, -EIO, "%s: %s gives more than one row of %s",
			job->server->name, wanted->name, job->shown);
	return 0;
}

static int get_hash(struct job *job, struct sql_answer *ret)
{
	const struct wanted wanted = {"sql.get", job->o->get, false};

	return get(job, &wanted, ret);
}

static int change_one(
	struct job *job, const struct wanted *wanted, const struct sql_statement *statement)
{
	const struct sql_call call = call_of(job, statement);
	uint64_t rows = 0;
	int err = job->server->change(job->session, &call, &rows, &job->why);

	if (err < 0)
		return refused(job, err, wanted->name);
	if (rows == 0)
		return no_row(job, wanted);
	if (rows > 1)
		return problem_set(job->problem, -EIO,
			"%s: %s: the statement would change %" PRIu64 " rows", job->server->name,
			wanted->name, rows);
	return 0;
}

/* Is it what was written? A column too short for it, or a trigger, may have made something else of
 * it. */
static int look_at_hash(struct job *job)
{
	struct sql_answer now;
	int err = get_hash(job, &now);
	bool is_so = err == 0 && (strcmp(now.text, job->hash) == 0 ||
					 password_hash_matches(now.text, job->secret));

	secret_wipe(&now, sizeof(now));
	if (err == 0 && !is_so)
		err = problem_set(job->problem, -EIO,
			"%s: what sql.get gives after sql.set is not what was written: is the "
			"column shorter than %zu characters?",
			job->server->name, strlen(job->hash));
	return err;
}

static int roll_back(struct job *job, int err)
{
	struct sql_words why = {0};
	char before[PROBLEM_MAX] = "";

	if (job->server->plain(job->session, "ROLLBACK", &why) == 0 || err != -EIO)
		return err;
	if (job->problem != NULL)
		(void)snprintf(before, sizeof(before), "%s", job->problem->text);
	return problem_set(
		job->problem, err, "%s; and whether it was rolled back is not known", before);
}

/* One row, or none. */
static int change(struct job *job, const struct wanted *wanted)
{
	struct sql_statement s = {0};
	int err = read_statement(job, wanted, &s);

	if (err < 0)
		return err;
	err = job->server->plain(job->session, job->server->begin, &job->why);
	if (err < 0)
		return refused(job, err, "cannot begin a transaction");
	err = change_one(job, wanted, &s);
	if (err == 0 && wanted->has_hash)
		err = look_at_hash(job);
	if (err < 0)
		return roll_back(job, err);
	err = job->server->plain(job->session, "COMMIT", &job->why);
	if (err < 0)
		return refused(job,
			err == -EAGAIN && job->o->server != SQL_SQLITE ? -ETIMEDOUT : err,
			"cannot commit");
	return 0;
}

/* ---- passwords ---- */

static int check_scheme(const struct job *job)
{
	static const char *const known[] = {
		"SHA512-CRYPT", "SHA256-CRYPT", "BLF-CRYPT", "ARGON2ID", "CRYPT"};

	if (job->o->scheme == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(job->o->scheme, known[i]) == 0)
			return 0;
	return problem_set(job->problem, -EINVAL,
		"sql.scheme is none of SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT, ARGON2ID, CRYPT");
}

static int make_hash(struct job *job)
{
	char scheme[40] = "";
	const char *old = job->old.text[0] != '\0' ? job->old.text : NULL;
	int err = check_scheme(job);

	if (err < 0)
		return err;
	if (job->o->scheme != NULL) {
		(void)snprintf(scheme, sizeof(scheme), "{%s}", job->o->scheme);
		old = scheme;
	}
	err = password_hash_make(old, job->secret, job->hash, sizeof(job->hash), job->problem);
	return err == -ENOBUFS ? -EIO : err;
}

static int prove(struct job *job)
{
	struct sql_answer now;
	int err = get_hash(job, &now);
	bool is_so = err == 0 && password_hash_matches(now.text, job->secret);

	secret_wipe(&now, sizeof(now));
	if (err == 0 && !is_so)
		err = problem_set(job->problem, -EIO,
			"%s: the password of %s is changed, but what sql.get gives now is not it",
			job->server->name, job->shown);
	return err;
}

int sql_table_set(const struct sql_options *o, const char *mailbox, const struct secret *secret,
	struct problem *problem)
{
	struct job job = {.o = o, .secret = secret, .problem = problem};
	const struct wanted set = {"sql.set", o->set, true};
	int err = begin(&job, mailbox);

	if (err == 0)
		err = get_hash(&job, &job.old);
	if (err == 0)
		err = make_hash(&job);
	if (err == 0)
		err = change(&job, &set);
	if (err == 0)
		err = prove(&job);
	return end(&job, err);
}

int sql_table_has(const struct sql_options *o, const char *mailbox, const struct secret *secret,
	bool *ret_is_so, struct problem *problem)
{
	struct job job = {.o = o, .secret = secret, .problem = problem};
	int err = begin(&job, mailbox);

	if (err == 0)
		err = get_hash(&job, &job.old);
	if (err == 0)
		*ret_is_so = password_hash_matches(job.old.text, secret);
	return end(&job, err);
}

int sql_table_mark(const struct sql_options *o, const char *mailbox,
	char ret_mark[PASSWORD_HASH_MARK], struct problem *problem)
{
	struct job job = {.o = o, .problem = problem};
	int err = begin(&job, mailbox);

	if (err == 0)
		err = get_hash(&job, &job.old);
	if (err == 0)
		password_hash_mark(slice_of(job.old.text), ret_mark);
	return end(&job, err);
}

/* ---- suspended ---- */

static int change_state(const struct sql_options *o, const char *mailbox,
	const struct wanted *wanted, struct problem *problem)
{
	struct job job = {.o = o, .problem = problem};
	int err = begin(&job, mailbox);

	if (err == 0)
		err = change(&job, wanted);
	return end(&job, err);
}

int sql_table_suspend(const struct sql_options *o, const char *mailbox, struct problem *problem)
{
	const struct wanted wanted = {"sql.suspend", o->suspend, false};

	return change_state(o, mailbox, &wanted, problem);
}

int sql_table_resume(const struct sql_options *o, const char *mailbox, struct problem *problem)
{
	const struct wanted wanted = {"sql.resume", o->resume, false};

	return change_state(o, mailbox, &wanted, problem);
}

/* As the servers write what is true: SQLite and MariaDB 1, PostgreSQL t. */
static int read_truth(const struct job *job, const char *text, bool *ret_is_so)
{
	bool is_true = strcmp(text, "1") == 0 || strcmp(text, "t") == 0;

	if (!is_true && strcmp(text, "0") != 0 && strcmp(text, "f") != 0)
		return problem_set(job->problem, -EBADMSG,
			"%s: sql.suspended gives neither true nor false", job->server->name);
	*ret_is_so = is_true;
	return 0;
}

int sql_table_is_suspended(
	const struct sql_options *o, const char *mailbox, bool *ret_is_so, struct problem *problem)
{
	struct job job = {.o = o, .problem = problem};
	const struct wanted wanted = {"sql.suspended", o->suspended, false};
	struct sql_answer now = {0};
	int err = begin(&job, mailbox);

	if (err == 0)
		err = get(&job, &wanted, &now);
	if (err == 0)
		err = read_truth(&job, now.text, ret_is_so);
	return end(&job, err);
}
