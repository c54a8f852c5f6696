#include "incidents/audit.h"

#include "base/units.h"
#include "incidents/journal_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SQL_MAX 2048

/* Of the binding of each statement. */
enum { AT = 1, ID, SINCE, LIMIT, SOURCE, USER };

/* The columns of each, in this order. */
enum column {
	COLUMN_AT,
	COLUMN_ID,
	COLUMN_SOURCE,
	COLUMN_INCIDENT,
	COLUMN_HOLD,
	COLUMN_WHAT,
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_STATE,
	COLUMN_WORDS,
	COLUMN_UNTIL,
	COLUMN_MESSAGES, /* and done, left, missing, conflict */
	COLUMN_BY_PERSON = COLUMN_MESSAGES + 5,
	COLUMN_WHO /* and 3 behind */
};

#define NO_COUNTS "NULL, NULL, NULL, NULL, NULL"
#define NOBODY    "0, '', '', ''"

/* One table. CROSS JOIN keeps SQLite to that order of the tables: by time along an index, or from
 * the source to what is its own. */
static const struct table {
	const char *columns;
	const char *all, *of_source; /* the tables; of_source chooses the source, too */
	const char *at, *id;
	const char *is_person; /* NULL: it is not kept who did it */
	const char *user, *sudo_user;
} tables[AUDIT_KINDS] = {
	[AUDIT_OPENED] = {.columns = "i.opened, i.incident, i.source, i.incident, 0, 'opened', '',"
				     " 'suspected', '', '', 0, " NO_COUNTS ", NULL, " NOBODY,
		.all = "incidents i WHERE 1",
		.of_source = "incidents i WHERE i.source = ?5",
		.at = "i.opened",
		.id = "i.incident"},
	[AUDIT_EXEMPTION] = {.columns = "e.at, e.step, e.source, 0, 0, e.what, '', '', '',"
					" e.reason, e.until, " NO_COUNTS ", e.user <> '', e.uid,"
					" e.user, e.sudo_user, e.tty",
		.all = "exemption_steps e WHERE 1",
		.of_source = "exemption_steps e WHERE e.source = ?5",
		.at = "e.at",
		.id = "e.step",
		.is_person = "e.user <> ''",
		.user = "e.user",
		.sudo_user = "e.sudo_user"},
	[AUDIT_STEP] = {.columns = "s.at, s.step, i.source, s.incident, 0, s.event, s.from_state,"
				   " s.to_state, '', s.words, 0, " NO_COUNTS ", s.by_person, s.uid,"
				   " s.user, s.sudo_user, s.tty",
		.all = "steps s CROSS JOIN incidents i USING(incident) WHERE 1",
		.of_source = "incidents i CROSS JOIN steps s USING(incident) WHERE i.source = ?5",
		.at = "s.at",
		.id = "s.step",
		.is_person = "s.by_person",
		.user = "s.user",
		.sudo_user = "s.sudo_user"},
	[AUDIT_QUEUE] = {.columns =
				 "a.began, a.action, h.source, (SELECT max(incident) FROM"
				 " incident_holds n WHERE n.hold = a.hold), a.hold, a.kind, '',"
				 " '', CASE WHEN a.ended IS NULL THEN 'unfinished' WHEN"
				 " a.recovered THEN 'recovered' ELSE 'done' END, CASE a.kind WHEN"
				 " 'hold' THEN h.reason ELSE a.request END, 0, a.messages,"
				 " a.done, a.left_alone, a.missing, a.conflict, 1, a.uid, a.user,"
				 " a.sudo_user, a.tty",
		.all = "actions a LEFT JOIN holds h ON h.hold = a.hold WHERE 1",
		.of_source = "holds h CROSS JOIN actions a USING(hold) WHERE h.source = ?5",
		.at = "a.began",
		.id = "a.action",
		.is_person = "1",
		.user = "a.user",
		.sudo_user = "a.sudo_user"},
	[AUDIT_DEED] = {.columns = "d.at, d.step, i.source, d.incident, 0, d.responder, '', '',"
				   " d.state, d.words, 0, " NO_COUNTS ", d.by_person, d.uid,"
				   " d.user, d.sudo_user, d.tty",
		.all = "action_steps d CROSS JOIN incidents i USING(incident) WHERE 1",
		.of_source =
			"incidents i CROSS JOIN action_steps d USING(incident) WHERE i.source = ?5",
		.at = "d.at",
		.id = "d.step",
		.is_person = "d.by_person",
		.user = "d.user",
		.sudo_user = "d.sudo_user"},
};

static const char *const kind_names[AUDIT_KINDS] = {"opened", "exemption", "step", "queue", "deed"};

const char *audit_kind_name(enum audit_kind kind)
{
	return kind_names[kind];
}

/* ---- cursors ---- */

char *audit_cursor_text(const struct audit_cursor *cursor, char at[AUDIT_CURSOR_MAX])
{
	(void)snprintf(at, AUDIT_CURSOR_MAX, "%" PRId64 "-%u-%" PRId64, cursor->at,
		(unsigned)cursor->kind, cursor->id);
	return at;
}

int audit_cursor_read(struct slice text, struct audit_cursor *ret)
{
	size_t first = slice_find(text, '-');
	struct slice rest = slice_after(text, first + 1);
	size_t second = slice_find(rest, '-');
	uint64_t at, kind, id;

	if (units_read_count(slice_first(text, first), INT64_MAX, &at) < 0 ||
		units_read_count(slice_first(rest, second), AUDIT_KINDS - 1, &kind) < 0 ||
		units_read_count(slice_after(rest, second + 1), INT64_MAX, &id) < 0 || id == 0)
		return -EINVAL;
	*ret = (struct audit_cursor){(int64_t)at, (enum audit_kind)kind, (int64_t)id};
	return 0;
}

/* Whether a is the newer one. */
static bool is_newer(const struct audit_cursor *a, const struct audit_cursor *b)
{
	if (a->at != b->at)
		return a->at > b->at;
	return a->kind != b->kind ? a->kind > b->kind : a->id > b->id;
}

/* ---- one table ---- */

struct stream {
	sqlite3_stmt *statement; /* NULL: nothing of it is asked for */
	struct audit_cursor place;
	bool is_there; /* a row that was not told yet */
};

/* Only who did it is chosen by words of ours: all else is bound. */
static const char *condition(const struct table *t, const struct audit_choice *choice, char at[256])
{
	at[0] = '\0';
	if (choice->user != NULL)
		(void)snprintf(at, 256, " AND %s AND (%s = ?6 OR %s = ?6)", t->is_person, t->user,
			t->sudo_user);
	else if (choice->by_daemon)
		(void)snprintf(at, 256, " AND NOT %s", t->is_person);
	return at;
}

static int prepare(struct journal *j, const struct table *t, const struct audit_choice *choice,
	sqlite3_stmt **ret, struct problem *problem)
{
	char sql[SQL_MAX], who[256];

	(void)snprintf(sql, sizeof(sql),
		"SELECT %s FROM %s AND (%s, %s) < (?1, ?2) AND %s >= ?3%s"
		" ORDER BY %s DESC, %s DESC LIMIT ?4",
		t->columns, choice->source != NULL ? t->of_source : t->all, t->at, t->id, t->at,
		condition(t, choice, who), t->at, t->id);
	int rc = sqlite3_prepare_v2(j->db, sql, -1, ret, NULL);
	return rc == SQLITE_OK ? 0 : journal_fault(j, rc, problem);
}

/* Where the rows of that table begin: the last one that is not told is (at, id). */
static void bind_begin(sqlite3_stmt *s, enum audit_kind kind, const struct audit_choice *choice)
{
	const struct audit_cursor *before = &choice->before;
	int64_t at = INT64_MAX, id = INT64_MAX;

	if (before->id != 0) {
		at = before->at;
		id = kind < before->kind ? INT64_MAX : kind == before->kind ? before->id : 0;
	}
	if (choice->until != 0 && choice->until < at) {
		at = choice->until;
		id = INT64_MAX;
	}
	sqlite3_bind_int64(s, AT, at);
	sqlite3_bind_int64(s, ID, id);
}

static int step(struct journal *j, struct stream *stream, struct problem *problem)
{
	int rc = sqlite3_step(stream->statement);

	stream->is_there = rc == SQLITE_ROW;
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? 0 : journal_fault(j, rc, problem);
	stream->place.at = sqlite3_column_int64(stream->statement, COLUMN_AT);
	stream->place.id = sqlite3_column_int64(stream->statement, COLUMN_ID);
	return 0;
}

/* source: the text of the choice's source; lent until the stream is finalized. */
static int open_stream(struct journal *j, enum audit_kind kind, const struct audit_choice *choice,
	const char *source, struct stream *ret, struct problem *problem)
{
	const struct table *t = &tables[kind];

	ret->place.kind = kind;
	if (t->is_person == NULL && (choice->user != NULL || choice->by_daemon))
		return 0;
	int err = prepare(j, t, choice, &ret->statement, problem);
	if (err < 0)
		return err;
	bind_begin(ret->statement, kind, choice);
	sqlite3_bind_int64(ret->statement, SINCE, choice->since);
	sqlite3_bind_int64(ret->statement, LIMIT, (int64_t)choice->limit);
	if (choice->source != NULL)
		journal_bind_text(ret->statement, SOURCE, source);
	if (choice->user != NULL)
		journal_bind_text(ret->statement, USER, choice->user);
	return step(j, ret, problem);
}

static uint64_t count_at(sqlite3_stmt *s, int column)
{
	return (uint64_t)sqlite3_column_int64(s, column);
}

static void read_entry(const struct stream *stream, struct audit_entry *ret)
{
	sqlite3_stmt *s = stream->statement;

	*ret = (struct audit_entry){.place = stream->place,
		.source = journal_column_slice(s, COLUMN_SOURCE),
		.incident = sqlite3_column_int64(s, COLUMN_INCIDENT),
		.hold = sqlite3_column_int64(s, COLUMN_HOLD),
		.what = journal_column_text(s, COLUMN_WHAT),
		.from = journal_column_text(s, COLUMN_FROM),
		.to = journal_column_text(s, COLUMN_TO),
		.state = journal_column_text(s, COLUMN_STATE),
		.words = journal_column_text(s, COLUMN_WORDS),
		.until = sqlite3_column_int64(s, COLUMN_UNTIL),
		.counts = {.messages = count_at(s, COLUMN_MESSAGES),
			.done = count_at(s, COLUMN_MESSAGES + 1),
			.left = count_at(s, COLUMN_MESSAGES + 2),
			.missing = count_at(s, COLUMN_MESSAGES + 3),
			.conflict = count_at(s, COLUMN_MESSAGES + 4)},
		.by = sqlite3_column_type(s, COLUMN_BY_PERSON) == SQLITE_NULL ? AUDIT_BY_UNKNOWN
		      : sqlite3_column_int(s, COLUMN_BY_PERSON) != 0          ? AUDIT_BY_PERSON
									      : AUDIT_BY_DAEMON};
	if (ret->by == AUDIT_BY_PERSON)
		journal_column_who(s, COLUMN_WHO, &ret->who);
}

/* ---- all of them ---- */

/* NULL: there is nothing more. */
static struct stream *newest(struct stream streams[AUDIT_KINDS])
{
	struct stream *found = NULL;

	for (int i = 0; i < AUDIT_KINDS; i++)
		if (streams[i].is_there &&
			(found == NULL || is_newer(&streams[i].place, &found->place)))
			found = &streams[i];
	return found;
}

static int tell(struct journal *j, struct stream streams[AUDIT_KINDS], uint64_t limit,
	audit_visit *visit, void *context, struct problem *problem)
{
	struct audit_entry entry;
	struct stream *next;
	int err = 0;

	for (uint64_t n = 0; n < limit && err == 0 && (next = newest(streams)) != NULL; n++) {
		read_entry(next, &entry);
		if (!visit(context, &entry))
			break;
		err = step(j, next, problem);
	}
	return err;
}

int audit_each(struct journal *j, const struct audit_choice *choice, audit_visit *visit,
	void *context, struct problem *problem)
{
	struct stream streams[AUDIT_KINDS] = {0};
	char source[SOURCE_TEXT_MAX] = "";
	int err = 0;

	if (!journal_has_table(j, "exemption_steps"))
		return problem_set(problem, -ENOTSUP,
			"%s is of an older stanch: stanchd, or the next command that changes "
			"something, brings it up to date",
			j->path);
	if (choice->source != NULL)
		(void)source_text(choice->source, source);
	for (int i = 0; i < AUDIT_KINDS && err == 0; i++)
		err = open_stream(j, (enum audit_kind)i, choice, source, &streams[i], problem);
	if (err == 0)
		err = tell(j, streams, choice->limit, visit, context, problem);
	for (int i = 0; i < AUDIT_KINDS; i++)
		sqlite3_finalize(streams[i].statement);
	return err;
}
