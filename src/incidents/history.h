/* history.h - what happened on this server, minute by minute, on disk: history.sqlite (0600) in the
 * state folder. Minutes are kept for eight days, hours for two years. The latest minute may be gone
 * after a power cut; a damaged file is set aside and begun anew.
 *
 *   minutes  a row for each minute that somebody looked at
 *   hours    what its minutes come to: sums, how many were counted, the mean and the most of the
 *            queue */
#ifndef STANCH_INCIDENTS_HISTORY_H
#define STANCH_INCIDENTS_HISTORY_H

#include "base/attribute.h"
#include "base/problem.h"
#include "incidents/minutes.h"

#include <stddef.h>
#include <stdint.h>

#define HISTORY_NAME    "history.sqlite"
#define HISTORY_MINUTES (INT64_C(8) * 86400)   /* seconds for which minutes are kept */
#define HISTORY_HOURS   (INT64_C(731) * 86400) /* and hours */
#define HISTORY_POINTS  1500                   /* that are told at most */

struct history;

/* Opens the one in that folder; makes it if it is missing. What is damaged is set aside, and
 * *problem says so though 0 is returned: its text is not empty. 0 and *ret; or a negative errno and
 * *problem. */
MUST_USE int history_open(const char *folder, struct history **ret, struct problem *problem);
void history_free(struct history *h); /* NULL is fine */
AUTO_FREE(history)

/* Takes down a minute; one that is there already stays as it is. At the begin of an hour what is
 * too old goes. 0; or a negative errno and *problem: -EBADMSG when it is damaged. */
MUST_USE int history_put(struct history *h, const struct minute *minute, struct problem *problem);

/* One point of a series. MINUTE_UNKNOWN for what nobody looked at. */
struct history_point {
	int64_t at;          /* its begin, seconds since 1970 */
	int64_t queue, held; /* messages: the mean */
	int64_t queue_most;
	int64_t counts[MINUTE_COUNTS]; /* sums of those minutes that were counted */
	int64_t minutes;               /* how many of it were counted */
};

struct history_series {
	int64_t from, to; /* seconds since 1970, of whole steps */
	int64_t step;     /* seconds of a point: 60, 300, 900, 3600 or some hours */
	struct history_point *at;
	size_t count; /* at most HISTORY_POINTS, without gaps; what nobody looked at is unknown */
};
void history_series_clear(struct history_series *s);

/* from, to: seconds since 1970, to behind from, at most HISTORY_HOURS, and not so far ahead. The
 * shortest step that gives no more than HISTORY_POINTS, and that is still kept of then; now:
 * seconds. 0 and *ret, which the caller clears; -EINVAL for other times; or another negative errno
 * and *problem. */
MUST_USE int history_read(struct history *h, int64_t from, int64_t to, int64_t now,
	struct history_series *ret, struct problem *problem);

/* Whether it has that table with so many rows, for tests. */
MUST_USE int history_rows(
	struct history *h, int64_t *ret_minutes, int64_t *ret_hours, struct problem *problem);

#endif
