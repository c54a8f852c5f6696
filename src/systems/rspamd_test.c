/* A small HTTP server of the same loop takes rspamd's place. */
#include "systems/rspamd.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD_BODY "{\"score\":9.1,\"required_score\":15,\"action\":\"add header\"}"
#define GOOD_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define GOOD      GOOD_HEAD "Content-Length: 55\r\n\r\n" GOOD_BODY
#define MESSAGE   "From: a@b.example\r\n\r\nHello\r\n"
#define ROOM      ((size_t)1 << 20)

/* ---- the server ---- */

enum conduct { ANSWERS, HOLDS, ENDS_AT_ONCE };

struct client {
	struct client *next;
	struct server *server;
	struct loop_watch *watch;
	int fd;
	char *in;
	size_t len;
	const char *out; /* of the server's answer: what is left to send */
	size_t out_len;
	bool is_held;
};

struct server {
	struct loop *loop;
	struct loop_watch *watch;
	struct client *clients;
	enum conduct conduct;
	struct slice answer; /* with its head */
	bool then_ends;
	int fd, port, connections, open, most_open, requests;
	char *request; /* the last */
};

static void client_free(struct client *c)
{
	struct client **place = &c->server->clients;

	while (*place != c)
		place = &(*place)->next;
	*place = c->next;
	c->server->open--;
	loop_watch_free(c->watch);
	(void)close(c->fd);
	free(c->in);
	free(c);
}

static void end_connections(struct server *s)
{
	for (struct client *c = s->clients, *next; c != NULL; c = next) {
		next = c->next;
		client_free(c);
	}
}

static void begin_answer(struct client *c)
{
	c->is_held = false;
	c->out = c->server->answer.at;
	c->out_len = c->server->answer.len;
	loop_watch_for(c->watch, (unsigned)LOOP_READ | (unsigned)LOOP_WRITE);
}

/* What of a request is here, if it is whole: its length; else 0. */
static size_t whole_request(const struct client *c)
{
	const char *end = strstr(c->in, "\r\n\r\n");
	const char *length = strcasestr(c->in, "\r\nContent-Length:");

	if (end == NULL || length == NULL || length > end)
		return 0;
	size_t whole = (size_t)(end + 4 - c->in) + strtoul(length + 17, NULL, 10);
	return c->len >= whole ? whole : 0;
}

static void hear_request(struct client *c)
{
	struct server *s = c->server;
	size_t whole = whole_request(c);

	if (whole == 0)
		return;
	free(s->request);
	s->request = memory_copy(c->in, whole);
	s->requests++;
	c->len -= whole;
	memmove(c->in, c->in + whole, c->len + 1);
	if (s->conduct == HOLDS)
		c->is_held = true;
	else
		begin_answer(c);
}

static void client_ready(void *context, unsigned ready)
{
	struct client *c = context;

	if ((ready & LOOP_READ) != 0) {
		ssize_t n = read(c->fd, c->in + c->len, ROOM - 1 - c->len);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			client_free(c);
			return;
		}
		c->len += n > 0 ? (size_t)n : 0;
		c->in[c->len] = '\0';
		hear_request(c);
	}
	if ((ready & LOOP_WRITE) == 0)
		return;
	ssize_t n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
	size_t sent = n > 0 ? (size_t)n : 0;
	c->out += sent;
	c->out_len -= sent;
	if (c->out_len > 0)
		return;
	loop_watch_for(c->watch, LOOP_READ);
	if (c->server->then_ends)
		client_free(c);
}

static void server_ready(void *context, unsigned ready)
{
	struct server *s = context;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)ready;
	if (fd < 0)
		return;
	s->connections++;
	if (s->conduct == ENDS_AT_ONCE) {
		(void)close(fd);
		return;
	}
	struct client *c = memory_new(1, sizeof(*c));
	*c = (struct client){.next = s->clients, .server = s, .fd = fd};
	s->clients = c;
	c->in = memory_new(1, ROOM);
	assert_int_equal(loop_watch_new(s->loop, fd, client_ready, c, &c->watch), 0);
	loop_watch_for(c->watch, LOOP_READ);
	s->open++;
	s->most_open = s->open > s->most_open ? s->open : s->most_open;
}

static void release(struct server *s)
{
	s->conduct = ANSWERS;
	for (struct client *c = s->clients; c != NULL; c = c->next)
		if (c->is_held)
			begin_answer(c);
}

static int listen_on_loopback(int *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(listen(fd, 100), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static void server_begin(struct server *s, struct loop *loop)
{
	*s = (struct server){.loop = loop, .answer = slice_of(GOOD)};
	s->fd = listen_on_loopback(&s->port);
	assert_int_equal(loop_watch_new(loop, s->fd, server_ready, s, &s->watch), 0);
	loop_watch_for(s->watch, LOOP_READ);
}

static void server_end(struct server *s)
{
	end_connections(s);
	loop_watch_free(s->watch);
	(void)close(s->fd);
	free(s->request);
}

/* ---- what the tests share ---- */

struct trial {
	struct loop *loop;
	struct loop_timer *timer;
	struct server server;
	struct rspamd *r;
	int calls, good, stop_after, last_err;
	struct rspamd_reply reply;
	struct problem problem;
	bool frees, asks_again;
};

static struct rspamd *client_of(struct trial *t, const char *behind)
{
	struct rspamd *r = NULL;
	char url[100];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", t->server.port, behind);
	assert_int_equal(rspamd_new(t->loop, url, 1, 1, &r, &t->problem), 0);
	return r;
}

static int set_up(void **state)
{
	struct trial *t = memory_new(1, sizeof(*t));

	t->loop = loop_new();
	t->stop_after = 1;
	server_begin(&t->server, t->loop);
	t->r = client_of(t, "");
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct trial *t = *state;

	rspamd_free(t->r);
	server_end(&t->server);
	loop_timer_free(t->timer);
	loop_free(t->loop);
	free(t);
	return 0;
}

static struct rspamd_question question(void)
{
	return (struct rspamd_question){.message = slice_of(MESSAGE), .sender = slice_of("a@b.c")};
}

static void answered(
	void *context, int err, const struct rspamd_reply *reply, const struct problem *problem)
{
	struct trial *t = context;
	struct rspamd_question q = question();

	assert_int_equal(err == 0, reply != NULL);
	assert_int_equal(err != 0, problem != NULL);
	t->calls++;
	t->good += err == 0;
	t->last_err = err;
	if (reply != NULL)
		t->reply = *reply;
	if (problem != NULL)
		t->problem = *problem;
	if (t->asks_again && t->calls < t->stop_after)
		assert_int_equal(rspamd_ask(t->r, &q, answered, t), 0);
	if (t->frees) {
		rspamd_free(t->r);
		t->r = NULL;
	}
	if (t->calls == t->stop_after)
		loop_stop(t->loop);
}

static int ask(struct trial *t)
{
	struct rspamd_question q = question();

	return rspamd_ask(t->r, &q, answered, t);
}

/* Asks once and waits for what comes. */
static int outcome(struct trial *t)
{
	t->stop_after = t->calls + 1;
	assert_int_equal(ask(t), 0);
	assert_int_equal(t->calls, t->stop_after - 1); /* never from within rspamd_ask() */
	loop_run(t->loop);
	assert_int_equal(t->calls, t->stop_after);
	return t->last_err;
}

static void on_stop(void *context)
{
	loop_stop(((struct trial *)context)->loop);
}

static void on_release(void *context)
{
	release(&((struct trial *)context)->server);
}

static void in_a_while(struct trial *t, int64_t ms, void (*call)(void *context))
{
	loop_timer_free(t->timer);
	t->timer = loop_timer_new(t->loop, call, t);
	loop_timer_start(t->timer, ms, 0);
}

static void run_for(struct trial *t, int64_t ms)
{
	in_a_while(t, ms, on_stop);
	loop_run(t->loop);
}

static struct rspamd_counts counts(const struct trial *t)
{
	struct rspamd_counts c;

	rspamd_count(t->r, &c);
	assert_int_equal(c.asked, c.answered + c.failed + c.under_way + c.waiting);
	return c;
}

/* ---- tests ---- */

static void tells_what_rspamd_says(void **state)
{
	struct trial *t = *state;

	assert_int_equal(outcome(t), 0);
	assert_true(t->reply.score > 9.09 && t->reply.score < 9.11);
	assert_true(t->reply.has_required_score);
	assert_string_equal(t->reply.action, "add header");
	assert_int_equal(counts(t).answered, 1);
}

static void sends_message_and_envelope(void **state)
{
	const struct slice recipients[] = {slice_of("x@y.example"), slice_of("z@y.example")};
	const struct rspamd_question q = {.message = slice_of(MESSAGE),
		.id = slice_of("1abcde-000001-AB"),
		.user = slice_of("carol"),
		.sender = slice_of("carol@b.example"),
		.recipients = recipients,
		.recipient_count = 2,
		.client = slice_of("2001:db8::1"),
		.helo = slice_of("host.example")};
	static const char *const lines[] = {"\r\nUser: carol\r\n",
		"\r\nFrom: <carol@b.example>\r\n", "\r\nRcpt: <x@y.example>\r\n",
		"\r\nRcpt: <z@y.example>\r\n", "\r\nIP: 2001:db8::1\r\n",
		"\r\nHelo: host.example\r\n", "\r\nHostname: unknown\r\n",
		"\r\nQueue-Id: 1abcde-000001-AB\r\n"};
	struct trial *t = *state;

	assert_int_equal(rspamd_ask(t->r, &q, answered, t), 0);
	loop_run(t->loop);
	assert_int_equal(t->last_err, 0);
	assert_true(strncmp(t->server.request, "POST /checkv2 HTTP/1.1\r\n", 24) == 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr(t->server.request, lines[i]));
	assert_null(strstr(t->server.request, "Expect:"));
	assert_string_equal(strstr(t->server.request, "\r\n\r\n") + 4, MESSAGE);
}

static void sends_a_message_byte_by_byte_up_to_its_bound(void **state)
{
	struct rspamd_question q = question();
	struct trial *t = *state;
	char *message = memory_new(1, RSPAMD_MESSAGE_MAX + 1);

	for (size_t i = 0; i < RSPAMD_MESSAGE_MAX; i++)
		message[i] = (char)(i % 256);
	q.message = (struct slice){message, RSPAMD_MESSAGE_MAX + 1};
	assert_int_equal(rspamd_ask(t->r, &q, answered, t), -EMSGSIZE);
	q.message.len = 0;
	assert_int_equal(rspamd_ask(t->r, &q, answered, t), -EINVAL);
	assert_int_equal(counts(t).dropped, 2);
	q.message.len = RSPAMD_MESSAGE_MAX;
	assert_int_equal(rspamd_ask(t->r, &q, answered, t), 0);
	loop_run(t->loop);
	assert_int_equal(t->last_err, 0);
	assert_memory_equal(strstr(t->server.request, "\r\n\r\n") + 4, message, RSPAMD_MESSAGE_MAX);
	free(message);
}

static size_t times(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

static void no_value_becomes_a_header(void **state)
{
	struct slice recipients[60];
	struct rspamd_question q = {.message = slice_of(MESSAGE),
		.id = slice_of("1\nEvil: 1"),
		.user = slice_of("carol\r\nEvil: 1"),
		.sender = {"a\0@evil", 7},
		.recipients = recipients,
		.recipient_count = 60,
		.client = slice_of("192.0.2.1 Evil"),
		.helo = slice_of("a\x7f"
				 "evil")};
	struct trial *t = *state;
	char *long_value = memory_new(1, RSPAMD_VALUE_MAX + 1);

	memset(long_value, 'e', RSPAMD_VALUE_MAX + 1);
	for (size_t i = 0; i < 60; i++)
		recipients[i] = slice_of("good@example.org");
	recipients[1] = slice_of("x@y>\r\n\r\nEvil");
	recipients[2] = slice_of("x@y\rEvil: 1");
	recipients[3] = (struct slice){long_value, RSPAMD_VALUE_MAX + 1};
	recipients[4] = slice_of("  ");
	recipients[5] = (struct slice){0};
	assert_int_equal(rspamd_ask(t->r, &q, answered, t), 0);
	loop_run(t->loop);
	assert_int_equal(t->last_err, 0);
	assert_null(strcasestr(t->server.request, "evil"));
	assert_null(strstr(t->server.request, "eee"));
	assert_int_equal(times(t->server.request, "\r\nRcpt: "), RSPAMD_RECIPIENTS_MAX - 5);
	assert_int_equal(times(t->server.request, "Rcpt: <good@example.org>"), 45);
	assert_null(strstr(t->server.request, "\r\nFrom: <"));
	assert_null(strstr(t->server.request, "\r\nIP:"));
	free(long_value);
}

/* What rspamd would take for a broken message. */
static void only_plain_addresses_are_told(void **state)
{
	static const char *const odd[] = {"root", "a@", "@b.example", "a b@c.example",
		"caf\xc3\xa9@c.example", "a@caf\xc3\xa9.example", ".a@c.example", "a.@c.example",
		"a..b@c.example", "a@-c.example", "a@c-.example", "a@c..example", "a@.example",
		"a@c.example.", "a@c_d.example", "a>@c.example", "<a@c.example>", "a@b@c.example",
		"a,b@c.example", "a@[192.0.2.1]", "\"a\"@c.example"};
	enum { ODD = sizeof(odd) / sizeof(odd[0]) };
	struct slice recipients[ODD + 2];
	struct rspamd_question q = question();
	struct trial *t = *state;

	for (size_t i = 0; i < ODD; i++)
		recipients[i] = slice_of(odd[i]);
	recipients[ODD] = slice_of("a.b+c=d!e'f@9-g.Example");
	recipients[ODD + 1] = slice_of("a@localhost");
	q.sender = slice_of("root");
	q.recipients = recipients;
	q.recipient_count = ODD + 2;
	assert_int_equal(rspamd_ask(t->r, &q, answered, t), 0);
	loop_run(t->loop);
	assert_int_equal(t->last_err, 0);
	assert_int_equal(times(t->server.request, "\r\nRcpt: "), 2);
	assert_non_null(strstr(t->server.request, "\r\nRcpt: <a.b+c=d!e'f@9-g.Example>\r\n"));
	assert_non_null(strstr(t->server.request, "\r\nRcpt: <a@localhost>\r\n"));
	assert_null(strstr(t->server.request, "\r\nFrom: <"));
}

static void a_long_value_fits(void **state)
{
	struct rspamd_question q = question();
	struct trial *t = *state;
	char value[RSPAMD_VALUE_MAX];
	const struct slice domain = slice_of("@b.example");

	memset(value, 'v', sizeof(value));
	memcpy(value + sizeof(value) - domain.len, domain.at, domain.len);
	q.sender = q.user = (struct slice){value, sizeof(value)};
	assert_int_equal(rspamd_ask(t->r, &q, answered, t), 0);
	loop_run(t->loop);
	assert_non_null(strstr(t->server.request, "vv@b.example>\r\n"));
	q.sender = (struct slice){0};
	t->stop_after = 2;
	assert_int_equal(rspamd_ask(t->r, &q, answered, t), 0);
	loop_run(t->loop);
	assert_non_null(strstr(t->server.request, "\r\nFrom: <>\r\n"));
}

static void bad_answers_are_failures(void **state)
{
	static const struct {
		const char *answer;
		int err;
	} cases[] = {
		{"HTTP/1.1 404 Not found\r\nContent-Length: 0\r\n\r\n", -EPROTO},
		{"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}", -EPROTO},
		{"HTTP/1.1 204 No\r\n\r\n", -EPROTO},
		{"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
			-EPROTO},
		{"HTTP/1.1 403 No\r\nContent-Length: 11\r\n\r\n{\"score\":1}", -EPROTO},
		{"HTTP/1.1 500 Oh\r\nContent-Length: 15\r\n\r\n{\"error\":\"mad\"}", -EREMOTEIO},
		{GOOD_HEAD "Content-Length: 15\r\n\r\n{\"error\":\"mad\"}", -EREMOTEIO},
		{GOOD_HEAD "Content-Length: 7\r\n\r\ngarbage", -EBADMSG},
		{GOOD_HEAD "Content-Length: 0\r\n\r\n", -EBADMSG},
		{GOOD_HEAD "Content-Length: 100\r\n\r\n{\"score\":1}", -EIO},
		{"SSH-2.0-OpenSSH_9\r\n", -EIO},
	};
	struct trial *t = *state;

	t->server.then_ends = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rspamd_free(t->r);
		t->r = client_of(t, "/");
		t->server.answer = slice_of(cases[i].answer);
		assert_int_equal(outcome(t), cases[i].err);
		assert_true(t->problem.text[0] != '\0');
		assert_int_equal(counts(t).failed, 1);
	}
}

static void an_end_and_nobody_there_are_failures(void **state)
{
	struct trial *t = *state;

	t->server.conduct = ENDS_AT_ONCE;
	assert_int_equal(outcome(t), -EIO);
	rspamd_free(t->r);
	t->r = NULL;
	assert_int_equal(rspamd_new(t->loop, "http://127.0.0.1:1", 1, 1, &t->r, &t->problem), 0);
	assert_int_equal(outcome(t), -ECONNREFUSED);
	assert_non_null(strstr(t->problem.text, "http://127.0.0.1:1/checkv2"));
}

static void no_answer_ends_in_time(void **state)
{
	struct trial *t = *state;
	int64_t begun = loop_now_ms(t->loop);

	t->server.conduct = HOLDS;
	assert_int_equal(outcome(t), -ETIMEDOUT);
	int64_t took = loop_now_ms(t->loop) - begun;
	assert_true(took >= 900 && took < 10000);
	assert_int_equal(t->server.requests, 1);
}

static void a_huge_answer_is_cut_off(void **state)
{
	static const char head[] = GOOD_HEAD "Connection: close\r\n\r\n{\"score\":1}";
	struct trial *t = *state;
	size_t len = 2 * RSPAMD_REPLY_MAX;
	char *answer = memory_new(1, len);

	memset(answer, ' ', len);
	memcpy(answer, head, sizeof(head) - 1);
	t->server.answer = (struct slice){answer, len};
	t->server.then_ends = true;
	assert_int_equal(outcome(t), -EMSGSIZE);
	t->server.answer.len = RSPAMD_REPLY_MAX;
	assert_int_equal(outcome(t), 0);
	free(answer);
}

static void connections_are_kept(void **state)
{
	struct trial *t = *state;

	for (int i = 0; i < 5; i++)
		assert_int_equal(outcome(t), 0);
	assert_int_equal(t->server.requests, 5);
	assert_int_equal(t->server.connections, 1);
	end_connections(&t->server); /* the server ends it between two questions */
	assert_int_equal(outcome(t), 0);
	assert_int_equal(t->server.connections, 2);
}

static void an_answer_may_ask_again(void **state)
{
	struct trial *t = *state;

	t->asks_again = true;
	t->stop_after = 20;
	assert_int_equal(ask(t), 0);
	loop_run(t->loop);
	assert_int_equal(t->good, 20);
}

static void what_waits_is_bounded(void **state)
{
	const int all = RSPAMD_AT_ONCE + RSPAMD_WAITING_MAX;
	struct trial *t = *state;

	t->server.conduct = HOLDS;
	t->stop_after = all;
	for (int i = 0; i < all; i++)
		assert_int_equal(ask(t), 0);
	assert_int_equal(ask(t), -ENOBUFS);
	assert_int_equal(counts(t).dropped, 1);
	assert_int_equal(counts(t).under_way, RSPAMD_AT_ONCE);
	assert_int_equal(counts(t).waiting, RSPAMD_WAITING_MAX);
	in_a_while(t, 100, on_release);
	loop_run(t->loop);
	assert_int_equal(t->good, all);
	assert_int_equal(t->server.requests, all);
	assert_int_equal(t->server.most_open, RSPAMD_AT_ONCE);
	assert_int_equal(t->server.connections, RSPAMD_AT_ONCE);
	assert_int_equal(counts(t).under_way + counts(t).waiting, 0);
}

static void rests_after_failures(void **state)
{
	const int all = RSPAMD_AT_ONCE + 10;
	struct trial *t = *state;

	t->server.conduct = ENDS_AT_ONCE;
	t->stop_after = all;
	for (int i = 0; i < all; i++)
		assert_int_equal(ask(t), 0);
	loop_run(t->loop);
	assert_int_equal(t->calls, all);
	assert_int_equal(t->good, 0);
	assert_true(t->server.connections < all); /* those that waited were not sent */
	assert_int_equal(counts(t).rests, 1);
	assert_int_equal(ask(t), -EAGAIN);
	assert_true(counts(t).rest_ms > 0 && counts(t).rest_ms <= 1000);

	run_for(t, 1100);
	assert_int_equal(outcome(t), -EIO); /* one is enough for the next, which is longer */
	assert_int_equal(counts(t).rests, 2);
	assert_true(counts(t).rest_ms > 1000 && counts(t).rest_ms <= 2000);

	run_for(t, 2100);
	t->server.conduct = ANSWERS;
	assert_int_equal(outcome(t), 0);
	t->server.conduct = ENDS_AT_ONCE;
	end_connections(&t->server);
	assert_int_equal(outcome(t), -EIO);
	assert_int_equal(counts(t).rest_ms, 0); /* it counts from the start again */
}

static void odd_mail_does_not_make_it_rest(void **state)
{
	struct trial *t = *state;

	t->server.answer =
		slice_of("HTTP/1.1 500 Oh\r\nContent-Length: 15\r\n\r\n{\"error\":\"mad\"}");
	for (int i = 0; i < 10; i++)
		assert_int_equal(outcome(t), -EREMOTEIO);
	assert_int_equal(counts(t).rests, 0);
	assert_string_equal(t->problem.text, "rspamd could not scan the message: mad");
}

static void is_freed_with_questions_under_way(void **state)
{
	struct trial *t = *state;

	t->server.conduct = HOLDS;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(t), 0);
	rspamd_free(t->r); /* before anything was sent */
	t->r = client_of(t, "");
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(t), 0);
	run_for(t, 100);
	assert_int_equal(t->server.requests, RSPAMD_AT_ONCE);
	rspamd_free(t->r);
	t->r = NULL;
	release(&t->server);
	run_for(t, 100);
	assert_int_equal(t->calls, 0);
	assert_int_equal(t->server.open, 0);
}

static void is_freed_in_an_answer(void **state)
{
	struct trial *t = *state;

	t->frees = true;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(t), 0);
	run_for(t, 200);
	run_for(t, 100);
	assert_int_equal(t->calls, 1);
	assert_null(t->r);
}

static void is_freed_when_those_that_wait_fail(void **state)
{
	struct trial *t = *state;

	t->server.conduct = ENDS_AT_ONCE;
	for (int i = 0; i < 2; i++)
		assert_int_equal(outcome(t), -EIO);
	t->frees = true;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(t), 0);
	run_for(t, 200);
	assert_int_equal(t->calls, 3);
}

static void the_environment_names_no_proxy(void **state)
{
	struct trial *t = *state;

	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(outcome(t), 0);
	assert_int_equal(unsetenv("http_proxy") + unsetenv("all_proxy"), 0);
}

static void a_path_and_a_name_may_be_given(void **state)
{
	struct trial *t = *state;
	char url[100];

	rspamd_free(t->r);
	t->r = NULL;
	(void)snprintf(url, sizeof(url), "http://localhost:%d/a/b/", t->server.port);
	assert_int_equal(rspamd_new(t->loop, url, 1, 1, &t->r, &t->problem), 0);
	assert_int_equal(outcome(t), 0);
	assert_true(strncmp(t->server.request, "POST /a/b/checkv2 HTTP/1.1\r\n", 28) == 0);
}

static void refuses_what_cannot_be_asked(void **state)
{
	static const char *const urls[] = {"", "127.0.0.1:11333", "ftp://127.0.0.1", "file:///etc",
		"http://", "http://u:p@127.0.0.1", "http://@127.0.0.1", "http://127.0.0.1/?a",
		"http://127.0.0.1/#a", "http://127.0.0.1:99999", "http://a b", "http://a\r\nb",
		"http://a\xc3\xa9", "gopher://127.0.0.1:1/", "telnet://127.0.0.1"};
	struct trial *t = *state;
	struct rspamd *r = NULL;
	char url[RSPAMD_URL_MAX + 20] = "http://127.0.0.1/";

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_int_equal(rspamd_new(t->loop, urls[i], 1, 1, &r, &t->problem), -EINVAL);
	memset(url + 17, 'a', sizeof(url) - 18);
	assert_int_equal(rspamd_new(t->loop, url, 1, 1, &r, NULL), -EINVAL);
	assert_int_equal(rspamd_new(t->loop, "http://a", 0, 1, &r, NULL), -EINVAL);
	assert_int_equal(rspamd_new(t->loop, "http://a", 301, 1, &r, NULL), -EINVAL);
	assert_int_equal(rspamd_new(t->loop, "http://a", 1, 0, &r, NULL), -EINVAL);
	assert_int_equal(rspamd_new(t->loop, "http://a", 1, 301, &r, NULL), -EINVAL);
	assert_null(r);
	assert_int_equal(rspamd_new(t->loop, "https://[::1]:1", 1, 1, &r, NULL), 0);
	rspamd_free(r);
	rspamd_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_what_rspamd_says),
		TEST(sends_message_and_envelope),
		TEST(sends_a_message_byte_by_byte_up_to_its_bound),
		TEST(no_value_becomes_a_header),
		TEST(only_plain_addresses_are_told),
		TEST(a_long_value_fits),
		TEST(bad_answers_are_failures),
		TEST(an_end_and_nobody_there_are_failures),
		TEST(no_answer_ends_in_time),
		TEST(a_huge_answer_is_cut_off),
		TEST(connections_are_kept),
		TEST(an_answer_may_ask_again),
		TEST(what_waits_is_bounded),
		TEST(rests_after_failures),
		TEST(odd_mail_does_not_make_it_rest),
		TEST(is_freed_with_questions_under_way),
		TEST(is_freed_in_an_answer),
		TEST(is_freed_when_those_that_wait_fail),
		TEST(the_environment_names_no_proxy),
		TEST(a_path_and_a_name_may_be_given),
		TEST(refuses_what_cannot_be_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
