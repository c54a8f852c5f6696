/* cmd_incident.c - stanch incident: one outbreak as a story, and a person's word on it. */
#include "base/printable.h"
#include "programs/incident_word.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

static bool is_queued(void *context, const struct exim_id *id)
{
	return exim_spool_find(context, NULL, id) != NULL;
}

/* Messages that can be opened are the better samples; the story does without. */
static void prefer_queued(struct context *context, struct incident_story *story)
{
	struct exim_spool *spool = NULL;
	struct problem unread = {0};

	if (story->sample_count > story->sample_held &&
		context_spool(context, &spool, &unread) == 0)
		incident_story_prefer(story, is_queued, spool);
}

static int show(struct context *context, struct journal *journal, int64_t number)
{
	struct incident_story story;
	struct problem problem = {0};
	int err = incident_story_read(journal, number, &story, &problem);

	if (err == 0 && context->global.json)
		prefer_queued(context, &story);
	if (err == 0)
		incident_show(context, &story, false);
	else
		context_problem(context, &problem);
	incident_story_clear(&story);
	return err == 0 ? COMMAND_DONE : err == -ENOENT ? COMMAND_LEFT : COMMAND_UNABLE;
}

static const struct {
	const char *name;
	int (*say)(struct incident_word *w);
} sayings[] = {{"hold", incident_contain}, {"release", incident_release},
	{"dismiss", incident_dismiss}, {"close", incident_close}, {"act", incident_act}};

static int say(struct context *context, const struct incident_word_settings *settings,
	struct journal *journal, int64_t number, const char *word)
{
	struct incident_word w = {.context = context, .settings = settings, .journal = journal};
	struct problem problem = {0};
	int err = casebook_find(journal, number, &w.incident, &problem);

	if (err < 0) {
		context_problem(context, &problem);
		return err == -ENOENT ? COMMAND_LEFT : COMMAND_UNABLE;
	}
	journal_who_now(&w.who);
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		if (strcmp(sayings[i].name, word) == 0) {
			int status = sayings[i].say(&w);
			incident_tell_daemon(context);
			return status;
		}
	return COMMAND_USAGE;
}

static bool is_word(const char *word)
{
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		if (strcmp(sayings[i].name, word) == 0)
			return true;
	return strcmp(word, "show") == 0;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	char shown[64];
	uint64_t number = 0;
	AUTO(journal) journal = NULL;

	if (arguments->count != 2 || !is_word(arguments->at[0]) ||
		units_read_count(slice_of(arguments->at[1]), INT64_MAX, &number) < 0 ||
		number == 0) {
		context_warn(context,
			"%s: write show, hold, release, dismiss, close or act, and its "
			"number",
			arguments->count > 0
				? printable_text(slice_of(arguments->at[0]), shown, sizeof(shown))
				: "which incident?");
		return COMMAND_USAGE;
	}
	bool only_show = strcmp(arguments->at[0], "show") == 0;
	int err = incident_journal(context, only_show ? JOURNAL_READ : JOURNAL_NOTE, &journal);
	if (err == -ENOENT) {
		context_warn(context, "there is no incident %" PRIu64, number);
		return COMMAND_LEFT;
	}
	if (err < 0)
		return COMMAND_UNABLE;
	return only_show ? show(context, journal, (int64_t)number)
			 : say(context, settings, journal, (int64_t)number, arguments->at[0]);
}

const struct command command_incident = {
	.name = "incident",
	.arguments = "show|hold|release|dismiss|close|act NUMBER",
	.arguments_most = 2,
	.help = "one outbreak as a story; hold, release, dismiss, close it, or act on it",
	.about = "show tells it from the first evidence to the end: who did what and when, each "
		 "reason with its weight, what was held, and the commands that undo it.\n"
		 "hold contains the source when a person is asked: it does what is switched on "
		 "(refuse, sessions, secret) and takes its mail out of the queue. release "
		 "undoes what can be undone, and puts what was held back into the queue. dismiss "
		 "says that it is no thief. After both the same evidence never counts again; new "
		 "evidence may. close ends it; what is held stays held. act does what is due of it "
		 "now: the daemon runs it; with --yes also what has failed.",
	.settings_size = sizeof(struct incident_word_settings),
	.sets = {COMMAND_SET("How", incident_word_rows, 0)},
	.run = run,
};
