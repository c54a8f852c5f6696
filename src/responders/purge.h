/* purge.h - ends held messages for good: removes their files, under the lock, and writes the two
 * lines into Exim's log by which its readers know that a message left the queue. */
#ifndef STANCH_RESPONDERS_PURGE_H
#define STANCH_RESPONDERS_PURGE_H

#include "responders/acting.h"

/* As restore_run(). */
MUST_USE int purge_run(const struct acting *a, int64_t hold, const char *hold_queue,
	const struct kept *messages, size_t count, struct acted *acted, struct problem *problem);

/* The two lines for one message, into the batch of the log. */
void purge_log(const struct acting *a, int64_t hold, const struct exim_id *id);

#endif
