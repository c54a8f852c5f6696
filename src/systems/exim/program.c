#include "systems/exim/program.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/slice.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* log_file_path is a list with colons; an empty item is the default place. NULL: syslog only. */
static char *first_log_file(const struct exim_settings *s)
{
	struct slice rest = slice_of(s->log_file_path);
	char *path;

	for (bool more = true; more;) {
		size_t n = slice_find(rest, ':');
		struct slice item = slice_trim(slice_first(rest, n));

		more = n < rest.len;
		rest = slice_after(rest, n + 1);
		if (slice_is(item, "syslog"))
			continue;
		if (item.len > 0)
			return memory_copy(item.at, item.len);
		path = memory_new(strlen(s->spool) + sizeof("/log/%slog"), 1);
		(void)sprintf(path, "%s/log/%%slog", s->spool);
		return path;
	}
	return NULL;
}

char *exim_log_path(const struct exim_settings *s, const char *name)
{
	char *pattern = first_log_file(s), *path;
	char *mark = pattern != NULL ? strstr(pattern, "%s") : NULL;

	if (pattern == NULL || (mark == NULL && strcmp(name, "main") == 0))
		return pattern;
	if (mark == NULL) {
		free(pattern);
		return NULL;
	}
	path = memory_new(strlen(pattern) + strlen(name) + 1, 1);
	(void)sprintf(path, "%.*s%s%s", (int)(mark - pattern), pattern, name, mark + 2);
	free(pattern);
	return path;
}

int exim_settings_ask(const struct exim_program *program, struct exim_question **ret_question,
	struct problem *problem)
{
	static const char *const arguments[] = {"-bP", "spool_directory", "log_file_path",
		"exim_user", "exim_group", "split_spool_directory", "message_logs", "timezone",
		"log_timezone", "log_selector", "syslog_facility", "syslog_processname",
		"syslog_pid", "syslog_timestamp", "primary_hostname", NULL};

	return exim_question_begin(program, arguments, false, ret_question, problem);
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
		{"primary_hostname", &s->host},
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
	char **texts[] = {&s->spool, &s->log_file_path, &s->user, &s->group, &s->timezone, &s->host,
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
	free(s->host);
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
	struct slice rest, line;
	int err = exim_question_hear(q, NULL, NULL, &rest, problem);

	if (err < 0)
		return err;

	struct exim_settings *s = settings_new();

	while (slice_take_line(&rest, &line))
		take_setting(s, line);
	if (s->spool[0] != '/') {
		exim_settings_free(s);
		return exim_question_failed(q, -EBADMSG, problem);
	}
	*ret_settings = s;
	return 0;
}

int exim_version(const struct exim_program *program, char *at, size_t size, struct problem *problem)
{
	static const char *const arguments[] = {"-bV", NULL};
	struct exim_question *question = NULL;
	int err = exim_question_begin(program, arguments, false, &question, problem);

	if (err < 0)
		return err;

	AUTO(exim_question) q = question;
	struct slice said;

	err = exim_question_hear(q, NULL, NULL, &said, problem);
	if (err == 0)
		err = exim_question_end(q, problem);
	if (err < 0)
		return err;
	printable_text(slice_first(said, slice_find(said, '\n')), at, size);
	return 0;
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
