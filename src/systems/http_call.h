/* http_call.h - one HTTP request and its whole reply, waited for: what panels, billing systems,
 * Dovecot's API and webhooks are asked with, over libcurl. Bounded in time and size; http and https
 * only, no redirects, no proxy from the environment, certificates checked. */
#ifndef STANCH_SYSTEMS_HTTP_CALL_H
#define STANCH_SYSTEMS_HTTP_CALL_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_REPLY_MAX   ((size_t)4 << 20) /* bytes */
#define HTTP_HEADERS_MAX 16

/* All borrowed. What may be a secret (headers, login, body) is never in a problem's text. */
struct http_call {
	const char *url;            /* names the other side in a problem; without a secret in it */
	const char *const *headers; /* "Name: value", ended by NULL; NULL: none. No control bytes */
	const char *user, *password; /* of Basic authentication; NULL: none */
	const char *ca_file;         /* certificates to trust; NULL: the system's */
	struct slice body;           /* POST; .at NULL: GET */
	int64_t time_ms;
};

struct http_reply {
	long status;
	char *body; /* a NUL behind it; never NULL after success */
	size_t len;
};
void http_reply_clear(struct http_reply *reply); /* wiped, for it may have a secret in it */

/* 0 and *ret, whatever the status is: several of the systems that we ask say in the body what the
 * status does not. Or *problem (which names the URL) and
 *   -EINVAL        this cannot be asked: scheme, control bytes, too many headers
 *   -ECONNREFUSED  nobody could be reached: nothing has happened
 *   -ETIMEDOUT     the request was sent, or partly, and no reply came in time: not known
 *   -EPROTO        the certificate is not one to trust: nothing was sent
 *   -EMSGSIZE      the reply is longer than HTTP_REPLY_MAX
 *   -EIO           the connection ended before its time: not known. */
MUST_USE int http_call(
	const struct http_call *call, struct http_reply *ret, struct problem *problem);

/* Puts text into at, encoded for a query or a form (RFC 3986, section 2.1: all but unreserved
 * bytes). false, and at is "", when it does not fit. */
MUST_USE bool http_encode(struct slice text, char *at, size_t size);

#endif
