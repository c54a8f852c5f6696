#include "incidents/journal_file.h"

#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION_ID  0x73746e63 /* "stnc": file(1) and we know the file by it */
#define SCHEMA          4
#define SCHEMA_TEXT     "4"
#define SCHEMA_CASEBOOK 2
#define SCHEMA_ACTIONS  3
#define LOCK_NAME       "acting"
#define BUSY_MS         5000 /* a reader's checkpoint takes a moment */
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
	"PRAGMA application_id=1937010275;";
_Static_assert(APPLICATION_ID == 1937010275, "the same number twice");

/* Since version 2: casebook.h. Sources are text as source_text() writes it, one to one. */
static const char casebook_schema[] =
	"CREATE TABLE incidents("
	" incident INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, state TEXT NOT NULL,"
	" opened INTEGER NOT NULL, changed INTEGER NOT NULL, contained INTEGER NOT NULL,"
	" closed INTEGER NOT NULL, last_mail INTEGER NOT NULL, fact_us INTEGER NOT NULL,"
	" score REAL NOT NULL, threshold REAL NOT NULL, messages INTEGER NOT NULL,"
	" recipients INTEGER NOT NULL, held INTEGER NOT NULL, by_person INTEGER NOT NULL);"
	"CREATE INDEX incidents_source ON incidents(source);"
	"CREATE TABLE steps("
	" step INTEGER PRIMARY KEY AUTOINCREMENT,"
	" incident INTEGER NOT NULL REFERENCES incidents(incident), at INTEGER NOT NULL,"
	" event TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL,"
	" by_person INTEGER NOT NULL, uid INTEGER NOT NULL, user TEXT NOT NULL,"
	" sudo_user TEXT NOT NULL, tty TEXT NOT NULL, words TEXT NOT NULL);"
	"CREATE INDEX steps_incident ON steps(incident);"
	"CREATE TABLE evidence("
	" incident INTEGER NOT NULL REFERENCES incidents(incident), detector TEXT NOT NULL,"
	" at_us INTEGER NOT NULL, bits REAL NOT NULL, text TEXT NOT NULL, ids TEXT NOT NULL,"
	" PRIMARY KEY(incident, detector)) WITHOUT ROWID;"
	"CREATE TABLE scores("
	" incident INTEGER NOT NULL REFERENCES incidents(incident), at_us INTEGER NOT NULL,"
	" score REAL NOT NULL);"
	"CREATE INDEX scores_incident ON scores(incident);"
	"CREATE TABLE incident_holds("
	" incident INTEGER NOT NULL REFERENCES incidents(incident),"
	" hold INTEGER NOT NULL REFERENCES holds(hold), PRIMARY KEY(incident, hold)) WITHOUT ROWID;"
	"CREATE TABLE exemptions("
	" source TEXT PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL,"
	" uid INTEGER NOT NULL, user TEXT NOT NULL, sudo_user TEXT NOT NULL, tty TEXT NOT NULL,"
	" reason TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE forgiven("
	" source TEXT PRIMARY KEY, until_us INTEGER NOT NULL) WITHOUT ROWID;";

/* Since version 3: actions.h. */
static const char actions_schema[] =
	"CREATE TABLE incident_actions("
	" incident INTEGER NOT NULL REFERENCES incidents(incident), responder TEXT NOT NULL,"
	" began INTEGER NOT NULL, state TEXT NOT NULL, changed INTEGER NOT NULL,"
	" next INTEGER NOT NULL, tries INTEGER NOT NULL, words TEXT NOT NULL, note TEXT NOT NULL,"
	" UNIQUE(incident, responder));"
	"CREATE TABLE action_steps("
	" step INTEGER PRIMARY KEY AUTOINCREMENT,"
	" incident INTEGER NOT NULL REFERENCES incidents(incident), responder TEXT NOT NULL,"
	" at INTEGER NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL);"
	"CREATE INDEX action_steps_incident ON action_steps(incident);";

/* Since version 4: audit.h. Who acted was not kept before: by_person is NULL then. Of exemptions
 * that were ended before nothing is known. */
static const char audit_schema[] =
	"CREATE TABLE exemption_steps("
	" step INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, what TEXT NOT NULL,"
	" source TEXT NOT NULL, until INTEGER NOT NULL, uid INTEGER NOT NULL, user TEXT NOT NULL,"
	" sudo_user TEXT NOT NULL, tty TEXT NOT NULL, reason TEXT NOT NULL);"
	"INSERT INTO exemption_steps(at, what, source, until, uid, user, sudo_user, tty, reason)"
	" SELECT since, 'exempt', source, until, uid, user, sudo_user, tty, reason FROM exemptions"
	" ORDER BY since;"
	"ALTER TABLE action_steps ADD COLUMN by_person INTEGER;"
	"ALTER TABLE action_steps ADD COLUMN uid INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE action_steps ADD COLUMN user TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE action_steps ADD COLUMN sudo_user TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE action_steps ADD COLUMN tty TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX incidents_opened ON incidents(opened);"
	"CREATE INDEX steps_at ON steps(at);"
	"CREATE INDEX steps_people ON steps(at) WHERE by_person;"
	"CREATE INDEX action_steps_at ON action_steps(at);"
	"CREATE INDEX action_steps_people ON action_steps(at) WHERE by_person;"
	"CREATE INDEX actions_began ON actions(began);"
	"CREATE INDEX actions_hold ON actions(hold);"
	"CREATE INDEX holds_source ON holds(source);"
	"CREATE INDEX incident_holds_hold ON incident_holds(hold);"
	"CREATE INDEX exemption_steps_at ON exemption_steps(at);"
	"CREATE INDEX exemption_steps_source ON exemption_steps(source);"
	"PRAGMA user_version=" SCHEMA_TEXT ";";

static bool is_folder_writable(const char *path)
{
	char folder[PATH_MAX];
	const char *end = strrchr(path, '/');

	(void)snprintf(folder, sizeof(folder), "%.*s", end != NULL ? (int)(end - path) : 0, path);
	return access(folder[0] != '\0' ? folder : "/", W_OK) == 0;
}

int journal_fault(struct journal *j, int rc, struct problem *problem)
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

int journal_run(struct journal *j, const char *sql, struct problem *problem)
{
	int rc = sqlite3_exec(j->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : journal_fault(j, rc, problem);
}

bool journal_has_table(struct journal *j, const char *name)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(
		j->db, "SELECT 1 FROM sqlite_schema WHERE name = ?1", -1, &s, NULL);

	if (rc == SQLITE_OK)
		journal_bind_text(s, 1, name);
	bool there = rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
	sqlite3_finalize(s);
	return there;
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
	return rc == SQLITE_ROW ? 0 : journal_fault(j, rc, problem);
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
		return journal_fault(j, rc, problem);
	sqlite3_busy_timeout(j->db, BUSY_MS);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
	return journal_run(j,
		"PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
		"PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=" WAL_PAGES ";",
		problem);
}

/* All of them, or those that an older version lacks; another process may have done so meanwhile. */
static int make_tables(struct journal *j, bool all, struct problem *problem)
{
	int64_t version = 0;
	int err = journal_run(j, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE;", problem);

	if (err < 0)
		return err;
	err = number(j, "PRAGMA user_version", &version, problem);
	if (err == 0 && all && version == 0)
		err = journal_run(j, schema, problem);
	if (err == 0 && version < SCHEMA_CASEBOOK)
		err = journal_run(j, casebook_schema, problem);
	if (err == 0 && version < SCHEMA_ACTIONS)
		err = journal_run(j, actions_schema, problem);
	if (err == 0 && version < SCHEMA)
		err = journal_run(j, audit_schema, problem);
	if (err == 0)
		return journal_run(j, "COMMIT", problem);
	(void)sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
	return err;
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
	if (tables == 0 && version == 0)
		return make_tables(j, true, problem);
	if (id != APPLICATION_ID)
		return problem_set(problem, -EBADMSG, "%s is no journal of stanch", j->path);
	if (version > 0 && version < SCHEMA)
		return access == JOURNAL_READ ? 0 : make_tables(j, false, problem);
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
	bool act = access == JOURNAL_ACT, make = access != JOURNAL_READ;
	struct journal *j = memory_new(1, sizeof(*j));
	int err;

	j->lock_fd = -1;
	j->path = path_in(folder, JOURNAL_NAME);
	err = check_folder(folder, make, problem);
	if (err == 0 && act)
		err = take_lock(j, folder, command, problem);
	if (err == 0)
		err = check_file(j->path, make, problem);
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
	for (int i = 0; i < JOURNAL_PLACES; i++)
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

int journal_prepare(struct journal *j, size_t place, const char *sql, sqlite3_stmt **ret_statement,
	struct problem *problem)
{
	if (j->prepared[place] == NULL) {
		int rc = sqlite3_prepare_v3(
			j->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &j->prepared[place], NULL);

		if (rc != SQLITE_OK)
			return journal_fault(j, rc, problem);
	}
	*ret_statement = j->prepared[place];
	return 0;
}

int journal_finish_step(struct journal *j, sqlite3_stmt *s, int rc, struct problem *problem)
{
	int err = rc == SQLITE_DONE ? 0 : journal_fault(j, rc, problem);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return err;
}

int journal_finish(struct journal *j, sqlite3_stmt *s, struct problem *problem)
{
	return journal_finish_step(j, s, sqlite3_step(s), problem);
}

int journal_begin(struct journal *j, struct problem *problem)
{
	int err = journal_run(j, "BEGIN IMMEDIATE", problem);

	j->in_transaction = err == 0;
	return err;
}

int journal_commit(struct journal *j, struct problem *problem)
{
	int err = journal_run(j, "COMMIT", problem);

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

void journal_bind_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

void journal_bind_slice(sqlite3_stmt *s, int at, struct slice text)
{
	sqlite3_bind_text(s, at, text.at != NULL ? text.at : "", (int)text.len, SQLITE_STATIC);
}

void journal_bind_who(sqlite3_stmt *s, int at, const struct journal_who *who)
{
	sqlite3_bind_int64(s, at, who->uid);
	journal_bind_text(s, at + 1, who->user);
	journal_bind_text(s, at + 2, who->sudo_user);
	journal_bind_text(s, at + 3, who->tty);
}

const char *journal_column_text(sqlite3_stmt *s, int at)
{
	const unsigned char *text = sqlite3_column_text(s, at);

	return text != NULL ? (const char *)text : "";
}

struct slice journal_column_slice(sqlite3_stmt *s, int at)
{
	const char *text = journal_column_text(s, at);

	return (struct slice){text, (size_t)sqlite3_column_bytes(s, at)};
}

void journal_column_who(sqlite3_stmt *s, int at, struct journal_who *ret)
{
	ret->uid = (uint32_t)sqlite3_column_int64(s, at);
	(void)snprintf(ret->user, sizeof(ret->user), "%s", journal_column_text(s, at + 1));
	(void)snprintf(
		ret->sudo_user, sizeof(ret->sudo_user), "%s", journal_column_text(s, at + 2));
	(void)snprintf(ret->tty, sizeof(ret->tty), "%s", journal_column_text(s, at + 3));
}

int journal_finish_rows(struct journal *j, sqlite3_stmt *s, int rc, struct problem *problem)
{
	int err = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : journal_fault(j, rc, problem);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return err;
}

int journal_column_name(sqlite3_stmt *s, int at, const char *const *names, int count)
{
	const char *name = journal_column_text(s, at);

	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}
