/* containing.h - what is done about one incident besides holding its mail, as the commands do it:
 * the responders with the settings in force, and what came of each told. */
#ifndef STANCH_PROGRAMS_CONTAINING_H
#define STANCH_PROGRAMS_CONTAINING_H

#include "incidents/casebook.h"
#include "programs/context.h"
#include "responders/containment.h"

/* The caller owns it and ends it with containing_end(), whatever containing_begin() returned. */
struct containing {
	struct containment containment; /* to be used */

	/* Private. */
	struct context *context;
	struct settings_values values; /* a copy; its texts are the context's */
	char *main_log;
	char reason[EVIDENCE_TEXT];
	json_t *said; /* with --json: what came of each */
	enum containing_due {
		CONTAINING_NOTHING,
		CONTAINING_ACT,
		CONTAINING_SUSPECT,
		CONTAINING_CLOSE,
		CONTAINING_UNDO
	} due; /* by the state that it was in */
};

/* incident, journal: borrowed. 0; or a negative errno, which was told. */
MUST_USE int containing_begin(struct containing *w, struct context *context,
	struct journal *journal, const struct incident *incident);
void containing_end(struct containing *w);

/* With --json one object: {"incident", "responders": [{"name", "state", "words"}], "done",
 * "waiting", "failed", "next"}. Returns the exit status. */
int containing_tell(struct containing *w, const struct contained *result);

/* Does what is due of it: acts, closes or undoes, by the incident's state. who: a person, for whom
 * what has failed is tried again, too; NULL: the daemon. Returns the exit status; what came of it
 * was told. */
int containing_act(struct context *context, struct journal *journal,
	const struct incident *incident, const struct journal_who *who);

/* Undoes the one (NULL: all that are left). Returns the exit status. */
int containing_undo(struct context *context, struct journal *journal,
	const struct incident *incident, const struct journal_who *who, const char *only);

/* Says what would be done. Returns the exit status. */
int containing_plan(
	struct context *context, struct journal *journal, const struct incident *incident);

#endif
