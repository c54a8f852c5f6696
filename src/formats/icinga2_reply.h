/* icinga2_reply.h - what Icinga 2's API answers to an action:
 * {"results": [{"code": 200, "status": "…"}, …]}. */
#ifndef STANCH_FORMATS_ICINGA2_REPLY_H
#define STANCH_FORMATS_ICINGA2_REPLY_H

#include "base/attribute.h"
#include "base/slice.h"

#define ICINGA2_REPLY_MAX ((size_t)1 << 20) /* bytes; a longer body is not looked at */

/* 0 when the action was done to at least one object, and to each that was meant; -ENOENT there is
 * no such object (of which some versions say so with HTTP status 500); -EBADMSG anything else. */
MUST_USE int icinga2_reply_read(struct slice body);

#endif
