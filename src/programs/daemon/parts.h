/* parts.h - the daemon's parts: each a process of its own, which the starter begins and begins
 * again when it ends.
 *
 * The watcher reads what strangers wrote (logs, queue) as a user without rights, remembers and
 * judges. The hand holds the rights: it owns the journal, decides what becomes of a verdict, and
 * has the command stanch hold mail. They talk in JSON objects over a socket pair (talk.h); what the
 * watcher says is checked again, as if a stranger had said it:
 *
 *   watcher  {"say": "verdict", "source", "verdict": "suspect"|"contain", "score", "threshold",
 *             "at_us", "messages", "recipients", "active", "evidence": [{"detector", "bits",
 *             "text", "ids"}]}
 *            {"say": "mail", "source"}              of one that is contained
 *            {"say": "state", …}                    every few seconds
 *            {"say": "sources", "sources", "active"}  likewise (active_sources.h), once it is ready
 *   hand     {"do": "forgiven", "source", "until_us"}  what a person released, before all else
 *            {"do": "begin"}                        read now
 *            {"do": "bad"|"good"|"over", "source"}  it is contained; released; over
 *            {"do": "refuse"|"slow"|"pass", "source"}  what Exim is answered about it
 *
 * The clerk, if there is one, answers HTTP out of what the hand tells it, and can do nothing else.
 * It begins and ends alone: their talk is made anew whenever one of both has begun (new_link.h).
 *
 *   hand     {"say": "state", "at_ms", …}   every second: what stanch status --json says, what
 *                                           else metrics need, and "now": what the page shows
 *            {"say": "answer", "id", "status", "body"}  status: as of HTTP
 *   clerk    {"ask": "login", "id", "name", "password", "from"}
 *            {"ask": "session"|"logout", "id", "who"}
 *            {"ask": "read", "id", "who", "what", "args"}
 *            {"ask": "do", "id", "who", "args"}
 *            who: {"session"|"token"|"proxy", "from"}, of "do" with "csrf" if a session has one
 */
#ifndef STANCH_PROGRAMS_DAEMON_PARTS_H
#define STANCH_PROGRAMS_DAEMON_PARTS_H

#include "programs/daemon/plan.h"
#include "systems/http_tls.h"

/* What a part is given. */
struct daemon_part {
	const struct daemon_plan *plan;
	struct event_log *log;
	int link; /* between watcher and hand; its own */
	int news; /* of hand and clerk: tells of a new link between them; -1: there is no clerk */
	int listener;         /* of the clerk: its own */
	struct http_tls *tls; /* of the clerk: its own; NULL: it answers without TLS */
	int policy; /* listens for Exim's questions; the watcher's own; -1: nobody may ask */
	int pulse;  /* a byte now and then says to the starter that it lives; 'r': it is ready */
};

/* Each runs until it is told to end by SIGTERM; returns the exit status. */
int watcher_run(const struct daemon_part *part);
int hand_run(const struct daemon_part *part);
int clerk_run(const struct daemon_part *part);

/* How often a part gives a sign of life, and after how long without one it is taken for stuck. */
#define PULSE_MS      2000
#define PULSE_MOST_MS 60000

#endif
