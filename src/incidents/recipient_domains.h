/* recipient_domains.h - to which domains the mail that was held for an incident was going, counted
 * from what the journal keeps of each message: its first recipients. Bounded. */
#ifndef STANCH_INCIDENTS_RECIPIENT_DOMAINS_H
#define STANCH_INCIDENTS_RECIPIENT_DOMAINS_H

#include "base/attribute.h"
#include "base/slice.h"
#include "incidents/journal.h"

#include <stddef.h>
#include <stdint.h>

#define RECIPIENT_DOMAINS_SHOWN    20
#define RECIPIENT_DOMAINS_MESSAGES 20000 /* that are looked at */
#define RECIPIENT_DOMAINS_COUNTED  65536 /* different ones; further ones are not counted */
#define RECIPIENT_DOMAIN_MAX       253

/* Holds its own bytes; needs no free. */
struct recipient_domains {
	struct recipient_domain {
		char name[RECIPIENT_DOMAIN_MAX + 1]; /* lower case; foreign bytes as they were */
		uint64_t recipients;
	} at[RECIPIENT_DOMAINS_SHOWN]; /* most recipients first */
	size_t count;
	uint64_t left_out;  /* domains with fewer recipients */
	uint64_t messages;  /* that were looked at */
	uint64_t uncounted; /* recipients of them that the journal does not name, or have no domain
			     */
};

/* Of the messages of those holds that were held, whatever became of them. Errors are those of
 * journal_open(). */
MUST_USE int recipient_domains_read(struct journal *j, const int64_t *holds, size_t hold_count,
	struct recipient_domains *ret, struct problem *problem);

#endif
