/* feedback_watch.h - what comes into feedback.folder, as facts for the watcher. */
#ifndef STANCH_PROGRAMS_DAEMON_REPORT_WATCH_H
#define STANCH_PROGRAMS_DAEMON_REPORT_WATCH_H

#include "base/attribute.h"
#include "base/loop.h"
#include "facts/ledger.h"
#include "programs/daemon/parts.h"

#include <jansson.h>

struct feedback_watch;

/* part, loop and ledger are borrowed. found: each fact, lent for the call, from the loop. Begins at
 * once. NULL when feedback.folder is not set, or when it cannot be watched, which is an event. */
struct feedback_watch *feedback_watch_new(const struct daemon_part *part, struct loop *loop,
	const struct ledger *ledger, void (*found)(void *context, const struct fact *fact),
	void *context);
void feedback_watch_free(struct feedback_watch *r); /* NULL is fine; not from `found` */
AUTO_FREE(feedback_watch)

/* Counts, for the state that is shown. */
json_t *feedback_watch_state(const struct feedback_watch *r);

#endif
