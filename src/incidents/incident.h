/* incident.h - the states of an incident, and the steps between them. Pure: what is written and
 * done is for others.
 *
 *   suspected ─► waiting ─► contained ─► cleaning ─► clean ─► closed
 *
 * waiting: what suffices is there, and a person has to say so (the brake, or holding is switched
 * off). A person may dismiss what was not acted on, and release what was. */
#ifndef STANCH_INCIDENTS_INCIDENT_H
#define STANCH_INCIDENTS_INCIDENT_H

#include "base/attribute.h"

#include <stdbool.h>

enum incident_state {
	INCIDENT_SUSPECTED, /* watched */
	INCIDENT_WAITING,
	INCIDENT_CONTAINED, /* its mail is to be held; not begun yet */
	INCIDENT_CLEANING,  /* is being held, again and again, until a full look finds nothing */
	INCIDENT_CLEAN,     /* the queue is clean; it is watched whether it stays so */
	INCIDENT_CLOSED,
	INCIDENT_DISMISSED, /* by a person: it was no thief */
	INCIDENT_RELEASED,  /* by a person: the mail is put back */
	INCIDENT_STATES
};

enum incident_event {
	INCIDENT_VERDICT,  /* what suffices is there, and it may be acted on */
	INCIDENT_ASK,      /* what suffices is there, and a person has to say so */
	INCIDENT_APPROVE,  /* a person says so */
	INCIDENT_HOLD,     /* holding begins */
	INCIDENT_FOUND,    /* some was held; there may be more */
	INCIDENT_NOTHING,  /* a full look at the queue found nothing */
	INCIDENT_NEW_MAIL, /* of the source, after it was clean */
	INCIDENT_QUIET,    /* nothing came for the quiet time */
	INCIDENT_DISMISS,
	INCIDENT_RELEASE,
	INCIDENT_CLOSE, /* by a person */
	INCIDENT_EVENTS
};

/* The state behind that event; false, and *ret is as it was, when nothing of the kind can happen.
 */
MUST_USE bool incident_step(
	enum incident_state from, enum incident_event event, enum incident_state *ret);

/* Whether something may still come of it by itself. */
bool incident_is_open(enum incident_state state);

/* Whether its mail is held as it comes. */
bool incident_is_acted_on(enum incident_state state);

/* "suspected", "verdict", …; fixed words, which the journal keeps. */
const char *incident_state_name(enum incident_state state);
const char *incident_event_name(enum incident_event event);

/* The reverse; false, and *ret is as it was, for any other word. */
MUST_USE bool incident_state_read(const char *name, enum incident_state *ret);
MUST_USE bool incident_event_read(const char *name, enum incident_event *ret);

#endif
