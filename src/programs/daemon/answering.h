/* answering.h - what Exim is answered to a question (docs/policy.md): what the hand has said of its
 * source (answers.h); else whether there is room for its recipients (limits.h). And whether the
 * question tells anything new: who tries again what was put off does what it was told to
 * (put_off.h).
 */
#ifndef STANCH_PROGRAMS_DAEMON_ANSWERING_H
#define STANCH_PROGRAMS_DAEMON_ANSWERING_H

#include "base/attribute.h"
#include "programs/daemon/answers.h"
#include "programs/daemon/limits.h"
#include "sensors/policy_socket.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct answering;

/* text: what a refused client is shown. Neither is kept. */
struct answering *answering_new(const char *text, const struct limits_settings *limits);
void answering_free(struct answering *a); /* NULL is fine */
AUTO_FREE(answering)

/* The hand says so. */
void answering_set(struct answering *a, const struct source *source, enum answer_kind kind);

struct answered {
	enum answer_kind kind;
	bool is_again; /* a recipient that was put off before: it has been a fact already */
	uint64_t limit_reached; /* that many recipients, for the first time since half of them were
				   free; 0: not */
};

/* Fills the answer, which is "pass" before. fact: of the question, for policy_options.asked.
 * now_ms: of a clock that nobody sets. */
struct answered answering_question(struct answering *a, enum policy_event event,
	const struct fact *fact, int64_t now_ms, char answer[POLICY_ANSWER_MAX]);

/* Puts its counts into o: "pass", "slow", "refuse", "beyond_limit", "at_limit". */
void answering_count(struct answering *a, int64_t now_ms, json_t *o);

#endif
