/* incidents.h - incidents for people: the list, one as a story, and how its evidence grew. Foreign
 * bytes are encoded here. */
#ifndef STANCH_REPORTS_INCIDENTS_H
#define STANCH_REPORTS_INCIDENTS_H

#include "incidents/actions.h"
#include "incidents/casebook.h"
#include "incidents/recipient_domains.h"
#include "reports/terminal.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define INCIDENT_HOLDS_SHOWN  32
#define INCIDENT_SAMPLES_KEPT ((size_t)CASEBOOK_EVIDENCE * EVIDENCE_IDS)
#define INCIDENT_SAMPLES      10 /* that are shown */

/* All that is known of one. Owns its bytes; incident_story_clear() frees them. */
struct incident_story {
	struct incident incident;
	struct incident_story_step {
		struct incident_step_row row;
		char *words; /* owned; row.words lies there */
	} * steps;
	size_t step_count;
	struct incident_story_deed { /* what was done besides holding, a step of it each */
		int64_t at;
		enum action_state state;
		char responder[ACTION_NAME_MAX];
		char *words; /* owned */
	} * deeds;
	size_t deed_count;
	struct evidence evidence[CASEBOOK_EVIDENCE];
	size_t evidence_count;
	struct incident_score scores[CASEBOOK_SCORES];
	size_t score_count;
	int64_t holds[INCIDENT_HOLDS_SHOWN];
	uint64_t held_now[INCIDENT_HOLDS_SHOWN]; /* messages of each */
	size_t hold_count;
	struct recipient_domains domains; /* of what was held */
	/* Messages that show it, held ones first. */
	char samples[INCIDENT_SAMPLES_KEPT][EXIM_ID_NEW + 1];
	size_t sample_count, sample_held;
};

/* Reads it from the journal into *ret, which the caller clears whatever comes. Errors as for
 * casebook_find(). */
MUST_USE int incident_story_read(
	struct journal *j, int64_t number, struct incident_story *ret, struct problem *problem);
void incident_story_clear(struct incident_story *story);

/* Of the samples that are not held, those that are in the queue go first. */
typedef bool incident_is_queued(void *context, const struct exim_id *id);
void incident_story_prefer(
	struct incident_story *story, incident_is_queued *is_queued, void *context);

struct incidents_view {
	int64_t now;         /* seconds since 1970, for ages */
	bool hints;          /* the next commands to type */
	bool unicode;        /* the terminal shows block characters */
	const char *options; /* as in reports/sources.h */
};

/* A row of the list; the first call of a list with `first` prints its head. */
void incidents_print_row(const struct terminal *t, const struct incident *incident,
	const struct incidents_view *view, bool first);

/* From the first odd fact to the end, who did what, and how to undo it. */
void incident_print(const struct terminal *t, const struct incident_story *story,
	const struct incidents_view *view);

/* The evidence over time, with a plot, and each reason as a bar of bits. */
void incident_explain(const struct terminal *t, const struct incident_story *story,
	const struct incidents_view *view);

/* One object a line. Keys: incident source kind name state opened changed contained closed
 * last_mail score threshold messages recipients held by_person; of a story also steps (at event
 * from to who words) actions (at responder state words) evidence (detector bits text ids) scores
 * (time score) holds first_odd samples (ids) recipient_domains (domain recipients)
 * recipient_domains_left_out recipient_domains_of recipient_domains_uncounted undo and choices
 * (action, incident or hold, command help). */
void incident_print_json(FILE *out, const struct incident *incident);
void incident_story_print_json(
	FILE *out, const struct incident_story *story, const struct incidents_view *view);

/* The same as new references; of a story without undo and choices, which are for who may act. */
json_t *incident_json(const struct incident *incident) __attribute__((returns_nonnull));
json_t *incident_story_json(const struct incident_story *story) __attribute__((returns_nonnull));

/* Whether that terminal shows block characters: the locale that its program was started with is
 * one of UTF-8. */
bool incidents_unicode(void);

#endif
