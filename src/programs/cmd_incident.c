/* cmd_incident.c - stanch incident: one outbreak as a story, and a person's word on it. */
#include "base/printable.h"
#include "programs/incident_session.h"
#include "programs/own_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Holds of one incident that a release puts back; far more than are ever made. */
#define HOLDS_MOST 4096

struct incident_settings {
	const char *reason;
	bool yes, dry_run;
};

static const struct option_row rows[] = {
	{.name = "reason",
		.argument = "TEXT",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct incident_settings, reason),
		.help = "Why; it is kept with the step."},
	{.name = "yes",
		.letter = 'y',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct incident_settings, yes),
		.help = "Do not ask. Without a terminal nothing is held or released unless this is "
			"given."},
	{.name = "dry-run",
		.letter = 'n',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct incident_settings, dry_run),
		.help = "Show what would be done, and change nothing."},
};

/* One word of a person on one incident. */
struct saying {
	struct context *context;
	const struct incident_settings *settings;
	struct journal *journal;
	struct incident incident;
	struct journal_who who;
};

static int step(struct saying *s, enum incident_event event)
{
	char reason[CASEBOOK_WORDS];
	struct problem problem = {0};
	const char *typed = s->settings->reason != NULL ? s->settings->reason : "";
	const struct incident_doing doing = {.at = (int64_t)time(NULL),
		.who = &s->who,
		.words = printable_text(slice_of(typed), reason, sizeof(reason))};
	int err = casebook_step(
		s->journal, s->incident.number, event, &doing, &s->incident.state, &problem);

	if (err < 0)
		context_problem(s->context, &problem);
	return err;
}

/* What is known up to now never counts again. */
static int forgive(struct saying *s)
{
	struct problem problem = {0};
	int64_t now_us = (int64_t)time(NULL) * 1000000 + 999999;
	int64_t until = s->incident.fact_us > now_us ? s->incident.fact_us : now_us;
	int err = casebook_forgive(s->journal, &s->incident.source, until, &problem);

	if (err < 0)
		context_problem(s->context, &problem);
	return err;
}

static bool can(const struct saying *s, enum incident_event event)
{
	enum incident_state to;

	return incident_step(s->incident.state, event, &to);
}

static int say_too_late(const struct saying *s)
{
	context_warn(s->context, "incident %" PRId64 " is %s: that cannot be done any more",
		s->incident.number, incident_state_name(s->incident.state));
	return COMMAND_LEFT;
}

/* Whether the person wants it. COMMAND_DONE, or the exit status. */
static int ask(struct saying *s, const char *question)
{
	if (s->settings->dry_run) {
		(void)printf("%s\n", question);
		return COMMAND_LEFT;
	}
	if (s->settings->yes || context_confirm(s->context, question))
		return COMMAND_DONE;
	context_hint(s->context, "nothing was done: --yes does it");
	return COMMAND_LEFT;
}

/* Forgiven first, here and in release: when it is killed between the two, the same evidence still
 * never contains again. */
static int dismiss(struct saying *s)
{
	if (!can(s, INCIDENT_DISMISS)) {
		context_warn(s->context,
			"incident %" PRId64 " is %s: release puts its mail back, close ends it",
			s->incident.number, incident_state_name(s->incident.state));
		return COMMAND_LEFT;
	}
	if (s->settings->dry_run)
		return ask(s, "Dismiss it?");
	return forgive(s) < 0 || step(s, INCIDENT_DISMISS) < 0 ? COMMAND_UNABLE : COMMAND_DONE;
}

static int close_it(struct saying *s)
{
	if (!can(s, INCIDENT_CLOSE))
		return say_too_late(s);
	if (s->settings->dry_run)
		return ask(s, "Close it?");
	return step(s, INCIDENT_CLOSE) < 0 ? COMMAND_UNABLE : COMMAND_DONE;
}

static int hold_mail(struct saying *s)
{
	char source[SOURCE_TEXT_MAX], reason[64];
	struct own_result result = {0};
	struct problem problem = {0};
	int64_t number = s->incident.number;

	(void)snprintf(reason, sizeof(reason), "incident %" PRId64, number);
	const char *const words[] = {"hold", source_text(&s->incident.source, source),
		"--until-clean", "--yes", "--quiet", "--reason", reason};
	int err = own_command_run(
		&s->context->global, words, sizeof(words) / sizeof(words[0]), &result, &problem);
	if (err == 0 && result.hold != 0)
		err = casebook_add_hold(s->journal, number, result.hold, result.done, &problem);
	if (err < 0) {
		context_problem(s->context, &problem);
		return COMMAND_UNABLE;
	}
	if (!s->context->global.json)
		(void)printf("held %" PRIu64 " of its messages\n", result.done);
	if (!result.is_complete)
		return step(s, INCIDENT_FOUND) < 0 ? COMMAND_UNABLE : COMMAND_LEFT;
	return step(s, INCIDENT_NOTHING) < 0 ? COMMAND_UNABLE : COMMAND_DONE;
}

static int hold(struct saying *s)
{
	char name[SOURCE_TEXT_MAX], question[SOURCE_TEXT_MAX + 64];

	(void)snprintf(question, sizeof(question), "Hold all mail of %s?",
		source_text(&s->incident.source, name));
	/* Contained or cleaning: it was interrupted, or something was left. */
	bool again =
		s->incident.state == INCIDENT_CONTAINED || s->incident.state == INCIDENT_CLEANING;
	if (!again && !can(s, INCIDENT_APPROVE))
		return say_too_late(s);
	int status = ask(s, question);
	if (status != COMMAND_DONE)
		return status;
	if (!again && step(s, INCIDENT_APPROVE) < 0)
		return COMMAND_UNABLE;
	if (s->incident.state == INCIDENT_CONTAINED && step(s, INCIDENT_HOLD) < 0)
		return COMMAND_UNABLE;
	return hold_mail(s);
}

static int restore_hold(struct saying *s, int64_t hold_number)
{
	char number[24];
	struct own_result result = {0};
	struct problem problem = {0};

	(void)snprintf(number, sizeof(number), "%" PRId64, hold_number);
	const char *const words[] = {"restore", number, "--yes"};
	int err = own_command_run(
		&s->context->global, words, sizeof(words) / sizeof(words[0]), &result, &problem);
	if (err < 0) {
		context_problem(s->context, &problem);
		return COMMAND_UNABLE;
	}
	if (!s->context->global.json)
		(void)printf("hold %s: %" PRIu64 " messages put back\n", number, result.done);
	return result.is_complete ? COMMAND_DONE : COMMAND_LEFT;
}

/* The word first: a daemon that runs must not hold again what is being put back. */
static int release(struct saying *s)
{
	int64_t holds[HOLDS_MOST];
	char question[128];
	struct problem problem = {0};
	size_t n;

	if (casebook_holds(s->journal, s->incident.number, holds, HOLDS_MOST, &n, &problem) < 0) {
		context_problem(s->context, &problem);
		return COMMAND_UNABLE;
	}
	(void)snprintf(question, sizeof(question),
		"Put the mail of incident %" PRId64 " back (%zu %s)?", s->incident.number, n,
		n == 1 ? "hold" : "holds");
	bool again = s->incident.state == INCIDENT_RELEASED; /* something was left */
	if (!again && !can(s, INCIDENT_RELEASE))
		return say_too_late(s);
	int status = ask(s, question);
	if (status != COMMAND_DONE)
		return status;
	if (!again && (forgive(s) < 0 || step(s, INCIDENT_RELEASE) < 0))
		return COMMAND_UNABLE;
	incident_tell_daemon(s->context);
	int worst = COMMAND_DONE;
	for (size_t i = 0; i < n; i++) {
		status = restore_hold(s, holds[i]);
		worst = status > worst ? status : worst;
	}
	return worst;
}

static int show(struct context *context, struct journal *journal, int64_t number)
{
	struct incident_story story;
	struct problem problem = {0};
	int err = incident_story_read(journal, number, &story, &problem);

	if (err == 0)
		incident_show(context, &story, false);
	else
		context_problem(context, &problem);
	incident_story_clear(&story);
	return err == 0 ? COMMAND_DONE : err == -ENOENT ? COMMAND_LEFT : COMMAND_UNABLE;
}

static const struct {
	const char *name;
	int (*say)(struct saying *s);
} sayings[] = {{"hold", hold}, {"release", release}, {"dismiss", dismiss}, {"close", close_it}};

static int say(struct context *context, const struct incident_settings *settings,
	struct journal *journal, int64_t number, const char *word)
{
	struct saying s = {.context = context, .settings = settings, .journal = journal};
	struct problem problem = {0};
	int err = casebook_find(journal, number, &s.incident, &problem);

	if (err < 0) {
		context_problem(context, &problem);
		return err == -ENOENT ? COMMAND_LEFT : COMMAND_UNABLE;
	}
	journal_who_now(&s.who);
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		if (strcmp(sayings[i].name, word) == 0) {
			int status = sayings[i].say(&s);
			incident_tell_daemon(context);
			return status;
		}
	return COMMAND_USAGE;
}

static bool is_word(const char *word)
{
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		if (strcmp(sayings[i].name, word) == 0)
			return true;
	return strcmp(word, "show") == 0;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	char shown[64];
	uint64_t number = 0;
	AUTO(journal) journal = NULL;

	if (arguments->count != 2 || !is_word(arguments->at[0]) ||
		units_read_count(slice_of(arguments->at[1]), INT64_MAX, &number) < 0 ||
		number == 0) {
		context_warn(context,
			"%s: write show, hold, release, dismiss or close, and its "
			"number",
			arguments->count > 0
				? printable_text(slice_of(arguments->at[0]), shown, sizeof(shown))
				: "which incident?");
		return COMMAND_USAGE;
	}
	bool only_show = strcmp(arguments->at[0], "show") == 0;
	int err = incident_journal(context, only_show ? JOURNAL_READ : JOURNAL_NOTE, &journal);
	if (err == -ENOENT) {
		context_warn(context, "there is no incident %" PRIu64, number);
		return COMMAND_LEFT;
	}
	if (err < 0)
		return COMMAND_UNABLE;
	return only_show ? show(context, journal, (int64_t)number)
			 : say(context, settings, journal, (int64_t)number, arguments->at[0]);
}

const struct command command_incident = {
	.name = "incident",
	.arguments = "show|hold|release|dismiss|close NUMBER",
	.arguments_most = 2,
	.help = "one outbreak as a story; hold, release, dismiss or close it",
	.about = "show tells it from the first evidence to the end: who did what and when, each "
		 "reason with its weight, what was held, and the commands that undo it.\n"
		 "hold takes the source's mail out of the queue, when a person is asked. release "
		 "puts what was held back into the queue. dismiss says that it is no thief. After "
		 "both the same evidence never counts again; new evidence may. close ends it; what "
		 "is held stays held.",
	.settings_size = sizeof(struct incident_settings),
	.sets = {COMMAND_SET("How", rows, 0)},
	.run = run,
};
