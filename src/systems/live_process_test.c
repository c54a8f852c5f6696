#include "systems/live_process.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t begin_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	assert_true(child > 0);
	return child;
}

static void end_child(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_start_ticks(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t ticks;
	} cases[] = {
		{"7 (exim4) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21\n", 0, 4711},
		{"7 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 9 2) S 1 2 3 4 5 6 7 8 9 10 "
		 "11 12 13 14 15 16 17 18 4711 20\n",
			0, 4711},
		{"7 (x) R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 12", 0, 12},
		{"7 (exim4) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20\n", -ESRCH, 0},
		{"7 (exim4) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n", -EBADMSG, 0},
		{"7 (exim4) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 -1 2\n", -EBADMSG, 0},
		{"7 (exim4) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 5x 2\n", -EBADMSG, 0},
		{"7 (exim4) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 18446744073709551615 "
		 "2\n",
			-EBADMSG, 0},
		{"7 (exim4)", -EBADMSG, 0},
		{"7 exim4 S 1", -EBADMSG, 0},
		{"", -EBADMSG, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ticks = 0;
		assert_int_equal(live_process_start_ticks(cases[i].text, &ticks), cases[i].err);
		assert_int_equal(ticks, cases[i].ticks);
	}
}

static void test_of_itself(void **state)
{
	struct live_process p = {0}, child = {0};
	struct stat st;
	int64_t now_ms = (int64_t)time(NULL) * 1000;

	(void)state;
	assert_int_equal(live_process_open(getpid(), &p), 0);
	assert_int_equal(p.pid, getpid());
	assert_string_equal(p.program, "live_process_test");
	assert_int_equal(stat("/proc/self/exe", &st), 0);
	assert_int_equal(p.program_inode, st.st_ino);
	assert_int_equal(p.program_device, st.st_dev);
	assert_false(live_process_ended(&p, 0));

	pid_t pid = begin_child();
	assert_int_equal(live_process_open(pid, &child), 0);
	assert_true(child.start_ms >= p.start_ms);
	assert_true(child.start_ms >= now_ms - 50 && child.start_ms < now_ms + 5000);
	live_process_close(&child);
	end_child(pid);
	live_process_close(&p);
	assert_int_equal(p.fd, 0);
}

static void test_end(void **state)
{
	struct live_process p = {0}, none = {0};
	uint64_t inodes[4];
	size_t count = 9;
	pid_t pid = begin_child();

	(void)state;
	assert_int_equal(live_process_open(pid, &p), 0);
	assert_int_equal(live_process_signal(&p, SIGTERM), 0);
	assert_true(live_process_ended(&p, 5000));
	/* ended and not waited for */
	assert_int_equal(live_process_open(pid, &none), -ESRCH);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(live_process_signal(&p, SIGTERM), 0);
	assert_int_equal(live_process_sockets(&p, inodes, 4, &count), -ESRCH);
	assert_int_equal(count, 9);
	assert_int_equal(live_process_open(pid, &none), -ESRCH);
	assert_int_equal(live_process_open(0, &none), -ESRCH);
	assert_int_equal(live_process_open(-1, &none), -ESRCH);
	assert_int_equal(none.fd, 0);
	live_process_close(&p);
}

static bool has(const uint64_t *at, size_t count, int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	for (size_t i = 0; i < count; i++)
		if (at[i] == st.st_ino)
			return true;
	return false;
}

static void test_sockets(void **state)
{
	struct live_process p = {0};
	uint64_t inodes[256];
	size_t before = 0, count = 0;
	int pair[2];

	(void)state;
	assert_int_equal(live_process_open(getpid(), &p), 0);
	assert_int_equal(live_process_sockets(&p, inodes, 256, &before), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(live_process_sockets(&p, inodes, 256, &count), 0);
	assert_int_equal(count, before + 2);
	assert_true(has(inodes, count, pair[0]));
	assert_true(has(inodes, count, pair[1]));
	assert_int_equal(live_process_sockets(&p, inodes, 1, &count), -EMFILE);
	assert_int_equal(count, before + 2);
	(void)close(pair[0]);
	(void)close(pair[1]);
	live_process_close(&p);
}

/* As a package's upgrade does it while a session runs. */
static void test_deleted_program(void **state)
{
	char folder[] = "/tmp/stanch-test-XXXXXX", program[64];
	struct live_process p = {0};
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(program, sizeof(program), "%s/exim4", folder);
	pid_t copier = fork();
	if (copier == 0) {
		(void)execl("/bin/cp", "cp", "/bin/sleep", program, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(copier, NULL, 0), copier);
	pid_t pid = fork();
	if (pid == 0) {
		(void)execl(program, program, "60", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 200 && strcmp(p.program, "exim4") != 0; i++) {
		live_process_close(&p);
		assert_int_equal(live_process_open(pid, &p), 0);
		(void)usleep(10000);
	}
	live_process_close(&p);
	assert_int_equal(stat(program, &st), 0);
	assert_int_equal(unlink(program), 0);
	assert_int_equal(live_process_open(pid, &p), 0);
	assert_string_equal(p.program, "exim4");
	assert_int_equal(p.program_inode, st.st_ino);
	live_process_close(&p);
	end_child(pid);
	assert_int_equal(rmdir(folder), 0);
}

static int look_as_nobody(pid_t pid)
{
	struct live_process p = {0};

	if (setuid(65534) != 0)
		return 1;
	return live_process_open(pid, &p) == -EACCES ? 0 : 2;
}

static void test_not_shown(void **state)
{
	int status = -1;
	pid_t parent = getpid();

	(void)state;
	if (geteuid() != 0) {
		print_message("left out: needs root\n");
		skip();
	}
	pid_t child = fork();
	if (child == 0)
		_exit(look_as_nobody(parent));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_ticks),
		cmocka_unit_test(test_of_itself),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_deleted_program),
		cmocka_unit_test(test_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
