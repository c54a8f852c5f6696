#include "systems/passive_result.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "formats/icinga2_reply.h"
#include "systems/child_program.h"
#include "systems/http_call.h"
#include "systems/http_url.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NSCA_HOST_MAX    63
#define NSCA_SERVICE_MAX 127
#define NSCA_TEXT_MAX    ((size_t)4000)
#define NAME_BYTES_MAX   255
#define URL_MAX_BYTES    1024
#define ICINGA2_PATH     "/v1/actions/process-check-result"
#define ICINGA2_TEXT_MAX ((size_t)32 << 10)

/* ---- where to ---- */

static const struct {
	const char *front;
	enum passive_kind kind;
} kinds[] = {{"nagios:", PASSIVE_NAGIOS}, {"nsca:", PASSIVE_NSCA}, {"icinga2:", PASSIVE_ICINGA2}};

static bool is_this_machine(const char *url)
{
	static const char *const here[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};

	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		size_t n = strlen(here[i]);
		if (strncmp(url, here[i], n) == 0 && strchr(":/", url[n]) != NULL)
			return true;
	}
	return false;
}

static int check_place(const struct passive_target *t, struct problem *problem)
{
	const char *scheme;

	switch (t->kind) {
	case PASSIVE_NAGIOS:
		if (t->place[0] != '/')
			return problem_set(
				problem, -EINVAL, "nagios: needs the path of the command file");
		return 0;
	case PASSIVE_NSCA: /* it becomes an argument of a program */
		if (t->place[0] == '\0' || t->place[0] == '-' || t->place[0] == ':' ||
			strlen(t->place) > NAME_BYTES_MAX)
			return problem_set(problem, -EINVAL, "nsca: needs a host");
		return 0;
	case PASSIVE_ICINGA2:
		break;
	}
	scheme = http_url_scheme(t->place);
	if (scheme == NULL || strlen(t->place) + sizeof(ICINGA2_PATH) > URL_MAX_BYTES)
		return problem_set(problem, -EINVAL,
			"icinga2: needs a URL without a login, such as "
			"https://icinga.example:5665");
	if (strcmp(scheme, "https") != 0 && !is_this_machine(t->place))
		return problem_set(problem, -EINVAL,
			"icinga2: a password goes to another machine over https only");
	return 0;
}

int passive_target_read(const char *text, struct passive_target *ret, struct problem *problem)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].front);
		struct passive_target t = *ret;
		if (strncmp(text, kinds[i].front, n) != 0)
			continue;
		t.kind = kinds[i].kind;
		t.place = text + n;
		int err = check_place(&t, problem);
		if (err == 0)
			*ret = t;
		return err;
	}
	return problem_set(
		problem, -EINVAL, "a result goes to nagios:PATH, nsca:HOST or icinga2:URL only");
}

/* ---- what is said ---- */

static int check_name(
	const char *what, const char *name, size_t most, const char *never, struct problem *problem)
{
	size_t len = strlen(name);
	bool is_fit = len > 0 && len <= most && strpbrk(name, never) == NULL;

	for (const char *c = name; *c != '\0'; c++)
		is_fit = is_fit && (unsigned char)*c >= ' ' && *c != 0x7f;
	if (is_fit)
		return 0;
	return problem_set(problem, -EINVAL, "the monitor cannot have a %s of that name", what);
}

/* How much of the text is not longer than `most` when each backslash and LF counts two: whole
 * lines, or as much of the first as there is room for. */
static struct slice fitting(struct slice text, size_t most)
{
	size_t used = 0, whole = 0, i = 0;

	while (text.len > 0 && text.at[text.len - 1] == '\n')
		text.len--;
	for (; i < text.len; i++) {
		used += text.at[i] == '\n' || text.at[i] == '\\' ? 2 : 1;
		if (used > most)
			break;
		if (text.at[i] == '\n')
			whole = i;
	}
	return slice_first(text, i == text.len || whole == 0 ? i : whole);
}

/* LF and backslash as Nagios takes them back. */
static void write_escaped(FILE *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '\n')
			(void)fputs("\\n", out);
		else if (c == '\\')
			(void)fputs("\\\\", out);
		else
			(void)fputc((unsigned char)c < ' ' ? ' ' : c, out);
	}
}

/* A line of front, text and LF. */
static char *line_of(const char *front, struct slice text, size_t most)
{
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);

	if (out == NULL)
		abort();
	(void)fputs(front, out);
	write_escaped(out, fitting(text, most));
	(void)fputc('\n', out);
	if (fclose(out) != 0)
		abort();
	return at;
}

int passive_nagios_line(const struct passive_result *result, char **ret, struct problem *problem)
{
	char front[2 * NAME_BYTES_MAX + 100];
	int err = check_name("host", result->host, NAME_BYTES_MAX, ";", problem);

	if (err == 0)
		err = check_name("service", result->service, NAME_BYTES_MAX, ";", problem);
	if (err < 0)
		return err;
	(void)snprintf(front, sizeof(front), "[%" PRId64 "] PROCESS_SERVICE_CHECK_RESULT;%s;%s;%d;",
		result->at, result->host, result->service, result->code);
	*ret = line_of(front, result->text, PIPE_BUF - strlen(front) - 1);
	return 0;
}

int passive_nsca_line(const struct passive_result *result, char **ret, struct problem *problem)
{
	char front[NSCA_HOST_MAX + NSCA_SERVICE_MAX + 16];
	int err = check_name("host", result->host, NSCA_HOST_MAX, "", problem);

	if (err == 0)
		err = check_name("service", result->service, NSCA_SERVICE_MAX, "", problem);
	if (err < 0)
		return err;
	(void)snprintf(
		front, sizeof(front), "%s\t%s\t%d\t", result->host, result->service, result->code);
	*ret = line_of(front, result->text, NSCA_TEXT_MAX);
	return 0;
}

/* Takes the performance data, of the first line, apart from the text. */
static struct slice take_performance(struct slice text, struct slice *ret_first, struct slice *rest)
{
	size_t end = slice_find(text, '\n');
	struct slice line = slice_first(text, end);
	size_t bar = slice_find(line, '|');

	*rest = slice_after(text, end);
	*ret_first = slice_trim(slice_first(line, bar));
	return slice_trim(slice_after(line, bar + 1));
}

static json_t *performance_array(struct slice data)
{
	json_t *values = json_array();

	while (data.len > 0) {
		size_t n = slice_find(data, ' ');
		(void)json_array_append_new(values, json_text(slice_first(data, n)));
		data = slice_trim(slice_after(data, n));
	}
	return values;
}

static char *joined(struct slice a, struct slice b)
{
	char *at = memory_new(a.len + b.len + 1, 1);

	if (a.len > 0)
		memcpy(at, a.at, a.len);
	if (b.len > 0)
		memcpy(at + a.len, b.at, b.len);
	return at;
}

int passive_icinga2_body(const struct passive_result *result, char **ret, struct problem *problem)
{
	int err = check_name("host", result->host, NAME_BYTES_MAX, "", problem);
	struct slice first, rest;

	if (err == 0)
		err = check_name("service", result->service, NAME_BYTES_MAX, "", problem);
	if (err < 0)
		return err;
	struct slice data =
		take_performance(slice_first(result->text, ICINGA2_TEXT_MAX), &first, &rest);
	char *text = joined(first, rest);
	/* names are values of the filter, so that they cannot be a part of it */
	json_t *o = json_object(), *names = json_object();
	json_put(names, "host_name", json_text(slice_of(result->host)));
	json_put(names, "service_name", json_text(slice_of(result->service)));
	json_put(o, "type", json_string("Service"));
	json_put(
		o, "filter", json_string("host.name == host_name && service.name == service_name"));
	json_put(o, "filter_vars", names);
	json_put(o, "exit_status", json_integer(result->code));
	json_put(o, "plugin_output", json_text(slice_trim(slice_of(text))));
	json_put(o, "performance_data", performance_array(data));
	json_put(o, "check_source", json_string("stanch"));
	free(text);
	*ret = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(o);
	if (*ret == NULL)
		abort(); /* memory has ended: all texts in it are UTF-8 */
	return 0;
}

/* ---- handing it over ---- */

static int open_command_file(const char *path, struct problem *problem)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char shown[256];
	struct stat st;

	(void)printable_text(slice_of(path), shown, sizeof(shown));
	if (fd < 0 && errno == ENXIO)
		return problem_set(problem, -ENXIO, "nobody reads %s: Nagios does not run", shown);
	if (fd < 0)
		return problem_set(problem, -errno, "cannot open %s: %s", shown, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return fd;
	(void)close(fd);
	return problem_set(
		problem, -EINVAL, "%s is no named pipe, so not Nagios' command file", shown);
}

static int submit_nagios(const struct passive_target *target, const struct passive_result *result,
	struct problem *problem)
{
	char *line = NULL;
	int err = passive_nagios_line(result, &line, problem);

	if (err < 0)
		return err;
	int fd = open_command_file(target->place, problem);
	if (fd < 0) {
		free(line);
		return fd;
	}
	(void)signal(SIGPIPE, SIG_IGN); /* its reader may go in between */
	size_t len = strlen(line);
	ssize_t n = write(fd, line, len);
	if (n < 0)
		err = problem_set(problem, -errno, "cannot write to Nagios' command file: %s",
			strerror(errno));
	else if ((size_t)n != len) /* not with PIPE_BUF */
		err = problem_set(problem, -EIO, "Nagios' command file took a part only");
	free(line);
	(void)close(fd);
	return err;
}

/* The one colon of "host:port"; an address with several is a host alone. */
static char *split_port(char *place)
{
	char *colon = strchr(place, ':');

	if (colon == NULL || strchr(colon + 1, ':') != NULL)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static int submit_nsca(const struct passive_target *target, const struct passive_result *result,
	struct problem *problem)
{
	char *place = memory_copy(target->place, strlen(target->place)), *line = NULL;
	const char *port = split_port(place), *words[10] = {target->program, "-H", place};
	size_t n = 3;

	if (port != NULL) {
		words[n++] = "-p";
		words[n++] = port;
	}
	if (target->program_config != NULL) {
		words[n++] = "-c";
		words[n++] = target->program_config;
	}
	int err = passive_nsca_line(result, &line, problem);
	if (err == 0) {
		const struct child_program program = {
			.words = words, .input = slice_of(line), .time_ms = target->time_ms};
		struct child_answer answer = {0};
		err = child_program_run(&program, &answer, problem);
		if (err == 0 && answer.status != 0)
			err = problem_set(
				problem, -EIO, "%s ends with %d", target->program, answer.status);
		child_answer_clear(&answer);
	}
	free(line);
	free(place);
	return err;
}

static int icinga2_answer(const struct http_reply *reply, struct problem *problem)
{
	if (reply->status == 401 || reply->status == 403)
		return problem_set(problem, -EACCES,
			"Icinga 2 does not let that user submit results (HTTP status %ld)",
			reply->status);
	int err = icinga2_reply_read((struct slice){reply->body, reply->len});
	if (err == -ENOENT)
		return problem_set(
			problem, err, "Icinga 2 has no service of that name on that host");
	if (err == 0 && reply->status == 200)
		return 0;
	return problem_set(problem, -EIO, "Icinga 2 answers with HTTP status %ld", reply->status);
}

static int submit_icinga2(const struct passive_target *target, const struct passive_result *result,
	struct problem *problem)
{
	static const char *const headers[] = {
		"Accept: application/json", "Content-Type: application/json", NULL};
	char url[URL_MAX_BYTES], *body = NULL;
	size_t len = strlen(target->place);
	struct http_reply reply = {0};

	while (len > 0 && target->place[len - 1] == '/')
		len--;
	(void)snprintf(url, sizeof(url), "%.*s%s", (int)len, target->place, ICINGA2_PATH);
	int err = passive_icinga2_body(result, &body, problem);
	if (err < 0)
		return err;
	const struct http_call call = {.url = url,
		.headers = headers,
		.user = target->user,
		.password = target->password,
		.ca_file = target->ca_file,
		.body = slice_of(body),
		.time_ms = target->time_ms};
	err = http_call(&call, &reply, problem);
	free(body);
	if (err < 0)
		return err;
	err = icinga2_answer(&reply, problem);
	http_reply_clear(&reply);
	return err;
}

int passive_result_submit(const struct passive_target *target, const struct passive_result *result,
	struct problem *problem)
{
	switch (target->kind) {
	case PASSIVE_NAGIOS:
		return submit_nagios(target, result, problem);
	case PASSIVE_NSCA:
		return submit_nsca(target, result, problem);
	case PASSIVE_ICINGA2:
		return submit_icinga2(target, result, problem);
	}
	return problem_set(problem, -EINVAL, "there is no such way");
}
