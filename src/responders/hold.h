/* hold.h - takes messages out of delivery and keeps them: renamed, under Exim's own lock, into a
 * named queue of Exim's on the same file system, where `exim -qG<queue>` lists and releases them
 * without us.
 *
 * Two passes: first -H of every message, which alone takes it out of Exim's sight, so that a flood
 * is stopped soonest; then -J, -D and the message log. The journal has the intent for all of them
 * before the first rename, and what came of it after the last. */
#ifndef STANCH_RESPONDERS_HOLD_H
#define STANCH_RESPONDERS_HOLD_H

#include "facts/source.h"
#include "responders/acting.h"
#include "systems/exim/scan.h"

/* The messages that are to be held. Owned by the caller. */
struct hold_list;
struct hold_list *hold_list_new(void);
void hold_list_free(struct hold_list *list); /* NULL is fine */
AUTO_FREE(hold_list)

/* Adds a message as a scan found it. Under the lock it will be looked at again, and left when it is
 * no longer of that source. What the list keeps is copied. Several threads may add at once. */
void hold_list_add(struct hold_list *list, const struct exim_spool *spool, const struct scanned *m,
	const struct source *source);

/* Adds a message by its id alone, wherever it lies. -ENOENT when it is nowhere outside the hold
 * queue. */
MUST_USE int hold_list_add_id(struct hold_list *list, const struct exim_spool *spool,
	const struct exim_id *id, const char *hold_queue);

size_t hold_list_count(const struct hold_list *list);

/* For the summary that a person is asked about: messages and recipients (of those that were added
 * with their source) of each source, most messages first. Returns how many of the `most` at
 * ret_sums were filled; *ret_sources is how many there are. */
struct hold_sum {
	struct source source;
	uint64_t messages, recipients;
};
size_t hold_list_sums(
	const struct hold_list *list, struct hold_sum *ret_sums, size_t most, size_t *ret_sources);

/* The id of the n-th message. */
const struct exim_id *hold_list_id(const struct hold_list *list, size_t n);

struct hold_request {
	const char *queue;    /* the hold queue's name */
	const char *reason;   /* "" when none was given */
	const char *selector; /* as typed */
	const char *source;   /* text of the one source that is held; else "" */
	int64_t hold;         /* 0: a new one; else more messages for that one */
};

/* Holds them. *acted is filled in every case. 0 when that was possible, even if single messages
 * were left (acted says which and why); or a negative errno and *problem when nothing could be done
 * (then nothing was moved), or when the outcome could not be written to the journal (then the next
 * command finds out). */
MUST_USE int hold_run(const struct acting *a, const struct hold_request *request,
	struct hold_list *list, struct acted *acted, struct problem *problem);

#endif
