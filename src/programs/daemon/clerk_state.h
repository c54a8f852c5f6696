/* clerk_state.h - what the clerk knows of the daemon: the latest state that the hand has told, and
 * how old it is. One that is too old is still there, and nobody is given it as if it were of now.
 */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_STATE_H
#define STANCH_PROGRAMS_DAEMON_CLERK_STATE_H

#include "base/attribute.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CLERK_STATE_FRESH_MS 10000 /* the hand tells every second */

struct clerk_state;

struct clerk_state *clerk_state_new(void);
void clerk_state_free(struct clerk_state *s); /* NULL is fine */
AUTO_FREE(clerk_state)

/* object: {"say": "state", "at_ms": …, …}; borrowed. Anything else is not taken, and neither is
 * what was said before the one that is there. at_ms: of the clock of now_ms, which both processes
 * share. Returns whether it was taken. */
bool clerk_state_take(struct clerk_state *s, const json_t *object, int64_t now_ms);

/* Lent until the next is taken; NULL: there is none that is of now. */
const json_t *clerk_state_fresh(const struct clerk_state *s, int64_t now_ms);

/* What the page shows of it: its "now", with "age_ms" and "is_old" (it is not of now) put into a
 * copy; a new reference. NULL: nothing was said, or no "now" with it. */
json_t *clerk_state_now(const struct clerk_state *s, int64_t now_ms);

/* Milliseconds since it was said; false: nothing ever was. */
bool clerk_state_age(const struct clerk_state *s, int64_t now_ms, int64_t *ret_ms);

#endif
