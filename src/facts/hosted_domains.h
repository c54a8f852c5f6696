/* hosted_domains.h - which domains are this server's own, as far as anybody said. Grows with the
 * domains that are told; a domain is known by its hash. */
#ifndef STANCH_FACTS_HOSTED_DOMAINS_H
#define STANCH_FACTS_HOSTED_DOMAINS_H

#include "base/codec.h"
#include "base/slice.h"
#include "facts/hosted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Domains remembered; past it, new ones stay unknown. */
#define HOSTED_DOMAINS_MAX 1000000

/* Zeroed memory knows none. */
struct hosted_domains {
	uint64_t *places; /* open addressing: the hash, its two lowest bits are the enum hosted */
	size_t room, count;
	bool is_complete; /* what was not told is not hosted */
};

void hosted_domains_free(struct hosted_domains *h);
void hosted_domains_set(struct hosted_domains *h, struct slice domain, enum hosted hosted);
/* To and from bytes, for a process with the same seed; *h is empty before it is read. */
void hosted_domains_code(struct hosted_domains *h, struct codec *c);
enum hosted hosted_domains_find(const struct hosted_domains *h, struct slice domain);

#endif
