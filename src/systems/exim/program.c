#include "systems/exim/program.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A process that answers on its standard output and error, both into one pipe: what Exim says when
 * it fails goes to either. */
struct exim_question {
	pid_t pid;   /* 0: already waited for */
	int in, out; /* our ends; in is -1 when nothing is to be written */
	int64_t deadline_ms;
	char *input; /* owned; what is still to be written stands from `written` on */
	size_t input_len, written;
	char *answer;
	size_t answer_len, answer_room;
};

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
	free(q->input);
	free(q->answer);
	free(q);
}

/* Never passed through a shell; the path was found or named by the administrator. */
static bool is_program(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

static char *joined(struct slice folder, const char *name)
{
	size_t len = strlen(name);
	char *path = memory_new(folder.len + 1 + len + 1, 1);

	memcpy(path, folder.at, folder.len);
	path[folder.len] = '/';
	memcpy(path + folder.len + 1, name, len + 1);
	return path;
}

static char *in_search_path(const char *name)
{
	const char *path = getenv("PATH");

	for (struct slice rest = slice_of(path != NULL ? path : ""); rest.len > 0;) {
		size_t n = slice_find(rest, ':');
		char *at = joined(slice_first(rest, n), name);

		if (at[0] == '/' && is_program(at))
			return at;
		free(at);
		rest = slice_after(rest, n + 1);
	}
	return NULL;
}

int exim_program_find(const char *wanted, char **ret_path)
{
	static const char *const usual[] = {"/usr/sbin/exim4", "/usr/sbin/exim"};

	if (wanted != NULL) {
		if (!is_program(wanted))
			return -ENOENT;
		*ret_path = memory_copy(wanted, strlen(wanted));
		return 0;
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (is_program(usual[i])) {
			*ret_path = memory_copy(usual[i], strlen(usual[i]));
			return 0;
		}
	}

	char *found = in_search_path("exim4");

	if (found == NULL)
		found = in_search_path("exim");
	if (found == NULL)
		return -ENOENT;
	*ret_path = found;
	return 0;
}

#define ARGUMENTS_MAX 32

/* One word of an argument list, as posix_spawn wants it: not const. */
static char *word(const char *text)
{
	return memory_copy(text, strlen(text));
}

static void free_words(char **words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		free(words[i]);
}

static int spawn(const struct exim_program *program, const char *const *arguments, int in, int out,
	pid_t *ret_pid)
{
	char *environment[] = {word("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), word("LC_ALL=C"), NULL};
	char *argv[ARGUMENTS_MAX + 4] = {word(program->path)};
	size_t n = 1;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int err;

	if (program->config != NULL) {
		argv[n++] = word("-C");
		argv[n++] = word(program->config);
	}
	for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++)
		argv[n++] = word(arguments[i]);

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
		err = posix_spawn(ret_pid, program->path, &actions, &attributes, argv, environment);
	free_words(argv);
	free_words(environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* input is taken over, NULL: nothing is to be written. */
static int ask(const struct exim_program *program, const char *const *arguments, char *input,
	struct exim_question **ret_question, struct problem *problem)
{
	struct exim_question *q = memory_new(1, sizeof(*q));
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	int err = 0;

	*q = (struct exim_question){.in = -1, .out = -1, .input = input};
	q->input_len = input != NULL ? strlen(input) : 0;
	q->deadline_ms = now_ms() + PROGRAM_TIME_MAX_MS;
	if (input != NULL && pipe2(in, O_CLOEXEC) < 0)
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
	ssize_t n = write(q->in, q->input + q->written, q->input_len - q->written);

	if (n > 0)
		q->written += (size_t)n;
	/* When Exim reads no further, the missing answers tell. */
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || q->written == q->input_len)
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
	return q->answer_len > PROGRAM_OUTPUT_MAX ? -EMSGSIZE : 0;
}

/* Writes and reads until Exim closes its output. */
static int converse(struct exim_question *q)
{
	while (q->out >= 0) {
		struct pollfd p[2] = {{q->out, POLLIN, 0}, {q->in, POLLOUT, 0}};
		int64_t left = q->deadline_ms - now_ms();
		int n = left > 0 ? poll(p, 2, (int)left) : 0;
		int err = 0;

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		if (q->in >= 0 && p[1].revents != 0)
			write_some(q);
		if (p[0].revents != 0)
			err = read_some(q);
		if (err < 0)
			return err;
	}
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
		if (now_ms() >= q->deadline_ms)
			return -ETIMEDOUT;
		nanosleep(&(struct timespec){0, 500000}, NULL);
	}
}

static int first_words(struct exim_question *q, int err, struct problem *problem)
{
	char text[300];
	struct slice said = slice_first((struct slice){q->answer, q->answer_len}, 2000);

	said = slice_trim(slice_first(said, slice_find(said, '\n')));
	if (said.len == 0)
		said = slice_of("it said nothing");
	return problem_set(
		problem, err, "exim failed: %s", printable_text(said, text, sizeof(text)));
}

/* Waits for the whole answer. The exit status is left to those who need it: -be answers each line
 * by itself. */
static int hear(struct exim_question *q, bool must_succeed, struct problem *problem)
{
	static const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	int status = 0;
	int err;

	/* The caller may have an action of its own. */
	sigaction(SIGPIPE, &ignore, &before);
	err = converse(q);
	sigaction(SIGPIPE, &before, NULL);
	if (err == 0)
		err = wait_end(q, &status);
	if (err == -ETIMEDOUT)
		return problem_set(problem, err, "exim did not answer within %d seconds",
			PROGRAM_TIME_MAX_MS / 1000);
	if (err == -EMSGSIZE)
		return problem_set(problem, err, "exim answered with more than a MiB");
	if (err < 0)
		return problem_set(problem, err, "cannot read exim's answer: %s", strerror(-err));
	if (must_succeed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		return first_words(q, -EIO, problem);
	return 0;
}

int exim_settings_ask(const struct exim_program *program, struct exim_question **ret_question,
	struct problem *problem)
{
	static const char *const arguments[] = {"-bP", "spool_directory", "log_file_path",
		"exim_user", "exim_group", "split_spool_directory", "message_logs", "timezone",
		"log_timezone", "log_selector", "syslog_facility", "syslog_processname",
		"syslog_pid", "syslog_timestamp", NULL};

	return ask(program, arguments, NULL, ret_question, problem);
}

/* "name = value", "name", "no_name": what stands there for that name. */
static void take_setting(struct exim_settings *s, struct slice line)
{
	const struct text_setting {
		const char *name;
		char **at;
	} texts[] = {
		{"spool_directory", &s->spool},
		{"log_file_path", &s->log_file_path},
		{"exim_user", &s->user},
		{"exim_group", &s->group},
		{"timezone", &s->timezone},
		{"log_selector", &s->log_selector},
		{"syslog_facility", &s->syslog_facility},
		{"syslog_processname", &s->syslog_processname},
	};
	const struct switch_setting {
		const char *name;
		bool *at;
	} switches[] = {
		{"split_spool_directory", &s->split},
		{"message_logs", &s->message_logs},
		{"log_timezone", &s->log_timezone},
		{"syslog_pid", &s->syslog_pid},
		{"syslog_timestamp", &s->syslog_timestamp},
	};
	size_t equals = slice_find(line, '=');
	struct slice name = slice_trim(slice_first(line, equals));
	bool on = !slice_starts(name, "no_");

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && equals < line.len; i++) {
		struct slice value = slice_trim(slice_after(line, equals + 1));

		if (!slice_is(name, texts[i].name))
			continue;
		free(*texts[i].at);
		*texts[i].at = memory_copy(value.len > 0 ? value.at : "", value.len);
	}
	if (!on)
		name = slice_after(name, strlen("no_"));
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]) && equals == line.len; i++)
		if (slice_is(name, switches[i].name))
			*switches[i].at = on;
}

static struct exim_settings *settings_new(void)
{
	struct exim_settings *s = memory_new(1, sizeof(*s));
	char **texts[] = {&s->spool, &s->log_file_path, &s->user, &s->group, &s->timezone,
		&s->log_selector, &s->syslog_facility, &s->syslog_processname};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = memory_copy("", 0);
	s->message_logs = s->syslog_pid = s->syslog_timestamp = true;
	return s;
}

void exim_settings_free(struct exim_settings *s)
{
	if (s == NULL)
		return;
	free(s->spool);
	free(s->log_file_path);
	free(s->user);
	free(s->group);
	free(s->timezone);
	free(s->log_selector);
	free(s->syslog_facility);
	free(s->syslog_processname);
	free(s);
}

int exim_settings_collect(struct exim_question *question, struct exim_settings **ret_settings,
	struct problem *problem)
{
	AUTO(exim_question) q = question;
	/* Exim exits with 1 when it does not know one of the names (syslog_pid came with 4.93);
	 * what counts is that it names its spool. */
	int err = hear(q, false, problem);

	if (err < 0)
		return err;

	struct exim_settings *s = settings_new();
	struct slice rest = {q->answer, q->answer_len}, line;

	while (slice_take_line(&rest, &line))
		take_setting(s, line);
	if (s->spool[0] != '/') {
		exim_settings_free(s);
		return first_words(q, -EBADMSG, problem);
	}
	*ret_settings = s;
	return 0;
}

int exim_version(const struct exim_program *program, char *at, size_t size, struct problem *problem)
{
	static const char *const arguments[] = {"-bV", NULL};
	struct exim_question *question = NULL;
	int err = ask(program, arguments, NULL, &question, problem);

	if (err < 0)
		return err;

	AUTO(exim_question) q = question;
	struct slice said;

	err = hear(q, true, problem);
	if (err < 0)
		return err;
	said = (struct slice){q->answer, q->answer_len};
	printable_text(slice_first(said, slice_find(said, '\n')), at, size);
	return 0;
}

static bool is_askable(const char *domain)
{
	size_t len = strlen(domain);

	return len > 0 && len <= 253 &&
	       strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

/* One expression a line for all that can be asked; NULL when there is none. */
static char *hosted_questions(const char *const *domains, size_t count)
{
	char *text = NULL;
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_askable(domains[i]))
			continue;
		text = memory_grow(text, len + 3 * strlen(domains[i]) + 64, 1);
		len += (size_t)sprintf(text + len,
			"${if match_domain{%s}{+local_domains}{yes %s}{no %s}}\n", domains[i],
			domains[i], domains[i]);
	}
	return text;
}

/* An answer names its domain, so that a warning between the answers shifts none of them. */
static enum hosted hosted_answer(struct slice line, const char *domain)
{
	if (slice_starts(line, "> "))
		line = slice_after(line, 2);
	if (slice_starts(line, "yes ") && slice_is(slice_after(line, 4), domain))
		return HOSTED_YES;
	return slice_starts(line, "no ") && slice_is(slice_after(line, 3), domain) ? HOSTED_NO
										   : HOSTED_UNKNOWN;
}

/* Answers come in the order of the questions; one that failed is passed over. */
static void take_answers(
	struct slice said, const char *const *domains, size_t count, enum hosted *hosted)
{
	size_t next = 0;

	for (struct slice line; slice_take_line(&said, &line);) {
		for (size_t i = next; i < count; i++) {
			enum hosted answer = hosted_answer(line, domains[i]);

			if (answer == HOSTED_UNKNOWN)
				continue;
			hosted[i] = answer;
			next = i + 1;
			break;
		}
	}
}

int exim_hosted(const struct exim_program *program, const char *const *domains, size_t count,
	enum hosted *ret_hosted, struct problem *problem)
{
	static const char *const arguments[] = {"-be", NULL};
	char *questions = hosted_questions(domains, count);
	struct exim_question *question = NULL;
	int err = 0;

	for (size_t i = 0; i < count; i++)
		ret_hosted[i] = is_askable(domains[i]) ? HOSTED_UNKNOWN : HOSTED_NO;
	if (questions == NULL)
		return 0;
	err = ask(program, arguments, questions, &question, problem);
	if (err < 0 || question == NULL)
		return err;

	AUTO(exim_question) q = question;

	err = hear(q, false, problem);
	if (err < 0)
		return err;
	take_answers((struct slice){q->answer, q->answer_len}, domains, count, ret_hosted);
	for (size_t i = 0; i < count && err == 0; i++)
		if (ret_hosted[i] == HOSTED_UNKNOWN)
			err = first_words(q, -EIO, problem);
	return err;
}

const char *exim_known_spool(void)
{
	static const char *const known[][2] = {
		{"/var/spool/exim4", "/var/spool/exim4/input"},
		{"/var/spool/exim", "/var/spool/exim/input"},
	};
	struct stat s;

	/* Where the spool itself may not be entered, its place is still the one to name. */
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (stat(known[i][1], &s) == 0 || (errno == EACCES && stat(known[i][0], &s) == 0))
			return known[i][0];
	return NULL;
}
