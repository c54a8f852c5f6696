/* log_clock.h - the local time that a log is written in, as seconds since 1970.
 *
 * Consecutive lines are of the same hour, so what an hour begins with is worked out once and each
 * line costs an addition. Where summer time ends an hour comes twice; the order of the lines tells
 * which of the two it is, because a log does not run backwards by an hour. */
#ifndef STANCH_SENSORS_LOG_CLOCK_H
#define STANCH_SENSORS_LOG_CLOCK_H

#include "base/attribute.h"
#include "formats/exim_log.h"

#include <stdint.h>

struct log_clock; /* one for each log that is read in its order */

/* zone: "" the zone of this system; "UTC"; "+0130", "-0800": always that far from UTC; else the
 * name of a zone, "Europe/Berlin" (as Exim's setting "timezone" may have it). Only the last needs
 * the environment: TZ is lent to the C library for the length of a call once an hour of the log, so
 * no other thread may use it then. Returns 0 and *ret_clock; or -EINVAL for a number that is no
 * offset, -ENOENT for a name that this system has no zone for. */
MUST_USE int log_clock_new(const char *zone, struct log_clock **ret_clock);
void log_clock_free(struct log_clock *c); /* NULL is fine */
AUTO_FREE(log_clock)

/* The time of one line, t->year must not be 0. A zone in the line counts before that of the clock.
 * A local time that never was, in the hour left out in spring, is read as if summer time had not
 * begun yet. */
int64_t log_clock_seconds(struct log_clock *c, const struct exim_log_time *t);

/* Tells a clock that begins in the middle of a log what the time was there: nothing that follows
 * and could be two times is taken for more than LOG_CLOCK_DISORDER earlier. */
void log_clock_set(struct log_clock *c, int64_t seconds);

/* Lines of different processes may be out of their order by so much, in seconds: each takes the
 * time and then writes, and may be kept waiting between the two. */
#define LOG_CLOCK_DISORDER 60

#endif
