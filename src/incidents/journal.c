#include "incidents/journal.h"

#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION_ID 0x73746e63 /* "stnc": file(1) and we know the file by it */
#define SCHEMA         1
#define LOCK_NAME      "acting"
#define BUSY_MS        5000 /* a reader's checkpoint takes a moment */
/* Each commit is synced to the log beside the database. Intent and outcome write the same pages:
 * they are copied into the database once, at the end, unless there are more than this. */
#define WAL_PAGES "16384"

/* Times are seconds since 1970. Text is as it was seen, whatever its bytes. */
static const char schema[] =
	"CREATE TABLE holds("
	" hold INTEGER PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL, uid INTEGER NOT NULL,"
	" user TEXT NOT NULL, sudo_user TEXT NOT NULL, tty TEXT NOT NULL, reason TEXT NOT NULL,"
	" selector TEXT NOT NULL, source TEXT NOT NULL, spool TEXT NOT NULL, queue TEXT NOT NULL);"
	"CREATE TABLE actions("
	" action INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
	" hold INTEGER REFERENCES holds(hold), began INTEGER NOT NULL, ended INTEGER,"
	" uid INTEGER NOT NULL, user TEXT NOT NULL, sudo_user TEXT NOT NULL, tty TEXT NOT NULL,"
	" request TEXT NOT NULL, messages INTEGER, done INTEGER, left_alone INTEGER,"
	" missing INTEGER, conflict INTEGER, recovered INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX actions_unfinished ON actions(action) WHERE ended IS NULL;"
	"CREATE TABLE messages("
	" hold INTEGER NOT NULL REFERENCES holds(hold), id TEXT NOT NULL, state TEXT NOT NULL,"
	" action INTEGER NOT NULL REFERENCES actions(action), from_queue TEXT NOT NULL,"
	" from_letter TEXT NOT NULL, msglog_letter TEXT NOT NULL, source TEXT, sender TEXT,"
	" recipients TEXT, recipient_count INTEGER, received INTEGER,"
	" PRIMARY KEY(hold, id)) WITHOUT ROWID;"
	"CREATE INDEX messages_id ON messages(id);"
	"CREATE TABLE problems("
	" action INTEGER NOT NULL REFERENCES actions(action),"
	" hold INTEGER NOT NULL REFERENCES holds(hold), id TEXT NOT NULL, why TEXT NOT NULL);"
	"CREATE INDEX problems_action ON problems(action);"
	"PRAGMA application_id=1937010275;"
	"PRAGMA user_version=1;";
_Static_assert(APPLICATION_ID == 1937010275, "the same number twice");

enum statement {
	ADD_HOLD,
	ADD_ACTION,
	ADD_MESSAGE,
	ADD_MESSAGE_AGAIN,
	SET_DETAILS,
	SET_STATE,
	SET_STATES,
	ADD_PROBLEM,
	END_ACTION,
	EACH_HOLD,
	EACH_UNFINISHED,
	EACH_MESSAGE,
	EACH_MESSAGE_OF_HOLD,
	EACH_MESSAGE_OF_ID,
	STATEMENTS
};

#define MESSAGE_COLUMNS                                                                            \
	"SELECT m.hold, m.id, m.state, m.from_queue, m.from_letter, m.msglog_letter, m.source,"    \
	" m.sender, m.recipients, m.recipient_count, m.received, m.action FROM messages m"
#define MESSAGE_CHOICE                                                                             \
	" AND (?2 = 0 OR m.action = ?2) AND (?4 = 0 OR (SELECT created FROM holds h"               \
	" WHERE h.hold = m.hold) < ?4)"

static const char *const statements[STATEMENTS] = {
	[ADD_HOLD] =
		"INSERT INTO holds(created, uid, user, sudo_user, tty, reason, selector, source,"
		" spool, queue) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
	[ADD_ACTION] = "INSERT INTO actions(kind, hold, began, uid, user, sudo_user, tty, request)"
		       " VALUES(?1, NULLIF(?2, 0), ?3, ?4, ?5, ?6, ?7, ?8)",
	[ADD_MESSAGE] = "INSERT INTO messages(hold, id, state, action, from_queue, from_letter,"
			" msglog_letter, source, sender, recipients, recipient_count, received)"
			" VALUES(?1, ?2, ?3, ?12, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[ADD_MESSAGE_AGAIN] = "UPDATE messages SET state = ?3, action = ?12, from_queue = ?4,"
			      " from_letter = ?5, msglog_letter = ?6 WHERE hold = ?1 AND id = ?2",
	[SET_DETAILS] = "UPDATE messages SET state = ?3, msglog_letter = ?6, source = ?7,"
			" sender = ?8, recipients = ?9, recipient_count = ?10, received = ?11"
			" WHERE hold = ?1 AND id = ?2",
	[SET_STATE] = "UPDATE messages SET state = ?3, action = ?4 WHERE hold = ?1 AND id = ?2",
	[SET_STATES] = "UPDATE messages SET state = ?4, action = ?5 WHERE hold = ?1"
		       " AND (?2 = 0 OR action = ?2) AND state = ?3",
	[ADD_PROBLEM] = "INSERT INTO problems(action, hold, id, why) VALUES(?1, ?2, ?3, ?4)",
	[END_ACTION] = "UPDATE actions SET ended = ?2, messages = ?3, done = ?4, left_alone = ?5,"
		       " missing = ?6, conflict = ?7, recovered = ?8 WHERE action = ?1",
	[EACH_HOLD] =
		"SELECT h.hold, h.created, h.uid, h.user, h.sudo_user, h.tty, h.reason, h.selector,"
		" h.source, h.spool, h.queue, EXISTS(SELECT 1 FROM actions a WHERE a.ended IS NULL"
		" AND (a.hold = h.hold OR a.hold IS NULL)), m.state, count(m.id), min(m.received)"
		" FROM holds h LEFT JOIN messages m ON m.hold = h.hold WHERE ?1 = 0 OR h.hold = ?1"
		" GROUP BY h.hold, m.state ORDER BY h.hold",
	[EACH_UNFINISHED] =
		"SELECT action, kind, ifnull(hold, 0), began, uid, user, sudo_user, tty,"
		" request FROM actions WHERE ended IS NULL ORDER BY action",
	[EACH_MESSAGE] = MESSAGE_COLUMNS " WHERE ?1 = 0" MESSAGE_CHOICE " ORDER BY m.hold, m.id",
	[EACH_MESSAGE_OF_HOLD] =
		MESSAGE_COLUMNS " WHERE m.hold = ?1" MESSAGE_CHOICE " ORDER BY m.id",
	[EACH_MESSAGE_OF_ID] = MESSAGE_COLUMNS
	" WHERE m.id = ?3 AND (?1 = 0 OR m.hold = ?1)" MESSAGE_CHOICE " ORDER BY m.hold",
};

struct journal {
	sqlite3 *db;
	sqlite3_stmt *prepared[STATEMENTS];
	char *path;
	int lock_fd; /* -1: reading only */
	bool in_transaction;
};

static const char *const state_names[MESSAGE_STATES] = {
	[MESSAGE_INTENDED] = "intended",
	[MESSAGE_HELD] = "held",
	[MESSAGE_LEFT] = "left",
	[MESSAGE_RESTORING] = "restoring",
	[MESSAGE_RESTORED] = "restored",
	[MESSAGE_PURGING] = "purging",
	[MESSAGE_PURGED] = "purged",
	[MESSAGE_RELEASED] = "released",
	[MESSAGE_GONE] = "gone",
};

const char *message_state_name(enum message_state state)
{
	return state_names[state];
}

static const char *const kind_names[ACTION_KINDS] = {
	[ACTION_HOLD] = "hold", [ACTION_RESTORE] = "restore", [ACTION_PURGE] = "purge"};

const char *action_kind_name(enum action_kind kind)
{
	return kind_names[kind];
}

static int name_index(const char *const *names, int count, const unsigned char *name)
{
	for (int i = 0; i < count; i++)
		if (name != NULL && strcmp(names[i], (const char *)name) == 0)
			return i;
	return -1;
}

void journal_who_now(struct journal_who *ret)
{
	const struct passwd *p = getpwuid(getuid());
	const char *sudo = getenv("SUDO_USER");

	*ret = (struct journal_who){.uid = getuid()};
	if (p != NULL)
		(void)snprintf(ret->user, sizeof(ret->user), "%s", p->pw_name);
	else
		(void)snprintf(ret->user, sizeof(ret->user), "uid %u", (unsigned)ret->uid);
	if (sudo != NULL)
		(void)snprintf(ret->sudo_user, sizeof(ret->sudo_user), "%s", sudo);
	for (int fd = 0; fd < 3 && ret->tty[0] == '\0'; fd++)
		if (ttyname_r(fd, ret->tty, sizeof(ret->tty)) != 0)
			ret->tty[0] = '\0';
}

char *journal_who_text(const struct journal_who *who, char at[192])
{
	char user[72], sudo[72];

	printable_text(slice_of(who->user), user, sizeof(user));
	printable_text(slice_of(who->sudo_user), sudo, sizeof(sudo));
	if (sudo[0] != '\0')
		(void)snprintf(at, 192, "%s (sudo by %s)", user, sudo);
	else
		(void)snprintf(at, 192, "%s", user);
	return at;
}

static bool is_folder_writable(const char *path)
{
	char folder[PATH_MAX];
	const char *end = strrchr(path, '/');

	(void)snprintf(folder, sizeof(folder), "%.*s", end != NULL ? (int)(end - path) : 0, path);
	return access(folder[0] != '\0' ? folder : "/", W_OK) == 0;
}

/* What SQLite's answer means for a person who can do something about it. */
static int fault(struct journal *j, int rc, struct problem *problem)
{
	int extended = j->db != NULL ? sqlite3_extended_errcode(j->db) : rc;
	const char *said = j->db != NULL ? sqlite3_errmsg(j->db) : sqlite3_errstr(rc);

	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return problem_set(problem, -EBADMSG,
			"%s is damaged (%s): move it aside; held mail stays in Exim's hold queue, "
			"from which stanch restore --all then puts it back",
			j->path, said);
	case SQLITE_READONLY:
		return problem_set(problem, -EROFS, "cannot write %s: %s", j->path, said);
	case SQLITE_CANTOPEN:
		/* Even to read, SQLite writes a -shm beside it. */
		if (access(j->path, R_OK) == 0 && !is_folder_writable(j->path))
			return problem_set(problem, -EROFS,
				"cannot open %s: nothing can be written beside it, as is needed "
				"even to read it: copy the folder to where that is so, and name "
				"the copy with --state",
				j->path);
		return problem_set(problem, -EACCES, "cannot open %s: %s", j->path, said);
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return problem_set(problem, -EACCES, "cannot open %s: %s", j->path, said);
	case SQLITE_FULL:
		return problem_set(problem, -ENOSPC, "cannot write %s: the disk is full", j->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return problem_set(problem, -EBUSY, "%s is in use by another process", j->path);
	default:
		return problem_set(
			problem, -EIO, "cannot use %s: %s (%d)", j->path, said, extended);
	}
}

static int run(struct journal *j, const char *sql, struct problem *problem)
{
	int rc = sqlite3_exec(j->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fault(j, rc, problem);
}

static int number(struct journal *j, const char *sql, int64_t *ret_number, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(j->db, sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? 0 : fault(j, rc, problem);
}

/* Others could have put anything into a folder or file that they may write. */
static int check_owned(const char *path, const struct stat *s, struct problem *problem)
{
	const struct passwd *owner;

	if (s->st_uid != geteuid() && s->st_uid != 0) {
		owner = getpwuid(s->st_uid);
		return problem_set(problem, -EPERM,
			"%s belongs to %s, not to root or you: not used; run stanch as its owner, "
			"or name another folder with --state",
			path, owner != NULL ? owner->pw_name : "another user");
	}
	if ((s->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return problem_set(problem, -EPERM, "%s can be written by others: not used", path);
	return 0;
}

static const char *way_out(int error)
{
	return error == EACCES || error == EPERM
		       ? ": run as root, or name a folder of your own with --state"
		       : "";
}

static int check_folder(const char *folder, bool make, struct problem *problem)
{
	struct stat s;

	if (make && mkdir(folder, 0700) < 0 && errno != EEXIST)
		return problem_set(problem, -errno, "cannot make the folder %s: %s%s", folder,
			strerror(errno), way_out(errno));
	if (stat(folder, &s) < 0)
		return errno == ENOENT
			       ? problem_set(problem, -ENOENT,
					 "there is no journal folder %s: nothing was held yet",
					 folder)
			       : problem_set(problem, -errno, "cannot look at %s: %s", folder,
					 strerror(errno));
	if (!S_ISDIR(s.st_mode))
		return problem_set(problem, -ENOTDIR, "%s is not a folder", folder);
	return check_owned(folder, &s, problem);
}

static int check_file(const char *path, bool make, struct problem *problem)
{
	struct stat s;

	if (make) {
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0 && errno != EEXIST)
			return problem_set(
				problem, -errno, "cannot make %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	if (lstat(path, &s) < 0)
		return errno == ENOENT
			       ? problem_set(problem, -ENOENT,
					 "there is no journal %s: nothing was held yet", path)
			       : problem_set(problem, -errno, "cannot look at %s: %s%s", path,
					 strerror(errno), way_out(errno));
	if (!S_ISREG(s.st_mode))
		return problem_set(problem, -EPERM, "%s is no plain file: not used", path);
	if (access(path, make ? R_OK | W_OK : R_OK) < 0)
		return problem_set(problem, -errno, "cannot %s %s: %s%s", make ? "write" : "read",
			path, strerror(errno), way_out(errno));
	return check_owned(path, &s, problem);
}

static char *path_in(const char *folder, const char *name)
{
	char *path = memory_new(strlen(folder) + 1 + strlen(name) + 1, 1);

	(void)sprintf(path, "%s/%s", folder, name);
	return path;
}

static int say_who_acts(int fd, const char *folder, struct problem *problem)
{
	char said[200], text[400];
	ssize_t n = pread(fd, said, sizeof(said), 0);

	if (n <= 0)
		return problem_set(problem, -EBUSY, "another stanch is acting on %s", folder);
	printable_text(slice_trim((struct slice){said, (size_t)n}), text, sizeof(text));
	return problem_set(problem, -EBUSY,
		"another stanch is acting on %s: %s; try again when it "
		"has ended",
		folder, text);
}

/* One acting process at a time: so whatever the journal calls unfinished was killed. The lock goes
 * with the process. The text in the file is for people only. */
static int take_lock(
	struct journal *j, const char *folder, const char *command, struct problem *problem)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct journal_who who;
	char *path = path_in(folder, LOCK_NAME);
	char text[320], name[192], when[32];
	time_t now = time(NULL);
	struct tm t;
	int n;

	j->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->lock_fd < 0) {
		int err = problem_set(problem, -errno, "cannot open %s: %s%s", path,
			strerror(errno), way_out(errno));

		free(path);
		return err;
	}
	free(path);
	if (fcntl(j->lock_fd, F_OFD_SETLK, &whole) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return say_who_acts(j->lock_fd, folder, problem);
		return problem_set(problem, -errno, "cannot lock %s: %s", folder, strerror(errno));
	}
	journal_who_now(&who);
	localtime_r(&now, &t);
	(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &t);
	n = snprintf(text, sizeof(text), "%s of %s, process %d, since %s\n", command,
		journal_who_text(&who, name), (int)getpid(), when);
	/* On a full disk the lock holds all the same. */
	if (ftruncate(j->lock_fd, 0) < 0 || pwrite(j->lock_fd, text, (size_t)n, 0) < 0)
		return 0;
	return 0;
}

static int open_database(struct journal *j, enum journal_access access, struct problem *problem)
{
	int rc =
		sqlite3_open_v2(j->path, &j->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK && access == JOURNAL_READ) {
		sqlite3_close(j->db);
		rc = sqlite3_open_v2(
			j->path, &j->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	}
	if (rc != SQLITE_OK)
		return fault(j, rc, problem);
	sqlite3_busy_timeout(j->db, BUSY_MS);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
	return run(j,
		"PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
		"PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=" WAL_PAGES ";",
		problem);
}

static int check_schema(struct journal *j, enum journal_access access, struct problem *problem)
{
	int64_t version = 0, id = 0, tables = 0;
	int err = number(j, "PRAGMA user_version", &version, problem);

	if (err == 0)
		err = number(j, "PRAGMA application_id", &id, problem);
	if (err == 0)
		err = number(j, "SELECT count(*) FROM sqlite_schema", &tables, problem);
	if (err < 0)
		return err;
	if (tables == 0 && version == 0 && access == JOURNAL_READ)
		return problem_set(
			problem, -ENOENT, "the journal %s is empty: nothing was held yet", j->path);
	if (tables == 0 && version == 0) {
		err = run(j, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE;", problem);
		if (err == 0)
			err = run(j, schema, problem);
		return err == 0 ? run(j, "COMMIT", problem) : err;
	}
	if (id != APPLICATION_ID)
		return problem_set(problem, -EBADMSG, "%s is no journal of stanch", j->path);
	if (version != SCHEMA)
		return problem_set(problem, -ENOTSUP,
			"%s was written by a newer stanch (version %lld of the journal, this one "
			"knows %d)",
			j->path, (long long)version, SCHEMA);
	return 0;
}

int journal_open(const char *folder, enum journal_access access, const char *command,
	struct journal **ret_journal, struct problem *problem)
{
	bool act = access == JOURNAL_ACT;
	struct journal *j = memory_new(1, sizeof(*j));
	int err;

	j->lock_fd = -1;
	j->path = path_in(folder, JOURNAL_NAME);
	err = check_folder(folder, act, problem);
	if (err == 0 && act)
		err = take_lock(j, folder, command, problem);
	if (err == 0)
		err = check_file(j->path, act, problem);
	if (err == 0)
		err = open_database(j, access, problem);
	if (err == 0)
		err = check_schema(j, access, problem);
	if (err < 0) {
		journal_free(j);
		return err;
	}
	*ret_journal = j;
	return 0;
}

void journal_free(struct journal *j)
{
	if (j == NULL)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(j->prepared[i]);
	sqlite3_close(j->db);
	if (j->lock_fd >= 0) {
		if (ftruncate(j->lock_fd, 0) < 0)
			errno = 0; /* the text is for people only */
		close(j->lock_fd);
	}
	free(j->path);
	free(j);
}

static int prepare(struct journal *j, enum statement which, sqlite3_stmt **ret, struct problem *p)
{
	if (j->prepared[which] == NULL) {
		int rc = sqlite3_prepare_v3(j->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
			&j->prepared[which], NULL);

		if (rc != SQLITE_OK)
			return fault(j, rc, p);
	}
	*ret = j->prepared[which];
	return 0;
}

/* What came of a statement's step, which gives no rows; makes it ready for the next time. */
static int finish_step(struct journal *j, sqlite3_stmt *s, int rc, struct problem *problem)
{
	int err = rc == SQLITE_DONE ? 0 : fault(j, rc, problem);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return err;
}

static int finish(struct journal *j, sqlite3_stmt *s, struct problem *problem)
{
	return finish_step(j, s, sqlite3_step(s), problem);
}

int journal_begin(struct journal *j, struct problem *problem)
{
	int err = run(j, "BEGIN IMMEDIATE", problem);

	j->in_transaction = err == 0;
	return err;
}

int journal_commit(struct journal *j, struct problem *problem)
{
	int err = run(j, "COMMIT", problem);

	if (err == 0)
		j->in_transaction = false;
	return err;
}

void journal_undo(struct journal *j)
{
	/* When SQLite has undone it by itself already, that is fine, too. */
	if (j->in_transaction && sqlite3_get_autocommit(j->db) == 0)
		sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
	j->in_transaction = false;
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

static void bind_slice(sqlite3_stmt *s, int at, struct slice text)
{
	sqlite3_bind_text(s, at, text.at != NULL ? text.at : "", (int)text.len, SQLITE_STATIC);
}

static void bind_id(sqlite3_stmt *s, int at, const struct exim_id *id)
{
	sqlite3_bind_text(s, at, id->text, id->len, SQLITE_STATIC);
}

/* uid, user, sudo_user, tty at `at` and on. */
static void bind_who(sqlite3_stmt *s, int at, const struct journal_who *who)
{
	sqlite3_bind_int64(s, at, who->uid);
	bind_text(s, at + 1, who->user);
	bind_text(s, at + 2, who->sudo_user);
	bind_text(s, at + 3, who->tty);
}

int journal_add_hold(struct journal *j, const struct journal_hold *hold, int64_t *ret_hold,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, ADD_HOLD, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, hold->created);
	bind_who(s, 2, &hold->who);
	bind_text(s, 6, hold->reason);
	bind_text(s, 7, hold->selector);
	bind_text(s, 8, hold->source);
	bind_text(s, 9, hold->spool);
	bind_text(s, 10, hold->queue);
	err = finish(j, s, problem);
	if (err == 0)
		*ret_hold = sqlite3_last_insert_rowid(j->db);
	return err;
}

int journal_add_action(struct journal *j, const struct journal_action *action, int64_t *ret_action,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, ADD_ACTION, &s, problem);

	if (err < 0)
		return err;
	bind_text(s, 1, kind_names[action->kind]);
	sqlite3_bind_int64(s, 2, action->hold);
	sqlite3_bind_int64(s, 3, action->began);
	bind_who(s, 4, &action->who);
	bind_text(s, 8, action->request);
	err = finish(j, s, problem);
	if (err == 0)
		*ret_action = sqlite3_last_insert_rowid(j->db);
	return err;
}

static void bind_letter(sqlite3_stmt *s, int at, const char *letter)
{
	sqlite3_bind_text(s, at, letter, *letter != 0 ? 1 : 0, SQLITE_STATIC);
}

/* ?1, ?2 and ?6 to ?11, which adding and completing have in common. */
static void bind_message(sqlite3_stmt *s, const struct journal_message *m)
{
	sqlite3_bind_int64(s, 1, m->hold);
	bind_id(s, 2, &m->id);
	bind_letter(s, 6, &m->msglog_letter);
	if (!m->details)
		return; /* unbound is NULL */
	bind_slice(s, 7, m->source);
	bind_slice(s, 8, m->sender);
	bind_slice(s, 9, slice_first(m->recipients, JOURNAL_RECIPIENTS_MAX));
	sqlite3_bind_int64(s, 10, (int64_t)m->recipient_count);
	sqlite3_bind_int64(s, 11, m->received);
}

static int bind_to_add(struct journal *j, enum statement which,
	const struct journal_message *message, sqlite3_stmt **ret, struct problem *problem)
{
	int err = prepare(j, which, ret, problem);

	if (err < 0)
		return err;
	bind_message(*ret, message);
	bind_text(*ret, 3, state_names[message->state]);
	bind_text(*ret, 4, message->queue);
	bind_letter(*ret, 5, &message->letter);
	sqlite3_bind_int64(*ret, 12, message->action);
	return 0;
}

/* Two statements, because one for both (ON CONFLICT) makes SQLite keep a journal of each, a third
 * of the time of an intent. */
int journal_add_message(
	struct journal *j, const struct journal_message *message, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = bind_to_add(j, ADD_MESSAGE, message, &s, problem);

	if (err < 0)
		return err;
	int rc = sqlite3_step(s);
	if (rc != SQLITE_CONSTRAINT ||
		sqlite3_extended_errcode(j->db) != SQLITE_CONSTRAINT_PRIMARYKEY)
		return finish_step(j, s, rc, problem);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	err = bind_to_add(j, ADD_MESSAGE_AGAIN, message, &s, problem);
	return err == 0 ? finish(j, s, problem) : err;
}

int journal_set_details(
	struct journal *j, const struct journal_message *message, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_DETAILS, &s, problem);

	if (err < 0)
		return err;
	bind_message(s, message);
	bind_text(s, 3, state_names[message->state]);
	return finish(j, s, problem);
}

int journal_set_state(struct journal *j, int64_t hold, const struct exim_id *id,
	enum message_state state, int64_t action, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_STATE, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, hold);
	bind_id(s, 2, id);
	bind_text(s, 3, state_names[state]);
	sqlite3_bind_int64(s, 4, action);
	return finish(j, s, problem);
}

int journal_set_states(struct journal *j, int64_t hold, int64_t action, enum message_state from,
	enum message_state to, int64_t by, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_STATES, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, hold);
	sqlite3_bind_int64(s, 2, action);
	bind_text(s, 3, state_names[from]);
	bind_text(s, 4, state_names[to]);
	sqlite3_bind_int64(s, 5, by);
	return finish(j, s, problem);
}

int journal_add_problem(struct journal *j, int64_t action, int64_t hold, const struct exim_id *id,
	const char *why, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, ADD_PROBLEM, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, action);
	sqlite3_bind_int64(s, 2, hold);
	bind_id(s, 3, id);
	bind_text(s, 4, why);
	return finish(j, s, problem);
}

int journal_end_action(struct journal *j, int64_t action, int64_t ended,
	const struct journal_counts *counts, bool recovered, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, END_ACTION, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, action);
	sqlite3_bind_int64(s, 2, ended);
	sqlite3_bind_int64(s, 3, (int64_t)counts->messages);
	sqlite3_bind_int64(s, 4, (int64_t)counts->done);
	sqlite3_bind_int64(s, 5, (int64_t)counts->left);
	sqlite3_bind_int64(s, 6, (int64_t)counts->missing);
	sqlite3_bind_int64(s, 7, (int64_t)counts->conflict);
	sqlite3_bind_int(s, 8, recovered);
	return finish(j, s, problem);
}

static const char *column_text(sqlite3_stmt *s, int at)
{
	const unsigned char *text = sqlite3_column_text(s, at);

	return text != NULL ? (const char *)text : "";
}

static struct slice column_slice(sqlite3_stmt *s, int at)
{
	const char *text = column_text(s, at);

	return (struct slice){text, (size_t)sqlite3_column_bytes(s, at)};
}

static void read_who(sqlite3_stmt *s, int at, struct journal_who *ret)
{
	ret->uid = (uint32_t)sqlite3_column_int64(s, at);
	(void)snprintf(ret->user, sizeof(ret->user), "%s", column_text(s, at + 1));
	(void)snprintf(ret->sudo_user, sizeof(ret->sudo_user), "%s", column_text(s, at + 2));
	(void)snprintf(ret->tty, sizeof(ret->tty), "%s", column_text(s, at + 3));
}

/* Ends a statement that gave rows; rc is its last answer, SQLITE_ROW when the visitor stopped it.
 */
static int finish_rows(struct journal *j, sqlite3_stmt *s, int rc, struct problem *problem)
{
	int err = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : fault(j, rc, problem);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return err;
}

/* Text of the row's own, because the rows of one hold are gathered before the visitor sees it. */
struct hold_row {
	struct journal_hold hold;
	char *texts[5];
};

static void row_clear(struct hold_row *row)
{
	for (int i = 0; i < 5; i++)
		free(row->texts[i]);
	*row = (struct hold_row){0};
}

static void row_begin(struct hold_row *row, sqlite3_stmt *s)
{
	row_clear(row);
	row->hold.hold = sqlite3_column_int64(s, 0);
	row->hold.created = sqlite3_column_int64(s, 1);
	read_who(s, 2, &row->hold.who);
	for (int i = 0; i < 5; i++) {
		struct slice text = column_slice(s, 6 + i);

		row->texts[i] = memory_copy(text.at, text.len);
	}
	row->hold.reason = row->texts[0];
	row->hold.selector = row->texts[1];
	row->hold.source = row->texts[2];
	row->hold.spool = row->texts[3];
	row->hold.queue = row->texts[4];
	row->hold.unfinished = sqlite3_column_int(s, 11) != 0;
}

static void row_count(struct hold_row *row, sqlite3_stmt *s)
{
	int state = name_index(state_names, MESSAGE_STATES, sqlite3_column_text(s, 12));
	uint64_t n = (uint64_t)sqlite3_column_int64(s, 13);

	row->hold.messages += n;
	if (state < 0)
		return;
	row->hold.by_state[state] += n;
	if (state == MESSAGE_HELD)
		row->hold.oldest = sqlite3_column_int64(s, 14);
}

int journal_each_hold(struct journal *j, int64_t hold, journal_hold_visit *visit, void *context,
	struct problem *problem)
{
	struct hold_row row = {0};
	sqlite3_stmt *s = NULL;
	bool more = true;
	int rc, err = prepare(j, EACH_HOLD, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, hold);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW && more) {
		if (row.hold.hold != sqlite3_column_int64(s, 0)) {
			if (row.hold.hold != 0)
				more = visit(context, &row.hold);
			row_begin(&row, s);
		}
		row_count(&row, s);
	}
	if (more && rc == SQLITE_DONE && row.hold.hold != 0)
		visit(context, &row.hold);
	row_clear(&row);
	return finish_rows(j, s, rc, problem);
}

int journal_each_unfinished(
	struct journal *j, journal_action_visit *visit, void *context, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc, err = prepare(j, EACH_UNFINISHED, &s, problem);

	if (err < 0)
		return err;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		int kind = name_index(kind_names, ACTION_KINDS, sqlite3_column_text(s, 1));
		struct journal_action a = {
			.action = sqlite3_column_int64(s, 0),
			.kind = (enum action_kind)kind,
			.hold = sqlite3_column_int64(s, 2),
			.began = sqlite3_column_int64(s, 3),
			.request = column_text(s, 8),
		};

		read_who(s, 4, &a.who);
		if (kind >= 0 && !visit(context, &a))
			break;
	}
	return finish_rows(j, s, rc, problem);
}

static bool read_message(sqlite3_stmt *s, struct journal_message *ret)
{
	int state = name_index(state_names, MESSAGE_STATES, sqlite3_column_text(s, 2));

	*ret = (struct journal_message){
		.hold = sqlite3_column_int64(s, 0),
		.state = (enum message_state)state,
		.queue = column_text(s, 3),
		.letter = column_text(s, 4)[0],
		.msglog_letter = column_text(s, 5)[0],
		.details = sqlite3_column_type(s, 6) != SQLITE_NULL,
	};
	/* What was changed by hand so that it is no id, no state or no letter is left alone. */
	if (state < 0 || exim_id_parse(column_slice(s, 1), &ret->id) < 0 ||
		(ret->letter != 0 && !exim_id_is_digit(ret->letter)) ||
		(ret->msglog_letter != 0 && !exim_id_is_digit(ret->msglog_letter)) ||
		(ret->queue[0] != '\0' && !exim_spool_is_queue_name(ret->queue)))
		return false;
	ret->source = column_slice(s, 6);
	ret->sender = column_slice(s, 7);
	ret->recipients = column_slice(s, 8);
	ret->recipient_count = (uint64_t)sqlite3_column_int64(s, 9);
	ret->received = sqlite3_column_int64(s, 10);
	ret->action = sqlite3_column_int64(s, 11);
	return true;
}

int journal_each_message(struct journal *j, const struct journal_choice *choice,
	journal_message_visit *visit, void *context, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	enum statement which = choice->id != NULL  ? EACH_MESSAGE_OF_ID
			       : choice->hold != 0 ? EACH_MESSAGE_OF_HOLD
						   : EACH_MESSAGE;
	int rc, err = prepare(j, which, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, choice->hold);
	sqlite3_bind_int64(s, 2, choice->action);
	if (choice->id != NULL)
		bind_id(s, 3, choice->id);
	sqlite3_bind_int64(s, 4, choice->held_before);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct journal_message m;

		if (!read_message(s, &m)) {
			finish_rows(j, s, rc, NULL);
			return problem_set(problem, -EBADMSG,
				"%s holds a message that is none: it was changed by hand", j->path);
		}
		if (choice->states != 0 && (choice->states >> m.state & 1) == 0)
			continue;
		if (!visit(context, &m))
			break;
	}
	return finish_rows(j, s, rc, problem);
}
