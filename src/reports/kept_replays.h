/* kept_replays.h - what came of replays, kept in the folder replays/ of the state: a JSON object
 * each, readable by its owner only, the newest KEPT_REPLAYS_MOST. Findings are bounded; what is
 * left out is counted.
 *
 * Errors are negative errnos with *problem. */
#ifndef STANCH_REPORTS_KEPT_REPLAYS_H
#define STANCH_REPORTS_KEPT_REPLAYS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "incidents/hindsight.h"
#include "incidents/journal.h"
#include "reports/hindsight.h"
#include "reports/terminal.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define KEPT_REPLAYS_MOST 20
#define KEPT_FINDINGS     1000
#define KEPT_NEAR         100
#define KEPT_LOGS         100 /* names of files and folders */
#define KEPT_REPLAY_ID    24  /* bytes of an id with its NUL: "20261127T032000Z" */

/* What was asked for. All borrowed. */
struct replay_run {
	int64_t at; /* seconds: when it was run */
	const struct journal_who *who;
	const char *const *logs; /* as typed */
	size_t log_count;
	const char *facts;          /* a file of facts; NULL: none */
	int64_t since_us, until_us; /* 0, INT64_MAX: not given */
};

/* A new object of it, without the id. Keys: at who logs logs_left_out facts since until alpha
 * contain_bits first last messages recipients sources contained near not_kept left_out
 * messages_stopped recipients_stopped, and findings and near_ones: lists of objects with source
 * kind name at begun last score threshold messages recipients messages_stopped recipients_stopped
 * messages_beside recipients_beside why; findings_left_out near_left_out. Times as text. */
json_t *kept_replay_object(
	struct hindsight *h, const struct hindsight_view *view, const struct replay_run *run);

/* Keeps it under a new id, which it gets as "replay", and lets the oldest go. The folders are made
 * if they are missing. */
MUST_USE int kept_replays_add(const char *state, int64_t now, json_t *object,
	char ret_id[KEPT_REPLAY_ID], struct problem *problem);

/* Newest first; object NULL: it is damaged. *ret_count how many there are. None is no error. */
typedef void kept_replay_visit(void *context, const char *id, json_t *object);
MUST_USE int kept_replays_each(const char *state, kept_replay_visit *visit, void *context,
	size_t *ret_count, struct problem *problem);

/* One of them, a new reference. -EINVAL: that is no id; -ENOENT: there is none; -EBADMSG: it is
 * damaged. */
MUST_USE int kept_replays_read(
	const char *state, const char *id, json_t **ret_object, struct problem *problem);

/* For people: a line of the list, with its head before the first; and one of them as a page. */
void kept_replay_print_row(const struct terminal *t, const json_t *object, bool first);
void kept_replay_print(const struct terminal *t, const json_t *object);

/* The object as a line, without findings and near_ones for a row of the list. */
void kept_replay_print_json(FILE *out, json_t *object, bool whole);

#endif
