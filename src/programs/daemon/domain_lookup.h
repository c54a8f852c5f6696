/* domain_lookup.h - which domains are hosted here, as Exim says: asked for senders' domains as they
 * come up, and told to the ledger. Exim is kept running between questions and let go when there are
 * none; so many a minute and no more are asked, since strangers can make up domains. */
#ifndef STANCH_PROGRAMS_DAEMON_DOMAIN_LOOKUP_H
#define STANCH_PROGRAMS_DAEMON_DOMAIN_LOOKUP_H

#include "base/attribute.h"
#include "base/loop.h"
#include "facts/ledger.h"
#include "programs/daemon/parts.h"

struct domain_lookup;

/* part and loop are borrowed. Nothing is begun before the first question. */
struct domain_lookup *domain_lookup_new(const struct daemon_part *part, struct loop *loop);
void domain_lookup_free(struct domain_lookup *d); /* NULL is fine */
AUTO_FREE(domain_lookup)

/* Asks, and tells the ledger what the answer was. Without one the domain stays unknown; trouble is
 * an event. */
void domain_lookup_ask(struct domain_lookup *d, struct ledger *ledger, struct slice domain);

/* To be called every few seconds. */
void domain_lookup_tick(struct domain_lookup *d);

#endif
