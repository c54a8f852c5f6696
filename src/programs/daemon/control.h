/* control.h - the socket at which the command stanch asks the daemon. Only root, the daemon's own
 * user, and members of the configured group are heard; who it is, the kernel says (SO_PEERCRED).
 * One question, one answer: {"ask": "status"}, {"ask": "incidents"}, {"ask": "now"},
 * {"ask": "history", "from": seconds, "to": seconds} and {"ask": "look"}. */
#ifndef STANCH_PROGRAMS_DAEMON_CONTROL_H
#define STANCH_PROGRAMS_DAEMON_CONTROL_H

#include "base/attribute.h"
#include "base/loop.h"
#include "base/problem.h"

#include <jansson.h>
#include <sys/types.h>

#define CONTROL_PEERS_MAX 32

/* The answer to a question, a new reference; NULL: it is none that is known. object: all that was
 * said, lent. */
typedef json_t *control_answer(void *context, const char *question, const json_t *object);

/* Told who was turned away. */
typedef void control_refused(void *context, uid_t uid);

struct control_settings_given {
	const char *path;
	const char *group; /* NULL: none */
	control_answer *answer;
	control_refused *refused;
	void *context;
};

struct control;

/* Serves the socket; one that was left behind is replaced, one that is served is not. 0 and *ret;
 * or a negative errno and *problem. */
MUST_USE int control_new(struct loop *loop, const struct control_settings_given *given,
	struct control **ret, struct problem *problem);
void control_free(struct control *c); /* NULL is fine; takes the socket away */
AUTO_FREE(control)

/* The other side: asks, and waits for the answer so long. 0 and *ret_answer, a new reference; or
 *   -ENOENT, -ECONNREFUSED  there is no daemon
 *   -EACCES, -EPERM         it does not hear us
 *   -ETIMEDOUT, another. */
MUST_USE int control_ask(
	const char *path, const char *question, int timeout_ms, json_t **ret_answer);

#endif
