#include "systems/login_check.h"

#include "base/printable.h"
#include "base/units.h"
#include "formats/login_answer.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_ROOM 1024 /* of an answer, the first bytes are kept */
#define TAG_ROOM  32
#define CODE_MOST 48  /* bytes of "A002 NO [CODE]" */
#define SAID_MAX  200 /* bytes of the server's words that are repeated */
#define PORT_MOST 65535

static const struct scheme {
	const char *name; /* in our URL */
	const char *curl; /* in libcurl's */
	enum login_protocol protocol;
	bool has_tls, begins_tls;
} schemes[] = {
	{"imap://", "imap://", LOGIN_IMAP, false, false},
	{"imaps://", "imaps://", LOGIN_IMAP, true, false},
	{"imap+starttls://", "imap://", LOGIN_IMAP, true, true},
	{"pop3://", "pop3://", LOGIN_POP3, false, false},
	{"pop3s://", "pop3s://", LOGIN_POP3, true, false},
	{"pop3+starttls://", "pop3://", LOGIN_POP3, true, true},
	{"smtp://", "smtp://", LOGIN_SMTP, false, false},
	{"smtps://", "smtps://", LOGIN_SMTP, true, false},
	{"smtp+starttls://", "smtp://", LOGIN_SMTP, true, true},
};

/* One login under way. */
struct attempt {
	const struct login_check *check;
	const struct scheme *scheme;
	bool is_local;
	bool is_asked; /* the command that begins the login was sent */
	char tag[TAG_ROOM];
	char line[LINE_ROOM]; /* what came of the next line */
	size_t line_len;
	enum login_said said;
	char words[SAID_MAX];          /* the line that decided, printable */
	char url[LOGIN_CHECK_URL_MAX]; /* libcurl's */
	char shown[LOGIN_CHECK_URL_MAX];
};

/* What fails only when memory ends. */
static void must(bool holds)
{
	if (!holds) {
		(void)fputs("stanch: libcurl: out of memory\n", stderr);
		abort();
	}
}

/* ---- URLs ---- */

static bool is_host(struct slice host)
{
	bool is_v6 = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
	const char *most =
		is_v6 ? "0123456789abcdefABCDEF:."
		      : "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-";

	if (is_v6)
		host = (struct slice){host.at + 1, host.len - 2};
	for (size_t i = 0; i < host.len; i++)
		if (host.at[i] == '\0' || strchr(most, host.at[i]) == NULL)
			return false;
	return host.len > 0 && host.at[0] != '-';
}

/* Host and port of "host:port"; the port is empty when there is none. */
static bool split_port(struct slice rest, struct slice *ret_host)
{
	size_t colon = slice_find_last(rest, ':');
	uint64_t port = 0;

	*ret_host = rest;
	if (colon == rest.len || rest.at[rest.len - 1] == ']')
		return true;
	*ret_host = slice_first(rest, colon);
	return units_read_count(slice_after(rest, colon + 1), PORT_MOST, &port) == 0 && port > 0;
}

static bool is_local_host(struct slice host)
{
	if (slice_equal_nocase(host, slice_of("localhost")) || slice_is(host, "[::1]"))
		return true;
	/* "127.0.0.1.example.org" is a name like any other */
	for (size_t i = 0; i < host.len; i++)
		if ((host.at[i] < '0' || host.at[i] > '9') && host.at[i] != '.')
			return false;
	return slice_starts(host, "127.");
}

static int read_url(const char *url, struct attempt *ret, struct problem *problem)
{
	struct slice all = slice_of(url), host;

	printable_text(all, ret->shown, sizeof(ret->shown));
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (slice_starts(all, schemes[i].name))
			ret->scheme = &schemes[i];
	if (ret->scheme == NULL)
		return problem_set(problem, -EINVAL,
			"%s does not begin with imap://, imaps://, imap+starttls://, or the same "
			"with pop3 or smtp",
			ret->shown);
	struct slice rest = slice_after(all, strlen(ret->scheme->name));
	if (all.len >= LOGIN_CHECK_URL_MAX || rest.len == 0 || !split_port(rest, &host) ||
		!is_host(host))
		return problem_set(problem, -EINVAL,
			"%s has to have a host, perhaps a port, and nothing more", ret->shown);
	ret->is_local = is_local_host(host);
	if (!ret->is_local && !ret->scheme->has_tls)
		return problem_set(problem, -EINVAL,
			"at %s a password would go over the network in the clear", ret->shown);
	(void)snprintf(
		ret->url, sizeof(ret->url), "%s%.*s", ret->scheme->curl, (int)rest.len, rest.at);
	return 0;
}

int login_check_url(const char *url, struct problem *problem)
{
	struct attempt a = {0};

	return read_url(url, &a, problem);
}

/* ---- the dialog ---- */

/* "AUTH PLAIN", "A002 AUTHENTICATE PLAIN": its answer is the one that counts. */
static void note_command(struct attempt *a, struct slice command)
{
	size_t blank = slice_find(command, ' ');

	if (a->scheme->protocol == LOGIN_IMAP) {
		(void)snprintf(a->tag, sizeof(a->tag), "%.*s",
			(int)(blank < sizeof(a->tag) ? blank : 0), command.at);
		command = slice_after(command, blank + 1);
		if (slice_starts(command, "AUTHENTICATE PLAIN"))
			a->is_asked = true;
		return;
	}
	if (slice_starts(command, "AUTH PLAIN"))
		a->is_asked = true;
}

/* A server may repeat what it was sent, so that no more than the code in front is kept, and not
 * even that if the password is in it. */
static void keep_words(struct attempt *a, struct slice line)
{
	struct slice secret = secret_slice(a->check->secret);
	size_t end = a->scheme->protocol == LOGIN_SMTP ? 3 : slice_find(line, ']') + 1;

	if (end > CODE_MOST)
		end = slice_find(line, ' ');
	line = slice_first(line, end);
	if (line.len > 0 && memmem(line.at, line.len, secret.at, secret.len) == NULL)
		printable_text(line, a->words, sizeof(a->words));
}

static void note_line(struct attempt *a)
{
	struct slice line = {a->line, a->line_len};

	a->line_len = 0;
	if (!a->is_asked || a->said != LOGIN_SAID_NOTHING)
		return;
	a->said = login_answer_read(a->scheme->protocol, slice_of(a->tag), line);
	if (a->said != LOGIN_SAID_NOTHING)
		keep_words(a, slice_trim(line));
}

static void note_bytes(struct attempt *a, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (a->line_len < sizeof(a->line))
			a->line[a->line_len++] = bytes.at[i];
		if (bytes.at[i] == '\n')
			note_line(a);
	}
}

/* What libcurl would print with --verbose. The password is in what it sends, and stays there. */
static int overhear(CURL *easy, curl_infotype kind, char *at, size_t len, void *context)
{
	struct attempt *a = context;

	(void)easy;
	if (kind == CURLINFO_HEADER_OUT && !a->is_asked)
		note_command(a, (struct slice){at, len});
	else if (kind == CURLINFO_HEADER_IN)
		note_bytes(a, (struct slice){at, len});
	return 0;
}

static size_t pass_over(char *at, size_t size, size_t n, void *context)
{
	(void)at;
	(void)context;
	return size * n;
}

static void set_text(CURL *easy, CURLoption option, const char *text)
{
	must(curl_easy_setopt(easy, option, text) == CURLE_OK);
}

/* A NOOP behind the login, so that nothing is listed or sent. */
static void prepare(CURL *easy, struct attempt *a)
{
	const struct login_check *c = a->check;

	set_text(easy, CURLOPT_URL, a->url);
	set_text(easy, CURLOPT_PROTOCOLS_STR, "imap,imaps,pop3,pop3s,smtp,smtps");
	set_text(easy, CURLOPT_PROXY, "");
	set_text(easy, CURLOPT_USERNAME, c->user);
	set_text(easy, CURLOPT_PASSWORD, secret_text(c->secret));
	set_text(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN");
	set_text(easy, CURLOPT_CUSTOMREQUEST, "NOOP");
	if (c->ca_file != NULL)
		set_text(easy, CURLOPT_CAINFO, c->ca_file);
	(void)curl_easy_setopt(easy, CURLOPT_NOBODY, a->scheme->protocol == LOGIN_POP3 ? 1L : 0L);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)c->time_ms);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)c->time_ms);
	/* for the way out, too, which is else no part of the transfer and may take two minutes */
	(void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	(void)curl_easy_setopt(
		easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((c->time_ms + 999) / 1000));
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, a->is_local ? 0L : 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, a->is_local ? 0L : 2L);
	if (a->scheme->begins_tls)
		(void)curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, pass_over);
	(void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, overhear);
	(void)curl_easy_setopt(easy, CURLOPT_DEBUGDATA, a);
	(void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

/* ---- the result ---- */

static bool is_reach(CURLcode code)
{
	return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST;
}

static bool is_trust(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
	       code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_NOT_BUILT_IN;
}

static int say_unasked(const struct attempt *a, CURLcode code, struct problem *problem)
{
	const char *why = curl_easy_strerror(code);

	if (code == CURLE_OPERATION_TIMEDOUT)
		return problem_set(problem, -ETIMEDOUT, "no answer from %s in %lld ms", a->shown,
			(long long)a->check->time_ms);
	if (is_reach(code))
		return problem_set(problem, -EAGAIN, "cannot reach %s: %s", a->shown, why);
	if (is_trust(code))
		return problem_set(problem, -EPROTO, "no TLS to trust at %s: %s", a->shown, why);
	if (a->is_asked || (code != CURLE_OK && code != CURLE_LOGIN_DENIED))
		return problem_set(problem, -EAGAIN, "%s ended the login without an answer: %s",
			a->shown, why);
	return problem_set(problem, -EPROTO, "%s offers no AUTH PLAIN", a->shown);
}

static int read_result(
	const struct attempt *a, CURLcode code, enum login_result *ret, struct problem *problem)
{
	switch (a->said) {
	case LOGIN_SAID_YES:
		*ret = LOGIN_ACCEPTED;
		return 0;
	case LOGIN_SAID_NO:
		*ret = LOGIN_REFUSED;
		return 0;
	case LOGIN_SAID_LATER:
		return problem_set(problem, -EAGAIN,
			"%s cannot say whether it lets somebody in: %s", a->shown, a->words);
	case LOGIN_SAID_UNCLEAR:
		return problem_set(problem, -EBADMSG,
			"%s turns a login away and does not say that the password is why: %s",
			a->shown, a->words);
	case LOGIN_SAID_NOTHING:
	default:
		return say_unasked(a, code, problem);
	}
}

static bool is_plain(struct slice text, size_t most)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return false;
	return text.len > 0 && text.len <= most;
}

int login_check(const struct login_check *check, enum login_result *ret, struct problem *problem)
{
	struct attempt a = {.check = check};
	int err = read_url(check->url, &a, problem);

	if (err < 0)
		return err;
	if (!is_plain(slice_of(check->user), LOGIN_CHECK_USER_MAX) ||
		!is_plain(secret_slice(check->secret), SECRET_MAX) || check->time_ms <= 0)
		return problem_set(problem, -EINVAL,
			"a name or password that is empty, too long or has control bytes cannot be "
			"tried at %s",
			a.shown);
	must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	CURL *easy = curl_easy_init();
	must(easy != NULL);
	prepare(easy, &a);
	CURLcode code = curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	curl_global_cleanup();
	return read_result(&a, code, ret, problem);
}
