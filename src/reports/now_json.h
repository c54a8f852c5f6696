/* now_json.h - how things are now, in one JSON document: what the daemon shows at its control
 * socket, on its page and to `stanch top`. What is not known is null and never 0.
 *
 *   {"at": 1795780800.25, "version", "host", "mode": "observe"|"hold"|"cut off"|"cut off and hold",
 *    "ready", "journal", "watcher_age": s|null, "lag_seconds": s|null, "unread_bytes": n|null,
 *    "queue": messages|null, "held": messages|null,
 *    "incidents": [{"incident", "source", "kind", "name", "state", "opened", "changed",
 *                   "contained", "score", "threshold", "messages", "recipients", "held", "failed",
 *                   "asks"}]|null, "incidents_left_out": n|null,
 *    "sources": [{"source", "kind", "name", "score", "threshold",
 *                 "verdict": "nothing"|"suspect"|"contain", "messages", "recipients", "failed",
 *                 "why", "pace": [60 times n|null]}]|null, "sources_known": n|null,
 *    "sources_active": n|null,
 *    "minute": {"at", "accepted", "delivered", "deferred", "failed", "refused", "queue"}|null} */
#ifndef STANCH_REPORTS_NOW_JSON_H
#define STANCH_REPORTS_NOW_JSON_H

#include "base/attribute.h"
#include "detectors/detector.h"
#include "incidents/standing.h"
#include "incidents/watch.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOW_UNKNOWN     INT64_C(-1)
#define NOW_SOURCES_MAX ((size_t)30)
#define NOW_PACE        PACE_MINUTES
#define NOW_WORD        64 /* bytes of a short text with its NUL */
#define NOW_HOST_MAX    256

/* A source that sent, or tried to, within the last hour. */
struct now_source {
	struct source source;
	double score, threshold; /* bits */
	enum verdict verdict;
	uint64_t messages, recipients; /* of today and yesterday (UTC) */
	uint64_t failed;               /* deliveries, likewise */
	char why[EVIDENCE_TEXT];       /* what weighs most, a printable sentence; "": nothing */
	uint16_t pace[NOW_PACE];       /* recipients a minute, the oldest first; PACE_UNKNOWN */
};

/* A minute that is over. NOW_UNKNOWN for what was not counted. */
struct now_minute {
	int64_t at; /* its begin, seconds since 1970; 0: there is none yet */
	int64_t accepted, delivered, deferred, failed, refused, queue;
};

/* Owned. Zeroed memory may be cleared. */
struct now {
	double at; /* seconds since 1970 */
	char version[NOW_WORD], host[NOW_HOST_MAX], mode[NOW_WORD];
	bool is_ready;    /* what was written before the daemon began is read */
	bool has_journal; /* it can be used now */
	/* NOW_UNKNOWN for what is not known */
	int64_t watcher_age, lag_seconds; /* seconds */
	int64_t unread_bytes;             /* of logs */
	int64_t queue, held;              /* messages */
	int64_t sources_known, sources_active;
	bool knows_incidents, knows_sources; /* else there are none here, and that says nothing */
	struct standing incidents;           /* standing_asks() says which need a person */
	struct now_source *sources;          /* the most suspicious first */
	size_t source_count;                 /* at most NOW_SOURCES_MAX */
	struct now_minute minute;            /* the last one */
};
void now_clear(struct now *n);

/* A new reference. It is never larger than NOW_JSON_MAX bytes: the least suspicious sources and
 * then the last incidents are left out of one that would be, and those incidents are counted. */
#define NOW_JSON_MAX ((size_t)160 << 10)
json_t *now_json(const struct now *n);

/* The reverse; what is read is checked as a stranger's. 0 and *ret, which the caller clears; or
 * -EBADMSG: then nothing is known, and *ret is as it was. */
MUST_USE int now_json_read(const json_t *object, struct now *ret);

/* The rows of "sources" alone, as watcher and hand tell them each other: a new reference, and the
 * reverse into at most NOW_SOURCES_MAX. -EBADMSG when one is none. */
json_t *now_sources_json(const struct now_source *sources, size_t count);
MUST_USE int now_sources_read(
	const json_t *rows, struct now_source ret[NOW_SOURCES_MAX], size_t *ret_count);

#endif
