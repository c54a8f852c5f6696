#include "systems/exim/question.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* It answers on its standard output and error, both into one pipe: what Exim says when it fails
 * goes to either. */
struct exim_question {
	pid_t pid;   /* 0: already waited for */
	int in, out; /* our ends; in is -1 when nothing is to be written */
	int64_t deadline_ms;
	struct slice to_write; /* what is still to be given to it */
	char *answer;
	size_t answer_len, answer_room;
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void exim_question_free(struct exim_question *q)
{
	if (q == NULL)
		return;
	close_end(&q->in);
	close_end(&q->out);
	if (q->pid > 0) {
		kill(q->pid, SIGKILL);
		while (waitpid(q->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(q->answer);
	free(q);
}

#define ARGUMENTS_MAX 32

static int spawn(const struct exim_program *program, const char *const *arguments, int in, int out,
	pid_t *ret_pid)
{
	static const char *const environment[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
	const char *argv[ARGUMENTS_MAX + 4] = {program->path};
	char *words[ARGUMENTS_MAX + 4], *names[sizeof(environment) / sizeof(environment[0])];
	size_t n = 1;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int err;

	if (program->config != NULL) {
		argv[n++] = "-C";
		argv[n++] = program->config;
	}
	for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++)
		argv[n++] = arguments[i];

	/* as posix_spawn() wants them: not const; never written to */
	memcpy(words, argv, sizeof(words));
	memcpy(names, environment, sizeof(names));
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	err = posix_spawnattr_setsigdefault(&attributes, &defaults);
	if (err == 0)
		err = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (err == 0)
		err = in >= 0 ? posix_spawn_file_actions_adddup2(&actions, in, 0)
			      : posix_spawn_file_actions_addopen(
					&actions, 0, "/dev/null", O_RDONLY, 0);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(&actions, out, 2);
	if (err == 0)
		err = posix_spawn(ret_pid, program->path, &actions, &attributes, words, names);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int exim_question_begin(const struct exim_program *program, const char *const *arguments,
	bool is_dialog, struct exim_question **ret_question, struct problem *problem)
{
	struct exim_question *q = memory_new(1, sizeof(*q));
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	int err = 0;

	q->deadline_ms = clock_now_ms() + QUESTION_TIME_MAX_MS;
	if (is_dialog && pipe2(in, O_CLOEXEC) < 0)
		err = -errno;
	if (err == 0 && pipe2(out, O_CLOEXEC) < 0)
		err = -errno;
	if (err == 0)
		err = spawn(program, arguments, in[0], out[1], &q->pid);
	if (err < 0)
		q->pid = 0;
	close_end(&in[0]);
	close_end(&out[1]);
	q->in = in[1];
	q->out = out[0];
	if (q->in >= 0)
		fcntl(q->in, F_SETFL, O_NONBLOCK);
	if (err < 0) {
		exim_question_free(q);
		return problem_set(
			problem, err, "cannot run %s: %s", program->path, strerror(-err));
	}
	*ret_question = q;
	return 0;
}

static void write_some(struct exim_question *q)
{
	ssize_t n = write(q->in, q->to_write.at, q->to_write.len);

	if (n > 0)
		q->to_write = slice_after(q->to_write, (size_t)n);
	/* When Exim reads no further, the missing answers tell. */
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		close_end(&q->in);
}

static int read_some(struct exim_question *q)
{
	if (q->answer_len + 4096 > q->answer_room) {
		q->answer_room = q->answer_room > 0 ? q->answer_room * 2 : 16384;
		q->answer = memory_grow(q->answer, q->answer_room, 1);
	}

	ssize_t n = read(q->out, q->answer + q->answer_len, q->answer_room - q->answer_len);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		close_end(&q->out);
	q->answer_len += (size_t)n;
	return q->answer_len > QUESTION_OUTPUT_MAX ? -EMSGSIZE : 0;
}

static bool has_said(const struct exim_question *q, const char *last)
{
	return last != NULL && q->answer_len > 0 &&
	       memmem(q->answer, q->answer_len, last, strlen(last)) != NULL;
}

/* Writes and reads until Exim has said the last, or closes its output. */
static int converse(struct exim_question *q, const char *last)
{
	while (q->out >= 0 && !has_said(q, last)) {
		struct pollfd p[2] = {
			{q->out, POLLIN, 0}, {q->to_write.len > 0 ? q->in : -1, POLLOUT, 0}};
		int64_t left = q->deadline_ms - clock_now_ms();
		int n = left > 0 ? poll(p, 2, (int)left) : 0;
		int err = 0;

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		if (p[1].fd >= 0 && p[1].revents != 0)
			write_some(q);
		if (p[0].revents != 0)
			err = read_some(q);
		if (err < 0)
			return err;
	}
	return 0;
}

int exim_question_hear(struct exim_question *q, const char *lines, const char *last,
	struct slice *ret_said, struct problem *problem)
{
	static const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	int err;

	q->deadline_ms = clock_now_ms() + QUESTION_TIME_MAX_MS;
	q->answer_len = 0;
	q->to_write = lines != NULL ? slice_of(lines) : (struct slice){0};
	/* The caller may have an action of its own. */
	sigaction(SIGPIPE, &ignore, &before);
	err = converse(q, last);
	sigaction(SIGPIPE, &before, NULL);
	q->to_write = (struct slice){0};
	*ret_said = (struct slice){q->answer, q->answer_len};
	if (err == -ETIMEDOUT)
		return problem_set(problem, err, "exim did not answer within %d seconds",
			QUESTION_TIME_MAX_MS / 1000);
	if (err == -EMSGSIZE)
		return problem_set(problem, err, "exim answered with more than a MiB");
	if (err < 0)
		return problem_set(problem, err, "cannot read exim's answer: %s", strerror(-err));
	return 0;
}

/* A process may close its output and stay: it is waited for until the deadline. */
static int wait_end(struct exim_question *q, int *ret_status)
{
	for (;;) {
		pid_t pid = waitpid(q->pid, ret_status, WNOHANG);

		if (pid == q->pid) {
			q->pid = 0;
			return 0;
		}
		if (pid < 0 && errno != EINTR)
			return -errno;
		if (clock_now_ms() >= q->deadline_ms)
			return -ETIMEDOUT;
		nanosleep(&(struct timespec){0, 500000}, NULL);
	}
}

int exim_question_end(struct exim_question *q, struct problem *problem)
{
	int status = 0;
	int err = wait_end(q, &status);

	if (err < 0)
		return problem_set(problem, err, "exim does not end: %s", strerror(-err));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return exim_question_failed(q, -EIO, problem);
	return 0;
}

int exim_question_failed(const struct exim_question *q, int err, struct problem *problem)
{
	char text[300];
	struct slice said = slice_first((struct slice){q->answer, q->answer_len}, 2000);

	said = slice_trim(slice_first(said, slice_find(said, '\n')));
	if (said.len == 0)
		said = slice_of("it said nothing");
	return problem_set(
		problem, err, "exim failed: %s", printable_text(said, text, sizeof(text)));
}
