#include "incidents/day_store.h"

#include "base/memory.h"
#include "base/owner_rights.h"
#include "incidents/store_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_ID 0x73746e64 /* "stnd" */
#define SCHEMA         1

enum statement { NAME, FIND, PUT, READ, STATEMENTS };

struct day_store {
	struct store_file file;
	sqlite3_stmt *statements[STATEMENTS];
	int64_t rows;
	bool is_limited;
};

static const char schema[] =
	"CREATE TABLE names(source INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE days(source INTEGER NOT NULL, day INTEGER NOT NULL,"
	" messages INTEGER NOT NULL, recipients INTEGER NOT NULL, failed INTEGER NOT NULL,"
	" complaints INTEGER NOT NULL, PRIMARY KEY(source, day)) WITHOUT ROWID;"
	"CREATE INDEX days_day ON days(day);"
	"CREATE TABLE swept(one INTEGER PRIMARY KEY CHECK(one = 1), at INTEGER NOT NULL);"
	"INSERT INTO swept VALUES(1, 0);";

static const char put_day[] =
	"INSERT INTO days(source, day, messages, recipients, failed, complaints)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(source, day) DO UPDATE SET"
	" messages = max(messages, excluded.messages),"
	" recipients = max(recipients, excluded.recipients),"
	" failed = max(failed, excluded.failed),"
	" complaints = max(complaints, excluded.complaints)";
static const char latest_days[] =
	"SELECT day, messages, recipients, failed, complaints FROM days JOIN names USING(source)"
	" WHERE name = ?1 AND day >= ?2 ORDER BY day DESC LIMIT ?3";

static const char *const texts[STATEMENTS] = {
	[NAME] = "INSERT OR IGNORE INTO names(name) VALUES(?1)",
	[FIND] = "SELECT source FROM names WHERE name = ?1",
	[PUT] = put_day,
	[READ] = latest_days,
};

static const struct store_kind kind = {DAY_STORE_NAME, schema, APPLICATION_ID, SCHEMA};

void day_store_free(struct day_store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	store_file_close(&s->file);
	free(s);
}

int day_store_open(const char *folder, struct day_store **ret, struct problem *problem)
{
	struct day_store *s = memory_new(1, sizeof(*s));
	int err = store_file_make(&s->file, folder, &kind, problem);

	s->rows = DAY_STORE_ROWS;
	if (err == 0)
		err = store_file_run(&s->file, "BEGIN IMMEDIATE", problem);
	if (err < 0) {
		day_store_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void day_store_limit(struct day_store *s, int64_t rows)
{
	s->rows = rows;
	s->is_limited = true;
}

/* ---- writing ---- */

static int begin(
	struct day_store *s, enum statement which, sqlite3_stmt **ret, struct problem *problem)
{
	return store_file_prepare(&s->file, texts[which], &s->statements[which], ret, problem);
}

static int find_source(
	struct day_store *s, const char *name, int64_t *ret_source, struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	int err = begin(s, FIND, &m, problem);

	if (err < 0)
		return err;
	sqlite3_bind_text(m, 1, name, -1, SQLITE_STATIC);
	int rc = sqlite3_step(m);
	*ret_source = rc == SQLITE_ROW ? sqlite3_column_int64(m, 0) : 0;
	return store_file_finish(&s->file, m, rc, problem);
}

static int source_number(
	struct day_store *s, const char *name, int64_t *ret_source, struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	int err = find_source(s, name, ret_source, problem);

	if (err < 0 || *ret_source != 0)
		return err;
	err = begin(s, NAME, &m, problem);
	if (err < 0)
		return err;
	sqlite3_bind_text(m, 1, name, -1, SQLITE_STATIC);
	err = store_file_finish(&s->file, m, sqlite3_step(m), problem);
	return err < 0 ? err : find_source(s, name, ret_source, problem);
}

int day_store_put(struct day_store *s, const struct source *source, const struct source_day *day,
	struct problem *problem)
{
	char name[SOURCE_TEXT_MAX];
	sqlite3_stmt *m = NULL;
	int64_t number = 0;
	int err = source_number(s, source_text(source, name), &number, problem);

	if (err == 0)
		err = begin(s, PUT, &m, problem);
	if (err < 0)
		return err;
	sqlite3_bind_int64(m, 1, number);
	sqlite3_bind_int64(m, 2, day->day);
	sqlite3_bind_int64(m, 3, day->messages);
	sqlite3_bind_int64(m, 4, day->recipients);
	sqlite3_bind_int64(m, 5, day->failed);
	sqlite3_bind_int64(m, 6, day->complaints);
	return store_file_finish(&s->file, m, sqlite3_step(m), problem);
}

/* ---- what must go ---- */

static int take_out(struct day_store *s, int64_t now, struct problem *problem)
{
	const int64_t before = now / 86400 - DAY_STORE_DAYS;
	int64_t rows = 0;
	int err = store_file_change(
		&s->file, "DELETE FROM days WHERE day < ?1 AND ?2 = ?2", before, 0, problem);

	if (err == 0)
		err = store_file_number(&s->file, "SELECT count(*) FROM days", &rows, problem);
	if (err == 0 && rows > s->rows)
		err = store_file_change(&s->file,
			"DELETE FROM days WHERE (source, day) IN"
			" (SELECT source, day FROM days ORDER BY day LIMIT ?1) AND ?2 = ?2",
			rows - s->rows, 0, problem);
	if (err == 0)
		err = store_file_run(&s->file,
			"DELETE FROM names WHERE source NOT IN (SELECT source FROM days)", problem);
	return err;
}

static int sweep(struct day_store *s, int64_t now, struct problem *problem)
{
	int64_t at = 0;
	int err = store_file_number(&s->file, "SELECT at FROM swept", &at, problem);

	if (err < 0 || (!s->is_limited && now >= at && now - at < DAY_STORE_SWEEP))
		return err;
	err = take_out(s, now, problem);
	return err < 0 ? err
		       : store_file_change(&s->file, "UPDATE swept SET at = ?1 WHERE ?2 = ?2", now,
				 0, problem);
}

int day_store_commit(struct day_store *s, int64_t now, struct problem *problem)
{
	int err = sweep(s, now, problem);

	return err < 0 ? err : store_file_run(&s->file, "COMMIT; BEGIN IMMEDIATE", problem);
}

void day_store_set_aside(const char *folder)
{
	store_file_set_aside(folder, DAY_STORE_NAME);
}

/* ---- reading ---- */

static struct source_day read_day(sqlite3_stmt *m)
{
	return (struct source_day){.day = (uint16_t)sqlite3_column_int64(m, 0),
		.messages = (uint32_t)sqlite3_column_int64(m, 1),
		.recipients = (uint32_t)sqlite3_column_int64(m, 2),
		.failed = (uint32_t)sqlite3_column_int64(m, 3),
		.complaints = (uint32_t)sqlite3_column_int64(m, 4)};
}

static void turn_round(struct source_day *days, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct source_day day = days[i];

		days[i] = days[count - 1 - i];
		days[count - 1 - i] = day;
	}
}

static int read_days(struct day_store *s, const char *name, uint16_t from, struct source_day *ret,
	size_t most, size_t *ret_count, struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	size_t n = 0;
	int rc = SQLITE_DONE, err = begin(s, READ, &m, problem);

	if (err < 0)
		return err;
	sqlite3_bind_text(m, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(m, 2, from);
	sqlite3_bind_int64(m, 3, (int64_t)most);
	while (n < most && (rc = sqlite3_step(m)) == SQLITE_ROW)
		ret[n++] = read_day(m);
	err = store_file_finish(&s->file, m, rc, problem);
	if (err < 0)
		return err;
	turn_round(ret, n);
	*ret_count = n;
	return 0;
}

static int open_and_read(const char *folder, const char *name, uint16_t from,
	struct source_day *ret, size_t most, size_t *ret_count, struct problem *problem)
{
	AUTO(day_store) s = memory_new(1, sizeof(*s));
	int err = store_file_read(&s->file, folder, &kind, problem);

	return err < 0 ? err : read_days(s, name, from, ret, most, ret_count, problem);
}

/* The folder is that of the watcher, who reads what strangers wrote. */
int day_store_read(const char *folder, const struct source *source, uint16_t from,
	struct source_day *ret, size_t most, size_t *ret_count, struct problem *problem)
{
	struct owner_rights rights = {0};
	char name[SOURCE_TEXT_MAX];
	int err = owner_rights_take(folder, &rights);

	if (err < 0)
		return problem_set(problem, err, "%s: %s", folder, strerror(-err));
	err = open_and_read(folder, source_text(source, name), from, ret, most, ret_count, problem);
	owner_rights_give_back(&rights);
	return err;
}
