#include "programs/incident_word.h"

#include "base/printable.h"
#include "programs/containing.h"
#include "programs/own_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

/* Holds of one incident that a release puts back; far more than are ever made. */
#define HOLDS_MOST 4096

const struct option_row incident_word_rows[INCIDENT_WORD_ROWS] = {
	{.name = "reason",
		.argument = "TEXT",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct incident_word_settings, reason),
		.help = "Why; it is kept with the step."},
	{.name = "yes",
		.letter = 'y',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct incident_word_settings, yes),
		.help = "Do not ask. Without a terminal nothing is held or released unless this is "
			"given."},
	{.name = "dry-run",
		.letter = 'n',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct incident_word_settings, dry_run),
		.help = "Show what would be done, and change nothing."},
	{.name = "keep-mail",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct incident_word_settings, keep_mail),
		.help = "With a release: what is held stays held. stanch restore puts back a part "
			"of it."},
};

static int step(struct incident_word *w, enum incident_event event)
{
	char reason[CASEBOOK_WORDS];
	struct problem problem = {0};
	const char *typed = w->settings->reason != NULL ? w->settings->reason : "";
	const struct incident_doing doing = {.at = (int64_t)time(NULL),
		.who = &w->who,
		.words = printable_text(slice_of(typed), reason, sizeof(reason))};
	int err = casebook_step(
		w->journal, w->incident.number, event, &doing, &w->incident.state, &problem);

	if (err < 0)
		context_problem(w->context, &problem);
	return err;
}

/* What is known up to now never counts again. */
static int forgive(struct incident_word *w)
{
	struct problem problem = {0};
	int64_t now_us = (int64_t)time(NULL) * 1000000 + 999999;
	int64_t until = w->incident.fact_us > now_us ? w->incident.fact_us : now_us;
	int err = casebook_forgive(w->journal, &w->incident.source, until, &problem);

	if (err < 0)
		context_problem(w->context, &problem);
	return err;
}

static bool can(const struct incident_word *w, enum incident_event event)
{
	enum incident_state to;

	return incident_step(w->incident.state, event, &to);
}

static int say_too_late(const struct incident_word *w)
{
	context_warn(w->context, "incident %" PRId64 " is %s: that cannot be done any more",
		w->incident.number, incident_state_name(w->incident.state));
	return COMMAND_LEFT;
}

/* Whether the person wants it. COMMAND_DONE, or the exit status. */
static int ask(struct incident_word *w, const char *question)
{
	if (w->settings->dry_run) {
		(void)printf("%s\n", question);
		return COMMAND_LEFT;
	}
	if (w->settings->yes || context_confirm(w->context, question))
		return COMMAND_DONE;
	context_hint(w->context, "nothing was done: --yes does it");
	return COMMAND_LEFT;
}

/* Forgiven first, here and in release: when it is killed between the two, the same evidence still
 * never contains again. */
int incident_dismiss(struct incident_word *w)
{
	if (!can(w, INCIDENT_DISMISS)) {
		context_warn(w->context,
			"incident %" PRId64 " is %s: release puts its mail back, close ends it",
			w->incident.number, incident_state_name(w->incident.state));
		return COMMAND_LEFT;
	}
	if (w->settings->dry_run)
		return ask(w, "Dismiss it?");
	return forgive(w) < 0 || step(w, INCIDENT_DISMISS) < 0 ? COMMAND_UNABLE : COMMAND_DONE;
}

int incident_close(struct incident_word *w)
{
	if (!can(w, INCIDENT_CLOSE))
		return say_too_late(w);
	if (w->settings->dry_run)
		return ask(w, "Close it?");
	bool was_acted_on = incident_is_acted_on(w->incident.state);
	if (step(w, INCIDENT_CLOSE) < 0)
		return COMMAND_UNABLE;
	return was_acted_on ? containing_act(w->context, w->journal, &w->incident, &w->who)
			    : COMMAND_DONE;
}

static int hold_mail(struct incident_word *w)
{
	char source[SOURCE_TEXT_MAX], reason[64];
	struct own_result result = {0};
	struct problem problem = {0};
	int64_t number = w->incident.number;

	(void)snprintf(reason, sizeof(reason), "incident %" PRId64, number);
	const char *const words[] = {"hold", source_text(&w->incident.source, source),
		"--until-clean", "--yes", "--quiet", "--reason", reason};
	int err = own_command_run(
		&w->context->global, words, sizeof(words) / sizeof(words[0]), &result, &problem);
	if (err == 0 && result.hold != 0)
		err = casebook_add_hold(w->journal, number, result.hold, result.done, &problem);
	if (err < 0) {
		context_problem(w->context, &problem);
		return COMMAND_UNABLE;
	}
	if (!w->context->global.json)
		(void)printf("held %" PRIu64 " of its messages\n", result.done);
	if (!result.is_complete)
		return step(w, INCIDENT_FOUND) < 0 ? COMMAND_UNABLE : COMMAND_LEFT;
	return step(w, INCIDENT_NOTHING) < 0 ? COMMAND_UNABLE : COMMAND_DONE;
}

/* A daemon may have gone on with it meanwhile. */
static int look_again(struct incident_word *w)
{
	struct problem problem = {0};
	int err = casebook_find(w->journal, w->incident.number, &w->incident, &problem);

	if (err < 0)
		context_problem(w->context, &problem);
	return err;
}

/* The source is refused and thrown out before its mail is held: what comes in meanwhile is less. */
static int contain_now(struct incident_word *w)
{
	bool again =
		w->incident.state == INCIDENT_CONTAINED ||
		w->incident.state == INCIDENT_CLEANING; /* interrupted, or something was left */

	if (!again && step(w, INCIDENT_APPROVE) < 0)
		return COMMAND_UNABLE;
	incident_tell_daemon(w->context);
	int acted = containing_act(w->context, w->journal, &w->incident, &w->who);
	if (look_again(w) < 0)
		return COMMAND_UNABLE;
	if (w->incident.state == INCIDENT_CONTAINED && step(w, INCIDENT_HOLD) < 0)
		return COMMAND_UNABLE;
	int held = hold_mail(w);
	return held > acted ? held : acted;
}

int incident_contain(struct incident_word *w)
{
	char name[SOURCE_TEXT_MAX], question[SOURCE_TEXT_MAX + 64];

	(void)snprintf(question, sizeof(question), "Hold all mail of %s?",
		source_text(&w->incident.source, name));
	if (w->incident.state != INCIDENT_CONTAINED && w->incident.state != INCIDENT_CLEANING &&
		!can(w, INCIDENT_APPROVE))
		return say_too_late(w);
	if (w->settings->dry_run)
		(void)containing_plan(w->context, w->journal, &w->incident);
	int status = ask(w, question);
	return status == COMMAND_DONE ? contain_now(w) : status;
}

static int restore_hold(struct incident_word *w, int64_t hold_number)
{
	char number[24];
	struct own_result result = {0};
	struct problem problem = {0};

	(void)snprintf(number, sizeof(number), "%" PRId64, hold_number);
	const char *const words[] = {"restore", number, "--yes"};
	int err = own_command_run(
		&w->context->global, words, sizeof(words) / sizeof(words[0]), &result, &problem);
	if (err < 0) {
		context_problem(w->context, &problem);
		return COMMAND_UNABLE;
	}
	if (!w->context->global.json)
		(void)printf("hold %s: %" PRIu64 " messages put back\n", number, result.done);
	return result.is_complete ? COMMAND_DONE : COMMAND_LEFT;
}

/* In the order in which it helps: it may send again, has its mail, has its login, is told. */
static int undo_all(struct incident_word *w, const int64_t *holds, size_t count)
{
	int worst = containing_undo(w->context, w->journal, &w->incident, &w->who, "refuse");

	for (size_t i = 0; i < count; i++) {
		int status = restore_hold(w, holds[i]);
		worst = status > worst ? status : worst;
	}
	int status = containing_undo(w->context, w->journal, &w->incident, &w->who, NULL);
	return status > worst ? status : worst;
}

/* The word first: a daemon that runs must not hold again what is being put back. */
int incident_release(struct incident_word *w)
{
	int64_t holds[HOLDS_MOST];
	char question[128];
	struct problem problem = {0};
	size_t n;

	if (casebook_holds(w->journal, w->incident.number, holds, HOLDS_MOST, &n, &problem) < 0) {
		context_problem(w->context, &problem);
		return COMMAND_UNABLE;
	}
	(void)snprintf(question, sizeof(question),
		"Put the mail of incident %" PRId64 " back (%zu %s)?", w->incident.number, n,
		n == 1 ? "hold" : "holds");
	bool again = w->incident.state == INCIDENT_RELEASED; /* something was left */
	if (!again && !can(w, INCIDENT_RELEASE))
		return say_too_late(w);
	int status = ask(w, question);
	if (status != COMMAND_DONE)
		return status;
	if (!again && (forgive(w) < 0 || step(w, INCIDENT_RELEASE) < 0))
		return COMMAND_UNABLE;
	incident_tell_daemon(w->context);
	return undo_all(w, holds, w->settings->keep_mail ? 0 : n);
}

int incident_act(struct incident_word *w)
{
	if (!w->settings->dry_run)
		return containing_act(
			w->context, w->journal, &w->incident, w->settings->yes ? &w->who : NULL);
	return containing_plan(w->context, w->journal, &w->incident);
}

int incident_open_by_person(struct incident_word *w, const struct source *source)
{
	const struct incident_doing doing = {.at = (int64_t)time(NULL), .who = &w->who};
	const struct incident_finding finding = {.source = source, .at_us = doing.at * 1000000};
	struct problem problem = {0};
	int64_t number = 0;
	int err = casebook_open(w->journal, &finding, &doing, &number, &problem);

	if (err == 0)
		err = casebook_find(w->journal, number, &w->incident, &problem);
	if (err < 0)
		context_problem(w->context, &problem);
	return err;
}
