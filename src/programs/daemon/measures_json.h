/* measures_json.h - the numbers of the journal as JSON, for the clerk. */
#ifndef STANCH_PROGRAMS_DAEMON_MEASURES_JSON_H
#define STANCH_PROGRAMS_DAEMON_MEASURES_JSON_H

#include "incidents/measures.h"

#include <jansson.h>

/* {"opened", "last_contained" (null: never), "contained": {"daemon": {"counts", "sum"}, "person"},
 * "evidence": {DETECTOR: N}, "actions": {RESPONDER: {STATE: N}}}, a new reference; NULL while they
 * are not whole. */
json_t *measures_json(const struct measures *m);

#endif
