/* cmd_contain.c - stanch contain: what a verdict would do, by a person's word and with a reason. */
#include "programs/incident_word.h"

#include <errno.h>
#include <inttypes.h>

static int open_incident(struct incident_word *w, const struct source *source)
{
	struct problem problem = {0};

	if (casebook_find_open(w->journal, source, &w->incident, &problem) < 0) {
		context_problem(w->context, &problem);
		return COMMAND_UNABLE;
	}
	/* with --dry-run there is none, and none is made */
	if (w->incident.number == 0 && w->settings->dry_run)
		w->incident = (struct incident){
			.source = *source, .state = INCIDENT_SUSPECTED, .by_person = true};
	else if (w->incident.number == 0 && incident_open_by_person(w, source) < 0)
		return COMMAND_UNABLE;
	return COMMAND_DONE;
}

static int contain(struct context *context, const struct incident_word_settings *s,
	const struct source *source)
{
	struct incident_word w = {.context = context, .settings = s};

	if (!s->yes && !s->dry_run && !context_confirm(context, "Contain it?")) {
		context_hint(context, "nothing was done: --yes does it");
		return COMMAND_LEFT;
	}
	const struct incident_word_settings certain = {s->reason, true, s->dry_run, false};
	w.settings = &certain;
	if (incident_journal(context, JOURNAL_NOTE, &w.journal) < 0)
		return COMMAND_UNABLE;
	journal_who_now(&w.who);
	int status = open_incident(&w, source);
	if (status == COMMAND_DONE) {
		if (!context->global.json && w.incident.number != 0)
			(void)printf("incident %" PRId64 "\n", w.incident.number);
		status = incident_contain(&w);
		incident_tell_daemon(context);
	}
	journal_free(w.journal);
	return status;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct incident_word_settings *s = settings;
	struct source source;

	if (arguments->count != 1 || s->reason == NULL || s->reason[0] == '\0') {
		context_warn(
			context, arguments->count != 1 ? "which source?" : "why? Give a --reason");
		return COMMAND_USAGE;
	}
	if (!incident_source(context, arguments->at[0], &source))
		return COMMAND_USAGE;
	return contain(context, s, &source);
}

const struct command command_contain = {
	.name = "contain",
	.arguments = "SOURCE",
	.arguments_most = 1,
	.help = "cut a source off, as a verdict would",
	.about = "Opens an incident of the source (or takes the one that is open), does what is "
		 "switched on in stanch.conf (refuse, sessions, secret), each read back, and "
		 "takes its mail out of the queue. stanch release undoes it. --dry-run says what "
		 "would be done.",
	.settings_size = sizeof(struct incident_word_settings),
	.sets = {{"How", incident_word_rows, INCIDENT_WORD_ROWS - 1, 0}},
	.run = run,
};
