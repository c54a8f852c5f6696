/* tcp_sessions.h - the TCP sockets of this machine (of this network namespace), as the kernel lists
 * them over netlink, and the end of one of them: what `ss -t` and `ss -K` do.
 *
 * Source: Linux, sock_diag(7), linux/inet_diag.h. Listing needs no right. Destroying needs
 * CAP_NET_ADMIN and a kernel with INET_DIAG_DESTROY (since 4.5, where the distribution has it on).
 * The other side gets a reset; the process that holds the socket finds its next read or write
 * failed. */
#ifndef STANCH_SYSTEMS_TCP_SESSIONS_H
#define STANCH_SYSTEMS_TCP_SESSIONS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* One end of a connection. An IPv4 address is kept as ::ffff:a.b.c.d, so that it is the same
 * whether the server listens for IPv4 or for both. */
struct tcp_end {
	uint8_t address[16];
	uint16_t port; /* 0 in a choice: any */
};

/* Reads an address as a log has it, "192.0.2.1" or "2001:db8::1"; -EINVAL when it is none; then
 * *ret is as it was. */
MUST_USE int tcp_end_read(struct slice address, uint16_t port, struct tcp_end *ret);

struct tcp_socket {
	struct tcp_end local, remote;
	bool is_ipv6; /* the socket's family; a mapped IPv4 address may be behind it */
	bool listens;
	uint32_t interface; /* 0: not bound to one */
	uint32_t cookie[2]; /* the kernel's own name of it, never used again */
	uint64_t inode;     /* as in "socket:[123]" of /proc/PID/fd; 0: no process holds it */
	uint32_t uid;       /* of who made it */
};

/* Which are listed. */
struct tcp_choice {
	bool listening; /* those that listen, in the place of those that are connected */
	uint16_t local_port, remote_port; /* 0: any */
	const struct tcp_end *remote;     /* only its address counts; NULL: any */
};

typedef void tcp_socket_seen(void *context, const struct tcp_socket *socket);

/* Calls seen for each that fits; connected are those over which the other side can still be told
 * something or has something to be read (ESTABLISHED, CLOSE-WAIT). 0; or *problem and a negative
 * errno, and seen may have been called for some: -EAGAIN when they changed under the kernel's
 * hands, -ETIMEDOUT when it does not answer, -EPROTO when it says what cannot be understood,
 * another as it says. */
MUST_USE int tcp_sockets_each(const struct tcp_choice *choice, tcp_socket_seen *seen, void *context,
	struct problem *problem);

/* Ends this connection, and no other that has come to have the same addresses. 0, also when it is
 * gone already; or *problem and
 *   -EOPNOTSUPP  this kernel cannot do that
 *   -EPERM       we have no right to
 *   another      as the kernel says. */
MUST_USE int tcp_socket_destroy(const struct tcp_socket *socket, struct problem *problem);

#endif
