/* new_link.h - how two parts of the daemon get a link to each other of which either may end and
 * begin again alone: whenever one has begun, the starter makes a new pair of sockets and passes an
 * end to each, over a socket that each has to the starter. What the old link still had is lost. */
#ifndef STANCH_PROGRAMS_DAEMON_NEW_LINK_H
#define STANCH_PROGRAMS_DAEMON_NEW_LINK_H

#include "base/attribute.h"
#include "base/loop.h"

/* Passes an end of a new pair to each of both, which are the starter's ends. 0 or a negative errno:
 * then one of them may have got an end whose other is closed. Does not wait. */
MUST_USE int new_link_pass(int one, int other);

struct new_link;

/* The link is the caller's from here on. */
typedef void new_link_came(void *context, int link);

/* socket: the part's end, of which it is told; borrowed until new_link_free(). 0 and *ret, or a
 * negative errno. */
MUST_USE int new_link_hear(
	struct loop *loop, int socket, new_link_came *came, void *context, struct new_link **ret);
void new_link_free(struct new_link *n); /* NULL is fine */
AUTO_FREE(new_link)

#endif
