/* Browsers and programs that ask a clerk, and a hand of the test's own behind it; all in one loop.
 */
#include "programs/daemon/clerk_web.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "page/page_asset.h"
#include "programs/daemon/clerk_events.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM    ((size_t)1 << 20)
#define ASK_MS  1000
#define WAIT_MS 2000
#define SESSION "00112233445566778899aabbccddeeff"
#define CSRF    "cafe0123456789"

struct scene {
	struct loop *loop;
	struct loop_timer *end;
	struct clerk_state *state;
	struct clerk_gate gate;
	struct clerk_web *web;
	struct http_serve *serve;
	struct talk *clerk, *hand;
	uint16_t port;
	const char *role;
	bool is_silent, is_over;
	unsigned asked_session, asked_read, asked_do;
	json_t *latest; /* question */
	char *got;
};

/* ---- the hand ---- */

static json_t *session_object(const struct scene *s)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s}", "name", "ann", "role", s->role, "csrf",
		CSRF, "ends_at", 2000000000, "way", "login", "session", SESSION);
}

static unsigned answer_of_hand(struct scene *s, const char *ask, json_t **body)
{
	const json_t *who = json_object_get(s->latest, "who");
	const char *password = json_string_value(json_object_get(s->latest, "password"));

	if (strcmp(ask, "login") == 0) {
		*body = session_object(s);
		return password != NULL && strcmp(password, "right") == 0 ? 200 : 429;
	}
	if (strcmp(ask, "session") == 0) {
		const char *session = json_string_value(json_object_get(who, "session"));

		s->asked_session++;
		*body = session_object(s);
		return s->is_over || (session != NULL && strcmp(session, SESSION) != 0) ? 401 : 200;
	}
	if (strcmp(ask, "read") == 0) {
		s->asked_read++;
		*body = json_pack("{s:i, s:O}", "turn", s->asked_read, "args",
			json_object_get(s->latest, "args"));
		return 200;
	}
	s->asked_do += strcmp(ask, "do") == 0;
	*body = json_pack("{s:i, s:b}", "exit", 0, "done", 1);
	return 200;
}

static void hand_heard(void *context, const json_t *object, const char *why)
{
	struct scene *s = context;
	json_t *answer = json_object(), *body = NULL;

	(void)why;
	assert_non_null(object);
	json_decref(s->latest);
	s->latest = json_deep_copy(object);
	if (s->is_silent) {
		json_decref(answer);
		return;
	}
	unsigned status =
		answer_of_hand(s, json_string_value(json_object_get(object, "ask")), &body);
	if (status != 200) {
		json_decref(body);
		body = json_pack("{s:s, s:i}", "error", "So says the hand.", "retry_after", 7);
	}
	json_put(answer, "say", json_string("answer"));
	json_put(answer, "id", json_incref(json_object_get(s->latest, "id")));
	json_put(answer, "status", json_integer((json_int_t)status));
	json_put(answer, "body", body);
	assert_true(talk_say(s->hand, answer));
}

/* ---- the clerk ---- */

static void clerk_heard(void *context, const json_t *object, const char *why)
{
	struct scene *s = context;

	(void)why;
	assert_non_null(object);
	(void)clerk_state_take(s->state, object, clock_now_ms());
	clerk_web_hear(s->web, object);
}

static void answer(void *context, const struct http_request *request, struct http_reply *ret)
{
	struct scene *s = context;

	clerk_web_answer(s->web, request, ret);
}

static void stop(void *context)
{
	struct scene *s = context;

	loop_stop(s->loop);
}

static void listen_here(struct scene *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const struct http_serve_options options = {
		.take_ms = HTTP_SERVE_TAKE_MS, .fields = clerk_web_fields(false)};

	assert_int_equal(bind(fd, (const struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 128), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	s->port = at.sin_port;
	assert_int_equal(http_serve_new(s->loop, fd, &options, answer, s, &s->serve), 0);
}

static int begin(void **state)
{
	struct scene *s = memory_new(1, sizeof(*s));
	int pair[2];

	s->loop = loop_new();
	s->state = clerk_state_new();
	const struct clerk_web_options options = {.loop = s->loop,
		.state = s->state,
		.gate = &s->gate,
		.ask_ms = ASK_MS,
		.wait_ms = WAIT_MS};
	s->role = "operator";
	s->got = memory_new(1, ROOM);
	s->end = loop_timer_new(s->loop, stop, s);
	s->gate = (struct clerk_gate){.here = networks_of_this_host(),
		.proxies = networks_new(),
		.user_field = "X-Remote-User"};
	s->web = clerk_web_new(&options);
	listen_here(s);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(talk_new(s->loop, pair[0], clerk_heard, s, &s->clerk), 0);
	assert_int_equal(talk_new(s->loop, pair[1], hand_heard, s, &s->hand), 0);
	clerk_web_use(s->web, s->clerk);
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	http_serve_free(s->serve);
	clerk_web_free(s->web);
	talk_free(s->clerk);
	talk_free(s->hand);
	clerk_state_free(s->state);
	networks_free(s->gate.here);
	networks_free(s->gate.proxies);
	loop_timer_free(s->end);
	loop_free(s->loop);
	json_decref(s->latest);
	free(s->got);
	free(s);
	return 0;
}

/* ---- who asks ---- */

static void run(struct scene *s, int64_t ms)
{
	loop_timer_start(s->end, ms, 0);
	loop_run(s->loop);
}

static void tell_state(struct scene *s, const char *now)
{
	json_t *state =
		json_pack("{s:s, s:I}", "say", "state", "at_ms", (json_int_t)clock_now_ms());

	if (now != NULL)
		json_put(state, "now", json_loads(now, 0, NULL));
	assert_true(talk_say(s->hand, state));
	run(s, 20);
}

static int connected(const struct scene *s)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = s->port, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Until the other end is closed or silent; true when it was closed. */
static bool hear(struct scene *s, int fd, int64_t most_ms)
{
	int64_t until = clock_now_ms() + most_ms;
	size_t len = 0;

	while (clock_now_ms() < until) {
		run(s, 5);
		ssize_t n = recv(fd, s->got + len, ROOM - 1 - len, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		s->got[len] = '\0';
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
	}
	return false;
}

static int said(const struct scene *s, const char *line, const char *fields, const char *body)
{
	char request[8000];
	int fd = connected(s);
	int n = snprintf(request, sizeof(request),
		"%s HTTP/1.1\r\nHost: here\r\nConnection: close\r\n%sContent-Length: "
		"%zu\r\n\r\n%s",
		line, fields, strlen(body), body);

	assert_int_equal(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
	return fd;
}

/* Returns the status. */
static unsigned ask_with(struct scene *s, const char *line, const char *fields, const char *body)
{
	int fd = said(s, line, fields, body);

	assert_true(hear(s, fd, WAIT_MS + 3000));
	(void)close(fd);
	assert_int_equal(strncmp(s->got, "HTTP/1.1 ", 9), 0);
	return (unsigned)strtoul(s->got + 9, NULL, 10);
}

#define COOKIE "Cookie: stanch=" SESSION "\r\n"
#define JSON   "Content-Type: application/json\r\n"
#define WORD   "X-Stanch-CSRF: " CSRF "\r\n"

static unsigned get(struct scene *s, const char *path)
{
	char line[500];

	(void)snprintf(line, sizeof(line), "GET %s", path);
	return ask_with(s, line, COOKIE, "");
}

static bool has(const struct scene *s, const char *text)
{
	return strstr(s->got, text) != NULL;
}

/* Every answer of the API is JSON, and an error says what is wrong. */
static void check_error(const struct scene *s)
{
	const char *body = strstr(s->got, "\r\n\r\n");
	json_t *o = json_loads(body + 4, 0, NULL);

	assert_true(has(s, "Content-Type: application/json\r\n"));
	assert_true(has(s, "Cache-Control: no-store\r\n"));
	assert_true(json_is_string(json_object_get(o, "error")));
	json_decref(o);
}

/* ---- files ---- */

static void test_files(void **state)
{
	static const char *const fields[] = {"Content-Security-Policy: default-src 'none'; ",
		"frame-ancestors 'none'", "X-Content-Type-Options: nosniff\r\n",
		"Referrer-Policy: no-referrer\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
		"Cache-Control: no-cache\r\n", "Vary: Accept-Encoding\r\n", "\r\nETag: \""};
	struct scene *s = *state;
	char known[200];

	assert_int_equal(ask_with(s, "GET /", "", ""), 200);
	assert_true(has(s, "<!doctype html>"));
	assert_true(has(s, "Content-Type: text/html; charset=utf-8\r\n"));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		assert_true(has(s, fields[i]));
	assert_false(has(s, "Strict-Transport-Security"));
	assert_false(has(s, "Content-Encoding"));
	assert_int_equal(ask_with(s, "GET /page.js?x", "Accept-Encoding: gzip, br\r\n", ""), 200);
	assert_true(has(s, "Content-Encoding: gzip\r\n"));
	(void)snprintf(known, sizeof(known), "If-None-Match: W/\"x\", W/%s\r\n",
		page_asset_find("/page.js")->packed_etag);
	assert_int_equal(ask_with(s, "GET /page.js", known, ""), 304);
	assert_int_equal(ask_with(s, "GET /page.css", known, ""), 200);
	assert_int_equal(ask_with(s, "HEAD /api/openapi.json", "", ""), 200);
	assert_int_equal(ask_with(s, "POST /page.js", "", ""), 405);
	assert_true(has(s, "Allow: GET, HEAD\r\n"));
	assert_int_equal(ask_with(s, "GET /none", "", ""), 404);
	assert_int_equal(ask_with(s, "GET /../page.js", "", ""), 404);
	assert_int_equal(ask_with(s, "GET /%2e%2e/etc/passwd", "", ""), 404);
	assert_int_equal(ask_with(s, "GET //", "", ""), 404);
	assert_null(s->latest);
	assert_non_null(strstr(clerk_web_fields(true)[4].name, "Strict-Transport-Security"));
}

/* ---- who may ---- */

static void test_login(void **state)
{
	struct scene *s = *state;

	assert_int_equal(ask_with(s, "POST /api/login", JSON,
				 "{\"name\":\"ann\",\"password\":\"right\",\"from\":\"::1\"}"),
		200);
	assert_true(
		has(s, "Set-Cookie: stanch=" SESSION "; HttpOnly; SameSite=Strict; Path=/\r\n"));
	assert_false(has(s, "\"session\""));
	assert_true(has(s, "\"csrf\":\"" CSRF "\""));
	assert_string_equal(json_string_value(json_object_get(s->latest, "from")), "127.0.0.1");
	assert_int_equal(
		ask_with(s, "POST /api/login", JSON, "{\"name\":\"ann\",\"password\":\"wrong\"}"),
		429);
	assert_true(has(s, "{\"error\":\"So says the hand.\"}"));
	assert_true(has(s, "Retry-After: 7\r\n"));
	assert_false(has(s, "Set-Cookie"));
	assert_int_equal(ask_with(s, "POST /api/login", JSON, "{\"name\":\"ann\"}"), 400);
	assert_int_equal(ask_with(s, "POST /api/login", JSON, ""), 400);
	assert_int_equal(ask_with(s, "POST /api/login", JSON, "[]"), 400);
	check_error(s);
	assert_int_equal(ask_with(s, "POST /api/login", "", "{}"), 415);
	assert_int_equal(ask_with(s, "POST /api/login", "Content-Type: text/plain\r\n", "{}"), 415);
	assert_int_equal(ask_with(s, "GET /api/login", "", ""), 405);
	assert_true(has(s, "Allow: POST\r\n"));
	check_error(s);

	assert_int_equal(ask_with(s, "POST /api/logout", COOKIE, ""), 403);
	assert_int_equal(ask_with(s, "POST /api/logout", COOKIE WORD, ""), 200);
	assert_true(has(s, "Set-Cookie: stanch=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"));
	assert_string_equal(json_string_value(json_object_get(s->latest, "ask")), "logout");
}

static void test_sessions(void **state)
{
	struct scene *s = *state;

	assert_int_equal(ask_with(s, "GET /api/session", "", ""), 401);
	check_error(s);
	assert_true(has(s, "WWW-Authenticate: Bearer"));
	assert_int_equal(ask_with(s, "GET /api/session", "Cookie: stanch=../../x\r\n", ""), 401);
	assert_int_equal(s->asked_session, 0);
	assert_int_equal(ask_with(s, "GET /api/session",
				 "Cookie: stanch=ffffffffffffffffffffffffffffffff\r\n", ""),
		401);
	assert_int_equal(s->asked_session, 1);
	assert_int_equal(get(s, "/api/session"), 200);
	assert_false(has(s, "\"session\""));
	assert_true(has(s, "\"way\":\"login\""));
	assert_int_equal(get(s, "/api/session"), 200);
	assert_int_equal(s->asked_session, 2); /* it is not asked again at once */
	s->is_over = true;
	run(s, CLERK_WEB_SESSION_MS + 50);
	assert_int_equal(get(s, "/api/session"), 401);
	assert_int_equal(
		ask_with(s, "GET /api/session", "Authorization: Bearer abc.def\r\n", ""), 401);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(s->latest, "who"), "token")),
		"abc.def");
	assert_int_equal(
		ask_with(s, "GET /api/session", "Authorization: Bearer a\"b\r\n", ""), 401);
	assert_int_equal(s->asked_session, 4);
}

static void test_proxy(void **state)
{
	struct scene *s = *state;
	const char *named = "X-Remote-User: ann\r\n";

	assert_int_equal(ask_with(s, "GET /api/session", named, ""), 401);
	assert_int_equal(s->asked_session, 0); /* who is no proxy names nobody */
	assert_int_equal(
		networks_add(s->gate.proxies, slice_of("127.0.0.0/8"), 1, (struct slice){0}), 0);
	assert_int_equal(ask_with(s, "GET /api/session", named, ""), 200);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(s->latest, "who"), "proxy")),
		"ann");
	assert_int_equal(
		ask_with(s, "GET /api/session", "X-Remote-User: ann\r\nX-Remote-User: bob\r\n", ""),
		401);
	assert_int_equal(ask_with(s, "GET /api/session", "X-Remote-User: a b\r\n", ""), 401);
	assert_int_equal(
		ask_with(s, "POST /api/actions", "X-Remote-User: ann\r\n" JSON, "{}"), 403);
	assert_int_equal(
		ask_with(s, "POST /api/actions", "X-Remote-User: ann\r\n" WORD JSON, "{}"), 200);
	assert_int_equal(ask_with(s, "POST /api/login", JSON "X-Forwarded-Proto: https\r\n",
				 "{\"name\":\"ann\",\"password\":\"right\"}"),
		200);
	assert_true(has(s, "; Secure\r\n"));
}

/* Where others could read it. */
static void test_open_network(void **state)
{
	struct scene *s = *state;

	networks_free(s->gate.here);
	s->gate.here = networks_new();
	assert_int_equal(
		ask_with(s, "POST /api/login", JSON, "{\"name\":\"ann\",\"password\":\"right\"}"),
		403);
	assert_true(has(s, "page.certificate"));
	assert_int_equal(get(s, "/api/session"), 403);
	assert_int_equal(ask_with(s, "GET /", "", ""), 200);
	assert_null(s->latest);
	s->gate.is_tls = true;
	assert_int_equal(
		ask_with(s, "POST /api/login", JSON, "{\"name\":\"ann\",\"password\":\"right\"}"),
		200);
	assert_true(has(s, "; Secure\r\n"));
}

/* ---- actions ---- */

static unsigned act(struct scene *s, const char *fields)
{
	return ask_with(s, "POST /api/actions", fields,
		"{\"action\":\"contain\",\"source\":\"mailbox:ann@shop.test\"}");
}

static void test_actions(void **state)
{
	struct scene *s = *state;

	assert_int_equal(act(s, COOKIE JSON), 403);
	check_error(s);
	assert_int_equal(act(s, COOKIE JSON "X-Stanch-CSRF: cafe012345678\r\n"), 403);
	assert_int_equal(act(s, COOKIE JSON WORD WORD), 403);
	assert_int_equal(act(s, COOKIE JSON WORD "Sec-Fetch-Site: cross-site\r\n"), 403);
	assert_int_equal(act(s, COOKIE JSON WORD "Sec-Fetch-Site: same-site\r\n"), 403);
	assert_int_equal(act(s, COOKIE JSON WORD "Origin: http://there\r\n"), 403);
	assert_int_equal(act(s, COOKIE JSON WORD "Origin: null\r\n"), 403);
	assert_int_equal(act(s, COOKIE WORD), 415);
	assert_int_equal(act(s, JSON WORD), 401);
	assert_int_equal(s->asked_do, 0);
	assert_int_equal(act(s, COOKIE JSON WORD), 200);
	assert_true(has(s, "\"done\":true"));
	const json_t *who = json_object_get(s->latest, "who");
	assert_string_equal(json_string_value(json_object_get(who, "csrf")), CSRF);
	assert_string_equal(json_string_value(json_object_get(who, "session")), SESSION);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(s->latest, "args"), "action")),
		"contain");
	assert_int_equal(act(s, COOKIE JSON WORD "Origin: http://here\r\n"), 200);
	assert_int_equal(
		act(s, COOKIE JSON WORD "Sec-Fetch-Site: same-origin\r\nOrigin: http://a\r\n"),
		200);
	assert_int_equal(act(s, "Authorization: Bearer abc\r\n" JSON), 200);
	assert_int_equal(s->asked_do, 4);
	assert_int_equal(ask_with(s, "PUT /api/actions", COOKIE JSON WORD, "{}"), 405);
	assert_true(has(s, "Allow: POST\r\n"));
	check_error(s);
}

/* Deep enough for the clerk, and too deep for a hand that takes it apart with what is around it. */
static void test_deep(void **state)
{
	struct scene *s = *state;
	char body[2 * 2047 + 20], *at = body;

	at += snprintf(at, sizeof(body), "{\"a\":");
	memset(at, '[', 2047);
	memset(at + 2047, ']', 2047);
	memcpy(at + (size_t)2 * 2047, "}", 2);
	assert_int_equal(ask_with(s, "POST /api/actions", COOKIE JSON WORD, body), 400);
	assert_int_equal(ask_with(s, "POST /api/actions", COOKIE JSON WORD, "{\"a\":{}}"), 400);
	assert_int_equal(
		ask_with(s, "POST /api/actions", COOKIE JSON WORD, "{\"a\":\"\\u0000\"}"), 400);
	/* written again with fewer digits it would be more than there is */
	assert_int_equal(ask_with(s, "POST /api/actions", COOKIE JSON WORD,
				 "{\"a\":1.7976931348623157e308}"),
		400);
	assert_int_equal(
		ask_with(s, "POST /api/actions", COOKIE JSON WORD, "{\"a\":1,\"a\":1}"), 400);
	assert_int_equal(s->asked_do, 0);
	assert_int_equal(act(s, COOKIE JSON WORD), 200);
}

static void test_reader(void **state)
{
	struct scene *s = *state;

	s->role = "reader";
	assert_int_equal(act(s, COOKIE JSON WORD), 403);
	assert_int_equal(s->asked_do, 0);
	assert_int_equal(get(s, "/api/holds"), 200);
	assert_int_equal(ask_with(s, "POST /api/logout", COOKIE WORD, ""), 200);
	s->role = "nobody";
	run(s, CLERK_WEB_SESSION_MS + 50);
	assert_int_equal(get(s, "/api/holds"), 403);
}

/* ---- what is read ---- */

static void check_args(const struct scene *s, const char *what, const char *args)
{
	json_t *want = json_loads(args, 0, NULL);

	assert_non_null(want);
	assert_string_equal(json_string_value(json_object_get(s->latest, "what")), what);
	assert_true(json_equal(json_object_get(s->latest, "args"), want));
	json_decref(want);
}

static void test_reads(void **state)
{
	struct scene *s = *state;

	assert_int_equal(get(s, "/api/incidents/3"), 200);
	check_args(s, "incident", "{\"incident\":3}");
	assert_int_equal(get(s, "/api/incidents?all=1&source=mailbox%3Aann%40shop.test"), 200);
	check_args(s, "incidents", "{\"all\":true,\"source\":\"mailbox:ann@shop.test\"}");
	assert_int_equal(get(s, "/api/queue?q=a+b&in=subject&frozen=0&limit=200&after=x"), 200);
	check_args(s, "queue",
		"{\"q\":\"a "
		"b\",\"in\":\"subject\",\"frozen\":false,\"limit\":200,\"after\":\"x\"}");
	assert_int_equal(get(s, "/api/history?from=1&to=2"), 200);
	check_args(s, "history", "{\"from\":1,\"to\":2}");
	unsigned asked = s->asked_read;
	static const char *const wrong[] = {"/api/queue?limit=201", "/api/queue?limit=0",
		"/api/queue?limit=-1", "/api/queue?in=body", "/api/queue?frozen=2",
		"/api/queue?x=1", "/api/message", "/api/source", "/api/holds?a=b",
		"/api/incidents/3?a=1", "/api/history?from=99999999999999999999",
		"/api/queue?q=%00"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(get(s, wrong[i]), 400);
		check_error(s);
	}
	static const char *const none[] = {"/api/", "/api", "/api/incidents/", "/api/incidents/x",
		"/api/incidents/3/", "/api/Holds", "/api/holds/", "/api/../api/holds"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(get(s, none[i]), 404);
	assert_int_equal(s->asked_read, asked);
}

/* Given again for a second, to whoever may have it and no one else, until something was done. */
static void test_cached(void **state)
{
	struct scene *s = *state;

	assert_int_equal(get(s, "/api/holds"), 200);
	assert_int_equal(get(s, "/api/holds"), 200);
	assert_true(has(s, "\"turn\":1"));
	assert_int_equal(get(s, "/api/exemptions"), 200);
	assert_true(has(s, "\"turn\":2"));
	assert_int_equal(ask_with(s, "GET /api/holds", "", ""), 401);
	assert_int_equal(act(s, COOKIE JSON WORD), 200);
	assert_int_equal(get(s, "/api/holds"), 200);
	assert_true(has(s, "\"turn\":3"));
	run(s, CLERK_WEB_READ_MS + 50);
	assert_int_equal(get(s, "/api/holds"), 200);
	assert_true(has(s, "\"turn\":4"));
}

/* ---- now ---- */

static void test_now(void **state)
{
	struct scene *s = *state;

	assert_int_equal(get(s, "/api/now"), 503);
	check_error(s);
	tell_state(s, NULL);
	assert_int_equal(get(s, "/api/now"), 503);
	tell_state(s, "{\"queue\":null,\"host\":\"here\"}");
	assert_int_equal(get(s, "/api/now"), 200);
	assert_true(has(s, "\"queue\":null,\"host\":\"here\",\"age_ms\":"));
	assert_true(has(s, "\"is_old\":false"));
	assert_int_equal(ask_with(s, "GET /api/now", "", ""), 401);
}

static void test_events(void **state)
{
	struct scene *s = *state;

	tell_state(s, "{\"queue\":1}");
	int fd = said(s, "GET /api/events", COOKIE, "");
	assert_false(hear(s, fd, 300));
	assert_true(has(s, "Content-Type: text/event-stream\r\n"));
	assert_true(has(s, "event: now\ndata: {\"queue\":1,"));
	for (int i = 2; i < 5; i++) {
		char want[40], now[40];

		(void)snprintf(now, sizeof(now), "{\"queue\":%d}", i);
		(void)snprintf(want, sizeof(want), "\ndata: {\"queue\":%d,", i);
		tell_state(s, now);
		assert_false(hear(s, fd, 100));
		assert_true(has(s, want));
	}
	unsigned asked = s->asked_session;
	assert_false(hear(s, fd, ASK_MS + 700)); /* it is asked whether the session is still one */
	assert_true(s->asked_session > asked);
	s->is_silent = true; /* the hand says nothing: the page is told that what it shows is old */
	assert_false(hear(s, fd, CLERK_EVENTS_SILENT_MS + 1000));
	assert_true(has(s, "data: {\"queue\":4,\"age_ms\":"));
	s->is_silent = false;
	s->is_over = true;
	assert_true(hear(s, fd, WAIT_MS + ASK_MS + 2000));
	(void)close(fd);
}

static void test_many_events(void **state)
{
	struct scene *s = *state;
	int fds[CLERK_EVENTS_OF_ADDRESS];

	for (size_t i = 0; i < CLERK_EVENTS_OF_ADDRESS; i++) {
		fds[i] = said(s, "GET /api/events", COOKIE, "");
		run(s, 20);
	}
	assert_int_equal(get(s, "/api/events"), 503);
	check_error(s);
	(void)close(fds[0]);
	run(s, 50);
	for (int i = 0; i < 10; i++) {
		tell_state(s, "{}");
		run(s, 20);
	}
	int fd = said(s, "GET /api/events", COOKIE, "");
	assert_false(hear(s, fd, 100));
	assert_true(has(s, "HTTP/1.1 200 "));
	(void)close(fd);
	for (size_t i = 1; i < CLERK_EVENTS_OF_ADDRESS; i++)
		(void)close(fds[i]);
}

/* ---- a hand that is not there ---- */

static void test_no_hand(void **state)
{
	struct scene *s = *state;

	assert_int_equal(get(s, "/api/session"), 200);
	s->is_silent = true;
	assert_int_equal(get(s, "/api/holds"), 504);
	check_error(s);
	int fd = said(s, "GET /api/holds", COOKIE, "");
	run(s, 50);
	clerk_web_use(s->web, NULL);
	assert_true(hear(s, fd, 500));
	assert_true(has(s, "HTTP/1.1 503 "));
	check_error(s);
	(void)close(fd);
	assert_int_equal(get(s, "/api/holds"), 503);
	clerk_web_use(s->web, s->clerk);
	s->is_silent = false;
	assert_int_equal(get(s, "/api/holds"), 200);
}

/* The server and all else ends while the hand is asked. */
static void test_end_while_asked(void **state)
{
	struct scene *s = *state;

	s->is_silent = true;
	int fd = said(s, "GET /api/holds", COOKIE, "");
	int other = said(s, "GET /api/events", COOKIE, "");
	run(s, 50);
	assert_non_null(s->latest);
	(void)close(fd);
	(void)close(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files),
		TEST(test_login),
		TEST(test_sessions),
		TEST(test_proxy),
		TEST(test_open_network),
		TEST(test_actions),
		TEST(test_deep),
		TEST(test_reader),
		TEST(test_reads),
		TEST(test_cached),
		TEST(test_now),
		TEST(test_events),
		TEST(test_many_events),
		TEST(test_no_hand),
		TEST(test_end_while_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
