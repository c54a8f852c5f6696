#include "programs/daemon/now.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "incidents/held_count.h"
#include "incidents/history.h"
#include "incidents/standing.h"
#include "programs/daemon/events.h"
#include "reports/history_json.h"
#include "reports/now_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNTED_S   10   /* the watcher told its counts so lately that they are those of a minute */
#define AGAIN_S     60   /* a history that could not be opened */
#define LOOK_S      5    /* between two looks at a journal in which nothing has changed */
#define HELD_SHARE  200  /* of the time at most is spent on counting what is held */
#define HELD_LEAST  2000 /* milliseconds between two counts */
#define ONE_WATCHER 1    /* it ends and begins with the hand */

struct now_keeper {
	const struct daemon_part *part;
	struct loop *loop;
	char host[NOW_HOST_MAX];
	struct history *history; /* NULL: it cannot be used now */
	int64_t history_at;      /* when it was tried */
	struct minutes minutes;
	struct now_minute minute; /* the last one */

	/* of the journal */
	bool knows_incidents;
	struct standing standing;
	uint64_t version;
	int64_t looked_at;
	int64_t held; /* NOW_UNKNOWN */
	uint64_t held_version;
	int64_t held_ms, held_pause_ms; /* when it was counted; until it is again */

	/* of the watcher */
	struct now_source sources[NOW_SOURCES_MAX];
	size_t source_count;
	int64_t active;
	int64_t sources_at; /* when it told them; 0: never */
};

/* ---- the history ---- */

static void trouble(struct now_keeper *n, const struct problem *problem)
{
	EVENT_LOG(n->part->log, EVENT_HISTORY_TROUBLE, loop_now_ms(n->loop),
		event_text("error", slice_of(problem->text)));
}

static bool has_history(struct now_keeper *n, int64_t at)
{
	struct problem problem = {0};

	if (n->history != NULL || (n->history_at != 0 && llabs(at - n->history_at) < AGAIN_S))
		return n->history != NULL;
	n->history_at = at;
	int err = history_open(n->part->plan->values->general.state, &n->history, &problem);
	if (err < 0 || problem.text[0] != '\0')
		trouble(n, &problem);
	return err == 0;
}

static void give_up_history(struct now_keeper *n, const struct problem *problem)
{
	trouble(n, problem);
	history_free(n->history);
	n->history = NULL;
}

static void put_minute(struct now_keeper *n, const struct minute *m)
{
	struct problem problem = {0};

	n->minute = (struct now_minute){.at = m->at,
		.accepted = m->counts[MINUTE_ACCEPTED],
		.delivered = m->counts[MINUTE_DELIVERED],
		.deferred = m->counts[MINUTE_DEFERRED],
		.failed = m->counts[MINUTE_FAILED],
		.refused = m->counts[MINUTE_REFUSED],
		.queue = m->queue};
	if (has_history(n, m->at) && history_put(n->history, m, &problem) < 0)
		give_up_history(n, &problem); /* what is damaged is set aside when it is opened */
}

int now_keeper_history(
	struct now_keeper *n, const json_t *args, int64_t at, json_t **ret, struct problem *problem)
{
	if (!has_history(n, at))
		return problem_set(problem, -EIO, "the history cannot be read now");
	int err = history_answer(n->history, args, at, ret, problem);
	if (err < 0 && err != -EINVAL)
		give_up_history(n, problem);
	return err;
}

/* ---- what the watcher told ---- */

static bool is_fresh(const struct now_view *view, int64_t most)
{
	return view->watcher != NULL && view->at - view->watcher_at <= most;
}

/* NOW_UNKNOWN for what is none, or old. */
static int64_t number_of(const struct now_view *view, const char *key)
{
	const json_t *value = json_object_get(view->watcher, key);
	json_int_t n = json_integer_value(value);

	return is_fresh(view, NOW_FRESH_S) && json_is_integer(value) && n >= 0 ? n : NOW_UNKNOWN;
}

static bool is_ready(const struct now_view *view)
{
	return is_fresh(view, NOW_FRESH_S) && json_is_true(json_object_get(view->watcher, "ready"));
}

static bool read_counts(const struct now_view *view, uint64_t ret[MINUTE_COUNTS])
{
	const json_t *counts = json_object_get(view->watcher, "facts_by_kind");

	for (int i = 0; i < MINUTE_COUNTS; i++) {
		const json_t *value =
			json_object_get(counts, minute_count_name((enum minute_count)i));

		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return false;
		ret[i] = (uint64_t)json_integer_value(value);
	}
	return true;
}

bool now_keeper_hear(struct now_keeper *n, const json_t *said, int64_t at)
{
	const json_t *active = json_object_get(said, "active");

	if (!json_is_integer(active) || json_integer_value(active) < 0)
		return false;
	if (now_sources_read(json_object_get(said, "sources"), n->sources, &n->source_count) < 0) {
		n->sources_at = 0; /* some may have been written over */
		return false;
	}
	n->active = json_integer_value(active);
	n->sources_at = at;
	return true;
}

/* ---- what the journal knows ---- */

static void forget_journal(struct now_keeper *n)
{
	standing_clear(&n->standing);
	n->knows_incidents = false;
	n->held = NOW_UNKNOWN;
	n->looked_at = n->held_ms = 0;
}

static int look_at_incidents(
	struct now_keeper *n, const struct now_view *view, struct problem *problem)
{
	uint64_t version = 0;
	struct standing standing;
	int err = held_count_version(view->journal, &version, problem);

	if (err < 0)
		return err;
	if (n->knows_incidents && version == n->version && llabs(view->at - n->looked_at) < LOOK_S)
		return 0;
	err = standing_read(view->journal, view->at, &standing, problem);
	if (err < 0)
		return err;
	standing_clear(&n->standing);
	n->standing = standing;
	n->knows_incidents = true;
	n->version = version;
	n->looked_at = view->at;
	return 0;
}

/* Counting takes its time where much was ever held: the longer it takes, the less often. */
static int count_held(struct now_keeper *n, struct journal *journal, struct problem *problem)
{
	int64_t begun = clock_now_ms();
	uint64_t held = 0;

	if (n->held_ms != 0 &&
		(n->held_version == n->version || begun - n->held_ms < n->held_pause_ms))
		return 0;
	int err = held_count(journal, &held, problem);
	if (err < 0)
		return err;
	n->held = (int64_t)held;
	n->held_version = n->version;
	n->held_ms = clock_now_ms();
	n->held_pause_ms = (n->held_ms - begun) * HELD_SHARE;
	if (n->held_pause_ms < HELD_LEAST)
		n->held_pause_ms = HELD_LEAST;
	return 0;
}

/* What goes wrong here is said by the hand, which looks into the same journal. */
static void look_at_journal(struct now_keeper *n, const struct now_view *view)
{
	struct problem problem = {0};

	if (view->journal == NULL || look_at_incidents(n, view, &problem) < 0 ||
		count_held(n, view->journal, &problem) < 0)
		forget_journal(n);
}

/* ---- each second ---- */

void now_keeper_turn(struct now_keeper *n, const struct now_view *view)
{
	struct minute_state state = {
		.queue = number_of(view, "queue_messages"), .begun = ONE_WATCHER};
	struct minute minute;

	look_at_journal(n, view);
	state.held = n->held;
	state.has_counts =
		is_ready(view) && is_fresh(view, COUNTED_S) && read_counts(view, state.counts);
	if (minutes_turn(&n->minutes, view->at, &state, &minute))
		put_minute(n, &minute);
}

/* Of a source that is contained its incident knows what was found; its own counts began anew. */
static void know_incident(const struct standing *standing, struct now_source *s)
{
	for (size_t i = 0; i < standing->count; i++) {
		const struct standing_incident *incident = &standing->at[i];

		if (!incident_is_open(incident->state) ||
			!source_equal(&incident->source, &s->source))
			continue;
		if (incident->score > s->score) {
			s->score = incident->score;
			s->threshold = incident->threshold;
		}
		if (incident_is_acted_on(incident->state))
			s->verdict = VERDICT_CONTAIN;
	}
}

/* In milliseconds, exactly. */
static double seconds_now(void)
{
	int64_t ms = clock_now_us() / 1000;

	return (double)ms / 1000;
}

json_t *now_keeper_json(struct now_keeper *n, const struct now_view *view)
{
	struct now_source sources[NOW_SOURCES_MAX];
	struct now now = {.at = seconds_now(),
		.version = STANCH_VERSION,
		.is_ready = is_ready(view),
		.has_journal = view->journal != NULL,
		.watcher_age = view->watcher == NULL         ? NOW_UNKNOWN
			       : view->at < view->watcher_at ? 0
							     : view->at - view->watcher_at,
		.lag_seconds = number_of(view, "lag_seconds"),
		.unread_bytes = number_of(view, "unread_bytes"),
		.queue = number_of(view, "queue_messages"),
		.held = n->held,
		.sources_known = number_of(view, "sources"),
		.sources_active = NOW_UNKNOWN,
		.knows_incidents = n->knows_incidents,
		.knows_sources = n->sources_at != 0 && view->at - n->sources_at <= NOW_FRESH_S,
		.incidents = n->standing,
		.sources = sources,
		.minute = n->minute};

	memcpy(now.host, n->host, sizeof(now.host));
	(void)snprintf(now.mode, sizeof(now.mode), "%s", view->mode);
	if (now.knows_sources) {
		now.sources_active = n->active;
		now.source_count = n->source_count;
		memcpy(sources, n->sources, n->source_count * sizeof(sources[0]));
	}
	for (size_t i = 0; i < now.source_count; i++)
		know_incident(&n->standing, &sources[i]);
	return now_json(&now);
}

/* ---- its begin and end ---- */

static void find_host(struct now_keeper *n)
{
	char name[NOW_HOST_MAX] = "";
	const char *host = n->part->plan->host;

	if (host == NULL && gethostname(name, sizeof(name) - 1) == 0)
		host = name;
	(void)printable_text(slice_of(host != NULL ? host : ""), n->host, sizeof(n->host));
}

struct now_keeper *now_keeper_new(const struct daemon_part *part, struct loop *loop)
{
	struct now_keeper *n = memory_new(1, sizeof(*n));

	n->part = part;
	n->loop = loop;
	n->held = n->active = NOW_UNKNOWN;
	find_host(n);
	return n;
}

void now_keeper_free(struct now_keeper *n)
{
	if (n == NULL)
		return;
	history_free(n->history);
	standing_clear(&n->standing);
	free(n);
}
