/* json_facts.h - facts as JSON lines: one object a line, the documented way in for other mail
 * servers (docs/facts.md). */
#ifndef STANCH_SENSORS_JSON_FACTS_H
#define STANCH_SENSORS_JSON_FACTS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/fact.h"

#include <stdbool.h>

struct json_facts;
struct json_facts *json_facts_new(void);
void json_facts_free(struct json_facts *j); /* NULL is fine */
AUTO_FREE(json_facts)

enum json_facts_answer {
	JSON_FACT,    /* *ret_fact is valid until the next call */
	JSON_NOTHING, /* nothing to be judged: an event that is not used, an empty line */
	JSON_META,    /* hosted domains were named: json_facts_hosted() */
	JSON_DAMAGED, /* *problem says what is wrong */
};
enum json_facts_answer json_facts_read(
	struct json_facts *j, struct slice line, struct fact *ret_fact, struct problem *problem);

/* The hosted domains of the last JSON_META, one after the other from *at = 0; false at the end. */
bool json_facts_hosted(const struct json_facts *j, size_t *at, struct slice *ret_domain);

#endif
