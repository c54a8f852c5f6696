#include "programs/manual.h"

#include "programs/context.h"

#include <string.h>

static struct option_set set_of(const struct command_set *set)
{
	return (struct option_set){set->title, set->rows, set->count, NULL};
}

static void help_of_program(FILE *out)
{
	(void)fputs("Usage: stanch [OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\n"
		    "Finds who fills the mail queue with spam, and takes that mail out of it so "
		    "that it can\n"
		    "be put back.\n\nCommands:\n",
		out);
	for (const struct command *const *c = command_table(); *c != NULL; c++)
		(void)fprintf(out, "  %-12s %s\n", (*c)->name, (*c)->help);
	(void)fputc('\n', out);
}

static void help_of_command(FILE *out, const struct command *command, unsigned width)
{
	(void)fprintf(out, "Usage: stanch %s [OPTIONS]%s%s\n\n", command->name,
		*command->arguments != '\0' ? " " : "", command->arguments);
	options_wrap(out, command->about, 0, width);
	(void)fputc('\n', out);
	for (size_t i = 0; i < COMMAND_SETS && command->sets[i].rows != NULL; i++) {
		struct option_set set = set_of(&command->sets[i]);
		(void)fprintf(out, "%s:\n", set.title != NULL ? set.title : "Options");
		options_help(out, &set, width);
		(void)fputc('\n', out);
	}
}

void manual_help(FILE *out, const struct command *command, unsigned width)
{
	struct context unused;
	struct option_set global = context_options(&unused);

	if (width > 100)
		width = 100;
	if (command == NULL)
		help_of_program(out);
	else
		help_of_command(out, command, width);
	(void)fprintf(out, "%s:\n", global.title);
	options_help(out, &global, width);
	if (command == NULL)
		(void)fputs("\n\"stanch COMMAND --help\" says more about one command.\n", out);
}
