/* cmd_restore.c - stanch restore: puts held messages back into the queue. */
#include "programs/ending_command.h"
#include "responders/restore.h"

#include <stdint.h>

struct restore_settings {
	bool all, yes, dry_run;
};

#define AT(member) .offset = offsetof(struct restore_settings, member)

static const struct option_row rows[] = {
	{.name = "all",
		.kind = OPTION_FLAG,
		AT(all),
		.help = "Everything that is held, and all that lies in the hold queue."},
	{.name = "yes",
		.letter = 'y',
		.kind = OPTION_FLAG,
		AT(yes),
		.help = "Do not ask. Without a terminal nothing is restored unless this is given."},
	{.name = "dry-run",
		.letter = 'n',
		.kind = OPTION_FLAG,
		AT(dry_run),
		.help = "Show what would be restored, and change nothing."},
};

static int run(
	struct context *context, const void *given, const struct command_arguments *arguments)
{
	const struct restore_settings *settings = given;
	const struct ending_command command = {.action = "restore",
		.verb = "restored",
		.plan = "would be put back into the queue",
		.question = "Put them back?",
		.run = restore_run,
		.words = arguments,
		.takes_strays = true,
		.yes = settings->yes,
		.dry_run = settings->dry_run};

	if (settings->all != (arguments->count == 0)) {
		context_warn(context, "%s",
			settings->all
				? "--all and single holds or ids do not go together"
				: "what is to be put back? Name a hold, a message id, or --all");
		return COMMAND_USAGE;
	}
	return ending_command(context, &command);
}

const struct command command_restore = {
	.name = "restore",
	.arguments = "HOLD|ID...|--all",
	.arguments_most = SIZE_MAX,
	.help = "put held messages back into the queue",
	.about = "Puts held messages back into the folder of the queue they came from, unchanged. "
		 "Recipients who already had a message do not get it again. What lies in the hold "
		 "queue and is not in the journal (which was lost, or is another one) is put back "
		 "by id or with --all, into the default queue.",
	.settings_size = sizeof(struct restore_settings),
	.sets = {COMMAND_SET("How", rows, 0)},
	.run = run,
};
