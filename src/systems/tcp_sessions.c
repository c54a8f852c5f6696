#include "systems/tcp_sessions.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_ROOM 32768 /* bytes of what the kernel says at once */
#define PATIENCE_S  2

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

int tcp_end_read(struct slice address, uint16_t port, struct tcp_end *ret)
{
	char text[INET6_ADDRSTRLEN];
	struct tcp_end end = {.port = port};

	if (address.len == 0 || address.len >= sizeof(text) ||
		memchr(address.at, '\0', address.len) != NULL)
		return -EINVAL;
	memcpy(text, address.at, address.len);
	text[address.len] = '\0';
	if (inet_pton(AF_INET, text, end.address + sizeof(mapped)) == 1)
		memcpy(end.address, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, text, end.address) != 1)
		return -EINVAL;
	*ret = end;
	return 0;
}

/* ---- the way to the kernel ---- */

static int open_netlink(struct problem *problem)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		return problem_set(problem, -errno,
			"cannot ask the kernel for its TCP connections: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0) {
		int err = -errno;
		(void)close(fd);
		return problem_set(problem, err, "setsockopt: %s", strerror(-err));
	}
	return fd;
}

static int ask(int fd, struct question *q, struct problem *problem)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t n;

	q->head.nlmsg_len = sizeof(*q);
	q->head.nlmsg_seq = 1;
	do
		n = sendto(fd, q, sizeof(*q), 0, (struct sockaddr *)&kernel, sizeof(kernel));
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return problem_set(problem, -errno, "cannot ask the kernel for its TCP connections: %s",
		strerror(errno));
}

/* Bytes of the next answer of the kernel's own. */
static ssize_t hear(int fd, void *at, size_t room, struct problem *problem)
{
	struct sockaddr_nl from = {0};
	struct iovec part = {at, room};
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	do
		n = recvmsg(fd, &m, 0);
	while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return problem_set(
			problem, -ETIMEDOUT, "the kernel does not answer for its TCP connections");
	if (n < 0)
		return problem_set(
			problem, -errno, "the kernel's TCP connections: %s", strerror(errno));
	if ((m.msg_flags & MSG_TRUNC) != 0)
		return problem_set(problem, -EPROTO,
			"the kernel's answer for its TCP connections is too long");
	return n;
}

/* What an NLMSG_ERROR says: 0 is a yes. */
static int said_error(struct nlmsghdr *head)
{
	const struct nlmsgerr *e = (const struct nlmsgerr *)NLMSG_DATA(head);

	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) || e->error > 0)
		return -EPROTO;
	return e->error;
}

/* ---- listing ---- */

struct listing {
	const struct tcp_choice *choice;
	tcp_socket_seen *seen;
	void *context;
	bool is_ipv6;
	bool ended;
};

static void end_of(bool is_ipv6, const __be32 address[4], __be16 port, struct tcp_end *ret)
{
	ret->port = ntohs(port);
	if (is_ipv6) {
		memcpy(ret->address, address, sizeof(ret->address));
		return;
	}
	memcpy(ret->address, mapped, sizeof(mapped));
	memcpy(ret->address + sizeof(mapped), address, sizeof(__be32));
}

static bool fits(const struct tcp_choice *choice, const struct tcp_socket *s)
{
	return (choice->local_port == 0 || choice->local_port == s->local.port) &&
	       (choice->remote_port == 0 || choice->remote_port == s->remote.port) &&
	       (choice->remote == NULL || memcmp(choice->remote->address, s->remote.address,
						  sizeof(s->remote.address)) == 0);
}

static int take_socket(const struct listing *l, struct nlmsghdr *head)
{
	const struct inet_diag_msg *m = (const struct inet_diag_msg *)NLMSG_DATA(head);

	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return -EPROTO;
	struct tcp_socket s = {.is_ipv6 = m->idiag_family == AF_INET6,
		.listens = m->idiag_state == TCP_LISTEN,
		.interface = m->id.idiag_if,
		.cookie = {m->id.idiag_cookie[0], m->id.idiag_cookie[1]},
		.inode = m->idiag_inode,
		.uid = m->idiag_uid};
	end_of(s.is_ipv6, m->id.idiag_src, m->id.idiag_sport, &s.local);
	end_of(s.is_ipv6, m->id.idiag_dst, m->id.idiag_dport, &s.remote);
	if (fits(l->choice, &s))
		l->seen(l->context, &s);
	return 0;
}

static int take_one(struct listing *l, struct nlmsghdr *head)
{
	if ((head->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		return -EAGAIN;
	switch (head->nlmsg_type) {
	case NLMSG_DONE:
		l->ended = true;
		return 0;
	case NLMSG_ERROR:
		l->ended = true;
		return said_error(head);
	case SOCK_DIAG_BY_FAMILY:
		return take_socket(l, head);
	default:
		return 0;
	}
}

static int take_answer(struct listing *l, struct nlmsghdr *head, size_t len)
{
	int err = 0;

	for (; err == 0 && !l->ended && NLMSG_OK(head, len); head = NLMSG_NEXT(head, len))
		err = take_one(l, head);
	return err;
}

static int list_family(int fd, struct listing *l, struct problem *problem)
{
	struct question q = {.head = {.nlmsg_type = SOCK_DIAG_BY_FAMILY,
				     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.sdiag_family = l->is_ipv6 ? AF_INET6 : AF_INET,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = l->choice->listening
						? 1U << TCP_LISTEN
						: 1U << TCP_ESTABLISHED | 1U << TCP_CLOSE_WAIT,
			.id = {.idiag_sport = htons(l->choice->local_port),
				.idiag_dport = htons(l->choice->remote_port)}}};
	_Alignas(struct nlmsghdr) char answer[ANSWER_ROOM];
	int err = ask(fd, &q, problem);

	l->ended = false;
	while (err == 0 && !l->ended) {
		ssize_t n = hear(fd, answer, sizeof(answer), problem);
		if (n < 0)
			return (int)n;
		err = take_answer(l, (struct nlmsghdr *)answer, (size_t)n);
		if (err < 0)
			(void)problem_set(problem, err, "the kernel's list of TCP connections: %s",
				strerror(-err));
	}
	return err;
}

int tcp_sockets_each(const struct tcp_choice *choice, tcp_socket_seen *seen, void *context,
	struct problem *problem)
{
	struct listing l = {.choice = choice, .seen = seen, .context = context};
	int fd = open_netlink(problem);

	if (fd < 0)
		return fd;
	int err = list_family(fd, &l, problem);
	l.is_ipv6 = true;
	if (err == 0)
		err = list_family(fd, &l, problem);
	(void)close(fd);
	return err;
}

/* ---- the end of one ---- */

static void id_of_end(bool is_ipv6, const struct tcp_end *end, __be32 address[4], __be16 *port)
{
	*port = htons(end->port);
	if (is_ipv6)
		memcpy(address, end->address, sizeof(end->address));
	else
		memcpy(address, end->address + sizeof(mapped), sizeof(__be32));
}

static int answer_to_destroy(int fd, struct problem *problem)
{
	_Alignas(struct nlmsghdr) char answer[ANSWER_ROOM];
	struct nlmsghdr *head = (struct nlmsghdr *)answer;
	ssize_t n = hear(fd, answer, sizeof(answer), problem);

	if (n < 0)
		return (int)n;
	int err = NLMSG_OK(head, (size_t)n) && head->nlmsg_type == NLMSG_ERROR ? said_error(head)
									       : -EPROTO;
	switch (err) {
	case 0:
	case -ENOENT: /* gone already, or its addresses belong to another now */
	case -ESTALE:
		return 0;
	case -EINVAL: /* before 4.5 the request itself is not known */
	case -EOPNOTSUPP:
		return problem_set(problem, -EOPNOTSUPP,
			"this kernel cannot end a TCP connection of another process "
			"(INET_DIAG_DESTROY)");
	case -EPERM:
	case -EACCES:
		return problem_set(problem, -EPERM,
			"no right to end a TCP connection of another process (CAP_NET_ADMIN)");
	default:
		return problem_set(
			problem, err, "the kernel ends no TCP connection: %s", strerror(-err));
	}
}

int tcp_socket_destroy(const struct tcp_socket *s, struct problem *problem)
{
	struct question q = {
		.head = {.nlmsg_type = SOCK_DESTROY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.body = {.sdiag_family = s->is_ipv6 ? AF_INET6 : AF_INET,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = ~0U,
			.id = {.idiag_if = s->interface,
				.idiag_cookie = {s->cookie[0], s->cookie[1]}}}};
	int fd = open_netlink(problem);

	if (fd < 0)
		return fd;
	id_of_end(s->is_ipv6, &s->local, q.body.id.idiag_src, &q.body.id.idiag_sport);
	id_of_end(s->is_ipv6, &s->remote, q.body.id.idiag_dst, &q.body.id.idiag_dport);
	int err = ask(fd, &q, problem);
	if (err == 0)
		err = answer_to_destroy(fd, problem);
	(void)close(fd);
	return err;
}
