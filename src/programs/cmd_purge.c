/* cmd_purge.c - stanch purge: ends held messages for good. */
#include "programs/ending_command.h"
#include "responders/purge.h"

#include <stdint.h>
#include <time.h>

#define RETENTION_S ((uint64_t)30 * 86400)

struct purge_settings {
	struct units_given older_than;
	bool yes, dry_run;
};

#define AT(member) .offset = offsetof(struct purge_settings, member)

static const struct option_row rows[] = {
	{.name = "older-than",
		.argument = "AGE",
		.kind = OPTION_AGE,
		AT(older_than),
		.help = "Only what was held longer ago than that: 90s, 10m, 2h, 3d, 1w. Without a "
			"HOLD it is 30d when not given."},
	{.name = "yes",
		.letter = 'y',
		.kind = OPTION_FLAG,
		AT(yes),
		.help = "Do not ask. Without a terminal nothing is purged unless this is given."},
	{.name = "dry-run",
		.letter = 'n',
		.kind = OPTION_FLAG,
		AT(dry_run),
		.help = "Show what would be purged, and change nothing."},
};

static int run(
	struct context *context, const void *given, const struct command_arguments *arguments)
{
	const struct purge_settings *settings = given;
	uint64_t age = settings->older_than.given ? settings->older_than.value : RETENTION_S;
	const struct ending_command command = {.action = "purge",
		.verb = "purged",
		.plan = "would be removed for good",
		.question = "Remove them for good?",
		.run = purge_run,
		.words = arguments,
		.held_before = arguments->count > 0 && !settings->older_than.given
				       ? 0
				       : (int64_t)time(NULL) - (int64_t)age + (age == 0),
		.yes = settings->yes,
		.dry_run = settings->dry_run};

	return ending_command(context, &command);
}

const struct command command_purge = {
	.name = "purge",
	.arguments = "[HOLD|ID...]",
	.arguments_most = SIZE_MAX,
	.help = "remove held messages for good",
	.about = "Removes held messages and their logs from the disk, and writes into Exim's main "
		 "log that they left the queue. Without a HOLD it takes what has been held for "
		 "longer than 30 days (or --older-than). Nothing is ever purged by itself.",
	.settings_size = sizeof(struct purge_settings),
	.sets = {COMMAND_SET("How", rows, 0)},
	.run = run,
};
