/* clerk_web.h - the page and its API, as the clerk serves them: which file or answer belongs to a
 * request, who may have it, and what the hand is asked for it. */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_WEB_H
#define STANCH_PROGRAMS_DAEMON_CLERK_WEB_H

#include "base/attribute.h"
#include "base/loop.h"
#include "programs/daemon/clerk_state.h"
#include "programs/daemon/clerk_visitor.h"
#include "programs/daemon/talk.h"
#include "systems/http_serve.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CLERK_WEB_SESSION_MS                                                                       \
	5000                   /* for how long it is not asked again whether a session is one      \
				*/
#define CLERK_WEB_READ_MS 1000 /* for how long an answer is given again */

struct clerk_web;

/* Borrowed until clerk_web_free(). */
struct clerk_web_options {
	struct loop *loop;
	const struct clerk_state *state;
	const struct clerk_gate *gate;
	int64_t ask_ms, wait_ms; /* CLERK_EVENTS_ASK_MS and CLERK_ASKS_WAIT_MS, or less in a test */
};

struct clerk_web *clerk_web_new(const struct clerk_web_options *options);

/* After the server that it answers for. NULL is fine. */
void clerk_web_free(struct clerk_web *w);
AUTO_FREE(clerk_web)

/* The fields of every answer, for http_serve_options. */
const struct http_field *clerk_web_fields(bool is_tls);

/* An answer, as of http_answer: now or later. */
void clerk_web_answer(
	struct clerk_web *w, const struct http_request *request, struct http_reply *ret);

/* A new talk with the hand; NULL: it is over. Borrowed until the next call. */
void clerk_web_use(struct clerk_web *w, struct talk *talk);

/* What the hand said, borrowed: an answer, or a state, which the clerk_state has taken before. */
void clerk_web_hear(struct clerk_web *w, const json_t *object);

#endif
