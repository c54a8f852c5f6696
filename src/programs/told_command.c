#include "programs/told_command.h"

#include "base/memory.h"
#include "programs/own_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THIS_PROGRAM "/proc/self/exe"
#define WAIT_US      10000
#define WORDS_MAX    (OWN_COMMAND_GLOBAL_WORDS + OWN_COMMAND_WORDS + 2)

extern char **environ;

struct told_command {
	pid_t pid; /* and its process group; 0: it has ended */
	int output;
	char *said;
	size_t len;
	bool is_over; /* its output has ended */
};

/* Of signals it has nothing that was set here. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	int err = posix_spawnattr_setsigdefault(attributes, &all);
	if (err == 0)
		err = posix_spawnattr_setsigmask(attributes, &none);
	if (err == 0)
		err = posix_spawnattr_setpgroup(attributes, 0);
	if (err == 0)
		err = posix_spawnattr_setflags(attributes,
			POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	return err;
}

static int set_actions(posix_spawn_file_actions_t *actions, int output)
{
	int err = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (err == 0)
		err = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
	return err;
}

static int spawn(const char *program, char *const *argv, int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	int err = set_actions(&actions, output);
	if (err == 0)
		err = set_attributes(&attributes);
	if (err == 0)
		err = posix_spawn(ret_pid, program, &actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int told_command_start(const struct global_settings *global, const char *program,
	const char *const *words, size_t count, struct told_command **ret, struct problem *problem)
{
	const char *argv[WORDS_MAX] = {"stanch"};
	char *plain[WORDS_MAX]; /* as posix_spawn() wants them; never written to */
	size_t n = 1 + own_command_global_words(global, argv + 1);
	int ends[2];
	pid_t pid = 0;

	if (count > OWN_COMMAND_WORDS)
		return problem_set(problem, -E2BIG, "too many words for a command");
	for (size_t i = 0; i < count; i++)
		argv[n++] = words[i];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return problem_set(problem, -errno, "cannot make a pipe: %s", strerror(errno));
	memcpy(plain, argv, sizeof(plain));
	int err = spawn(program != NULL ? program : THIS_PROGRAM, plain, ends[1], &pid);
	(void)close(ends[1]);
	if (err < 0) {
		(void)close(ends[0]);
		return problem_set(problem, err, "cannot start stanch %s: %s",
			count > 0 ? words[0] : "", strerror(-err));
	}
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*ret = memory_new(1, sizeof(**ret));
	**ret = (struct told_command){
		.pid = pid, .output = ends[0], .said = memory_new(TOLD_COMMAND_MAX, 1)};
	return 0;
}

void told_command_interrupt(const struct told_command *t)
{
	if (t->pid > 0)
		(void)kill(-t->pid, SIGINT);
}

static int wait_status(pid_t pid, int options, int *ret_status)
{
	int status = 0;
	pid_t done;

	while ((done = waitpid(pid, &status, options)) < 0 && errno == EINTR)
		continue;
	if (done == 0)
		return -EAGAIN;
	*ret_status = done > 0 && WIFEXITED(status)     ? WEXITSTATUS(status)
		      : done > 0 && WIFSIGNALED(status) ? 128 + WTERMSIG(status)
							: 255;
	return 0;
}

int told_command_descriptor(const struct told_command *t)
{
	return t->output;
}

static void read_some(struct told_command *t)
{
	char dropped[4096] = {0};

	for (;;) {
		bool is_full = t->len == TOLD_COMMAND_MAX;
		ssize_t n = read(t->output, is_full ? dropped : t->said + t->len,
			is_full ? sizeof(dropped) : TOLD_COMMAND_MAX - t->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno != EAGAIN))
			t->is_over = true;
		if (n <= 0)
			return;
		t->len += is_full ? 0 : (size_t)n;
	}
}

/* Its output may outlive it, in one that it has begun: it is over when both have ended. */
bool told_command_take(struct told_command *t, int *ret_status)
{
	read_some(t);
	if (t->pid == 0 || !t->is_over || wait_status(t->pid, WNOHANG, ret_status) < 0)
		return false;
	t->pid = 0;
	return true;
}

struct slice told_command_said(const struct told_command *t)
{
	return (struct slice){t->said, t->len};
}

/* It must not wait for us to read, nor die of our not reading. */
void told_command_free(struct told_command *t)
{
	int status;

	if (t == NULL)
		return;
	told_command_interrupt(t);
	while (t->pid > 0) {
		read_some(t);
		if (wait_status(t->pid, WNOHANG, &status) == 0)
			break;
		(void)usleep(WAIT_US);
	}
	(void)close(t->output);
	free(t->said);
	free(t);
}
