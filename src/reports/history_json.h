/* history_json.h - the history of this server as one JSON document: series of the same length, in
 * which null stands for what nobody looked at.
 *
 *   {"from", "to", "step": seconds, "at": [seconds since 1970], "queue": [n|null],
 *    "queue_most": […], "held": […], "accepted": […], "delivered": […], "deferred": […],
 *    "failed": […], "refused": […], "counted": [minutes of the step in which it was counted]} */
#ifndef STANCH_REPORTS_HISTORY_JSON_H
#define STANCH_REPORTS_HISTORY_JSON_H

#include "base/attribute.h"
#include "incidents/history.h"

#include <jansson.h>

/* A new reference. */
json_t *history_json(const struct history_series *s);

/* args: an object with "from" and "to", seconds since 1970, as numbers or as their digits, or
 * without: the 24 hours before `to`, `to` being now. NULL: without both. 0 and *ret, a new
 * reference; or *problem and -EINVAL for arguments that are none, or another. */
MUST_USE int history_answer(
	struct history *h, const json_t *args, int64_t now, json_t **ret, struct problem *problem);

#endif
