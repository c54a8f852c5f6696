#include "base/loop.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <uv.h>

/* libuv says errors as negative errno, as we do. What cannot fail but for memory or descriptors
 * that end is not gone on from. */
static void must(int r)
{
	if (r < 0) {
		(void)fprintf(stderr, "stanch: event loop: %s\n", uv_strerror(r));
		abort();
	}
}

/* Children are looked at after SIGCHLD, and once when they are new: they may have ended before
 * anybody listened. libuv itself waits only for those it has started. */
struct loop {
	uv_loop_t uv;
	uv_signal_t child_signal;
	uv_timer_t first_look;
	struct loop_child *children; /* a list */
	struct work *works;          /* likewise */
};

struct loop_child {
	struct loop *loop;
	struct loop_child *next;
	pid_t pid;
	void (*call)(void *context, int status);
	void *context;
};

/* ---- timers ---- */

struct loop_timer {
	uv_timer_t uv;
	void (*call)(void *context);
	void *context;
};

static void free_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void timer_is_due(uv_timer_t *uv)
{
	struct loop_timer *timer = uv->data;

	timer->call(timer->context);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*call)(void *context), void *context)
{
	struct loop_timer *timer = memory_new(1, sizeof(*timer));

	must(uv_timer_init(&loop->uv, &timer->uv));
	timer->uv.data = timer;
	timer->call = call;
	timer->context = context;
	return timer;
}

void loop_timer_free(struct loop_timer *timer)
{
	if (timer != NULL)
		uv_close((uv_handle_t *)&timer->uv, free_closed);
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t repeat_ms)
{
	assert(delay_ms >= 0 && repeat_ms >= 0);
	/* libuv 1.44 calls what is due at once within the same turn: a timer that always starts
	 * itself with 0 would keep everything else from its turn */
	uint64_t delay = delay_ms > 0 ? (uint64_t)delay_ms : 1;
	must(uv_timer_start(&timer->uv, timer_is_due, delay, (uint64_t)repeat_ms));
}

void loop_timer_stop(struct loop_timer *timer)
{
	must(uv_timer_stop(&timer->uv));
}

/* ---- descriptors ---- */

struct loop_watch {
	uv_poll_t uv;
	unsigned wanted; /* enum loop_ready */
	void (*call)(void *context, unsigned ready);
	void *context;
};

static void watch_is_ready(uv_poll_t *uv, int status, int events)
{
	struct loop_watch *watch = uv->data;
	unsigned ready = 0;

	if (status < 0) {
		/* libuv has stopped it: ours goes on until the owner has seen why */
		ready = watch->wanted;
		loop_watch_for(watch, ready);
	} else {
		ready |= (events & UV_READABLE) != 0 ? LOOP_READ : 0u;
		ready |= (events & UV_WRITABLE) != 0 ? LOOP_WRITE : 0u;
	}
	if (ready != 0)
		watch->call(watch->context, ready);
}

int loop_watch_new(struct loop *loop, int fd, void (*call)(void *context, unsigned ready),
	void *context, struct loop_watch **ret)
{
	struct loop_watch *watch = memory_new(1, sizeof(*watch));
	int r = uv_poll_init(&loop->uv, &watch->uv, fd);

	if (r < 0) {
		free(watch);
		return r;
	}
	watch->uv.data = watch;
	watch->call = call;
	watch->context = context;
	*ret = watch;
	return 0;
}

void loop_watch_free(struct loop_watch *watch)
{
	if (watch != NULL)
		uv_close((uv_handle_t *)&watch->uv, free_closed);
}

void loop_watch_for(struct loop_watch *watch, unsigned ready)
{
	int events = 0;

	watch->wanted = ready;
	events |= (ready & LOOP_READ) != 0 ? UV_READABLE : 0;
	events |= (ready & LOOP_WRITE) != 0 ? UV_WRITABLE : 0;
	must(events != 0 ? uv_poll_start(&watch->uv, events, watch_is_ready)
			 : uv_poll_stop(&watch->uv));
}

/* ---- signals ---- */

struct loop_signal {
	uv_signal_t uv;
	void (*call)(void *context);
	void *context;
};

static void signal_came(uv_signal_t *uv, int number)
{
	struct loop_signal *signal = uv->data;

	(void)number;
	signal->call(signal->context);
}

int loop_signal_new(struct loop *loop, int number, void (*call)(void *context), void *context,
	struct loop_signal **ret)
{
	struct loop_signal *signal = memory_new(1, sizeof(*signal));

	must(uv_signal_init(&loop->uv, &signal->uv));
	signal->uv.data = signal;
	signal->call = call;
	signal->context = context;
	int r = uv_signal_start(&signal->uv, signal_came, number);
	if (r < 0) {
		loop_signal_free(signal);
		return r;
	}
	*ret = signal;
	return 0;
}

void loop_signal_free(struct loop_signal *signal)
{
	if (signal != NULL)
		uv_close((uv_handle_t *)&signal->uv, free_closed);
}

/* ---- children ---- */

static void unlink_child(struct loop_child *child)
{
	struct loop_child **place = &child->loop->children;

	while (*place != NULL && *place != child)
		place = &(*place)->next;
	if (*place == NULL)
		return;
	*place = child->next;
	if (child->loop->children == NULL)
		must(uv_signal_stop(&child->loop->child_signal));
}

/* A child that has ended, taken off the list; NULL when none has. */
static struct loop_child *take_ended(struct loop *loop, int *ret_status)
{
	for (struct loop_child *child = loop->children; child != NULL; child = child->next) {
		pid_t r;
		do
			r = waitpid(child->pid, ret_status, WNOHANG);
		while (r < 0 && errno == EINTR);
		if (r == 0)
			continue;
		if (r < 0)
			*ret_status = -1;
		unlink_child(child);
		return child;
	}
	return NULL;
}

/* The list is begun anew after each call: it may have changed anything. */
static void look_at_children(struct loop *loop)
{
	struct loop_child *child;
	int status;

	while ((child = take_ended(loop, &status)) != NULL)
		child->call(child->context, status);
}

static void child_signal_came(uv_signal_t *uv, int number)
{
	(void)number;
	look_at_children(uv->data);
}

static void first_look_is_due(uv_timer_t *uv)
{
	look_at_children(uv->data);
}

struct loop_child *loop_child_new(
	struct loop *loop, pid_t pid, void (*call)(void *context, int status), void *context)
{
	struct loop_child *child = memory_new(1, sizeof(*child));

	assert(pid > 0);
	*child = (struct loop_child){loop, loop->children, pid, call, context};
	if (loop->children == NULL)
		must(uv_signal_start(&loop->child_signal, child_signal_came, SIGCHLD));
	loop->children = child;
	must(uv_timer_start(&loop->first_look, first_look_is_due, 1, 0));
	return child;
}

void loop_child_free(struct loop_child *child)
{
	if (child == NULL)
		return;
	unlink_child(child);
	free(child);
}

/* ---- work that takes long ---- */

struct work {
	uv_work_t uv;
	struct loop *loop;
	struct work *next;
	void (*work)(void *context);
	void (*done)(void *context);
	void *context;
};

static void do_work(uv_work_t *uv)
{
	const struct work *w = uv->data;

	w->work(w->context);
}

/* status: 0, or that it was cancelled. */
static void work_is_done(uv_work_t *uv, int status)
{
	struct work *w = uv->data, **place = &w->loop->works;

	(void)status;
	while (*place != w)
		place = &(*place)->next;
	*place = w->next;
	w->done(w->context);
	free(w);
}

void loop_work(
	struct loop *loop, void (*work)(void *context), void (*done)(void *context), void *context)
{
	struct work *w = memory_new(1, sizeof(*w));

	*w = (struct work){
		.loop = loop, .next = loop->works, .work = work, .done = done, .context = context};
	w->uv.data = w;
	loop->works = w;
	must(uv_queue_work(&loop->uv, &w->uv, do_work, work_is_done));
}

static void end_works(struct loop *loop)
{
	for (struct work *w = loop->works; w != NULL; w = w->next)
		(void)uv_cancel((uv_req_t *)&w->uv); /* busy: it has begun, and is waited for */
	while (loop->works != NULL)
		(void)uv_run(&loop->uv, UV_RUN_ONCE);
}

/* ---- the loop ---- */

struct loop *loop_new(void)
{
	struct loop *loop = memory_new(1, sizeof(*loop));

	must(uv_loop_init(&loop->uv));
	must(uv_signal_init(&loop->uv, &loop->child_signal));
	loop->child_signal.data = loop;
	must(uv_timer_init(&loop->uv, &loop->first_look));
	loop->first_look.data = loop;
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	end_works(loop);
	uv_close((uv_handle_t *)&loop->child_signal, NULL);
	uv_close((uv_handle_t *)&loop->first_look, NULL);
	/* frees what was closed, and waits for nothing; twice, because a loop_stop() that came too
	 * late ends the first before it begins */
	for (int i = 0; i < 2; i++)
		(void)uv_run(&loop->uv, UV_RUN_NOWAIT);
	must(uv_loop_close(&loop->uv)); /* busy: something was not freed before */
	free(loop);
}

void loop_run(struct loop *loop)
{
	(void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

int64_t loop_now_ms(const struct loop *loop)
{
	return (int64_t)uv_now(&loop->uv);
}
