/* http_serve.h - answers HTTP/1.1 at a listening socket, on a loop, by libmicrohttpd; with TLS if
 * it is given a certificate. Whoever can connect is hostile: how many connections there are, from
 * each address too, how long a request and its body may be and how long they may take, all is
 * bounded. GET and HEAD are heard without a body, POST with one; nothing in the path is decoded. */
#ifndef STANCH_SYSTEMS_HTTP_SERVE_H
#define STANCH_SYSTEMS_HTTP_SERVE_H

#include "base/attribute.h"
#include "base/loop.h"
#include "base/slice.h"
#include "facts/networks.h"
#include "formats/http_query.h"

#include <stdbool.h>
#include <stddef.h>

#define HTTP_SERVE_CONNECTIONS 256
#define HTTP_SERVE_OF_ADDRESS  32
#define HTTP_SERVE_REQUEST_MAX ((size_t)16 << 10) /* bytes of a request without its body, about */
#define HTTP_SERVE_BODY_MAX    ((size_t)16 << 10)
#define HTTP_SERVE_TAKE_MS     15000 /* from the connection, or the answer before, to the answer */
#define HTTP_SERVE_STREAM_MAX                                                                      \
	((size_t)2 << 20) /* bytes that wait for a slow reader of a stream                         \
			   */

/* ---- requests ---- */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

struct http_exchange;

/* All is lent for the call. */
struct http_request {
	enum http_method method;
	const char *path; /* as it was sent, up to the '?' */
	struct http_query query;
	struct slice body;   /* of POST */
	struct address from; /* of the client */
	unsigned wrong;      /* 0; or the status that it is answered, whatever is asked for */
	struct http_exchange *exchange; /* private */
};

/* Of the field of that name; "" when there is none, or more than one. Lent for the call. */
const char *http_request_field(const struct http_request *request, const char *name);

/* ---- answers ---- */

#define HTTP_REPLY_FIELDS 8

struct http_stream;

struct http_reply {
	unsigned status;
	const char *type;  /* of the body; lent as long as the server is; NULL: none is said */
	const char *cache; /* Cache-Control, lent as type is; NULL: "no-store" */
	char *body;        /* made by malloc(); the server's from here on; sent as gzip, if that is
			      worth it and the client takes it */
	struct slice lent; /* in its place, when .at is not NULL: lent as type is */
	size_t len;        /* of body */
	struct http_stream *stream; /* in place of a body: what comes, until it ends */
	size_t field_count;
	struct {
		const char *name; /* lent as type is */
		char *value;
	} fields[HTTP_REPLY_FIELDS];
};

/* A page of one line, "404 Not Found". */
void http_reply_status(struct http_reply *ret, unsigned status);

/* "Not Found"; "Error" of one that is not known. */
const char *http_status_words(unsigned status);

/* Adds a field to the answer; value is copied. What does not fit is left out, and so is a value
 * with a control character in it. */
void http_reply_field(struct http_reply *reply, const char *name, const char *value);

/* Gives up an answer that is not sent. */
void http_reply_drop(struct http_reply *reply);

/* Fills *ret, which is zero; or takes http_later_new() and leaves *ret as it is. */
typedef void http_answer(void *context, const struct http_request *request, struct http_reply *ret);

/* ---- answers that come later ---- */

struct http_later;

/* Only while the request is being answered, once, and when it is not wrong. Then http_later_send()
 * must follow, now or at any time, also when the client or the server has gone meanwhile. */
struct http_later *http_later_new(const struct http_request *request);

/* Sends *reply, or clears it when there is nobody to hear it; ends `later`. */
void http_later_send(struct http_later *later, struct http_reply *reply);

/* ---- streams ---- */

/* over: is called once, when nobody reads any more: the client has gone or was too slow, the stream
 * has ended, its answer was not sent, or the server ends. From then on it is not to be used. It is
 * put into one reply. */
struct http_stream *http_stream_new(void (*over)(void *context), void *context);

/* Sends the bytes, now or when the client takes them; ends the stream when too much waits. May not
 * be called in over(). */
void http_stream_send(struct http_stream *stream, struct slice bytes);

/* Ends it when what was sent has been taken. */
void http_stream_end(struct http_stream *stream);

/* ---- the server ---- */

struct http_field {
	const char *name, *value;
};

/* What is pointed to is lent for the call of http_serve_new(), but `fields` as long as the server
 * is. */
struct http_serve_options {
	int64_t take_ms;                 /* HTTP_SERVE_TAKE_MS, or less in a test */
	const char *certificate, *key;   /* PEM; NULL: without TLS */
	const struct http_field *fields; /* of every answer, ended by a name of NULL; NULL: none */
};

struct http_serve;

/* socket: listens, non-blocking; the server's from here on. 0 and *ret; or -EIO when libmicrohttpd
 * does not begin: also with a certificate or key that it cannot use. */
MUST_USE int http_serve_new(struct loop *loop, int socket, const struct http_serve_options *options,
	http_answer *answer, void *context, struct http_serve **ret);

/* Ends all connections. NULL is fine. */
void http_serve_free(struct http_serve *s);
AUTO_FREE(http_serve)

#endif
