/* talk.h - JSON objects between two processes, over base/frame.h, on a loop. What the peer sends is
 * hostile: an object that cannot be read ends the talk. */
#ifndef STANCH_PROGRAMS_DAEMON_TALK_H
#define STANCH_PROGRAMS_DAEMON_TALK_H

#include "base/attribute.h"
#include "base/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TALK_MESSAGE_MAX ((size_t)1 << 20)

struct talk;

/* object: borrowed for the call; NULL: the talk is over, because of what `why` says, and may be
 * freed now. talk_free() is allowed in it. */
typedef void talk_heard(void *context, const json_t *object, const char *why);

/* socket: the talk's own from here on. 0 and *ret, or a negative errno and the socket is closed. */
MUST_USE int talk_new(
	struct loop *loop, int socket, talk_heard *heard, void *context, struct talk **ret);
void talk_free(struct talk *t); /* NULL is fine */
AUTO_FREE(talk)

/* Sends it, now or when the peer takes it; takes the reference. false, and it is dropped, when too
 * much waits already or the talk is over. */
bool talk_say(struct talk *t, json_t *object);

/* Whether it is short enough to be said. Borrowed. */
bool talk_fits(const json_t *object);

/* Objects that were dropped. */
size_t talk_dropped(const struct talk *t);

/* Ends it when what was said is sent. */
void talk_end_when_sent(struct talk *t);

#endif
