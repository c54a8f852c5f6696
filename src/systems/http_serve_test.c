/* Clients that are polite, slow, greedy or talk nonsense; the server runs in the test's own loop.
 */
#include "systems/http_serve.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM    ((size_t)64 << 10)
#define TAKE_MS 1500

struct scene {
	struct loop *loop;
	struct loop_timer *end;
	struct http_serve *serve;
	uint16_t port;
	unsigned asked, over;
	char path[300];
	struct http_later *later;
	struct http_stream *stream;
	char got[ROOM];
};

static void give_text(struct http_reply *ret, const char *text)
{
	ret->status = 200;
	ret->type = "text/plain";
	ret->body = memory_copy(text, strlen(text));
	ret->len = strlen(text);
}

static void stream_over(void *context)
{
	struct scene *s = context;

	s->stream = NULL;
	s->over++;
}

static void tell_request(const struct http_request *request, struct http_reply *ret)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "OTHER"};
	const char *a = http_query_value(&request->query, "a");
	char text[400];

	(void)snprintf(text, sizeof(text), "%s a=%s x=%s body=%.*s", methods[request->method],
		a != NULL ? a : "none", http_request_field(request, "X-Test"),
		(int)request->body.len, request->body.len > 0 ? request->body.at : "");
	give_text(ret, text);
	ret->cache = "no-cache";
	http_reply_field(ret, "X-One", "1");
	http_reply_field(ret, "X-Bad", "1\r\nX-Smuggled: 2");
}

static void answer(void *context, const struct http_request *request, struct http_reply *ret)
{
	struct scene *s = context;
	struct address loopback;

	assert_int_equal(address_parse(slice_of("127.0.0.1"), &loopback), 0);
	assert_memory_equal(&request->from, &loopback, sizeof(loopback));
	s->asked++;
	(void)snprintf(s->path, sizeof(s->path), "%s", request->path);
	if (request->wrong != 0) {
		http_reply_status(ret, request->wrong);
	} else if (strcmp(request->path, "/big") == 0) {
		*ret = (struct http_reply){.status = 200,
			.type = "text/plain",
			.body = memory_new(1, 8 << 20),
			.len = 8 << 20};
	} else if (strcmp(request->path, "/list") == 0) {
		*ret = (struct http_reply){.status = 200,
			.type = "text/plain",
			.body = memory_new(1, 4000),
			.len = 4000};
		memset(ret->body, 'a', 4000);
	} else if (strcmp(request->path, "/hello") == 0) {
		give_text(ret, http_request_field(request, "Accept"));
	} else if (strcmp(request->path, "/tell") == 0) {
		tell_request(request, ret);
	} else if (strcmp(request->path, "/lent") == 0) {
		*ret = (struct http_reply){
			.status = 200, .type = "text/plain", .lent = slice_of("lent out")};
	} else if (strcmp(request->path, "/later") == 0) {
		s->later = http_later_new(request);
	} else if (strcmp(request->path, "/now") == 0) {
		struct http_reply reply = {0};
		give_text(&reply, "at once");
		http_later_send(http_later_new(request), &reply);
	} else if (strcmp(request->path, "/stream") == 0) {
		s->stream = http_stream_new(stream_over, s);
		*ret = (struct http_reply){
			.status = 200, .type = "text/event-stream", .stream = s->stream};
	} else {
		http_reply_status(ret, 404);
	}
}

static void stop(void *context)
{
	struct scene *s = context;

	loop_stop(s->loop);
}

static int begin(void **state)
{
	struct scene *s = memory_new(1, sizeof(*s));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&at, len), 0);
	/* so that the kernel takes little of what nobody reads */
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){65536}, sizeof(int)), 0);
	assert_int_equal(listen(fd, 128), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	s->port = at.sin_port;
	s->loop = loop_new();
	s->end = loop_timer_new(s->loop, stop, s);
	static const struct http_field fields[] = {{"X-Always", "yes"}, {NULL, NULL}};
	const struct http_serve_options options = {.take_ms = TAKE_MS, .fields = fields};
	assert_int_equal(http_serve_new(s->loop, fd, &options, answer, s, &s->serve), 0);
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	http_serve_free(s->serve);
	loop_timer_free(s->end);
	loop_free(s->loop);
	free(s);
	return 0;
}

static void run(struct scene *s, int64_t ms)
{
	loop_timer_start(s->end, ms, 0);
	loop_run(s->loop);
}

static int connected(const struct scene *s)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = s->port, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){65536}, sizeof(int)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void say_bytes(int fd, const char *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

/* Runs the server until the other end is closed or silent; true when it was closed. */
static bool hear(struct scene *s, int fd, int64_t most_ms)
{
	int64_t until = clock_now_ms() + most_ms;
	size_t len = 0;

	while (clock_now_ms() < until) {
		run(s, 10);
		ssize_t n = recv(fd, s->got + len, ROOM - 1 - len, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		s->got[len] = '\0';
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
	}
	return false;
}

/* One request on a connection that ends with it. */
static void ask(struct scene *s, const char *request)
{
	int fd = connected(s);

	say(fd, request);
	(void)hear(s, fd, 300);
	(void)close(fd);
}

static bool is_status(const struct scene *s, unsigned status)
{
	char line[20];

	(void)snprintf(line, sizeof(line), "HTTP/1.1 %u ", status);
	return strncmp(s->got, line, strlen(line)) == 0;
}

#define END "Host: x\r\nConnection: close\r\n\r\n"

static void test_answers(void **state)
{
	struct scene *s = *state;

	ask(s, "GET /hello?x=1 HTTP/1.1\r\nAccept: a/b\r\n" END);
	assert_true(is_status(s, 200));
	assert_non_null(strstr(s->got, "\r\n\r\na/b"));
	assert_non_null(strstr(s->got, "Content-Type: text/plain\r\n"));
	assert_non_null(strstr(s->got, "X-Content-Type-Options: nosniff\r\n"));
	assert_null(strcasestr(s->got, "\nServer:"));
	assert_string_equal(s->path, "/hello");
	ask(s, "HEAD /hello HTTP/1.1\r\nAccept: a/b\r\n" END);
	assert_true(is_status(s, 200));
	assert_non_null(strstr(s->got, "Content-Length: 3\r\n"));
	assert_string_equal(strstr(s->got, "\r\n\r\n"), "\r\n\r\n");
	ask(s, "GET /none HTTP/1.1\r\n" END);
	assert_true(is_status(s, 404));
	assert_non_null(strstr(s->got, "\r\n\r\n404 Not Found\n"));
	ask(s, "GET /hello%00x HTTP/1.1\r\n" END);
	assert_true(is_status(s, 404));
	assert_string_equal(s->path, "/hello%00x");
}

static void test_methods(void **state)
{
	static const char *const methods[] = {
		"PATCH", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "XYZZY"};
	struct scene *s = *state;
	char request[200];

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		(void)snprintf(request, sizeof(request), "%s /hello HTTP/1.1\r\n" END, methods[i]);
		ask(s, request);
		assert_true(is_status(s, 405));
		assert_non_null(strstr(s->got, "X-Always: yes\r\n"));
	}
	ask(s, "POST /hello HTTP/1.1\r\nContent-Length: 9999999\r\n" END "abc");
	assert_true(is_status(s, 413));
	ask(s, "POST /hello HTTP/1.1\r\nContent-Length: 16385\r\n" END "abc");
	assert_true(is_status(s, 413));
	ask(s, "POST /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END
	       "5\r\nabcde\r\n0\r\n\r\n");
	assert_true(is_status(s, 411));
	ask(s, "GET /hello HTTP/1.1\r\nContent-Length: 5\r\n" END "abcde");
	assert_true(is_status(s, 400));
	ask(s, "GET /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END
	       "5\r\nabcde\r\n0\r\n\r\n");
	assert_true(is_status(s, 400));
	ask(s, "GET /hello?a=1&a=2 HTTP/1.1\r\n" END);
	assert_true(is_status(s, 400));
	assert_int_equal(s->asked, sizeof(methods) / sizeof(methods[0]) + 6);
}

static void told(struct scene *s, const char *want)
{
	assert_true(is_status(s, 200));
	assert_non_null(strstr(s->got, "\r\n\r\n"));
	assert_string_equal(strstr(s->got, "\r\n\r\n") + 4, want);
}

/* What is long goes as gzip to those who take it, and to nobody else. */
static void test_packed(void **state)
{
	struct scene *s = *state;

	ask(s, "GET /list HTTP/1.1\r\nAccept-Encoding: br, gzip\r\n" END);
	assert_true(is_status(s, 200));
	assert_non_null(strstr(s->got, "Content-Encoding: gzip\r\n"));
	assert_non_null(strstr(s->got, "Vary: Accept-Encoding\r\n"));
	assert_null(strstr(s->got, "aaaaaaaaaaaaaaaa"));
	ask(s, "GET /list HTTP/1.1\r\nAccept-Encoding: gzip;q=0\r\n" END);
	assert_null(strstr(s->got, "Content-Encoding"));
	assert_non_null(strstr(s->got, "Content-Length: 4000\r\n"));
	ask(s, "GET /hello HTTP/1.1\r\nAccept-Encoding: gzip\r\nAccept: text/plain\r\n" END);
	assert_null(strstr(s->got, "Content-Encoding"));
}

static void test_requests(void **state)
{
	struct scene *s = *state;

	ask(s, "GET /tell?a=b%26c HTTP/1.1\r\nx-test: y\r\n" END);
	told(s, "GET a=b&c x=y body=");
	assert_non_null(strstr(s->got, "Cache-Control: no-cache\r\n"));
	assert_non_null(strstr(s->got, "X-One: 1\r\n"));
	assert_null(strstr(s->got, "X-Smuggled"));
	ask(s, "GET /tell HTTP/1.1\r\nX-Test: y\r\nX-test: z\r\n" END);
	told(s, "GET a=none x= body="); /* which of both one cannot know */
	ask(s, "POST /tell?a HTTP/1.1\r\nContent-Length: 5\r\n" END "12345");
	told(s, "POST a= x= body=12345");
	ask(s, "POST /tell HTTP/1.1\r\n" END);
	told(s, "POST a=none x= body=");
	ask(s, "GET /lent HTTP/1.1\r\n" END);
	told(s, "lent out");
	assert_non_null(strstr(s->got, "Cache-Control: no-store\r\n"));
}

/* A body in parts, and the longest there is. */
static void test_bodies(void **state)
{
	struct scene *s = *state;
	int fd = connected(s);
	char *body = memory_new(1, HTTP_SERVE_BODY_MAX + 1);

	say(fd, "POST /tell HTTP/1.1\r\nContent-Length: 16384\r\n" END);
	memset(body, 'b', HTTP_SERVE_BODY_MAX);
	for (size_t i = 0; i < 4; i++) {
		run(s, 20);
		say_bytes(fd, body, HTTP_SERVE_BODY_MAX / 4);
	}
	(void)hear(s, fd, 500);
	assert_true(is_status(s, 200));
	assert_non_null(strstr(s->got, "body=bbbb"));
	(void)close(fd);
	free(body);
}

static void test_later(void **state)
{
	struct scene *s = *state;
	struct http_reply reply = {0};
	int fd = connected(s);

	ask(s, "GET /now HTTP/1.1\r\n" END);
	told(s, "at once");
	say(fd, "GET /later HTTP/1.1\r\n" END);
	assert_false(hear(s, fd, TAKE_MS + 1000)); /* ours is the time that is taken */
	assert_string_equal(s->got, "");
	give_text(&reply, "in the end");
	http_later_send(s->later, &reply);
	assert_true(hear(s, fd, 500));
	told(s, "in the end");
	(void)close(fd);

	int gone = connected(s);
	say(gone, "GET /later HTTP/1.1\r\n" END);
	run(s, 50);
	(void)close(gone);
	run(s, 50);
	give_text(&reply, "to nobody");
	http_later_send(s->later, &reply);
	run(s, 50);
	assert_null(reply.body);
	ask(s, "GET /hello HTTP/1.1\r\n" END);
	assert_true(is_status(s, 200));
}

/* The server goes first. */
static void test_later_than_the_server(void **state)
{
	struct scene *s = *state;
	struct http_reply reply = {0};
	int fd = connected(s), stream = connected(s);

	say(fd, "GET /later HTTP/1.1\r\n" END);
	say(stream, "GET /stream HTTP/1.1\r\n" END);
	run(s, 50);
	assert_non_null(s->later);
	assert_non_null(s->stream);
	http_serve_free(s->serve);
	s->serve = NULL;
	assert_int_equal(s->over, 1);
	give_text(&reply, "to nobody");
	http_later_send(s->later, &reply);
	assert_null(reply.body);
	(void)close(fd);
	(void)close(stream);
}

static void test_stream(void **state)
{
	struct scene *s = *state;
	int fd = connected(s);

	say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_false(hear(s, fd, TAKE_MS + 1000)); /* silence of ours ends nothing */
	assert_true(is_status(s, 200));
	assert_non_null(strstr(s->got, "Content-Type: text/event-stream\r\n"));
	for (int i = 0; i < 3; i++) {
		http_stream_send(s->stream, slice_of("data: one\n\n"));
		http_stream_send(s->stream, slice_of("data: two\n\n"));
		assert_false(hear(s, fd, 100));
		assert_non_null(strstr(s->got, "data: one\n\n"));
		assert_non_null(strstr(s->got, "data: two\n\n"));
	}
	http_stream_send(s->stream, slice_of("data: last\n\n"));
	http_stream_end(s->stream);
	assert_false(hear(s, fd, 300));
	assert_non_null(strstr(s->got, "data: last\n\n"));
	assert_non_null(strstr(s->got, "\r\n0\r\n\r\n"));
	assert_int_equal(s->over, 1);
	(void)close(fd);

	fd = connected(s);
	say(fd, "GET /stream HTTP/1.1\r\n" END);
	run(s, 50);
	(void)close(fd);
	run(s, 50);
	for (int i = 0; i < 20 && s->stream != NULL; i++) {
		http_stream_send(s->stream, slice_of("data: one\n\n"));
		run(s, 20);
	}
	assert_int_equal(s->over, 2);
	ask(s, "HEAD /stream HTTP/1.1\r\n" END);
	assert_true(is_status(s, 200));
	assert_int_equal(s->over, 3);
}

/* Who does not read: by how much waits, and by how long it does. */
static void test_slow_stream(void **state)
{
	struct scene *s = *state;
	char *much = memory_new(1, HTTP_SERVE_STREAM_MAX);
	struct slice part = {much, HTTP_SERVE_STREAM_MAX / 8};
	int fd = connected(s);
	int sent = 0;

	memset(much, 'x', HTTP_SERVE_STREAM_MAX);
	say(fd, "GET /stream HTTP/1.1\r\n" END);
	run(s, 50);
	for (; sent < 400 && s->stream != NULL; sent++) {
		http_stream_send(s->stream, part);
		run(s, 20);
	}
	assert_int_equal(s->over, 1);
	assert_in_range(sent, 9, 16);
	(void)close(fd);

	fd = connected(s);
	say(fd, "GET /stream HTTP/1.1\r\n" END);
	run(s, 50);
	for (int i = 0; i < 4 && s->stream != NULL; i++) {
		http_stream_send(s->stream, part);
		run(s, 20);
	}
	assert_non_null(s->stream);
	run(s, TAKE_MS + 1000);
	assert_int_equal(s->over, 2);
	(void)close(fd);
	free(much);
}

static void test_bad_certificate(void **state)
{
	struct scene *s = *state;
	struct http_serve *other = NULL;
	const struct http_serve_options options = {
		.take_ms = TAKE_MS, .certificate = "none", .key = "none"};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(http_serve_new(s->loop, fd, &options, answer, s, &other), -EIO);
	assert_null(other);
}

/* One connection for several, as a scraper keeps it. */
static void test_kept(void **state)
{
	struct scene *s = *state;
	int fd = connected(s);

	for (int i = 0; i < 3; i++) {
		say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
		assert_false(hear(s, fd, TAKE_MS * 6 / 10));
		assert_true(is_status(s, 200));
	}
	assert_int_equal(s->asked, 3);
	(void)close(fd);
}

static void test_nonsense(void **state)
{
	static const char *const said[] = {"\r\n\r\n\r\n", "GET\r\n\r\n", "GET /hello\r\n\r\n",
		"GET /hello HTTP/9.9\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02",
		"GET /hello HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n",
		"GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2\r\n", ": : :\r\n\r\n"};
	struct scene *s = *state;
	char many[600];

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		ask(s, said[i]);
	for (unsigned i = 0; i < 60; i++) {
		int fd = connected(s);
		for (size_t n = 0; n < sizeof(many); n++)
			many[n] = (char)((size_t)i * 37 + n * n * 11);
		say_bytes(fd, many, sizeof(many));
		run(s, 5);
		(void)close(fd);
	}
	ask(s, "GET /hello HTTP/1.1\r\n" END);
	assert_true(is_status(s, 200));
}

static void test_long(void **state)
{
	struct scene *s = *state;
	char *request = memory_new(1, ROOM);

	(void)snprintf(request, ROOM, "GET /hello HTTP/1.1\r\nX: %*s\r\n" END,
		2 * (int)HTTP_SERVE_REQUEST_MAX, "x");
	ask(s, request);
	assert_false(is_status(s, 200));
	(void)snprintf(
		request, ROOM, "GET /%*s HTTP/1.1\r\n" END, 2 * (int)HTTP_SERVE_REQUEST_MAX, "x");
	ask(s, request);
	assert_false(is_status(s, 200));
	int n = snprintf(request, ROOM, "GET /hello HTTP/1.1\r\n");
	for (int i = 0; i < 3000; i++)
		n += snprintf(request + n, ROOM - (size_t)n, "A%d: b\r\n", i);
	(void)snprintf(request + n, ROOM - (size_t)n, END);
	ask(s, request);
	assert_false(is_status(s, 200));
	assert_int_equal(s->asked, 0);
	free(request);
}

/* A byte now and then keeps nobody in (slow loris), nor does reading an answer slowly. */
static void test_slow(void **state)
{
	static const char head[] = "GET /hello HTTP/1.1\r\nX: ";
	struct scene *s = *state;
	int fd = connected(s), silent = connected(s), reader = connected(s);
	int64_t begun = clock_now_ms();
	bool is_over = false;

	say(reader, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	for (size_t i = 0; !is_over && clock_now_ms() - begun < 4 * (int64_t)TAKE_MS; i++) {
		(void)send(fd, i < sizeof(head) - 1 ? head + i : "x", 1, MSG_NOSIGNAL);
		is_over = hear(s, fd, 100);
	}
	assert_true(is_over);
	assert_in_range(clock_now_ms() - begun, TAKE_MS - 200, TAKE_MS + 1500);
	assert_true(hear(s, silent, 1500));
	run(s, 1500);
	size_t len = 0;
	ssize_t n;
	while ((n = recv(reader, s->got, ROOM, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	assert_true(n == 0 || errno != EAGAIN);
	assert_true(len < (8 << 20)); /* it was cut off, behind what the kernel had taken */
	ask(s, "GET /hello HTTP/1.1\r\n" END);
	assert_true(is_status(s, 200));
	(void)close(fd);
	(void)close(silent);
	(void)close(reader);
}

/* One address gets no more than its share, and gives it back. */
static void test_greedy(void **state)
{
	struct scene *s = *state;
	int fds[HTTP_SERVE_OF_ADDRESS + 8];
	unsigned ended = 0;

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		fds[i] = connected(s);
	run(s, 100);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		ended += hear(s, fds[i], 20);
	assert_int_equal(ended, 8);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		(void)close(fds[i]);
	run(s, 100);
	ask(s, "GET /hello HTTP/1.1\r\n" END);
	assert_true(is_status(s, 200));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_methods),
		TEST(test_packed),
		TEST(test_requests),
		TEST(test_bodies),
		TEST(test_later),
		TEST(test_later_than_the_server),
		TEST(test_stream),
		TEST(test_slow_stream),
		TEST(test_bad_certificate),
		TEST(test_kept),
		TEST(test_nonsense),
		TEST(test_long),
		TEST(test_slow),
		TEST(test_greedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
