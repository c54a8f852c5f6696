/* icinga2_reply.h - what Icinga 2's API answers to an action:
 * {"results": [{"code": 200, "status": "…"}, …]}. */
#ifndef STANCH_FORMATS_ICINGA2_REPLY_H
#define STANCH_FORMATS_ICINGA2_REPLY_H

#include "base/slice.h"

#include <stdbool.h>

#define ICINGA2_REPLY_MAX ((size_t)1 << 20) /* bytes; a longer body is not looked at */

/* Whether the action was done to at least one object, and to each that was meant. */
bool icinga2_reply_is_done(struct slice body);

#endif
