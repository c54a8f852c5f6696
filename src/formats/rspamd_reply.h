/* rspamd_reply.h - what rspamd says of one message: the JSON body that answers POST /checkv2
 * (https://rspamd.com/doc/developers/protocol.html; seen with rspamd 3.4). Parts of it repeat what
 * the message holds, so it is hostile even when rspamd is ours. */
#ifndef STANCH_FORMATS_RSPAMD_REPLY_H
#define STANCH_FORMATS_RSPAMD_REPLY_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>

#define RSPAMD_REPLY_MAX  ((size_t)1 << 20) /* bytes; a longer body is not looked at */
#define RSPAMD_SCORE_MOST 10000.0           /* a score beyond it, on either side, is none */
#define RSPAMD_ACTION_MAX 64                /* bytes with the NUL */

struct rspamd_reply {
	double score;
	/* From where rspamd would reject the message. It leaves it out, or says null, when its
	 * settings have no such score: then this is 0 and has_required_score is false. */
	double required_score;
	bool has_required_score;
	/* rspamd did not run its rules: it was told not to (the score is 0 and says nothing), or
	 * the message was decided at once (that of GTUBE: 15, "reject"). */
	bool is_skipped;
	/* "no action", "add header", "reject" and others; through base/printable.h, and cut with
	 * "..." when it is long. "" when there is none. */
	char action[RSPAMD_ACTION_MAX];
};

/* Returns 0 and fills *ret; or leaves it as it was, says in *problem (NULL is fine) what is wrong,
 * and returns
 *   -EMSGSIZE  it is longer than RSPAMD_REPLY_MAX
 *   -EREMOTEIO rspamd says that it could not scan the message ("error")
 *   -EBADMSG   it is not what rspamd answers: no JSON object, no score, one that is no number or
 *              absurd.
 * A byte that is no UTF-8 is read as '?': a message that brings one into the answer does not make
 * it unreadable. */
MUST_USE int rspamd_reply_read(
	struct slice body, struct rspamd_reply *ret, struct problem *problem);

#endif
