#include "programs/daemon/clerk_events.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS          500
#define UNCONFIRMED_MOST 3 /* looks in a row that did not say whether the session is one */

struct watcher {
	struct clerk_events *events;
	struct http_stream *stream; /* NULL: it is over */
	json_t *who;
	bool is_counted, is_asked;
	struct address from;
	int64_t ask_at_ms;
	unsigned unconfirmed;
	struct watcher *next, **at;
};

struct clerk_events {
	struct loop *loop;
	struct loop_timer *timer;
	const struct clerk_state *state;
	struct clerk_asks *asks;
	int64_t ask_ms, told_ms;
	struct watcher *watchers; /* whose stream is not over */
};

static void free_watcher(struct watcher *w)
{
	json_decref(w->who);
	free(w);
}

static void over(void *context)
{
	struct watcher *w = context;

	w->stream = NULL;
	*w->at = w->next;
	if (w->next != NULL)
		w->next->at = w->at;
	if (!w->is_asked)
		free_watcher(w);
}

/* A hand that is not there says nothing about the session: it is asked again, but nobody is told
 * for ever without one. */
static void answered(void *context, unsigned status, const json_t *body)
{
	struct watcher *w = context;

	(void)body;
	w->is_asked = false;
	if (w->stream == NULL)
		free_watcher(w);
	else if (status == 200)
		w->unconfirmed = 0;
	else if (status == 401 || status == 403 || ++w->unconfirmed == UNCONFIRMED_MOST)
		http_stream_end(w->stream);
}

static void ask(struct watcher *w)
{
	json_t *question = json_object();

	w->ask_at_ms = loop_now_ms(w->events->loop) + w->events->ask_ms;
	w->is_asked = true;
	json_put(question, "ask", json_string("session"));
	json_put(question, "who", json_incref(w->who));
	clerk_asks_put(w->events->asks, question, NULL, answered, w);
}

/* NULL: there is nothing to tell. */
static char *event_text(const struct clerk_events *e, size_t *ret_len)
{
	json_t *now = clerk_state_now(e->state, clock_now_ms());
	char *text = NULL;
	FILE *out;

	if (now == NULL)
		return NULL;
	out = open_memstream(&text, ret_len);
	if (out == NULL)
		abort();
	(void)fputs("event: now\ndata: ", out);
	json_line(out, now);
	(void)fputc('\n', out);
	if (fclose(out) != 0)
		abort();
	return text;
}

void clerk_events_tell(struct clerk_events *e)
{
	size_t len = 0;
	char *text = e->watchers != NULL ? event_text(e, &len) : NULL;

	e->told_ms = loop_now_ms(e->loop);
	for (const struct watcher *w = e->watchers; text != NULL && w != NULL; w = w->next)
		http_stream_send(w->stream, (struct slice){text, len});
	free(text);
}

static void look(void *context)
{
	struct clerk_events *e = context;
	int64_t now_ms = loop_now_ms(e->loop);

	if (now_ms - e->told_ms >= CLERK_EVENTS_SILENT_MS)
		clerk_events_tell(e);
	for (struct watcher *w = e->watchers, *next; w != NULL; w = next) {
		next = w->next;
		if (!w->is_asked && now_ms >= w->ask_at_ms)
			ask(w);
	}
}

struct clerk_events *clerk_events_new(
	struct loop *loop, const struct clerk_state *state, struct clerk_asks *asks, int64_t ask_ms)
{
	struct clerk_events *e = memory_new(1, sizeof(*e));

	*e = (struct clerk_events){.loop = loop, .state = state, .asks = asks, .ask_ms = ask_ms};
	e->timer = loop_timer_new(loop, look, e);
	loop_timer_start(e->timer, LOOK_MS, LOOK_MS);
	return e;
}

void clerk_events_free(struct clerk_events *e)
{
	if (e == NULL)
		return;
	loop_timer_free(e->timer);
	free(e);
}

static bool is_full(const struct clerk_events *e, const struct address *from)
{
	unsigned all = 0, of_address = 0;

	for (const struct watcher *w = e->watchers; w != NULL; w = w->next) {
		all++;
		of_address += from != NULL && w->is_counted && address_same_holder(&w->from, from);
	}
	return all >= CLERK_EVENTS_MAX || of_address >= CLERK_EVENTS_OF_ADDRESS;
}

struct http_stream *clerk_events_join(
	struct clerk_events *e, const json_t *who, const struct address *from)
{
	struct watcher *w;
	size_t len = 0;

	if (is_full(e, from))
		return NULL;
	w = memory_new(1, sizeof(*w));
	*w = (struct watcher){.events = e,
		.who = json_deep_copy(who),
		.is_counted = from != NULL,
		.ask_at_ms = loop_now_ms(e->loop) + e->ask_ms,
		.next = e->watchers,
		.at = &e->watchers};
	if (from != NULL)
		w->from = *from;
	if (w->next != NULL)
		w->next->at = &w->next;
	e->watchers = w;
	w->stream = http_stream_new(over, w);
	char *text = event_text(e, &len);
	if (text != NULL)
		http_stream_send(w->stream, (struct slice){text, len});
	free(text);
	return w->stream;
}
