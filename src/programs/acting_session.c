#include "programs/acting_session.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "responders/recover.h"
#include "systems/stop_point.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A signal handler can reach nothing else. */
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = signal;
}

static void hear_signals(void)
{
	const struct sigaction action = {.sa_handler = stop};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

bool acting_session_stopped(void)
{
	return stopped != 0;
}

#define REQUEST_MAX ((size_t)2000)

static bool needs_quotes(const char *word)
{
	return word[0] == '\0' || strpbrk(word, " \t\n\"'\\$*?<>|&;()[]{}#~!`") != NULL;
}

/* As a shell reads it back; at has room for four times the word and two quotes. Returns its length.
 */
static size_t quoted_word(char *at, const char *word)
{
	size_t len = 0;

	if (!needs_quotes(word))
		return (size_t)sprintf(at, "%s", word);
	at[len++] = '\'';
	for (; *word != '\0'; word++)
		if (*word == '\'')
			len += (size_t)sprintf(at + len, "'\\''");
		else
			at[len++] = *word;
	at[len++] = '\'';
	return len;
}

/* The command line as it was typed, so that a person can type it again. */
static char *own_command_line(void)
{
	char raw[65536];
	char *text = memory_new(REQUEST_MAX + 16, 1);
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, raw, sizeof(raw) - 1) : 0;
	size_t len = 0;

	if (fd >= 0)
		close(fd);
	raw[n > 0 ? n : 0] = '\0';
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(raw + at) + 1) {
		const char *word = at == 0 ? "stanch" : raw + at;

		if (len + strlen(word) * 4 + 8 > REQUEST_MAX) {
			memcpy(text + len, " ...", sizeof(" ..."));
			break;
		}
		if (at > 0)
			text[len++] = ' ';
		len += quoted_word(text + len, word);
	}
	return text;
}

int acting_session_begin(struct acting_session *s, struct context *context, struct problem *problem)
{
	struct exim_spool *spool = NULL;
	struct exim_program program;
	int err;

	if (context->global.spool != NULL && context_exim(context, &program, NULL) == 0 &&
		exim_settings_ask(&program, &s->question, NULL) < 0)
		s->question = NULL;
	err = context_spool(context, &spool, problem);
	if (err < 0)
		return err;
	s->acting.spool = spool;
	s->spool_path = realpath(spool->path, NULL);
	if (s->spool_path == NULL)
		return problem_set(
			problem, -errno, "cannot look at %s: %s", spool->path, strerror(errno));
	s->acting.spool_path = s->spool_path;
	s->acting.exim_login = context_exim_login(context);
	s->request = own_command_line();
	s->acting.request = s->request;
	journal_who_now(&s->acting.who);
	s->acting.stop = &stopped;
	return 0;
}

static const struct exim_settings *settings_of(struct acting_session *s, struct context *context)
{
	const struct exim_settings *settings = NULL;
	struct exim_question *question = s->question;

	s->question = NULL;
	if (s->settings != NULL)
		return s->settings;
	if (context->global.spool == NULL)
		return context_exim_settings(context, &settings, NULL) == 0 ? settings : NULL;
	if (question != NULL && exim_settings_collect(question, &s->settings, NULL) < 0)
		s->settings = NULL;
	return s->settings;
}

/* Sentences about the whole without an id, those about one message with it. */
static void tell_problems(const struct context *context, const struct acted *acted)
{
	for (size_t i = 0; i < acted->problem_count; i++) {
		const struct acted_problem *p = &acted->problems[i];

		if (p->id.len > 0)
			context_warn(context, "%s: %s", p->id.text, p->why);
		else
			context_warn(context, "%s", p->why);
	}
}

static void show_progress(void *given, const char *phase, uint64_t done, uint64_t total)
{
	struct acting_session *s = given;
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (total < 5000)
		return;
	s->shows_progress = true;
	(void)fprintf(stderr, "\r%s of %s %s ", units_count_text(done, a),
		units_count_text(total, b), phase);
}

int acting_session_act(
	struct acting_session *s, struct context *context, bool compare, struct problem *problem)
{
	struct acted found = {0};
	char command[64];
	int err;

	(void)snprintf(command, sizeof(command), "stanch %s", context->command->name);
	hear_signals();
	err = journal_open(
		context->global.state, JOURNAL_ACT, command, &s->acting.journal, problem);
	if (err < 0)
		return err;
	stop_point(STOP_JOURNAL_OPENED);
	if (s->acting.log == NULL) {
		const struct exim_settings *settings = settings_of(s, context);

		s->exim_known = settings != NULL;
		s->acting.log = mainlog_new(s->acting.spool, settings);
	}
	if (context->error_terminal && !context->global.quiet) {
		s->acting.progress = show_progress;
		s->acting.progress_context = s;
	}
	err = recover_run(&s->acting, &found, problem);
	if (err == 0 && compare)
		err = recover_compare(&s->acting, &found, problem);
	tell_problems(context, &found);
	acted_clear(&found);
	return err;
}

void acting_hint_log(struct acting_session *s, const struct context *context)
{
	if (mainlog_place(s->acting.log) == NULL && !s->told_no_log)
		context_hint(context,
			"Exim's main log is not written: this spool is not the one that Exim's "
			"configuration names, and has no log/mainlog of its own");
	s->told_no_log = true;
}

void acting_session_pause(struct acting_session *s)
{
	journal_free(s->acting.journal);
	s->acting.journal = NULL;
}

void acting_session_end(struct acting_session *s)
{
	if (s->shows_progress)
		(void)fputs("\r\033[K", stderr);
	journal_free(s->acting.journal);
	mainlog_free(s->acting.log);
	exim_question_free(s->question);
	exim_settings_free(s->settings);
	free(s->spool_path);
	free(s->request);
	*s = (struct acting_session){0};
}

int acting_strays(struct context *context, struct journal *journal, struct stray_list *ret_strays,
	struct problem *problem)
{
	struct exim_spool *spool = NULL;
	int err = context_spool(context, &spool, problem);
	char *path;

	if (err < 0)
		return err;
	path = realpath(spool->path, NULL);
	if (path == NULL)
		return problem_set(
			problem, -errno, "cannot look at %s: %s", spool->path, strerror(errno));
	stray_list_clear(ret_strays);
	err = stray_list_read(
		ret_strays, spool, path, context->global.hold_queue, journal, problem);
	free(path);
	return err;
}

static void tell_strays_json(const struct context *context, size_t count)
{
	json_t *o = json_object();

	json_put(o, "hold", NULL);
	json_put(o, "spool", json_text(slice_of(context->spool->path)));
	json_put(o, "queue", json_text(slice_of(context->global.hold_queue)));
	json_put(o, "messages", json_integer((json_int_t)count));
	json_put(o, "held", json_integer((json_int_t)count));
	json_put(o, "state", json_text(slice_of("not in the journal")));
	json_line(stdout, o);
}

void acting_tell_strays(const struct context *context, size_t count)
{
	const char *queue = context->global.hold_queue;
	char a[UNITS_TEXT];

	if (context->global.json)
		tell_strays_json(context, count);
	context_warn(context,
		"%s %s in Exim's queue \"%s\" that this journal does not know: exim -qG%s -bp "
		"lists %s, stanch restore ID puts %s back",
		units_count_text(count, a), count == 1 ? "message lies" : "messages lie", queue,
		queue, count == 1 ? "it" : "them", count == 1 ? "it" : "them");
}

const char *acting_messages(uint64_t count)
{
	return count == 1 ? "message" : "messages";
}

const char *acting_result_state(const struct acted *acted)
{
	if (acted->stopped)
		return "stopped";
	if (acted->counts.done == acted->counts.messages)
		return "done";
	return acted->counts.done > 0 ? "partly" : "nothing";
}

static void tell_json(const char *action, const char *state, const struct acted *acted)
{
	json_t *o = json_object();
	json_t *problems = json_array();

	json_put(o, "hold", acted->hold != 0 ? json_integer(acted->hold) : NULL);
	json_put(o, "action", json_text(slice_of(action)));
	json_put(o, "messages", json_integer((json_int_t)acted->counts.messages));
	json_put(o, "done", json_integer((json_int_t)acted->counts.done));
	json_put(o, "left", json_integer((json_int_t)acted->counts.left));
	json_put(o, "missing", json_integer((json_int_t)acted->counts.missing));
	json_put(o, "conflict", json_integer((json_int_t)acted->counts.conflict));
	json_put(o, "state", json_text(slice_of(state)));
	for (size_t i = 0; i < acted->problem_count; i++) {
		const struct acted_problem *p = &acted->problems[i];
		json_t *one = json_object();

		json_put(one, "id",
			p->id.len > 0 ? json_text((struct slice){p->id.text, p->id.len}) : NULL);
		json_put(one, "why", json_text(slice_of(p->why)));
		json_array_append_new(problems, one);
	}
	json_put(o, "problems", problems);
	json_line(stdout, o);
}

static const char *messages_were(uint64_t count)
{
	return count == 1 ? "message was" : "messages were";
}

static void tell_rest(const struct context *context, const char *verb, const struct acted *acted)
{
	const struct journal_counts *c = &acted->counts;
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (c->left > 0)
		context_warn(context, "%s %s not %s (%s of them because Exim was working on them)",
			units_count_text(c->left, a), messages_were(c->left), verb,
			units_count_text(acted->locked, b));
	if (c->missing > 0)
		context_warn(context, "%s %s not there to be %s", units_count_text(c->missing, a),
			messages_were(c->missing), verb);
	if (c->conflict > 0)
		context_warn(context, "%s %s not %s because a file of that name is already there",
			units_count_text(c->conflict, a), messages_were(c->conflict), verb);
	if (acted->unfinished > 0)
		context_warn(context,
			"%s %s between: the next hold, restore or purge finishes what was begun",
			units_count_text(acted->unfinished, a),
			acted->unfinished == 1 ? "message hangs" : "messages hang");
	if (acted->stopped && acted->unfinished == 0)
		context_warn(context, "stopped at a safe point: nothing is half done");
}

void acting_tell(const struct context *context, const char *action, const char *verb,
	const char *state, const struct acted *acted)
{
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (context->error_terminal && !context->global.quiet && acted->counts.messages >= 5000)
		(void)fputs("\r\033[K", stderr);
	if (context->global.json) {
		tell_json(action, state, acted);
		return;
	}
	tell_problems(context, acted);
	tell_rest(context, verb, acted);
	if (acted->hold == 0)
		printf("nothing was %s\n", verb);
	else
		printf("hold %" PRId64 ": %s of %s %s %s\n", acted->hold,
			units_count_text(acted->counts.done, a),
			units_count_text(acted->counts.messages, b),
			acting_messages(acted->counts.messages), verb);
}

int acting_exit(const struct acted *acted)
{
	return acted->counts.done == acted->counts.messages && acted->problem_count == 0
		       ? COMMAND_DONE
		       : COMMAND_LEFT;
}
