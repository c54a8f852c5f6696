/* session_hints.h - which SMTP sessions a mailbox may have open, by what Exim's main log says of
 * it: the process and the client of each message that it sent, and of each that was refused.
 *
 * Only hints: the log is the past, processes end and their numbers come again. What is open is
 * found by looking (systems/exim/sessions.h). A session that has logged in and then sent nothing
 * is in no log line yet.
 *
 * The time of a message is that of its id, the moment at which it began. A line without one has
 * local time, whose zone is learnt from lines that have both; before the first of those such a line
 * is passed over. */
#ifndef STANCH_SYSTEMS_EXIM_SESSION_HINTS_H
#define STANCH_SYSTEMS_EXIM_SESSION_HINTS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"
#include "facts/source.h"
#include "systems/tcp_sessions.h"

#include <stddef.h>
#include <stdint.h>

#define SESSION_HINTS_TAIL ((int64_t)16 << 20) /* bytes of the log that are read at first */
#define SESSION_HINTS_MOST 65536               /* past it the oldest half is forgotten */

/* At least one of .pid and .peer.port is not 0. */
struct session_hint {
	struct tcp_end peer; /* .port 0: the log does not have it (selector incoming_port) */
	uint64_t pid;        /* 0: the log does not have it */
	int64_t at;          /* seconds since 1970: the session was open then */
};

struct session_hints;

/* Of a mailbox, by lines that were written from a time on (seconds; 0: all that is found). The
 * source is copied. */
struct session_hints *session_hints_new(const struct source *mailbox, int64_t since);
void session_hints_free(struct session_hints *hints); /* NULL is fine */
AUTO_FREE(session_hints)

/* Reads what the log has more than at the last call; at the first, its last SESSION_HINTS_TAIL. A
 * log that was replaced by another meanwhile is read from its start, one that became shorter, too.
 * 0, or *problem and a negative errno. */
MUST_USE int session_hints_read(
	struct session_hints *hints, const char *main_log, struct problem *problem);

/* One line, without its LF, in the order of the log. */
void session_hints_line(struct session_hints *hints, struct slice line);

/* All so far, the newest last, seldom one twice. Valid until the next call of the two above. */
const struct session_hint *session_hints_all(const struct session_hints *hints, size_t *ret_count);

#endif
