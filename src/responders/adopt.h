/* adopt.h - mail that lies in the hold queue and that the journal does not know as held: the
 * journal was lost, or is another one, or somebody moved it there with Exim's own tools.
 *
 * Taken up as a hold of its own it can be restored as any other: to the default queue, because
 * nothing tells any more where it came from. */
#ifndef STANCH_RESPONDERS_ADOPT_H
#define STANCH_RESPONDERS_ADOPT_H

#include "responders/acting.h"

#define ADOPT_REASON "found in the hold queue"

/* Ids in order, each once. Owned by the caller; zeroed to begin with. */
struct stray_list {
	struct exim_id *at;
	size_t count, room;
};
void stray_list_clear(struct stray_list *list);
bool stray_list_has(const struct stray_list *list, const struct exim_id *id);

/* Lists the messages (those with a -H) of that hold queue that are not held, or in between, by any
 * hold of the journal on this spool and queue. journal NULL: there is none, and it knows nothing.
 * Returns 0, or a negative errno and *problem: a folder that cannot be listed is not an empty one.
 */
MUST_USE int stray_list_read(struct stray_list *list, const struct exim_spool *spool,
	const char *spool_path, const char *hold_queue, struct journal *journal,
	struct problem *problem);

/* What the journal will say of a stray: where restoring puts it. */
struct kept stray_kept(const struct exim_spool *spool, const struct exim_id *id);

/* Writes a hold of these messages into the journal, for the reason above; no file is touched.
 * Returns 0, or a negative errno and *problem: then nothing was written. */
MUST_USE int adopt_run(const struct acting *a, const char *hold_queue, const struct kept *messages,
	size_t count, int64_t *ret_hold, struct problem *problem);

#endif
