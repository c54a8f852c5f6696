/* cmd_incidents.c - stanch incidents: what was found, and what became of it. */
#include "programs/incident_session.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct incidents_settings {
	bool all;
	const char *state;
	struct units_given since;
};

static const char *const states[] = {"suspected", "waiting", "contained", "cleaning", "clean",
	"closed", "dismissed", "released", NULL};

static const struct option_row rows[] = {
	{.name = "all",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct incidents_settings, all),
		.help = "Also those that are over."},
	{.name = "state",
		.argument = "STATE",
		.kind = OPTION_CHOICE,
		.choices = states,
		.offset = offsetof(struct incidents_settings, state),
		.help = "Only those in that state."},
	{.name = "since",
		.argument = "AGE",
		.kind = OPTION_AGE,
		.offset = offsetof(struct incidents_settings, since),
		.help = "Only those that changed since then."},
};

struct listing {
	struct context *context;
	size_t count;
};

static bool show(void *context, const struct incident *incident)
{
	struct listing *l = context;

	incident_show_row(l->context, incident, l->count++ == 0);
	return true;
}

/* 0: any. The option takes no other words. */
static unsigned state_bit(const char *name)
{
	enum incident_state state;

	return name != NULL && incident_state_read(name, &state) ? 1u << state : 0;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct incidents_settings *s = settings;
	struct source source;
	struct incident_choice choice = {.open_only = !s->all && s->state == NULL,
		.states = state_bit(s->state),
		.since = s->since.given ? (int64_t)time(NULL) - (int64_t)s->since.value : 0};
	struct listing listing = {.context = context};
	struct problem problem = {0};
	AUTO(journal) journal = NULL;

	if (arguments->count > 0) {
		if (!incident_source(context, arguments->at[0], &source))
			return COMMAND_USAGE;
		choice.source = &source;
	}
	int err = incident_journal(context, JOURNAL_READ, &journal);
	if (err == 0)
		err = casebook_each(journal, &choice, show, &listing, &problem);
	if (err < 0 && err != -ENOENT) {
		if (problem.text[0] != '\0')
			context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (listing.count == 0)
		context_hint(context, "no incident%s", choice.open_only ? " is open" : "");
	return COMMAND_DONE;
}

const struct command command_incidents = {
	.name = "incidents",
	.arguments = "[SOURCE]",
	.arguments_most = 1,
	.help = "outbreaks that were found, and what became of each",
	.about = "Lists the incidents that are not over, newest first: the source, the evidence "
		 "in bits and how many suffice, and what was held. Nothing is changed.",
	.settings_size = sizeof(struct incidents_settings),
	.sets = {COMMAND_SET("Which incidents", rows, 0)},
	.run = run,
};
