/* actions.h - what is done about an incident besides holding its mail, in the journal's file: each
 * responder's action with its state, and each step of it. The intent is committed before anything
 * is done in the world, the outcome after; what lies between was killed, and is looked at again.
 *
 *   incident_actions   a row for each incident and responder
 *   action_steps       what became of it, when, and in what words
 *
 * Errors are those of journal_open(). Times are seconds since 1970. */
#ifndef STANCH_INCIDENTS_ACTIONS_H
#define STANCH_INCIDENTS_ACTIONS_H

#include "base/attribute.h"
#include "facts/source.h"
#include "incidents/journal.h"

#include <stdbool.h>
#include <stdint.h>

#define ACTION_NAME_MAX 16           /* bytes of a responder's name with its NUL */
#define ACTION_NOTE_MAX (16U << 10)  /* bytes of its note */
#define ACTION_STEPS    ((size_t)64) /* of one action that are kept, the latest */

enum action_state {
	ACTION_INTENDED, /* to be done; whether it was is not known */
	ACTION_DONE,     /* done, and the world was seen to show it */
	ACTION_WAITING,  /* the other side was not to be had: tried again at `next` */
	ACTION_FAILED,   /* not to be had by trying again; a person has to look */
	ACTION_UNDOING,
	ACTION_UNDONE,
	ACTION_STATES
};
const char *action_state_name(enum action_state state);

/* Text is borrowed: when written, from the caller; when read, until the visitor returns. */
struct incident_action {
	int64_t incident;
	const char *responder;
	enum action_state state;
	int64_t changed;
	int64_t next;   /* ACTION_WAITING: when it is tried again; else 0 */
	uint64_t tries; /* in a row that have failed */
	const char *words;
	const char *note; /* a JSON object; "" for none */
	const struct journal_who
		*who; /* for whom it is done, only when written; NULL: the daemon */
};

/* Writes the row and a step of it, in one commit. */
MUST_USE int actions_put(
	struct journal *j, const struct incident_action *action, struct problem *problem);

/* In the order in which they were begun. The visitor returns false to stop. None at all in a
 * journal of an older stanch. */
typedef bool incident_action_visit(void *context, const struct incident_action *action);
MUST_USE int actions_each(struct journal *j, int64_t incident, incident_action_visit *visit,
	void *context, struct problem *problem);

/* Steps, oldest first; `next`, `tries` and `note` are not of steps. */
MUST_USE int actions_each_step(struct journal *j, int64_t incident, incident_action_visit *visit,
	void *context, struct problem *problem);

/* Sources against which that responder's action stands, or may: begun and not undone, whatever has
 * become of their incidents. */
typedef void action_source_visit(void *context, const struct source *source);
MUST_USE int actions_each_standing(struct journal *j, const char *responder,
	action_source_visit *visit, void *context, struct problem *problem);

#define ACTIONS_LATE_S  86400 /* for so long behind the end of an incident */
#define ACTIONS_AGAIN_S 300   /* behind one that was interrupted or could not be undone */

/* Incidents that are over, of which something is left to do now: a notice that waits for its time,
 * or one that was interrupted, or not undone. Longest left first; the visitor returns false to
 * stop. */
typedef bool action_left_visit(void *context, int64_t incident, const struct source *source);
MUST_USE int actions_each_left(struct journal *j, int64_t now, action_left_visit *visit,
	void *context, struct problem *problem);

/* Whoever acts on an incident has this lock of its file in the journal's folder: one at a time.
 * wait_ms: how long another is waited for. 0 and *ret_fd, which is closed to give it back; or
 * -EBUSY and *problem, or another. */
MUST_USE int actions_lock(const char *folder, int64_t incident, int64_t wait_ms, int *ret_fd,
	struct problem *problem);

#endif
