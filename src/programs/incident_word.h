/* incident_word.h - a person's word on one incident: contain it, release it, dismiss it, close it,
 * or do what is due of it now. Asked back where it matters; kept with the step. */
#ifndef STANCH_PROGRAMS_INCIDENT_WORD_H
#define STANCH_PROGRAMS_INCIDENT_WORD_H

#include "programs/incident_session.h"

#include <stdbool.h>

struct incident_word_settings {
	const char *reason;
	bool yes, dry_run, keep_mail;
};

/* The options that fill them; `into` is their offset in a command's settings. */
#define INCIDENT_WORD_ROWS 4
extern const struct option_row incident_word_rows[INCIDENT_WORD_ROWS];

/* All borrowed; incident is kept up to date. */
struct incident_word {
	struct context *context;
	const struct incident_word_settings *settings;
	struct journal *journal;
	struct incident incident;
	struct journal_who who;
};

/* Each returns the exit status, and has said what came of it. */
int incident_contain(struct incident_word *w);
int incident_release(struct incident_word *w);
int incident_dismiss(struct incident_word *w);
int incident_close(struct incident_word *w);
int incident_act(struct incident_word *w);

/* A new incident of a source that a person wants contained, without a verdict: w->incident is
 * filled, suspected. 0, or a negative errno that was told. */
MUST_USE int incident_open_by_person(struct incident_word *w, const struct source *source);

#endif
