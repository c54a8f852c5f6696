#include "incidents/history.h"

#include "base/memory.h"
#include "incidents/store_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_ID 0x73746e74 /* "stnt" */
#define SCHEMA         1
#define HOUR           INT64_C(3600)

enum statement { PUT, ADD_HOUR, EACH_MINUTE, EACH_HOUR, STATEMENTS };

struct history {
	struct store_file file;
	sqlite3_stmt *statements[STATEMENTS];
	int64_t hour; /* in which it was last swept */
};

/* An hour's column is NULL when none of its minutes knew it. */
static const char schema[] =
	"CREATE TABLE minutes(at INTEGER PRIMARY KEY, queue INTEGER, held INTEGER,"
	" accepted INTEGER, delivered INTEGER, deferred INTEGER, failed INTEGER, refused INTEGER);"
	"CREATE TABLE hours(at INTEGER PRIMARY KEY, queue_sum INTEGER,"
	" queue_minutes INTEGER NOT NULL, queue_most INTEGER, held_sum INTEGER,"
	" held_minutes INTEGER NOT NULL, minutes INTEGER NOT NULL, accepted INTEGER,"
	" delivered INTEGER, deferred INTEGER, failed INTEGER, refused INTEGER);";

static const char add_hour[] =
	"INSERT INTO hours VALUES(?1 - ?1 % 3600, ?2, ?2 IS NOT NULL, ?2, ?3,"
	" ?3 IS NOT NULL, ?4 IS NOT NULL, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(at) DO UPDATE SET"
	" queue_sum = coalesce(queue_sum + excluded.queue_sum, queue_sum,"
	" excluded.queue_sum),"
	" queue_minutes = queue_minutes + excluded.queue_minutes,"
	" queue_most = coalesce(max(queue_most, excluded.queue_most), queue_most,"
	" excluded.queue_most),"
	" held_sum = coalesce(held_sum + excluded.held_sum, held_sum, excluded.held_sum),"
	" held_minutes = held_minutes + excluded.held_minutes,"
	" minutes = minutes + excluded.minutes,"
	" accepted = coalesce(accepted + excluded.accepted, accepted, excluded.accepted),"
	" delivered = coalesce(delivered + excluded.delivered, delivered,"
	" excluded.delivered),"
	" deferred = coalesce(deferred + excluded.deferred, deferred, excluded.deferred),"
	" failed = coalesce(failed + excluded.failed, failed, excluded.failed),"
	" refused = coalesce(refused + excluded.refused, refused, excluded.refused)";
static const char each_minute[] =
	"SELECT (at - ?1) / ?3, cast(round(avg(queue)) AS INTEGER),"
	" cast(round(avg(held)) AS INTEGER), max(queue), count(accepted), sum(accepted),"
	" sum(delivered), sum(deferred), sum(failed), sum(refused)"
	" FROM minutes WHERE at >= ?1 AND at < ?2 GROUP BY 1";
static const char each_hour[] =
	"SELECT (at - ?1) / ?3,"
	" cast(round(sum(queue_sum) * 1.0 / nullif(sum(queue_minutes), 0)) AS INTEGER),"
	" cast(round(sum(held_sum) * 1.0 / nullif(sum(held_minutes), 0)) AS INTEGER),"
	" max(queue_most), sum(minutes), sum(accepted), sum(delivered), sum(deferred),"
	" sum(failed), sum(refused)"
	" FROM hours WHERE at >= ?1 AND at < ?2 GROUP BY 1";

static const char *const texts[STATEMENTS] = {
	[PUT] = "INSERT OR IGNORE INTO minutes VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[ADD_HOUR] = add_hour,
	[EACH_MINUTE] = each_minute,
	[EACH_HOUR] = each_hour,
};

static const struct store_kind kind = {HISTORY_NAME, schema, APPLICATION_ID, SCHEMA};

void history_free(struct history *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(h->statements[i]);
	store_file_close(&h->file);
	free(h);
}

int history_open(const char *folder, struct history **ret, struct problem *problem)
{
	struct history *h = memory_new(1, sizeof(*h));
	int err = store_file_make(&h->file, folder, &kind, problem);

	if (err == -EBADMSG) {
		store_file_close(&h->file);
		store_file_set_aside(folder, HISTORY_NAME);
		struct problem another = {0};
		err = store_file_make(&h->file, folder, &kind, &another);
		if (err < 0)
			*problem = another;
	}
	if (err < 0) {
		history_free(h);
		return err;
	}
	*ret = h;
	return 0;
}

/* ---- writing ---- */

static int begin(
	struct history *h, enum statement which, sqlite3_stmt **ret, struct problem *problem)
{
	return store_file_prepare(&h->file, texts[which], &h->statements[which], ret, problem);
}

static void bind(sqlite3_stmt *m, int at, int64_t n)
{
	if (n == MINUTE_UNKNOWN)
		sqlite3_bind_null(m, at);
	else
		sqlite3_bind_int64(m, at, n);
}

static int put(struct history *h, enum statement which, const struct minute *minute,
	struct problem *problem)
{
	sqlite3_stmt *m = NULL;
	int err = begin(h, which, &m, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(m, 1, minute->at);
	bind(m, 2, minute->queue);
	bind(m, 3, minute->held);
	for (int i = 0; i < MINUTE_COUNTS; i++)
		bind(m, 4 + i, minute->counts[i]);
	return store_file_finish(&h->file, m, sqlite3_step(m), problem);
}

static int sweep(struct history *h, int64_t at, struct problem *problem)
{
	int err;

	if (h->hour == at / HOUR)
		return 0;
	h->hour = at / HOUR;
	err = store_file_change(&h->file, "DELETE FROM minutes WHERE at < ?1 AND ?2 = ?2",
		at - HISTORY_MINUTES, 0, problem);
	return err < 0 ? err
		       : store_file_change(&h->file, "DELETE FROM hours WHERE at < ?1 AND ?2 = ?2",
				 at - HISTORY_HOURS, 0, problem);
}

int history_put(struct history *h, const struct minute *minute, struct problem *problem)
{
	struct problem ignored = {0};
	int err = store_file_run(&h->file, "BEGIN IMMEDIATE", problem);

	if (err < 0)
		return err;
	err = put(h, PUT, minute, problem);
	if (err == 0 && sqlite3_changes(h->file.db) > 0)
		err = put(h, ADD_HOUR, minute, problem);
	if (err == 0)
		err = sweep(h, minute->at, problem);
	if (err == 0)
		err = store_file_run(&h->file, "COMMIT", problem);
	if (err < 0)
		(void)!store_file_run(&h->file, "ROLLBACK", &ignored);
	return err;
}

/* ---- reading ---- */

void history_series_clear(struct history_series *s)
{
	free(s->at);
	*s = (struct history_series){0};
}

static int64_t column(sqlite3_stmt *m, int at)
{
	return sqlite3_column_type(m, at) == SQLITE_NULL ? MINUTE_UNKNOWN
							 : sqlite3_column_int64(m, at);
}

static void read_point(sqlite3_stmt *m, struct history_series *s)
{
	int64_t i = sqlite3_column_int64(m, 0);

	if (i < 0 || (size_t)i >= s->count)
		return;
	struct history_point *p = &s->at[i];
	p->queue = column(m, 1);
	p->held = column(m, 2);
	p->queue_most = column(m, 3);
	p->minutes = sqlite3_column_int64(m, 4);
	for (int k = 0; k < MINUTE_COUNTS; k++)
		p->counts[k] = column(m, 5 + k);
}

static void make_points(struct history_series *s)
{
	s->count = (size_t)((s->to - s->from) / s->step);
	s->at = memory_new(s->count + 1, sizeof(*s->at));
	for (size_t i = 0; i < s->count; i++) {
		struct history_point *p = &s->at[i];

		p->at = s->from + (int64_t)i * s->step;
		p->queue = p->held = p->queue_most = MINUTE_UNKNOWN;
		for (int k = 0; k < MINUTE_COUNTS; k++)
			p->counts[k] = MINUTE_UNKNOWN;
	}
}

static int64_t step_for(int64_t from, int64_t to, int64_t now)
{
	static const int64_t steps[] = {60, 300, 900, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR};
	const size_t last = sizeof(steps) / sizeof(steps[0]) - 1;
	size_t i = from < now - HISTORY_MINUTES ? 3 : 0;

	/* both ends may grow by less than a step */
	while (i < last && (to - from) / steps[i] + 2 > HISTORY_POINTS)
		i++;
	return steps[i];
}

int history_read(struct history *h, int64_t from, int64_t to, int64_t now,
	struct history_series *ret, struct problem *problem)
{
	struct history_series s = {0};
	sqlite3_stmt *m = NULL;
	int rc, err;

	if (from < 0 || to <= from || to - from > HISTORY_HOURS || to > now + HISTORY_HOURS)
		return problem_set(problem, -EINVAL,
			"a time to look at begins before it ends, and is two years at most");
	s.step = step_for(from, to, now);
	s.from = from - from % s.step;
	s.to = to + (s.step - to % s.step) % s.step;
	err = begin(h, s.step < HOUR ? EACH_MINUTE : EACH_HOUR, &m, problem);
	if (err < 0)
		return err;
	make_points(&s);
	sqlite3_bind_int64(m, 1, s.from);
	sqlite3_bind_int64(m, 2, s.to);
	sqlite3_bind_int64(m, 3, s.step);
	while ((rc = sqlite3_step(m)) == SQLITE_ROW)
		read_point(m, &s);
	err = store_file_finish(&h->file, m, rc, problem);
	if (err < 0)
		history_series_clear(&s);
	else
		*ret = s;
	return err;
}

int history_rows(
	struct history *h, int64_t *ret_minutes, int64_t *ret_hours, struct problem *problem)
{
	int err = store_file_number(&h->file, "SELECT count(*) FROM minutes", ret_minutes, problem);

	return err < 0 ? err
		       : store_file_number(
				 &h->file, "SELECT count(*) FROM hours", ret_hours, problem);
}
