/* unix_socket.h - a listening UNIX socket at a path: who may connect is the file's mode and owner.
 */
#ifndef STANCH_BASE_UNIX_SOCKET_H
#define STANCH_BASE_UNIX_SOCKET_H

#include "base/attribute.h"

#include <sys/types.h>

struct unix_socket_options {
	mode_t mode; /* of the file; before it is set nobody can connect */
	uid_t uid;   /* owner; (uid_t)-1: who makes it */
	gid_t gid;
	int backlog; /* connections that wait to be taken */
};

/* Listens there, non-blocking and close-on-exec; the descriptor is the caller's, and so is removing
 * the file. A socket that was left behind and is served by nobody is replaced. Returns a
 * descriptor; or
 *   -EADDRINUSE    somebody serves it
 *   -EEXIST        something else is there
 *   -ENAMETOOLONG  the path is longer than an address can be (107 bytes)
 *   another        what the system says. */
MUST_USE int unix_socket_listen(const char *path, const struct unix_socket_options *options);

/* Connects, waiting for a second at most. Returns a descriptor that is the caller's; or
 *   -ETIMEDOUT  who serves it takes nobody: it hangs, or has too much to do
 *   another     what the system says. */
MUST_USE int unix_socket_connect(const char *path);

#endif
