/* directadmin_reply.h - what DirectAdmin's CMD_API_… answer: pairs as in a form, "error=0&text=…",
 * and lists of mailboxes whose values are such pairs again. Hostile even when the server is ours.
 */
#ifndef STANCH_FORMATS_DIRECTADMIN_REPLY_H
#define STANCH_FORMATS_DIRECTADMIN_REPLY_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>

#define DIRECTADMIN_REPLY_MAX ((size_t)4 << 20) /* bytes; a longer body is not looked at */

/* Reads the answer to a change. 0: it says that it was done; or *problem and
 *   -EREMOTEIO it says no, and why
 *   -EMSGSIZE  it is longer than DIRECTADMIN_REPLY_MAX
 *   -EBADMSG   it is no such answer: a page for people, for example. */
MUST_USE int directadmin_reply_read(struct slice body, struct problem *problem);

/* Looks for the mailbox (what stands before the "@", without regard to case) in the answer to
 * action=full_list. 0 and *ret_suspended; or *problem, and as above or -ENOENT. */
MUST_USE int directadmin_mailbox_find(
	struct slice body, struct slice local, bool *ret_suspended, struct problem *problem);

#endif
