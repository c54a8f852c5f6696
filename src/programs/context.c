#include "programs/context.h"

#include "base/memory.h"
#include "base/printable.h"
#include "settings/settings.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_DEFAULT      "/var/lib/stanch"
#define HOLD_QUEUE_DEFAULT "stanch"
#define CONTROL_DEFAULT    "/run/stanch/control"
#define THREADS_MAX        64 /* as systems/exim/scan.h has it */
#define WIDTH_DEFAULT      80 /* of a terminal that does not say */
#define WIDTH_LEAST        40

#define AT(field) offsetof(struct global_settings, field)

static const struct option_row global_rows[] = {
	{.name = "spool",
		.argument = "DIR",
		.kind = OPTION_FOLDER,
		.offset = AT(spool),
		.help = "The spool to read. Without it, Exim is asked for its spool_directory, and "
			"if it "
			"cannot be asked, /var/spool/exim4 and /var/spool/exim are looked for."},
	{.name = "state",
		.argument = "DIR",
		.kind = OPTION_FOLDER,
		.offset = AT(state),
		.help = "Where the journal of holds and incidents is kept (" STATE_DEFAULT ")."},
	{.name = "exim",
		.argument = "PATH",
		.kind = OPTION_FILE,
		.offset = AT(exim),
		.help = "The Exim binary (exim4 or exim, in /usr/sbin and PATH)."},
	{.name = "exim-config",
		.argument = "FILE",
		.kind = OPTION_FILE,
		.offset = AT(exim_config),
		.help = "The configuration that Exim is asked with (its option -C)."},
	{.name = "config",
		.argument = "FILE",
		.kind = OPTION_FILE,
		.offset = AT(config),
		.help = "The settings (" SETTINGS_PATH ")."},
	{.name = "hold-queue",
		.argument = "NAME",
		.kind = OPTION_TEXT,
		.offset = AT(hold_queue),
		.help = "The named queue of Exim's that held mail is moved to (" HOLD_QUEUE_DEFAULT
			")."},
	{.name = "control",
		.argument = "SOCKET",
		.kind = OPTION_FILE,
		.offset = AT(control),
		.help = "Where the daemon is asked (" CONTROL_DEFAULT ")."},
	{.name = "threads",
		.argument = "N",
		.kind = OPTION_COUNT,
		.offset = AT(threads),
		.least = 1,
		.most = THREADS_MAX,
		.help = "How many threads read the spool (as many as help)."},
	{.name = "json",
		.kind = OPTION_FLAG,
		.offset = AT(json),
		.help = "Write one JSON object a line instead of text for people."},
	{.name = "no-color",
		.kind = OPTION_FLAG,
		.offset = AT(no_color),
		.help = "No colour, as with NO_COLOR in the environment."},
	{.name = "quiet",
		.letter = 'q',
		.kind = OPTION_FLAG,
		.offset = AT(quiet),
		.help = "No progress display and no hints."},
	{.name = "help",
		.letter = 'h',
		.kind = OPTION_FLAG,
		.offset = AT(help),
		.help = "Say what the command does, and its options."},
	{.name = "version",
		.letter = 'V',
		.kind = OPTION_FLAG,
		.offset = AT(version),
		.help = "Say which version this is."},
};

struct option_set context_options(struct context *context)
{
	return (struct option_set)OPTION_SET(
		"Options of all commands", global_rows, &context->global);
}

static bool has_color(const struct context *context)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return context->out_terminal && !context->global.no_color && (no == NULL || *no == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

static unsigned terminal_width(void)
{
	struct winsize size = {0};
	const char *columns = getenv("COLUMNS");
	uint64_t n = 0;

	if (columns == NULL || units_read_count(slice_of(columns), 10000, &n) < 0)
		n = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
	if (n == 0)
		n = WIDTH_DEFAULT;
	return n < WIDTH_LEAST ? WIDTH_LEAST : (unsigned)n;
}

void context_look(struct context *context)
{
	context->in_terminal = isatty(STDIN_FILENO) == 1;
	context->out_terminal = isatty(STDOUT_FILENO) == 1;
	context->error_terminal = isatty(STDERR_FILENO) == 1;
	context->color = has_color(context);
	context->width = context->out_terminal ? terminal_width() : 0;
}

int context_prepare(struct context *context, struct problem *problem)
{
	struct global_settings *global = &context->global;
	char shown[64];

	if (global->state == NULL)
		global->state = STATE_DEFAULT;
	if (global->control == NULL)
		global->control = CONTROL_DEFAULT;
	if (global->hold_queue == NULL)
		global->hold_queue = HOLD_QUEUE_DEFAULT;
	if (!exim_spool_is_queue_name(global->hold_queue))
		return problem_set(problem, -EINVAL,
			"--hold-queue: \"%s\" cannot be a queue's name",
			printable_text(slice_of(global->hold_queue), shown, sizeof(shown)));
	return 0;
}

void context_end(struct context *context)
{
	exim_spool_free(context->spool);
	exim_settings_free(context->exim_settings);
	exim_question_free(context->exim_question);
	exim_domains_free(context->exim_domains);
	settings_free(context->settings);
	free(context->exim_path);
	free(context->exim_login);
}

int context_settings(
	struct context *context, const struct settings_values **ret_values, struct problem *problem)
{
	const char *given = context->global.config;

	if (context->settings == NULL) {
		int r = settings_read(
			given != NULL ? given : SETTINGS_PATH, &context->settings, problem);
		if (r == -ENOENT && given == NULL)
			context->settings = settings_new();
		else if (r < 0)
			return r;
	}
	*ret_values = settings_values(context->settings);
	return 0;
}

static void join(const char **option, const char **setting)
{
	if (*option == NULL)
		*option = *setting;
	else
		*setting = *option;
}

void context_join_exim(struct context *context, struct general_settings *general)
{
	join(&context->global.spool, &general->spool);
	join(&context->global.exim, &general->exim);
	join(&context->global.exim_config, &general->exim_config);
}

unsigned context_threads(const struct context *context)
{
	return context->global.threads.given ? (unsigned)context->global.threads.value : 0;
}

int context_exim(struct context *context, struct exim_program *ret_program, struct problem *problem)
{
	char shown[256];

	if (context->exim_path == NULL) {
		const char *wanted = context->global.exim;
		int r = exim_program_find(wanted, &context->exim_path);
		if (r < 0 && wanted != NULL)
			return problem_set(problem, r, "--exim: \"%s\" cannot be run",
				printable_text(slice_of(wanted), shown, sizeof(shown)));
		if (r < 0)
			return problem_set(problem, r,
				"no Exim found: neither exim4 nor exim is in /usr/sbin or PATH");
	}
	*ret_program = (struct exim_program){context->exim_path, context->global.exim_config};
	return 0;
}

static int begin_settings(struct context *context, struct problem *problem)
{
	struct exim_program program;
	int r = context_exim(context, &program, problem);

	return r < 0 ? r : exim_settings_ask(&program, &context->exim_question, problem);
}

void context_exim_settings_begin(struct context *context)
{
	struct problem told_later;

	if (context->exim_settings == NULL && context->exim_question == NULL)
		(void)!begin_settings(context, &told_later);
}

int context_exim_settings(
	struct context *context, const struct exim_settings **ret_settings, struct problem *problem)
{
	if (context->exim_settings == NULL) {
		int r = context->exim_question == NULL ? begin_settings(context, problem) : 0;
		if (r >= 0)
			r = exim_settings_collect(
				context->exim_question, &context->exim_settings, problem);
		context->exim_question = NULL;
		if (r < 0)
			return r;
	}
	*ret_settings = context->exim_settings;
	return 0;
}

int context_exim_domains(
	struct context *context, struct exim_domains **ret_domains, struct problem *problem)
{
	struct exim_program program;
	int r = 0;

	if (context->exim_domains == NULL) {
		r = context_exim(context, &program, problem);
		if (r == 0)
			r = exim_domains_begin(&program, &context->exim_domains, problem);
	}
	if (r == 0)
		*ret_domains = context->exim_domains;
	return r;
}

void context_exim_domains_begin(struct context *context)
{
	struct exim_domains *used_later;
	struct problem told_later;

	(void)!context_exim_domains(context, &used_later, &told_later);
}

/* Where the spool is, or NULL and why not. */
static const char *find_spool(struct context *context, struct problem *problem)
{
	const struct exim_settings *settings = NULL;
	struct problem why = {0};

	if (context->global.spool != NULL)
		return context->global.spool;
	if (context_exim_settings(context, &settings, &why) == 0)
		return settings->spool;
	/* A person who says which Exim does not want another one's mail. */
	const char *known = context->global.exim == NULL && context->global.exim_config == NULL
				    ? exim_known_spool()
				    : NULL;
	if (known == NULL)
		(void)problem_set(
			problem, -ENOENT, "no spool found: %s; name it with --spool DIR", why.text);
	return known;
}

int context_spool(struct context *context, struct exim_spool **ret_spool, struct problem *problem)
{
	if (context->spool == NULL) {
		const char *path = find_spool(context, problem);
		if (path == NULL)
			return -ENOENT;
		int r = exim_spool_open(path, &context->spool, problem);
		if (r < 0)
			return r;
	}
	*ret_spool = context->spool;
	return 0;
}

int context_check_queue(struct context *context, const char *queue)
{
	struct exim_spool *spool = NULL;
	struct problem problem = {0};
	char shown[128];

	if (queue == NULL || *queue == '\0' || strcmp(queue, context->global.hold_queue) == 0)
		return COMMAND_DONE;
	if (context_spool(context, &spool, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	for (size_t i = 0; i < spool->folder_count; i++)
		if (strcmp(spool->folders[i].queue, queue) == 0)
			return COMMAND_DONE;
	context_warn(context, "there is no queue \"%s\"",
		printable_text(slice_of(queue), shown, sizeof(shown)));
	return COMMAND_LEFT;
}

const char *context_exim_login(struct context *context)
{
	struct stat about;

	if (context->exim_login != NULL)
		return context->exim_login;
	if (context->spool == NULL || fstat(context->spool->fd, &about) < 0)
		return "";
	const struct passwd *owner = getpwuid(about.st_uid);
	const char *name = owner != NULL ? owner->pw_name : "";
	context->exim_login = memory_copy(name, strlen(name));
	return context->exim_login;
}

static void say_who(const struct context *context)
{
	(void)fputs("stanch", stderr);
	if (context->command != NULL)
		(void)fprintf(stderr, " %s", context->command->name);
	(void)fputs(": ", stderr);
}

void context_problem(const struct context *context, const struct problem *problem)
{
	say_who(context);
	(void)fprintf(stderr, "%s\n", problem->text);
}

void context_warn(const struct context *context, const char *format, ...)
{
	va_list values;

	say_who(context);
	va_start(values, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	(void)vfprintf(stderr, format, values);
	va_end(values);
	(void)fputc('\n', stderr);
}

void context_hint(const struct context *context, const char *format, ...)
{
	va_list values;

	if (context->global.quiet)
		return;
	va_start(values, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	(void)vfprintf(stderr, format, values);
	va_end(values);
	(void)fputc('\n', stderr);
}

bool context_confirm(const struct context *context, const char *question)
{
	char line[16];

	if (!context->in_terminal || !context->error_terminal)
		return false;
	(void)fprintf(stderr, "%s [y/N] ", question);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	struct slice answer = slice_trim(slice_of(line));
	return slice_equal_nocase(answer, slice_of("y")) ||
	       slice_equal_nocase(answer, slice_of("yes"));
}
