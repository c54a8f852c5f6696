/* plesk_reply.h - what Plesk's XML API answers. Not an XML reader for anything else: it takes
 * elements, text and the five entities, refuses document types, and keeps the few elements that are
 * looked for. Hostile even when the server is ours. */
#ifndef STANCH_FORMATS_PLESK_REPLY_H
#define STANCH_FORMATS_PLESK_REPLY_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdint.h>

#define PLESK_REPLY_MAX ((size_t)1 << 20) /* bytes; a longer body is not looked at */
#define PLESK_DEPTH_MAX 32                /* elements within one another */
#define PLESK_TEXT_MAX  256               /* bytes of a text that is kept, with the NUL */

struct plesk_reply {
	char id[24];               /* of the first result: digits, "" when there is none */
	char name[PLESK_TEXT_MAX]; /* of its mailbox ("mailname"); "" when there is none */
	uint64_t settings; /* the same for the same elements and texts, passwords left aside */
};

/* Reads an answer. 0 and *ret when each status in it is "ok", and there is one; or *problem and
 *   -ENOENT    Plesk knows no such thing (its 1013)
 *   -EACCES    it does not let us in (its 1001, 1006)
 *   -EREMOTEIO it says no otherwise, and why
 *   -EMSGSIZE  it is longer than PLESK_REPLY_MAX
 *   -EBADMSG   it is no such answer. */
MUST_USE int plesk_reply_read(struct slice body, struct plesk_reply *ret, struct problem *problem);

#endif
