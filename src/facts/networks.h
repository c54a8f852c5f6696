/* networks.h - which network and country an address belongs to, from a table of prefixes that an
 * administrator gives. Without a table, or where it has no row, the network of an IPv4 address is
 * its /16 and of an IPv6 address its /32, and the country is not known. */
#ifndef STANCH_FACTS_NETWORKS_H
#define STANCH_FACTS_NETWORKS_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 16 bytes in network order; IPv4 as ::ffff:a.b.c.d. */
struct address {
	uint8_t bytes[16];
};

/* "192.0.2.1", "2001:db8::1". -EINVAL for anything else. */
MUST_USE int address_parse(struct slice text, struct address *ret);

/* An address from which nothing about its user can be told: loopback, this host, private use
 * (RFC 1918, RFC 4193, link-local): web mail, a proxy, the office next door. */
bool address_is_near(const struct address *a);

/* As inet_ntop(3) writes it, IPv4 with dots, into at. Returns at. */
#define ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */
char *address_text(const struct address *a, char at[ADDRESS_TEXT_MAX]);

/* What one customer of a network has: the address of IPv4; of IPv6 its first half, which is what
 * one line gets (RFC 6177), and the rest 0. */
struct address address_holder(const struct address *a);
bool address_same_holder(const struct address *a, const struct address *b);

struct networks;
struct networks *networks_new(void);
void networks_free(struct networks *n); /* NULL is fine */
AUTO_FREE(networks)

/* One row: "192.0.2.0/24" (or one address), the number of its network (0: not known), "de" or any
 * word of up to 8 bytes (empty: not known). -EINVAL for a bad prefix or country; rows may come in
 * any order; of two that both hold an address the longer prefix counts. */
MUST_USE int networks_add(
	struct networks *n, struct slice prefix, uint32_t number, struct slice country);
size_t networks_count(const struct networks *n);

/* Those that this host reaches itself by: 127.0.0.0/8 and ::1. */
struct networks *networks_of_this_host(void);

struct network {
	uint32_t key;     /* never 0: of the same network always the same */
	uint32_t country; /* 0: not known */
	bool is_named;    /* from the table */
};

/* n may be NULL. Not to be used while rows are added. */
struct network networks_find(struct networks *n, const struct address *a);

/* "AS64531 c17", "192.0.0.0/16", printable, into at; what is too long is cut. Returns at. */
#define NETWORK_TEXT 48
char *networks_text(struct networks *n, const struct address *a, char at[NETWORK_TEXT]);

#endif
