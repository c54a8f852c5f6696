/* cmd_release.c - stanch release: undoes what was done against a source, by its latest incident. */
#include "programs/incident_word.h"

#include <errno.h>

/* The newest of them is what still stands. */
static bool keep_newest(void *context, const struct incident *incident)
{
	*(struct incident *)context = *incident;
	return false;
}

static int release(struct context *context, const struct incident_word_settings *s,
	const struct source *source)
{
	struct incident_word w = {.context = context, .settings = s};
	const struct incident_choice choice = {.source = source};
	struct problem problem = {0};
	char shown[SOURCE_TEXT_MAX];
	int err = incident_journal(context, JOURNAL_NOTE, &w.journal);

	if (err < 0)
		return COMMAND_UNABLE;
	journal_who_now(&w.who);
	err = casebook_each(w.journal, &choice, keep_newest, &w.incident, &problem);
	int status = COMMAND_UNABLE;
	if (err < 0) {
		context_problem(context, &problem);
	} else if (w.incident.number == 0) {
		context_warn(context, "there is no incident of %s", source_text(source, shown));
		status = COMMAND_LEFT;
	} else {
		status = incident_release(&w);
		incident_tell_daemon(context);
	}
	journal_free(w.journal);
	return status;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	struct source source;

	if (arguments->count != 1) {
		context_warn(context, "which source?");
		return COMMAND_USAGE;
	}
	if (!incident_source(context, arguments->at[0], &source))
		return COMMAND_USAGE;
	return release(context, settings, &source);
}

const struct command command_release = {
	.name = "release",
	.arguments = "SOURCE",
	.arguments_most = 1,
	.help = "let a source send again, and put its mail back",
	.about =
		"Undoes what was done for the source's latest incident, in this order: it is "
		"refused no longer, its mail is put back, and its login is given back where it was "
		"suspended. A changed password stays changed. The same "
		"evidence never counts again.",
	.settings_size = sizeof(struct incident_word_settings),
	.sets = {COMMAND_SET("How", incident_word_rows, 0)},
	.run = run,
};
