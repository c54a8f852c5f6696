/* standing_json.h - where the incidents stand, as the daemon tells it to those who ask. */
#ifndef STANCH_REPORTS_STANDING_JSON_H
#define STANCH_REPORTS_STANDING_JSON_H

#include "incidents/standing.h"

#include <jansson.h>

/* {"left_out": 0, "incidents": [{"incident": 1, "source": "mailbox:…", "state": "waiting", …}]}. A
 * new reference. */
json_t *standing_json(const struct standing *s);

/* The reverse. -EBADMSG when it is none: then nothing is known. */
MUST_USE int standing_json_read(const json_t *object, struct standing *ret);

#endif
