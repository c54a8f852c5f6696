/* cmd_completion.c - stanch completion: the rules by which a shell completes its command line. */
#include "programs/completion.h"
#include "programs/context.h"

#include "base/printable.h"

#include <stdio.h>
#include <string.h>

struct completion_settings {
	char none;
};

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	static const struct {
		const char *name;
		void (*write)(FILE *out);
	} shells[] = {
		{"bash", completion_bash},
		{"zsh", completion_zsh},
		{"fish", completion_fish},
	};
	const char *wanted = arguments->count > 0 ? arguments->at[0] : "";
	char shown[64];

	(void)settings;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].name, wanted) == 0) {
			shells[i].write(stdout);
			return COMMAND_DONE;
		}
	context_warn(context, "\"%s\" is none of bash, zsh, fish",
		printable_text(slice_of(wanted), shown, sizeof(shown)));
	return COMMAND_USAGE;
}

const struct command command_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.arguments_most = 1,
	.help = "write the completion rules of a shell",
	.about = "Writes rules by which the shell completes what is typed, to be put where the "
		 "shell "
		 "looks for them, or to be read by it: eval \"$(stanch completion bash)\".\n",
	.settings_size = sizeof(struct completion_settings),
	.run = run,
};
