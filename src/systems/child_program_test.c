#include "systems/child_program.h"

#include "base/memory.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#define SECOND ((int64_t)1000)

static int run_script(const char *script, struct slice input, int64_t time_ms,
	struct child_answer *ret, struct problem *problem)
{
	const char *const words[] = {"/bin/sh", "-c", script, "name", "one two", "$(three)", NULL};
	struct child_program program = {.words = words, .input = input, .time_ms = time_ms};

	return child_program_run(&program, ret, problem);
}

static const struct run_case {
	const char *name, *script, *input, *want;
	int want_status;
} run_cases[] = {
	{"words are not a shell's", "echo \"$#:$1:$2\"", "", "2:one two:$(three)\n", 0},
	{"its input", "cat", "a line\nanother", "a line\nanother", 0},
	{"no input", "cat; echo end", "", "end\n", 0},
	{"both outputs", "echo out; echo err >&2", "", "out\nerr\n", 0},
	{"its status", "echo no; exit 67", "", "no\n", 67},
	{"a signal", "kill -KILL $$", "", "", 128 + SIGKILL},
	{"nothing", "true", "", "", 0},
	{"its environment", "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort", "",
		"LC_ALL=C\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", 0},
	{"reads nothing", "exec <&-; echo done", "unread", "done\n", 0},
	{"what it leaves behind holds its output", "sleep 3 & echo done", "", "done\n", 0},
	{"SIGPIPE is as usual", "yes | head -n 1; kill -PIPE $$", "", "y\n", 128 + SIGPIPE},
};

static void test_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(run_cases) / sizeof(run_cases[0]); i++) {
		const struct run_case *c = &run_cases[i];
		struct child_answer answer = {0};
		struct problem problem = {0};
		int err = run_script(c->script, slice_of(c->input), 10 * SECOND, &answer, &problem);

		if (err != 0 || answer.status != c->want_status ||
			strcmp(answer.output, c->want) != 0)
			fail_msg("%s: %d %s, status %d, said \"%s\"", c->name, err, problem.text,
				answer.status, answer.output);
		assert_int_equal(answer.len, strlen(c->want));
		child_answer_clear(&answer);
		assert_null(answer.output);
	}
}

/* More than both pipes hold, while it answers before it has read. */
static void test_much_both_ways(void **state)
{
	enum { MUCH = 900000 };
	char *input = memory_new(MUCH, 1);
	struct child_answer answer = {0};
	struct problem problem = {0};

	(void)state;
	memset(input, 'x', MUCH);
	assert_int_equal(
		run_script("cat", (struct slice){input, MUCH}, 20 * SECOND, &answer, &problem), 0);
	assert_int_equal(answer.len, MUCH);
	assert_memory_equal(answer.output, input, MUCH);
	child_answer_clear(&answer);

	/* it reads nothing of all that, and nobody dies of it */
	assert_int_equal(
		run_script("echo no", (struct slice){input, MUCH}, 20 * SECOND, &answer, &problem),
		0);
	assert_string_equal(answer.output, "no\n");
	child_answer_clear(&answer);
	free(input);
}

static void test_too_much(void **state)
{
	struct child_answer answer = {0};
	struct problem problem = {0};

	(void)state;
	assert_int_equal(run_script("head -c 1048576 /dev/zero", (struct slice){0}, 20 * SECOND,
				 &answer, &problem),
		0);
	assert_int_equal(answer.len, CHILD_OUTPUT_MAX);
	child_answer_clear(&answer);
	assert_int_equal(
		run_script("yes", (struct slice){0}, 20 * SECOND, &answer, &problem), -EMSGSIZE);
	assert_null(answer.output);
	assert_string_equal(problem.text, "/bin/sh said more than a MiB");
}

static pid_t read_pid(const char *top, const char *name)
{
	char path[FOLDER_PATH_MAX], line[32] = "";

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	(void)fclose(f);
	return (pid_t)strtol(line, NULL, 10);
}

/* A process that is nobody's child any more goes when init has seen to it. */
static bool is_gone(pid_t pid)
{
	char path[64], line[256] = "";

	for (int i = 0; i < 200; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		FILE *f = fopen(path, "r");
		if (f == NULL)
			return true;
		bool has_read = fgets(line, sizeof(line), f) != NULL;
		(void)fclose(f);
		if (!has_read || strstr(line, ") Z ") != NULL)
			return true;
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	}
	return false;
}

static const char *const hanging[] = {
	"echo $$ >%s/one; sleep 60 & echo $! >%s/two; wait",
	/* that asks not to be ended, nor what it started */
	"trap '' TERM; echo $$ >%s/one; sleep 60 & echo $! >%s/two; while :; do sleep 60; done",
	/* that has closed its output */
	"echo $$ >%s/one; exec >&- 2>&-; sleep 60 & echo $! >%s/two; wait",
};

static void test_hangs(void **state)
{
	for (size_t i = 0; i < sizeof(hanging) / sizeof(hanging[0]); i++) {
		char script[FOLDER_PATH_MAX * 2];
		struct child_answer answer = {0};
		struct problem problem = {0};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(script, sizeof(script), hanging[i], (char *)*state, (char *)*state);
#pragma GCC diagnostic pop
		assert_int_equal(
			run_script(script, slice_of("unread"), 300, &answer, &problem), -ETIMEDOUT);
		assert_null(answer.output);
		assert_string_equal(problem.text, "/bin/sh did not end within 300 ms");
		assert_true(is_gone(read_pid(*state, "one")));
		assert_true(is_gone(read_pid(*state, "two")));
	}
}

static void test_cannot_start(void **state)
{
	static const char *const none[] = {"/nowhere/to\nbe", NULL};
	const char *many[CHILD_WORDS_MAX + 2] = {"/bin/true"};
	struct child_program program = {.words = none, .time_ms = SECOND};
	struct child_answer answer = {0};
	struct problem problem = {0};
	char path[FOLDER_PATH_MAX];
	const char *const file[] = {path, NULL};

	assert_int_equal(child_program_run(&program, &answer, &problem), -ENOENT);
	assert_string_equal(
		problem.text, "cannot run /nowhere/to\\x0abe: No such file or directory");

	folder_write(*state, "file", "#!/bin/sh\n");
	(void)snprintf(path, sizeof(path), "%s/file", (char *)*state);
	program.words = file;
	assert_int_equal(child_program_run(&program, &answer, &problem), -EACCES);

	for (size_t i = 1; i <= CHILD_WORDS_MAX; i++)
		many[i] = "word";
	program.words = many;
	assert_int_equal(child_program_run(&program, &answer, &problem), -E2BIG);
	assert_null(answer.output);
}

/* Nothing that is open here is open there, whether it was marked or not. */
static void test_descriptors(void **state)
{
	struct child_answer answer = {0};
	struct problem problem = {0};
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	assert_int_equal(run_script("for f in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$f ] && echo $f; "
				    "done; exit 0",
				 (struct slice){0}, 10 * SECOND, &answer, &problem),
		0);
	assert_string_equal(answer.output, "");
	child_answer_clear(&answer);
	close(fd);
}

/* The first three descriptors may be closed here. */
static void test_without_standard_streams(void **state)
{
	struct child_answer answer = {0};
	struct problem problem = {0};
	int kept[3], err;

	(void)state;
	for (int i = 0; i < 3; i++)
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < 3; i++)
		close(i);
	err = run_script("cat; echo err >&2", slice_of("in\n"), 10 * SECOND, &answer, &problem);
	for (int i = 0; i < 3; i++) {
		(void)dup2(kept[i], i);
		close(kept[i]);
	}
	assert_int_equal(err, 0);
	assert_string_equal(answer.output, "in\nerr\n");
	child_answer_clear(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_runs),
		TEST(test_much_both_ways),
		TEST(test_too_much),
		TEST(test_hangs),
		TEST(test_cannot_start),
		TEST(test_descriptors),
		TEST(test_without_standard_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
