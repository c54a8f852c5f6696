#include "base/unix_socket.h"

#include "tests/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY 16

static const struct unix_socket_options options = {.mode = 0600, .uid = (uid_t)-1, .backlog = 1};

/* Nobody is taken: it is not waited for without end, and the socket is not taken away. */
static void test_full(void **state)
{
	char path[200];
	int peers[MANY], count = 0, fd = 0;

	(void)snprintf(path, sizeof(path), "%s/socket", (const char *)*state);
	int serving = unix_socket_listen(path, &options);
	assert_true(serving >= 0);
	while (count < MANY && (fd = unix_socket_connect(path)) >= 0)
		peers[count++] = fd;
	assert_true(count > 0 && count < MANY);
	assert_int_equal(fd, -ETIMEDOUT);
	assert_int_equal(unix_socket_listen(path, &options), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	while (count > 0)
		assert_int_equal(close(peers[--count]), 0);
	assert_int_equal(close(serving), 0);
}

static void test_places(void **state)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/socket", (const char *)*state);
	assert_int_equal(unix_socket_connect(path), -ENOENT);
	int serving = unix_socket_listen(path, &options);
	assert_int_equal(unix_socket_listen(path, &options), -EADDRINUSE);
	assert_int_equal(close(serving), 0);
	assert_int_equal(unix_socket_connect(path), -ECONNREFUSED);
	serving = unix_socket_listen(path, &options); /* nobody served it */
	assert_true(serving >= 0);
	assert_int_equal(close(serving), 0);
	folder_write(*state, "file", "text");
	(void)snprintf(path, sizeof(path), "%s/file", (const char *)*state);
	assert_int_equal(unix_socket_listen(path, &options), -EEXIST);
	(void)snprintf(path, sizeof(path), "/%0150d", 0);
	assert_int_equal(unix_socket_listen(path, &options), -ENAMETOOLONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_full),
		TEST(test_places),
	};

	return cmocka_run_group_tests_name("unix_socket", tests, NULL, NULL);
}
