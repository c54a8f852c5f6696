/* cmd_exempt.c - stanch exempt: sources that are never contained. */
#include "base/json_text.h"
#include "base/printable.h"
#include "programs/incident_session.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct exempt_settings {
	const char *reason;
	struct units_given lasting;
	bool remove;
};

static const struct option_row rows[] = {
	{.name = "reason",
		.argument = "TEXT",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct exempt_settings, reason),
		.help = "Why; without a reason nothing is exempted."},
	{.name = "for",
		.argument = "AGE",
		.kind = OPTION_AGE,
		.offset = offsetof(struct exempt_settings, lasting),
		.help = "For how long; without it, until it is removed."},
	{.name = "remove",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct exempt_settings, remove),
		.help = "End the exemption of that source."},
};

static void print_json(const struct exemption *e)
{
	json_t *o = json_object();
	char text[SOURCE_TEXT_MAX], who[192];

	json_put(o, "source", json_text(slice_of(source_text(&e->source, text))));
	json_put(o, "kind", json_string(source_kind_name(e->source.kind)));
	json_put(o, "name", json_text((struct slice){e->source.name, e->source.len}));
	json_put(o, "since", json_time(e->since));
	json_put(o, "until", e->until != 0 ? json_time(e->until) : NULL);
	json_put(o, "who", json_text(slice_of(journal_who_text(&e->who, who))));
	json_put(o, "reason", json_text(slice_of(e->reason)));
	json_line(stdout, o);
}

struct listing {
	const struct context *context;
	size_t count;
};

static bool show(void *context, const struct exemption *e)
{
	struct listing *l = context;
	char text[SOURCE_TEXT_MAX], until[UNITS_TEXT], who[192];

	l->count++;
	if (l->context->global.json) {
		print_json(e);
		return true;
	}
	(void)printf("%s   until %s, by %s: ", source_text(&e->source, text),
		e->until != 0 ? units_time_text(e->until, until) : "it is removed",
		journal_who_text(&e->who, who));
	printable_write(stdout, slice_of(e->reason));
	(void)putchar('\n');
	return true;
}

static int list(struct context *context)
{
	struct listing l = {.context = context};
	struct problem problem = {0};
	AUTO(journal) journal = NULL;
	int err = incident_journal(context, JOURNAL_READ, &journal);

	if (err == 0)
		err = casebook_each_exemption(journal, (int64_t)time(NULL), show, &l, &problem);
	if (err < 0 && err != -ENOENT) {
		if (problem.text[0] != '\0')
			context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (l.count == 0)
		context_hint(context, "no source is exempted");
	return COMMAND_DONE;
}

static int change(
	struct context *context, const struct exempt_settings *s, const struct source *source)
{
	struct exemption e = {.source = *source,
		.since = (int64_t)time(NULL),
		.reason = s->reason != NULL ? s->reason : ""};
	struct problem problem = {0};
	AUTO(journal) journal = NULL;

	if (incident_journal(context, JOURNAL_NOTE, &journal) < 0)
		return COMMAND_UNABLE;
	journal_who_now(&e.who);
	if (s->lasting.given)
		e.until = e.since + (int64_t)s->lasting.value;
	const struct incident_doing doing = {.at = e.since, .who = &e.who, .words = e.reason};
	int err = s->remove ? casebook_end_exemption(journal, source, &doing, &problem)
			    : casebook_exempt(journal, &e, &problem);
	if (err < 0) {
		context_problem(context, &problem);
		return err == -ENOENT ? COMMAND_LEFT : COMMAND_UNABLE;
	}
	incident_tell_daemon(context);
	return COMMAND_DONE;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct exempt_settings *s = settings;
	struct source source;

	if (arguments->count == 0 && !s->remove && s->reason == NULL)
		return list(context);
	if (arguments->count == 0 || (!s->remove && (s->reason == NULL || s->reason[0] == '\0'))) {
		context_warn(
			context, arguments->count == 0 ? "which source?" : "why? Give a --reason");
		return COMMAND_USAGE;
	}
	if (!incident_source(context, arguments->at[0], &source))
		return COMMAND_USAGE;
	return change(context, s, &source);
}

const struct command command_exempt = {
	.name = "exempt",
	.arguments = "[SOURCE]",
	.arguments_most = 1,
	.help = "sources that are never contained, until when and why",
	.about = "Without a source, lists those that are exempted. With one and a reason, exempts "
		 "it: it is watched as before, and never contained.",
	.settings_size = sizeof(struct exempt_settings),
	.sets = {COMMAND_SET("What", rows, 0)},
	.run = run,
};
