#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What the calls of a test share. */
struct seen {
	struct loop *loop;
	struct loop_timer *timer, *other;
	struct loop_watch *watch;
	struct loop_signal *signal;
	struct loop_child *child;
	int calls, other_calls, stop_after;
	int fd, status;
	unsigned ready;
	int64_t at_ms[8];
};

static int set_up(void **state)
{
	struct seen *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	s->loop = loop_new();
	s->stop_after = 1;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct seen *s = *state;

	loop_timer_free(s->timer);
	loop_timer_free(s->other);
	loop_watch_free(s->watch);
	loop_signal_free(s->signal);
	loop_child_free(s->child);
	loop_free(s->loop);
	free(s);
	return 0;
}

static int64_t clock_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void count(void *context)
{
	struct seen *s = context;

	if (s->calls < 8)
		s->at_ms[s->calls] = loop_now_ms(s->loop);
	if (++s->calls >= s->stop_after)
		loop_stop(s->loop);
}

static void count_other(void *context)
{
	struct seen *s = context;

	s->other_calls++;
}

/* ---- running ---- */

static void test_nothing_to_wait_for(void **state)
{
	struct seen *s = *state;

	loop_run(s->loop);
	s->timer = loop_timer_new(s->loop, count, s);
	loop_run(s->loop);
	assert_int_equal(s->calls, 0);
}

static void test_stop_before_the_end(void **state)
{
	struct seen *s = *state;

	loop_stop(s->loop); /* and tear_down() can still free everything */
	s->timer = loop_timer_new(s->loop, count, s);
}

static void test_run_again(void **state)
{
	struct seen *s = *state;

	s->timer = loop_timer_new(s->loop, count, s);
	loop_timer_start(s->timer, 1, 1);
	loop_run(s->loop);
	assert_int_equal(s->calls, 1);
	s->stop_after = 3;
	loop_run(s->loop);
	assert_int_equal(s->calls, 3);
}

/* ---- timers ---- */

static void test_once(void **state)
{
	struct seen *s = *state;
	int64_t begun = clock_ms();

	s->stop_after = 99;
	s->timer = loop_timer_new(s->loop, count, s);
	loop_timer_start(s->timer, 20, 0);
	loop_run(s->loop);
	assert_int_equal(s->calls, 1);
	assert_in_range(clock_ms() - begun, 19, 10000);
}

static void test_repeated(void **state)
{
	struct seen *s = *state;

	s->stop_after = 4;
	s->timer = loop_timer_new(s->loop, count, s);
	loop_timer_start(s->timer, 1, 10);
	loop_run(s->loop);
	assert_int_equal(s->calls, 4);
	assert_in_range(s->at_ms[3] - s->at_ms[0], 30, 10000);
}

static void test_stopped_and_set_anew(void **state)
{
	struct seen *s = *state;

	s->timer = loop_timer_new(s->loop, count_other, s);
	loop_timer_stop(s->timer);
	loop_timer_start(s->timer, 1, 0);
	loop_timer_stop(s->timer);
	s->other = loop_timer_new(s->loop, count, s);
	loop_timer_start(s->other, 60000, 0);
	loop_timer_start(s->other, 5, 0);
	loop_run(s->loop);
	assert_int_equal(s->other_calls, 0);
	assert_int_equal(s->calls, 1);
}

static void start_again(void *context)
{
	struct seen *s = context;

	if (++s->other_calls < 100000)
		loop_timer_start(s->timer, 0, 0);
}

/* A timer that always starts itself leaves others their turn. */
static void test_zero_is_no_endless_turn(void **state)
{
	struct seen *s = *state;

	s->timer = loop_timer_new(s->loop, start_again, s);
	loop_timer_start(s->timer, 0, 0);
	s->other = loop_timer_new(s->loop, count, s);
	loop_timer_start(s->other, 20, 0);
	loop_run(s->loop);
	assert_in_range(s->other_calls, 1, 100);
}

static void free_itself(void *context)
{
	struct seen *s = context;

	s->calls++;
	loop_timer_free(s->timer);
	loop_timer_free(s->other);
	s->timer = s->other = NULL;
}

static void test_free_within_its_call(void **state)
{
	struct seen *s = *state;

	s->timer = loop_timer_new(s->loop, free_itself, s);
	s->other = loop_timer_new(s->loop, free_itself, s);
	loop_timer_start(s->timer, 1, 1);
	loop_timer_start(s->other, 1, 1); /* due at the same time, and not called any more */
	loop_run(s->loop);
	assert_int_equal(s->calls, 1);
}

static void take_long(void *context)
{
	struct seen *s = context;
	int64_t begun = clock_ms();

	s->at_ms[0] = loop_now_ms(s->loop);
	while (clock_ms() < begun + 5)
		;
	s->at_ms[1] = loop_now_ms(s->loop);
}

static void test_time_stands_within_a_call(void **state)
{
	struct seen *s = *state;

	s->timer = loop_timer_new(s->loop, take_long, s);
	loop_timer_start(s->timer, 1, 0);
	loop_run(s->loop);
	assert_true(s->at_ms[0] > 0);
	assert_int_equal(s->at_ms[0], s->at_ms[1]);
	assert_in_range(clock_ms() - s->at_ms[0], 5, 10000);
}

/* ---- descriptors ---- */

static void note_ready(void *context, unsigned ready)
{
	struct seen *s = context;
	char byte;

	s->ready = ready;
	s->status = (ready & LOOP_READ) != 0 ? (int)read(s->fd, &byte, 1) : 0;
	if (s->status < 0)
		s->status = -errno;
	s->calls++;
	loop_stop(s->loop);
}

static void pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
}

static void test_readable_and_writable(void **state)
{
	struct seen *s = *state;
	int ends[2];

	pair(ends);
	s->fd = ends[0];
	assert_int_equal(loop_watch_new(s->loop, ends[0], note_ready, s, &s->watch), 0);
	assert_true((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
	loop_run(s->loop); /* nothing is watched for */
	assert_int_equal(s->calls, 0);

	loop_watch_for(s->watch, LOOP_WRITE);
	loop_run(s->loop);
	assert_int_equal(s->ready, LOOP_WRITE);

	assert_int_equal(write(ends[1], "ab", 2), 2);
	loop_watch_for(s->watch, LOOP_READ);
	loop_run(s->loop);
	assert_int_equal(s->ready, LOOP_READ);
	loop_run(s->loop); /* what was left is told again */
	assert_int_equal(s->calls, 3);
	assert_int_equal(s->status, 1);

	assert_int_equal(write(ends[1], "c", 1), 1);
	loop_watch_for(s->watch, LOOP_READ | LOOP_WRITE);
	loop_run(s->loop);
	assert_int_equal(s->ready, LOOP_READ | LOOP_WRITE);

	loop_watch_for(s->watch, 0);
	loop_run(s->loop);
	assert_int_equal(s->calls, 4);

	(void)close(ends[1]);
	loop_watch_for(s->watch, LOOP_READ);
	loop_run(s->loop);
	assert_int_equal(s->status, 0); /* the end */
	loop_watch_free(s->watch);
	s->watch = NULL;
	(void)close(ends[0]);
}

/* A peer that left what we wrote unread: reading says ECONNRESET, and it is told. */
static void test_broken_descriptor(void **state)
{
	struct seen *s = *state;
	int ends[2];

	pair(ends);
	s->fd = ends[0];
	assert_int_equal(write(ends[0], "unread", 6), 6);
	assert_int_equal(loop_watch_new(s->loop, ends[0], note_ready, s, &s->watch), 0);
	loop_watch_for(s->watch, LOOP_READ);
	(void)close(ends[1]);
	loop_run(s->loop);
	assert_int_equal(s->ready, LOOP_READ);
	assert_int_equal(s->status, -ECONNRESET);
	loop_run(s->loop); /* it goes on */
	assert_int_equal(s->calls, 2);
	assert_int_equal(s->status, 0);
	loop_watch_free(s->watch);
	s->watch = NULL;
	(void)close(ends[0]);
}

static void test_writing_to_a_closed_pipe(void **state)
{
	struct seen *s = *state;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(loop_watch_new(s->loop, ends[1], note_ready, s, &s->watch), 0);
	loop_watch_for(s->watch, LOOP_WRITE);
	(void)close(ends[0]);
	loop_run(s->loop);
	assert_int_equal(s->ready, LOOP_WRITE);
	loop_run(s->loop);
	assert_int_equal(s->calls, 2);
	loop_watch_free(s->watch);
	s->watch = NULL;
	(void)close(ends[1]);
}

static void free_watch(void *context, unsigned ready)
{
	struct seen *s = context;

	(void)ready;
	s->calls++;
	loop_watch_free(s->watch);
	s->watch = NULL;
}

static void test_free_watch_within_its_call(void **state)
{
	struct seen *s = *state;
	int ends[2];

	pair(ends);
	assert_int_equal(loop_watch_new(s->loop, ends[0], free_watch, s, &s->watch), 0);
	loop_watch_for(s->watch, LOOP_WRITE);
	loop_run(s->loop);
	assert_int_equal(s->calls, 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_what_cannot_be_watched(void **state)
{
	struct seen *s = *state;
	struct loop_watch *none = NULL;
	char name[] = "/tmp/loop_test.XXXXXX";
	int file = mkstemp(name), ends[2];

	assert_true(file >= 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(loop_watch_new(s->loop, file, note_ready, s, &none), -EPERM);
	(void)close(file);
	assert_int_equal(loop_watch_new(s->loop, file, note_ready, s, &none), -EBADF);

	pair(ends);
	assert_int_equal(loop_watch_new(s->loop, ends[0], note_ready, s, &s->watch), 0);
	loop_watch_for(s->watch, LOOP_READ);
	assert_int_equal(loop_watch_new(s->loop, ends[0], note_ready, s, &none), -EEXIST);
	assert_null(none);
	loop_watch_free(s->watch);
	s->watch = NULL;
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* ---- signals ---- */

static void send_signal(void *context)
{
	struct seen *s = context;

	s->other_calls++;
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
}

static void test_signal(void **state)
{
	struct seen *s = *state;

	s->stop_after = 2;
	assert_int_equal(loop_signal_new(s->loop, SIGUSR1, count, s, &s->signal), 0);
	s->timer = loop_timer_new(s->loop, send_signal, s);
	loop_timer_start(s->timer, 1, 5);
	loop_run(s->loop);
	assert_int_equal(s->calls, 2);
	assert_true(s->other_calls >= 2);
}

static void test_signal_that_cannot_be_caught(void **state)
{
	struct seen *s = *state;
	struct loop_signal *none = NULL;

	assert_int_equal(loop_signal_new(s->loop, SIGKILL, count, s, &none), -EINVAL);
	assert_int_equal(loop_signal_new(s->loop, 0, count, s, &none), -EINVAL);
	assert_null(none);
}

static void test_default_is_back(void **state)
{
	struct seen *s = *state;
	struct sigaction action;

	assert_int_equal(loop_signal_new(s->loop, SIGUSR1, count, s, &s->signal), 0);
	loop_signal_free(s->signal);
	s->signal = NULL;
	loop_run(s->loop);
	assert_int_equal(sigaction(SIGUSR1, NULL, &action), 0);
	assert_ptr_equal(action.sa_handler, SIG_DFL);
}

/* ---- children ---- */

static void note_child(void *context, int status)
{
	struct seen *s = context;

	s->calls++;
	s->status = status;
}

/* A child that ends with `status` once `go` is closed. */
static pid_t start_child(int go, int status)
{
	pid_t pid = fork();
	char byte;

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)!read(go, &byte, 1);
		_exit(status);
	}
	return pid;
}

static void close_fd(void *context)
{
	struct seen *s = context;

	(void)close(s->fd);
}

static void test_child_ends(void **state)
{
	struct seen *s = *state;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char byte;
		(void)close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		_exit(3);
	}
	s->fd = ends[1];
	s->child = loop_child_new(s->loop, pid, note_child, s);
	s->timer = loop_timer_new(s->loop, close_fd, s);
	loop_timer_start(s->timer, 20, 0);
	loop_run(s->loop); /* ends by itself: no child is left */
	assert_int_equal(s->calls, 1);
	assert_true(WIFEXITED(s->status) && WEXITSTATUS(s->status) == 3);
	(void)close(ends[0]);
}

static void test_child_was_killed(void **state)
{
	struct seen *s = *state;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = start_child(ends[0], 0);
	s->child = loop_child_new(s->loop, pid, note_child, s);
	assert_int_equal(kill(pid, SIGKILL), 0);
	loop_run(s->loop);
	assert_int_equal(s->calls, 1);
	assert_true(WIFSIGNALED(s->status) && WTERMSIG(s->status) == SIGKILL);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_child_that_ended_before(void **state)
{
	struct seen *s = *state;
	siginfo_t info;

	pid_t pid = fork();
	if (pid == 0)
		_exit(7);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	s->child = loop_child_new(s->loop, pid, note_child, s);
	loop_run(s->loop);
	assert_int_equal(s->calls, 1);
	assert_true(WIFEXITED(s->status) && WEXITSTATUS(s->status) == 7);
}

static void test_not_a_child(void **state)
{
	struct seen *s = *state;

	s->child = loop_child_new(s->loop, getpid(), note_child, s);
	loop_run(s->loop);
	assert_int_equal(s->calls, 1);
	assert_int_equal(s->status, -1);
}

#define MANY 20

static void test_many_children(void **state)
{
	struct seen *s = *state;
	struct loop_child *children[MANY];

	for (int i = 0; i < MANY; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		children[i] = loop_child_new(s->loop, pid, note_child, s);
	}
	loop_run(s->loop);
	assert_int_equal(s->calls, MANY);
	for (int i = 0; i < MANY; i++)
		loop_child_free(children[i]);
}

static void test_child_no_longer_waited_for(void **state)
{
	struct seen *s = *state;
	int ends[2], status;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = start_child(ends[0], 0);
	s->child = loop_child_new(s->loop, pid, note_child, s);
	loop_child_free(s->child);
	s->child = NULL;
	loop_run(s->loop);
	assert_int_equal(s->calls, 0);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* ---- work that takes long ---- */

struct working {
	struct seen *seen;
	int worked, done;
};

static void work_it(void *context)
{
	struct working *w = context;
	const struct timespec moment = {.tv_nsec = 50000000};

	(void)nanosleep(&moment, NULL);
	w->worked++;
}

static void worked_it(void *context)
{
	struct working *w = context;

	w->done++;
	loop_stop(w->seen->loop);
}

static void count_turn(void *context)
{
	struct seen *s = context;

	s->calls++;
}

/* The loop turns while it goes on. */
static void test_work(void **state)
{
	struct seen *s = *state;
	struct working w = {.seen = s};

	s->timer = loop_timer_new(s->loop, count_turn, s);
	loop_timer_start(s->timer, 1, 5);
	loop_work(s->loop, work_it, worked_it, &w);
	loop_run(s->loop);
	assert_int_equal(w.worked, 1);
	assert_int_equal(w.done, 1);
	assert_true(s->calls >= 3);
}

/* Of more than run at a time, each is told of once, begun or not. */
static void test_work_and_the_end(void **state)
{
	struct seen *s = *state;
	struct working w[40];

	for (size_t i = 0; i < 40; i++) {
		w[i] = (struct working){.seen = s};
		loop_work(s->loop, work_it, worked_it, &w[i]);
	}
	loop_free(s->loop);
	for (size_t i = 0; i < 40; i++) {
		assert_int_equal(w[i].done, 1);
		assert_true(w[i].worked <= 1);
	}
	assert_int_equal(w[39].worked, 0);
	s->loop = loop_new();
}

static void test_free_nothing(void **state)
{
	(void)state;
	loop_free(NULL);
	loop_timer_free(NULL);
	loop_watch_free(NULL);
	loop_signal_free(NULL);
	loop_child_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_to_wait_for),
		TEST(test_stop_before_the_end),
		TEST(test_run_again),
		TEST(test_once),
		TEST(test_repeated),
		TEST(test_stopped_and_set_anew),
		TEST(test_zero_is_no_endless_turn),
		TEST(test_free_within_its_call),
		TEST(test_time_stands_within_a_call),
		TEST(test_readable_and_writable),
		TEST(test_broken_descriptor),
		TEST(test_writing_to_a_closed_pipe),
		TEST(test_free_watch_within_its_call),
		TEST(test_what_cannot_be_watched),
		TEST(test_signal),
		TEST(test_signal_that_cannot_be_caught),
		TEST(test_default_is_back),
		TEST(test_child_ends),
		TEST(test_child_was_killed),
		TEST(test_child_that_ended_before),
		TEST(test_not_a_child),
		TEST(test_many_children),
		TEST(test_child_no_longer_waited_for),
		TEST(test_work),
		TEST(test_work_and_the_end),
		TEST(test_free_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
