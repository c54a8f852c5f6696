/* report_watch.h - what comes into reports.folder, as facts for the watcher. */
#ifndef STANCH_PROGRAMS_DAEMON_REPORT_WATCH_H
#define STANCH_PROGRAMS_DAEMON_REPORT_WATCH_H

#include "base/attribute.h"
#include "base/loop.h"
#include "facts/ledger.h"
#include "programs/daemon/parts.h"

#include <jansson.h>

struct report_watch;

/* part, loop and ledger are borrowed. found: each fact, lent for the call, from the loop. Begins at
 * once. NULL when reports.folder is not set, or when it cannot be watched, which is an event. */
struct report_watch *report_watch_new(const struct daemon_part *part, struct loop *loop,
	const struct ledger *ledger, void (*found)(void *context, const struct fact *fact),
	void *context);
void report_watch_free(struct report_watch *r); /* NULL is fine; not from `found` */
AUTO_FREE(report_watch)

/* Counts, for the state that is shown. */
json_t *report_watch_state(const struct report_watch *r);

#endif
