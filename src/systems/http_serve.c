#include "systems/http_serve.h"

#include "base/memory.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SWEEP_MS 500 /* how often it is looked for connections that take too long */

struct connection {
	struct http_serve *serve;
	struct MHD_Connection *mhd;
	int64_t since_ms; /* that a request is waited for */
	struct connection *next, **at;
};

struct http_serve {
	struct loop *loop;
	struct MHD_Daemon *mhd;
	struct loop_watch *watch;
	struct loop_timer *timer, *sweep;
	struct connection *connections;
	int64_t take_ms;
	http_answer *answer;
	void *context;
};

/* ---- connections ---- */

static void begin_connection(struct http_serve *s, struct MHD_Connection *mhd, void **ret)
{
	struct connection *c = memory_new(1, sizeof(*c));

	*c = (struct connection){.serve = s,
		.mhd = mhd,
		.since_ms = loop_now_ms(s->loop),
		.next = s->connections,
		.at = &s->connections};
	if (c->next != NULL)
		c->next->at = &c->next;
	s->connections = c;
	*ret = c;
}

static void end_connection(struct connection *c)
{
	*c->at = c->next;
	if (c->next != NULL)
		c->next->at = c->at;
	free(c);
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **ours,
	enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		begin_connection(context, mhd, ours);
	else if (*ours != NULL)
		end_connection(*ours);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request,
	enum MHD_RequestTerminationCode code)
{
	struct http_serve *s = context;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *c = info != NULL ? info->socket_context : NULL;

	(void)request, (void)code;
	if (c != NULL)
		c->since_ms = loop_now_ms(s->loop);
}

/* The library's own limit is one of silence: who sends a byte now and then would stay. */
static void end_slow(void *context)
{
	struct http_serve *s = context;

	for (const struct connection *c = s->connections; c != NULL; c = c->next) {
		if (loop_now_ms(s->loop) - c->since_ms < s->take_ms)
			continue;
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info != NULL)
			(void)shutdown(info->connect_fd, SHUT_RDWR);
	}
}

/* ---- requests ---- */

static const char *status_words(unsigned status)
{
	static const struct {
		unsigned status;
		const char *words;
	} known[] = {{200, "OK"}, {400, "Bad Request"}, {403, "Forbidden"}, {404, "Not Found"},
		{405, "Method Not Allowed"}, {406, "Not Acceptable"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == status)
			return known[i].words;
	return "Error";
}

void http_reply_status(struct http_reply *ret, unsigned status)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%u %s\n", status, status_words(status));

	*ret = (struct http_reply){.status = status,
		.type = "text/plain; charset=utf-8",
		.body = memory_copy(line, (size_t)n),
		.len = (size_t)n};
}

static struct address address_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct address a = {.bytes = {[10] = 0xff, [11] = 0xff}};
	const struct sockaddr *from = info != NULL ? info->client_addr : NULL;

	if (from != NULL && from->sa_family == AF_INET6)
		memcpy(a.bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
	else if (from != NULL && from->sa_family == AF_INET)
		memcpy(a.bytes + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr,
			4);
	return a;
}

static bool put_field(struct MHD_Response *response, const char *name, const char *value)
{
	return MHD_add_response_header(response, name, value) == MHD_YES;
}

static enum MHD_Result send_reply(struct MHD_Connection *mhd, const struct http_reply *reply)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(reply->len, reply->body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result = MHD_NO;

	if (response == NULL) {
		free(reply->body);
		return MHD_NO;
	}
	if (put_field(response, "Content-Type", reply->type) &&
		put_field(response, "Cache-Control", "no-store") &&
		put_field(response, "X-Content-Type-Options", "nosniff") &&
		(reply->status != 405 || put_field(response, "Allow", "GET, HEAD")))
		result = MHD_queue_response(mhd, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static bool has_body(struct MHD_Connection *mhd)
{
	const char *length = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Content-Length");

	return (length != NULL && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Transfer-Encoding") != NULL;
}

/* The library calls twice: behind the head, and behind the body. What is answered at the first call
 * ends the connection, and its body is not waited for. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *path,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **request)
{
	struct http_serve *s = context;
	const char *accept = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Accept");
	const struct http_request asked = {path, accept != NULL ? accept : "", address_of(mhd)};
	struct http_reply reply = {0};

	(void)version, (void)upload, (void)upload_size;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		http_reply_status(&reply, 405);
	} else if (has_body(mhd)) {
		http_reply_status(&reply, 400);
	} else if (*request == NULL) {
		*request = s;
		return MHD_YES;
	} else {
		s->answer(s->context, &asked, &reply);
	}
	return send_reply(mhd, &reply);
}

static size_t leave_encoded(void *context, struct MHD_Connection *mhd, char *text)
{
	(void)context, (void)mhd;
	return strlen(text);
}

/* ---- the loop ---- */

static void run(struct http_serve *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;

	(void)MHD_run(s->mhd);
	if (MHD_get_timeout(s->mhd, &wait_ms) == MHD_YES)
		loop_timer_start(s->timer, wait_ms < 60000 ? (int64_t)wait_ms : 60000, 0);
	else
		loop_timer_stop(s->timer);
}

static void on_ready(void *context, unsigned ready)
{
	(void)ready;
	run(context);
}

static void on_timer(void *context)
{
	run(context);
}

static int begin(struct http_serve *s, int socket)
{
	s->mhd = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, s,
		MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)HTTP_SERVE_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)HTTP_SERVE_OF_ADDRESS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		HTTP_SERVE_REQUEST_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)(HTTP_SERVE_TAKE_MS / 1000), MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded,
		NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, s, MHD_OPTION_END);
	if (s->mhd == NULL) {
		(void)close(socket);
		return -EIO;
	}
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		return -EIO;
	int err = loop_watch_new(s->loop, info->epoll_fd, on_ready, s, &s->watch);
	if (err < 0)
		return err;
	loop_watch_for(s->watch, LOOP_READ);
	loop_timer_start(s->sweep, SWEEP_MS, SWEEP_MS);
	return 0;
}

int http_serve_new(struct loop *loop, int socket, int64_t take_ms, http_answer *answer,
	void *context, struct http_serve **ret)
{
	struct http_serve *s = memory_new(1, sizeof(*s));

	*s = (struct http_serve){
		.loop = loop, .take_ms = take_ms, .answer = answer, .context = context};
	s->timer = loop_timer_new(loop, on_timer, s);
	s->sweep = loop_timer_new(loop, end_slow, s);
	int err = begin(s, socket);
	if (err < 0) {
		http_serve_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void http_serve_free(struct http_serve *s)
{
	if (s == NULL)
		return;
	loop_watch_free(s->watch);
	loop_timer_free(s->timer);
	loop_timer_free(s->sweep);
	if (s->mhd != NULL)
		MHD_stop_daemon(s->mhd);
	free(s);
}
