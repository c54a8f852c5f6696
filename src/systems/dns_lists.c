#include "systems/dns_lists.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/printable.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS_MAX  16
#define TRY_MS       1500
#define TRIES        2
#define US_PER_MS    1000
#define LOOPBACK     127U
#define REFUSALS     0x7fffff00U /* 127.255.255.0/24: Spamhaus's errors */
#define NO_ANSWER    0x7f000001U /* 127.0.0.1: no reason; some refuse with it */
#define FAMILIES     2
#define LISTED_POINT 0
#define CLEAN_POINT  1
#define POINTS       2

/* Of each family: what has to be listed, and what must not be. */
static const char *const points[FAMILIES][POINTS] = {
	{"127.0.0.2", "127.0.0.1"}, {"::ffff:127.0.0.2", "::ffff:127.0.0.1"}};

/* ---- names and answers ---- */

static bool is_ipv6(const char *address)
{
	return strchr(address, ':') != NULL;
}

static bool write_reversed(const char *address, char at[DNS_LIST_NAME_MAX])
{
	unsigned char bytes[sizeof(struct in6_addr)];
	size_t len = 0;

	if (inet_pton(is_ipv6(address) ? AF_INET6 : AF_INET, address, bytes) != 1)
		return false;
	if (!is_ipv6(address)) {
		(void)snprintf(at, DNS_LIST_NAME_MAX, "%u.%u.%u.%u.", bytes[3], bytes[2], bytes[1],
			bytes[0]);
		return true;
	}
	for (size_t i = sizeof(bytes); i-- > 0;)
		len += (size_t)snprintf(at + len, DNS_LIST_NAME_MAX - len, "%x.%x.",
			bytes[i] & 0xfU, bytes[i] >> 4U);
	return true;
}

bool dns_list_name(const char *zone, const char *address, char at[DNS_LIST_NAME_MAX])
{
	if (!write_reversed(address, at))
		return false;
	size_t len = strlen(at), zone_len = strlen(zone);
	if (zone_len == 0 || len + zone_len >= DNS_LIST_NAME_MAX - 2)
		return false;
	memcpy(at + len, zone, zone_len + 1);
	return true;
}

enum dns_list_state dns_list_judge(
	const struct in_addr *at, size_t count, char words[DNS_LIST_WORDS_MAX])
{
	char shown[INET_ADDRSTRLEN] = "";

	if (count == 0) {
		(void)snprintf(words, DNS_LIST_WORDS_MAX, "an answer without an address");
		return DNS_LIST_UNSAID;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t address = ntohl(at[i].s_addr);
		(void)inet_ntop(AF_INET, &at[i], shown, sizeof(shown));
		bool is_refusal = (address & 0xffffff00U) == REFUSALS;
		if (!is_refusal && address >> 24U == LOOPBACK && address != NO_ANSWER)
			continue;
		(void)snprintf(words, DNS_LIST_WORDS_MAX,
			is_refusal ? "it refuses to answer us (%s)" : "%s is no answer of a list",
			shown);
		return DNS_LIST_UNSAID;
	}
	(void)snprintf(words, DNS_LIST_WORDS_MAX, "%s", shown);
	return DNS_LIST_LISTED;
}

/* ---- asking ---- */

struct query {
	size_t *pending;
	enum dns_list_state state;
	char words[DNS_LIST_WORDS_MAX];
};

static void on_answer(void *context, int status, int timeouts, unsigned char *bytes, int len)
{
	struct query *q = context;
	struct ares_addrttl found[ANSWERS_MAX];
	struct in_addr at[ANSWERS_MAX];
	int n = ANSWERS_MAX;

	(void)timeouts;
	--*q->pending;
	if (status == ARES_SUCCESS)
		status = ares_parse_a_reply(bytes, len, NULL, found, &n);
	if (status == ARES_ENOTFOUND) {
		q->state = DNS_LIST_CLEAN;
		return;
	}
	if (status != ARES_SUCCESS) {
		(void)snprintf(q->words, sizeof(q->words), "%s",
			status == ARES_ECANCELLED ? "no answer in time" : ares_strerror(status));
		return;
	}
	for (int i = 0; i < n; i++)
		at[i] = found[i].ipaddr;
	q->state = dns_list_judge(at, (size_t)n, q->words);
}

static void begin_query(ares_channel channel, struct query *q, size_t *pending, const char *name)
{
	*q = (struct query){.pending = pending};
	++*pending; /* it may be answered before the call returns */
	ares_query(channel, name, ns_c_in, ns_t_a, on_answer, q);
}

static int wait_once(ares_channel channel, int64_t left_ms)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd fds[ARES_GETSOCK_MAXNUM];
	struct timeval most = {.tv_sec = left_ms / 1000, .tv_usec = left_ms % 1000 * US_PER_MS},
		       next;
	unsigned bits = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
	nfds_t n = 0;

	for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;
		/* as ARES_GETSOCK_READABLE and _WRITABLE, which shift into the sign of an int */
		if ((bits & 1U << i) != 0)
			events |= POLLIN;
		if ((bits & 1U << (i + ARES_GETSOCK_MAXNUM)) != 0)
			events |= POLLOUT;
		if (events != 0)
			fds[n++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
	const struct timeval *wait = ares_timeout(channel, &most, &next);
	int got = poll(fds, n, (int)(wait->tv_sec * 1000 + wait->tv_usec / US_PER_MS) + 1);
	for (nfds_t i = 0; got > 0 && i < n; i++)
		ares_process_fd(channel,
			(fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0 ? fds[i].fd
									     : ARES_SOCKET_BAD,
			(fds[i].revents & POLLOUT) != 0 ? fds[i].fd : ARES_SOCKET_BAD);
	if (got <= 0)
		ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	return got < 0 && errno != EINTR ? -errno : 0;
}

static void wait_all(ares_channel channel, const size_t *pending, int64_t until_us)
{
	while (*pending > 0) {
		int64_t left = (until_us - clock_now_us()) / US_PER_MS;
		if (left <= 0 || wait_once(channel, left) < 0)
			break;
	}
	ares_cancel(channel); /* each that is left is told so */
}

/* ---- zone by zone ---- */

struct asking {
	const struct dns_lists_question *question;
	ares_channel channel;
	size_t pending;
	struct query *tests;   /* of zone and family: POINTS each */
	struct query *queries; /* of zone and address */
	struct dns_list_row *rows;
};

static size_t test_of(size_t zone, size_t family)
{
	return (zone * FAMILIES + family) * POINTS;
}

static bool has_family(const struct dns_lists_question *question, size_t family)
{
	for (size_t i = 0; i < question->address_count; i++)
		if (is_ipv6(question->addresses[i]) == (family == 1))
			return true;
	return false;
}

static void ask_points(struct asking *a, int64_t until_us)
{
	char name[DNS_LIST_NAME_MAX];

	for (size_t z = 0; z < a->question->zone_count; z++)
		for (size_t f = 0; f < FAMILIES; f++)
			for (size_t p = 0; has_family(a->question, f) && p < POINTS; p++)
				if (dns_list_name(a->question->zones[z], points[f][p], name))
					begin_query(a->channel, &a->tests[test_of(z, f) + p],
						&a->pending, name);
	wait_all(a->channel, &a->pending, until_us);
}

/* Whether the zone may be believed; else why not, into words. */
static bool is_sound(
	const struct asking *a, size_t zone, size_t family, char words[DNS_LIST_WORDS_MAX])
{
	const struct query *t = &a->tests[test_of(zone, family)];

	if (t[LISTED_POINT].state == DNS_LIST_LISTED && t[CLEAN_POINT].state == DNS_LIST_CLEAN)
		return true;
	const struct query *odd =
		t[LISTED_POINT].state != DNS_LIST_LISTED ? &t[LISTED_POINT] : &t[CLEAN_POINT];
	if (odd->state == DNS_LIST_UNSAID)
		memcpy(words, odd->words, DNS_LIST_WORDS_MAX);
	else
		(void)snprintf(words, DNS_LIST_WORDS_MAX, "its test point %s is %s",
			points[family][odd == t ? LISTED_POINT : CLEAN_POINT],
			odd->state == DNS_LIST_LISTED ? "listed" : "not listed");
	return false;
}

static void ask_addresses(struct asking *a, int64_t until_us)
{
	const struct dns_lists_question *q = a->question;
	char name[DNS_LIST_NAME_MAX];

	for (size_t i = 0; i < q->zone_count * q->address_count; i++) {
		struct dns_list_row *row = &a->rows[i];
		if (is_sound(a, i / q->address_count, is_ipv6(row->address), row->words) &&
			dns_list_name(row->zone, row->address, name))
			begin_query(a->channel, &a->queries[i], &a->pending, name);
	}
	wait_all(a->channel, &a->pending, until_us);
	for (size_t i = 0; i < q->zone_count * q->address_count; i++) {
		if (a->queries[i].pending == NULL)
			continue;
		a->rows[i].state = a->queries[i].state;
		memcpy(a->rows[i].words, a->queries[i].words, DNS_LIST_WORDS_MAX);
	}
}

static int check_names(const struct dns_lists_question *q, struct problem *problem)
{
	char name[DNS_LIST_NAME_MAX], shown[128];

	for (size_t z = 0; z < q->zone_count; z++)
		for (size_t i = 0; i < q->address_count; i++)
			if (!dns_list_name(q->zones[z], q->addresses[i], name))
				return problem_set(problem, -EINVAL,
					"\"%s\" is no address that a list can be asked about",
					printable_text(
						slice_of(q->addresses[i]), shown, sizeof(shown)));
	return 0;
}

static int open_channel(
	const struct dns_lists_question *q, ares_channel *ret, struct problem *problem)
{
	struct ares_options options = {.timeout = TRY_MS, .tries = TRIES};
	int err = ares_library_init(ARES_LIB_INIT_ALL);

	if (err == ARES_SUCCESS)
		err = ares_init_options(ret, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (err != ARES_SUCCESS)
		return problem_set(problem, -EINVAL, "DNS cannot be asked: %s", ares_strerror(err));
	if (q->server != NULL &&
		(err = ares_set_servers_ports_csv(*ret, q->server)) != ARES_SUCCESS) {
		ares_destroy(*ret);
		return problem_set(
			problem, -EINVAL, "the resolver cannot be asked: %s", ares_strerror(err));
	}
	return 0;
}

int dns_lists_ask(const struct dns_lists_question *question, struct dns_list_row **ret,
	size_t *ret_count, struct problem *problem)
{
	size_t n = question->zone_count * question->address_count;
	struct asking a = {.question = question};
	int64_t now = clock_now_us();

	int err = check_names(question, problem);
	if (err == 0)
		err = open_channel(question, &a.channel, problem);
	if (err < 0)
		return err;
	a.tests = memory_new(question->zone_count * FAMILIES * POINTS + 1, sizeof(*a.tests));
	a.queries = memory_new(n + 1, sizeof(*a.queries));
	a.rows = memory_new(n + 1, sizeof(*a.rows));
	for (size_t i = 0; i < n; i++) {
		a.rows[i].zone = question->zones[i / question->address_count];
		a.rows[i].address = question->addresses[i % question->address_count];
	}
	ask_points(&a, now + question->time_ms / 2 * US_PER_MS);
	ask_addresses(&a, now + question->time_ms * US_PER_MS);
	ares_destroy(a.channel);
	free(a.tests);
	free(a.queries);
	*ret = a.rows;
	*ret_count = n;
	return 0;
}
