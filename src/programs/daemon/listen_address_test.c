#include "programs/daemon/listen_address.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void test_read(void **state)
{
	struct listen_address a;

	(void)state;
	assert_int_equal(listen_address_read("127.0.0.1:9494", &a), 0);
	assert_int_equal(a.port, 9494);
	assert_false(a.is_ipv6);
	assert_int_equal(a.address.bytes[12], 127);
	assert_int_equal(listen_address_read("0.0.0.0:80", &a), 0);
	assert_int_equal(listen_address_read("[::1]:65535", &a), 0);
	assert_int_equal(a.port, 65535);
	assert_true(a.is_ipv6);
	assert_int_equal(a.address.bytes[15], 1);
	assert_int_equal(listen_address_read("[::]:1", &a), 0);
}

static void test_refused(void **state)
{
	static const char *const wrong[] = {"", ":", "9494", ":9494", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x",
		"localhost:80", "*:80", "::1:80", "[::1]", "[::1]80", "[]:80", "[127.0.0.1]:80",
		"[::1:80", "[:80", "127.0.0.1/8:80", " 127.0.0.1:80"};
	struct listen_address a = {.port = 7};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (listen_address_read(wrong[i], &a) != -EINVAL)
			fail_msg("\"%s\" was taken", wrong[i]);
	assert_int_equal(a.port, 7);
}

static void test_open(void **state)
{
	struct listen_address a;
	struct sockaddr_in at = {0};
	socklen_t len = sizeof(at);

	(void)state;
	assert_int_equal(listen_address_read("127.0.0.1:1", &a), 0);
	a.port = 0; /* any that is free */
	int fd = listen_address_open(&a);
	assert_true(fd >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(at.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	a.port = ntohs(at.sin_port);
	assert_int_equal(listen_address_open(&a), -EADDRINUSE);
	assert_int_equal(close(fd), 0);
	fd = listen_address_open(&a); /* at once, as after a restart */
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
