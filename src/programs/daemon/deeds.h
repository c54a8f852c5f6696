/* deeds.h - what is due of an incident besides holding its mail, done by `stanch incident act` in a
 * process of its own, and what came of it in the daemon's log. */
#ifndef STANCH_PROGRAMS_DAEMON_DEEDS_H
#define STANCH_PROGRAMS_DAEMON_DEEDS_H

#include "base/attribute.h"
#include "base/loop.h"
#include "facts/source.h"
#include "programs/daemon/job.h"
#include "programs/daemon/parts.h"

#include <stdbool.h>
#include <stdint.h>

/* As job_start(). */
MUST_USE int deeds_start(struct loop *loop, const struct daemon_part *part, int64_t incident,
	job_ended *ended, void *context, struct job **ret, struct problem *problem);

enum deeds_left {
	DEEDS_NOTHING,
	DEEDS_LATER,  /* something waits for its time */
	DEEDS_UNKNOWN /* the command did not say what came of it */
};

/* Logs each deed of what the command printed. */
enum deeds_left deeds_say(const struct daemon_part *part, struct loop *loop,
	const struct source *source, int64_t incident, struct slice output, int status);

#endif
