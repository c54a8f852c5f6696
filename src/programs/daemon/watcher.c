/* watcher.c - the part that reads what strangers wrote: follows the logs, looks into the queue,
 * remembers, judges, and tells the hand. It has no rights but to read. */
#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "programs/daemon/active_sources.h"
#include "programs/daemon/answering.h"
#include "programs/daemon/domain_lookup.h"
#include "programs/daemon/events.h"
#include "programs/daemon/feedback_watch.h"
#include "programs/daemon/ledger_keeper.h"
#include "programs/daemon/older_logs.h"
#include "programs/daemon/part_memory.h"
#include "programs/daemon/parts.h"
#include "programs/daemon/second_opinion.h"
#include "programs/daemon/talk.h"
#include "programs/daemon/telling.h"
#include "programs/daemon/verdict_text.h"
#include "sensors/log_facts.h"
#include "sensors/policy_socket.h"
#include "sensors/spool_facts.h"
#include "sensors/spool_watch.h"
#include "systems/exim/spool.h"
#include "systems/local_tables.h"
#include "systems/log_archive.h"
#include "systems/log_follow.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define FRESH_US  (INT64_C(3600) * SECOND_US) /* what is older when it is read is history */
/* A turn of the loop is short: who asks at the policy socket waits for it. */
#define TURN_LINES     128
#define TURN_BYTES     ((size_t)4 << 20)
#define SPOOL_AGAIN_MS 250 /* between two looks for new folders */
#define TURN_ARRIVALS  16
#define ARRIVALS_MS    1000 /* folders that could not be read are tried again */
#define STATE_MS       2000
#define BEHIND_BYTES   ((uint64_t)8 << 20)
#define COUNT_BYTES    ((uint64_t)64 << 10) /* of events: with more to read the count is old */

struct followed {
	struct watcher *watcher;
	struct log_follow *follow;
	struct loop_watch *watch;
	struct loop_timer *timer;
	enum log_facts_log log;
	const char *path;
};

/* A person has released what that source did up to then. */
struct forgiven {
	struct source source;
	int64_t until_us;
};

struct watcher {
	const struct daemon_part *part;
	const struct settings_values *values;
	struct loop *loop;
	struct talk *talk;
	struct telling *telling;
	struct answering *answering; /* to Exim */
	struct ledger_keeper *keeper;
	struct watch *watch;
	struct networks *networks;
	struct log_facts *facts;
	struct followed logs[PLAN_LOGS];
	size_t log_count;
	struct older_logs *older; /* NULL: they are read */
	struct exim_spool *spool;
	struct spool_watch *arrivals;
	struct loop_watch *arrivals_watch;
	struct loop_timer *arrivals_timer;
	int64_t begun_us, spool_ms;
	struct spool_facts *spool_facts;
	struct domain_lookup *domains;
	struct second_opinion *opinion;  /* NULL: none is asked for */
	struct policy_socket *policy;    /* NULL: nobody may ask */
	struct feedback_watch *feedback; /* NULL: there is no folder of them */
	unsigned bodies_left;
	bool has_table; /* of hosted domains: Exim is not asked */
	struct loop_timer *state_timer, *pulse;
	int64_t minute;
	struct forgiven *forgiven;
	size_t forgiven_count;
	struct {
		uint64_t accepted, from_spool, bodies, by_kind[FACT_KINDS];
	} counts;
	bool has_begun, is_ready, told_ready, is_behind;
};

/* ---- what is known of domains ---- */

static struct slice domain_of(struct slice address)
{
	size_t at = slice_find_last(address, '@');

	return at < address.len ? slice_after(address, at + 1) : (struct slice){0};
}

/* The domains that a fact is judged by; those of strangers' recipients are not asked for. */
static void learn_domains(struct watcher *w, const struct fact *fact)
{
	struct ledger *l = watch_ledger(w->watch);
	struct slice local = domain_of(fact->recipient), sender = domain_of(fact->sender);

	if (fact->kind == FACT_DELIVERED && fact->is_local && local.len > 0 &&
		ledger_hosted(l, local) != HOSTED_YES)
		ledger_set_hosted(l, local, HOSTED_YES);
	if (fact->kind == FACT_ACCEPTED && fact->source != NULL && !w->has_table &&
		sender.len > 0 && ledger_hosted(l, sender) == HOSTED_UNKNOWN)
		domain_lookup_ask(w->domains, l, sender);
}

/* ---- facts ---- */

/* Applied when the first fact of after it is read: what was before is past, and no evidence. */
static void forgive(struct watcher *w, int64_t at_us)
{
	struct ledger *l = watch_ledger(w->watch);

	for (size_t i = 0; i < w->forgiven_count; i++) {
		struct forgiven *f = &w->forgiven[i];

		if (at_us <= f->until_us)
			continue;
		struct ledger_source *s = ledger_find(l, &f->source);
		if (s != NULL)
			ledger_mark_honest(l, s, f->until_us);
		*f = w->forgiven[--w->forgiven_count];
		i--;
	}
}

/* Returns whether a second opinion about it could matter. */
static bool take_fact(struct watcher *w, const struct fact *fact)
{
	struct watch_result r;
	bool is_history = clock_now_us() - fact->at_us > FRESH_US;

	w->counts.by_kind[fact->kind]++;
	if (w->forgiven_count > 0)
		forgive(w, fact->at_us);
	learn_domains(w, fact);
	if (!watch_take(w->watch, fact, &r))
		return false;
	if (sighting_is_mail(&r.sighting) && !is_history)
		telling_mail(w->telling, w->talk, r.sighting.source, clock_now_us());
	if (r.verdict == VERDICT_NOTHING)
		return r.is_undecided;
	if (!is_history)
		telling_verdict(w->telling, w->talk, watch_ledger(w->watch), &r, clock_now_us());
	else if (r.verdict == VERDICT_CONTAIN) /* it was found to send spam, long ago */
		ledger_mark_bad(
			watch_ledger(w->watch), r.sighting.source, r.sighting.episode, fact->at_us);
	return r.is_undecided;
}

static void on_fact(void *context, const struct fact *fact)
{
	(void)take_fact(context, fact);
}

static bool may_read_body(struct watcher *w)
{
	if (w->bodies_left == 0)
		return false;
	w->bodies_left--;
	return true;
}

/* The text is work, and only asked for where it could say something. */
static void take_spooled(struct watcher *w, struct fact *fact)
{
	w->counts.from_spool++;
	if (ledger_wants_text(watch_ledger(w->watch), fact) && may_read_body(w)) {
		spool_facts_read_body(w->spool_facts, fact);
		w->counts.bodies++;
	}
	if (take_fact(w, fact) && w->opinion != NULL && may_read_body(w))
		second_opinion_ask(w->opinion, w->spool_facts, fact);
}

/* Folders come while we look: a queue's, a letter's, and the first of a new spool. */
static void refresh_spool(struct watcher *w)
{
	struct problem problem = {0};

	w->spool_ms = loop_now_ms(w->loop);
	int err = w->spool == NULL ? exim_spool_open(w->part->plan->spool, &w->spool, &problem)
				   : exim_spool_refresh(w->spool, &problem);
	if (err < 0 && err != -ENOENT) /* the spool of a new Exim: no message came yet */
		EVENT_LOG(w->part->log, EVENT_SPOOL_TROUBLE, loop_now_ms(w->loop),
			event_text("error", slice_of(problem.text)));
}

static const struct spool_folder *find_folder(struct watcher *w, const struct exim_id *id)
{
	const struct spool_folder *folder =
		w->spool != NULL ? exim_spool_find(w->spool, NULL, id) : NULL;

	if (folder != NULL || loop_now_ms(w->loop) - w->spool_ms < SPOOL_AGAIN_MS)
		return folder;
	refresh_spool(w);
	return w->spool != NULL ? exim_spool_find(w->spool, NULL, id) : NULL;
}

/* The queue says more of a message than the log, while it is there. */
static bool take_from_spool(struct watcher *w, const struct fact *logged)
{
	const struct spool_folder *folder;
	struct exim_id id;
	struct fact fact;

	if (logged->source == NULL || clock_now_us() - logged->at_us > FRESH_US ||
		exim_id_parse(logged->id, &id) < 0)
		return false;
	folder = find_folder(w, &id);
	if (folder == NULL || spool_facts_read(w->spool_facts, folder, &id, &fact) < 0)
		return false;
	/* the folder of a script is in the log only */
	fact.source = logged->source;
	fact.login = logged->login.len > 0 ? logged->login : fact.login;
	fact.size = logged->size;
	take_spooled(w, &fact);
	return true;
}

/* A message came into the queue, perhaps before its line into the log. Of local mail the log says
 * more: from which folder; and what came before we did stands in the log as well. */
static void on_arrival(void *context, enum spool_watch_what what, const struct spool_folder *folder,
	const struct exim_id *id)
{
	struct watcher *w = context;
	struct fact fact;

	if (what != SPOOL_WATCH_CAME)
		return;
	struct slice text = {id->text, id->len};
	if (ledger_has_message(watch_ledger(w->watch), text) ||
		spool_facts_read(w->spool_facts, folder, id, &fact) < 0 || fact.source == NULL ||
		fact.source->kind != SOURCE_MAILBOX || fact.at_us < w->begun_us)
		return;
	w->counts.accepted++;
	take_spooled(w, &fact);
}

static void read_arrivals(struct watcher *w)
{
	struct problem problem = {0};
	int more = spool_watch_read(
		w->arrivals, loop_now_ms(w->loop), TURN_ARRIVALS, on_arrival, w, &problem);

	if (more < 0 && w->spool != NULL) /* a new Exim's spool has no folders yet */
		EVENT_LOG(w->part->log, EVENT_SPOOL_TROUBLE, loop_now_ms(w->loop),
			event_text("error", slice_of(problem.text)));
	loop_timer_start(w->arrivals_timer, more > 0 ? 0 : ARRIVALS_MS, 0);
}

static void on_arrivals(void *context, unsigned ready)
{
	(void)ready;
	read_arrivals(context);
}

static void on_arrivals_timer(void *context)
{
	read_arrivals(context);
}

/* Without inotify the log is enough, only later. */
static void watch_arrivals(struct watcher *w)
{
	const struct daemon_plan *plan = w->part->plan;
	struct problem problem = {0};

	w->arrivals_timer = loop_timer_new(w->loop, on_arrivals_timer, w);
	if (spool_watch_new(plan->spool, plan->global.hold_queue, &w->arrivals, &problem) < 0) {
		EVENT_LOG(w->part->log, EVENT_SPOOL_TROUBLE, loop_now_ms(w->loop),
			event_text("error", slice_of(problem.text)));
		return;
	}
	if (loop_watch_new(
		    w->loop, spool_watch_fd(w->arrivals), on_arrivals, w, &w->arrivals_watch) == 0)
		loop_watch_for(w->arrivals_watch, LOOP_READ);
	loop_timer_start(w->arrivals_timer, 0, 0);
}

static void take_line(void *context, struct slice line)
{
	struct followed *f = context;
	struct watcher *w = f->watcher;
	struct fact fact;

	if (!log_facts_take(w->facts, f->log, line, &fact))
		return;
	if (fact.kind == FACT_ACCEPTED) {
		if (fact.source != NULL && ledger_has_message(watch_ledger(w->watch), fact.id))
			return; /* the queue was faster, or it was saved before a crash */
		w->counts.accepted++;
		if (take_from_spool(w, &fact))
			return;
	}
	(void)take_fact(w, &fact);
}

/* ---- what Exim asks ---- */

static int64_t policy_now(void *context)
{
	(void)context;
	return clock_now_us();
}

static void say_limit(struct watcher *w, const struct source *source, uint64_t recipients)
{
	char name[SOURCE_TEXT_MAX];

	EVENT_LOG(w->part->log, EVENT_LIMIT_REACHED, loop_now_ms(w->loop),
		event_text("source", slice_of(source_text(source, name))),
		event_number("recipients", (int64_t)recipients),
		event_number("seconds", w->values->limits.time));
}

/* Until the past is known, nothing is judged by it. What the hand has said holds from the first
 * question on. */
static void on_question(void *context, enum policy_event event, const struct fact *fact,
	char answer[POLICY_ANSWER_MAX])
{
	struct watcher *w = context;
	struct answered answered =
		answering_question(w->answering, event, fact, loop_now_ms(w->loop), answer);

	if (answered.limit_reached > 0)
		say_limit(w, fact->source, answered.limit_reached);
	if (w->is_ready && !answered.is_again)
		(void)take_fact(w, fact);
}

static void open_policy(struct watcher *w)
{
	const struct policy_options options = {.listener = w->part->policy,
		.wait_ms = w->values->policy.answer_timeout * 1000,
		.now_us = policy_now,
		.asked = on_question,
		.context = w};

	if (w->part->policy < 0)
		return;
	int err = policy_socket_new(w->loop, &options, &w->policy);
	if (err < 0)
		EVENT_LOG(w->part->log, EVENT_POLICY_TROUBLE, loop_now_ms(w->loop),
			event_text("path", slice_of(w->values->policy.socket)),
			event_text("error", slice_of(strerror(-err))));
}

static json_t *policy_state(const struct watcher *w)
{
	const struct policy_counts c = policy_socket_counts(w->policy);
	json_t *o = json_object();

	json_put(o, "questions", json_integer((json_int_t)c.questions));
	answering_count(w->answering, loop_now_ms(w->loop), o);
	json_put(o, "wrong", json_integer((json_int_t)c.wrong));
	json_put(o, "late", json_integer((json_int_t)c.late));
	return o;
}

/* ---- logs ---- */

static void log_event(void *context, const struct log_follow_event *event)
{
	struct followed *f = context;
	struct watcher *w = f->watcher;
	bool trouble = event->err != 0 || event->kind == LOG_FOLLOW_LOST ||
		       event->kind == LOG_FOLLOW_ABSENT || event->kind == LOG_FOLLOW_DAMAGED;

	const struct event_value values[] = {
		event_text("path", slice_of(event->path != NULL ? event->path : f->path)),
		event_text("what", slice_of(log_follow_event_name(event->kind))),
		event_number("offset", (int64_t)event->offset),
		event_number("bytes", (int64_t)event->bytes),
		event_text("error", slice_of(event->err != 0 ? strerror(-event->err) : ""))};

	event_log_put(w->part->log, trouble ? EVENT_LOG_TROUBLE : EVENT_LOG, loop_now_ms(w->loop),
		values, event->err != 0 ? 5 : 4);
}

static bool all_read(const struct watcher *w)
{
	if (w->older != NULL || !w->has_begun)
		return false;
	for (size_t i = 0; i < w->log_count; i++) {
		struct log_follow_state s;
		log_follow_state(w->logs[i].follow, &s);
		if (!s.absent && s.caught_up_at == 0)
			return false;
	}
	return true;
}

static void read_log(struct followed *f)
{
	const struct log_follow_visitor visitor = {
		.line = take_line, .event = log_event, .context = f};
	const struct log_follow_budget budget = {TURN_LINES, TURN_BYTES};
	struct watcher *w = f->watcher;

	(void)log_follow_read(f->follow, (int64_t)time(NULL), budget, &visitor);
	loop_timer_start(f->timer, log_follow_wait_ms(f->follow), 0);
	if (w->is_ready)
		return;
	ledger_keeper_save_days(w->keeper);
	if (!all_read(w))
		return;
	w->is_ready = true;
	watch_arrivals(w);
	w->feedback = feedback_watch_new(w->part, w->loop, watch_ledger(w->watch), on_fact, w);
}

static void on_log(void *context, unsigned ready)
{
	(void)ready;
	read_log(context);
}

static void on_log_timer(void *context)
{
	read_log(context);
}

static void follow(struct watcher *w, const char *path, bool is_reject)
{
	struct followed *f = &w->logs[w->log_count++];
	struct log_position position;
	bool saved = ledger_keeper_position(w->keeper, path, &position);
	const struct log_follow_options options = {
		.path = path, .start = LOG_FOLLOW_FROM_START, .linger_seconds = 60};

	*f = (struct followed){.watcher = w,
		.log = is_reject ? LOG_FACTS_REJECT : LOG_FACTS_MAIN,
		.path = path,
		.follow = log_follow_new(&options, saved ? &position : NULL),
		.timer = loop_timer_new(w->loop, on_log_timer, f)};
	if (log_follow_fd(f->follow) >= 0 &&
		loop_watch_new(w->loop, log_follow_fd(f->follow), on_log, f, &f->watch) == 0)
		loop_watch_for(f->watch, LOOP_READ);
	loop_timer_start(f->timer, 0, 0);
}

/* ---- what was written before we came ---- */

static void take_older_line(void *context, struct slice line)
{
	struct watcher *w = context;
	struct fact fact;

	if (log_facts_take(w->facts, LOG_FACTS_MAIN, line, &fact))
		(void)take_fact(w, &fact);
	ledger_keeper_save_days(w->keeper);
}

static int64_t older_time(void *context, struct slice line)
{
	const struct watcher *w = context;
	int64_t at = log_facts_time(w->facts, line);

	return at == INT64_MIN ? LOG_ARCHIVE_NO_TIME : at;
}

static void follow_all(struct watcher *w)
{
	const struct daemon_plan *plan = w->part->plan;

	for (size_t i = 0; i < plan->log_count; i++)
		follow(w, plan->logs[i].path, plan->logs[i].is_reject);
}

static void older_done(void *context, uint64_t lines)
{
	struct watcher *w = context;

	EVENT_LOG(w->part->log, EVENT_LEDGER_LOADED, loop_now_ms(w->loop),
		event_text("from", slice_of("older logs")), event_number("lines", (int64_t)lines),
		event_number("sources", (int64_t)ledger_count(watch_ledger(w->watch))));
	older_logs_free(w->older);
	w->older = NULL;
	follow_all(w);
}

/* What is remembered of nobody yet is learnt from what is there. */
static void begin_reading(struct watcher *w)
{
	const struct older_logs_reader reader = {
		.line = take_older_line, .time = older_time, .done = older_done, .context = w};

	if (!ledger_keeper_remembers(w->keeper))
		w->older = older_logs_new(w->part, w->loop, &reader);
	if (w->older == NULL)
		follow_all(w);
}

/* ---- what the hand says ---- */

static void mark(struct watcher *w, const char *word, const struct source *source)
{
	struct ledger *l = watch_ledger(w->watch);
	struct ledger_source *s = ledger_find(l, source);

	if (s == NULL)
		return;
	if (strcmp(word, "bad") == 0) {
		struct episode *e = ledger_worst_episode(s);
		telling_hold_on(w->telling, s);
		if (e != NULL && s->contained_us == 0)
			ledger_mark_bad(l, s, e, e->last_us > 0 ? e->last_us : s->last_us);
	} else {
		telling_let_go(w->telling, s);
		if (strcmp(word, "good") == 0)
			ledger_mark_honest(l, s, clock_now_us());
		else
			s->contained_us = 0;
	}
}

/* false: it is none of these words. */
static bool set_answer(struct watcher *w, const char *word, const struct source *source)
{
	for (int i = 0; i < ANSWER_KINDS; i++)
		if (strcmp(answer_kind_name((enum answer_kind)i), word) == 0) {
			answering_set(w->answering, source, (enum answer_kind)i);
			return true;
		}
	return false;
}

static void keep_forgiven(struct watcher *w, const struct source *source, const json_t *o)
{
	w->forgiven = memory_grow(w->forgiven, w->forgiven_count + 1, sizeof(*w->forgiven));
	w->forgiven[w->forgiven_count++] = (struct forgiven){
		*source, (int64_t)json_integer_value(json_object_get(o, "until_us"))};
}

static void heard(void *context, const json_t *object, const char *why)
{
	struct watcher *w = context;
	struct source source;
	const char *word = object != NULL ? json_string_value(json_object_get(object, "do")) : NULL;

	(void)why;
	if (object == NULL) { /* the starter begins both again */
		talk_free(w->talk);
		w->talk = NULL;
		loop_stop(w->loop);
	} else if (word != NULL && strcmp(word, "begin") == 0 && !w->has_begun) {
		w->has_begun = true;
		begin_reading(w);
	} else if (word != NULL && verdict_read_source(object, &source)) {
		if (strcmp(word, "forgiven") == 0)
			keep_forgiven(w, &source, object);
		else if (!set_answer(w, word, &source))
			mark(w, word, &source);
	}
}

/* ---- what is kept ---- */

static bool log_place(void *context, size_t index, const char **ret_path, struct log_position *ret)
{
	const struct watcher *w = context;

	*ret_path = w->logs[index].path;
	return log_follow_position(w->logs[index].follow, ret) == 0;
}

/* ---- how it is ---- */

static json_t *log_state(const struct followed *f, uint64_t *ret_unread, uint64_t *ret_lost)
{
	struct log_follow_state s;
	json_t *o = json_object();

	log_follow_state(f->follow, &s);
	*ret_unread += s.unread_bytes + s.unread_packed_bytes;
	json_put(o, "path", json_text(slice_of(f->path)));
	json_put(o, "absent", json_boolean(s.absent));
	json_put(o, "unread_bytes",
		json_integer((json_int_t)s.unread_bytes + (json_int_t)s.unread_packed_bytes));
	json_put(o, "lost_bytes", json_integer((json_int_t)s.lost_bytes));
	*ret_lost += s.lost_bytes;
	json_put(o, "lines", json_integer((json_int_t)s.lines));
	json_put(o, "caught_up", s.caught_up_at != 0 ? json_time(s.caught_up_at) : NULL);
	json_put(o, "last_line", s.last_line_at != 0 ? json_time(s.last_line_at) : NULL);
	return o;
}

static void say_lag(struct watcher *w, uint64_t unread)
{
	bool behind = w->is_ready && unread > BEHIND_BYTES;

	if (behind != w->is_behind)
		EVENT_LOG(w->part->log, behind ? EVENT_BEHIND : EVENT_CAUGHT_UP,
			loop_now_ms(w->loop), event_number("unread_bytes", (int64_t)unread));
	w->is_behind = behind;
}

/* NULL: not known. */
static json_t *queue_messages(const struct watcher *w, const struct spool_watch_counts *counts)
{
	uint64_t messages;

	if (counts->bytes_waiting > COUNT_BYTES || !spool_watch_messages(w->arrivals, &messages))
		return NULL;
	return json_integer((json_int_t)messages);
}

/* Of all sensors. */
static json_t *facts_by_kind(const struct watcher *w)
{
	static const char *const names[FACT_KINDS] = {[FACT_ACCEPTED] = "accepted",
		[FACT_DELIVERED] = "delivered",
		[FACT_DEFERRED] = "deferred",
		[FACT_FAILED] = "failed",
		[FACT_COMPLETED] = "completed",
		[FACT_REFUSED] = "refused",
		[FACT_LOGIN_FAILED] = "login failed",
		[FACT_OFFERED] = "offered",
		[FACT_SCORED] = "scored",
		[FACT_COMPLAINED] = "complained"};
	json_t *o = json_object();

	for (size_t i = 0; i < FACT_KINDS; i++)
		json_put(o, names[i], json_integer((json_int_t)w->counts.by_kind[i]));
	return o;
}

static void say_state(struct watcher *w)
{
	const struct log_facts_counts facts = log_facts_counts(w->facts);
	struct ledger *l = watch_ledger(w->watch);
	json_t *o = json_object(), *logs = json_array();
	uint64_t unread = 0, lost = 0, memory = part_memory(0);

	for (size_t i = 0; i < w->log_count; i++)
		(void)json_array_append_new(logs, log_state(&w->logs[i], &unread, &lost));
	json_put(o, "say", json_string("state"));
	json_put(o, "ready", json_boolean(w->is_ready));
	json_put(o, "logs", logs);
	json_put(o, "unread_bytes", json_integer((json_int_t)unread));
	json_put(o, "lost_bytes", json_integer((json_int_t)lost));
	json_put(o, "memory", memory > 0 ? json_integer((json_int_t)memory) : NULL);
	json_put(o, "lag_seconds",
		json_integer(unread > 0 && facts.last_us > 0
				     ? (json_int_t)((clock_now_us() - facts.last_us) / SECOND_US)
				     : 0));
	json_put(o, "lines", json_integer((json_int_t)facts.lines));
	json_put(o, "damaged_lines", json_integer((json_int_t)facts.damaged));
	json_put(o, "facts", json_integer((json_int_t)facts.facts));
	json_put(o, "facts_by_kind", facts_by_kind(w));
	json_put(o, "messages", json_integer((json_int_t)w->counts.accepted));
	json_put(o, "from_spool", json_integer((json_int_t)w->counts.from_spool));
	json_put(o, "bodies", json_integer((json_int_t)w->counts.bodies));
	json_put(o, "sources", json_integer((json_int_t)ledger_count(l)));
	json_put(o, "remembered", json_integer((json_int_t)ledger_messages(l)));
	if (w->opinion != NULL)
		json_put(o, "rspamd", second_opinion_state(w->opinion));
	if (w->policy != NULL)
		json_put(o, "policy", policy_state(w));
	if (w->feedback != NULL)
		json_put(o, "feedback", feedback_watch_state(w->feedback));
	if (w->arrivals != NULL) {
		struct spool_watch_counts a;
		spool_watch_counts(w->arrivals, &a);
		json_put(o, "queue_lag_ms", json_integer(a.lag_ms));
		json_put(o, "queue_losses", json_integer((json_int_t)a.losses));
		json_put(o, "queue_messages", queue_messages(w, &a));
	}
	json_put(o, "not_told", json_integer((json_int_t)talk_dropped(w->talk)));
	(void)talk_say(w->talk, o);
	say_lag(w, unread);
	refresh_spool(w);
	event_log_tick(w->part->log, loop_now_ms(w->loop));
}

static void say_sources(struct watcher *w)
{
	struct now_source sources[NOW_SOURCES_MAX];
	size_t active;
	size_t count = active_sources(w->watch, clock_now_us(), sources, &active);
	json_t *o = json_object();

	json_put(o, "say", json_string("sources"));
	json_put(o, "sources", now_sources_json(sources, count));
	json_put(o, "active", json_integer((json_int_t)active));
	(void)talk_say(w->talk, o);
}

/* What may be done each minute. */
static void begin_minute(struct watcher *w)
{
	w->minute = loop_now_ms(w->loop) / 60000;
	w->bodies_left = (unsigned)w->values->detect.content_lookups;
}

/* By the time of the logs, as all that is remembered. */
static void forget_old(struct watcher *w)
{
	int64_t last_us = log_facts_counts(w->facts).last_us;

	if (last_us > 0)
		(void)ledger_forget(
			watch_ledger(w->watch), last_us - w->values->retention.ledger * SECOND_US);
}

static void on_state(void *context)
{
	struct watcher *w = context;

	if (w->minute != loop_now_ms(w->loop) / 60000)
		begin_minute(w);
	domain_lookup_tick(w->domains);
	forget_old(w);
	say_state(w);
	if (w->is_ready)
		say_sources(w);
	if (w->is_ready)
		ledger_keeper_save_sometimes(w->keeper, w->log_count, log_place, w);
}

static void on_pulse(void *context)
{
	struct watcher *w = context;
	char byte = w->is_ready && !w->told_ready ? 'r' : 'p';

	if (write(w->part->pulse, &byte, 1) == 1 && byte == 'r')
		w->told_ready = true;
}

/* ---- the process ---- */

static void set_hosted(void *context, struct slice domain)
{
	ledger_set_hosted(context, domain, HOSTED_YES);
}

/* A table that cannot be read is said and done without: mail is watched all the same. */
static void read_tables(struct watcher *w)
{
	const struct detect_settings *detect = &w->values->detect;
	struct ledger *l = watch_ledger(w->watch);
	struct problem problem = {0};

	w->networks = networks_new();
	if (detect->networks != NULL) {
		if (local_tables_networks(detect->networks, w->networks, &problem) < 0)
			EVENT_LOG(w->part->log, EVENT_LEDGER_TROUBLE, loop_now_ms(w->loop),
				event_text("error", slice_of(problem.text)));
		ledger_set_networks(l, w->networks);
	}
	if (detect->hosted == NULL)
		return;
	w->has_table = local_tables_hosted(detect->hosted, set_hosted, l, &problem) == 0;
	if (w->has_table)
		ledger_hosted_complete(l);
	else
		EVENT_LOG(w->part->log, EVENT_LEDGER_TROUBLE, loop_now_ms(w->loop),
			event_text("error", slice_of(problem.text)));
}

static void open_sensors(struct watcher *w)
{
	const struct daemon_plan *plan = w->part->plan;

	if (log_facts_new(plan->zone, &w->facts) < 0 && log_facts_new(NULL, &w->facts) < 0)
		abort(); /* the zone of this system is always there */
	log_facts_set_program(w->facts, w->values->log.syslog_name);
	for (size_t i = 0; i < w->values->log.relay_hosts.count; i++)
		(void)!log_facts_add_relay(w->facts, slice_of(w->values->log.relay_hosts.at[i]));
	w->spool_facts = spool_facts_new(plan->exim_login);
}

static void on_term(void *context)
{
	struct watcher *w = context;

	loop_stop(w->loop);
}

static void watcher_free(struct watcher *w)
{
	for (size_t i = 0; i < w->log_count; i++) {
		loop_watch_free(w->logs[i].watch);
		loop_timer_free(w->logs[i].timer);
		log_follow_free(w->logs[i].follow);
	}
	older_logs_free(w->older);
	ledger_keeper_free(w->keeper);
	loop_watch_free(w->arrivals_watch);
	loop_timer_free(w->arrivals_timer);
	spool_watch_free(w->arrivals);
	feedback_watch_free(w->feedback);
	loop_timer_free(w->state_timer);
	loop_timer_free(w->pulse);
	talk_free(w->talk);
	policy_socket_free(w->policy);
	second_opinion_free(w->opinion);
	domain_lookup_free(w->domains);
	answering_free(w->answering);
	telling_free(w->telling);
	exim_spool_free(w->spool);
	spool_facts_free(w->spool_facts);
	log_facts_free(w->facts);
	watch_free(w->watch);
	networks_free(w->networks);
	loop_free(w->loop);
	free(w->forgiven);
	free(w);
}

int watcher_run(const struct daemon_part *part)
{
	struct watcher *w = memory_new(1, sizeof(*w));
	struct loop_signal *term = NULL;

	w->part = part;
	w->values = part->plan->values;
	w->loop = loop_new();
	w->keeper = ledger_keeper_new(part, w->loop);
	w->watch = ledger_keeper_watch(w->keeper);
	w->domains = domain_lookup_new(part, w->loop);
	w->telling = telling_new();
	w->answering = answering_new(w->values->refuse.text, &w->values->limits);
	begin_minute(w);
	w->begun_us = clock_now_us();
	(void)signal(SIGPIPE, SIG_IGN);
	int err = loop_signal_new(w->loop, SIGTERM, on_term, w, &term);
	if (err == 0)
		err = talk_new(w->loop, part->link, heard, w, &w->talk);
	if (err == 0) {
		read_tables(w);
		open_sensors(w);
		open_policy(w);
		w->opinion = second_opinion_new(part, w->loop, on_fact, w);
		w->state_timer = loop_timer_new(w->loop, on_state, w);
		w->pulse = loop_timer_new(w->loop, on_pulse, w);
		loop_timer_start(w->state_timer, STATE_MS, STATE_MS);
		loop_timer_start(w->pulse, 0, PULSE_MS / 4);
		loop_run(w->loop);
		if (w->is_ready)
			(void)ledger_keeper_save(w->keeper, w->log_count, log_place, w);
	}
	loop_signal_free(term);
	watcher_free(w);
	return err == 0 ? 0 : 1;
}
