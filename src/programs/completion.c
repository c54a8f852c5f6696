#include "programs/completion.h"

#include "programs/command.h"
#include "programs/context.h"

#include <string.h>

#define ZSH_QUOTE  "'\\''"
#define FISH_QUOTE "\\'"

/* Calls visit for each option of a command (the global ones when it is NULL). */
typedef void option_visit(FILE *out, const struct command *command, const struct option_row *row);

static void each_own_option(FILE *out, const struct command *command, option_visit *visit)
{
	for (size_t i = 0; i < COMMAND_SETS && command->sets[i].rows != NULL; i++)
		for (size_t k = 0; k < command->sets[i].count; k++)
			visit(out, command, &command->sets[i].rows[k]);
}

static void each_global_option(FILE *out, const struct command *command, option_visit *visit)
{
	struct context unused;
	struct option_set set = context_options(&unused);

	for (size_t k = 0; k < set.count; k++)
		visit(out, command, &set.rows[k]);
}

/* The first sentence of a help text, within quotes: quote is what an apostrophe is there. */
static void put_sentence(FILE *out, const char *help, const char *without, const char *quote)
{
	const char *end = strstr(help, ". ");
	size_t len = end != NULL ? (size_t)(end - help) : strlen(help);

	if (len > 0 && help[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++)
		if (help[i] == '\'')
			(void)fputs(quote, out);
		else if (strchr(without, help[i]) == NULL)
			(void)fputc(help[i], out);
}

static bool takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG;
}

static bool takes_id_or_source(const struct command *command)
{
	return strstr(command->arguments, "ID") != NULL;
}

static bool takes_files(const struct command *command)
{
	return strstr(command->arguments, "LOG") != NULL;
}

#define WORDS_MAX 80

/* The words that the command itself takes, such as shells: "bash|zsh|fish", with spaces between,
 * into at. NULL when there are none; what is in capitals stands for something else. */
static const char *argument_words(const struct command *command, char at[WORDS_MAX])
{
	size_t n = strspn(command->arguments, "abcdefghijklmnopqrstuvwxyz|");

	if (n == 0 || n >= WORDS_MAX ||
		(command->arguments[n] != '\0' && command->arguments[n] != ' '))
		return NULL;
	for (size_t i = 0; i < n; i++)
		at[i] = command->arguments[i];
	at[n] = '\0';
	for (char *bar = strchr(at, '|'); bar != NULL; bar = strchr(bar, '|'))
		*bar = ' ';
	return at;
}

/* ---- bash ---- */

static void bash_name(FILE *out, const struct command *command, const struct option_row *row)
{
	(void)command;
	(void)fprintf(out, " --%s", row->name);
	if (row->letter != 0)
		(void)fprintf(out, " -%c", row->letter);
}

static void bash_pattern(FILE *out, const struct option_row *row)
{
	(void)fprintf(out, "\t--%s", row->name);
	if (row->letter != 0)
		(void)fprintf(out, " | -%c", row->letter);
	(void)fputs(")\n", out);
}

static void bash_value(FILE *out, const struct command *command, const struct option_row *row)
{
	(void)command;
	if (!takes_value(row))
		return;
	bash_pattern(out, row);
	if (row->kind == OPTION_CHOICE) {
		(void)fputs("\t\twords=\"", out);
		for (const char *const *c = row->choices; *c != NULL; c++)
			(void)fprintf(out, "%s%s", c == row->choices ? "" : " ", *c);
		(void)fputs("\"\n", out);
	} else if (row->kind == OPTION_FOLDER) {
		(void)fputs("\t\tCOMPREPLY=($(compgen -d -- \"$current\"))\n\t\treturn\n", out);
	} else if (row->kind == OPTION_FILE) {
		(void)fputs("\t\tCOMPREPLY=($(compgen -f -- \"$current\"))\n\t\treturn\n", out);
	} else {
		(void)fputs("\t\treturn\n", out);
	}
	(void)fputs("\t\t;;\n", out);
}

static void bash_values(FILE *out, const struct command *command)
{
	(void)fputs("\tcase $previous in\n", out);
	if (command != NULL)
		each_own_option(out, command, bash_value);
	else
		each_global_option(out, NULL, bash_value);
	(void)fputs("\tesac\n", out);
}

static void bash_command(FILE *out, const struct command *command)
{
	char room[WORDS_MAX];
	const char *words = argument_words(command, room);

	(void)fprintf(out, "_stanch_%s() {\n", command->name);
	bash_values(out, command);
	(void)fputs("\t[[ -n $words ]] || words=\"", out);
	if (words != NULL)
		(void)fputs(words, out);
	each_own_option(out, command, bash_name);
	each_global_option(out, command, bash_name);
	(void)fputs("\"\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n", out);
	if (takes_files(command))
		(void)fputs("\t[[ $current == -* ]] || COMPREPLY=($(compgen -f -- \"$current\"))\n",
			out);
	(void)fputs("}\n\n", out);
}

void completion_bash(FILE *out)
{
	(void)fputs("# bash completion for stanch, written by \"stanch completion bash\"\n\n", out);
	for (const struct command *const *c = command_table(); *c != NULL; c++)
		bash_command(out, *c);
	(void)fputs(
		"_stanch() {\n"
		"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal words= word\n"
		"\tCOMPREPLY=()\n",
		out);
	bash_values(out, NULL);
	(void)fputs(
		"\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n\t\tcase $word in\n\t\t",
		out);
	for (const struct command *const *c = command_table(); *c != NULL; c++)
		(void)fprintf(out, "%s%s", c == command_table() ? "" : " | ", (*c)->name);
	(void)fputs(")\n\t\t\t_stanch_$word\n\t\t\treturn\n\t\t\t;;\n\t\tesac\n\tdone\n"
		    "\tCOMPREPLY=($(compgen -W \"",
		out);
	for (const struct command *const *c = command_table(); *c != NULL; c++)
		(void)fprintf(out, "%s%s", c == command_table() ? "" : " ", (*c)->name);
	each_global_option(out, NULL, bash_name);
	(void)fputs("\" -- \"$current\"))\n}\n\ncomplete -F _stanch stanch\n", out);
}

/* ---- zsh ---- */

static void zsh_option(FILE *out, const struct command *command, const struct option_row *row)
{
	(void)command;
	(void)fputs(" \\\n\t\t", out);
	if (row->letter != 0)
		(void)fprintf(out, "'(-%c --%s)'{-%c,--%s}'", row->letter, row->name, row->letter,
			row->name);
	else
		(void)fprintf(out, "'--%s", row->name);
	(void)fputc('[', out);
	put_sentence(out, row->help, "[]", ZSH_QUOTE);
	(void)fputc(']', out);
	if (row->kind == OPTION_CHOICE) {
		(void)fprintf(out, ":%s:(", row->argument);
		for (const char *const *c = row->choices; *c != NULL; c++)
			(void)fprintf(out, "%s%s", c == row->choices ? "" : " ", *c);
		(void)fputc(')', out);
	} else if (row->kind == OPTION_FOLDER) {
		(void)fprintf(out, ":%s:_files -/", row->argument);
	} else if (row->kind == OPTION_FILE) {
		(void)fprintf(out, ":%s:_files", row->argument);
	} else if (takes_value(row)) {
		(void)fprintf(out, ":%s: ", row->argument);
	}
	(void)fputc('\'', out);
}

static void zsh_command(FILE *out, const struct command *command)
{
	char room[WORDS_MAX];
	const char *words = argument_words(command, room);

	(void)fprintf(out, "_stanch_%s() {\n\t_arguments -s", command->name);
	each_own_option(out, command, zsh_option);
	each_global_option(out, command, zsh_option);
	if (words != NULL)
		(void)fprintf(out, " \\\n\t\t'1: :(%s)'%s", words,
			command->arguments_most > 1 ? " \\\n\t\t'*:argument: '" : "");
	else if (takes_files(command))
		(void)fputs(" \\\n\t\t'*:log:_files'", out);
	else if (command->arguments_most > 0)
		(void)fprintf(
			out, " \\\n\t\t'*:%s: '", takes_id_or_source(command) ? "ID" : "argument");
	(void)fputs("\n}\n\n", out);
}

void completion_zsh(FILE *out)
{
	(void)fputs(
		"#compdef stanch\n# zsh completion, written by \"stanch completion zsh\"\n\n", out);
	for (const struct command *const *c = command_table(); *c != NULL; c++)
		zsh_command(out, *c);
	(void)fputs("_stanch_commands() {\n\tlocal -a commands\n\tcommands=(\n", out);
	for (const struct command *const *c = command_table(); *c != NULL; c++) {
		(void)fprintf(out, "\t\t'%s:", (*c)->name);
		put_sentence(out, (*c)->help, "", ZSH_QUOTE);
		(void)fputs("'\n", out);
	}
	(void)fputs("\t)\n\t_describe command commands\n}\n\n"
		    "_stanch() {\n\tlocal curcontext=$curcontext state line\n\t_arguments -s -C",
		out);
	each_global_option(out, NULL, zsh_option);
	(void)fputs(" \\\n\t\t'1: :_stanch_commands' '*:: :->rest'\n"
		    "\tif [[ $state == rest ]] && (( $+functions[_stanch_$line[1]] )); then\n"
		    "\t\t_stanch_$line[1]\n\tfi\n}\n\n_stanch \"$@\"\n",
		out);
}

/* ---- fish ---- */

static void fish_option(FILE *out, const struct command *command, const struct option_row *row)
{
	(void)fputs("complete -c stanch", out);
	if (command != NULL)
		(void)fprintf(out, " -n '__fish_seen_subcommand_from %s'", command->name);
	(void)fprintf(out, " -l %s", row->name);
	if (row->letter != 0)
		(void)fprintf(out, " -s %c", row->letter);
	if (row->kind == OPTION_CHOICE) {
		(void)fputs(" -x -a '", out);
		for (const char *const *c = row->choices; *c != NULL; c++)
			(void)fprintf(out, "%s%s", c == row->choices ? "" : " ", *c);
		(void)fputc('\'', out);
	} else if (row->kind == OPTION_FOLDER) {
		(void)fputs(" -x -a '(__fish_complete_directories)'", out);
	} else if (row->kind == OPTION_FILE) {
		(void)fputs(" -r -F", out);
	} else if (takes_value(row)) {
		(void)fputs(" -x", out);
	}
	(void)fputs(" -d '", out);
	put_sentence(out, row->help, "\\", FISH_QUOTE);
	(void)fputs("'\n", out);
}

void completion_fish(FILE *out)
{
	char room[WORDS_MAX];

	(void)fputs("# fish completion for stanch, written by \"stanch completion fish\"\n"
		    "complete -c stanch -f\n",
		out);
	each_global_option(out, NULL, fish_option);
	for (const struct command *const *c = command_table(); *c != NULL; c++) {
		(void)fprintf(
			out, "complete -c stanch -n __fish_use_subcommand -a %s -d '", (*c)->name);
		put_sentence(out, (*c)->help, "\\", FISH_QUOTE);
		(void)fputs("'\n", out);
		each_own_option(out, *c, fish_option);
		if (takes_files(*c))
			(void)fprintf(out,
				"complete -c stanch -n '__fish_seen_subcommand_from %s' -F\n",
				(*c)->name);
		if (argument_words(*c, room) != NULL)
			(void)fprintf(out,
				"complete -c stanch -n '__fish_seen_subcommand_from %s' -a '%s'\n",
				(*c)->name, room);
	}
}
