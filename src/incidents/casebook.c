#include "incidents/casebook.h"

#include "detectors/conduct/conduct.h"
#include "incidents/journal_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Places behind those of journal.c. */
enum statement {
	ADD_INCIDENT = 24,
	SET_JUDGED,
	SET_STATE,
	SET_MAIL,
	ADD_STEP,
	PUT_EVIDENCE,
	ADD_SCORE,
	COUNT_SCORES,
	THIN_SCORES,
	ADD_HOLD,
	ADD_HELD,
	EACH,
	EACH_STEP,
	EACH_EVIDENCE,
	EACH_SCORE,
	EACH_HOLD,
	COUNT,
	PUT_EXEMPTION,
	END_EXEMPTION,
	ADD_EXEMPTION_STEP,
	EACH_EXEMPTION,
	FIND_EXEMPTION,
	FORGIVE,
	FORGIVEN,
	EACH_FORGIVEN,
	STATEMENTS
};
_Static_assert(STATEMENTS <= JOURNAL_PLACES, "each has a place");

#define OPEN_STATES "('suspected','waiting','contained','cleaning','clean')"
#define ACTED_ON    "('contained','cleaning','clean')"

static const char *const statements[STATEMENTS] = {
	[ADD_INCIDENT] = "INSERT INTO incidents(source, state, opened, changed, contained, closed,"
			 " last_mail, fact_us, score, threshold, messages, recipients, held,"
			 " by_person) VALUES(?1, 'suspected', ?2, ?2, 0, 0, ?3, ?4, ?5, ?6, ?7, ?8,"
			 " 0, 0)",
	[SET_JUDGED] = "UPDATE incidents SET fact_us = max(fact_us, ?2), score = ?3,"
		       " threshold = ?4, messages = ?5, recipients = ?6,"
		       " last_mail = max(last_mail, ?7) WHERE incident = ?1",
	[SET_STATE] = "UPDATE incidents SET state = ?2, changed = ?3,"
		      " contained = CASE WHEN ?4 THEN ?3 ELSE contained END,"
		      " closed = CASE WHEN ?5 THEN ?3 ELSE closed END,"
		      " by_person = by_person OR (?4 AND ?6) WHERE incident = ?1",
	[SET_MAIL] = "UPDATE incidents SET last_mail = max(last_mail, ?2) WHERE incident = ?1",
	[ADD_STEP] = "INSERT INTO steps(incident, at, event, from_state, to_state, by_person, uid,"
		     " user, sudo_user, tty, words) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
		     " ?11)",
	[PUT_EVIDENCE] = "INSERT OR REPLACE INTO evidence(incident, detector, at_us, bits, text,"
			 " ids) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[ADD_SCORE] = "INSERT INTO scores(incident, at_us, score) VALUES(?1, ?2, ?3)",
	[COUNT_SCORES] = "SELECT count(*) FROM scores WHERE incident = ?1",
	/* every second one but the first and the last */
	[THIN_SCORES] = "DELETE FROM scores WHERE rowid IN (SELECT row FROM (SELECT rowid AS row,"
			" row_number() OVER (ORDER BY rowid) AS n, count(*) OVER () AS all_of"
			" FROM scores WHERE incident = ?1) WHERE n % 2 = 0 AND n < all_of)",
	[ADD_HOLD] = "INSERT OR IGNORE INTO incident_holds(incident, hold) VALUES(?1, ?2)",
	[ADD_HELD] = "UPDATE incidents SET held = held + ?2 WHERE incident = ?1",
	[EACH] = "SELECT incident, source, state, opened, changed, contained, closed, last_mail,"
		 " fact_us, score, threshold, messages, recipients, held, by_person FROM incidents"
		 " WHERE (?1 = 0 OR incident = ?1) AND (?2 = '' OR source = ?2)"
		 " AND (?3 = 0 OR state IN " OPEN_STATES ") AND changed >= ?4"
		 " ORDER BY incident DESC",
	[EACH_STEP] = "SELECT at, event, from_state, to_state, by_person, words, uid, user,"
		      " sudo_user, tty FROM steps WHERE incident = ?1 ORDER BY step",
	[EACH_EVIDENCE] = "SELECT detector, bits, text, ids FROM evidence WHERE incident = ?1"
			  " ORDER BY bits DESC",
	[EACH_SCORE] = "SELECT at_us, score FROM scores WHERE incident = ?1 ORDER BY rowid",
	/* Killed between the hold and the note that it was made for the incident: its reason says.
	 */
	[EACH_HOLD] = "SELECT hold FROM incident_holds WHERE incident = ?1 UNION"
		      " SELECT hold FROM holds WHERE reason = 'incident ' || ?1 AND source ="
		      " (SELECT source FROM incidents WHERE incident = ?1) ORDER BY hold",
	[COUNT] = "SELECT (SELECT count(*) FROM incidents WHERE state IN " ACTED_ON "),"
		  " (SELECT count(*) FROM incidents WHERE contained >= ?1 AND NOT by_person)",
	[PUT_EXEMPTION] = "INSERT OR REPLACE INTO exemptions(source, since, until, uid, user,"
			  " sudo_user, tty, reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[END_EXEMPTION] = "DELETE FROM exemptions WHERE source = ?1",
	[ADD_EXEMPTION_STEP] =
		"INSERT INTO exemption_steps(source, at, until, uid, user, sudo_user, tty, reason,"
		" what) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[EACH_EXEMPTION] =
		"SELECT source, since, until, reason, uid, user, sudo_user, tty FROM exemptions"
		" WHERE ?1 = 0 OR until = 0 OR until > ?1 ORDER BY source",
	[FIND_EXEMPTION] = "SELECT 1 FROM exemptions WHERE source = ?1 AND (until = 0 OR until > "
			   "?2)",
	[FORGIVE] = "INSERT INTO forgiven(source, until_us) VALUES(?1, ?2) ON CONFLICT(source)"
		    " DO UPDATE SET until_us = max(until_us, excluded.until_us)",
	[FORGIVEN] = "SELECT until_us FROM forgiven WHERE source = ?1",
	[EACH_FORGIVEN] = "SELECT source, until_us FROM forgiven",
};

static int prepare(
	struct journal *j, enum statement which, sqlite3_stmt **ret, struct problem *problem)
{
	return journal_prepare(j, which, statements[which], ret, problem);
}

/* ---- one commit for what belongs together ---- */

static int begin(struct journal *j, bool *ret_ours, struct problem *problem)
{
	*ret_ours = !j->in_transaction;
	return *ret_ours ? journal_begin(j, problem) : 0;
}

static int end(struct journal *j, bool ours, int err, struct problem *problem)
{
	if (err == 0 && ours)
		err = journal_commit(j, problem);
	if (err < 0 && ours)
		journal_undo(j);
	return err;
}

bool casebook_exists(struct journal *j)
{
	return journal_has_table(j, "incidents");
}

/* ---- writing ---- */

static int64_t seconds_of(int64_t us)
{
	return us / 1000000;
}

static int put_evidence(struct journal *j, int64_t number, const struct incident_finding *f,
	const struct evidence *e, struct problem *problem)
{
	char ids[EVIDENCE_IDS * (EXIM_ID_NEW + 2)] = "";
	sqlite3_stmt *s = NULL;
	size_t n = 0;
	int err = prepare(j, PUT_EVIDENCE, &s, problem);

	if (err < 0)
		return err;
	for (size_t i = 0; i < e->id_count && i < EVIDENCE_IDS; i++)
		n += (size_t)snprintf(
			ids + n, sizeof(ids) - n, "%s%s", i > 0 ? " " : "", e->ids[i]);
	sqlite3_bind_int64(s, 1, number);
	journal_bind_text(s, 2, e->detector);
	sqlite3_bind_int64(s, 3, f->at_us);
	sqlite3_bind_double(s, 4, e->bits);
	journal_bind_text(s, 5, e->text);
	journal_bind_text(s, 6, ids);
	return journal_finish(j, s, problem);
}

static int thin_scores(struct journal *j, int64_t number, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, COUNT_SCORES, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	int rc = sqlite3_step(s);
	int64_t count = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	err = journal_finish_rows(j, s, rc, problem);
	if (err < 0 || count < CASEBOOK_SCORES)
		return err;
	err = prepare(j, THIN_SCORES, &s, problem);
	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	return journal_finish(j, s, problem);
}

static int add_score(struct journal *j, int64_t number, const struct incident_finding *f,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = thin_scores(j, number, problem);

	if (err == 0)
		err = prepare(j, ADD_SCORE, &s, problem);
	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	sqlite3_bind_int64(s, 2, f->at_us);
	sqlite3_bind_double(s, 3, f->score);
	return journal_finish(j, s, problem);
}

static int take_down(struct journal *j, int64_t number, const struct incident_finding *f,
	struct problem *problem)
{
	int err = add_score(j, number, f, problem);

	for (size_t i = 0; i < f->evidence_count && i < CASEBOOK_EVIDENCE && err == 0; i++)
		err = put_evidence(j, number, f, &f->evidence[i], problem);
	return err;
}

static int add_step(struct journal *j, int64_t number, enum incident_event event,
	enum incident_state from, enum incident_state to, const struct incident_doing *d,
	struct problem *problem)
{
	static const struct journal_who nobody = {0};
	char words[CASEBOOK_WORDS];
	sqlite3_stmt *s = NULL;
	int err = prepare(j, ADD_STEP, &s, problem);

	if (err < 0)
		return err;
	(void)snprintf(words, sizeof(words), "%s", d->words != NULL ? d->words : "");
	sqlite3_bind_int64(s, 1, number);
	sqlite3_bind_int64(s, 2, d->at);
	journal_bind_text(s, 3, incident_event_name(event));
	journal_bind_text(s, 4, incident_state_name(from));
	journal_bind_text(s, 5, incident_state_name(to));
	sqlite3_bind_int(s, 6, d->who != NULL);
	journal_bind_who(s, 7, d->who != NULL ? d->who : &nobody);
	journal_bind_text(s, 11, words);
	return journal_finish(j, s, problem);
}

static int add_incident(struct journal *j, const struct incident_finding *f,
	const struct incident_doing *d, int64_t *ret_number, struct problem *problem)
{
	char name[SOURCE_TEXT_MAX];
	sqlite3_stmt *s = NULL;
	int err = prepare(j, ADD_INCIDENT, &s, problem);

	if (err < 0)
		return err;
	journal_bind_text(s, 1, source_text(f->source, name));
	sqlite3_bind_int64(s, 2, d->at);
	sqlite3_bind_int64(s, 3, seconds_of(f->at_us));
	sqlite3_bind_int64(s, 4, f->at_us);
	sqlite3_bind_double(s, 5, f->score);
	sqlite3_bind_double(s, 6, f->threshold);
	sqlite3_bind_int64(s, 7, (int64_t)f->messages);
	sqlite3_bind_int64(s, 8, (int64_t)f->recipients);
	err = journal_finish(j, s, problem);
	*ret_number = sqlite3_last_insert_rowid(j->db);
	return err;
}

int casebook_open(struct journal *j, const struct incident_finding *finding,
	const struct incident_doing *doing, int64_t *ret_number, struct problem *problem)
{
	int64_t number = 0;
	bool ours;
	int err = begin(j, &ours, problem);

	if (err == 0)
		err = add_incident(j, finding, doing, &number, problem);
	if (err == 0)
		err = take_down(j, number, finding, problem);
	err = end(j, ours, err, problem);
	if (err == 0)
		*ret_number = number;
	return err;
}

static int set_judged(struct journal *j, int64_t number, const struct incident_finding *f,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_JUDGED, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	sqlite3_bind_int64(s, 2, f->at_us);
	sqlite3_bind_double(s, 3, f->score);
	sqlite3_bind_double(s, 4, f->threshold);
	sqlite3_bind_int64(s, 5, (int64_t)f->messages);
	sqlite3_bind_int64(s, 6, (int64_t)f->recipients);
	sqlite3_bind_int64(s, 7, seconds_of(f->at_us));
	return journal_finish(j, s, problem);
}

int casebook_judge(struct journal *j, int64_t number, const struct incident_finding *finding,
	struct problem *problem)
{
	bool ours;
	int err = begin(j, &ours, problem);

	if (err == 0)
		err = set_judged(j, number, finding, problem);
	if (err == 0)
		err = take_down(j, number, finding, problem);
	return end(j, ours, err, problem);
}

static int set_state(struct journal *j, int64_t number, enum incident_state to,
	const struct incident_doing *d, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_STATE, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	journal_bind_text(s, 2, incident_state_name(to));
	sqlite3_bind_int64(s, 3, d->at);
	sqlite3_bind_int(s, 4, to == INCIDENT_CONTAINED);
	sqlite3_bind_int(s, 5, !incident_is_open(to));
	sqlite3_bind_int(s, 6, d->who != NULL);
	return journal_finish(j, s, problem);
}

int casebook_step(struct journal *j, int64_t number, enum incident_event event,
	const struct incident_doing *doing, enum incident_state *ret_state, struct problem *problem)
{
	struct incident now;
	enum incident_state to = INCIDENT_SUSPECTED;
	bool ours;
	int err = begin(j, &ours, problem);

	if (err == 0)
		err = casebook_find(j, number, &now, problem);
	if (err == 0 && !incident_step(now.state, event, &to))
		err = problem_set(problem, -EINVAL, "incident %" PRId64 " is %s: \"%s\" cannot be",
			number, incident_state_name(now.state), incident_event_name(event));
	if (err == 0)
		err = set_state(j, number, to, doing, problem);
	if (err == 0)
		err = add_step(j, number, event, now.state, to, doing, problem);
	err = end(j, ours, err, problem);
	if (err == 0 && ret_state != NULL)
		*ret_state = to;
	return err;
}

int casebook_set_last_mail(struct journal *j, int64_t number, int64_t at, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_MAIL, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	sqlite3_bind_int64(s, 2, at);
	return journal_finish(j, s, problem);
}

static int two_numbers(
	struct journal *j, enum statement which, int64_t a, int64_t b, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, which, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, a);
	sqlite3_bind_int64(s, 2, b);
	return journal_finish(j, s, problem);
}

int casebook_add_hold(
	struct journal *j, int64_t number, int64_t hold, uint64_t messages, struct problem *problem)
{
	bool ours;
	int err = begin(j, &ours, problem);

	if (err == 0)
		err = two_numbers(j, ADD_HOLD, number, hold, problem);
	if (err == 0)
		err = two_numbers(j, ADD_HELD, number, (int64_t)messages, problem);
	return end(j, ours, err, problem);
}

/* ---- reading ---- */

/* false: the row is not one that we wrote. */
static bool read_incident(sqlite3_stmt *s, struct incident *ret)
{
	*ret = (struct incident){.number = sqlite3_column_int64(s, 0)};
	if (!incident_state_read(journal_column_text(s, 2), &ret->state) ||
		source_parse(journal_column_slice(s, 1), &ret->source) < 0)
		return false;
	ret->opened = sqlite3_column_int64(s, 3);
	ret->changed = sqlite3_column_int64(s, 4);
	ret->contained = sqlite3_column_int64(s, 5);
	ret->closed = sqlite3_column_int64(s, 6);
	ret->last_mail = sqlite3_column_int64(s, 7);
	ret->fact_us = sqlite3_column_int64(s, 8);
	ret->score = sqlite3_column_double(s, 9);
	ret->threshold = sqlite3_column_double(s, 10);
	ret->messages = (uint64_t)sqlite3_column_int64(s, 11);
	ret->recipients = (uint64_t)sqlite3_column_int64(s, 12);
	ret->held = (uint64_t)sqlite3_column_int64(s, 13);
	ret->by_person = sqlite3_column_int(s, 14) != 0;
	return true;
}

static int damaged_row(struct journal *j, int64_t number, struct problem *problem)
{
	return problem_set(
		problem, -EBADMSG, "%s: incident %" PRId64 " is damaged", j->path, number);
}

int casebook_each(struct journal *j, const struct incident_choice *choice, incident_visit *visit,
	void *context, struct problem *problem)
{
	char name[SOURCE_TEXT_MAX] = "";
	struct incident i;
	sqlite3_stmt *s = NULL;
	int rc, err = prepare(j, EACH, &s, problem);
	bool more = true, sound = true;

	if (err < 0)
		return err;
	if (choice->source != NULL)
		(void)source_text(choice->source, name);
	sqlite3_bind_int64(s, 1, choice->number);
	journal_bind_text(s, 2, name);
	sqlite3_bind_int(s, 3, choice->open_only);
	sqlite3_bind_int64(s, 4, choice->since);
	while (more && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		sound = read_incident(s, &i);
		if (!sound)
			break;
		if (choice->states == 0 || (choice->states & 1u << i.state) != 0)
			more = visit(context, &i);
	}
	err = journal_finish_rows(j, s, more && sound ? rc : SQLITE_ROW, problem);
	return err == 0 && !sound ? damaged_row(j, i.number, problem) : err;
}

static bool keep_first(void *context, const struct incident *incident)
{
	*(struct incident *)context = *incident;
	return false;
}

int casebook_find(struct journal *j, int64_t number, struct incident *ret, struct problem *problem)
{
	const struct incident_choice choice = {.number = number};
	struct incident found = {0};
	int err = number > 0 ? casebook_each(j, &choice, keep_first, &found, problem) : 0;

	if (err == 0 && found.number == 0)
		err = problem_set(problem, -ENOENT, "there is no incident %" PRId64, number);
	if (err == 0)
		*ret = found;
	return err;
}

int casebook_find_open(struct journal *j, const struct source *source, struct incident *ret,
	struct problem *problem)
{
	const struct incident_choice choice = {.source = source, .open_only = true};

	*ret = (struct incident){0};
	return casebook_each(j, &choice, keep_first, ret, problem);
}

int casebook_each_step(struct journal *j, int64_t number, incident_step_visit *visit, void *context,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc, err = prepare(j, EACH_STEP, &s, problem);
	bool more = true;

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	while (more && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct incident_step_row row = {.at = sqlite3_column_int64(s, 0),
			.by_person = sqlite3_column_int(s, 4) != 0,
			.words = journal_column_text(s, 5)};

		if (!incident_event_read(journal_column_text(s, 1), &row.event) ||
			!incident_state_read(journal_column_text(s, 2), &row.from) ||
			!incident_state_read(journal_column_text(s, 3), &row.to))
			continue;
		journal_column_who(s, 6, &row.who);
		more = visit(context, &row);
	}
	return journal_finish_rows(j, s, more ? rc : SQLITE_ROW, problem);
}

/* The name of a detector is ours, or that of a stanch with others. */
static const char *detector_name(const char *name)
{
	const struct conduct *known = conduct_find(name);

	return known != NULL ? known->name : "a detector of another version";
}

static void read_ids(struct slice text, struct evidence *ret)
{
	while (text.len > 0 && ret->id_count < EVIDENCE_IDS) {
		size_t n = slice_find(text, ' ');
		struct slice id = slice_first(text, n < EXIM_ID_NEW ? n : EXIM_ID_NEW);

		memcpy(ret->ids[ret->id_count], id.at, id.len);
		ret->ids[ret->id_count++][id.len] = '\0';
		text = slice_after(text, n + 1);
	}
}

int casebook_evidence(struct journal *j, int64_t number, struct evidence *ret, size_t most,
	size_t *ret_count, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc = SQLITE_DONE, err = prepare(j, EACH_EVIDENCE, &s, problem);

	*ret_count = 0;
	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	while (*ret_count < most && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct evidence *e = &ret[(*ret_count)++];

		*e = (struct evidence){.detector = detector_name(journal_column_text(s, 0)),
			.bits = sqlite3_column_double(s, 1)};
		(void)snprintf(e->text, sizeof(e->text), "%s", journal_column_text(s, 2));
		read_ids(journal_column_slice(s, 3), e);
	}
	return journal_finish_rows(j, s, rc, problem);
}

int casebook_scores(struct journal *j, int64_t number, struct incident_score ret[CASEBOOK_SCORES],
	size_t *ret_count, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc = SQLITE_DONE, err = prepare(j, EACH_SCORE, &s, problem);

	*ret_count = 0;
	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	while (*ret_count < CASEBOOK_SCORES && (rc = sqlite3_step(s)) == SQLITE_ROW)
		ret[(*ret_count)++] = (struct incident_score){
			sqlite3_column_int64(s, 0), sqlite3_column_double(s, 1)};
	return journal_finish_rows(j, s, rc, problem);
}

int casebook_holds(struct journal *j, int64_t number, int64_t *ret, size_t most, size_t *ret_count,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc = SQLITE_DONE, err = prepare(j, EACH_HOLD, &s, problem);

	*ret_count = 0;
	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, number);
	while (*ret_count < most && (rc = sqlite3_step(s)) == SQLITE_ROW)
		ret[(*ret_count)++] = sqlite3_column_int64(s, 0);
	return journal_finish_rows(j, s, rc, problem);
}

int casebook_count(struct journal *j, int64_t since, uint64_t *ret_contained, uint64_t *ret_since,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, COUNT, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, since);
	int rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		*ret_contained = (uint64_t)sqlite3_column_int64(s, 0);
		*ret_since = (uint64_t)sqlite3_column_int64(s, 1);
	}
	return journal_finish_rows(j, s, rc, problem);
}

/* ---- exemptions and what was forgiven ---- */

static int put_exemption(struct journal *j, enum statement which, const struct exemption *e,
	const char *what, struct problem *problem)
{
	char name[SOURCE_TEXT_MAX];
	sqlite3_stmt *s = NULL;
	int err = prepare(j, which, &s, problem);

	if (err < 0)
		return err;
	journal_bind_text(s, 1, source_text(&e->source, name));
	sqlite3_bind_int64(s, 2, e->since);
	sqlite3_bind_int64(s, 3, e->until);
	journal_bind_who(s, 4, &e->who);
	journal_bind_text(s, 8, e->reason);
	if (which == ADD_EXEMPTION_STEP)
		journal_bind_text(s, 9, what);
	return journal_finish(j, s, problem);
}

int casebook_exempt(struct journal *j, const struct exemption *exemption, struct problem *problem)
{
	bool ours;
	int err = begin(j, &ours, problem);

	if (err == 0)
		err = put_exemption(j, PUT_EXEMPTION, exemption, NULL, problem);
	if (err == 0)
		err = put_exemption(j, ADD_EXEMPTION_STEP, exemption, "exempt", problem);
	return end(j, ours, err, problem);
}

static int remove_exemption(struct journal *j, const struct source *source, struct problem *problem)
{
	char name[SOURCE_TEXT_MAX];
	sqlite3_stmt *s = NULL;
	int err = prepare(j, END_EXEMPTION, &s, problem);

	if (err < 0)
		return err;
	journal_bind_text(s, 1, source_text(source, name));
	err = journal_finish(j, s, problem);
	if (err == 0 && sqlite3_changes(j->db) == 0)
		err = problem_set(problem, -ENOENT, "%s is not exempted", name);
	return err;
}

int casebook_end_exemption(struct journal *j, const struct source *source,
	const struct incident_doing *doing, struct problem *problem)
{
	struct exemption ended = {.source = *source,
		.since = doing->at,
		.reason = doing->words != NULL ? doing->words : ""};
	bool ours;
	int err = begin(j, &ours, problem);

	if (doing->who != NULL)
		ended.who = *doing->who;
	if (err == 0)
		err = remove_exemption(j, source, problem);
	if (err == 0)
		err = put_exemption(j, ADD_EXEMPTION_STEP, &ended, "unexempt", problem);
	return end(j, ours, err, problem);
}

int casebook_each_exemption(struct journal *j, int64_t now, exemption_visit *visit, void *context,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc, err = prepare(j, EACH_EXEMPTION, &s, problem);
	bool more = true;

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, now);
	while (more && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct exemption e = {.since = sqlite3_column_int64(s, 1),
			.until = sqlite3_column_int64(s, 2),
			.reason = journal_column_text(s, 3)};

		if (source_parse(journal_column_slice(s, 0), &e.source) < 0)
			continue;
		journal_column_who(s, 4, &e.who);
		more = visit(context, &e);
	}
	return journal_finish_rows(j, s, more ? rc : SQLITE_ROW, problem);
}

int casebook_is_exempt(struct journal *j, const struct source *source, int64_t now,
	bool *ret_exempt, struct problem *problem)
{
	char name[SOURCE_TEXT_MAX];
	sqlite3_stmt *s = NULL;
	int err = prepare(j, FIND_EXEMPTION, &s, problem);

	if (err < 0)
		return err;
	journal_bind_text(s, 1, source_text(source, name));
	sqlite3_bind_int64(s, 2, now);
	int rc = sqlite3_step(s);
	*ret_exempt = rc == SQLITE_ROW;
	return journal_finish_rows(j, s, rc, problem);
}

int casebook_forgive(
	struct journal *j, const struct source *source, int64_t until_us, struct problem *problem)
{
	char name[SOURCE_TEXT_MAX];
	sqlite3_stmt *s = NULL;
	int err = prepare(j, FORGIVE, &s, problem);

	if (err < 0)
		return err;
	journal_bind_text(s, 1, source_text(source, name));
	sqlite3_bind_int64(s, 2, until_us);
	return journal_finish(j, s, problem);
}

int casebook_forgiven(struct journal *j, const struct source *source, int64_t *ret_until_us,
	struct problem *problem)
{
	char name[SOURCE_TEXT_MAX];
	sqlite3_stmt *s = NULL;
	int err = prepare(j, FORGIVEN, &s, problem);

	if (err < 0)
		return err;
	journal_bind_text(s, 1, source_text(source, name));
	int rc = sqlite3_step(s);
	*ret_until_us = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	return journal_finish_rows(j, s, rc, problem);
}

int casebook_each_forgiven(
	struct journal *j, forgiven_visit *visit, void *context, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc = SQLITE_DONE, err = prepare(j, EACH_FORGIVEN, &s, problem);

	if (err < 0)
		return err;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct source source;

		if (source_parse(journal_column_slice(s, 0), &source) == 0)
			visit(context, &source, sqlite3_column_int64(s, 1));
	}
	return journal_finish_rows(j, s, rc, problem);
}
