/* queue_desk.h - searches of the queue for the hand: by a process of stanch queue --answer, which
 * is begun at the first question and ended when nobody has asked for some time. As root it becomes
 * the watcher's user, because it reads what strangers wrote; what it says is checked again here.
 *
 * When it ends, or does not answer in time, its questions are answered with {"state": "off"}, as
 * those are until it may be begun again. */
#ifndef STANCH_PROGRAMS_DAEMON_QUEUE_DESK_H
#define STANCH_PROGRAMS_DAEMON_QUEUE_DESK_H

#include "base/attribute.h"
#include "base/loop.h"
#include "programs/daemon/plan.h"

#include <jansson.h>

#define QUEUE_DESK_ASKED    32     /* questions that wait for their answer */
#define QUEUE_DESK_TIME_MS  20000  /* for an answer */
#define QUEUE_DESK_IDLE_MS  600000 /* without a question, and it is ended */
#define QUEUE_DESK_AGAIN_MS 5000   /* between two beginnings */

struct queue_desk;

/* loop and plan are borrowed. Nothing is begun before the first question. */
struct queue_desk *queue_desk_new(struct loop *loop, const struct daemon_plan *plan);

/* Questions that wait are not answered any more. NULL is fine; not allowed in an answer's call. */
void queue_desk_free(struct queue_desk *d);
AUTO_FREE(queue_desk)

/* The answer: status 200 and the object of reports/queue_found.h; or 400 (the question is wrong) or
 * 503 (too many wait) and {"error": a sentence}. body is borrowed for the call. */
typedef void queue_desk_answered(void *context, unsigned status, const json_t *body);

/* args: a question of reports/queue_found.h, from whomever; borrowed for the call. It is answered
 * once, perhaps before this returns. */
void queue_desk_ask(
	struct queue_desk *d, const json_t *args, queue_desk_answered *answered, void *context);

#endif
