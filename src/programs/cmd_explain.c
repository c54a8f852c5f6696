/* cmd_explain.c - stanch explain: what speaks against a source, and how it grew. */
#include "base/printable.h"
#include "base/sketch.h"
#include "incidents/ledger_store.h"
#include "incidents/watch.h"
#include "programs/incident_session.h"
#include "reports/source_past.h"
#include "settings/groups.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct explain_settings {
	bool all;
};

static const struct option_row rows[] = {
	{.name = "all",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct explain_settings, all),
		.help = "Also of earlier incidents of the source."},
};

#define NUMBERS_MOST 100

struct numbers {
	int64_t at[NUMBERS_MOST];
	size_t count, most;
};

static bool keep(void *context, const struct incident *incident)
{
	struct numbers *n = context;

	n->at[n->count++] = incident->number;
	return n->count < n->most;
}

/* What cannot be read is said, and is not known. */
static void read_past(
	struct context *context, const struct source *source, int64_t now, struct source_past *ret)
{
	struct problem problem = {0};

	if (source_past_read(context->global.state, source, now, ret, &problem) < 0)
		context_problem(context, &problem);
}

static int show_remembered(
	struct context *context, const struct ledger_saved *saved, const struct source *source)
{
	const struct settings_values *values = NULL;
	struct problem problem = {0};
	AUTO(watch) watch = NULL;
	const struct ledger_source *s;
	struct source_past past;
	int64_t now = (int64_t)time(NULL);

	if (context_settings(context, &values, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	const struct watch_settings settings = {.alpha = values->detect.alpha};
	hash_set_seed(saved->seed); /* before anything is hashed */
	watch = watch_new(&settings);
	if (ledger_read(watch_ledger(watch), (struct slice){saved->image, saved->image_len}) < 0) {
		context_warn(
			context, "what the daemon remembers is damaged, or of another version");
		return COMMAND_UNABLE;
	}
	s = ledger_find(watch_ledger(watch), source);
	if (s == NULL)
		return COMMAND_LEFT;
	read_past(context, source, now, &past);
	incident_show_remembered(context, s,
		&(struct remembered_view){.saved = saved->saved,
			.suffice = watch_contain_bits(watch),
			.now = now,
			.past = &past});
	return COMMAND_DONE;
}

/* What the daemon saved within the last minute. COMMAND_LEFT: it knows nothing of it. */
static int explain_remembered(struct context *context, const struct source *source)
{
	char folder[PATH_MAX];
	struct ledger_saved saved = {0};
	struct problem problem = {0};

	(void)snprintf(folder, sizeof(folder), "%s/" LEDGER_STORE_FOLDER, context->global.state);
	int err = ledger_store_load(folder, &saved, &problem);
	if (err == -ENOENT)
		return COMMAND_LEFT;
	if (err < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	int status = show_remembered(context, &saved, source);
	ledger_saved_clear(&saved);
	return status;
}

/* Besides its incidents. */
static int explain_past(struct context *context, const struct source *source)
{
	struct source_past past;

	if (context->global.json) {
		int status = explain_remembered(context, source);
		return status == COMMAND_LEFT ? COMMAND_DONE : status; /* it may be forgotten */
	}
	read_past(context, source, (int64_t)time(NULL), &past);
	incident_show_past(context, &past);
	return COMMAND_DONE;
}

/* source: NULL when a number was given. */
static int explain(struct context *context, struct journal *journal, const struct numbers *n,
	const struct source *source)
{
	struct problem problem = {0};

	for (size_t i = 0; i < n->count; i++) {
		struct incident_story story;
		int err = incident_story_read(journal, n->at[i], &story, &problem);

		if (err == 0)
			incident_show(context, &story, true);
		incident_story_clear(&story);
		if (err < 0) {
			context_problem(context, &problem);
			return COMMAND_UNABLE;
		}
	}
	return source != NULL ? explain_past(context, source) : COMMAND_DONE;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct explain_settings *s = settings;
	struct numbers n = {.most = s->all ? NUMBERS_MOST : 1};
	struct incident_choice choice = {0};
	struct source source;
	struct problem problem = {0};
	char shown[SOURCE_TEXT_MAX];
	uint64_t number = 0;
	AUTO(journal) journal = NULL;

	if (arguments->count != 1) {
		context_warn(context, "which source, or which incident?");
		return COMMAND_USAGE;
	}
	if (units_read_count(slice_of(arguments->at[0]), INT64_MAX, &number) == 0)
		choice.number = (int64_t)number;
	else if (source_parse(slice_of(arguments->at[0]), &source) == 0)
		choice.source = &source;
	else {
		context_warn(context, "\"%s\" is neither a source nor the number of an incident",
			printable_text(slice_of(arguments->at[0]), shown, sizeof(shown)));
		return COMMAND_USAGE;
	}
	int err = incident_journal(context, JOURNAL_READ, &journal);
	if (err == 0)
		err = casebook_each(journal, &choice, keep, &n, &problem);
	if (err < 0 && err != -ENOENT) {
		if (problem.text[0] != '\0')
			context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (n.count > 0)
		return explain(context, journal, &n, choice.source);
	int status =
		choice.source != NULL ? explain_remembered(context, choice.source) : COMMAND_LEFT;
	if (status == COMMAND_LEFT)
		context_warn(context, "nothing was found against %s",
			printable_text(slice_of(arguments->at[0]), shown, sizeof(shown)));
	return status;
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "SOURCE|NUMBER",
	.arguments_most = 1,
	.help = "what speaks against a source, and how it grew",
	.about =
		"Shows the evidence of a source's latest incident, or of the incident of that "
		"number: how it grew over time, each reason with its weight in bits, and message "
		"ids that show it. Of a source without one, what the daemon remembers of it, as "
		"saved within the last minute; and of a source, how many recipients it wrote to on "
		"each day of the last four weeks. Nothing is changed.",
	.settings_size = sizeof(struct explain_settings),
	.sets = {COMMAND_SET("How much", rows, 0)},
	.run = run,
};
