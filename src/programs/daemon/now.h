/* now.h - how things are now, and how they were: what the hand tells the clerk and whoever asks at
 * the control socket (reports/now_json.h, reports/history_json.h). It takes the minutes down as
 * they go by. What it was told a while ago is not told as if it were of now: then it is unknown. */
#ifndef STANCH_PROGRAMS_DAEMON_NOW_H
#define STANCH_PROGRAMS_DAEMON_NOW_H

#include "base/attribute.h"
#include "base/loop.h"
#include "base/problem.h"
#include "incidents/journal.h"
#include "programs/daemon/parts.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define NOW_FRESH_S 30 /* what the watcher knows, once it is silent, is old */

struct now_keeper;

/* What the hand knows; all of it is lent for the call. */
struct now_view {
	int64_t at;              /* seconds since 1970 */
	const char *mode;        /* what is done by itself */
	struct journal *journal; /* NULL: it cannot be used */
	const json_t *watcher;   /* its last state; NULL: none yet */
	int64_t watcher_at;      /* when it was told, seconds since 1970 */
};

/* part and loop are borrowed. A history that cannot be opened is an event, and is tried again. */
struct now_keeper *now_keeper_new(const struct daemon_part *part, struct loop *loop);
void now_keeper_free(struct now_keeper *n); /* NULL is fine */
AUTO_FREE(now_keeper)

/* {"say": "sources", "sources": […], "active": n} of the watcher. false: it is none. */
MUST_USE bool now_keeper_hear(struct now_keeper *n, const json_t *said, int64_t at);

/* Each second. */
void now_keeper_turn(struct now_keeper *n, const struct now_view *view);

/* The document of now, a new reference. */
json_t *now_keeper_json(struct now_keeper *n, const struct now_view *view);

/* The document of the history for these arguments (history_answer() says which), at that time. 0
 * and *ret, a new reference; or *problem and -EINVAL for arguments that are none, or another when
 * it cannot be read now. */
MUST_USE int now_keeper_history(struct now_keeper *n, const json_t *args, int64_t at, json_t **ret,
	struct problem *problem);

#endif
