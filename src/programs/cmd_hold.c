/* cmd_hold.c - stanch hold: takes messages out of delivery, and keeps them. */
#include "base/memory.h"
#include "base/printable.h"
#include "programs/acting_session.h"
#include "programs/filter_options.h"
#include "programs/suspects.h"
#include "responders/hold.h"
#include "sensors/filter.h"
#include "sensors/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define UNTIL_CLEAN_S   600 /* then it says what is left */
#define ROUND_PAUSE_MS  500 /* Exim finishes what it has in hand */
#define SUMMARY_SOURCES 10
#define IDS_MAX         ((size_t)64 << 20) /* bytes of --ids-from: three million ids */

struct hold_settings {
	struct filter_settings filter;
	const char *ids_from, *reason;
	bool backscatter, until_clean, yes, dry_run;
};

#define AT(member) .offset = offsetof(struct hold_settings, member)

static const struct option_row rows[] = {
	{.name = "backscatter",
		.kind = OPTION_FLAG,
		AT(backscatter),
		.help = "Also the bounces that stanch backscatter calls proved: they return mail "
			"of a "
			"source under suspicion, or mail that was held."},
	{.name = "ids-from",
		.argument = "FILE",
		.kind = OPTION_FILE,
		AT(ids_from),
		.help = "Also the message ids in that file, one a line; - is standard input."},
	{.name = "reason",
		.argument = "TEXT",
		.kind = OPTION_TEXT,
		AT(reason),
		.help = "Why; it is kept with the hold."},
	{.name = "until-clean",
		.kind = OPTION_FLAG,
		AT(until_clean),
		.help = "Look and hold again until nothing that matches is left, for up to 10 "
			"minutes."},
	{.name = "yes",
		.letter = 'y',
		.kind = OPTION_FLAG,
		AT(yes),
		.help = "Do not ask. Without a terminal nothing is held unless this is given."},
	{.name = "dry-run",
		.letter = 'n',
		.kind = OPTION_FLAG,
		AT(dry_run),
		.help = "Show what would be held, and change nothing."},
};

/* What is to be held, in words and compiled. */
struct wanted {
	const char **targets; /* sources and ids, of the command line and of --ids-from */
	size_t target_count;
	char *ids_text;               /* owned: what was read from --ids-from */
	struct exim_id *backscatter;  /* owned: the ids of --backscatter, targets, too */
	bool conditions;              /* there are some besides the targets */
	bool by_id_only;              /* nothing but ids: no scan is needed */
	char source[SOURCE_TEXT_MAX]; /* when it is one source; else "" */
};

struct search {
	struct context *context;
	struct filter *filter;
	struct hold_list *list;
	struct exim_spool *spool;
	struct queue_sensor *sensors[SCAN_THREADS_MAX];
	atomic_ullong unknown;
};

static int read_all(FILE *in, char **ret_text, struct problem *problem)
{
	char *text = NULL;
	size_t len = 0, room = 0;

	for (;;) {
		if (len + 1 >= room) {
			room = room * 2 + 65536;
			text = memory_grow(text, room, 1);
		}

		size_t n = fread(text + len, 1, room - len - 1, in);

		len += n;
		if (n == 0 || len > IDS_MAX)
			break;
	}
	text[len] = '\0';
	if (ferror(in) || len > IDS_MAX) {
		free(text);
		return problem_set(problem, -EIO, "--ids-from: %s",
			len > IDS_MAX ? "is too large" : "cannot be read");
	}
	*ret_text = text;
	return 0;
}

static int read_ids(struct wanted *w, const char *path, struct problem *problem)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int err;

	if (in == NULL)
		return problem_set(
			problem, -errno, "--ids-from: cannot open %s: %s", path, strerror(errno));
	err = read_all(in, &w->ids_text, problem);
	if (in != stdin)
		(void)fclose(in);
	if (err < 0)
		return err;

	size_t room = w->target_count;
	char *rest = w->ids_text;

	for (char *word; (word = strtok_r(rest, " \t\r\n", &rest)) != NULL;) {
		if (w->target_count == room) {
			room = room * 2 + 1024;
			w->targets = memory_grow(w->targets, room, sizeof(w->targets[0]));
		}
		w->targets[w->target_count++] = word;
	}
	return 0;
}

static bool are_all_ids(const struct wanted *w)
{
	struct exim_id id;

	for (size_t i = 0; i < w->target_count; i++)
		if (exim_id_parse(slice_of(w->targets[i]), &id) < 0)
			return false;
	return w->target_count > 0;
}

static void one_source(struct wanted *w, const struct hold_settings *settings)
{
	const char *typed = settings->filter.source != NULL ? settings->filter.source
			    : w->target_count == 1          ? w->targets[0]
							    : NULL;
	struct source source;

	if (typed != NULL && source_parse(slice_of(typed), &source) == 0)
		source_text(&source, w->source);
}

/* A command without any condition would hold the whole queue: that is never meant. */
static int understand(struct wanted *w, const struct hold_settings *settings,
	const struct command_arguments *arguments, struct problem *problem)
{
	struct filter *conditions = NULL, *every = NULL; /* every: so that a slip is told now */
	int err = 0;

	w->target_count = arguments->count;
	w->targets = memory_new(arguments->count + 1, sizeof(w->targets[0]));
	for (size_t i = 0; i < arguments->count; i++)
		w->targets[i] = arguments->at[i];
	if (settings->ids_from != NULL)
		err = read_ids(w, settings->ids_from, problem);
	if (err == 0)
		err = filter_new(&settings->filter, w->targets, w->target_count, time(NULL), &every,
			problem);
	filter_free(every);
	if (err == 0)
		err = filter_new(&settings->filter, NULL, 0, time(NULL), &conditions, problem);
	if (err < 0)
		return err;
	w->conditions = !filter_is_empty(conditions) || filter_queue(conditions) != NULL;
	w->by_id_only = !w->conditions && are_all_ids(w);
	if (filter_is_empty(conditions) && w->target_count == 0 && settings->ids_from == NULL &&
		!settings->backscatter)
		err = problem_set(problem, -EINVAL,
			"what is to be held? Name a source, a message id, or a condition");
	filter_free(conditions);
	one_source(w, settings);
	return err;
}

/* What is proved now; mail that comes later is for the next time. */
static int add_backscatter(struct wanted *w, struct context *context, struct problem *problem)
{
	size_t count = 0;
	int err = suspects_backscatter_ids(context, &w->backscatter, &count, problem);

	if (err < 0)
		return err;
	w->targets = memory_grow(w->targets, w->target_count + count + 1, sizeof(w->targets[0]));
	for (size_t i = 0; i < count; i++)
		w->targets[w->target_count++] = w->backscatter[i].text;
	w->by_id_only = !w->conditions && are_all_ids(w);
	return 0;
}

static void visit(void *given, unsigned worker, const struct scanned *m)
{
	struct search *search = given;
	struct queued q;
	bool sensed;

	if (search->sensors[worker] == NULL)
		search->sensors[worker] = queue_sensor_new(context_exim_login(search->context));
	sensed = queue_sense(search->sensors[worker], m, &q);
	switch (filter_match(search->filter, worker, m, &q, sensed)) {
	case FILTER_YES:
		hold_list_add(search->list, search->spool, m, &q.source);
		break;
	case FILTER_UNKNOWN:
		atomic_fetch_add(&search->unknown, 1);
		break;
	case FILTER_NO:
		break;
	}
}

static int scan(struct context *context, struct exim_spool *spool,
	const struct hold_settings *settings, const struct wanted *w, struct hold_list *list,
	struct problem *problem)
{
	struct search search = {.context = context, .list = list, .spool = spool};
	struct scan_options options = {
		.threads = context_threads(context), .except_queue = context->global.hold_queue};
	struct scan_result result;
	int err = filter_new(&settings->filter, w->targets, w->target_count, time(NULL),
		&search.filter, problem);

	if (err < 0)
		return err;
	context_exim_login(context); /* before the threads */
	options.only_queue = filter_queue(search.filter);
	options.sizes = filter_needs_sizes(search.filter);
	err = exim_scan(spool, &options, visit, &search, NULL, &result, problem);
	for (unsigned i = 0; i < SCAN_THREADS_MAX; i++)
		queue_sensor_free(search.sensors[i]);
	filter_free(search.filter);
	if (err == 0 && atomic_load(&search.unknown) > 0)
		context_warn(context,
			"%llu damaged %s be meant, and never acted on (stanch queue shows what is "
			"damaged)",
			atomic_load(&search.unknown),
			atomic_load(&search.unknown) == 1 ? "message may" : "messages may");
	if (err == 0 && result.unreadable > 0)
		context_warn(context, "%" PRIu64 " %s could not be read", result.unreadable,
			acting_messages(result.unreadable));
	return err;
}

/* An id that was named, and is not there to be held: told, because it may be a slip of the hand. */
static void tell_missing(struct context *context, const struct exim_spool *spool,
	const struct exim_id *id, struct acted *missing)
{
	const char *hold_queue = context->global.hold_queue;

	missing->counts.messages++;
	missing->counts.missing++;
	if (exim_spool_find(spool, hold_queue, id) != NULL)
		acted_add_problem(missing, id, "lies in the hold queue \"%s\" already", hold_queue);
	else
		acted_add_problem(missing, id, "is not in the queue");
}

static bool is_in_queue(
	const struct exim_spool *spool, const struct exim_id *id, const char *hold_queue)
{
	const struct spool_folder *folder = exim_spool_find(spool, NULL, id);

	return folder != NULL && strcmp(folder->queue, hold_queue) != 0;
}

/* Fills the list. *missing: ids that lie nowhere, which are told. */
static int find(struct context *context, struct exim_spool *spool,
	const struct hold_settings *settings, const struct wanted *w, bool tell,
	struct hold_list *list, struct acted *missing, struct problem *problem)
{
	const char *hold_queue = context->global.hold_queue;
	int err = w->by_id_only ? 0 : scan(context, spool, settings, w, list, problem);

	for (size_t i = 0; i < w->target_count && err == 0; i++) {
		struct exim_id id;

		if (exim_id_parse(slice_of(w->targets[i]), &id) < 0)
			continue;
		if (w->by_id_only ? hold_list_add_id(list, spool, &id, hold_queue) < 0
				  : !is_in_queue(spool, &id, hold_queue))
			if (tell)
				tell_missing(context, spool, &id, missing);
	}
	return err;
}

static void print_plan(const struct context *context, const struct hold_list *list)
{
	struct hold_sum sums[SUMMARY_SOURCES];
	size_t sources;
	size_t n = hold_list_sums(list, sums, SUMMARY_SOURCES, &sources);
	char a[UNITS_TEXT], b[UNITS_TEXT], text[SOURCE_TEXT_MAX];
	FILE *out = stdout;

	(void)fprintf(out, "%s %s would go out of the queue into Exim's queue \"%s\":\n",
		units_count_text(hold_list_count(list), a), acting_messages(hold_list_count(list)),
		context->global.hold_queue);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, "  %10s %s to %s recipient%s  %s\n",
			units_count_text(sums[i].messages, a), acting_messages(sums[i].messages),
			units_count_text(sums[i].recipients, b), sums[i].recipients == 1 ? "" : "s",
			source_text(&sums[i].source, text));
	if (sources > n)
		(void)fprintf(
			out, "  and %zu more source%s\n", sources - n, sources - n == 1 ? "" : "s");
	if (sources == 0)
		for (size_t i = 0; i < hold_list_count(list) && i < SUMMARY_SOURCES; i++)
			(void)fprintf(out, "  %s\n", hold_list_id(list, i)->text);
	(void)fflush(out);
}

static int planned(struct context *context, const struct hold_settings *settings,
	const struct hold_list *list, const struct acted *missing)
{
	struct acted plan = *missing;

	plan.counts.messages += hold_list_count(list);
	plan.counts.left = hold_list_count(list);
	if (context->global.json)
		acting_tell(context, "hold", "held", "planned", &plan);
	else
		print_plan(context, list);
	if (settings->dry_run)
		return missing->counts.missing > 0 ? COMMAND_LEFT : COMMAND_DONE;
	context_hint(context, "nothing was held: --yes does it");
	return COMMAND_LEFT;
}

static void pause_round(void)
{
	nanosleep(&(struct timespec){0, ROUND_PAUSE_MS * 1000000L}, NULL);
}

/* The rounds' counts become one: what was left in one round and done in a later one is done. */
static void add_round(struct acted *all, struct acted *round)
{
	all->hold = round->hold;
	all->counts.done += round->counts.done;
	all->counts.missing += round->counts.missing;
	all->counts.left = round->counts.left;
	all->counts.conflict = round->counts.conflict;
	all->counts.messages =
		all->counts.done + all->counts.missing + all->counts.left + all->counts.conflict;
	all->locked = round->locked;
	all->unfinished += round->unfinished;
	all->stopped = round->stopped;
	for (size_t i = 0; i < all->problem_count; i++)
		free(all->problems[i].why);
	free(all->problems);
	all->problems = round->problems;
	all->problem_count = round->problem_count;
	all->problem_room = round->problem_room;
	*round = (struct acted){0};
}

static int hold_rounds(struct acting_session *s, struct context *context,
	const struct hold_settings *settings, const struct wanted *w, struct hold_list **list,
	struct hold_request *request, struct acted *all, struct problem *problem)
{
	time_t until = time(NULL) + UNTIL_CLEAN_S;
	struct acted none = {0};

	for (;;) {
		struct acted round = {0};
		int err = hold_run(&s->acting, request, *list, &round, problem);
		bool helps = round.counts.done > 0 || round.locked > 0;

		add_round(all, &round);
		request->hold = all->hold;
		if (err < 0 || !settings->until_clean || all->stopped || !helps ||
			time(NULL) >= until)
			return err;
		if (all->locked > 0)
			pause_round();
		hold_list_free(*list);
		*list = hold_list_new();
		err = exim_spool_refresh(s->acting.spool, problem);
		if (err == 0)
			err = find(context, s->acting.spool, settings, w, false, *list, &none,
				problem);
		if (err < 0)
			return err;
		if (hold_list_count(*list) == 0) {
			all->counts.left = all->counts.conflict = all->locked = 0;
			all->counts.messages = all->counts.done + all->counts.missing;
			return 0;
		}
		context_hint(context, "%zu more to hold", hold_list_count(*list));
	}
}

static int hold_now(struct acting_session *s, struct context *context,
	const struct hold_settings *settings, const struct wanted *w, struct hold_list **list,
	struct acted *missing)
{
	struct problem problem = {0};
	struct acted all = {0};
	struct hold_request request = {.queue = context->global.hold_queue,
		.reason = settings->reason != NULL ? settings->reason : "",
		.selector = s->acting.request,
		.source = w->source};
	int status, err = acting_session_act(s, context, false, &problem);

	if (err == 0)
		acting_hint_log(s, context);
	if (err == 0)
		err = hold_rounds(s, context, settings, w, list, &request, &all, &problem);
	all.counts.messages += missing->counts.messages;
	all.counts.missing += missing->counts.missing;
	for (size_t i = 0; i < missing->problem_count; i++)
		acted_add_problem(&all, &missing->problems[i].id, "%s", missing->problems[i].why);
	if (err < 0)
		context_problem(context, &problem);
	if (all.hold != 0) {
		acting_tell(context, "hold", "held", acting_result_state(&all), &all);
		if (all.counts.done > 0 && !context->global.json)
			context_hint(
				context, "to put them back: stanch restore %" PRId64, all.hold);
	}
	status = err < 0 ? COMMAND_UNABLE : acting_exit(&all);
	acted_clear(&all);
	return status;
}

static int nothing_found(const struct context *context, struct acted *missing)
{
	acting_tell(context, "hold", "held", "nothing", missing);
	context_hint(context, "nothing in the queue matches");
	return missing->counts.missing > 0 ? COMMAND_LEFT : COMMAND_DONE;
}

static int hold(struct acting_session *s, struct context *context,
	const struct hold_settings *settings, struct wanted *w, struct hold_list **list,
	struct acted *missing)
{
	struct problem problem = {0};
	int err = acting_session_begin(s, context, &problem);

	if (err == 0 && settings->backscatter)
		err = add_backscatter(w, context, &problem);
	/* Without any target, the conditions alone would take what was not meant. */
	if (err == 0 && w->target_count == 0 &&
		(!w->conditions || settings->backscatter || settings->ids_from != NULL))
		return nothing_found(context, missing);
	if (err == 0)
		err = find(context, s->acting.spool, settings, w, true, *list, missing, &problem);
	if (err < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (hold_list_count(*list) == 0)
		return nothing_found(context, missing);
	if (settings->dry_run || (!settings->yes && !context->in_terminal))
		return planned(context, settings, *list, missing);
	if (!settings->yes) {
		print_plan(context, *list);
		if (!context_confirm(context, "Hold them?")) {
			context_warn(context, "nothing was held");
			return COMMAND_LEFT;
		}
	}
	return hold_now(s, context, settings, w, list, missing);
}

static int run(
	struct context *context, const void *given, const struct command_arguments *arguments)
{
	const struct hold_settings *settings = given;
	struct acting_session session = {0};
	struct hold_list *list = hold_list_new();
	struct acted missing = {0};
	struct wanted wanted = {0};
	struct problem problem = {0};
	int status;

	if (understand(&wanted, settings, arguments, &problem) < 0) {
		context_problem(context, &problem);
		status = COMMAND_USAGE;
	} else {
		status = context_check_queue(context, settings->filter.queue);
	}
	if (status == COMMAND_DONE) {
		status = hold(&session, context, settings, &wanted, &list, &missing);
	}
	acting_session_end(&session);
	acted_clear(&missing);
	hold_list_free(list);
	free(wanted.backscatter);
	free(wanted.targets);
	free(wanted.ids_text);
	return status;
}

const struct command command_hold = {
	.name = "hold",
	.arguments = "[SOURCE|ID...]",
	.arguments_most = SIZE_MAX,
	.help = "take messages out of delivery, and keep them",
	.about = "Moves the messages that match, under Exim's own lock, into a named queue of "
		 "Exim's that nothing delivers, and keeps a journal from which \"stanch restore\" "
		 "puts them back. Messages that Exim is working on, and damaged ones, are left and "
		 "named.\nOn a terminal it shows what it would do and asks; elsewhere it does "
		 "nothing without --yes.",
	.settings_size = sizeof(struct hold_settings),
	.sets = {COMMAND_SET("How", rows, 0), COMMAND_SET("Which messages", filter_options,
						      offsetof(struct hold_settings, filter))},
	.run = run,
};
