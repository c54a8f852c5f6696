#include "programs/own_command.h"

#include "base/memory.h"
#include "incidents/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THIS_PROGRAM "/proc/self/exe"

extern char **environ;

size_t own_command_global_words(
	const struct global_settings *global, const char *words[OWN_COMMAND_GLOBAL_WORDS])
{
	const struct {
		const char *option, *value;
	} rows[] = {{"--spool", global->spool}, {"--state", global->state},
		{"--hold-queue", global->hold_queue}, {"--exim", global->exim},
		{"--exim-config", global->exim_config}, {"--control", global->control},
		{"--config", global->config}};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].value == NULL)
			continue;
		words[n++] = rows[i].option;
		words[n++] = rows[i].value;
	}
	return n;
}

/* The first end of each is read; -1: it is not wanted. */
struct pipes {
	int input[2], output[2], errors[2];
};

/* What it is started with. */
struct start {
	const char *program;
	char *const *argv;
	char *const *environment;
	const struct pipes *pipes;
};

static int spawn(const struct start *s, pid_t *ret_pid)
{
	const struct pipes *p = s->pipes;
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err != 0)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, p->output[1], STDOUT_FILENO);
	if (err == 0 && p->errors[1] >= 0)
		err = posix_spawn_file_actions_adddup2(&actions, p->errors[1], STDERR_FILENO);
	if (err == 0 && p->input[0] >= 0)
		err = posix_spawn_file_actions_adddup2(&actions, p->input[0], STDIN_FILENO);
	else if (err == 0)
		err = posix_spawn_file_actions_addopen(
			&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (err == 0)
		err = posix_spawn(ret_pid, s->program, &actions, NULL, s->argv, s->environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* Ours, with who the user of the page is, and without who began the daemon by sudo: that is nobody
 * of this. Two allocations, the first entry being one of them. */
static char **environment_for(const char *page_who)
{
	size_t n = 0, kept = 0;

	while (environ[n] != NULL)
		n++;
	char **made = memory_new(n + 2, sizeof(*made));
	made[kept] = memory_new(sizeof(JOURNAL_PAGE_WHO) + 1 + strlen(page_who), 1);
	(void)sprintf(made[kept++], JOURNAL_PAGE_WHO "=%s", page_who);
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], JOURNAL_PAGE_WHO "=", sizeof(JOURNAL_PAGE_WHO)) != 0 &&
			strncmp(environ[i], "SUDO_USER=", sizeof("SUDO_USER=") - 1) != 0)
			made[kept++] = environ[i];
	return made;
}

static void free_environment(char **made)
{
	if (made == NULL)
		return;
	free(made[0]);
	free(made);
}

static void close_end(int end)
{
	if (end >= 0)
		(void)close(end);
}

/* ours: of the pipes, those that we keep. */
static void close_ends(const struct pipes *p, bool ours)
{
	close_end(p->input[ours ? 1 : 0]);
	close_end(p->output[ours ? 0 : 1]);
	close_end(p->errors[ours ? 0 : 1]);
}

static int open_pipes(const struct own_command_way *way, struct pipes *ret)
{
	*ret = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(ret->output, O_CLOEXEC) == 0 &&
		(!way->takes_errors || pipe2(ret->errors, O_CLOEXEC) == 0) &&
		(!way->is_asked || pipe2(ret->input, O_CLOEXEC) == 0))
		return 0;
	int err = -errno;
	close_ends(ret, true);
	close_ends(ret, false);
	return err;
}

static int start(char *const *argv, const struct own_command_way *way, struct own_command *ret,
	struct problem *problem)
{
	struct pipes pipes;
	int err = open_pipes(way, &pipes);

	if (err < 0)
		return problem_set(problem, err, "cannot make a pipe: %s", strerror(-err));
	char **environment = way->page_who != NULL ? environment_for(way->page_who) : NULL;
	const struct start s = {.program = way->program != NULL ? way->program : THIS_PROGRAM,
		.argv = argv,
		.environment = environment != NULL ? environment : environ,
		.pipes = &pipes};
	err = spawn(&s, &ret->pid);
	free_environment(environment);
	close_ends(&pipes, false);
	if (err < 0) {
		close_ends(&pipes, true);
		return problem_set(problem, err, "cannot start stanch: %s", strerror(-err));
	}
	ret->output = pipes.output[0];
	ret->errors = pipes.errors[0];
	ret->input = pipes.input[1];
	return 0;
}

int own_command_start(const struct global_settings *global, const struct own_command_way *way,
	const char *const *words, size_t count, struct own_command *ret, struct problem *problem)
{
	const char *argv[OWN_COMMAND_WORDS + OWN_COMMAND_GLOBAL_WORDS + 3] = {"stanch"};
	size_t n = 1 + own_command_global_words(global, argv + 1);

	if (count > OWN_COMMAND_WORDS)
		return problem_set(problem, -E2BIG, "too many words for a command");
	argv[n++] = "--json";
	for (size_t i = 0; i < count; i++)
		argv[n++] = words[i];
	char *plain[sizeof(argv) /
		    sizeof(argv[0])]; /* as posix_spawn() wants them; never written to */
	memcpy(plain, argv, sizeof(argv));
	return start(plain, way, ret, problem);
}

static uint64_t number_of(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static void read_result(const json_t *o, struct own_result *ret)
{
	const char *state = json_string_value(json_object_get(o, "state"));

	*ret = (struct own_result){.hold = (int64_t)number_of(o, "hold"),
		.done = number_of(o, "done"),
		.left = number_of(o, "left"),
		.conflict = number_of(o, "conflict")};
	ret->is_complete = state != NULL && ret->left + ret->conflict == 0 &&
			   (strcmp(state, "done") == 0 || strcmp(state, "nothing") == 0);
}

json_t *own_command_last(const char *output, size_t len, const char *key)
{
	struct slice rest = {output, len}, line;
	json_t *last = NULL;

	while (slice_take_line(&rest, &line)) {
		json_t *o = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);

		if (json_object_get(o, key) != NULL) { /* of what is no object it gets nothing */
			json_decref(last);
			last = json_incref(o);
		}
		json_decref(o);
	}
	return last;
}

bool own_command_read(const char *output, size_t len, struct own_result *ret)
{
	json_t *o = own_command_last(output, len, "action");

	if (o == NULL)
		return false;
	read_result(o, ret);
	json_decref(o);
	return true;
}

static char *read_output(int fd, size_t *ret_len)
{
	char *text = NULL;
	size_t len = 0, room = 0;
	ssize_t n;

	do {
		if (room - len < 4096) {
			room = room * 2 + 8192;
			text = memory_grow(text, room, 1);
		}
		n = read(fd, text + len, room - len);
		len += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && len < OWN_COMMAND_OUTPUT_MAX) || (n < 0 && errno == EINTR));
	*ret_len = len;
	return text;
}

int own_command_run(const struct global_settings *global, const char *const *words, size_t count,
	struct own_result *ret, struct problem *problem)
{
	struct own_command command = {.output = -1};
	size_t len;
	int status, err = own_command_start(
			    global, &(struct own_command_way){0}, words, count, &command, problem);

	if (err < 0)
		return err;
	char *text = read_output(command.output, &len);
	(void)close(command.output);
	while (waitpid(command.pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!own_command_read(text, len, ret))
		err = problem_set(problem, -EIO, "stanch %s failed", words[0]);
	free(text);
	return err;
}
