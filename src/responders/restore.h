/* restore.h - puts held messages back into the very folder they came from, byte for byte, with
 * owner, mode and times unchanged; never over a file that is there. */
#ifndef STANCH_RESPONDERS_RESTORE_H
#define STANCH_RESPONDERS_RESTORE_H

#include "responders/acting.h"

/* The messages of one hold (all of them with the same .hold, all MESSAGE_HELD). hold_queue: that
 * hold's. Returns as hold_run() does; counts.missing are those that somebody released or removed
 * with Exim's own tools. */
MUST_USE int restore_run(const struct acting *a, int64_t hold, const char *hold_queue,
	const struct kept *messages, size_t count, struct acted *acted, struct problem *problem);

#endif
