/* cmd_explain.c - stanch explain: what speaks against a source, and how it grew. */
#include "base/printable.h"
#include "programs/incident_session.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

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

static int explain(struct context *context, struct journal *journal, const struct numbers *n)
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
	return COMMAND_DONE;
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
	if (n.count == 0) {
		context_warn(context, "nothing was found against %s",
			printable_text(slice_of(arguments->at[0]), shown, sizeof(shown)));
		return COMMAND_LEFT;
	}
	return explain(context, journal, &n);
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "SOURCE|NUMBER",
	.arguments_most = 1,
	.help = "what speaks against a source, and how it grew",
	.about = "Shows the evidence of a source's latest incident, or of the incident of that "
		 "number: how it grew over time, each reason with its weight in bits, and message "
		 "ids that show it. Nothing is changed.",
	.settings_size = sizeof(struct explain_settings),
	.sets = {COMMAND_SET("How much", rows, 0)},
	.run = run,
};
