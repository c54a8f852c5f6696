/* sessions.h - the SMTP sessions that a mailbox has open with Exim, and their end.
 *
 * The log gives hints (systems/exim/session_hints.h); a session is what was then seen: a process
 * that runs Exim, began before that message, holds no listening socket (so it is not the daemon)
 * and holds the connection to that very client, whose end here is a port at which somebody listens
 * (so it is no delivery: that is a client itself).
 *
 * Ended either by destroying the connection (systems/tcp_sessions.h), which a message that is
 * being received does not survive, or by SIGTERM, which Exim obeys only while it waits for a
 * command: so it is sent again every SESSIONS_ROUND_MS. Never by SIGKILL: it would leave files in
 * the spool. Restarting Exim or changing a password ends no session (seen with Exim 4.96).
 *
 * Not found: a session that has sent nothing since it logged in; one whose client the log does not
 * name by the address that connected (a proxy's); one of an Exim in another network or process
 * namespace. */
#ifndef STANCH_SYSTEMS_EXIM_SESSIONS_H
#define STANCH_SYSTEMS_EXIM_SESSIONS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/source.h"

#include <stdint.h>

#define SESSIONS_ROUND_MS 50
#define SESSIONS_MOST     512   /* that are ended in one call; others are left */
#define SESSIONS_LOOKED   65536 /* connections of its clients that are looked through */

/* In the order of the setting's words. */
enum sessions_means {
	SESSIONS_BOTH, /* destroyed; by signal where that is not possible */
	SESSIONS_DESTROY,
	SESSIONS_SIGNAL
};

/* All borrowed. */
struct sessions_of {
	const struct source *mailbox;
	const char *main_log;
	int64_t since;    /* seconds: only sessions that did something from then on; 0: any */
	const char *exim; /* the binary, which need not be called exim; NULL: not known */
};

struct sessions_ended {
	uint64_t found;     /* different ones */
	uint64_t destroyed; /* of those found: gone after their connection was destroyed */
	uint64_t signalled; /* gone after SIGTERM */
	uint64_t left;      /* still open. The rest of those found ended by itself */
};

/* How many are open. Errors:
 *   -EACCES      processes of other users are not shown to us (CAP_SYS_PTRACE)
 *   -E2BIG       its clients have more than SESSIONS_LOOKED connections here
 *   others       the log, or the kernel's list of connections, cannot be read.
 * With *problem; then *ret is as it was. */
MUST_USE int sessions_count(const struct sessions_of *of, uint64_t *ret, struct problem *problem);

/* Ends them, and those that show while it does, until none is left or so much time has gone by.
 * *ret is filled in every case. 0, also when some are left; or *problem and an error as above, or
 * of tcp_socket_destroy() where nothing else was to be tried, or of the signal. */
MUST_USE int sessions_end(const struct sessions_of *of, enum sessions_means means, int64_t time_ms,
	struct sessions_ended *ret, struct problem *problem);

#endif
