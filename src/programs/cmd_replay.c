/* cmd_replay.c - stanch replay: today's rules over the past, so that an administrator sees what
 * they would have done before he lets them do it. */
#include "base/printable.h"
#include "base/sketch.h"
#include "incidents/hindsight.h"
#include "programs/context.h"
#include "programs/moment_option.h"
#include "programs/replay_input.h"
#include "reports/hindsight.h"
#include "reports/kept_replays.h"
#include "systems/local_tables.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* The same facts give the same findings each time, also where two names share a place of a table.
 */
#define REPLAY_SEED UINT64_C(0x7374616e63680001)

/* As detect.alpha of stanch.conf(5). */
#define ALPHA_LEAST 0.000000001
#define ALPHA_MOST  0.1

struct replay_settings {
	const char *facts, *hosted, *networks, *since, *until, *zone, *alpha;
	bool explain, keep, kept;
};

#define AT(member) .offset = offsetof(struct replay_settings, member)

static const struct option_row rows[] = {
	{.name = "since",
		.argument = "TIME",
		.kind = OPTION_TEXT,
		AT(since),
		.help = "Show findings from then on: \"2026-11-23\", \"2026-11-23 12:05\", or an "
			"age like 3d. What is before is learnt from, as a past."},
	{.name = "until",
		.argument = "TIME",
		.kind = OPTION_TEXT,
		AT(until),
		.help = "Read no further than that."},
	{.name = "alpha",
		.argument = "SHARE",
		.kind = OPTION_TEXT,
		AT(alpha),
		.help = "How likely it may be that an honest account is contained within a year; "
			"0.0001 without it. Less takes more mail to be sure."},
	{.name = "explain",
		.kind = OPTION_FLAG,
		AT(explain),
		.help = "Show all evidence of each source, and all that came near; in JSON, what "
			"became of each at the end."},
	{.name = "hosted",
		.argument = "FILE",
		.kind = OPTION_FILE,
		AT(hosted),
		.help = "Domains that are hosted here, one a line. Without it, those that mail was "
			"delivered to on this server count as hosted."},
	{.name = "networks",
		.argument = "FILE",
		.kind = OPTION_FILE,
		AT(networks),
		.help = "Which networks there are: a prefix, the number of its autonomous system "
			"and its country a line. Without it, an address stands for its own "
			"neighbourhood."},
	{.name = "zone",
		.argument = "ZONE",
		.kind = OPTION_TEXT,
		AT(zone),
		.help = "Time zone of the logs, where they do not say it: UTC, +0100, "
			"Europe/Berlin. Without it, that of this machine."},
	{.name = "facts",
		.argument = "FILE",
		.kind = OPTION_FILE,
		AT(facts),
		.help = "Read facts as JSON lines instead of logs; - for standard input."},
	{.name = "keep",
		.kind = OPTION_FLAG,
		AT(keep),
		.help = "Keep what came of it in the folder of --state, to be shown later; the "
			"latest 20 are kept."},
	{.name = "kept",
		.kind = OPTION_FLAG,
		AT(kept),
		.help = "Read no logs: list what was kept, newest first; with a NAME show that "
			"one."},
};

/* What is told while it runs. */
struct telling {
	bool json;
	struct hindsight *hindsight;
	struct ledger *ledger;
};

static void tell(void *context, enum hindsight_word word, const struct watch_result *result,
	const struct hindsight_finding *finding)
{
	const struct telling *t = context;

	if (!t->json)
		return;
	hindsight_print_event(stdout, word, result, finding);
	if (word != HINDSIGHT_SCORE)
		(void)fflush(stdout);
}

/* Mail for a domain that is delivered here says that it is hosted here. */
static void learn_hosted(struct ledger *l, const struct fact *fact)
{
	struct slice domain =
		slice_after(fact->recipient, slice_find_last(fact->recipient, '@') + 1);

	if (fact->kind == FACT_DELIVERED && fact->is_local && domain.len < fact->recipient.len &&
		ledger_hosted(l, domain) == HOSTED_UNKNOWN)
		ledger_set_hosted(l, domain, HOSTED_YES);
}

static void take(void *context, const struct fact *fact)
{
	struct telling *t = context;

	learn_hosted(t->ledger, fact);
	hindsight_take(t->hindsight, fact);
}

static void set_hosted(void *context, struct slice domain)
{
	ledger_set_hosted(context, domain, HOSTED_YES);
}

/* The two tables, if they are given. */
static int read_tables(const struct replay_settings *s, struct ledger *ledger,
	struct networks *networks, struct problem *problem)
{
	int err = 0;

	if (s->networks != NULL) {
		err = local_tables_networks(s->networks, networks, problem);
		ledger_set_networks(ledger, networks);
	}
	if (err == 0 && s->hosted != NULL) {
		err = local_tables_hosted(s->hosted, set_hosted, ledger, problem);
		ledger_hosted_complete(ledger);
	}
	return err;
}

/* In microseconds; `none`, which is in them, too, when it was not given. */
static int read_moment(const char *typed, const char *option, int64_t none, int64_t *ret_us,
	struct problem *problem)
{
	int64_t seconds;

	*ret_us = none;
	if (typed == NULL)
		return 0;
	if (moment_option_read(typed, option, 0, &seconds, problem) < 0)
		return -1;
	*ret_us = seconds * 1000000;
	return 0;
}

static int check_usage(const struct replay_settings *s, const struct command_arguments *arguments,
	struct problem *problem)
{
	if (s->kept && (s->keep || s->facts != NULL || arguments->count > 1))
		return problem_set(
			problem, -1, "--kept reads no logs: give the name of one, or none");
	if (s->kept)
		return 0;
	if (s->facts == NULL && arguments->count == 0)
		return problem_set(
			problem, -1, "which logs? Name files or folders, or --facts FILE");
	if (s->facts != NULL && arguments->count > 0)
		return problem_set(problem, -1, "logs or --facts, not both");
	return 0;
}

static int read_alpha(const char *typed, double *ret_alpha, struct problem *problem)
{
	char shown[64];

	*ret_alpha = WATCH_ALPHA;
	if (typed == NULL)
		return 0;
	if (units_read_share(slice_of(typed), ret_alpha) < 0 || *ret_alpha < ALPHA_LEAST ||
		*ret_alpha > ALPHA_MOST)
		return problem_set(problem, -1, "--alpha \"%s\" is not within %.9f and %.1f",
			printable_text(slice_of(typed), shown, sizeof(shown)), ALPHA_LEAST,
			ALPHA_MOST);
	return 0;
}

static struct terminal terminal_of(const struct context *context)
{
	return (struct terminal){stdout, context->color, context->width};
}

static void print(
	const struct context *context, struct hindsight *h, const struct hindsight_view *view)
{
	const struct terminal terminal = terminal_of(context);

	if (!context->global.json)
		hindsight_print(&terminal, h, view);
	else if (view->explain)
		hindsight_print_end(stdout, h, view);
}

/* ---- what is kept ---- */

static int keep(struct context *context, struct hindsight *h, const struct hindsight_view *view,
	const struct replay_source *source, int64_t since_us)
{
	struct journal_who who;
	struct replay_run run = {.at = (int64_t)time(NULL),
		.who = &who,
		.logs = source->logs->at,
		.log_count = source->logs->count,
		.facts = source->facts,
		.since_us = since_us,
		.until_us = source->until_us};
	char id[KEPT_REPLAY_ID];
	struct problem problem = {0};

	journal_who_now(&who);
	json_t *object = kept_replay_object(h, view, &run);
	int err = kept_replays_add(context->global.state, run.at, object, id, &problem);
	json_decref(object);
	if (err < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	context_hint(context, "kept as %s", id);
	return COMMAND_DONE;
}

struct listing {
	struct context *context;
	size_t shown;
	bool is_damaged; /* one of them */
};

static void show_row(void *given, const char *id, json_t *object)
{
	struct listing *l = given;
	const struct terminal terminal = terminal_of(l->context);

	if (object == NULL) {
		context_warn(l->context, "the kept replay %s is damaged", id);
		l->is_damaged = true;
		return;
	}
	if (l->context->global.json)
		kept_replay_print_json(stdout, object, false);
	else
		kept_replay_print_row(&terminal, object, l->shown == 0);
	l->shown++;
}

static int list_kept(struct context *context)
{
	struct listing l = {.context = context};
	struct problem problem = {0};
	size_t count = 0;

	if (kept_replays_each(context->global.state, show_row, &l, &count, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (count == 0)
		context_hint(context, "no replay is kept: stanch replay --keep LOG... keeps one");
	return l.is_damaged ? COMMAND_UNABLE : COMMAND_DONE;
}

static int show_kept(struct context *context, const char *id)
{
	const struct terminal terminal = terminal_of(context);
	struct problem problem = {0};
	json_t *object = NULL;
	int err = kept_replays_read(context->global.state, id, &object, &problem);

	if (err < 0) {
		context_problem(context, &problem);
		return err == -EINVAL   ? COMMAND_USAGE
		       : err == -ENOENT ? COMMAND_LEFT
					: COMMAND_UNABLE;
	}
	if (context->global.json)
		kept_replay_print_json(stdout, object, true);
	else
		kept_replay_print(&terminal, object);
	json_decref(object);
	return COMMAND_DONE;
}

/* ---- the replay ---- */

static int replay(struct context *context, const struct replay_settings *s,
	const struct replay_source *source, int64_t since_us, double alpha)
{
	const struct watch_settings settings = {.alpha = alpha};
	AUTO(watch) watch = watch_new(&settings);
	AUTO(networks) networks = networks_new();
	struct telling telling = {.json = context->global.json, .ledger = watch_ledger(watch)};
	AUTO(hindsight) h = hindsight_new(watch, since_us, tell, &telling);
	struct replay_losses losses = {0};
	struct problem problem = {0};

	telling.hindsight = h;
	if (read_tables(s, telling.ledger, networks, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	replay_input_read(context, source, telling.ledger, take, &telling, &losses);
	if (hindsight_totals(h).facts == 0) {
		context_warn(context, "there was nothing to learn from");
		return COMMAND_UNABLE;
	}
	const struct hindsight_view view = {.explain = s->explain,
		.contain_bits = watch_contain_bits(watch),
		.alpha = alpha,
		.left_out = losses.lines};
	print(context, h, &view);
	int status = s->keep ? keep(context, h, &view, source, since_us) : COMMAND_DONE;
	return losses.lines > 0 || losses.problems > 0 ? COMMAND_UNABLE : status;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct replay_settings *s = settings;
	struct replay_source source = {.logs = arguments, .facts = s->facts, .zone = s->zone};
	const struct settings_values *values = NULL;
	struct problem problem = {0};
	int64_t since_us;
	double alpha;

	hash_set_seed(REPLAY_SEED);
	if (check_usage(s, arguments, &problem) < 0 || read_alpha(s->alpha, &alpha, &problem) < 0 ||
		read_moment(s->since, "since", 0, &since_us, &problem) < 0 ||
		read_moment(s->until, "until", INT64_MAX, &source.until_us, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_USAGE;
	}
	if (s->kept)
		return arguments->count > 0 ? show_kept(context, arguments->at[0])
					    : list_kept(context);
	if (context_settings(context, &values, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_USAGE;
	}
	source.relays = &values->log.relay_hosts;
	return replay(context, s, &source, since_us, alpha);
}

const struct command command_replay = {
	.name = "replay",
	.arguments = "LOG...|NAME",
	.arguments_most = SIZE_MAX,
	.help = "what today's rules would have done over old logs",
	.about = "Reads old logs from the first line on, as if each line were just being written, "
		 "and shows which sources would have been contained, when, after how many "
		 "recipients, how much more would have been stopped, and which others came near. "
		 "No mail is changed.\n"
		 "Logs may be rotated and packed (gzip, Zstandard) and are put in order by their "
		 "times; of a folder all its main logs are read. Logs in different folders are "
		 "those of different servers.\n"
		 "Some weeks are best: a source is judged by its own past, and of one without a "
		 "past more is asked.",
	.settings_size = sizeof(struct replay_settings),
	.sets = {COMMAND_SET("What is read and shown", rows, 0)},
	.run = run,
};
