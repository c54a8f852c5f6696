#include "programs/daemon/desk.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "programs/daemon/desk_table.h"
#include "programs/daemon/events.h"
#include "programs/daemon/job.h"
#include "programs/daemon/talk.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define WHAT_MAX 32
#define ROOM     (TALK_MESSAGE_MAX - ((size_t)64 << 10)) /* for rows, with what is around them */
#define WHO_MAX  (PAGE_USERS_NAME_MAX + PAGE_FROM_MAX + 2)

struct desk_question {
	struct desk *desk;
	struct desk_question *next;
	json_int_t id;
	bool is_waited_for; /* it is not answered yet, and somebody is there to hear it */
	bool is_provided;   /* a provider has it */
	bool is_login;      /* likewise, page_access.h */
	bool is_deed;
	struct page_who who;
	struct loop_timer *timer;
	struct desk_errand errand;
	size_t at; /* the command that runs or is next */
	struct job *job;
	struct {
		char *lines;
		size_t len, lines_lost;
		char errors[JOB_ERRORS_MAX];
		size_t errors_len;
		int exit;
	} outputs[DESK_COMMANDS];
};

struct provider {
	const char *what;
	desk_provider *later;
	desk_provider_now *now;
	void *context;
};

struct desk {
	struct desk_given given;
	struct desk_question *questions; /* oldest first */
	struct provider history, queue;
};

/* ---- questions ---- */

static struct desk_question *add_question(struct desk *d, json_int_t id)
{
	struct desk_question *q = memory_new(1, sizeof(*q)), **at = &d->questions;

	*q = (struct desk_question){.desk = d, .id = id, .is_waited_for = true};
	while (*at != NULL)
		at = &(*at)->next;
	*at = q;
	return q;
}

static void free_question(struct desk_question *q)
{
	struct desk_question **at = &q->desk->questions;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	loop_timer_free(q->timer);
	job_free(q->job);
	desk_errand_clear(&q->errand);
	for (size_t i = 0; i < DESK_COMMANDS; i++)
		free(q->outputs[i].lines);
	free(q);
}

static bool is_kept(const struct desk_question *q)
{
	return q->is_waited_for || q->is_provided || q->is_login || q->job != NULL;
}

static void say(struct desk *d, json_int_t id, int status, json_t *body)
{
	json_t *o = json_object();

	json_put(o, "say", json_string("answer"));
	json_put(o, "id", json_integer(id));
	json_put(o, "status", json_integer(status));
	json_put(o, "body", body);
	if (!talk_fits(o)) {
		json_put(o, "status", json_integer(503));
		json_put(o, "body",
			desk_error("the answer is longer than the page is given: ask the command "
				   "stanch itself"));
	}
	d->given.say(d->given.context, o);
}

/* Once; the question is freed when nothing of it goes on. */
static void end_question(struct desk_question *q, int status, json_t *body)
{
	if (q->is_waited_for)
		say(q->desk, q->id, status, body);
	else
		json_decref(body);
	q->is_waited_for = false;
	if (!is_kept(q))
		free_question(q);
}

static void refuse(struct desk_question *q, int status, const char *sentence)
{
	end_question(q, status, desk_error(sentence));
}

/* ---- commands ---- */

static void start_waiting(struct desk *d);

static size_t count_running(const struct desk *d, bool reads_only)
{
	size_t count = 0;

	for (const struct desk_question *q = d->questions; q != NULL; q = q->next)
		count += q->job != NULL && (!reads_only || !q->is_deed);
	return count;
}

static void log_deed(const struct desk_question *q)
{
	char object[DESK_OBJECT_MAX];
	struct slice reason = json_slice(json_object_get(q->errand.args, "reason"));

	EVENT_LOG(q->desk->given.log, EVENT_PAGE_ACTION, loop_now_ms(q->desk->given.loop),
		event_text("name", slice_of(q->who.name)),
		event_text("from", slice_of(q->who.from)),
		event_text("what", slice_of(desk_errand_name(&q->errand))),
		event_text("to", slice_of(desk_errand_object(&q->errand, object))),
		event_text("reason", reason.at != NULL ? reason : slice_of("")),
		event_number("dry_run", q->errand.is_dry));
}

static void log_deed_ended(const struct desk_question *q)
{
	char object[DESK_OBJECT_MAX];

	EVENT_LOG(q->desk->given.log, EVENT_PAGE_ACTION_ENDED, loop_now_ms(q->desk->given.loop),
		event_text("name", slice_of(q->who.name)),
		event_text("from", slice_of(q->who.from)),
		event_text("what", slice_of(desk_errand_name(&q->errand))),
		event_text("to", slice_of(desk_errand_object(&q->errand, object))),
		event_number("status", q->outputs[q->errand.commands - 1].exit));
}

static void answer_with_outputs(struct desk_question *q)
{
	struct desk_output outputs[DESK_COMMANDS] = {0};
	int status = 503;

	if (q->is_deed)
		log_deed_ended(q);
	for (size_t i = 0; i < q->errand.commands; i++)
		outputs[i] = (struct desk_output){
			.lines = {q->outputs[i].lines != NULL ? q->outputs[i].lines : "",
				q->outputs[i].len},
			.errors = {q->outputs[i].errors, q->outputs[i].errors_len},
			.lines_lost = q->outputs[i].lines_lost,
			.exit = q->outputs[i].exit};
	json_t *body = desk_errand_body(&q->errand, outputs, ROOM, &status);
	end_question(q, status, body);
}

static void on_job(void *context, const char *output, size_t len, int status)
{
	struct desk_question *q = context;
	struct desk *d = q->desk;
	struct slice errors = job_errors(q->job);

	q->outputs[q->at].lines = memory_copy(output, len);
	q->outputs[q->at].len = len;
	q->outputs[q->at].lines_lost = job_lines_lost(q->job);
	q->outputs[q->at].exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	memcpy(q->outputs[q->at].errors, errors.at, errors.len);
	q->outputs[q->at].errors_len = errors.len;
	q->job = NULL;
	q->at++;
	if (q->at == q->errand.commands)
		answer_with_outputs(q);
	else if (!q->is_waited_for)
		free_question(q); /* nobody wants the rest */
	start_waiting(d);
}

static const char *who_text(const struct desk_question *q, char at[WHO_MAX])
{
	(void)snprintf(at, WHO_MAX, "%s %s", q->who.name, q->who.from);
	return at;
}

static void start(struct desk_question *q)
{
	const struct daemon_plan *plan = q->desk->given.plan;
	const char *words[DESK_WORDS + 2];
	char who[WHO_MAX];
	struct problem problem = {0};
	size_t count = q->errand.counts[q->at];

	for (size_t i = 0; i < count; i++)
		words[i] = q->errand.words[q->at][i];
	if (plan->changes_user && desk_errand_reads_mail(&q->errand)) {
		words[count++] = "--reader";
		words[count++] = plan->watcher_login;
	}
	if (q->is_deed)
		log_deed(q);
	int err = job_start_for_page(q->desk->given.loop, plan,
		q->is_deed ? who_text(q, who) : NULL, words, count, on_job, q, &q->job, &problem);
	if (err < 0)
		refuse(q, 503, problem.text);
}

/* One that nobody waits for any more is not there, unless it runs. */
static bool is_next(const struct desk_question *q, bool deeds)
{
	return q->is_deed == deeds && q->job == NULL && q->at < q->errand.commands;
}

static struct desk_question *find_next(const struct desk *d, bool deeds)
{
	struct desk_question *q = d->questions;

	while (q != NULL && !is_next(q, deeds))
		q = q->next;
	return q;
}

/* What is done first, then what is read. */
static void start_waiting(struct desk *d)
{
	struct desk_question *q;

	while (count_running(d, false) < DESK_JOBS_MOST && (q = find_next(d, true)) != NULL)
		start(q);
	while (count_running(d, false) < DESK_JOBS_MOST &&
		count_running(d, true) < DESK_READS_MOST && (q = find_next(d, false)) != NULL)
		start(q);
}

/* What has begun goes on; what has not, never does: it was said that it did not. */
static void on_late(void *context)
{
	struct desk_question *q = context;

	if (q->job != NULL || q->at > 0)
		refuse(q, 504,
			q->is_deed ? "it takes longer, and goes on: the audit says what came of it"
				   : "it takes longer than is waited for");
	else
		refuse(q, 503, "too much is asked at once: it was not begun");
}

static void run(struct desk_question *q)
{
	struct desk *d = q->desk;

	q->timer = loop_timer_new(d->given.loop, on_late, q);
	loop_timer_start(q->timer, d->given.wait_ms, 0);
	start_waiting(d);
}

/* ---- what others answer ---- */

void desk_answer(struct desk_question *q, int status, json_t *body)
{
	q->is_provided = false;
	if (body == NULL)
		refuse(q, 503, "it is not known now");
	else
		end_question(q, status, body);
}

static void on_provider_late(void *context)
{
	refuse(context, 504, "it takes longer than is waited for");
}

static void ask_provider(struct desk_question *q)
{
	struct desk *d = q->desk;
	const struct provider *p =
		strcmp(desk_errand_name(&q->errand), "queue") == 0 ? &d->queue : &d->history;

	if (p->now == NULL && p->later == NULL) {
		refuse(q, 503, "it is not there yet");
		return;
	}
	q->is_provided = true;
	if (p->now != NULL) {
		desk_answer(q, 200, p->now(p->context, q->errand.args));
		return;
	}
	q->timer = loop_timer_new(d->given.loop, on_provider_late, q);
	loop_timer_start(q->timer, d->given.wait_ms, 0);
	p->later(p->context, q->errand.args, q);
}

static struct provider *provider_of(struct desk *d, const char *what)
{
	if (strcmp(what, "history") == 0)
		return &d->history;
	assert(strcmp(what, "queue") == 0);
	return &d->queue;
}

void desk_provide(struct desk *d, const char *what, desk_provider *provider, void *context)
{
	*provider_of(d, what) = (struct provider){.later = provider, .context = context};
}

void desk_provide_now(struct desk *d, const char *what, desk_provider_now *provider, void *context)
{
	*provider_of(d, what) = (struct provider){.now = provider, .context = context};
}

/* ---- the table of what is asked ---- */

static void refuse_unknown(struct desk_question *q, int status)
{
	refuse(q, status, status == 401 ? "log in first" : "the file of users cannot be read");
}

/* Fills q->who. 0; a negative errno: it is no question; else the question is answered. */
static int know(struct desk_question *q, const json_t *object)
{
	int status =
		page_access_who(q->desk->given.access, json_object_get(object, "who"), &q->who);

	if (status < 0)
		return status;
	if (status != 200)
		refuse_unknown(q, status);
	return status == 200 ? 0 : 1;
}

static bool ask_session(struct desk_question *q, const json_t *object)
{
	int known = know(q, object);

	if (known == 0)
		end_question(q, 200, page_access_session_json(&q->who));
	return known >= 0;
}

static bool ask_logout(struct desk_question *q, const json_t *object)
{
	if (page_access_logout(q->desk->given.access, json_object_get(object, "who")) < 0)
		return false;
	end_question(q, 200, json_object());
	return true;
}

static void logged_in(void *context, int status, json_t *body)
{
	struct desk_question *q = context;

	q->is_login = false;
	end_question(q, status, body);
}

static bool ask_login(struct desk_question *q, const json_t *object)
{
	q->is_login = true;
	if (page_access_login(q->desk->given.access, object, logged_in, q) == 0)
		return true;
	q->is_login = false;
	return false;
}

static bool may(const struct desk_question *q)
{
	return q->who.role >= desk_errand_role(&q->errand);
}

static bool ask_read(struct desk_question *q, const json_t *object)
{
	struct slice what = json_slice(json_object_get(object, "what"));
	char name[WHAT_MAX];
	struct problem problem = {0};

	if (what.at == NULL || what.len >= sizeof(name))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", (int)what.len, what.at);
	int known = know(q, object);
	if (known != 0)
		return known > 0;
	int status = desk_table_read(name, json_object_get(object, "args"), &q->errand, &problem);
	if (status != 0)
		refuse(q, status, problem.text);
	else if (!may(q))
		refuse(q, 403, "your role may not see that");
	else if (q->errand.commands == 0)
		ask_provider(q);
	else
		run(q);
	return true;
}

static bool ask_do(struct desk_question *q, const json_t *object)
{
	const json_t *who = json_object_get(object, "who");
	struct problem problem = {0};
	int known = know(q, object);

	if (known != 0)
		return known > 0;
	if (!page_access_is_meant(&q->who, who)) {
		refuse(q, 403, "it lacks the csrf of the session");
		return true;
	}
	if (q->who.role != PAGE_OPERATOR) { /* whatever it is, and before more is said of it */
		refuse(q, 403, "your role may not do anything");
		return true;
	}
	int status = desk_table_do(json_object_get(object, "args"), &q->errand, &problem);
	q->is_deed = status == 0;
	if (status != 0)
		refuse(q, status, problem.text);
	else if (!may(q))
		refuse(q, 403, "your role may not do that");
	else
		run(q);
	return true;
}

static const struct {
	const char *word;
	bool (*ask)(struct desk_question *q, const json_t *object); /* false: it is none */
} asks[] = {{"login", ask_login}, {"session", ask_session}, {"logout", ask_logout},
	{"read", ask_read}, {"do", ask_do}};

static bool is_open(const struct desk *d, json_int_t id)
{
	bool found = false;

	for (const struct desk_question *q = d->questions; q != NULL; q = q->next)
		found |= q->is_waited_for && q->id == id;
	return found;
}

/* What goes on and nobody waits for counts, too. */
static bool is_full(const struct desk *d)
{
	size_t waited_for = 0, all = 0;

	for (const struct desk_question *q = d->questions; q != NULL; q = q->next) {
		waited_for += q->is_waited_for;
		all++;
	}
	return waited_for >= DESK_QUESTIONS_MOST || all >= (size_t)2 * DESK_QUESTIONS_MOST;
}

bool desk_hear(struct desk *d, const json_t *object)
{
	struct slice word = json_slice(json_object_get(object, "ask"));
	const json_t *id = json_object_get(object, "id");
	size_t which = 0;

	while (which < sizeof(asks) / sizeof(asks[0]) &&
		(word.at == NULL || !slice_is(word, asks[which].word)))
		which++;
	if (which == sizeof(asks) / sizeof(asks[0]) || !json_is_integer(id) ||
		is_open(d, json_integer_value(id)))
		return false;
	if (is_full(d)) {
		say(d, json_integer_value(id), 503, desk_error("too much is asked at once"));
		return true;
	}
	struct desk_question *q = add_question(d, json_integer_value(id));
	if (asks[which].ask(q, object))
		return true;
	free_question(q); /* nothing of it was begun */
	return false;
}

void desk_leave(struct desk *d)
{
	for (struct desk_question *q = d->questions, *next; q != NULL; q = next) {
		next = q->next;
		q->is_waited_for = false;
		if (!is_kept(q))
			free_question(q);
	}
}

struct desk *desk_new(const struct desk_given *given)
{
	struct desk *d = memory_new(1, sizeof(*d));

	d->given = *given;
	return d;
}

void desk_free(struct desk *d)
{
	if (d == NULL)
		return;
	while (d->questions != NULL)
		free_question(d->questions);
	free(d);
}
