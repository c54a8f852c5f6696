#include "incidents/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS   2000
#define STEPS     1000000 /* of SQLite's machine, after which it is asked whether it goes on */
#define READ_MOST 10
#define SQL_MAX   2048

int store_file_fault(struct store_file *f, int rc, struct problem *problem)
{
	int err = -EIO;

	if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
		err = -EBADMSG;
	else if ((rc & 0xff) == SQLITE_FULL)
		err = -ENOSPC;
	else if ((rc & 0xff) == SQLITE_BUSY)
		err = -EBUSY;
	return problem_set(problem, err, "%s: %s", f->path,
		f->db != NULL ? sqlite3_errmsg(f->db) : sqlite3_errstr(rc));
}

int store_file_run(struct store_file *f, const char *sql, struct problem *problem)
{
	int rc = sqlite3_exec(f->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_file_fault(f, rc, problem);
}

int store_file_prepare(struct store_file *f, const char *sql, sqlite3_stmt **keep,
	sqlite3_stmt **ret, struct problem *problem)
{
	int rc = *keep != NULL ? SQLITE_OK : sqlite3_prepare_v2(f->db, sql, -1, keep, NULL);

	if (rc != SQLITE_OK)
		return store_file_fault(f, rc, problem);
	*ret = *keep;
	return 0;
}

int store_file_finish(struct store_file *f, sqlite3_stmt *m, int rc, struct problem *problem)
{
	int err = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : store_file_fault(f, rc, problem);

	sqlite3_reset(m);
	sqlite3_clear_bindings(m);
	return err;
}

int store_file_change(struct store_file *f, const char *sql, int64_t first, int64_t second,
	struct problem *problem)
{
	sqlite3_stmt *keep = NULL, *m = NULL;
	int err = store_file_prepare(f, sql, &keep, &m, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(m, 1, first);
	sqlite3_bind_int64(m, 2, second);
	err = store_file_finish(f, m, sqlite3_step(m), problem);
	sqlite3_finalize(keep);
	return err;
}

int store_file_number(struct store_file *f, const char *sql, int64_t *ret, struct problem *problem)
{
	sqlite3_stmt *keep = NULL, *m = NULL;
	int err = store_file_prepare(f, sql, &keep, &m, problem);

	if (err < 0)
		return err;
	int rc = sqlite3_step(m);
	int64_t n = rc == SQLITE_ROW ? sqlite3_column_int64(m, 0) : 0;
	err = store_file_finish(f, m, rc, problem);
	sqlite3_finalize(keep);
	if (err == 0)
		*ret = n;
	return err;
}

/* ---- the file ---- */

static int make_file(const char *path, struct problem *problem)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return problem_set(problem, -errno, "cannot make %s: %s", path, strerror(errno));
	(void)close(fd);
	return 0;
}

/* *ret_is_new: nothing was ever written into it. */
static int check(struct store_file *f, const struct store_kind *kind, bool *ret_is_new,
	struct problem *problem)
{
	int64_t tables = 0, id = 0, version = 0;
	int err = store_file_number(f, "SELECT count(*) FROM sqlite_master", &tables, problem);

	if (err == 0)
		err = store_file_number(f, "PRAGMA application_id", &id, problem);
	if (err == 0)
		err = store_file_number(f, "PRAGMA user_version", &version, problem);
	if (err < 0)
		return err;
	*ret_is_new = tables == 0;
	if (tables > 0 && (id != kind->application_id || version != kind->version))
		return problem_set(
			problem, -EBADMSG, "%s is none of ours, or of another version", f->path);
	return 0;
}

static int fill(struct store_file *f, const struct store_kind *kind, struct problem *problem)
{
	char sql[SQL_MAX];
	int n = snprintf(sql, sizeof(sql),
		"BEGIN IMMEDIATE; %s PRAGMA application_id=%lld; PRAGMA user_version=%lld; COMMIT;",
		kind->schema, (long long)kind->application_id, (long long)kind->version);

	return n < SQL_MAX ? store_file_run(f, sql, problem) : -E2BIG;
}

static int open_file(struct store_file *f, int flags, struct problem *problem)
{
	int rc = sqlite3_open_v2(f->path, &f->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK)
		return store_file_fault(f, rc, problem);
	sqlite3_busy_timeout(f->db, BUSY_MS);
	return 0;
}

static int set_path(
	struct store_file *f, const char *folder, const char *name, struct problem *problem)
{
	int n = snprintf(f->path, sizeof(f->path), "%s/%s", folder, name);

	return n < (int)sizeof(f->path)
		       ? 0
		       : problem_set(problem, -ENAMETOOLONG, "the path of %s is too long", name);
}

int store_file_make(struct store_file *f, const char *folder, const struct store_kind *kind,
	struct problem *problem)
{
	bool is_new = false;
	int err = set_path(f, folder, kind->name, problem);

	if (err == 0)
		err = make_file(f->path, problem);
	if (err == 0)
		err = open_file(f, SQLITE_OPEN_READWRITE, problem);
	if (err == 0)
		err = store_file_run(
			f, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", problem);
	if (err == 0)
		err = check(f, kind, &is_new, problem);
	return err < 0 || !is_new ? err : fill(f, kind, problem);
}

/* Whoever wrote the file may have put endless work into it. */
static int count_steps(void *context)
{
	struct store_file *f = context;

	return ++f->steps > READ_MOST;
}

int store_file_read(struct store_file *f, const char *folder, const struct store_kind *kind,
	struct problem *problem)
{
	bool is_new = false;
	int err = set_path(f, folder, kind->name, problem);

	if (err == 0 && access(f->path, F_OK) < 0)
		err = problem_set(problem, -errno, "%s: %s", f->path, strerror(errno));
	if (err == 0)
		err = open_file(f, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW, problem);
	if (err == 0) {
		sqlite3_progress_handler(f->db, STEPS, count_steps, f);
		err = store_file_run(
			f, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;", problem);
	}
	if (err == 0)
		err = check(f, kind, &is_new, problem);
	return err == 0 && is_new ? problem_set(problem, -ENOENT, "%s is empty", f->path) : err;
}

void store_file_close(struct store_file *f)
{
	sqlite3_close(f->db);
	f->db = NULL;
}

void store_file_set_aside(const char *folder, const char *name)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char from[PATH_MAX + 8], to[PATH_MAX + 24];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(from, sizeof(from), "%s/%s%s", folder, name, ends[i]);
		(void)snprintf(to, sizeof(to), "%s/%s.damaged%s", folder, name, ends[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			(void)unlink(from);
	}
}
