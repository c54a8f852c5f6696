#include "programs/told_command.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A shell in place of stanch; no global options. */
static struct told_command *start(const char *script)
{
	const struct global_settings global = {.json = true};
	const char *const words[] = {"-c", script};
	struct told_command *t = NULL;
	struct problem p = {0};

	assert_int_equal(told_command_start(&global, "/bin/sh", words, 2, &t, &p), 0);
	return t;
}

static int end_of(struct told_command *t)
{
	struct pollfd p = {.fd = told_command_descriptor(t), .events = POLLIN};
	int status = -1;

	for (int i = 0; i < 1000; i++) {
		(void)poll(&p, 1, 10);
		if (told_command_take(t, &status))
			return status;
		(void)usleep(1000);
	}
	return -1;
}

static void test_says(void **state)
{
	(void)state;
	AUTO(told_command) t = start("echo one; echo two >&2; read x || echo end; exit 3");
	assert_int_equal(end_of(t), 3);
	assert_true(slice_is(told_command_said(t), "one\ntwo\nend\n"));
}

static void test_global_options(void **state)
{
	(void)state;
	const struct global_settings global = {.state = "/s", .json = true};
	const char *const words[] = {"word"};
	struct problem p = {0};
	struct told_command *t = NULL;
	assert_int_equal(told_command_start(&global, "/bin/echo", words, 1, &t, &p), 0);
	assert_int_equal(end_of(t), 0);
	assert_true(slice_is(told_command_said(t), "--state /s word\n"));
	told_command_free(t);
	const char *const many[20] = {"word"};
	assert_int_equal(told_command_start(&global, "/bin/echo", many, 20, &t, &p), -E2BIG);
	assert_int_equal(told_command_start(&global, "/nowhere", words, 1, &t, &p), -ENOENT);
	assert_non_null(strstr(p.text, "cannot start stanch word"));
}

static void test_interrupts(void **state)
{
	(void)state;
	AUTO(told_command) t = start("exec sleep 60");
	int status = 0;
	assert_false(told_command_take(t, &status));
	(void)usleep(50000); /* a signal that comes before the shell's exec is a shell's */
	told_command_interrupt(t);
	assert_int_equal(end_of(t), 128 + SIGINT);
	told_command_interrupt(t); /* of nobody */
}

/* What is too much is dropped, and it does not wait for ever. */
static void test_much(void **state)
{
	(void)state;
	AUTO(told_command) t = start("head -c 1000000 /dev/zero | tr '\\0' x");
	assert_int_equal(end_of(t), 0);
	assert_int_equal(told_command_said(t).len, TOLD_COMMAND_MAX);
}

/* Freed while it runs: it is asked to end, and no process is left, nor waited for whom it began. */
static void test_freed(void **state)
{
	(void)state;
	struct told_command *t = start("trap 'exit 0' INT; while :; do sleep 0.02; done");
	(void)usleep(50000);
	told_command_free(t);
	told_command_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),
		cmocka_unit_test(test_global_options),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_much),
		cmocka_unit_test(test_freed),
	};

	return cmocka_run_group_tests_name("told_command", tests, NULL, NULL);
}
