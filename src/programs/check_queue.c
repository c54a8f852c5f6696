/* check_queue.c - stanch check of the queue: by the daemon, who knows how many messages there are,
 * else by the spool. */
#include "base/json_text.h"
#include "base/memory.h"
#include "facts/tally.h"
#include "programs/check.h"
#include "reports/check_daemon.h"
#include "reports/check_incidents.h"
#include "sensors/queue.h"
#include "systems/exim/scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define WORST_SHOWN 5

enum metric { MESSAGES, SHARE, FROZEN, METRICS };

struct check {
	const struct check_run *run;
	struct context *context;
	struct exim_spool *spool;
	struct plugin_metric metrics[METRICS];

	struct queue_sensor *sensors[SCAN_THREADS_MAX];
	struct tally *tally;
	atomic_ullong frozen_bounces, damaged;
	bool was_read; /* not only counted */
	int64_t age;   /* of what the daemon says, in seconds; -1: it is the spool that was read */
	struct problem why; /* the daemon was not believed */
	enum plugin_status status;
};

static int read_ranges(struct check *check, struct problem *problem)
{
	const struct check_settings *s = check->run->settings;
	struct plugin_metric *m = check->metrics;

	m[MESSAGES] = (struct plugin_metric){.label = "messages", .unit = ""};
	m[SHARE] = (struct plugin_metric){
		.label = "share", .unit = "%", .has_most = true, .most = 100};
	m[FROZEN] = (struct plugin_metric){.label = "frozen_bounces", .unit = ""};
	int r = check_read_range("warning", s->warning, &m[MESSAGES].warning, problem);
	if (r == 0)
		r = check_read_range("critical", s->critical, &m[MESSAGES].critical, problem);
	if (r == 0)
		r = check_read_range("share-warning", s->share_warning, &m[SHARE].warning, problem);
	if (r == 0)
		r = check_read_range(
			"share-critical", s->share_critical, &m[SHARE].critical, problem);
	if (r == 0)
		r = check_read_range(
			"frozen-warning", s->frozen_warning, &m[FROZEN].warning, problem);
	if (r == 0)
		r = check_read_range(
			"frozen-critical", s->frozen_critical, &m[FROZEN].critical, problem);
	return r;
}

static bool is_judged(const struct plugin_metric *metric)
{
	return metric->warning.given || metric->critical.given;
}

/* ---- asking ---- */

/* A daemon on another spool is not asked. One that was started on another name of ours is. */
static bool is_same_spool(const char *a, const char *b)
{
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_our_queue(const struct check *check, const json_t *status)
{
	const struct global_settings *g = &check->context->global;
	const char *spool = json_string_value(json_object_get(status, "spool"));
	const char *hold_queue = json_string_value(json_object_get(status, "hold_queue"));

	if (spool == NULL || hold_queue == NULL || strcmp(hold_queue, g->hold_queue) != 0)
		return false;
	if (g->spool != NULL)
		return is_same_spool(g->spool, spool);
	return g->exim == NULL && g->exim_config == NULL;
}

/* What is not known, or was known long ago, is no answer. */
static int take_status(struct check *check, const json_t *status, struct problem *problem)
{
	const json_t *watcher = json_object_get(status, "watcher");
	const json_t *messages = json_object_get(watcher, "queue_messages");

	if (!is_our_queue(check, status))
		return problem_set(problem, -ENOENT, "stanchd looks at another queue");
	if (!check_daemon_is_fresh(status))
		return problem_set(problem, -ESTALE, "what stanchd knows is old");
	if (!json_is_integer(messages) || json_integer_value(messages) < 0)
		return problem_set(
			problem, -ENODATA, "stanchd does not know yet how long the queue is");
	check->metrics[MESSAGES].value = (uint64_t)json_integer_value(messages);
	check->age = (int64_t)json_integer_value(json_object_get(status, "watcher_age"));
	return 0;
}

static int ask(struct check *check, struct problem *problem)
{
	json_t *status = NULL;
	int err = check_ask_status(check->run, &status, problem);

	if (err == 0)
		err = take_status(check, status, problem);
	json_decref(status);
	return err;
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

static enum plugin_status judge_queue(const struct check *check)
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
	if (check->age >= 0)
		(void)fprintf(out, " (stanchd, %" PRId64 " s ago)", check->age);
	else
		(void)fputs(" (the spool)", out);
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

static void write_json(FILE *out, struct check *check)
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
	json_put(object, "by", json_string(check->age >= 0 ? "stanchd" : "spool"));
	json_put(object, "age", json_integer(check->age >= 0 ? check->age : 0));
	json_line(out, object);
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

/* Who sends is in the incidents: the queue need not be read for it. */
static void write_incidents(FILE *out, const struct check *check)
{
	struct standing s = {0};
	struct problem problem = {0};
	struct check_incidents c;
	int64_t now = (int64_t)time(NULL);

	if (check_ask_standing(check->run, &s, &problem) < 0) {
		(void)fputs("What stanchd has found cannot be told: ", out);
		check_write_problem(out, &problem);
		return;
	}
	check_incidents_begin(&c);
	s.count = s.count < WORST_SHOWN ? s.count : WORST_SHOWN;
	check_incidents_write_rows(out, &c, &s, now);
	standing_clear(&s);
}

static void write_answer(FILE *out, struct check *check, const struct problem *unread)
{
	if (check->context->global.json) {
		write_json(out, check);
		return;
	}
	write_first_line(out, check);
	if (check->was_read)
		write_worst(out, check);
	else if (unread->text[0] != '\0') {
		(void)fputs("Who sent them could not be read: ", out);
		check_write_problem(out, unread);
	}
	if (check->age >= 0 && check->status != PLUGIN_OK)
		write_incidents(out, check);
	if (check->age < 0 && check->why.text[0] != '\0') {
		(void)fputs("Not asked of stanchd: ", out);
		check_write_problem(out, &check->why);
	}
}

/* ---- the mode ---- */

static int count_or_ask(struct check *check, struct problem *problem)
{
	check->age = -1;
	if (ask(check, &check->why) == 0)
		return 0;
	int r = context_spool(check->context, &check->spool, problem);
	return r < 0 ? r : count(check, problem);
}

/* Names are counted first: that is the answer when only the number is judged. Reading on, to name
 * the sources, can then add to the answer but not take it away. */
static int count_first(struct check *check, struct problem *problem)
{
	int r = count_or_ask(check, problem);
	if (r < 0)
		return r;
	check->status = judge_queue(check);
	if (!check->run->settings->verbose && (check->status == PLUGIN_OK || check->age >= 0))
		return 0;

	char *line = first_line(check);
	plugin_deadline_set(check->run->deadline, check->status, line);
	free(line);
	r = check->spool != NULL ? 0 : context_spool(check->context, &check->spool, problem);
	if (r == 0)
		r = read_all(check, problem);
	if (r < 0 && check->status == PLUGIN_OK)
		return r;
	if (r < 0)
		return 0;
	check->age = -1; /* what was read is later than what the daemon knew */
	check->status = judge_queue(check);
	return 0;
}

static int look(struct check *check, struct problem *problem)
{
	if (!is_judged(&check->metrics[SHARE]) && !is_judged(&check->metrics[FROZEN]))
		return count_first(check, problem);

	check->age = -1;
	int r = context_spool(check->context, &check->spool, problem);
	if (r == 0)
		r = read_all(check, problem);
	if (r == 0)
		check->status = judge_queue(check);
	return r;
}

int check_queue(const struct check_run *run, struct problem *problem)
{
	struct check check = {.run = run, .context = run->context};
	int r = read_ranges(&check, problem);

	if (r == 0)
		r = look(&check, problem);
	if (r == 0) {
		write_answer(run->out, &check, problem);
		r = (int)check.status;
	}
	for (size_t i = 0; i < SCAN_THREADS_MAX; i++)
		queue_sensor_free(check.sensors[i]);
	tally_free(check.tally);
	return r;
}
