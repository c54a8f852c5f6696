#include "systems/http_serve.h"

#include "base/memory.h"
#include "base/secret.h"
#include "formats/http_accept.h"
#include "systems/http_pack.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SWEEP_MS     500  /* how often it is looked for connections that take too long */
#define STREAM_BLOCK 8192 /* bytes of a stream that are sent at once */
#define TLS_ORDER    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

struct connection {
	struct http_serve *serve;
	struct MHD_Connection *mhd;
	int64_t since_ms; /* that the client is waited for */
	bool is_ours;     /* the client waits for us */
	struct address from;
	struct connection *next, **at;
};

/* A request and its answer. */
struct http_exchange {
	struct http_serve *serve;
	struct MHD_Connection *mhd;
	struct http_request request;
	char *query; /* as it was sent */
	char *body;
	size_t body_len;
	struct http_later *later; /* NULL: none, or it has sent */
	struct http_reply reply;
	bool has_begun, is_asked, is_suspended;
	struct http_exchange *next, **at;
};

struct http_later {
	struct http_exchange *exchange; /* NULL: the client has gone */
};

struct http_stream {
	void (*over)(void *context);
	void *context;
	struct connection *connection; /* NULL: its answer is not sent yet */
	char *bytes;
	size_t len;
	bool has_ended, is_suspended;
	struct http_stream *next, **at;
};

struct http_serve {
	struct loop *loop;
	struct MHD_Daemon *mhd;
	struct loop_watch *watch;
	struct loop_timer *timer, *sweep;
	struct connection *connections;
	struct http_exchange *exchanges;
	struct http_stream *streams; /* those whose answer was sent */
	int64_t take_ms;
	const struct http_field *fields;
	bool ends;
	http_answer *answer;
	void *context;
};

/* ---- connections ---- */

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

static void cut(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL)
		(void)shutdown(info->connect_fd, SHUT_RDWR);
}

/* The library counts by whole addresses, of which who has IPv6 has many. */
static bool has_too_many(const struct http_serve *s, const struct address *from)
{
	unsigned n = 0;

	for (const struct connection *c = s->connections; c != NULL; c = c->next)
		n += address_same_holder(&c->from, from);
	return n >= HTTP_SERVE_OF_ADDRESS;
}

static void begin_connection(struct http_serve *s, struct MHD_Connection *mhd, void **ret)
{
	struct connection *c = memory_new(1, sizeof(*c));
	const struct address from = address_of(mhd);

	if (has_too_many(s, &from))
		cut(mhd);
	*c = (struct connection){.serve = s,
		.mhd = mhd,
		.from = from,
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

static struct connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

/* Who is waited for from now on. */
static void set_turn(struct MHD_Connection *mhd, bool is_ours)
{
	struct connection *c = connection_of(mhd);

	if (c == NULL)
		return;
	c->is_ours = is_ours;
	c->since_ms = loop_now_ms(c->serve->loop);
}

/* The library's own limit is one of silence: who sends a byte now and then would stay. */
static void end_slow(void *context)
{
	struct http_serve *s = context;

	for (const struct connection *c = s->connections; c != NULL; c = c->next)
		if (!c->is_ours && loop_now_ms(s->loop) - c->since_ms >= s->take_ms)
			cut(c->mhd);
}

/* The library hears of it only when it runs. */
static void go_on(struct http_serve *s, struct MHD_Connection *mhd)
{
	MHD_resume_connection(mhd);
	loop_timer_start(s->timer, 0, 0);
}

/* ---- streams ---- */

struct http_stream *http_stream_new(void (*over)(void *context), void *context)
{
	struct http_stream *stream = memory_new(1, sizeof(*stream));

	stream->over = over;
	stream->context = context;
	return stream;
}

static void stream_free(void *context)
{
	struct http_stream *stream = context;

	if (stream->at != NULL) {
		*stream->at = stream->next;
		if (stream->next != NULL)
			stream->next->at = stream->at;
	}
	stream->over(stream->context);
	free(stream->bytes);
	free(stream);
}

static void wake_stream(struct http_stream *stream)
{
	if (!stream->is_suspended || stream->connection == NULL)
		return;
	stream->is_suspended = false;
	go_on(stream->connection->serve, stream->connection->mhd);
}

/* The library asks for what comes next, into at. */
static ssize_t read_stream(void *context, uint64_t position, char *at, size_t most)
{
	struct http_stream *stream = context;
	size_t n = stream->len < most ? stream->len : most;

	(void)position;
	if (n == 0 && stream->has_ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0) {
		stream->is_suspended = true;
		set_turn(stream->connection->mhd, true);
		MHD_suspend_connection(stream->connection->mhd);
		return 0;
	}
	memcpy(at, stream->bytes, n);
	memmove(stream->bytes, stream->bytes + n, stream->len - n);
	stream->len -= n;
	return (ssize_t)n;
}

void http_stream_send(struct http_stream *stream, struct slice bytes)
{
	if (stream->has_ended)
		return;
	if (bytes.len > HTTP_SERVE_STREAM_MAX - stream->len) {
		stream->has_ended = true;
		stream->len = 0;
		if (stream->connection != NULL)
			cut(stream->connection->mhd);
		wake_stream(stream);
		return;
	}
	stream->bytes = memory_grow(stream->bytes, stream->len + bytes.len + 1, 1);
	if (bytes.len > 0)
		memcpy(stream->bytes + stream->len, bytes.at, bytes.len);
	stream->len += bytes.len;
	if (stream->is_suspended)
		set_turn(stream->connection->mhd, false);
	wake_stream(stream);
}

void http_stream_end(struct http_stream *stream)
{
	stream->has_ended = true;
	wake_stream(stream);
}

static void attach_stream(struct http_exchange *e, struct http_stream *stream)
{
	struct http_serve *s = e->serve;

	stream->connection = connection_of(e->mhd);
	stream->at = &s->streams;
	stream->next = s->streams;
	if (stream->next != NULL)
		stream->next->at = &stream->next;
	s->streams = stream;
}

/* ---- answers ---- */

const char *http_status_words(unsigned status)
{
	static const struct {
		unsigned status;
		const char *words;
	} known[] = {{200, "OK"}, {304, "Not Modified"}, {400, "Bad Request"},
		{401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
		{405, "Method Not Allowed"}, {406, "Not Acceptable"}, {411, "Length Required"},
		{413, "Content Too Large"}, {415, "Unsupported Media Type"},
		{429, "Too Many Requests"}, {500, "Internal Server Error"},
		{503, "Service Unavailable"}, {504, "Gateway Timeout"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == status)
			return known[i].words;
	return "Error";
}

void http_reply_status(struct http_reply *ret, unsigned status)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%u %s\n", status, http_status_words(status));

	*ret = (struct http_reply){.status = status,
		.type = "text/plain; charset=utf-8",
		.body = memory_copy(line, (size_t)n),
		.len = (size_t)n};
}

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

void http_reply_field(struct http_reply *reply, const char *name, const char *value)
{
	if (reply->field_count == HTTP_REPLY_FIELDS || has_control(value))
		return;
	reply->fields[reply->field_count].name = name;
	reply->fields[reply->field_count++].value = memory_copy(value, strlen(value));
}

static void clear_fields(struct http_reply *reply)
{
	for (size_t i = 0; i < reply->field_count; i++)
		free(reply->fields[i].value);
	reply->field_count = 0;
}

void http_reply_drop(struct http_reply *reply)
{
	clear_fields(reply);
	free(reply->body);
	if (reply->stream != NULL)
		stream_free(reply->stream);
	*reply = (struct http_reply){0};
}

static bool put_field(struct MHD_Response *response, const char *name, const char *value)
{
	return MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool put_fields(
	struct MHD_Response *response, const struct http_serve *s, const struct http_reply *reply)
{
	bool is_put = put_field(response, "Cache-Control",
			      reply->cache != NULL ? reply->cache : "no-store") &&
		      put_field(response, "X-Content-Type-Options", "nosniff") &&
		      (reply->type == NULL || put_field(response, "Content-Type", reply->type));

	for (const struct http_field *f = s->fields; f != NULL && f->name != NULL; f++)
		is_put = is_put && put_field(response, f->name, f->value);
	for (size_t i = 0; i < reply->field_count; i++)
		is_put = is_put &&
			 put_field(response, reply->fields[i].name, reply->fields[i].value);
	return is_put;
}

/* What the body is made of becomes the response's. */
static struct MHD_Response *make_response(struct http_exchange *e)
{
	struct http_reply *reply = &e->reply;
	struct MHD_Response *response = NULL;

	if (reply->stream != NULL) {
		response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, reply->stream, stream_free);
		if (response != NULL)
			attach_stream(e, reply->stream);
	} else if (reply->lent.at != NULL) {
		union {
			const char *lent;
			void *at;
		} bytes = {reply->lent.at}; /* which is not written to */
		response = MHD_create_response_from_buffer(
			reply->lent.len, bytes.at, MHD_RESPMEM_PERSISTENT);
	} else {
		response = MHD_create_response_from_buffer(
			reply->len, reply->body, MHD_RESPMEM_MUST_FREE);
	}
	if (response != NULL) {
		reply->stream = NULL;
		reply->body = NULL;
	}
	return response;
}

/* What is answered over a line is smaller as gzip, if the client takes it. */
static void pack(struct http_exchange *e)
{
	struct http_reply *reply = &e->reply;
	const char *accepted = http_request_field(&e->request, "Accept-Encoding");
	char *packed;
	size_t len;

	if (reply->body == NULL || http_accept_coding(slice_of(accepted), "gzip") == 0 ||
		reply->field_count + 2 > HTTP_REPLY_FIELDS ||
		!http_pack((struct slice){reply->body, reply->len}, &packed, &len))
		return;
	free(reply->body);
	reply->body = packed;
	reply->len = len;
	http_reply_field(reply, "Content-Encoding", "gzip");
	http_reply_field(reply, "Vary", "Accept-Encoding");
}

static enum MHD_Result send_reply(struct http_exchange *e)
{
	pack(e);
	struct MHD_Response *response = make_response(e);
	enum MHD_Result result = MHD_NO;

	set_turn(e->mhd, false);
	if (response != NULL && put_fields(response, e->serve, &e->reply))
		result = MHD_queue_response(e->mhd, e->reply.status, response);
	if (response != NULL)
		MHD_destroy_response(response);
	http_reply_drop(&e->reply);
	return result;
}

/* ---- requests ---- */

static void free_exchange(struct http_exchange *e)
{
	*e->at = e->next;
	if (e->next != NULL)
		e->next->at = e->at;
	if (e->later != NULL)
		e->later->exchange = NULL;
	http_reply_drop(&e->reply);
	free(e->query);
	secret_wipe(e->body, e->body_len); /* a password may be in it */
	free(e->body);
	free(e);
}

/* The first that is heard of a request: its line. */
static void *on_line(void *context, const char *uri, struct MHD_Connection *mhd)
{
	struct http_serve *s = context;
	struct http_exchange *e = memory_new(1, sizeof(*e));
	const char *query = strchr(uri, '?');

	*e = (struct http_exchange){
		.serve = s, .mhd = mhd, .next = s->exchanges, .at = &s->exchanges};
	e->query = query != NULL ? memory_copy(query + 1, strlen(query + 1)) : NULL;
	e->request.exchange = e;
	if (e->next != NULL)
		e->next->at = &e->next;
	s->exchanges = e;
	return e;
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request,
	enum MHD_RequestTerminationCode code)
{
	(void)context, (void)code;
	set_turn(mhd, false);
	if (*request != NULL)
		free_exchange(*request);
	*request = NULL;
}

struct sought {
	const char *name, *value;
	unsigned count;
};

static enum MHD_Result look_at_field(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct sought *sought = context;

	(void)kind;
	if (strcasecmp(name, sought->name) != 0)
		return MHD_YES;
	sought->value = value;
	sought->count++;
	return MHD_YES;
}

static struct sought seek_field(struct MHD_Connection *mhd, const char *name)
{
	struct sought sought = {.name = name};

	(void)MHD_get_connection_values(mhd, MHD_HEADER_KIND, look_at_field, &sought);
	return sought;
}

const char *http_request_field(const struct http_request *request, const char *name)
{
	const struct sought sought = seek_field(request->exchange->mhd, name);

	return sought.count == 1 && sought.value != NULL ? sought.value : "";
}

static enum http_method method_of(const char *word)
{
	return strcmp(word, "GET") == 0    ? HTTP_GET
	       : strcmp(word, "HEAD") == 0 ? HTTP_HEAD
	       : strcmp(word, "POST") == 0 ? HTTP_POST
					   : HTTP_OTHER;
}

/* What is wrong with the body that is announced: 0, or the status. */
static unsigned judge_body(struct MHD_Connection *mhd, enum http_method method)
{
	const struct sought length = seek_field(mhd, "Content-Length");
	bool is_chunked = seek_field(mhd, "Transfer-Encoding").count > 0;
	unsigned long long announced = length.value != NULL ? strtoull(length.value, NULL, 10) : 0;

	if (length.count > 1 || (is_chunked && length.count > 0))
		return 400;
	if (method != HTTP_POST)
		return is_chunked || announced > 0 ? 400 : 0;
	if (is_chunked)
		return 411;
	return announced > HTTP_SERVE_BODY_MAX ? 413 : 0;
}

static void begin_exchange(struct http_exchange *e, const char *method)
{
	struct http_request *r = &e->request;

	e->has_begun = true;
	r->method = method_of(method);
	r->from = address_of(e->mhd);
	r->wrong = r->method == HTTP_OTHER ? 405 : judge_body(e->mhd, r->method);
}

static void ask(struct http_exchange *e, const char *path)
{
	struct http_request *r = &e->request;
	struct slice query = {0};

	e->is_asked = true;
	if (e->query != NULL)
		query = slice_of(e->query);
	r->path = path;
	r->body = (struct slice){e->body, e->body_len};
	if (http_query_read(query, &r->query) < 0 && r->wrong == 0)
		r->wrong = 400;
	e->serve->answer(e->serve->context, r, &e->reply);
	if (r->wrong != 0)
		e->reply.status = r->wrong;
}

static enum MHD_Result take_body(struct http_exchange *e, const char *bytes, size_t *len)
{
	if (*len > HTTP_SERVE_BODY_MAX - e->body_len)
		return MHD_NO;
	e->body = memory_grow(e->body, e->body_len + *len + 1, 1);
	memcpy(e->body + e->body_len, bytes, *len);
	e->body_len += *len;
	*len = 0;
	return MHD_YES;
}

/* The library calls behind the head, for each part of the body, behind that, and when it was told
 * to go on. What is answered at the first call ends the connection, and its body is not waited for.
 */
static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *path,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **request)
{
	struct http_exchange *e = *request;

	(void)context, (void)version;
	if (e == NULL || e->serve->ends)
		return MHD_NO;
	if (!e->has_begun) {
		begin_exchange(e, method);
		if (e->request.wrong == 0)
			return MHD_YES;
		ask(e, path);
		return send_reply(e);
	}
	if (*upload_size > 0)
		return take_body(e, upload, upload_size);
	if (!e->is_asked)
		ask(e, path);
	if (e->later == NULL)
		return send_reply(e);
	e->is_suspended = true;
	set_turn(mhd, true);
	MHD_suspend_connection(mhd);
	return MHD_YES;
}

struct http_later *http_later_new(const struct http_request *request)
{
	struct http_later *later = memory_new(1, sizeof(*later));

	later->exchange = request->exchange;
	later->exchange->later = later;
	return later;
}

void http_later_send(struct http_later *later, struct http_reply *reply)
{
	struct http_exchange *e = later->exchange;

	free(later);
	if (e == NULL) {
		http_reply_drop(reply);
		return;
	}
	e->later = NULL;
	e->reply = *reply;
	*reply = (struct http_reply){0};
	if (!e->is_suspended)
		return;
	e->is_suspended = false;
	go_on(e->serve, e->mhd);
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

static struct MHD_Daemon *start_library(
	struct http_serve *s, int socket, const struct http_serve_options *options)
{
	union {
		const char *lent;
		void *at;
	} certificate = {options->certificate}, key = {options->key}, order = {TLS_ORDER};
	const struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, certificate.at},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, key.at}, {MHD_OPTION_HTTPS_PRIORITIES, 0, order.at},
		{MHD_OPTION_END, 0, NULL}};
	const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	bool is_tls = options->certificate != NULL;
	unsigned flags = (unsigned)MHD_USE_EPOLL | (unsigned)MHD_ALLOW_SUSPEND_RESUME |
			 (is_tls ? (unsigned)MHD_USE_TLS : 0);

	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET,
		socket, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_SERVE_CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_SERVE_OF_ADDRESS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_SERVE_REQUEST_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(HTTP_SERVE_TAKE_MS / 1000),
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL, MHD_OPTION_URI_LOG_CALLBACK,
		on_line, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_ARRAY, is_tls ? tls : none,
		MHD_OPTION_END);
}

static int begin(struct http_serve *s, int socket, const struct http_serve_options *options)
{
	s->mhd = start_library(s, socket, options);
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

int http_serve_new(struct loop *loop, int socket, const struct http_serve_options *options,
	http_answer *answer, void *context, struct http_serve **ret)
{
	struct http_serve *s = memory_new(1, sizeof(*s));

	*s = (struct http_serve){.loop = loop,
		.take_ms = options->take_ms,
		.fields = options->fields,
		.answer = answer,
		.context = context};
	s->timer = loop_timer_new(loop, on_timer, s);
	s->sweep = loop_timer_new(loop, end_slow, s);
	int err = begin(s, socket, options);
	if (err < 0) {
		http_serve_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

/* The library does not end while a connection is suspended. */
static void wake_all(struct http_serve *s)
{
	s->ends = true;
	for (struct http_exchange *e = s->exchanges; e != NULL; e = e->next)
		if (e->is_suspended) {
			e->is_suspended = false;
			MHD_resume_connection(e->mhd);
		}
	for (struct http_stream *stream = s->streams; stream != NULL; stream = stream->next) {
		stream->has_ended = true;
		wake_stream(stream);
	}
}

void http_serve_free(struct http_serve *s)
{
	if (s == NULL)
		return;
	loop_watch_free(s->watch);
	loop_timer_free(s->sweep);
	wake_all(s);
	if (s->mhd != NULL)
		MHD_stop_daemon(s->mhd);
	loop_timer_free(s->timer);
	free(s);
}
