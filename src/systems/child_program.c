#include "systems/child_program.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS  10   /* how often it is looked whether it has ended, while it says nothing */
#define GRACE_MS 1000 /* between being asked to end and being ended */

struct child {
	pid_t pid;   /* of it and of its process group */
	int in, out; /* our ends of its pipes; -1: closed */
	int64_t deadline_ms;
	struct slice to_write;
	char *output; /* CHILD_OUTPUT_MAX, one more to see that it is too much, and a NUL */
	size_t len;
};

void child_answer_clear(struct child_answer *answer)
{
	if (answer->output != NULL)
		secret_wipe(answer->output, answer->len);
	free(answer->output);
	*answer = (struct child_answer){0};
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Both ends above standard error, whatever of the first three is open here: each can be put in
 * their places without covering the other. */
static int open_pipe(int ends[2])
{
	int low[2];
	int err = 0;

	if (pipe2(low, O_CLOEXEC) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
		if (ends[i] < 0)
			err = -errno;
	}
	close(low[0]);
	close(low[1]);
	return err;
}

/* Its own process group, and of signals nothing that was set here. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int err;

	sigfillset(&all);
	sigemptyset(&none);
	err = posix_spawnattr_setsigdefault(attributes, &all);
	if (err == 0)
		err = posix_spawnattr_setsigmask(attributes, &none);
	if (err == 0)
		err = posix_spawnattr_setpgroup(attributes, 0);
	if (err == 0)
		err = posix_spawnattr_setflags(attributes,
			POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	return err;
}

static int set_actions(posix_spawn_file_actions_t *actions, int in, int out)
{
	int err = posix_spawn_file_actions_adddup2(actions, in, 0);

	if (err == 0)
		err = posix_spawn_file_actions_adddup2(actions, out, 1);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(actions, out, 2);
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	return err;
}

/* One word as posix_spawn wants it: not const. */
static char *word(const char *text)
{
	return memory_copy(text, strlen(text));
}

static void free_words(char **words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		free(words[i]);
}

/* Copies at most CHILD_WORDS_MAX words; false when there are more. */
static bool copy_words(const char *const *from, char *to[CHILD_WORDS_MAX + 1])
{
	size_t n = 0;

	for (; from[n] != NULL && n < CHILD_WORDS_MAX; n++)
		to[n] = word(from[n]);
	to[n] = NULL;
	return from[n] == NULL;
}

static int spawn(const struct child_program *program, int in, int out, pid_t *ret_pid)
{
	static const char *const usual[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
		NULL};
	char *argv[CHILD_WORDS_MAX + 1] = {NULL}, *environment[CHILD_WORDS_MAX + 1] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err = 0;

	if (!copy_words(program->words, argv) ||
		!copy_words(
			program->environment != NULL ? program->environment : usual, environment))
		err = E2BIG;
	if (err == 0 && argv[0] == NULL)
		err = EINVAL;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	if (err == 0)
		err = set_attributes(&attributes);
	if (err == 0)
		err = set_actions(&actions, in, out);
	if (err == 0)
		err = posix_spawn(ret_pid, argv[0], &actions, &attributes, argv, environment);
	free_words(argv);
	free_words(environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int begin(const struct child_program *program, struct child *child)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	int err = open_pipe(in);

	if (err == 0)
		err = open_pipe(out);
	if (err == 0)
		err = spawn(program, in[0], out[1], &child->pid);
	close_end(&in[0]);
	close_end(&out[1]);
	child->in = in[1];
	child->out = out[0];
	if (child->in >= 0)
		fcntl(child->in, F_SETFL, O_NONBLOCK);
	if (child->out >= 0)
		fcntl(child->out, F_SETFL, O_NONBLOCK);
	return err;
}

static void write_some(struct child *child)
{
	ssize_t n = write(child->in, child->to_write.at, child->to_write.len);

	if (n > 0)
		child->to_write = slice_after(child->to_write, (size_t)n);
	/* It may read as little as it likes: its answer and its status count. */
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		close_end(&child->in);
}

static int read_some(struct child *child)
{
	ssize_t n = read(child->out, child->output + child->len, CHILD_OUTPUT_MAX + 1 - child->len);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		close_end(&child->out);
	child->len += (size_t)n;
	return child->len > CHILD_OUTPUT_MAX ? -EMSGSIZE : 0;
}

/* It is not waited for yet, so that its number stays its own. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid == pid;
}

/* What it has said before it ended; what it left running may hold the pipe open. */
static int read_rest(struct child *child)
{
	size_t before;
	int err;

	do {
		before = child->len;
		err = child->out >= 0 ? read_some(child) : 0;
	} while (err == 0 && child->len > before);
	return err;
}

/* Writes and reads until it has ended. */
static int converse(struct child *child)
{
	for (;;) {
		bool ended = has_ended(child->pid);
		int64_t left = child->deadline_ms - now_ms();
		int err = 0;

		if (ended)
			return read_rest(child);
		if (left <= 0)
			return -ETIMEDOUT;
		if (child->to_write.len == 0)
			close_end(&child->in);
		struct pollfd p[2] = {{child->out, POLLIN, 0}, {child->in, POLLOUT, 0}};
		int n = poll(p, 2, left < STEP_MS ? (int)left : STEP_MS);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && p[1].revents != 0)
			write_some(child);
		if (n > 0 && p[0].revents != 0)
			err = read_some(child);
		if (err < 0)
			return err;
	}
}

static bool ends_within(pid_t pid, int64_t time_ms)
{
	int64_t deadline_ms = now_ms() + time_ms;

	while (!has_ended(pid)) {
		if (now_ms() >= deadline_ms)
			return false;
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	}
	return true;
}

/* Ends it and all of its process group. One that the kernel does not let go is left. */
static void end(pid_t pid)
{
	kill(-pid, SIGTERM);
	(void)ends_within(pid, GRACE_MS);
	kill(-pid, SIGKILL);
	if (ends_within(pid, GRACE_MS))
		(void)waitpid(pid, NULL, 0);
}

static int run(struct child *child, int *ret_status)
{
	int status = 0;
	int err = converse(child);

	if (err < 0) {
		end(child->pid);
		return err;
	}
	while (waitpid(child->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

/* A pipe that nobody reads is no reason to end: the signal for it is held back from this thread,
 * and taken away if it came. */
static int run_without_sigpipe(struct child *child, int *ret_status)
{
	sigset_t pipe, before, pending;
	bool was_pending;
	int err;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	err = run(child, ret_status);
	if (!was_pending)
		while (sigtimedwait(&pipe, NULL, &(struct timespec){0, 0}) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static int failed(const struct child_program *program, int err, struct problem *problem)
{
	char name[PATH_MAX / 8];

	printable_text(slice_of(program->words[0]), name, sizeof(name));
	if (err == -ETIMEDOUT)
		return problem_set(problem, err, "%s did not end within %lld ms", name,
			(long long)program->time_ms);
	if (err == -EMSGSIZE)
		return problem_set(problem, err, "%s said more than a MiB", name);
	return problem_set(problem, err, "cannot run %s: %s", name, strerror(-err));
}

int child_program_run(
	const struct child_program *program, struct child_answer *ret, struct problem *problem)
{
	struct child child = {.in = -1,
		.out = -1,
		.deadline_ms = now_ms() + program->time_ms,
		.to_write = program->input,
		.output = memory_new(CHILD_OUTPUT_MAX + 2, 1)};
	struct child_answer answer = {.output = child.output};
	int err = begin(program, &child);

	if (err == 0)
		err = run_without_sigpipe(&child, &answer.status);
	close_end(&child.in);
	close_end(&child.out);
	answer.len = child.len;
	if (err < 0) {
		child_answer_clear(&answer);
		return failed(program, err, problem);
	}
	answer.output[answer.len] = '\0';
	*ret = answer;
	return 0;
}
