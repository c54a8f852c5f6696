/* clerk_visitor.h - what a request says of who sent it, before the hand is asked: the session,
 * token or name that it comes with, whether it came in a way that others cannot read, and whether a
 * page of ours sent it. */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_VISITOR_H
#define STANCH_PROGRAMS_DAEMON_CLERK_VISITOR_H

#include "facts/networks.h"
#include "systems/http_serve.h"

#include <jansson.h>
#include <stdbool.h>

#define CLERK_COOKIE      "stanch"
#define CLERK_SESSION_MAX 128 /* hexadecimal digits */

struct clerk_gate {
	struct networks *here;    /* loopback */
	struct networks *proxies; /* who may name the user, and speaks for many clients */
	const char *user_field;   /* that names the user; NULL: none does */
	bool is_tls;
};

/* {"session" or "token" or "proxy": TEXT, "from": ADDRESS}, a new reference; NULL: it comes with
 * none, or with one that can be none. */
json_t *clerk_visitor_who(const struct clerk_gate *gate, const struct http_request *request);

/* The client's address as text, a new reference. */
json_t *clerk_visitor_from(const struct http_request *request);

bool clerk_visitor_is_proxy(const struct clerk_gate *gate, const struct http_request *request);

/* Whether passwords and sessions may come this way: with TLS, from this host, or from a proxy. */
bool clerk_visitor_is_private(const struct clerk_gate *gate, const struct http_request *request);

/* Whether the browser, if it is one, is at TLS: with us, or with the proxy as that says. */
bool clerk_visitor_has_tls(const struct clerk_gate *gate, const struct http_request *request);

/* false: the browser says that another site's page sent it. By Sec-Fetch-Site, which no page can
 * change; from a browser that does not send that, by whether Origin and Host name the same place.
 */
bool clerk_visitor_is_own_page(const struct http_request *request);

/* Whether the body is said to be JSON, which no form of another site can say. */
bool clerk_visitor_sends_json(const struct http_request *request);

bool clerk_visitor_is_hex(struct slice text);

#endif
