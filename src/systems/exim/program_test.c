#include "systems/exim/program.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A program that stands in for Exim. */
static char *stand_in(const char *top, const char *script, char at[FOLDER_PATH_MAX])
{
	folder_write(top, "exim", script);
	assert_true(snprintf(at, FOLDER_PATH_MAX, "%s/exim", top) < FOLDER_PATH_MAX);
	assert_int_equal(chmod(at, 0755), 0);
	return at;
}

static void test_settings(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct exim_program program = {
		.path = stand_in(*state,
			"#!/bin/sh\n[ \"$1 $2 $3\" = \"-C /x y -bP\" ] || exit 9\n"
			"echo spool_directory = /var/spool/exim4\necho 'log_file_path = /a:b = c'\n"
			"echo no_split_spool_directory\necho log_timezone\necho 'timezone = '\n"
			"echo primary_hostname = mx.shop.test\n"
			"echo no_message_logs\necho syslog_pid is not known >&2\nexit 1\n",
			path),
		.config = "/x y"};
	struct exim_question *q = NULL;
	struct exim_settings *s = NULL;
	struct problem problem = {0};

	assert_int_equal(exim_settings_ask(&program, &q, &problem), 0);
	assert_int_equal(exim_settings_collect(q, &s, &problem), 0);
	assert_string_equal(s->spool, "/var/spool/exim4");
	assert_string_equal(s->log_file_path, "/a:b = c");
	assert_string_equal(s->timezone, "");
	assert_string_equal(s->host, "mx.shop.test");
	assert_string_equal(s->log_selector, "");
	assert_false(s->split);
	assert_false(s->message_logs);
	assert_true(s->log_timezone);
	assert_true(s->syslog_pid);
	exim_settings_free(s);
}

static void fails(const char *top, const char *script, int want, const char *said)
{
	char path[FOLDER_PATH_MAX];
	struct exim_program program = {.path = stand_in(top, script, path)};
	struct exim_question *q = NULL;
	struct exim_settings *s = NULL;
	struct problem problem = {0};

	assert_int_equal(exim_settings_ask(&program, &q, &problem), 0);
	assert_int_equal(exim_settings_collect(q, &s, &problem), want);
	assert_null(s);
	assert_non_null(strstr(problem.text, said));
}

static void test_failures(void **state)
{
	fails(*state, "#!/bin/sh\nprintf 'bad \\033[1mconfig' >&2; exit 1\n", -EBADMSG,
		"bad \\x1b[1mconfig");
	fails(*state, "#!/bin/sh\nexit 0\n", -EBADMSG, "nothing");
	/* as Exim does when it cannot write its own log */
	fails(*state,
		"#!/bin/sh\necho 'exim: could not open panic log - aborting' >&2; kill -ABRT $$\n",
		-EBADMSG, "could not open panic log");
	fails(*state, "#!/bin/sh\nexec cat /dev/zero\n", -EMSGSIZE, "MiB");
}

static void test_no_program(void **state)
{
	struct exim_question *q = NULL;
	struct problem problem = {0};
	char *path = NULL;

	(void)state;
	assert_int_equal(exim_program_find("/nonexistent/exim", &path), -ENOENT);
	assert_null(path);
	struct exim_program program = {.path = "/nonexistent/exim"};
	assert_true(exim_settings_ask(&program, &q, &problem) < 0);
	assert_non_null(strstr(problem.text, "/nonexistent/exim"));
}

/* It is not read when it is not asked for again: an early end gives no signal. */
static void test_freed_early(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct exim_program program = {
		.path = stand_in(*state, "#!/bin/sh\nexec sleep 60\n", path)};
	struct exim_question *q = NULL;
	struct problem problem = {0};

	assert_int_equal(exim_settings_ask(&program, &q, &problem), 0);
	exim_question_free(q);
}

static void test_version(void **state)
{
	char path[FOLDER_PATH_MAX], text[100];
	struct exim_program program = {
		.path = stand_in(*state, "#!/bin/sh\necho Exim version 4.96; echo more\n", path)};
	struct problem problem = {0};

	assert_int_equal(exim_version(&program, text, sizeof(text), &problem), 0);
	assert_string_equal(text, "Exim version 4.96");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_settings),
		TEST(test_failures),
		TEST(test_no_program),
		TEST(test_freed_early),
		TEST(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
