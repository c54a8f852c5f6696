/* cmd_top.c - stanch top: the daemon's view of now, watched on a terminal, or printed. */
#include "base/clock.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "programs/context.h"
#include "programs/daemon/control.h"
#include "programs/told_command.h"
#include "programs/top_dialogue.h"
#include "programs/top_screen.h"
#include "reports/incidents.h"
#include "reports/now_json.h"
#include "reports/top.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ASK_MS       1000 /* how often, and how long it is waited for while someone types */
#define SILENT_MS    3000 /* how often while it does not answer */
#define ASK_PLAIN_MS 5000
#define PLAIN_WIDTH  200 /* columns of what is printed into a pipe */

struct top_settings {
	bool once;
	struct units_given every;
};

static const struct option_row rows[] = {
	{.name = "once",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct top_settings, once),
		.help = "Print it once, as text; so also without a terminal, or on one that is "
			"dumb."},
	{.name = "every",
		.argument = "AGE",
		.kind = OPTION_AGE,
		.offset = offsetof(struct top_settings, every),
		.help = "Print it again and again, so far apart."},
};

/* What is known, and how it is asked for. */
struct asking {
	const struct context *context;
	struct now now;
	bool is_known;
	char problem[PROBLEM_MAX]; /* why nothing is heard now; "": something is */
};

static const struct now *known(const struct asking *a)
{
	return a->is_known ? &a->now : NULL;
}

static void explain(struct asking *a, int err)
{
	char shown[256];

	(void)printable_text(slice_of(a->context->global.control), shown, sizeof(shown));
	if (err == -ENOENT || err == -ECONNREFUSED)
		(void)snprintf(
			a->problem, sizeof(a->problem), "no daemon runs: nobody serves %s", shown);
	else if (err == -EPERM || err == -EACCES)
		(void)snprintf(a->problem, sizeof(a->problem),
			"the daemon does not hear you: run as root, or as a member of its "
			"control.group");
	else if (err == -EBADMSG)
		(void)snprintf(a->problem, sizeof(a->problem),
			"the daemon at %s says what is not understood: is it of another version?",
			shown);
	else
		(void)snprintf(a->problem, sizeof(a->problem),
			"the daemon at %s does not answer: %s", shown, strerror(-err));
}

/* The document, a new reference; or a negative errno. */
static int ask_document(const struct context *context, int timeout_ms, json_t **ret)
{
	json_t *answer = NULL;
	int err = control_ask(context->global.control, "now", timeout_ms, &answer);

	if (err == 0 && !json_is_object(answer))
		err = -EBADMSG;
	if (err == 0)
		*ret = answer;
	else
		json_decref(answer);
	return err;
}

/* What was known stays, and grows old, when nothing is heard. */
static void ask(struct asking *a, int timeout_ms)
{
	json_t *document = NULL;
	struct now now = {0};
	int err = ask_document(a->context, timeout_ms, &document);

	if (err == 0)
		err = now_json_read(document, &now);
	json_decref(document);
	if (err == -EINTR) /* a signal, such as that of a new size: the next answer tells */
		return;
	if (err < 0) {
		explain(a, err);
		return;
	}
	now_clear(&a->now);
	a->now = now;
	a->is_known = true;
	a->problem[0] = '\0';
}

/* ---- without a daemon ---- */

static int unable(const struct asking *a)
{
	context_warn(a->context, "%s", a->problem);
	context_hint(a->context, "without it, \"stanch sources\" shows who has mail in the queue");
	return COMMAND_UNABLE;
}

/* ---- printed ---- */

static int print_json(const struct context *context)
{
	struct asking a = {.context = context};
	json_t *document = NULL;
	int err = ask_document(context, ASK_PLAIN_MS, &document);

	if (err == 0 && json_object_get(document, "error") != NULL)
		err = -EBADMSG;
	if (err < 0) {
		json_decref(document);
		explain(&a, err);
		return unable(&a);
	}
	json_line(stdout, document);
	return COMMAND_DONE;
}

static struct top_state state_of(const struct asking *a)
{
	return (struct top_state){.now = known(a),
		.clock = (double)clock_now_us() / 1e6,
		.problem = a->problem[0] != '\0' ? a->problem : NULL};
}

/* The exit status. */
static int print_view(const struct asking *a)
{
	const struct top_choice choice = {.list = TOP_INCIDENTS};
	struct top_state state = state_of(a);

	state.unicode = a->context->out_terminal && incidents_unicode();
	state.plain = true;
	state.columns = a->context->width > 0 ? a->context->width : PLAIN_WIDTH;
	state.rows = top_rows_needed(&state);
	AUTO(canvas) canvas = top_draw(&state, &choice);
	canvas_print(stdout, canvas);
	(void)fflush(stdout);
	return top_is_whole(&state) ? COMMAND_DONE : COMMAND_LEFT;
}

static int print_once(struct asking *a)
{
	ask(a, ASK_PLAIN_MS);
	if (!a->is_known)
		return unable(a);
	return print_view(a);
}

/* Until it is ended, or nobody reads it. */
static int print_every(struct asking *a, uint64_t seconds)
{
	while (!ferror(stdout)) {
		if (a->context->global.json) {
			int status = print_json(a->context);
			if (status != COMMAND_DONE)
				return status;
			(void)fflush(stdout);
		} else {
			ask(a, ASK_PLAIN_MS);
			(void)print_view(a);
			(void)putchar('\n');
		}
		const struct timespec pause = {.tv_sec = (time_t)seconds};
		(void)nanosleep(&pause, NULL);
	}
	return COMMAND_UNABLE;
}

/* ---- watched ---- */

struct watching {
	struct asking *asking;
	struct top_screen *screen;
	struct top_dialogue *dialogue;
	struct told_command *command; /* NULL: none runs */
	int64_t next_ms;              /* when the daemon is asked again */
	bool is_over;
};

static void paint(struct watching *w)
{
	struct top_state state = state_of(w->asking);

	state.unicode = top_screen_unicode(w->screen);
	top_screen_size(w->screen, &state.columns, &state.rows);
	AUTO(canvas) canvas = top_dialogue_draw(w->dialogue, &state);
	top_screen_paint(w->screen, canvas);
}

static void run_command(struct watching *w)
{
	const char *words[TOP_WORDS];
	size_t count = top_dialogue_words(w->dialogue, words);
	struct problem problem = {0};
	int err = told_command_start(
		&w->asking->context->global, NULL, words, count, &w->command, &problem);

	if (err < 0)
		top_dialogue_ended(w->dialogue, -1, slice_of(problem.text), true);
}

static void take_command(struct watching *w)
{
	int status = 0;

	if (w->command == NULL || !told_command_take(w->command, &status))
		return;
	top_dialogue_ended(w->dialogue, status, told_command_said(w->command), geteuid() == 0);
	told_command_free(w->command);
	w->command = NULL;
	w->next_ms = 0; /* what was done is to be seen */
}

static void take_keys(struct watching *w)
{
	unsigned columns, rows_shown;
	int key;

	top_screen_size(w->screen, &columns, &rows_shown);
	while (!w->is_over && (key = top_screen_key(w->screen)) != 0) {
		enum top_wish wish =
			top_dialogue_key(w->dialogue, key, known(w->asking), rows_shown);

		w->is_over = wish == TOP_QUIT;
		if (wish == TOP_RUN)
			run_command(w);
		if (wish == TOP_INTERRUPT && w->command != NULL)
			told_command_interrupt(w->command);
	}
}

static void ask_if_due(struct watching *w)
{
	if (clock_now_ms() < w->next_ms || top_dialogue_choice(w->dialogue)->is_paused)
		return;
	ask(w->asking, ASK_MS);
	/* keys wait while it does not answer */
	w->next_ms = clock_now_ms() + (w->asking->problem[0] == '\0' ? ASK_MS : SILENT_MS);
}

static void wait_for_something(struct watching *w)
{
	int64_t left = w->next_ms - clock_now_ms();
	int descriptor = w->command != NULL ? told_command_descriptor(w->command) : -1;

	/* while it is paused, the age of the picture grows */
	if (top_dialogue_choice(w->dialogue)->is_paused || left > ASK_MS)
		left = ASK_MS;
	top_screen_wait(w->screen, descriptor, left > 0 ? (int)left : 0);
}

static void watch_until_end(struct watching *w)
{
	while (!w->is_over && top_screen_signal(w->screen) == 0) {
		ask_if_due(w);
		paint(w);
		wait_for_something(w);
		take_keys(w);
		take_command(w);
	}
}

/* As if the signal had ended it at once, but for the terminal. */
static void end_by(int signal_number)
{
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
}

static int watch_on_screen(struct asking *a, struct top_screen *screen)
{
	struct watching w = {.asking = a,
		.screen = screen,
		.dialogue = top_dialogue_new(),
		.next_ms = clock_now_ms() + ASK_MS};

	watch_until_end(&w);
	int signal_number = top_screen_signal(screen);
	top_screen_free(screen);
	if (w.command != NULL)
		context_warn(a->context, "the command that runs is asked to end, and waited for");
	told_command_free(w.command);
	top_dialogue_free(w.dialogue);
	if (signal_number != 0)
		end_by(signal_number);
	return COMMAND_DONE;
}

static int watch_now(struct asking *a)
{
	ask(a, ASK_PLAIN_MS);
	if (!a->is_known)
		return unable(a);
	struct top_screen *screen = top_screen_new(a->context->color);
	return screen != NULL ? watch_on_screen(a, screen) : print_view(a);
}

/* ---- the command ---- */

static bool can_watch(const struct context *context)
{
	const char *term = getenv("TERM");

	return context->in_terminal && context->out_terminal && term != NULL &&
	       strcmp(term, "dumb") != 0 && term[0] != '\0';
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct top_settings *s = settings;
	struct asking a = {.context = context};
	int status;

	(void)arguments;
	if (s->every.given && s->every.value == 0) {
		context_warn(context, "--every: 0 is below 1");
		return COMMAND_USAGE;
	}
	if (s->every.given)
		status = print_every(&a, s->every.value);
	else if (context->global.json)
		status = print_json(context);
	else if (!s->once && can_watch(context))
		status = watch_now(&a);
	else
		status = print_once(&a);
	now_clear(&a.now);
	return status;
}

const struct command command_top = {
	.name = "top",
	.arguments = "",
	.help = "the daemon's view of now: what is wrong, incidents, suspicious sources",
	.about = "Asks the daemon each second and shows on the terminal whether all is calm, the "
		 "incidents, those that wait for a person first, and the sources of the last "
		 "hour, the most suspicious first, with the reason. Keys explain, contain, release "
		 "and dismiss: what would be done is shown, and nothing is done without a y. \"?\" "
		 "says which keys there are.\n"
		 "Without a terminal it is printed once.",
	.settings_size = sizeof(struct top_settings),
	.sets = {COMMAND_SET("How", rows, 0)},
	.run = run,
};
