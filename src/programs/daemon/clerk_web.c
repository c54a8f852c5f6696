#include "programs/daemon/clerk_web.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "formats/http_accept.h"
#include "page/page_asset.h"
#include "programs/daemon/clerk_asks.h"
#include "programs/daemon/clerk_cache.h"
#include "programs/daemon/clerk_events.h"
#include "programs/daemon/clerk_routes.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS_KEPT 256
#define READS_KEPT    32
#define API           "/api/"
#define JSON_TYPE     "application/json"

struct clerk_web {
	struct loop *loop;
	const struct clerk_state *state;
	const struct clerk_gate *gate;
	struct clerk_asks *asks;
	struct clerk_events *events;
	struct clerk_cache *sessions, *reads;
};

/* A request to the API until its answer. */
struct visit {
	struct clerk_web *web;
	const struct clerk_route *route;
	struct http_later *later;
	json_t *args, *who;         /* who: NULL for a login */
	json_t *session;            /* NULL: not known yet */
	char *csrf;                 /* what it came with */
	const struct address *from; /* NULL: of a proxy, which speaks for many */
	struct address address;
	bool has_tls;
	unsigned char who_key[CLERK_CACHE_KEY], read_key[CLERK_CACHE_KEY];
};

/* ---- fields of every answer ---- */

#define PAGE_FIELDS                                                                                \
	{"Content-Security-Policy",                                                                \
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "  \
		"connect-src 'self'; form-action 'self'; base-uri 'none'; "                        \
		"frame-ancestors 'none'"},                                                         \
		{"Referrer-Policy", "no-referrer"}, {"Cross-Origin-Opener-Policy", "same-origin"}, \
	{                                                                                          \
		"Cross-Origin-Resource-Policy", "same-origin"                                      \
	}

const struct http_field *clerk_web_fields(bool is_tls)
{
	static const struct http_field plain[] = {PAGE_FIELDS, {NULL, NULL}};
	static const struct http_field by_tls[] = {
		PAGE_FIELDS, {"Strict-Transport-Security", "max-age=2592000"}, {NULL, NULL}};

	return is_tls ? by_tls : plain;
}

/* ---- answers ---- */

static void fill(struct http_reply *ret, unsigned status, const json_t *body)
{
	ret->status = status;
	ret->type = JSON_TYPE;
	ret->body = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (ret->body == NULL)
		abort();
	ret->len = strlen(ret->body);
	if (status == 401)
		http_reply_field(ret, "WWW-Authenticate", "Bearer realm=\"stanch\"");
}

static void fill_error(struct http_reply *ret, unsigned status, const char *sentence)
{
	json_t *body = json_object();

	json_put(body, "error", json_string(sentence));
	fill(ret, status, body);
	json_decref(body);
}

/* For what the server or the hand gave no words. */
static const char *sentence_of(unsigned status)
{
	switch (status) {
	case 400:
		return "The request is not one that can be understood.";
	case 401:
		return "You are not logged in.";
	case 403:
		return "You may not do that.";
	case 404:
		return "There is no such thing.";
	case 405:
		return "This cannot be asked for in that way.";
	case 411:
		return "The length of the body has to be said.";
	case 413:
		return "The request is too long.";
	case 429:
		return "That was too often; wait a little.";
	case 503:
		return "The part of the daemon that knows this is not there, or has too much to "
		       "do; try again.";
	case 504:
		return "The answer took too long; what was asked for may still be done.";
	default:
		return "It did not work.";
	}
}

static void end_visit(struct visit *v)
{
	json_decref(v->args);
	json_decref(v->who);
	json_decref(v->session);
	free(v->csrf);
	free(v);
}

static void finish(struct visit *v, struct http_reply *reply)
{
	http_later_send(v->later, reply);
	end_visit(v);
}

static void finish_with(struct visit *v, unsigned status, const json_t *body)
{
	struct http_reply reply = {0};

	fill(&reply, status, body);
	finish(v, &reply);
}

static void finish_error(struct visit *v, unsigned status, const char *sentence)
{
	struct http_reply reply = {0};

	fill_error(&reply, status, sentence);
	finish(v, &reply);
}

/* What the hand did not grant; body: NULL, or what it said. */
static void finish_failed(struct visit *v, unsigned status, const json_t *body)
{
	const char *sentence = json_string_value(json_object_get(body, "error"));
	json_int_t wait = json_integer_value(json_object_get(body, "retry_after"));
	struct http_reply reply = {0};
	char seconds[24];

	fill_error(&reply, status, sentence != NULL ? sentence : sentence_of(status));
	(void)snprintf(seconds, sizeof(seconds), "%" JSON_INTEGER_FORMAT, wait);
	if (wait > 0)
		http_reply_field(&reply, "Retry-After", seconds);
	finish(v, &reply);
}

/* ---- questions to the hand ---- */

static json_t *question_of(const struct visit *v, const char *word)
{
	json_t *question = json_object();

	json_put(question, "ask", json_string(word));
	if (v->who != NULL)
		json_put(question, "who", json_incref(v->who));
	return question;
}

static void put(struct visit *v, json_t *question, clerk_answered *answered)
{
	clerk_asks_put(v->web->asks, question, v->from, answered, v);
}

/* The hand knows better than what is kept here. */
static void forget_refused(struct visit *v, unsigned status)
{
	if (status == 401 || status == 403)
		clerk_cache_drop(v->web->sessions, v->who_key);
}

static void on_read(void *context, unsigned status, const json_t *body)
{
	struct visit *v = context;

	forget_refused(v, status);
	if (status != 200 || body == NULL) {
		finish_failed(v, status != 200 ? status : 500, body);
		return;
	}
	clerk_cache_put(v->web->reads, v->read_key, body, loop_now_ms(v->web->loop));
	finish_with(v, status, body);
}

static void read_from_hand(struct visit *v)
{
	struct clerk_web *w = v->web;
	json_t *what = json_array();

	(void)json_array_append_new(what, json_string(v->route->what));
	(void)json_array_append(what, v->args);
	clerk_cache_key(what, v->read_key);
	json_decref(what);
	json_t *kept = clerk_cache_find(w->reads, v->read_key, loop_now_ms(w->loop));
	if (kept != NULL) {
		finish_with(v, 200, kept);
		json_decref(kept);
		return;
	}
	json_t *question = question_of(v, "read");
	json_put(question, "what", json_string(v->route->what));
	json_put(question, "args", json_incref(v->args));
	put(v, question, on_read);
}

static void on_done(void *context, unsigned status, const json_t *body)
{
	struct visit *v = context;

	forget_refused(v, status);
	clerk_cache_clear(v->web->reads);
	if (status == 200 && body != NULL)
		finish_with(v, status, body);
	else
		finish_failed(v, status != 200 ? status : 500, body);
}

static void have_it_done(struct visit *v)
{
	json_t *question = question_of(v, "do");
	json_t *who = json_copy(v->who);

	if (v->csrf[0] != '\0')
		json_put(who, "csrf", json_text(slice_of(v->csrf)));
	json_put(question, "who", who);
	json_put(question, "args", json_incref(v->args));
	put(v, question, on_done);
}

/* ---- sessions ---- */

static void put_cookie(struct http_reply *reply, const struct visit *v, const char *session)
{
	char text[CLERK_SESSION_MAX + 100];

	(void)snprintf(text, sizeof(text),
		CLERK_COOKIE "=%s; HttpOnly; SameSite=Strict; Path=/%s%s", session,
		session[0] == '\0' ? "; Max-Age=0" : "", v->has_tls ? "; Secure" : "");
	http_reply_field(reply, "Set-Cookie", text);
}

static void on_logged_in(void *context, unsigned status, const json_t *body)
{
	struct visit *v = context;
	const char *session = json_string_value(json_object_get(body, "session"));
	struct http_reply reply = {0};

	if (status != 200 || session == NULL || !clerk_visitor_is_hex(slice_of(session))) {
		finish_failed(v, status != 200 ? status : 500, body);
		return;
	}
	json_t *shown = json_deep_copy(body);
	(void)json_object_del(shown, "session");
	fill(&reply, 200, shown);
	json_decref(shown);
	put_cookie(&reply, v, session);
	finish(v, &reply);
}

static void log_in(struct visit *v)
{
	json_t *question = question_of(v, "login");
	json_t *name = json_object_get(v->args, "name");
	json_t *password = json_object_get(v->args, "password");

	if (!json_is_string(name) || !json_is_string(password)) {
		json_decref(question);
		finish_error(v, 400, "A name and a password are needed.");
		return;
	}
	json_put(question, "name", json_incref(name));
	json_put(question, "password", json_incref(password));
	json_put(question, "from", json_incref(json_object_get(v->args, "from")));
	put(v, question, on_logged_in);
}

static void on_logged_out(void *context, unsigned status, const json_t *body)
{
	struct visit *v = context;
	struct http_reply reply = {0};
	json_t *nothing = json_object();

	clerk_cache_drop(v->web->sessions, v->who_key);
	if (status != 200) {
		json_decref(nothing);
		finish_failed(v, status, body);
		return;
	}
	fill(&reply, 200, nothing);
	json_decref(nothing);
	put_cookie(&reply, v, "");
	finish(v, &reply);
}

/* ---- what a session may ---- */

static bool is_way(const struct visit *v, const char *way)
{
	return json_object_get(v->who, way) != NULL;
}

/* A page of another site can have the browser send the cookie, or the proxy the name, but cannot
 * know this word, and where there is none, cannot send the field that it stands in. */
static bool has_csrf(const struct visit *v)
{
	struct slice want = json_slice(json_object_get(v->session, "csrf"));
	struct slice given = slice_of(v->csrf);

	if (is_way(v, "token"))
		return true;
	if (want.len == 0)
		return !is_way(v, "session") && given.len > 0;
	return given.len == want.len && sodium_memcmp(given.at, want.at, want.len) == 0;
}

static void give_now(struct visit *v)
{
	json_t *now = clerk_state_now(v->web->state, clock_now_ms());

	if (now == NULL) {
		finish_error(v, 503, "The daemon has not said yet how things are.");
		return;
	}
	finish_with(v, 200, now);
	json_decref(now);
}

static void give_events(struct visit *v)
{
	struct http_reply reply = {.status = 200, .type = "text/event-stream"};

	reply.stream = clerk_events_join(v->web->events, v->who, v->from);
	if (reply.stream == NULL)
		finish_error(v, 503, "There are too many who watch already.");
	else
		finish(v, &reply);
}

static void go_on(struct visit *v)
{
	struct slice role = json_slice(json_object_get(v->session, "role"));
	bool is_operator = slice_is(role, "operator");

	if (v->route->is_post && !has_csrf(v)) {
		finish_error(v, 403, "The field X-Stanch-CSRF does not belong to this session.");
		return;
	}
	if (!is_operator && (v->route->who == CLERK_OPERATOR || !slice_is(role, "reader"))) {
		finish_error(v, 403, "This takes the role of an operator.");
		return;
	}
	switch (v->route->deed) {
	case CLERK_SESSION:
		finish_with(v, 200, v->session);
		break;
	case CLERK_NOW:
		give_now(v);
		break;
	case CLERK_EVENTS:
		give_events(v);
		break;
	case CLERK_READ:
		read_from_hand(v);
		break;
	case CLERK_DO:
		have_it_done(v);
		break;
	case CLERK_LOGOUT:
		put(v, question_of(v, "logout"), on_logged_out);
		break;
	case CLERK_LOGIN:
		break;
	}
}

static void on_session(void *context, unsigned status, const json_t *body)
{
	struct visit *v = context;
	struct clerk_web *w = v->web;

	if (status != 200 || !json_is_object(body)) {
		finish_failed(v, status != 200 ? status : 500, body);
		return;
	}
	v->session = json_deep_copy(body);
	(void)json_object_del(v->session, "session");
	clerk_cache_put(w->sessions, v->who_key, v->session, loop_now_ms(w->loop));
	go_on(v);
}

static void check_session(struct visit *v)
{
	struct clerk_web *w = v->web;

	clerk_cache_key(v->who, v->who_key);
	v->session = clerk_cache_find(w->sessions, v->who_key, loop_now_ms(w->loop));
	if (v->session != NULL)
		go_on(v);
	else
		put(v, question_of(v, "session"), on_session);
}

/* ---- requests to the API ---- */

/* Nothing that is asked for has more in it; and what is deep here is too deep for the hand, as is a
 * fraction that is written again with fewer digits. */
static bool is_flat(json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (json_is_object(value) || json_is_array(value) || json_is_real(value))
			return false;
	}
	return json_is_object(object);
}

/* NULL: it is as it has to be; or what is wrong, and *ret_status. */
static const char *read_body(const struct http_request *r, json_t **args, unsigned *ret_status)
{
	json_t *body;

	*ret_status = 403;
	if (!clerk_visitor_is_own_page(r))
		return "Another site's page has sent this.";
	if (r->body.len == 0)
		return NULL;
	*ret_status = 415;
	if (!clerk_visitor_sends_json(r))
		return "The body has to be JSON, and to be said to be.";
	*ret_status = 400;
	body = json_loadb(r->body.at, r->body.len, JSON_REJECT_DUPLICATES, NULL);
	if (!is_flat(body)) {
		json_decref(body);
		return "The body is no JSON object of texts and numbers.";
	}
	json_decref(*args);
	*args = body;
	return NULL;
}

static const char *read_request(const struct clerk_route *route, const struct http_request *r,
	json_t **args, unsigned *ret_status)
{
	*ret_status = 400;
	const char *wrong = clerk_route_read(route, &r->query, *args);

	return wrong == NULL && route->is_post ? read_body(r, args, ret_status) : wrong;
}

static void begin_visit(struct clerk_web *w, const struct clerk_route *route,
	const struct http_request *r, json_t *args, json_t *who)
{
	struct visit *v = memory_new(1, sizeof(*v));
	const char *csrf = http_request_field(r, "X-Stanch-CSRF");

	*v = (struct visit){.web = w,
		.route = route,
		.later = http_later_new(r),
		.args = args,
		.who = who,
		.csrf = memory_copy(csrf, strlen(csrf)),
		.address = r->from,
		.has_tls = clerk_visitor_has_tls(w->gate, r)};
	if (!clerk_visitor_is_proxy(w->gate, r))
		v->from = &v->address;
	if (route->deed != CLERK_LOGIN) {
		check_session(v);
		return;
	}
	json_put(v->args, "from", clerk_visitor_from(r));
	log_in(v);
}

static void enter(struct clerk_web *w, const struct clerk_route *route,
	const struct http_request *r, json_t *args, struct http_reply *ret)
{
	unsigned status = 0;
	const char *wrong = read_request(route, r, &args, &status);
	json_t *who = NULL;

	if (wrong == NULL && !clerk_visitor_is_private(w->gate, r)) {
		status = 403;
		wrong = "Nobody can log in this way, because others could read it: it needs TLS "
			"(page.certificate) or a proxy (page.proxy_from).";
	}
	if (wrong == NULL && route->who != CLERK_ANYBODY) {
		who = clerk_visitor_who(w->gate, r);
		status = 401;
		wrong = who == NULL ? sentence_of(401) : NULL;
	}
	if (wrong != NULL) {
		json_decref(args);
		fill_error(ret, status, wrong);
		return;
	}
	begin_visit(w, route, r, args, who);
}

static void answer_api(struct clerk_web *w, const struct http_request *r, struct http_reply *ret)
{
	json_t *args = json_object();
	const char *allowed = NULL;
	const struct clerk_route *route =
		clerk_route_find(r->method == HTTP_POST, r->path, args, &allowed);

	if (r->method == HTTP_OTHER)
		route = NULL;
	if (route != NULL && r->wrong == 0) {
		enter(w, route, r, args, ret);
		return;
	}
	json_decref(args);
	unsigned status = r->wrong != 0 ? r->wrong : allowed != NULL ? 405 : 404;
	fill_error(ret, status, sentence_of(status));
	if (status == 405 && allowed != NULL)
		http_reply_field(ret, "Allow", allowed);
}

/* ---- files of the page ---- */

static void give_asset(
	const struct page_asset *a, const struct http_request *r, struct http_reply *ret)
{
	const char *accepted = http_request_field(r, "Accept-Encoding");
	const char *known = http_request_field(r, "If-None-Match");
	bool is_packed = http_accept_coding(slice_of(accepted), "gzip") > 0;

	ret->cache = "no-cache";
	http_reply_field(ret, "ETag", is_packed ? a->packed_etag : a->etag);
	http_reply_field(ret, "Vary", "Accept-Encoding");
	if (strstr(known, a->etag) != NULL || strstr(known, a->packed_etag) != NULL) {
		ret->status = 304;
		return;
	}
	ret->status = 200;
	ret->type = a->type;
	ret->lent = is_packed ? a->packed : a->plain;
	if (is_packed)
		http_reply_field(ret, "Content-Encoding", "gzip");
}

static void answer_file(
	const struct page_asset *a, const struct http_request *r, struct http_reply *ret)
{
	unsigned status = r->wrong != 0 ? r->wrong : a == NULL ? 404 : 405;

	if (a != NULL && r->wrong == 0 && r->method != HTTP_POST) {
		give_asset(a, r, ret);
		return;
	}
	http_reply_status(ret, status);
	if (status == 405)
		http_reply_field(ret, "Allow", "GET, HEAD");
}

/* ---- what others call ---- */

void clerk_web_answer(
	struct clerk_web *w, const struct http_request *request, struct http_reply *ret)
{
	const struct page_asset *asset = page_asset_find(request->path);

	if (asset == NULL && strncmp(request->path, API, strlen(API)) == 0)
		answer_api(w, request, ret);
	else
		answer_file(asset, request, ret);
}

void clerk_web_use(struct clerk_web *w, struct talk *talk)
{
	clerk_asks_use(w->asks, talk);
}

void clerk_web_hear(struct clerk_web *w, const json_t *object)
{
	if (!clerk_asks_take(w->asks, object) &&
		slice_is(json_slice(json_object_get(object, "say")), "state"))
		clerk_events_tell(w->events);
}

struct clerk_web *clerk_web_new(const struct clerk_web_options *options)
{
	struct clerk_web *w = memory_new(1, sizeof(*w));

	*w = (struct clerk_web){
		.loop = options->loop, .state = options->state, .gate = options->gate};
	w->asks = clerk_asks_new(w->loop, options->wait_ms);
	w->events = clerk_events_new(w->loop, w->state, w->asks, options->ask_ms);
	w->sessions = clerk_cache_new(SESSIONS_KEPT, CLERK_WEB_SESSION_MS);
	w->reads = clerk_cache_new(READS_KEPT, CLERK_WEB_READ_MS);
	return w;
}

void clerk_web_free(struct clerk_web *w)
{
	if (w == NULL)
		return;
	clerk_asks_free(w->asks);
	clerk_events_free(w->events);
	clerk_cache_free(w->sessions);
	clerk_cache_free(w->reads);
	free(w);
}
