/* cmd_backscatter.c - stanch backscatter: the bounces in the queue, by what they return. */
#include "programs/context.h"
#include "programs/suspects.h"
#include "reports/backscatter.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct backscatter_settings {
	bool all;
};

static const struct option_row rows[] = {
	{.name = "all",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct backscatter_settings, all),
		.help = "Show every bounce, not only a few of each kind."},
};

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct backscatter_settings *s = settings;
	const struct terminal terminal = {stdout, context->color, context->width};
	AUTO(backscatter_report) report = backscatter_report_new(s->all);
	AUTO(survey) survey = NULL;
	struct bounces_result result;
	struct problem problem = {0};
	bool json = context->global.json;

	(void)arguments;
	if (suspects_bounces(context, json ? backscatter_print_json : backscatter_report_add,
		    json ? (void *)stdout : (void *)report, &survey, &result, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (!json) {
		char *options = suspects_options(context);
		backscatter_report_print(
			&terminal, report, &result, options, !context->global.quiet);
		free(options);
	}
	if (result.left_out > 0)
		return COMMAND_LEFT;
	return suspects_read_all(context, survey) ? COMMAND_DONE : COMMAND_UNABLE;
}

const struct command command_backscatter = {
	.name = "backscatter",
	.arguments = "",
	.arguments_most = 0,
	.help = "bounces in the queue, by what they return",
	.about =
		"Sorts the bounces in the queue by the mail that they return: proved backscatter "
		"(it "
		"returns mail of a source under suspicion, or mail that was held), joe-job (the "
		"mail "
		"never passed here: somebody else used an address of yours), honest (a sender here "
		"waits for it), and those of which it cannot be known. Nothing is changed.\n"
		"Only the id that this server gave to a message it is known to have had proves "
		"anything; what else a bounce quotes can be forged.",
	.settings_size = sizeof(struct backscatter_settings),
	.sets = {COMMAND_SET("What is shown", rows, 0)},
	.run = run,
};
