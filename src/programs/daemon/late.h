/* late.h - what is left to do about incidents that are over: a notice of the end whose channel was
 * not there, a release that was interrupted. One at a time, until a day after the end. */
#ifndef STANCH_PROGRAMS_DAEMON_LATE_H
#define STANCH_PROGRAMS_DAEMON_LATE_H

#include "base/loop.h"
#include "incidents/journal.h"
#include "programs/daemon/parts.h"

#include <stdint.h>

struct late;

struct late *late_new(const struct daemon_part *part, struct loop *loop);
void late_free(struct late *l); /* NULL is fine; what runs goes on */
AUTO_FREE(late)

/* Begins with the next one that is due, if nothing is being done. now: seconds since 1970. 0; or
 * the journal's error, and *problem. */
MUST_USE int late_turn(
	struct late *l, struct journal *journal, int64_t now, struct problem *problem);

#endif
