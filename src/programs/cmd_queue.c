/* cmd_queue.c - stanch queue: what lies in the queue. */
#include "programs/context.h"
#include "systems/exim/scan.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

struct queue_settings {
	bool count;
};

static const struct option_row rows[] = {
	{.name = "count",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct queue_settings, count),
		.help = "Print only how many messages there are."},
};

static void visit_nothing(void *context, unsigned worker, const struct scanned *m)
{
	(void)context;
	(void)worker;
	(void)m;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	struct problem problem = {0};
	struct exim_spool *spool = NULL;
	const struct scan_options options = {
		.names_only = true, .except_queue = context->global.hold_queue};
	struct scan_result result;

	(void)settings;
	(void)arguments;
	int r = context_spool(context, &spool, &problem);
	if (r == 0)
		r = exim_scan(spool, &options, visit_nothing, NULL, NULL, &result, &problem);
	if (r < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	(void)printf("%" PRIu64 "\n", result.messages);
	return COMMAND_DONE;
}

const struct command command_queue = {
	.name = "queue",
	.arguments = "[SOURCE|ID...]",
	.arguments_most = SIZE_MAX,
	.help = "list the messages in the queue",
	.about = "Lists the messages in the queue, newest last.",
	.settings_size = sizeof(struct queue_settings),
	.sets = {COMMAND_SET("What is listed", rows, 0)},
	.run = run,
};
