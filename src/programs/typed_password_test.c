/* At a pipe, and at a terminal of our own. */
#include "programs/typed_password.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static int typed(const char *text, size_t len, struct secret **ret)
{
	int ends[2];
	struct problem p = {0};

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, len), (ssize_t)len);
	(void)close(ends[1]);
	int err = typed_password(ends[0], false, ret, &p);
	(void)close(ends[0]);
	assert_int_equal(err == 0, p.text[0] == '\0');
	assert_null(strstr(p.text, "sesame"));
	return err;
}

static void test_from_a_program(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{"open sesame\n", 0},
		{"open sesame", 0},
		{"open sesame\nmore\n", 0},
		{"sesame!!\n", 0},
		{"sesame!\n", -EINVAL},
		{"open sesame\r\n", -EINVAL},
		{"open\tsesame\n", -EINVAL},
		{"\n", -EINVAL},
		{"", -ENODATA},
	};
	char longest[SECRET_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(secret) secret = NULL;

		assert_int_equal(typed(rows[i].text, strlen(rows[i].text), &secret), rows[i].want);
		assert_int_equal(secret != NULL, rows[i].want == 0);
		if (secret != NULL)
			assert_true(slice_starts(slice_of(rows[i].text), secret_text(secret)));
	}
	for (size_t len = SECRET_MAX; len <= SECRET_MAX + 1; len++) {
		AUTO(secret) secret = NULL;

		memset(longest, 'x', len);
		assert_int_equal(typed(longest, len, &secret), len == SECRET_MAX ? 0 : -EINVAL);
	}
	AUTO(secret) secret = NULL;
	assert_int_equal(typed("open\0sesame\n", 12, &secret), -EINVAL);
}

/* The other end of a new terminal; what is typed there is waited for. */
static int open_terminal(int *ret_ours)
{
	*ret_ours = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(*ret_ours >= 0);
	assert_int_equal(grantpt(*ret_ours), 0);
	assert_int_equal(unlockpt(*ret_ours), 0);
	int theirs = open(ptsname(*ret_ours), O_RDWR | O_NOCTTY);
	assert_true(theirs >= 0);
	return theirs;
}

static bool echoes(int fd)
{
	struct termios t;

	assert_int_equal(tcgetattr(fd, &t), 0);
	return (t.c_lflag & ECHO) != 0;
}

/* Types for it, as soon as nothing is shown any more. */
static pid_t type_it(int ours, int theirs, const char *text)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (int i = 0; i < 500 && echoes(theirs); i++)
		(void)usleep(10000);
	(void)usleep(20000);
	(void)!write(ours, text, strlen(text));
	_exit(0);
}

static void test_at_a_terminal(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{"open sesame\nopen sesame\n", 0},
		{"open sesame\nopen sesamE\n", -EINVAL},
		{"sesame\nsesame\n", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int ours, theirs = open_terminal(&ours);
		AUTO(secret) secret = NULL;
		struct problem p = {0};
		char shown[256];

		assert_true(echoes(theirs));
		pid_t typist = type_it(ours, theirs, rows[i].text);
		assert_int_equal(typed_password(theirs, true, &secret, &p), rows[i].want);
		assert_int_equal(waitpid(typist, NULL, 0), typist);
		assert_true(echoes(theirs));
		assert_int_equal(fcntl(ours, F_SETFL, O_NONBLOCK), 0);
		ssize_t n = read(ours, shown, sizeof(shown) - 1);
		shown[n > 0 ? n : 0] = '\0';
		assert_null(strstr(shown, "sesame"));
		(void)close(ours);
		(void)close(theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_a_program),
		cmocka_unit_test(test_at_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
