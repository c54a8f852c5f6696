#include "programs/incident_session.h"

#include "base/printable.h"

#include "programs/daemon/control.h"
#include "programs/suspects.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define ASK_MS 2000 /* it looks every second all the same */

int incident_journal(
	struct context *context, enum journal_access access, struct journal **ret_journal)
{
	struct problem problem = {0};
	int err = journal_open(
		context->global.state, access, context->command->name, ret_journal, &problem);

	if (err == 0 && !casebook_exists(*ret_journal)) {
		journal_free(*ret_journal);
		*ret_journal = NULL;
		return -ENOENT;
	}
	if (err < 0 && !(err == -ENOENT && access == JOURNAL_READ))
		context_problem(context, &problem);
	return err;
}

bool incident_source(const struct context *context, const char *typed, struct source *ret)
{
	char shown[SOURCE_TEXT_MAX];

	if (source_parse(slice_of(typed), ret) == 0)
		return true;
	context_warn(context, "\"%s\" is no source: write kind:name, or an address",
		printable_text(slice_of(typed), shown, sizeof(shown)));
	return false;
}

static struct terminal terminal_of(const struct context *context)
{
	return (struct terminal){stdout, context->color, context->width};
}

static struct incidents_view view_of(const struct context *context, const char *options)
{
	return (struct incidents_view){.now = (int64_t)time(NULL),
		.hints = !context->global.quiet,
		.unicode = context->out_terminal && incidents_unicode(),
		.options = options};
}

void incident_show(struct context *context, const struct incident_story *story, bool explain)
{
	const struct terminal terminal = terminal_of(context);
	char *options = suspects_options(context);
	const struct incidents_view view = view_of(context, options);

	if (context->global.json)
		incident_story_print_json(stdout, story, &view);
	else if (explain)
		incident_explain(&terminal, story, &view);
	else
		incident_print(&terminal, story, &view);
	free(options);
}

void incident_show_past(struct context *context, const struct source_past *past)
{
	const struct terminal terminal = terminal_of(context);

	if (!context->global.json)
		source_past_print(
			&terminal, past, (int64_t)time(NULL), view_of(context, "").unicode);
}

void incident_show_remembered(
	struct context *context, const struct ledger_source *s, const struct remembered_view *view)
{
	const struct terminal terminal = terminal_of(context);
	struct remembered_view shown = *view;

	shown.unicode = view_of(context, "").unicode;
	if (context->global.json)
		remembered_print_json(stdout, s, &shown);
	else
		remembered_print(&terminal, s, &shown);
}

void incident_show_row(struct context *context, const struct incident *incident, bool first)
{
	const struct terminal terminal = terminal_of(context);
	const struct incidents_view view = view_of(context, "");

	if (context->global.json)
		incident_print_json(stdout, incident);
	else
		incidents_print_row(&terminal, incident, &view, first);
}

void incident_tell_daemon(const struct context *context)
{
	json_t *answer = NULL;
	int err = control_ask(context->global.control, "look", ASK_MS, &answer);

	json_decref(answer);
	if (err == -EPERM || err == -EACCES)
		context_hint(
			context, "the daemon does not hear you: it looks by itself in a moment");
}
