/* dns_lists.h - whether addresses are on DNS blocklists (RFC 5782), by c-ares, all zones at once.
 * Each zone is first asked for its test points: 127.0.0.2 has to be on it and 127.0.0.1 must not
 * be. One that fails them, answers outside of 127.0.0.0/8, or refuses (127.255.255.x) says nothing
 * of anybody. */
#ifndef STANCH_SYSTEMS_DNS_LISTS_H
#define STANCH_SYSTEMS_DNS_LISTS_H

#include "base/attribute.h"
#include "base/problem.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_LIST_NAME_MAX  256
#define DNS_LIST_WORDS_MAX 96

enum dns_list_state { DNS_LIST_UNSAID, DNS_LIST_CLEAN, DNS_LIST_LISTED };

/* zone and address are borrowed from who asks. */
struct dns_list_row {
	const char *zone, *address;
	enum dns_list_state state;
	char words[DNS_LIST_WORDS_MAX]; /* LISTED: the answer, as "127.0.0.2"; UNSAID: why */
};

/* All borrowed. */
struct dns_lists_question {
	const char *const *zones, *const *addresses; /* addresses of IPv4 or IPv6 */
	size_t zone_count, address_count;
	const char *server; /* "ADDRESS:PORT"; NULL: the system's resolvers */
	int64_t time_ms;    /* for all of it */
};

/* The name to ask for; false when the address is none, or the name would be too long. */
MUST_USE bool dns_list_name(const char *zone, const char *address, char at[DNS_LIST_NAME_MAX]);

/* What the addresses of an answer mean; words as in a row. */
enum dns_list_state dns_list_judge(
	const struct in_addr *at, size_t count, char words[DNS_LIST_WORDS_MAX]);

/* A row for each zone and address, zone by zone; the caller frees it. 0; or -EINVAL and *problem:
 * an address or zone is none, or nothing can be asked. That nobody answers is in the rows. */
MUST_USE int dns_lists_ask(const struct dns_lists_question *question, struct dns_list_row **ret,
	size_t *ret_count, struct problem *problem);

#endif
