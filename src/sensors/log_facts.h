/* log_facts.h - lines of Exim's main and reject log, in their order, as facts.
 *
 * What only several lines tell is put together here: which folder a local process stood in ("cwd="
 * comes before its message), and that a refusal stands in both logs. Nothing is allocated for a
 * line, but for a subject with encoded words. */
#ifndef STANCH_SENSORS_LOG_FACTS_H
#define STANCH_SENSORS_LOG_FACTS_H

#include "base/attribute.h"
#include "facts/fact.h"

#include <stdbool.h>
#include <stdint.h>

struct log_facts; /* of one server */

/* zone: of its logs, as in sensors/log_clock.h; NULL: this system's. 0 and *ret; or -EINVAL,
 * -ENOENT for a zone that is none. */
MUST_USE int log_facts_new(const char *zone, struct log_facts **ret);
void log_facts_free(struct log_facts *f); /* NULL is fine */
AUTO_FREE(log_facts)

/* The name that Exim logs to syslog with, where that is not "exim" (its syslog_processname);
 * copied, cut at 63 bytes. Lines that syslog wrote are known by their header, and those of other
 * programs are passed over. */
void log_facts_set_program(struct log_facts *f, const char *name);

/* An address that may relay without a login, or a network of them, "10.1.0.0/16": the mail of each
 * is its own. All are added before the first line. -EINVAL: it is neither. */
MUST_USE int log_facts_add_relay(struct log_facts *f, struct slice prefix);

/* Which of a server's two logs a line is from: each is taken in its order, and both may be mixed.
 */
enum log_facts_log { LOG_FACTS_MAIN, LOG_FACTS_REJECT, LOG_FACTS_LOGS };

/* Takes a line, without its LF. Returns true when it is a fact; *ret_fact is valid until the next
 * call. */
bool log_facts_take(
	struct log_facts *f, enum log_facts_log log, struct slice line, struct fact *ret_fact);

/* The time of a line in seconds since 1970; INT64_MIN when it has none. */
int64_t log_facts_time(struct log_facts *f, struct slice line);

struct log_facts_counts {
	uint64_t lines, facts;
	uint64_t damaged; /* look like something that matters, and do not hold together */
	uint64_t untimed; /* without a time: they belong to the line before */
	int64_t last_us;  /* time of the latest line; 0: none */
};
struct log_facts_counts log_facts_counts(const struct log_facts *f);

/* What is wrong with the last line, when it was damaged; else NULL. A fixed sentence of ours. */
const char *log_facts_damage(const struct log_facts *f);

#endif
