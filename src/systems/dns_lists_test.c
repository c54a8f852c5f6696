/* A thread with a small DNS server takes the lists' place. */
#include "systems/dns_lists.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define QUERY_MAX 512
#define HEADER    12

/* What the zones have; 0: NXDOMAIN. A name that is not here has no answer at all. */
static const struct record {
	const char *name;
	uint32_t address;
} records[] = {
	{"2.0.0.127.good.test", 0x7f000002},
	{"1.0.0.127.good.test", 0},
	{"9.2.0.192.good.test", 0x7f000004},
	{"8.2.0.192.good.test", 0},
	{"7.2.0.192.good.test", 0x7ffffffe},
	{"2.0.0.127.all.test", 0x7f000002}, /* a zone that was given up: all is listed */
	{"1.0.0.127.all.test", 0x7f000002},
	{"9.2.0.192.all.test", 0x7f000002},
	{"8.2.0.192.all.test", 0x7f000002},
	{"2.0.0.127.none.test", 0},
	{"1.0.0.127.none.test", 0},
	{"2.0.0.127.refuses.test", 0x7ffffffe},
	{"1.0.0.127.refuses.test", 0x7ffffffe},
	{"2.0.0.127.parked.test", 0xc6336401}, /* an advertiser's page */
	{"1.0.0.127.parked.test", 0xc6336401},
};

struct server {
	pthread_t thread;
	int fd;
	char at[32];
	unsigned asked;
};

static size_t read_name(const unsigned char *query, size_t len, char at[QUERY_MAX])
{
	size_t i = HEADER, n = 0;

	while (i < len && query[i] != 0 && i + query[i] < len && n + query[i] + 2 < QUERY_MAX) {
		memcpy(at + n, query + i + 1, query[i]);
		n += query[i];
		at[n++] = '.';
		i += query[i] + 1U;
	}
	at[n > 0 ? n - 1 : 0] = '\0';
	return i + 5; /* the NUL, type and class */
}

static const struct record *find(const char *name)
{
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		if (strcasecmp(records[i].name, name) == 0)
			return &records[i];
	return NULL;
}

static size_t answer(unsigned char *query, size_t len)
{
	static const unsigned char front[] = {0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
	char name[QUERY_MAX];
	size_t end = read_name(query, len, name);
	const struct record *r = find(name);

	if (r == NULL || end > len)
		return 0;
	memset(query + 6, 0, 6);
	query[2] = 0x81;
	query[3] = r->address == 0 ? 0x83 : 0x80;
	if (r->address == 0)
		return end;
	uint32_t address = htonl(r->address);
	query[7] = 1;
	memcpy(query + end, front, sizeof(front));
	memcpy(query + end + sizeof(front), &address, sizeof(address));
	return end + sizeof(front) + sizeof(address);
}

static void *serve(void *context)
{
	struct server *s = context;
	unsigned char query[2 * QUERY_MAX];
	struct sockaddr_in from;

	for (;;) {
		socklen_t from_len = sizeof(from);
		ssize_t n =
			recvfrom(s->fd, query, QUERY_MAX, 0, (struct sockaddr *)&from, &from_len);
		if (n < HEADER) /* the test is over */
			return NULL;
		s->asked++;
		size_t len = answer(query, (size_t)n);
		if (len > 0 && sendto(s->fd, query, len, 0, (struct sockaddr *)&from, from_len) < 0)
			return NULL;
	}
}

static void begin(struct server *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	*s = (struct server){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(s->at, sizeof(s->at), "127.0.0.1:%u", ntohs(at.sin_port));
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end(struct server *s)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(sendto(s->fd, "", 0, 0, (struct sockaddr *)&at, len), 0);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->fd);
}

static const struct {
	enum dns_list_state state;
	const char *words;
} wanted[] = {
	{DNS_LIST_LISTED, "127.0.0.4"},
	{DNS_LIST_CLEAN, ""},
	{DNS_LIST_UNSAID, "it refuses to answer us (127.255.255.254)"},
	{DNS_LIST_UNSAID, "its test point 127.0.0.1 is listed"},
	{DNS_LIST_UNSAID, "its test point 127.0.0.1 is listed"},
	{DNS_LIST_UNSAID, "its test point 127.0.0.1 is listed"},
	{DNS_LIST_UNSAID, "its test point 127.0.0.2 is not listed"},
	{DNS_LIST_UNSAID, "its test point 127.0.0.2 is not listed"},
	{DNS_LIST_UNSAID, "its test point 127.0.0.2 is not listed"},
	{DNS_LIST_UNSAID, "it refuses to answer us (127.255.255.254)"},
	{DNS_LIST_UNSAID, "it refuses to answer us (127.255.255.254)"},
	{DNS_LIST_UNSAID, "it refuses to answer us (127.255.255.254)"},
	{DNS_LIST_UNSAID, "198.51.100.1 is no answer of a list"},
	{DNS_LIST_UNSAID, "198.51.100.1 is no answer of a list"},
	{DNS_LIST_UNSAID, "198.51.100.1 is no answer of a list"},
	{DNS_LIST_UNSAID, "no answer in time"},
	{DNS_LIST_UNSAID, "no answer in time"},
	{DNS_LIST_UNSAID, "no answer in time"},
};

static void test_asked(void **state)
{
	static const char *const zones[] = {
		"good.test", "all.test", "none.test", "refuses.test", "parked.test", "silent.test"};
	static const char *const addresses[] = {"192.0.2.9", "192.0.2.8", "192.0.2.7"};
	struct server s;
	struct dns_list_row *rows = NULL;
	struct problem p = {0};
	size_t n = 0;

	(void)state;
	begin(&s);
	const struct dns_lists_question q = {.zones = zones,
		.zone_count = 6,
		.addresses = addresses,
		.address_count = 3,
		.server = s.at,
		.time_ms = 1000};
	assert_int_equal(dns_lists_ask(&q, &rows, &n, &p), 0);
	end(&s);
	assert_int_equal(n, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < n; i++)
		if (rows[i].state != wanted[i].state || strcmp(rows[i].words, wanted[i].words) != 0)
			fail_msg("%s at %s: %d %s", rows[i].address, rows[i].zone, rows[i].state,
				rows[i].words);
	free(rows);
}

static void test_names(void **state)
{
	char at[DNS_LIST_NAME_MAX], zone[DNS_LIST_NAME_MAX];
	struct dns_list_row *rows = NULL;
	struct problem p = {0};
	size_t n = 0;

	(void)state;
	assert_true(dns_list_name("zen.test", "192.0.2.9", at));
	assert_string_equal(at, "9.2.0.192.zen.test");
	assert_true(dns_list_name("zen.test", "2001:db8::1", at));
	assert_string_equal(at, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
				"zen.test");
	assert_false(dns_list_name("zen.test", "mx1.shop.test", at));
	assert_false(dns_list_name("", "192.0.2.9", at));
	memset(zone, 'z', sizeof(zone) - 1);
	zone[sizeof(zone) - 1] = '\0';
	assert_false(dns_list_name(zone, "192.0.2.9", at));
	static const char *const zones[] = {"zen.test"}, *const addresses[] = {"mx1"};
	const struct dns_lists_question q = {
		.zones = zones, .zone_count = 1, .addresses = addresses, .address_count = 1};
	assert_int_equal(dns_lists_ask(&q, &rows, &n, &p), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
