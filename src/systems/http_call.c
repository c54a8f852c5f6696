#include "systems/http_call.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/secret.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX      8192
#define TIME_MOST_MS 600000
#define HEAD_MAX     ((size_t)64 << 10) /* bytes of the reply's own headers */
#define ROOM_FIRST   ((size_t)4 << 10)
#define NAMED_MAX    400 /* bytes of a URL that a problem repeats */
#define WHY_MAX      300 /* bytes of libcurl's words that a problem repeats */

/* One call under way. */
struct call {
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	size_t len, room, head_len;
	bool is_head_whole; /* libcurl takes one that was cut off for a reply, too */
	bool is_too_long;
	char why[CURL_ERROR_SIZE];
};

/* What fails only when memory ends. */
static void must(bool holds)
{
	if (!holds) {
		(void)fputs("stanch: libcurl: out of memory\n", stderr);
		abort();
	}
}

static void free_wiped(char *at, size_t len)
{
	if (at != NULL)
		secret_wipe(at, len);
	free(at);
}

void http_reply_clear(struct http_reply *reply)
{
	free_wiped(reply->body, reply->len);
	*reply = (struct http_reply){0};
}

static void call_end(struct call *c)
{
	curl_easy_cleanup(c->easy);
	for (struct curl_slist *h = c->headers; h != NULL; h = h->next)
		secret_wipe(h->data, strlen(h->data));
	curl_slist_free_all(c->headers);
	free_wiped(c->body, c->len);
	curl_global_cleanup();
}

/* ---- what may be asked ---- */

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static bool is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

static bool has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* Which of the two schemes it has; NULL: neither. */
static const char *scheme_of(CURLU *u)
{
	char *text = NULL;
	const char *scheme = NULL;

	if (curl_url_get(u, CURLUPART_SCHEME, &text, 0) != CURLUE_OK)
		return NULL;
	if (strcmp(text, "http") == 0)
		scheme = "http";
	else if (strcmp(text, "https") == 0)
		scheme = "https";
	curl_free(text);
	return scheme;
}

/* The scheme of a URL that may be asked; NULL when it may not. A login in it would be repeated in
 * problems. */
static const char *accepted_scheme(const char *url)
{
	const char *scheme = NULL;

	if (strlen(url) > URL_MAX || !is_visible(url))
		return NULL;
	CURLU *u = curl_url();
	must(u != NULL);
	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK && !has_part(u, CURLUPART_USER) &&
		!has_part(u, CURLUPART_PASSWORD) && !has_part(u, CURLUPART_FRAGMENT))
		scheme = scheme_of(u);
	curl_url_cleanup(u);
	return scheme;
}

/* "Name: value" with both; libcurl takes one without a value for a wish to leave it out. */
static bool is_header(const char *line)
{
	static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789!#$%&'*+-.^_`|~";
	size_t len = strspn(line, name);

	return len > 0 && line[len] == ':' && !has_control(line) &&
	       slice_trim(slice_of(line + len + 1)).len > 0;
}

static bool are_headers(const char *const *headers)
{
	size_t n = 0;

	for (; headers != NULL && headers[n] != NULL; n++)
		if (n == HTTP_HEADERS_MAX || !is_header(headers[n]))
			return false;
	return true;
}

static bool is_login(const char *user, const char *password)
{
	return (user == NULL || (!has_control(user) && strchr(user, ':') == NULL)) &&
	       (password == NULL || !has_control(password));
}

static const char *named(const char *url, char *at, size_t size)
{
	return printable_text(slice_first(slice_of(url), NAMED_MAX), at, size);
}

/* 0 and the scheme, or -EINVAL and the problem, which repeats nothing that may be a secret. */
static int check_call(const struct http_call *call, const char **ret_scheme, struct problem *p)
{
	char url[NAMED_MAX * PRINTABLE_GROWTH + 4];

	*ret_scheme = accepted_scheme(call->url);
	(void)named(call->url, url, sizeof(url));
	if (*ret_scheme == NULL)
		return problem_set(p, -EINVAL,
			"a URL must begin with http:// or https://, and have no login, no space "
			"and no \"#\" in it");
	if (!are_headers(call->headers))
		return problem_set(p, -EINVAL,
			"%s: a header that cannot be sent, or more than %d of them", url,
			HTTP_HEADERS_MAX);
	if (!is_login(call->user, call->password))
		return problem_set(
			p, -EINVAL, "%s: the login has a control character or \":\" in it", url);
	if (call->time_ms < 1 || call->time_ms > TIME_MOST_MS)
		return problem_set(
			p, -EINVAL, "%s: the time limit is 1 to %d ms", url, TIME_MOST_MS);
	return 0;
}

/* ---- what is sent ---- */

static void add_header(struct call *c, const char *line)
{
	struct curl_slist *longer = curl_slist_append(c->headers, line);

	must(longer != NULL);
	c->headers = longer;
}

static size_t take_head(char *at, size_t size, size_t n, void *context)
{
	struct call *c = context;

	c->is_head_whole = size * n <= 2 && (*at == '\r' || *at == '\n');
	c->head_len += size * n;
	c->is_too_long = c->is_too_long || c->head_len > HEAD_MAX;
	return c->is_too_long ? 0 : size * n;
}

/* The old room is wiped: what was there may have been a secret. */
static void make_room(struct call *c, size_t more)
{
	size_t room = c->room > 0 ? c->room : ROOM_FIRST;

	while (room <= c->len + more)
		room *= 2;
	if (room == c->room)
		return;
	char *body = memory_new(1, room);
	if (c->len > 0)
		memcpy(body, c->body, c->len);
	free_wiped(c->body, c->len);
	c->body = body;
	c->room = room;
}

static size_t take_body(char *at, size_t size, size_t n, void *context)
{
	struct call *c = context;

	if (size * n > HTTP_REPLY_MAX - c->len) {
		c->is_too_long = true;
		return 0;
	}
	make_room(c, size * n);
	memcpy(c->body + c->len, at, size * n);
	c->len += size * n;
	c->body[c->len] = '\0';
	return size * n;
}

/* libcurl does not follow redirects unless it is told to. */
static bool set_limits(CURL *e, const struct http_call *call, const char *scheme)
{
	return curl_easy_setopt(e, CURLOPT_URL, call->url) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USERAGENT, "stanch") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)call->time_ms) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)call->time_ms) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       /* does not wait for a lookup that is given up */
	       curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	       (call->ca_file == NULL ||
		       curl_easy_setopt(e, CURLOPT_CAINFO, call->ca_file) == CURLE_OK);
}

static void set_content(struct call *c, const struct http_call *call)
{
	add_header(c, "Expect:");
	for (size_t i = 0; call->headers != NULL && call->headers[i] != NULL; i++)
		add_header(c, call->headers[i]);
	must(curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK);
	if (call->body.at != NULL) {
		must(curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE,
			     (curl_off_t)call->body.len) == CURLE_OK);
		must(curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, call->body.at) == CURLE_OK);
	}
	if (call->user == NULL && call->password == NULL)
		return;
	must(curl_easy_setopt(c->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK);
	must(curl_easy_setopt(c->easy, CURLOPT_USERNAME, call->user != NULL ? call->user : "") ==
		CURLE_OK);
	must(curl_easy_setopt(c->easy, CURLOPT_PASSWORD,
		     call->password != NULL ? call->password : "") == CURLE_OK);
}

static void set_reply(struct call *c)
{
	must(curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, take_head) == CURLE_OK);
	must(curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c) == CURLE_OK);
	must(curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK);
	must(curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c) == CURLE_OK);
	must(curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->why) == CURLE_OK);
}

/* ---- how it ended ---- */

/* Whether anything of the request may have been sent. */
static bool was_sent(CURL *easy)
{
	curl_off_t us = 0;

	return curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &us) == CURLE_OK && us > 0;
}

static int error_of(const struct call *c, CURLcode code)
{
	if (c->is_too_long)
		return -EMSGSIZE;
	if (was_sent(c->easy))
		return code == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EIO;
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return -EPROTO;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_SSL_CACERT_BADFILE:
		return -EINVAL;
	default:
		return -ECONNREFUSED;
	}
}

static int fail(const struct call *c, const char *url, CURLcode code, struct problem *p)
{
	char at[NAMED_MAX * PRINTABLE_GROWTH + 4], why[WHY_MAX];
	int err = error_of(c, code);

	(void)named(url, at, sizeof(at));
	if (err == -EMSGSIZE)
		return problem_set(p, err, "%s: the reply is longer than %zu bytes", at,
			c->head_len > HEAD_MAX ? HEAD_MAX : HTTP_REPLY_MAX);
	const char *said = c->why[0] != '\0' ? c->why : curl_easy_strerror(code);
	return problem_set(p, err, "%s: %s", at, printable_text(slice_of(said), why, sizeof(why)));
}

static int finish(struct call *c, const char *url, struct http_reply *ret, struct problem *p)
{
	if (!c->is_head_whole)
		return fail(c, url, CURLE_RECV_ERROR, p);
	make_room(c, 0);
	must(curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &ret->status) == CURLE_OK);
	ret->body = c->body;
	ret->len = c->len;
	c->body = NULL;
	return 0;
}

int http_call(const struct http_call *call, struct http_reply *ret, struct problem *problem)
{
	struct call c = {0};
	const char *scheme = NULL;
	int err = check_call(call, &scheme, problem);

	if (err < 0)
		return err;
	must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	c.easy = curl_easy_init();
	must(c.easy != NULL);
	if (set_limits(c.easy, call, scheme)) {
		set_content(&c, call);
		set_reply(&c);
		CURLcode code = curl_easy_perform(c.easy);
		err = code == CURLE_OK ? finish(&c, call->url, ret, problem)
				       : fail(&c, call->url, code, problem);
	} else {
		err = problem_set(problem, -EINVAL, "this libcurl cannot ask over %s", scheme);
	}
	call_end(&c);
	return err;
}

/* ---- encoding ---- */

static bool is_unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

bool http_encode(struct slice text, char *at, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		size_t takes = is_unreserved(text.at[i]) ? 1 : 3;
		if (len + takes >= size) {
			if (size > 0)
				secret_wipe(at, size);
			return false;
		}
		if (takes == 1) {
			at[len++] = text.at[i];
			continue;
		}
		at[len++] = '%';
		at[len++] = digits[byte >> 4];
		at[len++] = digits[byte & 0x0f];
	}
	if (size == 0)
		return false;
	at[len] = '\0';
	return true;
}
