/* http_serve.h - answers HTTP/1.1 at a listening socket, on a loop, by libmicrohttpd. Whoever can
 * connect is hostile: how many connections there are, from each address too, how long a request may
 * be and how long it may take, all is bounded. Only GET and HEAD are heard, without a body; what
 * stands behind a '?' is no part of the path, and nothing in the path is decoded. */
#ifndef STANCH_SYSTEMS_HTTP_SERVE_H
#define STANCH_SYSTEMS_HTTP_SERVE_H

#include "base/attribute.h"
#include "base/loop.h"
#include "facts/networks.h"

#include <stddef.h>

#define HTTP_SERVE_CONNECTIONS 64
#define HTTP_SERVE_OF_ADDRESS  16
#define HTTP_SERVE_REQUEST_MAX ((size_t)8 << 10) /* bytes of a request, about */
#define HTTP_SERVE_TAKE_MS     15000 /* from the connection, or the answer before, to the answer */

struct http_request {
	const char *path;    /* lent for the call */
	const char *accept;  /* its field; "" when there is none */
	struct address from; /* of the client */
};

struct http_reply {
	unsigned status;
	const char *type; /* of the body; lent as long as the server is */
	char *body;       /* made by malloc(); the server's from here on */
	size_t len;
};

/* Fills *ret, which is zero. */
typedef void http_answer(void *context, const struct http_request *request, struct http_reply *ret);

/* A page of one line, "404 Not Found". */
void http_reply_status(struct http_reply *ret, unsigned status);

struct http_serve;

/* socket: listens, non-blocking; the server's from here on. take_ms: HTTP_SERVE_TAKE_MS, or less in
 * a test. 0 and *ret; or -EIO when libmicrohttpd does not begin. */
MUST_USE int http_serve_new(struct loop *loop, int socket, int64_t take_ms, http_answer *answer,
	void *context, struct http_serve **ret);

/* Ends all connections. NULL is fine. */
void http_serve_free(struct http_serve *s);
AUTO_FREE(http_serve)

#endif
