/* clerk_asks.h - the clerk's side of its talk with the hand: questions, each with a number, and the
 * answers to them. How many are open is bounded, for each client too, and so is how long one is. */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_ASKS_H
#define STANCH_PROGRAMS_DAEMON_CLERK_ASKS_H

#include "base/attribute.h"
#include "base/loop.h"
#include "facts/networks.h"
#include "programs/daemon/talk.h"

#include <jansson.h>

#define CLERK_ASKS_MAX        64
#define CLERK_ASKS_OF_ADDRESS 16
#define CLERK_ASKS_WAIT_MS    30000

struct clerk_asks;

/* wait_ms: CLERK_ASKS_WAIT_MS, or less in a test. */
struct clerk_asks *clerk_asks_new(struct loop *loop, int64_t wait_ms);

/* What is still open is answered 503. NULL is fine. */
void clerk_asks_free(struct clerk_asks *a);
AUTO_FREE(clerk_asks)

/* talk: borrowed until the next call; NULL: the hand is not there, and what is open is answered
 * 503. What was asked over another talk is so, too. */
void clerk_asks_use(struct clerk_asks *a, struct talk *talk);

/* status: as of HTTP. body: what was answered, borrowed for the call; NULL when the hand said
 * nothing: 503 it is not there, or has too much to do; 504 it took too long. */
typedef void clerk_answered(void *context, unsigned status, const json_t *body);

/* Asks; takes the reference to question, into which the number is put. answered is called once:
 * later, or at once when it cannot be asked. from: the client; NULL: of no one, or of many. */
void clerk_asks_put(struct clerk_asks *a, json_t *question, const struct address *from,
	clerk_answered *answered, void *context);

/* What the hand said: {"say": "answer", "id", "status", "body"}, borrowed. Whether that answers a
 * question; anything else is left alone. */
bool clerk_asks_take(struct clerk_asks *a, const json_t *object);

#endif
