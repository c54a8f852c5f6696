/* second_opinion.h - asks rspamd about a message when what is known of its source does not decide,
 * and hands its score back as a fact. */
#ifndef STANCH_PROGRAMS_DAEMON_SECOND_OPINION_H
#define STANCH_PROGRAMS_DAEMON_SECOND_OPINION_H

#include "base/attribute.h"
#include "base/loop.h"
#include "facts/fact.h"
#include "programs/daemon/parts.h"
#include "sensors/spool_facts.h"

#include <jansson.h>

struct second_opinion;

/* part and loop are borrowed. scored: valid facts of FACT_SCORED, later, from the loop. NULL when
 * rspamd.url is not set, or is none that can be asked, which is an event. */
struct second_opinion *second_opinion_new(const struct daemon_part *part, struct loop *loop,
	void (*scored)(void *context, const struct fact *fact), void *context);
void second_opinion_free(struct second_opinion *o); /* NULL is fine; not from `scored` */
AUTO_FREE(second_opinion)

/* Asks about the message that `spool` read last, which `fact` is of. Nothing comes of it when it is
 * gone, or when too many wait, or rspamd does not answer: the message is judged without. */
void second_opinion_ask(
	struct second_opinion *o, struct spool_facts *spool, const struct fact *fact);

/* Counts, for the state that is shown. */
json_t *second_opinion_state(const struct second_opinion *o);

#endif
