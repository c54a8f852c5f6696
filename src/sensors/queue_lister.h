/* queue_lister.h - an index of Exim's queue (queue_index.h) that is kept as the queue is: it reads
 * every -H once, with the threads of systems/exim/scan.h, and each again that is written anew, as
 * spool_watch.h tells. All queues are in it, the hold queue too.
 *
 * A pull interface: poll queue_lister_fds(), call queue_lister_turn() when one is ready, and every
 * second anyway. What is in the index is shown from the start; queue_lister_look() says how much
 * that is. */
#ifndef STANCH_SENSORS_QUEUE_LISTER_H
#define STANCH_SENSORS_QUEUE_LISTER_H

#include "base/attribute.h"
#include "base/problem.h"
#include "sensors/queue_index.h"

#include <stdbool.h>
#include <stdint.h>

enum queue_lister_state {
	QUEUE_LISTER_READING, /* not all has been read yet */
	QUEUE_LISTER_READY,
	QUEUE_LISTER_OFF, /* it cannot be read: see .why */
};

struct queue_lister_standing {
	enum queue_lister_state state;
	uint64_t read;       /* messages that are in the index, or were read in this reading */
	bool knows_messages; /* how many there are */
	uint64_t messages;
	uint64_t damaged;   /* of those in the index: not all of them could be read */
	bool is_complete;   /* the index is the whole queue */
	struct problem why; /* if it is not, and not because it is being read; else "" */
};

struct queue_lister;

/* spool: its path; exim_login: whom Exim runs as; both are copied. most: as of queue_index_new().
 * Reads nothing yet. 0, or a negative errno and *problem when it cannot be watched. */
MUST_USE int queue_lister_new(const char *spool, const char *exim_login, size_t most,
	struct queue_lister **ret, struct problem *problem);
void queue_lister_free(struct queue_lister *l); /* waits for what reads; NULL is fine */
AUTO_FREE(queue_lister)

#define QUEUE_LISTER_FDS 2
void queue_lister_fds(const struct queue_lister *l, int ret_fds[QUEUE_LISTER_FDS]);

/* Goes on for some milliseconds. now_ms: of a clock that never goes back. true when there is more
 * to be done at once. */
bool queue_lister_turn(struct queue_lister *l, int64_t now_ms);

/* The index, for a search of some milliseconds: who reads waits until it is given back. */
const struct queue_index *queue_lister_lock(struct queue_lister *l);
void queue_lister_unlock(struct queue_lister *l);

void queue_lister_look(struct queue_lister *l, struct queue_lister_standing *ret);

/* The size of a message that the index gave out, as Exim counts it: looked up now. -1 when it has
 * no body, or is gone. */
int64_t queue_lister_size(struct queue_lister *l, const struct queue_index_message *m);

#endif
