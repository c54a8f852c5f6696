/* cmd_sources.c - stanch sources: who has mail in the queue, the most suspicious first, and why. */
#include "programs/context.h"
#include "programs/filter_options.h"
#include "programs/suspects.h"
#include "reports/sources.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct sources_settings {
	bool no_content, all;
	struct filter_settings filter;
};

static const struct option_row rows[] = {
	{.name = "no-content",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct sources_settings, no_content),
		.help = "Read -H files only, no bodies."},
	{.name = "all",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct sources_settings, all),
		.help = "Show every source, not only one page."},
};

static void print(const struct context *context, const struct survey *survey,
	const struct sources_settings *settings, const struct command_arguments *arguments,
	int64_t now)
{
	const struct terminal terminal = {stdout, context->color, context->width};
	char *options = suspects_options(context);
	const struct sources_view view = {
		.all = settings->all,
		.explain_all = arguments->count > 0 || settings->filter.source != NULL,
		.hints = !context->global.quiet,
		.options = options,
		.now = now,
	};

	sources_print(&terminal, survey, &view);
	free(options);
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct sources_settings *s = settings;
	AUTO(filter) filter = NULL;
	AUTO(survey) survey = NULL;
	struct problem problem = {0};
	int64_t now = (int64_t)time(NULL);

	if (filter_new(&s->filter, arguments->at, arguments->count, now, &filter, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_USAGE;
	}
	int known = context_check_queue(context, filter_queue(filter));
	if (known != COMMAND_DONE)
		return known;
	bool all = filter_is_empty(filter) && filter_queue(filter) == NULL;
	if (suspects_survey(context, all ? NULL : filter, !s->no_content, &survey, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (context->global.json)
		sources_print_json(stdout, survey);
	else
		print(context, survey, s, arguments, now);
	if (!suspects_read_all(context, survey))
		return COMMAND_UNABLE;
	return !all && survey->messages == 0 ? COMMAND_LEFT : COMMAND_DONE;
}

const struct command command_sources = {
	.name = "sources",
	.arguments = "[SOURCE...]",
	.arguments_most = SIZE_MAX,
	.help = "who has mail in the queue, most suspicious first, and why",
	.about =
		"Shows who is responsible for the mail in the queue, the most suspicious first, "
		"with "
		"the evidence: each reason with its weight in bits (how much more often it is seen "
		"of a hijacked source than of an honest one, as a power of two) and message ids "
		"that show it. Nothing is changed.\n"
		"A source is a mailbox that authenticated, a local login, or a host. Of the most "
		"suspicious ones a few messages are looked into.",
	.settings_size = sizeof(struct sources_settings),
	.sets = {COMMAND_SET("What is shown", rows, 0),
		COMMAND_SET("Which messages", filter_options,
			offsetof(struct sources_settings, filter))},
	.run = run,
};
