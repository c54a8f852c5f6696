#include "programs/daemon/clerk_visitor.h"

#include "base/json_text.h"
#include "formats/http_cookie.h"

#include <string.h>
#include <strings.h>

#define NAME_MAX_BYTES  128
#define TOKEN_MAX_BYTES 255

bool clerk_visitor_is_hex(struct slice text)
{
	if (text.len < 16 || text.len > CLERK_SESSION_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (strchr("0123456789abcdefABCDEF", text.at[i]) == NULL || text.at[i] == '\0')
			return false;
	return true;
}

/* RFC 6750, section 2.1. */
static bool is_token(struct slice text)
{
	if (text.len == 0 || text.len > TOKEN_MAX_BYTES)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool is_letter = slice_lower(c) >= 'a' && slice_lower(c) <= 'z';

		if (!is_letter && (c < '0' || c > '9') &&
			(c == '\0' || strchr("-._~+/=:", c) == NULL))
			return false;
	}
	return true;
}

static bool is_name(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] <= ' ' || (unsigned char)text.at[i] >= 0x7f)
			return false;
	return text.len > 0 && text.len <= NAME_MAX_BYTES;
}

bool clerk_visitor_is_proxy(const struct clerk_gate *gate, const struct http_request *request)
{
	return networks_count(gate->proxies) > 0 &&
	       networks_find(gate->proxies, &request->from).is_named;
}

bool clerk_visitor_is_private(const struct clerk_gate *gate, const struct http_request *request)
{
	return gate->is_tls || networks_find(gate->here, &request->from).is_named ||
	       clerk_visitor_is_proxy(gate, request);
}

bool clerk_visitor_has_tls(const struct clerk_gate *gate, const struct http_request *request)
{
	return gate->is_tls ||
	       (clerk_visitor_is_proxy(gate, request) &&
		       strcmp(http_request_field(request, "X-Forwarded-Proto"), "https") == 0);
}

json_t *clerk_visitor_from(const struct http_request *request)
{
	char text[ADDRESS_TEXT_MAX];

	return json_text(slice_of(address_text(&request->from, text)));
}

static json_t *who(const struct http_request *request, const char *way, struct slice text)
{
	json_t *o = json_object();

	json_put(o, way, json_text(text));
	json_put(o, "from", clerk_visitor_from(request));
	return o;
}

static json_t *by_token(const struct http_request *request, const char *authorization)
{
	struct slice token = slice_trim(slice_of(authorization + strlen("Bearer ")));

	return is_token(token) ? who(request, "token", token) : NULL;
}

static json_t *by_cookie(const struct http_request *request)
{
	struct slice session = {0};
	const char *cookies = http_request_field(request, "Cookie");

	if (!http_cookie_find(slice_of(cookies), CLERK_COOKIE, &session) ||
		!clerk_visitor_is_hex(session))
		return NULL;
	return who(request, "session", session);
}

json_t *clerk_visitor_who(const struct clerk_gate *gate, const struct http_request *request)
{
	const char *authorization = http_request_field(request, "Authorization");

	if (strncasecmp(authorization, "Bearer ", strlen("Bearer ")) == 0)
		return by_token(request, authorization);
	if (gate->user_field != NULL && clerk_visitor_is_proxy(gate, request)) {
		struct slice name =
			slice_trim(slice_of(http_request_field(request, gate->user_field)));
		if (name.len > 0)
			return is_name(name) ? who(request, "proxy", name) : NULL;
	}
	return by_cookie(request);
}

bool clerk_visitor_is_own_page(const struct http_request *request)
{
	const char *site = http_request_field(request, "Sec-Fetch-Site");
	const char *origin = http_request_field(request, "Origin");
	const char *host = http_request_field(request, "Host");

	if (site[0] != '\0')
		return strcmp(site, "same-origin") == 0;
	if (origin[0] == '\0')
		return true;
	const char *place = strstr(origin, "://");
	return place != NULL && host[0] != '\0' && strcasecmp(place + 3, host) == 0;
}

bool clerk_visitor_sends_json(const struct http_request *request)
{
	struct slice type = slice_of(http_request_field(request, "Content-Type"));

	return slice_equal_nocase(
		slice_trim(slice_first(type, slice_find(type, ';'))), slice_of("application/json"));
}
