#include "programs/own_command.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THIS_PROGRAM "/proc/self/exe"
#define GLOBAL_WORDS 16

extern char **environ;

static size_t add_global(const struct global_settings *global, const char **words)
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
	words[n++] = "--json";
	return n;
}

static int spawn(const char *program, char *const *argv, int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err != 0)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_addopen(
			&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (err == 0)
		err = posix_spawn(ret_pid, program, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int own_command_start(const struct global_settings *global, const char *program,
	const char *const *words, size_t count, struct own_command *ret, struct problem *problem)
{
	const char *argv[OWN_COMMAND_WORDS + GLOBAL_WORDS + 2] = {"stanch"};
	size_t n = 1 + add_global(global, argv + 1);
	int ends[2];

	if (count > OWN_COMMAND_WORDS)
		return problem_set(problem, -E2BIG, "too many words for a command");
	for (size_t i = 0; i < count; i++)
		argv[n++] = words[i];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return problem_set(problem, -errno, "cannot make a pipe: %s", strerror(errno));
	char *plain[sizeof(argv) /
		    sizeof(argv[0])]; /* as posix_spawn() wants them; never written to */
	memcpy(plain, argv, sizeof(argv));
	int err = spawn(program != NULL ? program : THIS_PROGRAM, plain, ends[1], &ret->pid);
	(void)close(ends[1]);
	ret->output = ends[0];
	if (err < 0) {
		(void)close(ends[0]);
		return problem_set(problem, err, "cannot start stanch %s: %s",
			count > 0 ? words[0] : "", strerror(-err));
	}
	return 0;
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
	int status, err = own_command_start(global, NULL, words, count, &command, problem);

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

size_t own_command_global_words(
	const struct global_settings *global, const char *words[OWN_COMMAND_GLOBAL_WORDS])
{
	return add_global(global, words) - 1; /* without the --json at its end */
}
