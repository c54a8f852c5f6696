/* listen_address.h - where HTTP is answered: "127.0.0.1:9494", "[::1]:9494". */
#ifndef STANCH_PROGRAMS_DAEMON_LISTEN_ADDRESS_H
#define STANCH_PROGRAMS_DAEMON_LISTEN_ADDRESS_H

#include "base/attribute.h"
#include "facts/networks.h"

#include <stdint.h>

struct listen_address {
	struct address address;
	uint16_t port;
	bool is_ipv6; /* as it was written */
};

/* -EINVAL for anything else. */
MUST_USE int listen_address_read(const char *text, struct listen_address *ret);

/* Listens there. A non-blocking descriptor, closed on exec, or a negative errno. */
MUST_USE int listen_address_open(const struct listen_address *at);

#endif
