/* main.c - reads the command line and hands over to the command. */
#include "base/memory.h"
#include "base/printable.h"
#include "programs/command.h"
#include "programs/context.h"
#include "programs/manual.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAGIOS_UNKNOWN 3

/* A command line that was read. */
struct invocation {
	const struct command *command;
	void *settings;
	const char **arguments;
	size_t argument_count;
};

static size_t command_sets(const struct invocation *in, struct option_set sets[COMMAND_SETS])
{
	size_t n = 0;

	if (in->command == NULL)
		return 0;
	for (; n < COMMAND_SETS && in->command->sets[n].rows != NULL; n++) {
		const struct command_set *set = &in->command->sets[n];
		sets[n] = (struct option_set){
			set->title, set->rows, set->count, (char *)in->settings + set->offset};
	}
	return n;
}

static int take_argument(struct invocation *in, const char *word, struct problem *problem)
{
	char shown[64];

	if (in->command == NULL) {
		in->command = command_find(word);
		if (in->command == NULL)
			return problem_set(problem, -EINVAL,
				"\"%s\" is no command; \"stanch --help\" lists them",
				printable_text(slice_of(word), shown, sizeof(shown)));
		in->settings = memory_new(1, in->command->settings_size);
		return 0;
	}
	if (in->argument_count == in->command->arguments_most)
		return problem_set(problem, -EINVAL, "\"%s\" is too much",
			printable_text(slice_of(word), shown, sizeof(shown)));
	in->arguments[in->argument_count++] = word;
	return 0;
}

static int read_words(struct context *context, struct invocation *in, int argc, char **argv,
	struct problem *problem)
{
	struct option_words words = {.at = argv + 1, .count = (size_t)argc - 1};
	const char *word = NULL;

	for (;;) {
		struct option_set sets[COMMAND_SETS + 1];
		size_t n = command_sets(in, sets);
		sets[n++] = context_options(context);
		int taken = options_take(&words, sets, n, &word, problem);
		int r = taken == OPTION_TAKEN_ARGUMENT ? take_argument(in, word, problem) : taken;
		context->command = in->command;
		if (r < 0 || taken == OPTION_TAKEN_END)
			return r < 0 ? r : 0;
	}
}

static int wrong_usage(const struct context *context, const struct problem *problem)
{
	if (context->command != NULL && context->command->is_plugin) {
		(void)printf("Mailqueue UNKNOWN - %s\n",
			problem->text); /* a plugin has no other voice */
		return NAGIOS_UNKNOWN;
	}
	context_problem(context, problem);
	return COMMAND_USAGE;
}

static int help(const struct context *context)
{
	manual_help(stdout, context->command, context->width > 0 ? context->width : 80);
	return context->command != NULL && context->command->is_plugin ? NAGIOS_UNKNOWN
								       : COMMAND_DONE;
}

static int run(struct context *context, struct invocation *in, int argc, char **argv)
{
	struct problem problem = {0};
	int r = read_words(context, in, argc, argv, &problem);

	context_look(context);
	if (context->global.help && r == 0)
		return help(context);
	if (context->global.version && r == 0) {
		(void)puts("stanch " STANCH_VERSION);
		return in->command != NULL && in->command->is_plugin ? NAGIOS_UNKNOWN
								     : COMMAND_DONE;
	}
	if (r == 0 && in->command != NULL)
		r = context_prepare(context, &problem);
	else if (r == 0)
		(void)problem_set(&problem, 0, "which command? \"stanch --help\" lists them");
	if (r < 0 || in->command == NULL)
		return wrong_usage(context, &problem);

	const struct command_arguments arguments = {in->arguments, in->argument_count};
	return in->command->run(context, in->settings, &arguments);
}

/* A full disk behind standard output must not look like a short list. */
static int flush_output(const struct context *context, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	context_warn(context, "cannot write the output: %s", strerror(errno));
	return COMMAND_UNABLE;
}

int main(int argc, char **argv)
{
	struct context context = {0};
	struct invocation in = {.arguments = memory_new((size_t)argc + 1, sizeof(char *))};

	int status = argc > 0 ? run(&context, &in, argc, argv) : COMMAND_USAGE;
	status = flush_output(&context, status);
	context_end(&context);
	free(in.arguments);
	free(in.settings);
	return status;
}
