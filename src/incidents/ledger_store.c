#include "incidents/ledger_store.h"

#include "base/memory.h"
#include "base/owner_rights.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x73746e6c /* "stnl" */
#define SCHEMA         1
#define PART_BYTES     ((size_t)4 << 20) /* of the image in one row */
#define IMAGE_MOST     ((size_t)2 << 30)
#define PLACES_MOST    64
#define BUSY_MS        5000

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS meta(one INTEGER PRIMARY KEY CHECK(one = 1),"
	" seed INTEGER NOT NULL, saved INTEGER NOT NULL, bytes INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS image(part INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS places(log TEXT PRIMARY KEY, position TEXT NOT NULL)"
	" WITHOUT ROWID;"
	"PRAGMA application_id=1937010284; PRAGMA user_version=1;";
_Static_assert(APPLICATION_ID == 1937010284, "the same number twice");

void ledger_saved_clear(struct ledger_saved *s)
{
	for (size_t i = 0; i < s->place_count; i++) {
		free(s->places[i].log);
		free(s->places[i].position);
	}
	free(s->places);
	free(s->image);
	*s = (struct ledger_saved){0};
}

struct store {
	sqlite3 *db;
	char path[PATH_MAX];
};

static int fault(struct store *s, int rc, struct problem *problem)
{
	int err = (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB ? -EBADMSG
		  : (rc & 0xff) == SQLITE_FULL                                  ? -ENOSPC
										: -EIO;

	return problem_set(problem, err, "%s: %s", s->path,
		s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
}

static int run(struct store *s, const char *sql, struct problem *problem)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fault(s, rc, problem);
}

static int open_store(struct store *s, const char *folder, bool make, struct problem *problem)
{
	*s = (struct store){0};
	(void)snprintf(s->path, sizeof(s->path), "%s/" LEDGER_STORE_NAME, folder);
	if (make) {
		int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return problem_set(
				problem, -errno, "cannot make %s: %s", s->path, strerror(errno));
		(void)close(fd);
	} else if (access(s->path, F_OK) < 0) {
		return problem_set(problem, -errno, "%s: %s", s->path, strerror(errno));
	}
	int rc =
		sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return fault(s, rc, problem);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	return run(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", problem);
}

static int finish(struct store *s, sqlite3_stmt *statement, struct problem *problem)
{
	int rc = sqlite3_step(statement);

	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? 0 : fault(s, rc, problem);
}

static int prepare(struct store *s, const char *sql, sqlite3_stmt **ret, struct problem *problem)
{
	int rc = sqlite3_prepare_v2(s->db, sql, -1, ret, NULL);

	return rc == SQLITE_OK ? 0 : fault(s, rc, problem);
}

/* ---- writing ---- */

static int write_meta(struct store *s, const struct ledger_saved *saved, struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	int err = prepare(
		s, "INSERT INTO meta(one, seed, saved, bytes) VALUES(1, ?1, ?2, ?3)", &m, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(m, 1, (int64_t)saved->seed);
	sqlite3_bind_int64(m, 2, saved->saved);
	sqlite3_bind_int64(m, 3, (int64_t)saved->image_len);
	return finish(s, m, problem);
}

static int write_image(struct store *s, const struct ledger_saved *saved, struct problem *problem)
{
	int err = 0;

	for (size_t at = 0, part = 0; at < saved->image_len && err == 0; at += PART_BYTES, part++) {
		size_t left = saved->image_len - at;
		sqlite3_stmt *m = NULL;

		err = prepare(s, "INSERT INTO image(part, bytes) VALUES(?1, ?2)", &m, problem);
		if (err < 0)
			return err;
		sqlite3_bind_int64(m, 1, (int64_t)part);
		sqlite3_bind_blob(m, 2, saved->image + at,
			(int)(left < PART_BYTES ? left : PART_BYTES), SQLITE_STATIC);
		err = finish(s, m, problem);
	}
	return err;
}

static int write_places(struct store *s, const struct ledger_saved *saved, struct problem *problem)
{
	int err = 0;

	for (size_t i = 0; i < saved->place_count && err == 0; i++) {
		sqlite3_stmt *m = NULL;

		err = prepare(s, "INSERT OR REPLACE INTO places(log, position) VALUES(?1, ?2)", &m,
			problem);
		if (err < 0)
			return err;
		sqlite3_bind_text(m, 1, saved->places[i].log, -1, SQLITE_STATIC);
		sqlite3_bind_text(m, 2, saved->places[i].position, -1, SQLITE_STATIC);
		err = finish(s, m, problem);
	}
	return err;
}

int ledger_store_save(const char *folder, const struct ledger_saved *saved, struct problem *problem)
{
	struct store s;
	int err = open_store(&s, folder, true, problem);

	if (err == 0)
		err = run(&s, "BEGIN IMMEDIATE;", problem);
	if (err == 0)
		err = run(&s, schema, problem);
	if (err == 0)
		err = run(&s, "DELETE FROM meta; DELETE FROM image; DELETE FROM places;", problem);
	if (err == 0)
		err = write_meta(&s, saved, problem);
	if (err == 0)
		err = write_image(&s, saved, problem);
	if (err == 0)
		err = write_places(&s, saved, problem);
	if (err == 0)
		err = run(&s, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);", problem);
	sqlite3_close(s.db); /* what was not committed is undone */
	return err;
}

/* ---- reading ---- */

static int read_meta(struct store *s, struct ledger_saved *ret, struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	int err = prepare(s, "SELECT seed, saved, bytes FROM meta", &m, problem);

	if (err < 0)
		return err;
	int rc = sqlite3_step(m);
	if (rc == SQLITE_ROW) {
		ret->seed = (uint64_t)sqlite3_column_int64(m, 0);
		ret->saved = sqlite3_column_int64(m, 1);
		ret->image_len = (size_t)sqlite3_column_int64(m, 2);
	}
	sqlite3_finalize(m);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? problem_set(problem, -EBADMSG, "%s is empty", s->path)
					 : fault(s, rc, problem);
	if (ret->image_len > IMAGE_MOST) {
		ret->image_len = 0;
		return problem_set(problem, -EBADMSG, "%s: the image is too large", s->path);
	}
	ret->image = memory_new(ret->image_len + 1, 1);
	return 0;
}

static int read_image(struct store *s, struct ledger_saved *ret, struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	size_t at = 0;
	int rc, err = prepare(s, "SELECT bytes FROM image ORDER BY part", &m, problem);

	if (err < 0)
		return err;
	while ((rc = sqlite3_step(m)) == SQLITE_ROW) {
		size_t len = (size_t)sqlite3_column_bytes(m, 0);

		if (len > ret->image_len - at)
			break;
		if (len > 0)
			memcpy(ret->image + at, sqlite3_column_blob(m, 0), len);
		at += len;
	}
	sqlite3_finalize(m);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		return fault(s, rc, problem);
	return at == ret->image_len && rc == SQLITE_DONE
		       ? 0
		       : problem_set(
				 problem, -EBADMSG, "%s: parts of the image are missing", s->path);
}

static char *column_copy(sqlite3_stmt *m, int at)
{
	const unsigned char *text = sqlite3_column_text(m, at);
	const char *plain = text != NULL ? (const char *)text : "";

	return memory_copy(plain, strlen(plain));
}

static int read_places(struct store *s, struct ledger_saved *ret, struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	int rc = SQLITE_DONE, err = prepare(s, "SELECT log, position FROM places", &m, problem);

	if (err < 0)
		return err;
	ret->places = memory_new(PLACES_MOST, sizeof(*ret->places));
	while (ret->place_count < PLACES_MOST && (rc = sqlite3_step(m)) == SQLITE_ROW)
		ret->places[ret->place_count++] =
			(struct ledger_place){column_copy(m, 0), column_copy(m, 1)};
	sqlite3_finalize(m);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : fault(s, rc, problem);
}

static int check_version(struct store *s, struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	int64_t version = -1;
	int err = prepare(s, "PRAGMA user_version", &m, problem);

	if (err < 0)
		return err;
	if (sqlite3_step(m) == SQLITE_ROW)
		version = sqlite3_column_int64(m, 0);
	sqlite3_finalize(m);
	return version == SCHEMA
		       ? 0
		       : problem_set(problem, -EBADMSG, "%s is of another version (%lld, not %d)",
				 s->path, (long long)version, SCHEMA);
}

static int load(const char *folder, struct ledger_saved *ret, struct problem *problem)
{
	struct store s;
	int err = open_store(&s, folder, false, problem);
	if (err == 0)
		err = check_version(&s, problem);
	if (err == 0)
		err = read_meta(&s, ret, problem);
	if (err == 0)
		err = read_image(&s, ret, problem);
	if (err == 0)
		err = read_places(&s, ret, problem);
	sqlite3_close(s.db);
	if (err < 0)
		ledger_saved_clear(ret);
	return err;
}

int ledger_store_load(const char *folder, struct ledger_saved *ret, struct problem *problem)
{
	struct owner_rights rights = {0};
	int err = owner_rights_take(folder, &rights);

	*ret = (struct ledger_saved){0};
	if (err < 0)
		return problem_set(problem, err, "%s: %s", folder, strerror(-err));
	err = load(folder, ret, problem);
	owner_rights_give_back(&rights);
	return err;
}

void ledger_store_set_aside(const char *folder)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char from[PATH_MAX + 8], to[PATH_MAX + 24];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(from, sizeof(from), "%s/" LEDGER_STORE_NAME "%s", folder, ends[i]);
		(void)snprintf(
			to, sizeof(to), "%s/" LEDGER_STORE_NAME ".damaged%s", folder, ends[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			(void)unlink(from);
	}
}
