/* clerk_link.h - the hand's side of its talk with the clerk: how things are, every second, whoever
 * is there to hear it; and what the clerk asks. What is no question ends the talk: a clerk that
 * begins again is given a new one. */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_LINK_H
#define STANCH_PROGRAMS_DAEMON_CLERK_LINK_H

#include "base/attribute.h"
#include "base/loop.h"

#include <jansson.h>
#include <stdbool.h>

struct clerk_link_calls {
	/* The state, a new reference; "say" and "at_ms" are put into it. */
	json_t *(*state)(void *context);
	/* What the clerk said; borrowed. false: it is no question. NULL: it asks for nothing. */
	bool (*ask)(void *context, const json_t *object);
	/* The clerk that asked is gone, and so is what it has not been told. NULL is fine. */
	void (*left)(void *context);
	void *context;
};

struct clerk_link;

/* news: of new links (new_link.h); -1: there is no clerk, and NULL is returned. calls: copied. */
struct clerk_link *clerk_link_new(
	struct loop *loop, int news, const struct clerk_link_calls *calls);
void clerk_link_free(struct clerk_link *c); /* NULL is fine */
AUTO_FREE(clerk_link)

/* An answer to who asked last; takes the reference. It is dropped when nobody is there, or too much
 * waits to be heard already: who asked gives up after a while. */
void clerk_link_say(struct clerk_link *c, json_t *object);

#endif
