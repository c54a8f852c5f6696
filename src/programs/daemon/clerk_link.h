/* clerk_link.h - the hand's side of its talk with the clerk: how things are, every second, whoever
 * is there to hear it. The clerk asks for nothing: whatever it says ends the talk. */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_LINK_H
#define STANCH_PROGRAMS_DAEMON_CLERK_LINK_H

#include "base/attribute.h"
#include "base/loop.h"

#include <jansson.h>

/* The state, a new reference; "say" and "at_ms" are put into it. */
typedef json_t *clerk_link_state(void *context);

struct clerk_link;

/* news: of new links (new_link.h); -1: there is no clerk, and NULL is returned. */
struct clerk_link *clerk_link_new(
	struct loop *loop, int news, clerk_link_state *state, void *context);
void clerk_link_free(struct clerk_link *c); /* NULL is fine */
AUTO_FREE(clerk_link)

#endif
