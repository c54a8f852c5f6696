/* cmd_check.c - stanch check: a plugin for Nagios, Icinga and the like. It never says OK when it
 * could not look. */
#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "facts/tally.h"
#include "programs/context.h"
#include "reports/plugin.h"
#include "sensors/queue.h"
#include "systems/exim/scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS 10 /* what the guidelines call usual */
#define WORST_SHOWN     5

struct check_settings {
	const char *warning, *critical;
	const char *share_warning, *share_critical;
	const char *frozen_warning, *frozen_critical;
	struct units_given timeout;
	bool verbose;
};

#define AT(field) offsetof(struct check_settings, field)

static const struct option_row rows[] = {
	{.name = "warning",
		.letter = 'w',
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(warning),
		.help = "WARNING when the number of messages is outside of it."},
	{.name = "critical",
		.letter = 'c',
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(critical),
		.help = "CRITICAL when it is outside of this."},
	{.name = "share-warning",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(share_warning),
		.help = "WARNING when the percentage of messages that come from one source, the "
			"one "
			"with most, is outside of it."},
	{.name = "share-critical",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(share_critical),
		.help = "CRITICAL when it is outside of this."},
	{.name = "frozen-warning",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(frozen_warning),
		.help = "WARNING when the number of frozen bounces is outside of it."},
	{.name = "frozen-critical",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(frozen_critical),
		.help = "CRITICAL when it is outside of this."},
	{.name = "timeout",
		.letter = 't',
		.argument = "SECONDS",
		.kind = OPTION_COUNT,
		.offset = AT(timeout),
		.least = 1,
		.most = 3600,
		.help = "UNKNOWN when it takes longer (10)."},
	{.name = "verbose",
		.letter = 'v',
		.kind = OPTION_FLAG,
		.offset = AT(verbose),
		.help = "Name the sources with most messages even when all is well."},
};

enum metric { MESSAGES, SHARE, FROZEN, METRICS };

struct check {
	struct context *context;
	struct exim_spool *spool;
	struct plugin_metric metrics[METRICS];
	struct plugin_deadline *deadline;
	bool verbose;

	struct queue_sensor *sensors[SCAN_THREADS_MAX];
	struct tally *tally;
	atomic_ullong frozen_bounces, damaged;
	bool was_read; /* not only counted */
	enum plugin_status status;
};

static int read_range(
	const char *option, const char *text, struct plugin_range *ret, struct problem *problem)
{
	char shown[64];

	if (text == NULL || plugin_range_parse(text, ret) == 0)
		return 0;
	return problem_set(problem, -EINVAL,
		"--%s: \"%s\" is no range such as 10, 10:, ~:10, 10:20 "
		"or @10:20",
		option, printable_text(slice_of(text), shown, sizeof(shown)));
}

static int read_ranges(struct check *check, const struct check_settings *s, struct problem *problem)
{
	struct plugin_metric *m = check->metrics;

	m[MESSAGES] = (struct plugin_metric){.label = "messages", .unit = ""};
	m[SHARE] = (struct plugin_metric){
		.label = "share", .unit = "%", .has_most = true, .most = 100};
	m[FROZEN] = (struct plugin_metric){.label = "frozen_bounces", .unit = ""};
	int r = read_range("warning", s->warning, &m[MESSAGES].warning, problem);
	if (r == 0)
		r = read_range("critical", s->critical, &m[MESSAGES].critical, problem);
	if (r == 0)
		r = read_range("share-warning", s->share_warning, &m[SHARE].warning, problem);
	if (r == 0)
		r = read_range("share-critical", s->share_critical, &m[SHARE].critical, problem);
	if (r == 0)
		r = read_range("frozen-warning", s->frozen_warning, &m[FROZEN].warning, problem);
	if (r == 0)
		r = read_range("frozen-critical", s->frozen_critical, &m[FROZEN].critical, problem);
	return r;
}

static bool is_judged(const struct plugin_metric *metric)
{
	return metric->warning.given || metric->critical.given;
}

/* ---- looking ---- */

static void visit(void *context, unsigned worker, const struct scanned *m)
{
	struct check *check = context;
	struct queued q;

	if (check->sensors[worker] == NULL)
		check->sensors[worker] = queue_sensor_new(context_exim_login(check->context));
	if (!queue_sense(check->sensors[worker], m, &q))
		q.damaged = true;
	tally_add(check->tally, &q);
	if (q.damaged)
		atomic_fetch_add(&check->damaged, 1);
	if (q.frozen && q.bounce)
		atomic_fetch_add(&check->frozen_bounces, 1);
}

static int count(struct check *check, struct problem *problem)
{
	const struct scan_options options = {.threads = context_threads(check->context),
		.except_queue = check->context->global.hold_queue,
		.names_only = true};
	struct scan_result result;

	int r = exim_scan(check->spool, &options, visit, check, NULL, &result, problem);
	if (r == 0)
		check->metrics[MESSAGES].value = result.messages;
	return r;
}

static const struct tally_source *largest(struct check *check)
{
	size_t n = 0;
	struct tally_source **sources = tally_sources(check->tally, &n);

	return n > 0 ? sources[0] : NULL;
}

static int read_all(struct check *check, struct problem *problem)
{
	const struct scan_options options = {.threads = context_threads(check->context),
		.except_queue = check->context->global.hold_queue};
	struct scan_result result;

	check->tally = tally_new();
	(void)context_exim_login(check->context); /* before the threads ask */
	int r = exim_scan(check->spool, &options, visit, check, NULL, &result, problem);
	if (r < 0)
		return r;
	if (result.unreadable > 0)
		return problem_set(problem, -EIO,
			"%" PRIu64 " of %" PRIu64 " messages on queue could not be read",
			result.unreadable, result.messages);
	check->was_read = true;
	check->metrics[MESSAGES].value = result.visited;
	check->metrics[FROZEN].value = atomic_load(&check->frozen_bounces);
	const struct tally_source *most = largest(check);
	if (most != NULL && result.visited > 0)
		check->metrics[SHARE].value =
			(most->messages * 100 + result.visited / 2) / result.visited;
	return 0;
}

static enum plugin_status judge(const struct check *check)
{
	enum plugin_status status = PLUGIN_OK;

	for (size_t i = 0; i < METRICS; i++)
		status = plugin_worse(status, plugin_metric_status(&check->metrics[i]));
	return atomic_load(&check->damaged) > 0 ? plugin_worse(status, PLUGIN_WARNING) : status;
}

/* ---- saying ---- */

static void write_source(FILE *out, const struct tally_source *s)
{
	(void)fprintf(out, "%s%s", source_kind_name(s->source.kind), s->source.len > 0 ? ":" : "");
	plugin_text_write(out, (struct slice){s->source.name, s->source.len});
}

static const char *plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

static void write_details(FILE *out, struct check *check)
{
	const struct tally_source *most = check->was_read ? largest(check) : NULL;
	uint64_t damaged = atomic_load(&check->damaged);

	if (most != NULL && is_judged(&check->metrics[SHARE])) {
		(void)fprintf(out, ", %" PRIu64 "%% of them from ", check->metrics[SHARE].value);
		write_source(out, most);
	}
	if (is_judged(&check->metrics[FROZEN]))
		(void)fprintf(out, ", %" PRIu64 " frozen %s", check->metrics[FROZEN].value,
			plural(check->metrics[FROZEN].value, "bounce", "bounces"));
	if (damaged > 0)
		(void)fprintf(out, ", %" PRIu64 " damaged", damaged);
}

static void write_first_line(FILE *out, struct check *check)
{
	(void)fprintf(out, "Mailqueue %s - %" PRIu64 " %s on queue",
		plugin_status_name(check->status), check->metrics[MESSAGES].value,
		plural(check->metrics[MESSAGES].value, "message", "messages"));
	write_details(out, check);
	(void)fputs(" |", out);
	for (size_t i = 0; i < METRICS; i++) {
		if (i != MESSAGES && !check->was_read)
			continue;
		(void)fputc(' ', out);
		plugin_metric_write(out, &check->metrics[i]);
	}
	(void)fputc('\n', out);
}

static void write_worst(FILE *out, struct check *check)
{
	size_t n = 0;
	struct tally_source **sources = tally_sources(check->tally, &n);

	for (size_t i = 0; i < n && i < WORST_SHOWN; i++) {
		write_source(out, sources[i]);
		(void)fprintf(out, ": %" PRIu64 " %s, %" PRIu64 " %s\n", sources[i]->messages,
			plural(sources[i]->messages, "message", "messages"), sources[i]->recipients,
			plural(sources[i]->recipients, "recipient", "recipients"));
	}
}

static void write_json(struct check *check)
{
	json_t *object = json_object();
	const struct tally_source *most = check->was_read ? largest(check) : NULL;
	char source[SOURCE_TEXT_MAX];

	json_put(object, "status", json_text(slice_of(plugin_status_name(check->status))));
	json_put(object, "messages", json_integer((json_int_t)check->metrics[MESSAGES].value));
	json_put(object, "source",
		most != NULL ? json_text(slice_of(source_text(&most->source, source))) : NULL);
	json_put(object, "share",
		check->was_read ? json_integer((json_int_t)check->metrics[SHARE].value) : NULL);
	json_put(object, "frozen_bounces",
		check->was_read ? json_integer((json_int_t)check->metrics[FROZEN].value) : NULL);
	json_put(object, "damaged",
		check->was_read ? json_integer((json_int_t)atomic_load(&check->damaged)) : NULL);
	json_line(stdout, object);
}

static char *first_line(struct check *check)
{
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);

	if (out == NULL)
		return memory_copy("Mailqueue UNKNOWN - out of memory\n", 34);
	write_first_line(out, check);
	(void)fclose(out);
	return at;
}

/* It is printable already, but a '|' would begin performance data. */
static void write_problem(const struct problem *problem)
{
	for (const char *c = problem->text; *c != '\0'; c++)
		(void)fputc(*c == '|' ? '/' : *c, stdout);
	(void)fputc('\n', stdout);
}

static int unknown(const struct check *check, const struct problem *problem)
{
	if (check->context->global.json) {
		json_t *object = json_object();
		json_put(object, "status", json_text(slice_of("UNKNOWN")));
		json_put(object, "problem", json_text(slice_of(problem->text)));
		json_line(stdout, object);
	} else {
		(void)fputs("Mailqueue UNKNOWN - ", stdout);
		write_problem(problem);
	}
	return PLUGIN_UNKNOWN;
}

static void write_unread(const struct problem *problem)
{
	(void)fputs("Who sent them could not be read: ", stdout);
	write_problem(problem);
}

/* ---- the command ---- */

/* Names are counted first: that is the answer when only the number is judged. Reading on, to name
 * the sources, can then add to the answer but not take it away. */
static int count_first(struct check *check, struct problem *problem)
{
	int r = count(check, problem);
	if (r < 0)
		return r;
	check->status = judge(check);
	if (check->status == PLUGIN_OK && !check->verbose)
		return 0;

	char *line = first_line(check);
	plugin_deadline_set(check->deadline, check->status, line);
	free(line);
	r = read_all(check, problem);
	if (r < 0 && check->status == PLUGIN_OK)
		return r;
	if (r == 0)
		check->status = judge(check);
	return 0;
}

static int look(struct check *check, struct problem *problem)
{
	if (!is_judged(&check->metrics[SHARE]) && !is_judged(&check->metrics[FROZEN]))
		return count_first(check, problem);

	int r = read_all(check, problem);
	if (r == 0)
		check->status = judge(check);
	return r;
}

static int run_check(
	struct check *check, const struct check_settings *settings, struct problem *problem)
{
	int r = read_ranges(check, settings, problem);

	if (r == 0)
		r = context_spool(check->context, &check->spool, problem);
	if (r == 0)
		r = look(check, problem);
	plugin_deadline_free(check->deadline);
	check->deadline = NULL;
	if (r < 0)
		return unknown(check, problem);
	if (check->context->global.json) {
		write_json(check);
		return (int)check->status;
	}
	write_first_line(stdout, check);
	if (check->was_read)
		write_worst(stdout, check);
	else if (*problem->text != '\0')
		write_unread(problem);
	return (int)check->status;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct check_settings *s = settings;
	struct check check = {.context = context, .verbose = s->verbose};
	struct problem problem = {0};
	unsigned seconds = s->timeout.given ? (unsigned)s->timeout.value : TIMEOUT_SECONDS;
	char late[96];

	(void)arguments;
	(void)snprintf(late, sizeof(late),
		"Mailqueue UNKNOWN - the queue could not be read within %u seconds", seconds);
	check.deadline = plugin_deadline_new(seconds, PLUGIN_UNKNOWN, late);
	int status = run_check(&check, s, &problem);
	for (size_t i = 0; i < SCAN_THREADS_MAX; i++)
		queue_sensor_free(check.sensors[i]);
	tally_free(check.tally);
	return status;
}

const struct command command_check = {
	.name = "check",
	.arguments = "",
	.help = "be a monitoring plugin for the queue",
	.about = "Says how many messages are in the queue, as a plugin of Nagios or Icinga does: "
		 "one "
		 "line, performance data, and the exit status 0 for OK, 1 for WARNING, 2 for "
		 "CRITICAL, 3 for UNKNOWN. It is UNKNOWN whenever anything could not be counted. "
		 "Held messages do not count.\n"
		 "A RANGE is what is well: 10 is 0 to 10, 10: is 10 and more, ~:10 is up to 10, "
		 "10:20 "
		 "is 10 to 20; @10:20 turns it round.\n",
	.is_plugin = true,
	.settings_size = sizeof(struct check_settings),
	.sets = {COMMAND_SET(NULL, rows, 0)},
	.run = run,
};
