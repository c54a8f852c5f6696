#include "programs/queue_answer.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/loop.h"
#include "base/memory.h"
#include "programs/become_reader.h"
#include "reports/queue_found.h"
#include "sensors/queue_lister.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TURN_MS      1000
#define SLICE_MS     5     /* of searching, before anything else has its turn */
#define SLICE_STEP   4096u /* messages between two looks at the clock */
#define WRITE_MOST_S 30    /* that nobody reads an answer */

/* What the kernel ends first when memory runs out: it can be begun again at any time. */
#define OOM_SCORE "500"

struct question {
	json_int_t id;
	bool is_refused;
	struct problem why; /* if it is */
	struct queue_question asked;
};

struct answering {
	struct loop *loop;
	struct loop_watch *input, *spool[QUEUE_LISTER_FDS];
	struct loop_timer *turn, *work;
	struct queue_lister *lister;
	char line[QUEUE_ANSWER_LINE];
	size_t len;
	bool has_ended; /* standard input */
	bool has_failed;
	struct question *waiting; /* a ring */
	size_t first, count;
	struct queue_search *search; /* of the first */
};

/* ---- answers ---- */

static int write_all(struct slice bytes)
{
	while (bytes.len > 0) {
		struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
		ssize_t n = write(STDOUT_FILENO, bytes.at, bytes.len);
		if (n >= 0) {
			bytes = slice_after(bytes, (size_t)n);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		if (poll(&out, 1, WRITE_MOST_S * 1000) == 0)
			return -ETIMEDOUT;
	}
	return 0;
}

static void answer(struct answering *a, json_int_t id, int status, json_t *body)
{
	json_t *object = json_object();

	json_put(object, "id", json_integer(id));
	json_put(object, "status", json_integer(status));
	json_put(object, "body", body);
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	if (text == NULL || write_all(slice_of(text)) < 0 || write_all(slice_of("\n")) < 0) {
		a->has_failed = true;
		loop_stop(a->loop);
	}
	free(text);
}

/* ---- questions ---- */

static void read_question(struct question *q, struct slice line)
{
	json_t *object = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);

	*q = (struct question){.id = json_integer_value(json_object_get(object, "id"))};
	if (!json_is_object(object))
		(void)problem_set(&q->why, 0, "a question is to be a JSON object on one line");
	else
		(void)!queue_question_read(json_object_get(object, "args"), &q->asked, &q->why);
	q->is_refused = q->why.text[0] != '\0';
	json_decref(object);
}

static bool has_room(const struct answering *a)
{
	return a->count < QUEUE_ANSWER_WAITING;
}

/* The lines that are whole, as long as there is room for them. */
static void take_lines(struct answering *a)
{
	struct slice rest = {a->line, a->len}, line;

	while (has_room(a) && slice_take_line(&rest, &line)) {
		size_t last = (a->first + a->count++) % QUEUE_ANSWER_WAITING;
		read_question(&a->waiting[last], line);
	}
	memmove(a->line, rest.at, rest.len);
	a->len = rest.len;
}

/* ---- searching ---- */

static void begin_search(struct answering *a)
{
	struct queue_search_terms terms = queue_question_terms(&a->waiting[a->first].asked);

	a->search = queue_search_new(queue_lister_lock(a->lister), &terms);
	queue_lister_unlock(a->lister);
}

/* true when it has looked at all. */
static bool search_slice(struct answering *a)
{
	int64_t end = clock_now_ms() + SLICE_MS;
	bool more = true;

	(void)queue_lister_lock(a->lister);
	while (more && clock_now_ms() < end)
		more = queue_search_go(a->search, SLICE_STEP);
	queue_lister_unlock(a->lister);
	return !more;
}

static void end_question(struct answering *a)
{
	queue_search_free(a->search);
	a->search = NULL;
	a->first = (a->first + 1) % QUEUE_ANSWER_WAITING;
	a->count--;
	take_lines(a);
	if (!a->has_ended && has_room(a))
		loop_watch_for(a->input, LOOP_READ);
}

static void go_on_answering(struct answering *a)
{
	const struct question *q = &a->waiting[a->first];

	if (q->is_refused) {
		json_t *body = json_object();
		json_put(body, "error", json_text(slice_of(q->why.text)));
		answer(a, q->id, 400, body);
		end_question(a);
		return;
	}
	if (a->search == NULL)
		begin_search(a);
	if (!search_slice(a))
		return;
	answer(a, q->id, 200, queue_found(a->lister, a->search));
	end_question(a);
}

/* Some of both, reading and answering; and again at once while there is more of either. */
static void on_work(void *context)
{
	struct answering *a = context;
	bool more = queue_lister_turn(a->lister, clock_now_ms());

	if (a->count > 0)
		go_on_answering(a);
	if (a->has_ended && a->count == 0)
		loop_stop(a->loop);
	else if (more || a->count > 0)
		loop_timer_start(a->work, 0, 0);
}

static void on_spool(void *context, unsigned ready)
{
	struct answering *a = context;

	(void)ready;
	on_work(a);
}

/* ---- standard input ---- */

static void end_input(struct answering *a)
{
	a->has_ended = true;
	loop_watch_for(a->input, 0);
}

static void on_input(void *context, unsigned ready)
{
	struct answering *a = context;
	ssize_t n = 0;

	(void)ready;
	take_lines(a);
	if (has_room(a) && a->len < sizeof(a->line)) {
		n = read(STDIN_FILENO, a->line + a->len, sizeof(a->line) - a->len);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			end_input(a);
		a->len += n > 0 ? (size_t)n : 0;
		take_lines(a);
	}
	if (has_room(a) && a->len == sizeof(a->line)) { /* a line that is too long */
		a->has_failed = true;
		end_input(a);
	}
	if (!has_room(a))
		loop_watch_for(a->input, 0);
	loop_timer_start(a->work, 0, 0);
}

/* ---- from outside ---- */

static void let_be_ended_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, OOM_SCORE, strlen(OOM_SCORE));
	(void)close(fd);
}

static int begin(struct answering *a, struct context *context, struct problem *problem)
{
	struct exim_spool *spool;
	int fds[QUEUE_LISTER_FDS];
	int err = context_spool(context, &spool, problem);

	if (err == 0)
		err = queue_lister_new(spool->path, context_exim_login(context),
			QUEUE_INDEX_MESSAGES, &a->lister, problem);
	if (err < 0)
		return err;
	a->waiting = memory_new(QUEUE_ANSWER_WAITING, sizeof(*a->waiting));
	a->turn = loop_timer_new(a->loop, on_work, a);
	a->work = loop_timer_new(a->loop, on_work, a);
	queue_lister_fds(a->lister, fds);
	for (size_t i = 0; i < QUEUE_LISTER_FDS && err == 0; i++)
		err = loop_watch_new(a->loop, fds[i], on_spool, a, &a->spool[i]);
	if (err == 0)
		err = loop_watch_new(a->loop, STDIN_FILENO, on_input, a, &a->input);
	if (err < 0)
		return problem_set(problem, err, "cannot wait for questions: %s", strerror(-err));
	for (size_t i = 0; i < QUEUE_LISTER_FDS; i++)
		loop_watch_for(a->spool[i], LOOP_READ);
	loop_watch_for(a->input, LOOP_READ);
	loop_timer_start(a->turn, TURN_MS, TURN_MS);
	loop_timer_start(a->work, 0, 0);
	return 0;
}

static void end(struct answering *a)
{
	struct queue_lister_standing now = {0};

	if (a->lister != NULL)
		queue_lister_look(a->lister, &now);
	if (now.state == QUEUE_LISTER_READING) /* it is not waited for who reads a million */
		_exit(a->has_failed ? COMMAND_UNABLE : COMMAND_DONE);
	queue_search_free(a->search);
	for (size_t i = 0; i < QUEUE_LISTER_FDS; i++)
		loop_watch_free(a->spool[i]);
	loop_watch_free(a->input);
	loop_timer_free(a->turn);
	loop_timer_free(a->work);
	queue_lister_free(a->lister);
	free(a->waiting);
	loop_free(a->loop);
}

int queue_answer_run(struct context *context, const char *login)
{
	struct answering a = {0};
	struct problem problem = {0};
	int err = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	let_be_ended_first();
	if (login != NULL)
		err = become_reader(login, &problem);
	if (err == 0) {
		a.loop = loop_new();
		err = begin(&a, context, &problem);
	}
	if (err == 0)
		loop_run(a.loop);
	else
		context_problem(context, &problem);
	a.has_failed |= err < 0;
	end(&a);
	return a.has_failed ? COMMAND_UNABLE : COMMAND_DONE;
}
