#include "programs/daemon/queue_desk.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "programs/own_command.h"
#include "reports/queue_found.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS    1000
#define END_MS     10000             /* to end by itself, when its input is closed */
#define ANSWER_MAX ((size_t)1 << 20) /* bytes of a line */
#define READ_BYTES ((size_t)64 << 10)

#define NOT_YET   "the search of the queue ended and is begun again in a few seconds"
#define HAS_ENDED "the search of the queue ended before it had answered"
#define TOO_SLOW  "the search of the queue did not answer in time"
#define NO_SENSE  "the search of the queue said what is no answer"

struct asked {
	bool waits;
	json_int_t number;
	int64_t until_ms;
	queue_desk_answered *answered;
	void *context;
};

struct bytes {
	char *at;
	size_t len, room;
};

struct queue_desk {
	struct loop *loop;
	const struct daemon_plan *plan;
	struct loop_timer *tick;

	bool is_running; /* it can be asked */
	struct own_command command;
	struct loop_child *child; /* NULL: there is none */
	struct loop_watch *input, *output;
	struct bytes unsent, heard;
	bool was_begun;
	int64_t begun_ms, used_ms, ending_ms;

	struct asked asked[QUEUE_DESK_ASKED];
	json_int_t number;
};

static void on_tick(void *context);

struct queue_desk *queue_desk_new(struct loop *loop, const struct daemon_plan *plan)
{
	struct queue_desk *d = memory_new(1, sizeof(*d));

	d->loop = loop;
	d->plan = plan;
	d->tick = loop_timer_new(loop, on_tick, d);
	return d;
}

/* ---- answers ---- */

static void refuse(queue_desk_answered *answered, void *context, unsigned status, const char *why)
{
	json_t *body = json_object();

	json_put(body, "error", json_text(slice_of(why)));
	answered(context, status, body);
	json_decref(body);
}

static void say_off(queue_desk_answered *answered, void *context, const char *why)
{
	json_t *body = queue_found_off(why);

	answered(context, 200, body);
	json_decref(body);
}

/* All that wait; others may be asked in their calls. */
static void answer_all_off(struct queue_desk *d, const char *why)
{
	struct asked all[QUEUE_DESK_ASKED];

	memcpy(all, d->asked, sizeof(all));
	memset(d->asked, 0, sizeof(d->asked));
	for (size_t i = 0; i < QUEUE_DESK_ASKED; i++)
		if (all[i].waits)
			say_off(all[i].answered, all[i].context, why);
}

/* ---- its end ---- */

static void close_pipes(struct queue_desk *d)
{
	if (!d->is_running)
		return;
	loop_watch_free(d->input);
	loop_watch_free(d->output);
	d->input = d->output = NULL;
	(void)close(d->command.input);
	(void)close(d->command.output);
	d->is_running = false;
	d->unsent.len = d->heard.len = 0;
}

/* It is asked nothing more; whoever waits is told why. */
static void let_go(struct queue_desk *d, const char *why)
{
	close_pipes(d);
	d->ending_ms = loop_now_ms(d->loop);
	answer_all_off(d, why);
}

static void kill_it(struct queue_desk *d, const char *why)
{
	if (d->child != NULL)
		(void)kill(d->command.pid, SIGKILL);
	let_go(d, why);
}

static void on_end(void *context, int status)
{
	struct queue_desk *d = context;

	(void)status;
	loop_child_free(d->child);
	d->child = NULL;
	loop_timer_stop(d->tick);
	if (d->is_running)
		let_go(d, HAS_ENDED);
}

void queue_desk_free(struct queue_desk *d)
{
	if (d == NULL)
		return;
	if (d->child != NULL)
		(void)kill(d->command.pid, SIGKILL);
	close_pipes(d);
	loop_child_free(d->child);
	loop_timer_free(d->tick);
	free(d->unsent.at);
	free(d->heard.at);
	free(d);
}

/* ---- what it says ---- */

static bool take_answer(struct queue_desk *d, const json_t *object)
{
	const json_t *number = json_object_get(object, "id");
	const json_t *body = json_object_get(object, "body");
	json_int_t status = json_integer_value(json_object_get(object, "status"));

	if (!json_is_integer(number) || status != 200 || !queue_found_is_answer(body))
		return false; /* nothing that it would refuse is asked */
	for (size_t i = 0; i < QUEUE_DESK_ASKED; i++) {
		struct asked one = d->asked[i];
		if (!one.waits || one.number != json_integer_value(number))
			continue;
		d->asked[i].waits = false;
		one.answered(one.context, 200, body);
		return true;
	}
	return false;
}

static bool take_line(struct queue_desk *d, struct slice line)
{
	json_t *object = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);
	bool is_answer = take_answer(d, object);

	json_decref(object);
	return is_answer;
}

/* Of one line at most, since its answer's call may ask and so change what is here. false: there is
 * no whole line, or it was the end. */
static bool take_one(struct queue_desk *d)
{
	struct slice rest = {d->heard.at, d->heard.len}, line;

	if (!d->is_running || !slice_take_line(&rest, &line))
		return false;
	char *copy = memory_copy(line.at, line.len);
	struct slice taken = {copy, line.len};
	memmove(d->heard.at, rest.at, rest.len);
	d->heard.len = rest.len;
	bool is_answer = take_line(d, taken);
	free(copy);
	if (!is_answer)
		kill_it(d, NO_SENSE);
	return is_answer;
}

static void make_room(struct bytes *b, size_t more)
{
	if (b->room - b->len >= more)
		return;
	b->room = b->len + more > b->room * 2 ? b->len + more : b->room * 2;
	b->at = memory_grow(b->at, b->room, 1);
}

static void on_output(void *context, unsigned ready)
{
	struct queue_desk *d = context;

	(void)ready;
	make_room(&d->heard, READ_BYTES);
	ssize_t n = read(d->command.output, d->heard.at + d->heard.len, READ_BYTES);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		kill_it(d, HAS_ENDED);
		return;
	}
	d->heard.len += (size_t)n;
	while (take_one(d))
		continue;
	if (d->is_running && d->heard.len > ANSWER_MAX)
		kill_it(d, NO_SENSE);
}

/* ---- what it is asked ---- */

static void on_input(void *context, unsigned ready)
{
	struct queue_desk *d = context;
	ssize_t n = write(d->command.input, d->unsent.at, d->unsent.len);

	(void)ready;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		kill_it(d, HAS_ENDED);
		return;
	}
	memmove(d->unsent.at, d->unsent.at + n, d->unsent.len - (size_t)n);
	d->unsent.len -= (size_t)n;
	if (d->unsent.len == 0)
		loop_watch_for(d->input, 0);
}

static void send(struct queue_desk *d, json_int_t number, const json_t *args)
{
	json_t *object = json_object();

	json_put(object, "id", json_integer(number));
	json_put(object, "args", json_deep_copy(args));
	size_t len = json_dumpb(object, NULL, 0, JSON_COMPACT | JSON_ENSURE_ASCII);
	make_room(&d->unsent, len + 1);
	(void)json_dumpb(
		object, d->unsent.at + d->unsent.len, len, JSON_COMPACT | JSON_ENSURE_ASCII);
	d->unsent.len += len;
	d->unsent.at[d->unsent.len++] = '\n';
	json_decref(object);
	loop_watch_for(d->input, LOOP_WRITE);
}

/* ---- its begin ---- */

static int watch_pipes(struct queue_desk *d)
{
	int err = loop_watch_new(d->loop, d->command.input, on_input, d, &d->input);

	if (err == 0)
		err = loop_watch_new(d->loop, d->command.output, on_output, d, &d->output);
	if (err == 0)
		loop_watch_for(d->output, LOOP_READ);
	return err;
}

/* 0, or a negative errno and *problem. */
static int begin(struct queue_desk *d, struct problem *problem)
{
	struct global_settings global = d->plan->global;
	const char *words[] = {"queue", "--answer", "--reader", d->plan->watcher_login};
	size_t count = d->plan->changes_user ? 4 : 2;
	int64_t now = loop_now_ms(d->loop);

	if (d->child != NULL || (d->was_begun && now - d->begun_ms < QUEUE_DESK_AGAIN_MS))
		return problem_set(problem, -EAGAIN, NOT_YET);
	d->was_begun = true;
	d->begun_ms = now;
	global.spool = d->plan->spool;
	const struct own_command_way way = {.program = d->plan->program, .is_asked = true};
	int err = own_command_start(&global, &way, words, count, &d->command, problem);
	if (err < 0)
		return err;
	d->is_running = true;
	d->child = loop_child_new(d->loop, d->command.pid, on_end, d);
	loop_timer_start(d->tick, TICK_MS, TICK_MS);
	err = watch_pipes(d);
	if (err < 0) {
		kill_it(d, HAS_ENDED);
		return problem_set(problem, err, "cannot ask stanch queue: %s", strerror(-err));
	}
	return 0;
}

/* ---- time ---- */

static bool is_late(const struct queue_desk *d, int64_t now)
{
	for (size_t i = 0; i < QUEUE_DESK_ASKED; i++)
		if (d->asked[i].waits && now >= d->asked[i].until_ms)
			return true;
	return false;
}

static bool has_asked(const struct queue_desk *d)
{
	for (size_t i = 0; i < QUEUE_DESK_ASKED; i++)
		if (d->asked[i].waits)
			return true;
	return false;
}

static void on_tick(void *context)
{
	struct queue_desk *d = context;
	int64_t now = loop_now_ms(d->loop);

	if (!d->is_running) {
		if (d->child != NULL && now - d->ending_ms >= END_MS)
			(void)kill(d->command.pid, SIGKILL);
		return;
	}
	if (is_late(d, now))
		kill_it(d, TOO_SLOW);
	else if (!has_asked(d) && now - d->used_ms >= QUEUE_DESK_IDLE_MS)
		let_go(d, HAS_ENDED);
}

/* ---- from outside ---- */

static struct asked *free_place(struct queue_desk *d)
{
	for (size_t i = 0; i < QUEUE_DESK_ASKED; i++)
		if (!d->asked[i].waits)
			return &d->asked[i];
	return NULL;
}

void queue_desk_ask(
	struct queue_desk *d, const json_t *args, queue_desk_answered *answered, void *context)
{
	struct queue_question question;
	struct problem problem = {0};
	struct asked *place = free_place(d);

	if (queue_question_read(args, &question, &problem) < 0) {
		refuse(answered, context, 400, problem.text);
		return;
	}
	if (place == NULL) {
		refuse(answered, context, 503, "too many searches wait for their answer");
		return;
	}
	if (!d->is_running && begin(d, &problem) < 0) {
		say_off(answered, context, problem.text);
		return;
	}
	d->used_ms = loop_now_ms(d->loop);
	*place = (struct asked){.waits = true,
		.number = ++d->number,
		.until_ms = d->used_ms + QUEUE_DESK_TIME_MS,
		.answered = answered,
		.context = context};
	send(d, place->number, args);
}
