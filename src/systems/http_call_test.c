/* A thread with a small HTTP server takes the other side's place: one connection, one answer. */
#include "systems/http_call.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
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

#define ROOM ((size_t)64 << 10)

struct server {
	pthread_t thread;
	int fd, port;
	int end[2];          /* written to when the test is over */
	struct slice answer; /* empty: none */
	size_t padding;      /* bytes sent behind it */
	bool holds;          /* keeps the connection until the test is over */
	char request[ROOM];
	size_t len;
};

/* Whether fd can be read before the test is over. */
static bool wait_for(const struct server *s, int fd)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = s->end[0], .events = POLLIN}};

	return poll(fds, 2, 10000) > 0 && fds[0].revents != 0;
}

static bool is_whole(const struct server *s)
{
	const char *end = strstr(s->request, "\r\n\r\n");
	const char *length = strcasestr(s->request, "\r\nContent-Length:");

	if (end == NULL)
		return false;
	size_t body = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
	return s->len >= (size_t)(end + 4 - s->request) + body;
}

static void hear(struct server *s, int fd)
{
	while (!is_whole(s) && wait_for(s, fd)) {
		ssize_t n = read(fd, s->request + s->len, ROOM - 1 - s->len);
		if (n <= 0)
			return;
		s->len += (size_t)n;
		s->request[s->len] = '\0';
	}
}

static void answer(const struct server *s, int fd)
{
	char filler[4096];
	ssize_t sent = s->answer.len > 0 ? send(fd, s->answer.at, s->answer.len, MSG_NOSIGNAL) : 0;

	memset(filler, 'x', sizeof(filler));
	for (size_t left = s->padding; left > 0 && sent >= 0; left -= (size_t)sent)
		sent = send(
			fd, filler, left < sizeof(filler) ? left : sizeof(filler), MSG_NOSIGNAL);
}

static void *serve(void *context)
{
	struct server *s = context;

	if (!wait_for(s, s->fd))
		return NULL;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return NULL;
	hear(s, fd);
	answer(s, fd);
	if (s->holds)
		(void)wait_for(s, s->end[0]);
	(void)shutdown(fd, SHUT_RDWR);
	(void)close(fd);
	return NULL;
}

static struct server *server_new(const char *answer)
{
	struct server *s = memory_new(1, sizeof(*s));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(a);

	s->answer = slice_of(answer);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(listen(s->fd, 5), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pipe(s->end), 0);
	return s;
}

static void server_start(struct server *s)
{
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

/* Ends the server; what it has heard stays until server_free(). */
static void server_stop(struct server *s)
{
	assert_int_equal(write(s->end[1], "", 1), 1);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
}

static void server_free(struct server *s)
{
	(void)close(s->fd);
	(void)close(s->end[0]);
	(void)close(s->end[1]);
	free(s);
}

struct outcome {
	int err;
	struct http_reply reply;
	struct problem problem;
};

/* Makes the call to the server's address and ends the server. */
static struct outcome ask(struct server *s, struct http_call call)
{
	struct outcome o = {0};
	char url[100];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/a?b=c", s->port);
	call.url = call.url != NULL ? call.url : url;
	call.time_ms = call.time_ms != 0 ? call.time_ms : 5000;
	server_start(s);
	o.err = http_call(&call, &o.reply, &o.problem);
	server_stop(s);
	assert_int_equal(o.err == 0, o.reply.body != NULL);
	assert_int_equal(o.err == 0, o.problem.text[0] == '\0');
	return o;
}

static struct outcome ask_once(const char *answer)
{
	struct server *s = server_new(answer);
	struct outcome o = ask(s, (struct http_call){0});

	server_free(s);
	return o;
}

static void any_status_is_an_answer(void **state)
{
	static const struct {
		const char *answer;
		long status;
		const char *body;
	} cases[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"},
		{"HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end"},
		{"HTTP/1.1 204 No\r\n\r\n", 204, ""},
		{"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", 403, "no"},
		{"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\noh", 500, "oh"},
		{"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
			302, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = ask_once(cases[i].answer);
		assert_int_equal(o.err, 0);
		assert_int_equal(o.reply.status, cases[i].status);
		assert_string_equal(o.reply.body, cases[i].body);
		assert_int_equal(o.reply.len, strlen(cases[i].body));
		http_reply_clear(&o.reply);
		assert_null(o.reply.body);
	}
}

static void sends_what_it_is_given(void **state)
{
	static const char *const headers[] = {
		"Content-Type: application/json", "Authorization: token abc", NULL};
	static const char *const lines[] = {"POST /a?b=c HTTP/1.1\r\n",
		"\r\nContent-Type: application/json\r\n", "\r\nContent-Length: 2\r\n\r\n{}"};
	struct server *s = server_new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	struct outcome o = ask(s, (struct http_call){.headers = headers, .body = slice_of("{}")});

	(void)state;
	assert_int_equal(o.err, 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr(s->request, lines[i]));
	assert_non_null(strstr(s->request, "\r\nAuthorization: token abc\r\n"));
	assert_null(strstr(s->request, "Expect:"));
	http_reply_clear(&o.reply);
	server_free(s);
}

static void a_login_is_basic_and_a_get_has_no_body(void **state)
{
	struct server *s = server_new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	struct outcome o = ask(s, (struct http_call){.user = "carol", .password = "pass:word"});

	(void)state;
	assert_int_equal(o.err, 0);
	assert_true(strncmp(s->request, "GET /a?b=c HTTP/1.1\r\n", 21) == 0);
	assert_non_null(strstr(s->request, "\r\nAuthorization: Basic Y2Fyb2w6cGFzczp3b3Jk\r\n"));
	http_reply_clear(&o.reply);
	server_free(s);
}

static void ends_before_their_time_are_not_known(void **state)
{
	static const char *const answers[] = {"", "HTTP/1.1 200 OK\r\nContent-Le",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", "SSH-2.0-OpenSSH_9\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct outcome o = ask_once(answers[i]);
		assert_int_equal(o.err, -EIO);
		assert_non_null(strstr(o.problem.text, "127.0.0.1"));
	}
}

static void silence_is_not_known_but_ends(void **state)
{
	static const char *const answers[] = {"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe"};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct server *s = server_new(answers[i]);
		s->holds = true;
		struct outcome o = ask(s, (struct http_call){.time_ms = 200});
		assert_int_equal(o.err, -ETIMEDOUT);
		server_free(s);
	}
}

static void nobody_there_is_refused(void **state)
{
	struct server *s = server_new("");
	struct outcome o = ask(s, (struct http_call){.url = "http://127.0.0.1:1/"});

	(void)state;
	assert_int_equal(o.err, -ECONNREFUSED);
	server_free(s);
}

static void nothing_is_sent_where_nobody_speaks_tls(void **state)
{
	struct server *s = server_new("HTTP/1.1 200 OK\r\n\r\n");
	struct outcome o;
	char url[100];

	(void)state;
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", s->port);
	s->len = ROOM - 1; /* hears nothing, answers at once */
	memcpy(s->request, "\r\n\r\n", 5);
	o = ask(s, (struct http_call){.url = url, .body = slice_of("secret")});
	assert_int_equal(o.err, -ECONNREFUSED);
	server_free(s);
}

static void long_replies_are_refused(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	struct server *s = server_new(head);
	struct outcome o;

	(void)state;
	s->padding = HTTP_REPLY_MAX;
	o = ask(s, (struct http_call){0});
	assert_int_equal(o.err, 0);
	assert_int_equal(o.reply.len, HTTP_REPLY_MAX);
	http_reply_clear(&o.reply);
	server_free(s);

	s = server_new(head);
	s->padding = HTTP_REPLY_MAX + 1;
	assert_int_equal(ask(s, (struct http_call){0}).err, -EMSGSIZE);
	server_free(s);
}

static void long_heads_are_refused(void **state)
{
	enum { LINES = 2000 };
	static const char line[] = "X-Long: 0123456789012345678901234567890123456789\r\n";
	char *head = memory_new(LINES + 1, sizeof(line));
	size_t len = 0;

	(void)state;
	len += (size_t)snprintf(head, sizeof(line), "HTTP/1.1 200 OK\r\n");
	for (size_t i = 0; i < LINES; i++, len += sizeof(line) - 1)
		memcpy(head + len, line, sizeof(line) - 1);
	assert_int_equal(ask_once(head).err, -EMSGSIZE);
	free(head);
}

static int try(struct http_call call, struct problem *problem)
{
	struct http_reply reply = {0};

	call.url = call.url != NULL ? call.url : "http://127.0.0.1:1/";
	call.time_ms = call.time_ms != 0 ? call.time_ms : 1000;
	int err = http_call(&call, &reply, problem);
	assert_null(reply.body);
	return err;
}

static void odd_urls_are_refused(void **state)
{
	static const char *const urls[] = {"", "127.0.0.1/", "ftp://127.0.0.1/",
		"file:///etc/passwd", "http://u:hidden@127.0.0.1/", "http://u@127.0.0.1/",
		"http://127.0.0.1/ a", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/#a",
		"http://127.0.0.1/\xc3\xa9", "gopher://127.0.0.1/"};
	struct problem problem = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		assert_int_equal(try((struct http_call){.url = urls[i]}, &problem), -EINVAL);
		assert_null(strstr(problem.text, "hidden"));
	}
	assert_int_equal(try((struct http_call){.time_ms = -1}, &problem), -EINVAL);
}

static void no_value_becomes_a_header(void **state)
{
	static const char *const lines[] = {"X: hidden\r\nEvil: 1", "X: hidden\nEvil: 1",
		"X: hidden\x7f", "hidden", ": hidden", "X Y: hidden", "X:", "X:  ", "X;", ""};
	const char *headers[HTTP_HEADERS_MAX + 2] = {NULL};
	struct problem problem = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		headers[0] = lines[i];
		assert_int_equal(try((struct http_call){.headers = headers}, &problem), -EINVAL);
		assert_null(strstr(problem.text, "hidden"));
	}
	for (size_t i = 0; i <= HTTP_HEADERS_MAX; i++)
		headers[i] = "X: y";
	assert_int_equal(try((struct http_call){.headers = headers}, &problem), -EINVAL);
	headers[HTTP_HEADERS_MAX] = NULL;
	assert_int_equal(try((struct http_call){.headers = headers}, &problem), -ECONNREFUSED);
	assert_int_equal(
		try((struct http_call){.user = "a:b", .password = "c"}, &problem), -EINVAL);
	assert_int_equal(
		try((struct http_call){.user = "a", .password = "hidden\r\n"}, &problem), -EINVAL);
	assert_null(strstr(problem.text, "hidden"));
}

static void no_proxy_of_the_environment_is_used(void **state)
{
	struct server *s = server_new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

	(void)state;
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1/", 1), 0);
	struct outcome o = ask(s, (struct http_call){0});
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(o.err, 0);
	http_reply_clear(&o.reply);
	server_free(s);
}

static void encodes_all_but_unreserved_bytes(void **state)
{
	char at[13];

	(void)state;
	assert_true(http_encode(slice_of("aZ09-._~"), at, sizeof(at)));
	assert_string_equal(at, "aZ09-._~");
	assert_true(http_encode(slice_of("&=+\xff"), at, sizeof(at)));
	assert_string_equal(at, "%26%3D%2B%FF");
	assert_false(http_encode(slice_of("&=+ a"), at, sizeof(at)));
	assert_string_equal(at, "");
	assert_true(http_encode((struct slice){0}, at, 1));
	assert_string_equal(at, "");
	assert_false(http_encode(slice_of("a"), at, 1));
	assert_true(http_encode((struct slice){"\0\n", 2}, at, sizeof(at)));
	assert_string_equal(at, "%00%0A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_status_is_an_answer),
		cmocka_unit_test(sends_what_it_is_given),
		cmocka_unit_test(a_login_is_basic_and_a_get_has_no_body),
		cmocka_unit_test(ends_before_their_time_are_not_known),
		cmocka_unit_test(silence_is_not_known_but_ends),
		cmocka_unit_test(nobody_there_is_refused),
		cmocka_unit_test(nothing_is_sent_where_nobody_speaks_tls),
		cmocka_unit_test(long_replies_are_refused),
		cmocka_unit_test(long_heads_are_refused),
		cmocka_unit_test(odd_urls_are_refused),
		cmocka_unit_test(no_value_becomes_a_header),
		cmocka_unit_test(no_proxy_of_the_environment_is_used),
		cmocka_unit_test(encodes_all_but_unreserved_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
