#include "programs/manual.h"

#include "base/mdoc.h"
#include "programs/context.h"

#include <errno.h>
#include <stdlib.h>
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

/* ---- mdoc ---- */

static void mdoc_option(FILE *out, const struct option_row *row)
{
	(void)fputs(".It ", out);
	if (row->letter != 0)
		(void)fprintf(out, "Fl %c , ", row->letter);
	(void)fprintf(out, "Fl -%s", row->name);
	if (row->argument != NULL)
		(void)fprintf(out, " Ar %s", row->argument);
	(void)fputc('\n', out);
	mdoc_text(out, row->help);
}

static void mdoc_set(FILE *out, const struct option_set *set, bool with_title)
{
	if (with_title && set->title != NULL)
		(void)fprintf(out, ".Ss %s\n", set->title);
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < set->count; i++)
		mdoc_option(out, &set->rows[i]);
	(void)fputs(".El\n", out);
}

void manual_options(FILE *out, const struct command *command)
{
	if (command == NULL) {
		struct context unused;
		struct option_set global = context_options(&unused);
		mdoc_set(out, &global, false);
		return;
	}
	for (size_t i = 0; i < COMMAND_SETS && command->sets[i].rows != NULL; i++) {
		struct option_set set = set_of(&command->sets[i]);
		mdoc_set(out, &set, command->sets[1].rows != NULL);
	}
	(void)fprintf(out, "%sThe options of all commands are in\n.Xr stanch 1 .\n",
		command->sets[0].rows != NULL ? ".Pp\n" : "");
}

/* "[SOURCE|ID...]" as mdoc: the words are arguments. */
static void mdoc_arguments(FILE *out, const char *arguments)
{
	bool is_optional = *arguments == '[';
	size_t len = strlen(arguments) - (is_optional ? 2 : 0);

	if (len == 0 || *arguments == '\0')
		return;
	(void)fprintf(out, ".%s%.*s\n", is_optional ? "Op Ar " : "Ar ", (int)len,
		arguments + is_optional);
}

void manual_synopsis(FILE *out, const struct command *command)
{
	if (command == NULL) {
		(void)fputs(".Nm stanch\n.Op Ar OPTIONS\n.Ar COMMAND\n.Op Ar OPTIONS\n"
			    ".Op Ar ARGUMENTS\n",
			out);
		return;
	}
	(void)fprintf(out, ".Nm stanch %s\n.Op Ar OPTIONS\n", command->name);
	mdoc_arguments(out, command->arguments);
}

void manual_commands(FILE *out)
{
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (const struct command *const *c = command_table(); *c != NULL; c++)
		(void)fprintf(out, ".It Xr stanch-%s 1\n%s\n", (*c)->name, (*c)->help);
	(void)fputs(".El\n", out);
}

static int fill_in(FILE *out, const char *line, const struct command *command)
{
	if (strcmp(line, "@NAME@\n") == 0)
		(void)fprintf(out, ".Nm stanch-%s\n.Nd %s\n", command != NULL ? command->name : "",
			command != NULL ? command->help : "");
	else if (strcmp(line, "@SYNOPSIS@\n") == 0)
		manual_synopsis(out, command);
	else if (strcmp(line, "@OPTIONS@\n") == 0)
		manual_options(out, command);
	else if (strcmp(line, "@COMMANDS@\n") == 0)
		manual_commands(out);
	else
		return -EINVAL;
	return 0;
}

int manual_page(FILE *template, FILE *out, const struct command *command)
{
	char *line = NULL;
	size_t room = 0;
	int r = 0;

	while (r == 0 && getline(&line, &room, template) > 0) {
		if (line[0] == '@')
			r = fill_in(out, line, command);
		else
			(void)fputs(line, out);
	}
	free(line);
	return r;
}
