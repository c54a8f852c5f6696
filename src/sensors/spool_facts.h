/* spool_facts.h - a message that lies in Exim's spool as a fact: what a log does not have, its
 * header fields and its text, is there as long as it was not delivered. */
#ifndef STANCH_SENSORS_SPOOL_FACTS_H
#define STANCH_SENSORS_SPOOL_FACTS_H

#include "base/attribute.h"
#include "facts/fact.h"
#include "systems/exim/spool.h"

#include <stdbool.h>

/* Bytes of the body that are looked at, before they are decoded. */
#define SPOOL_FACTS_BODY_MAX ((size_t)16 << 10)

struct spool_facts;

/* exim_login: the login that Exim itself runs as. */
struct spool_facts *spool_facts_new(const char *exim_login);
void spool_facts_free(struct spool_facts *s); /* NULL is fine */
AUTO_FREE(spool_facts)

/* Reads the -H of that message in that folder. 0, and *ret_fact (FACT_ACCEPTED,
 * without a body) is valid until the next call; -ENOENT when it is not there any more; -EBADMSG
 * when its envelope cannot be read; or another negative errno. */
MUST_USE int spool_facts_read(struct spool_facts *s, const struct spool_folder *folder,
	const struct exim_id *id, struct fact *ret_fact);

/* Reads the front of its text into fact->body, of the fact that was read last. Work for something
 * like a millisecond. When it is gone already, the fact stays without. */
void spool_facts_read_body(struct spool_facts *s, struct fact *fact);

/* The message that was read last as it would be sent: its header fields, an empty line, and its
 * body, at most `most` bytes of it all; the caller frees it. NULL when it is gone. */
char *spool_facts_message(struct spool_facts *s, size_t most, size_t *ret_len);

#endif
