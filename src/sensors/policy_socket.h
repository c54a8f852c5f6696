/* policy_socket.h - answers what Exim asks before it accepts something (formats/policy_question.h),
 * and makes a fact of each question: FACT_OFFERED, of MAIL without a recipient and of DATA with the
 * number of all of them.
 *
 * One question a connection; it is closed behind the answer, because Exim's readsocket reads to the
 * end of it. What cannot be understood is answered with "error" and why, which no ACL takes for a
 * refusal; so is silence. No question waits for another's writer. */
#ifndef STANCH_SENSORS_POLICY_SOCKET_H
#define STANCH_SENSORS_POLICY_SOCKET_H

#include "base/attribute.h"
#include "base/loop.h"
#include "facts/fact.h"
#include "formats/policy_question.h"

#include <stdint.h>

#define POLICY_ANSWER_MAX 256 /* bytes with its NUL */
#define POLICY_PEERS_MAX  64  /* questions being written at a time; more wait to be taken */

struct policy_options {
	int listener;    /* listens, non-blocking; stays the caller's, and open */
	int64_t wait_ms; /* a question that has not come by then is not waited for */
	int64_t (*now_us)(void *context); /* the time of a question that does not say it */
	/* Fills the answer, which is "pass" before. fact: valid during the call. */
	void (*asked)(void *context, enum policy_event event, const struct fact *fact,
		char answer[POLICY_ANSWER_MAX]);
	void *context;
};

struct policy_socket;

/* options are copied. 0 and *ret; or what loop_watch_new() says of the listener. */
MUST_USE int policy_socket_new(
	struct loop *loop, const struct policy_options *options, struct policy_socket **ret);
void policy_socket_free(struct policy_socket *p); /* NULL is fine; not in a call of its own */
AUTO_FREE(policy_socket)

struct policy_counts {
	uint64_t questions; /* answered */
	uint64_t wrong;     /* that could not be understood */
	uint64_t late;      /* that did not come in time */
};
struct policy_counts policy_socket_counts(const struct policy_socket *p);

#endif
