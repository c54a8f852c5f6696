/* verdict_text.h - a verdict as a JSON object between the watcher and the hand. Reading trusts
 * nothing: lengths, counts and numbers are bounded, texts are encoded again. */
#ifndef STANCH_PROGRAMS_DAEMON_VERDICT_TEXT_H
#define STANCH_PROGRAMS_DAEMON_VERDICT_TEXT_H

#include "base/attribute.h"
#include "incidents/casebook.h"
#include "incidents/watch.h"

#include <jansson.h>
#include <stdbool.h>

/* A new reference. messages, recipients: of the episode, to strangers. */
json_t *verdict_write(const struct watch_result *result, uint64_t active);

struct verdict_said {
	bool is_contain;
	struct source source;
	struct evidence evidence[CASEBOOK_EVIDENCE];
	struct incident_finding finding; /* points into this struct */
	uint64_t active;
};

/* false, and *ret_why: it is none. */
MUST_USE bool verdict_read(const json_t *o, struct verdict_said *ret, const char **ret_why);

/* "source" of an object. */
MUST_USE bool verdict_read_source(const json_t *o, struct source *ret);
json_t *verdict_write_source(const struct source *source);

#endif
