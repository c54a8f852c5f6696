#include "incidents/measures.h"

#include "detectors/conduct/conduct.h"
#include "incidents/incident.h"
#include "incidents/journal_file.h"

#include <stdio.h>
#include <string.h>

#define PLACES 64 /* behind those of actions.c */

enum statement { OPENED, CONTAINED, EVIDENCE, LAST_ACTION, ACTION_STEP, STATEMENTS };
_Static_assert(PLACES + STATEMENTS <= JOURNAL_PLACES, "each has a place");

static const char next_contained[] =
	"SELECT step, from_state, to_state, steps.by_person, at, opened, incident FROM steps"
	" JOIN incidents USING(incident) WHERE step > ?1 ORDER BY step LIMIT ?2";
static const char next_actions[] =
	"SELECT step, responder, state FROM action_steps WHERE step > ?1 ORDER BY step LIMIT ?2";

static const char *const statements[STATEMENTS] = {
	[OPENED] = "SELECT count(*), max(incident) FROM incidents WHERE incident > ?1",
	[CONTAINED] = next_contained,
	[EVIDENCE] = "SELECT detector FROM evidence WHERE incident = ?1 LIMIT ?2",
	[LAST_ACTION] = "SELECT max(step) FROM action_steps",
	[ACTION_STEP] = next_actions,
};

const int64_t measures_delay_bounds[MEASURES_DELAYS] = {
	1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 21600, 86400};

/* most: bound as the second value, where the statement has one. */
static int begin(struct journal *j, enum statement which, int64_t from, int64_t most,
	sqlite3_stmt **ret, struct problem *problem)
{
	int err = journal_prepare(j, PLACES + which, statements[which], ret, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(*ret, 1, from);
	sqlite3_bind_int64(*ret, 2, most);
	return 0;
}

/* ---- names ---- */

static bool is_plain(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && n < MEASURES_NAME && name[n] == '\0';
}

/* The last place is for all that have none of their own. */
static struct measures_named *find_name(
	struct measures_named all[MEASURES_NAMES], size_t *count, const char *name)
{
	const char *called = *count < MEASURES_NAMES - 1 && is_plain(name) ? name : MEASURES_OTHER;

	for (size_t i = 0; i < *count; i++)
		if (strcmp(all[i].name, name) == 0 || strcmp(all[i].name, called) == 0)
			return &all[i];
	(void)snprintf(all[*count].name, MEASURES_NAME, "%s", called);
	return &all[(*count)++];
}

void measures_know_detectors(struct measures *m)
{
	for (const struct conduct *c = conduct_table(); c->name != NULL; c++)
		(void)find_name(m->detectors, &m->detector_count, c->name);
}

void measures_know_responder(struct measures *m, const char *name)
{
	(void)find_name(m->responders, &m->responder_count, name);
}

/* ---- containments ---- */

static void add_delay(struct measures_delays *d, int64_t seconds)
{
	size_t i = 0;

	if (seconds < 0) /* the clock was set back meanwhile */
		seconds = 0;
	while (i < MEASURES_DELAYS && seconds > measures_delay_bounds[i])
		i++;
	d->counts[i]++;
	d->count++;
	d->sum += seconds;
}

static int add_evidence(
	struct measures *m, struct journal *j, int64_t incident, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc, err = begin(j, EVIDENCE, incident, MEASURES_NAMES, &s, problem);

	if (err < 0)
		return err;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		find_name(m->detectors, &m->detector_count, journal_column_text(s, 0))->counts[0]++;
	return journal_finish_rows(j, s, rc, problem);
}

static int take_step(
	struct measures *m, struct journal *j, sqlite3_stmt *s, struct problem *problem)
{
	const char *contained = incident_state_name(INCIDENT_CONTAINED);
	bool by_person = sqlite3_column_int(s, 3) != 0;
	int64_t at = sqlite3_column_int64(s, 4), opened = sqlite3_column_int64(s, 5);
	int64_t incident = sqlite3_column_int64(s, 6);

	m->step = sqlite3_column_int64(s, 0);
	if (strcmp(journal_column_text(s, 2), contained) != 0 ||
		strcmp(journal_column_text(s, 1), contained) == 0)
		return 0;
	add_delay(by_person ? &m->by_person : &m->by_daemon, at - opened);
	if (at > m->last_contained)
		m->last_contained = at;
	return add_evidence(m, j, incident, problem);
}

/* *ret_rows: MEASURES_TURN when there may be more. */
static int read_steps(
	struct measures *m, struct journal *j, unsigned *ret_rows, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc, failed = 0, err = begin(j, CONTAINED, m->step, MEASURES_TURN, &s, problem);

	if (err < 0)
		return err;
	for (*ret_rows = 0; failed == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW; (*ret_rows)++)
		failed = take_step(m, j, s, problem);
	if (failed < 0) {
		(void)journal_finish_rows(j, s, SQLITE_ROW, NULL);
		return failed;
	}
	return journal_finish_rows(j, s, rc, problem);
}

/* ---- the rest ---- */

static int read_opened(struct measures *m, struct journal *j, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = begin(j, OPENED, m->incident, 0, &s, problem);

	if (err < 0)
		return err;
	int rc = sqlite3_step(s);
	if (rc == SQLITE_ROW && sqlite3_column_int64(s, 0) > 0) {
		m->opened += (uint64_t)sqlite3_column_int64(s, 0);
		m->incident = sqlite3_column_int64(s, 1);
	}
	return journal_finish_rows(j, s, rc, problem);
}

static int begin_actions(struct measures *m, struct journal *j, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = begin(j, LAST_ACTION, 0, 0, &s, problem);

	if (err < 0)
		return err;
	int rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		m->action_step = sqlite3_column_int64(s, 0);
	err = journal_finish_rows(j, s, rc, problem);
	m->has_begun = err == 0;
	return err;
}

static void take_action(struct measures *m, sqlite3_stmt *s)
{
	struct measures_named *responder =
		find_name(m->responders, &m->responder_count, journal_column_text(s, 1));

	m->action_step = sqlite3_column_int64(s, 0);
	for (int i = 0; i < ACTION_STATES; i++)
		if (strcmp(action_state_name((enum action_state)i), journal_column_text(s, 2)) == 0)
			responder->counts[i]++;
}

static int read_actions(struct measures *m, struct journal *j, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc, err = m->has_begun ? 0 : begin_actions(m, j, problem);

	if (err == 0)
		err = begin(j, ACTION_STEP, m->action_step, MEASURES_TURN, &s, problem);
	if (err < 0)
		return err;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		take_action(m, s);
	return journal_finish_rows(j, s, rc, problem);
}

int measures_turn(struct measures *m, struct journal *j, struct problem *problem)
{
	unsigned rows = 0;
	int err = read_opened(m, j, problem);

	if (err == 0)
		err = read_steps(m, j, &rows, problem);
	if (err == 0)
		err = read_actions(m, j, problem);
	if (err == 0 && rows < MEASURES_TURN)
		m->is_whole = true;
	return err;
}
