/* ending.h - the frame of what ends a hold's messages, restore and purge: intent into the journal,
 * one message after the other, log, fsync, outcome into the journal. */
#ifndef STANCH_RESPONDERS_ENDING_H
#define STANCH_RESPONDERS_ENDING_H

#include "responders/acting.h"

/* What came of one message. */
enum ended {
	ENDED_DONE,
	ENDED_LEFT,       /* it stayed in the hold queue, whole */
	ENDED_UNFINISHED, /* it hangs between; the next command tries again */
	ENDED_RELEASED,   /* found in another queue: somebody put it back */
	ENDED_GONE        /* found nowhere */
};

struct ending {
	const struct acting *a;
	int64_t hold;
	const char *hold_queue;
	struct move_places *places;
	struct acted *acted;
};

/* Does it for one message: counts nothing but .locked, .conflict, adds its problems, adds its lines
 * to the log. */
typedef enum ended ending_one(struct ending *e, const struct kept *message);

/* Whether it is so, after everything was done. */
typedef bool ending_read_back(const struct ending *e, const struct kept *message);

struct ending_kind {
	enum action_kind kind;
	enum message_state during, after;
	const char *phase; /* for progress */
	ending_one *one;
	ending_read_back *read_back;
	int before_intent, after_intent, after_log, after_sync, after_outcome; /* stop points */
};

MUST_USE int ending_run(const struct acting *a, const struct ending_kind *kind, int64_t hold,
	const char *hold_queue, const struct kept *messages, size_t count, struct acted *acted,
	struct problem *problem);

/* The state that the journal learns. */
enum message_state ending_state(const struct ending_kind *kind, enum ended ended);

#endif
