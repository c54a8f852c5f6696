/* incident_session.h - what the commands about incidents share: the journal opened to read or to
 * note, who asks, and how they are shown. */
#ifndef STANCH_PROGRAMS_INCIDENT_SESSION_H
#define STANCH_PROGRAMS_INCIDENT_SESSION_H

#include "base/attribute.h"
#include "programs/context.h"
#include "reports/incidents.h"
#include "reports/remembered.h"

/* Opens the journal. 0 and *ret_journal; or says why not and returns a negative errno: -ENOENT when
 * there is none to be read, of which nothing is said. */
MUST_USE int incident_journal(
	struct context *context, enum journal_access access, struct journal **ret_journal);

/* The source that a person typed: false, and it was said what to write, when it is none. */
MUST_USE bool incident_source(const struct context *context, const char *typed, struct source *ret);

/* Prints a story, as a page or as JSON. explain: the evidence only. */
void incident_show(struct context *context, const struct incident_story *story, bool explain);

/* What the daemon remembers of a source, as a page or as JSON. */
/* What its source did on each day, for a person: in a line or two, or not at all. */
void incident_show_past(struct context *context, const struct source_past *past);

void incident_show_remembered(
	struct context *context, const struct ledger_source *s, const struct remembered_view *view);

/* A row of the list, as a line or as JSON. */
void incident_show_row(struct context *context, const struct incident *incident, bool first);

/* After something was changed: a daemon that runs is told to look at it at once. */
void incident_tell_daemon(const struct context *context);

#endif
