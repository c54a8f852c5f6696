#include "incidents/actions.h"

#include "incidents/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOCK_NAME    "responding"
#define LOCK_LOOK_MS 20

#define PLACES 50 /* behind those of casebook.c */

enum statement {
	PUT_ACTION,
	ADD_STEP,
	THIN_STEPS,
	EACH_ACTION,
	EACH_STEP,
	STANDING,
	LEFT,
	STATEMENTS
};
_Static_assert(PLACES + STATEMENTS <= JOURNAL_PLACES, "each has a place");

static const char *const statements[STATEMENTS] = {
	[PUT_ACTION] = "INSERT INTO incident_actions(incident, responder, began, state, changed,"
		       " next, tries, words, note) VALUES(?1, ?2, ?4, ?3, ?4, ?5, ?6, ?7, ?8)"
		       " ON CONFLICT(incident, responder) DO UPDATE SET state = excluded.state,"
		       " changed = excluded.changed, next = excluded.next, tries = excluded.tries,"
		       " words = excluded.words, note = excluded.note",
	[ADD_STEP] = "INSERT INTO action_steps(incident, responder, at, state, words, by_person,"
		     " uid, user, sudo_user, tty)"
		     " VALUES(?1, ?2, ?4, ?3, ?7, ?9, ?10, ?11, ?12, ?13)",
	/* a mail server that is tried for a week shall not fill the disk */
	[THIN_STEPS] = "DELETE FROM action_steps WHERE incident = ?1 AND responder = ?2 AND step <="
		       " (SELECT step FROM action_steps WHERE incident = ?1 AND responder = ?2"
		       " ORDER BY step DESC LIMIT 1 OFFSET ?3)",
	[EACH_ACTION] = "SELECT incident, responder, state, changed, words, next, tries, note"
			" FROM incident_actions WHERE incident = ?1 ORDER BY began, rowid",
	[EACH_STEP] = "SELECT incident, responder, state, at, words, 0, 0, '' FROM action_steps"
		      " WHERE incident = ?1 ORDER BY step",
	[STANDING] = "SELECT DISTINCT source FROM incident_actions JOIN incidents USING(incident)"
		     " WHERE responder = ?1 AND incident_actions.state <> 'undone'",
	[LEFT] = "SELECT incident, source, MIN(a.changed) FROM incident_actions AS a"
		 " JOIN incidents AS i USING(incident)"
		 " WHERE i.state IN ('closed', 'released') AND i.closed > ?2"
		 " AND (a.responder = 'tell' AND a.state = 'waiting' AND a.next <= ?1"
		 " OR a.responder = 'tell' AND a.state = 'intended' AND a.changed <= ?3"
		 " OR a.state = 'undoing' AND a.changed <= ?3)"
		 " GROUP BY incident ORDER BY 3, incident",
};

static const char *const state_names[ACTION_STATES] = {
	"intended", "done", "waiting", "failed", "undoing", "undone"};

const char *action_state_name(enum action_state state)
{
	return state_names[state];
}

static int prepare(
	struct journal *j, enum statement which, sqlite3_stmt **ret, struct problem *problem)
{
	return journal_prepare(j, PLACES + which, statements[which], ret, problem);
}

static int put(
	struct journal *j, enum statement which, const struct incident_action *a, struct problem *p)
{
	static const struct journal_who nobody = {0};
	sqlite3_stmt *s = NULL;
	int err = prepare(j, which, &s, p);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, a->incident);
	journal_bind_text(s, 2, a->responder);
	journal_bind_text(s, 3, action_state_name(a->state));
	sqlite3_bind_int64(s, 4, a->changed);
	journal_bind_text(s, 7, a->words);
	if (which == PUT_ACTION) {
		sqlite3_bind_int64(s, 5, a->next);
		sqlite3_bind_int64(s, 6, (int64_t)a->tries);
		journal_bind_text(s, 8, a->note);
	} else {
		sqlite3_bind_int(s, 9, a->who != NULL);
		journal_bind_who(s, 10, a->who != NULL ? a->who : &nobody);
	}
	return journal_finish(j, s, p);
}

static int thin(struct journal *j, const struct incident_action *a, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, THIN_STEPS, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, a->incident);
	journal_bind_text(s, 2, a->responder);
	sqlite3_bind_int64(s, 3, ACTION_STEPS);
	return journal_finish(j, s, problem);
}

int actions_put(struct journal *j, const struct incident_action *action, struct problem *problem)
{
	if (strlen(action->responder) >= ACTION_NAME_MAX || strlen(action->note) > ACTION_NOTE_MAX)
		return problem_set(problem, -EINVAL,
			"the note of what %.*s did is too long to be kept", ACTION_NAME_MAX,
			action->responder);
	int err = journal_begin(j, problem);
	if (err < 0)
		return err;
	err = put(j, PUT_ACTION, action, problem);
	if (err == 0)
		err = put(j, ADD_STEP, action, problem);
	if (err == 0)
		err = thin(j, action, problem);
	if (err == 0)
		err = journal_commit(j, problem);
	if (err < 0)
		journal_undo(j);
	return err;
}

static int read_row(
	struct journal *j, sqlite3_stmt *s, struct incident_action *ret, struct problem *problem)
{
	int state = journal_column_name(s, 2, state_names, ACTION_STATES);

	if (state < 0)
		return problem_set(problem, -EBADMSG,
			"%s has an action in a state that is not known", j->path);
	*ret = (struct incident_action){.incident = sqlite3_column_int64(s, 0),
		.responder = journal_column_text(s, 1),
		.state = (enum action_state)state,
		.changed = sqlite3_column_int64(s, 3),
		.words = journal_column_text(s, 4),
		.next = sqlite3_column_int64(s, 5),
		.tries = (uint64_t)sqlite3_column_int64(s, 6),
		.note = journal_column_text(s, 7)};
	return 0;
}

static int each(struct journal *j, enum statement which, int64_t incident,
	incident_action_visit *visit, void *context, struct problem *problem)
{
	struct incident_action action;
	sqlite3_stmt *s = NULL;
	int rc, err = 0;

	if (!journal_has_table(j, "incident_actions"))
		return 0;
	if (prepare(j, which, &s, problem) < 0)
		return -EIO;
	sqlite3_bind_int64(s, 1, incident);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		err = read_row(j, s, &action, problem);
		if (err < 0 || !visit(context, &action))
			break;
	}
	int end = journal_finish_rows(j, s, rc, err < 0 ? NULL : problem);
	return err < 0 ? err : end;
}

int actions_each(struct journal *j, int64_t incident, incident_action_visit *visit, void *context,
	struct problem *problem)
{
	return each(j, EACH_ACTION, incident, visit, context, problem);
}

int actions_each_step(struct journal *j, int64_t incident, incident_action_visit *visit,
	void *context, struct problem *problem)
{
	return each(j, EACH_STEP, incident, visit, context, problem);
}

int actions_each_standing(struct journal *j, const char *responder, action_source_visit *visit,
	void *context, struct problem *problem)
{
	struct source source;
	sqlite3_stmt *s = NULL;
	int rc, err;

	if (!journal_has_table(j, "incident_actions"))
		return 0;
	err = prepare(j, STANDING, &s, problem);
	if (err < 0)
		return err;
	journal_bind_text(s, 1, responder);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (source_parse(journal_column_slice(s, 0), &source) == 0)
			visit(context, &source);
	return journal_finish_rows(j, s, rc, problem);
}

int actions_each_left(struct journal *j, int64_t now, action_left_visit *visit, void *context,
	struct problem *problem)
{
	struct source source;
	sqlite3_stmt *s = NULL;
	int rc, err;

	if (!journal_has_table(j, "incident_actions"))
		return 0;
	err = prepare(j, LEFT, &s, problem);
	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, now);
	sqlite3_bind_int64(s, 2, now - ACTIONS_LATE_S);
	sqlite3_bind_int64(s, 3, now - ACTIONS_AGAIN_S);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (source_parse(journal_column_slice(s, 1), &source) == 0 &&
			!visit(context, sqlite3_column_int64(s, 0), &source))
			break;
	return journal_finish_rows(j, s, rc, problem);
}

/* ---- one at a time ---- */

int actions_lock(
	const char *folder, int64_t incident, int64_t wait_ms, int *ret_fd, struct problem *problem)
{
	struct flock one = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = incident, .l_len = 1};
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/" LOCK_NAME, folder) >= sizeof(path))
		return problem_set(problem, -ENAMETOOLONG, "the path %s is too long", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return problem_set(problem, -errno, "cannot open %s: %s", path, strerror(errno));
	while (fcntl(fd, F_OFD_SETLK, &one) < 0) {
		int err = errno;

		if ((err == EAGAIN || err == EACCES) && wait_ms > 0) {
			(void)poll(NULL, 0, LOCK_LOOK_MS);
			wait_ms -= LOCK_LOOK_MS;
			continue;
		}
		close(fd);
		return err == EAGAIN || err == EACCES
			       ? problem_set(problem, -EBUSY,
					 "another stanch is acting on incident %" PRId64, incident)
			       : problem_set(
					 problem, -err, "cannot lock %s: %s", path, strerror(err));
	}
	*ret_fd = fd;
	return 0;
}
