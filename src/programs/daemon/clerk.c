/* clerk.c - the part that answers HTTP. It has no right to anything: what it knows is what the hand
 * has told it, and when that is old, it says so. */
#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "formats/http_accept.h"
#include "programs/daemon/clerk_asks.h"
#include "programs/daemon/clerk_events.h"
#include "programs/daemon/clerk_state.h"
#include "programs/daemon/clerk_web.h"
#include "programs/daemon/events.h"
#include "programs/daemon/new_link.h"
#include "programs/daemon/part_memory.h"
#include "programs/daemon/parts.h"
#include "programs/daemon/talk.h"
#include "reports/metrics.h"
#include "systems/http_serve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALONE_MS 60000 /* longer than a hand takes to begin again */

struct clerk {
	const struct daemon_part *part;
	const struct page_settings *page;
	struct loop *loop;
	struct new_link *news;
	struct talk *talk; /* with the hand; NULL: there is none */
	struct clerk_state *state;
	struct clerk_gate gate;
	struct clerk_web *web;
	struct networks *metrics_from;
	struct http_serve *serve;
	struct loop_timer *pulse;
	struct loop_timer *alone; /* runs while there is no talk */
	bool is_ready;
};

/* ---- what the hand tells ---- */

static void heard(void *context, const json_t *object, const char *why)
{
	struct clerk *c = context;

	(void)why;
	if (object != NULL) {
		(void)clerk_state_take(c->state, object, clock_now_ms());
		clerk_web_hear(c->web, object);
		return;
	}
	clerk_web_use(c->web, NULL);
	talk_free(c->talk); /* it ended: the next one is given a new link */
	c->talk = NULL;
	loop_timer_start(c->alone, ALONE_MS, 0);
}

static void link_came(void *context, int link)
{
	struct clerk *c = context;

	clerk_web_use(c->web, NULL);
	talk_free(c->talk);
	c->talk = NULL;
	(void)!talk_new(c->loop, link, heard, c, &c->talk);
	clerk_web_use(c->web, c->talk);
	loop_timer_stop(c->alone);
}

/* A hand that goes on without a talk to us is given a new one when we begin again. */
static void on_alone(void *context)
{
	struct clerk *c = context;

	EVENT_LOG(c->part->log, EVENT_PAGE_TROUBLE, loop_now_ms(c->loop),
		event_text("at", slice_of(c->page->listen)),
		event_text("error", slice_of("the hand has ended the talk")));
	loop_stop(c->loop);
}

/* ---- metrics ---- */

static const struct http_type open_metrics = {"application", "openmetrics-text", "1.0.0"},
			      plain_metrics = {"text", "plain", "0.0.4"};

/* false: neither is wanted. */
static bool choose_form(const char *accept, enum metrics_form *ret)
{
	unsigned open = http_accept_weight(slice_of(accept), &open_metrics);
	unsigned plain = http_accept_weight(slice_of(accept), &plain_metrics);

	*ret = open >= plain ? METRICS_OPEN : METRICS_PLAIN;
	return open > 0 || plain > 0;
}

static void write_metrics(const struct clerk *c, enum metrics_form form, struct http_reply *ret)
{
	int64_t now_ms = clock_now_ms(), age_ms = 0;
	struct metrics_view view = {
		.state = clerk_state_fresh(c->state, now_ms), .clerk_bytes = part_memory(0)};
	FILE *out = open_memstream(&ret->body, &ret->len);

	if (out == NULL)
		abort();
	view.was_heard = clerk_state_age(c->state, now_ms, &age_ms);
	view.age = (double)age_ms / 1000;
	metrics_write(out, form, &view);
	if (fclose(out) != 0)
		abort();
	ret->status = 200;
	ret->type = metrics_type(form);
}

static void answer_metrics(
	struct clerk *c, const struct http_request *request, struct http_reply *ret)
{
	enum metrics_form form;

	if (request->wrong != 0 || request->method == HTTP_POST)
		http_reply_status(ret, request->wrong != 0 ? request->wrong : 405);
	else if (!networks_find(c->metrics_from, &request->from).is_named)
		http_reply_status(ret, 403);
	else if (!choose_form(http_request_field(request, "Accept"), &form))
		http_reply_status(ret, 406);
	else
		write_metrics(c, form, ret);
	if (ret->status == 405)
		http_reply_field(ret, "Allow", "GET, HEAD");
}

static void answer(void *context, const struct http_request *request, struct http_reply *ret)
{
	struct clerk *c = context;

	if (c->page->metrics && strcmp(request->path, "/metrics") == 0)
		answer_metrics(c, request, ret);
	else
		clerk_web_answer(c->web, request, ret);
}

/* ---- the process ---- */

/* They were looked at when the settings were read. */
static struct networks *read_networks(const struct setting_list *from)
{
	struct networks *n = networks_new();

	for (size_t i = 0; i < from->count; i++)
		(void)!networks_add(n, slice_of(from->at[i]), 1, (struct slice){0});
	return n;
}

static void make_web(struct clerk *c)
{
	const struct page_settings *page = c->page;

	c->metrics_from = page->metrics_from.count > 0 ? read_networks(&page->metrics_from)
						       : networks_of_this_host();
	c->gate = (struct clerk_gate){.here = networks_of_this_host(),
		.proxies = read_networks(&page->proxy_from),
		.user_field = page->proxy_user,
		.is_tls = c->part->tls != NULL};
	const struct clerk_web_options options = {.loop = c->loop,
		.state = c->state,
		.gate = &c->gate,
		.ask_ms = CLERK_EVENTS_ASK_MS,
		.wait_ms = CLERK_ASKS_WAIT_MS};
	c->web = clerk_web_new(&options);
}

static void on_pulse(void *context)
{
	struct clerk *c = context;
	char byte = c->is_ready ? 'p' : 'r';

	c->is_ready = write(c->part->pulse, &byte, 1) == 1 || c->is_ready;
}

static void on_term(void *context)
{
	struct clerk *c = context;

	loop_stop(c->loop);
}

static int begin(struct clerk *c)
{
	struct http_tls *tls = c->part->tls;
	const struct http_serve_options options = {.take_ms = HTTP_SERVE_TAKE_MS,
		.certificate = tls != NULL ? tls->certificate : NULL,
		.key = tls != NULL ? tls->key : NULL,
		.fields = clerk_web_fields(tls != NULL)};
	int err = http_serve_new(c->loop, c->part->listener, &options, answer, c, &c->serve);

	http_tls_free(tls); /* the library has what it needs of it */

	if (err == 0)
		err = new_link_hear(c->loop, c->part->news, link_came, c, &c->news);
	if (err < 0) {
		EVENT_LOG(c->part->log, EVENT_PAGE_TROUBLE, loop_now_ms(c->loop),
			event_text("at", slice_of(c->page->listen)),
			event_text("error", slice_of(strerror(-err))));
		return err;
	}
	c->pulse = loop_timer_new(c->loop, on_pulse, c);
	loop_timer_start(c->pulse, 0, PULSE_MS);
	return 0;
}

int clerk_run(const struct daemon_part *part)
{
	struct clerk *c = memory_new(1, sizeof(*c));
	struct loop_signal *term = NULL;

	json_wipe_what_is_freed(); /* passwords go through it */
	c->part = part;
	c->page = &part->plan->values->page;
	c->loop = loop_new();
	c->state = clerk_state_new();
	c->alone = loop_timer_new(c->loop, on_alone, c);
	make_web(c);
	(void)signal(SIGPIPE, SIG_IGN);
	int err = loop_signal_new(c->loop, SIGTERM, on_term, c, &term);
	if (err == 0)
		err = begin(c);
	if (err == 0)
		loop_run(c->loop);
	http_serve_free(c->serve);
	clerk_web_free(c->web);
	talk_free(c->talk);
	new_link_free(c->news);
	networks_free(c->metrics_from);
	networks_free(c->gate.here);
	networks_free(c->gate.proxies);
	clerk_state_free(c->state);
	loop_timer_free(c->pulse);
	loop_timer_free(c->alone);
	loop_signal_free(term);
	loop_free(c->loop);
	free(c);
	return err == 0 ? 0 : 1;
}
