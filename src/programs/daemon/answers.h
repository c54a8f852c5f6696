/* answers.h - what Exim is answered about a source when it asks (docs/policy.md): what the hand has
 * said of it, and "pass" about all others. */
#ifndef STANCH_PROGRAMS_DAEMON_ANSWERS_H
#define STANCH_PROGRAMS_DAEMON_ANSWERS_H

#include "base/attribute.h"
#include "facts/source.h"

#include <stddef.h>

#define ANSWERS_MOST 20000 /* sources at a time; of more, the folder of refusals speaks alone */

enum answer_kind {
	ANSWER_PASS,
	ANSWER_SLOW,   /* suspected: later */
	ANSWER_REFUSE, /* contained */
	ANSWER_KINDS
};

/* "pass", "slow", "refuse": the first word of the answer, and of what the hand says. */
const char *answer_kind_name(enum answer_kind kind);

struct answers;

/* text: what a refused client is shown; copied. */
struct answers *answers_new(const char *text);
void answers_free(struct answers *a); /* NULL is fine */
AUTO_FREE(answers)

void answers_set(struct answers *a, const struct source *source, enum answer_kind kind);
enum answer_kind answers_find(const struct answers *a, const struct source *source);

/* The line for it, into at: "refuse TEXT". Cut at size. */
void answers_write(const struct answers *a, enum answer_kind kind, char *at, size_t size);

#endif
