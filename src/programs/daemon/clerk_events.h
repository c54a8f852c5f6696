/* clerk_events.h - who watches the page: each is told how things are whenever the hand has said it,
 * and every few seconds when it has not, with how old that is. Whether the session of each is still
 * one is asked again and again. */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_EVENTS_H
#define STANCH_PROGRAMS_DAEMON_CLERK_EVENTS_H

#include "base/attribute.h"
#include "base/loop.h"
#include "programs/daemon/clerk_asks.h"
#include "programs/daemon/clerk_state.h"
#include "systems/http_serve.h"

#include <stdbool.h>

#define CLERK_EVENTS_MAX        128
#define CLERK_EVENTS_OF_ADDRESS 16
#define CLERK_EVENTS_SILENT_MS  5000
#define CLERK_EVENTS_ASK_MS     30000

struct clerk_events;

/* state, asks: borrowed. ask_ms: CLERK_EVENTS_ASK_MS, or less in a test. */
struct clerk_events *clerk_events_new(struct loop *loop, const struct clerk_state *state,
	struct clerk_asks *asks, int64_t ask_ms);

/* When every stream is over, and every question answered. NULL is fine. */
void clerk_events_free(struct clerk_events *e);
AUTO_FREE(clerk_events)

/* A stream for who has just been found to be logged in, to be put into a reply. who: copied. from:
 * of the client; NULL: of many. NULL: there are too many. */
struct http_stream *clerk_events_join(
	struct clerk_events *e, const json_t *who, const struct address *from);

/* Tells all; to be called when the hand has said how things are. */
void clerk_events_tell(struct clerk_events *e);

#endif
