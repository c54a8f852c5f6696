/* cmd_audit.c - stanch audit: all that was ever done, newest first, by whom. */
#include "base/printable.h"
#include "programs/incident_session.h"
#include "programs/moment_option.h"
#include "reports/audit.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LIMIT  100
#define DAEMON "daemon" /* for --who: no person */

struct audit_settings {
	const char *since, *until, *source, *who, *before;
	struct units_given limit;
};

#define AT(member) .offset = offsetof(struct audit_settings, member)

static const struct option_row rows[] = {
	{.name = "source",
		.argument = "SOURCE",
		.kind = OPTION_TEXT,
		AT(source),
		.help = "Only what was done about that source."},
	{.name = "who",
		.argument = "NAME",
		.kind = OPTION_TEXT,
		AT(who),
		.help = "Only what that person did, by login or as who used sudo; \"daemon\": what "
			"stanchd did by itself."},
	{.name = "since",
		.argument = "TIME",
		.kind = OPTION_TEXT,
		AT(since),
		.help = "Only from then on: \"2026-11-23\", \"2026-11-23 12:05\", or an age like "
			"3d."},
	{.name = "until",
		.argument = "TIME",
		.kind = OPTION_TEXT,
		AT(until),
		.help = "Only up to then."},
	{.name = "limit",
		.argument = "N",
		.kind = OPTION_COUNT,
		AT(limit),
		.least = 1,
		.most = AUDIT_LIMIT_MOST,
		.help = "Show so many at most; 100 without it."},
	{.name = "before",
		.argument = "CURSOR",
		.kind = OPTION_TEXT,
		AT(before),
		.help = "Go on behind that entry: what its line of --json calls cursor. What comes "
			"new meanwhile moves nothing."},
};

struct listing {
	struct context *context;
	uint64_t count;
	struct audit_cursor last;
};

static bool show(void *context, const struct audit_entry *entry)
{
	struct listing *l = context;
	const struct terminal terminal = {stdout, l->context->color, l->context->width};

	l->count++;
	l->last = entry->place;
	if (l->context->global.json)
		audit_print_json(stdout, entry);
	else
		audit_print(&terminal, entry);
	return true;
}

static int read_before(const char *typed, struct audit_cursor *ret, struct problem *problem)
{
	char shown[64];

	if (typed == NULL || audit_cursor_read(slice_of(typed), ret) == 0)
		return 0;
	return problem_set(problem, -EINVAL, "--before \"%s\" is no cursor of this list",
		printable_text(slice_of(typed), shown, sizeof(shown)));
}

/* source: where the choice's source is kept. */
static int read_choice(struct context *context, const struct audit_settings *s,
	struct source *source, struct audit_choice *ret)
{
	bool by_daemon = s->who != NULL && strcmp(s->who, DAEMON) == 0;
	struct problem problem = {0};

	*ret = (struct audit_choice){.user = by_daemon ? NULL : s->who,
		.by_daemon = by_daemon,
		.limit = s->limit.given ? s->limit.value : LIMIT};
	if (moment_option_read(s->since, "since", 0, &ret->since, &problem) < 0 ||
		moment_option_read(s->until, "until", 0, &ret->until, &problem) < 0 ||
		read_before(s->before, &ret->before, &problem) < 0) {
		context_problem(context, &problem);
		return -EINVAL;
	}
	if (s->source == NULL)
		return 0;
	if (!incident_source(context, s->source, source))
		return -EINVAL;
	ret->source = source;
	return 0;
}

static void say_end(struct context *context, const struct listing *l, uint64_t limit)
{
	char cursor[AUDIT_CURSOR_MAX];

	if (l->count == 0)
		context_hint(context, "nothing of the kind was done");
	else if (l->count == limit && !context->global.json)
		context_hint(context, "there may be more: --before %s",
			audit_cursor_text(&l->last, cursor));
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	struct listing listing = {.context = context};
	struct audit_choice choice;
	struct source source;
	struct problem problem = {0};
	AUTO(journal) journal = NULL;

	(void)arguments;
	if (read_choice(context, settings, &source, &choice) < 0)
		return COMMAND_USAGE;
	int err = journal_open(
		context->global.state, JOURNAL_READ, context->command->name, &journal, &problem);
	if (err == 0)
		err = audit_each(journal, &choice, show, &listing, &problem);
	if (err < 0 && err != -ENOENT) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	say_end(context, &listing, choice.limit);
	return COMMAND_DONE;
}

const struct command command_audit = {
	.name = "audit",
	.arguments = "",
	.help = "all that was ever done, newest first, by whom",
	.about = "Lists what was done, newest first: incidents that were opened and each change of "
		 "their state, what was done against their sources and undone, mail that was held, "
		 "put back or deleted, exemptions that were given or ended; each with its time, by "
		 "whom and why. Nothing is changed.",
	.settings_size = sizeof(struct audit_settings),
	.sets = {COMMAND_SET("Which", rows, 0)},
	.run = run,
};
