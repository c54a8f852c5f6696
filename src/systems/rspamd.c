#include "systems/rspamd.h"

#include "base/memory.h"
#include "base/printable.h"
#include "formats/mail_address.h"
#include "systems/http_url.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH      "/checkv2"
#define NAME_ROOM 32  /* for a header's name and what stands round its value */
#define WHY_MAX   300 /* bytes of libcurl's words that are repeated */

struct asked {
	struct asked *next; /* that waits, or is under way */
	struct rspamd *r;
	CURL *easy; /* NULL: it waits */
	struct curl_slist *headers;
	char *message;
	size_t message_len;
	char *reply;
	size_t reply_len, reply_room;
	bool is_too_long;
	char why[CURL_ERROR_SIZE];
	rspamd_answered *call;
	void *context;
};

/* A descriptor of libcurl's that it wants watched. */
struct wanted {
	struct wanted *next;
	struct rspamd *r;
	struct loop_watch *watch;
	curl_socket_t fd;
};

struct rspamd {
	struct loop *loop;
	struct loop_timer *timer;
	CURLM *multi;
	CURL *model; /* what all questions have in common */
	struct wanted *sockets;
	struct asked *under_way;
	struct asked *first, **last; /* that wait */
	struct rspamd_counts counts;
	int64_t rest_first_ms, rest_next_ms, rest_until_ms;
	unsigned failures; /* in a row */
	char url[RSPAMD_URL_MAX + sizeof(PATH)];
	bool is_calling, is_freed; /* freed in a call of its own: when that has returned */
};

/* What fails only when memory ends. */
static void must(bool holds)
{
	if (!holds) {
		(void)fputs("stanch: libcurl: out of memory\n", stderr);
		abort();
	}
}

/* ---- the end ---- */

static void free_asked(struct asked *a)
{
	if (a->easy != NULL) {
		(void)curl_multi_remove_handle(a->r->multi, a->easy);
		curl_easy_cleanup(a->easy);
	}
	curl_slist_free_all(a->headers);
	free(a->message);
	free(a->reply);
	free(a);
}

static void free_list(struct asked *a)
{
	for (struct asked *next; a != NULL; a = next) {
		next = a->next;
		free_asked(a);
	}
}

static void free_sockets(struct rspamd *r)
{
	for (struct wanted *w = r->sockets, *next; w != NULL; w = next) {
		next = w->next;
		loop_watch_free(w->watch);
		free(w);
	}
	r->sockets = NULL;
}

void rspamd_free(struct rspamd *r)
{
	if (r == NULL)
		return;
	if (r->is_calling) {
		r->is_freed = true;
		return;
	}
	free_list(r->under_way);
	free_list(r->first);
	/* from here on it tells nothing of the connections that were kept */
	(void)curl_multi_setopt(r->multi, CURLMOPT_SOCKETFUNCTION, NULL);
	(void)curl_multi_setopt(r->multi, CURLMOPT_TIMERFUNCTION, NULL);
	free_sockets(r);
	(void)curl_multi_cleanup(r->multi);
	curl_easy_cleanup(r->model);
	loop_timer_free(r->timer);
	free(r);
	curl_global_cleanup();
}

/* ---- what is sent ---- */

static bool is_safe(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
			return false;
	return slice_trim(value).len > 0 && value.len <= RSPAMD_VALUE_MAX;
}

/* "name: value", with before and behind round the value. */
static void add_header(struct curl_slist **list, const char *name, const char *before,
	struct slice value, const char *behind)
{
	char line[RSPAMD_VALUE_MAX + NAME_ROOM];

	assert(value.len <= RSPAMD_VALUE_MAX);
	int n = snprintf(line, sizeof(line), "%s: %s%.*s%s", name, before, (int)value.len,
		value.at != NULL ? value.at : "", behind);
	assert(n > 0 && (size_t)n < sizeof(line));
	(void)n;
	struct curl_slist *longer = curl_slist_append(*list, line);
	must(longer != NULL);
	*list = longer;
}

static void add_text(struct curl_slist **list, const char *name, struct slice value)
{
	if (is_safe(value))
		add_header(list, name, "", value, "");
}

static void add_address(struct curl_slist **list, const char *name, struct slice value)
{
	if (is_safe(value) && mail_address_is_atoms(value))
		add_header(list, name, "<", value, ">");
}

static bool is_ip(struct slice value)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char address[sizeof(struct in6_addr)];

	if (value.len == 0 || value.len >= sizeof(text))
		return false;
	memcpy(text, value.at, value.len);
	text[value.len] = '\0';
	return strlen(text) == value.len &&
	       (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1);
}

static struct curl_slist *headers_of(const struct rspamd_question *q)
{
	struct curl_slist *list = NULL;
	size_t recipients = q->recipient_count < RSPAMD_RECIPIENTS_MAX ? q->recipient_count
								       : RSPAMD_RECIPIENTS_MAX;

	add_header(&list, "Content-Type", "", slice_of("message/rfc822"), "");
	add_header(&list, "Hostname", "", slice_of("unknown"), "");
	add_text(&list, "Queue-Id", q->id);
	add_text(&list, "User", q->user);
	add_text(&list, "Helo", q->helo);
	if (is_ip(q->client))
		add_header(&list, "IP", "", q->client, "");
	if (q->sender.len == 0)
		add_header(&list, "From", "<", q->sender, ">");
	else
		add_address(&list, "From", q->sender);
	for (size_t i = 0; i < recipients; i++)
		add_address(&list, "Rcpt", q->recipients[i]);
	return list;
}

/* ---- what comes ---- */

static void make_room(struct asked *a, size_t len)
{
	size_t room = a->reply_room > 0 ? a->reply_room : 4096;

	while (room < len)
		room *= 2;
	if (room == a->reply_room)
		return;
	a->reply = memory_grow(a->reply, room, 1);
	a->reply_room = room;
}

/* libcurl ends the transfer when less is taken than came. */
static size_t take_reply(char *at, size_t size, size_t n, void *context)
{
	struct asked *a = context;
	size_t len = size * n;

	if (len == 0)
		return 0;
	if (len > RSPAMD_REPLY_MAX - a->reply_len) {
		a->is_too_long = true;
		return 0;
	}
	make_room(a, a->reply_len + len);
	memcpy(a->reply + a->reply_len, at, len);
	a->reply_len += len;
	return len;
}

static int read_transfer(
	const struct asked *a, CURLcode code, struct rspamd_reply *ret, struct problem *p)
{
	char why[WHY_MAX];
	const char *words = a->why[0] != '\0' ? a->why : curl_easy_strerror(code);

	if (a->is_too_long)
		return problem_set(
			p, -EMSGSIZE, "rspamd's answer is longer than %zu bytes", RSPAMD_REPLY_MAX);
	if (code == CURLE_OK)
		return rspamd_reply_read((struct slice){a->reply, a->reply_len}, ret, p);
	printable_text(slice_of(words), why, sizeof(why));
	if (code == CURLE_OPERATION_TIMEDOUT)
		return problem_set(p, -ETIMEDOUT, "no answer from %s: %s", a->r->url, why);
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
		return problem_set(p, -ECONNREFUSED, "cannot reach %s: %s", a->r->url, why);
	return problem_set(p, -EIO, "cannot ask %s: %s", a->r->url, why);
}

/* rspamd gives its own errors a status of 5xx and says them as JSON. */
static int read_answer(
	const struct asked *a, CURLcode code, struct rspamd_reply *ret, struct problem *p)
{
	struct rspamd_reply reply = {0};
	long status = 0;
	int err = read_transfer(a, code, &reply, p);

	(void)curl_easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && err != -EREMOTEIO && status != 200)
		return problem_set(
			p, -EPROTO, "%s answers with HTTP status %ld", a->r->url, status);
	if (err == 0)
		*ret = reply;
	return err;
}

/* ---- rests ---- */

static int64_t rest_left(const struct rspamd *r)
{
	int64_t left = r->rest_until_ms - loop_now_ms(r->loop);

	return left > 0 ? left : 0;
}

static void note_answer(struct rspamd *r)
{
	r->failures = 0;
	r->rest_next_ms = r->rest_first_ms;
	r->rest_until_ms = 0;
}

/* After a rest the first failure is enough for the next, which is longer. */
static void note_failure(struct rspamd *r)
{
	const int64_t most = (int64_t)RSPAMD_REST_MOST_S * 1000;

	if (rest_left(r) > 0)
		return; /* sent before it began */
	if (r->failures < RSPAMD_FAILURES_MOST)
		r->failures++;
	if (r->failures < RSPAMD_FAILURES_MOST)
		return;
	r->rest_until_ms = loop_now_ms(r->loop) + r->rest_next_ms;
	r->rest_next_ms = r->rest_next_ms * 2 < most ? r->rest_next_ms * 2 : most;
	r->counts.rests++;
}

/* ---- questions ---- */

static struct asked *take_waiting(struct rspamd *r)
{
	struct asked *a = r->first;

	r->first = a->next;
	if (r->first == NULL)
		r->last = &r->first;
	r->counts.waiting--;
	return a;
}

static void take_under_way(struct rspamd *r, const struct asked *a)
{
	struct asked **place = &r->under_way;

	while (*place != a)
		place = &(*place)->next;
	*place = a->next;
	r->counts.under_way--;
}

static void send_question(struct rspamd *r, struct asked *a)
{
	CURL *easy = curl_easy_duphandle(r->model);

	must(easy != NULL);
	must(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, a->headers) == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, a->message) == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)a->message_len) == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, a) == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_PRIVATE, a) == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, a->why) == CURLE_OK);
	a->easy = easy;
	a->next = r->under_way;
	r->under_way = a;
	r->counts.under_way++;
	must(curl_multi_add_handle(r->multi, easy) == CURLM_OK);
}

static void send_waiting(struct rspamd *r)
{
	while (r->counts.under_way < RSPAMD_AT_ONCE && r->first != NULL)
		send_question(r, take_waiting(r));
}

/* Tells the one who asked; a is on no list any more, and is freed. */
static void tell(struct asked *a, int err, const struct rspamd_reply *reply, struct problem *p)
{
	struct rspamd *r = a->r;
	rspamd_answered *call = a->call;
	void *context = a->context;

	if (err == 0)
		r->counts.answered++;
	else
		r->counts.failed++;
	free_asked(a);
	call(context, err, err == 0 ? reply : NULL, err == 0 ? NULL : p);
}

static void finish(struct rspamd *r, CURL *easy, CURLcode code)
{
	struct rspamd_reply reply = {0};
	struct problem problem = {0};
	struct asked *a = NULL;

	must(curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&a) == CURLE_OK && a != NULL);
	int err = read_answer(a, code, &reply, &problem);
	if (err == 0 || err == -EREMOTEIO)
		note_answer(r);
	else
		note_failure(r);
	take_under_way(r, a);
	tell(a, err, &reply, &problem);
}

static void fail_waiting(struct rspamd *r)
{
	while (!r->is_freed && r->first != NULL && rest_left(r) > 0) {
		struct problem problem = {0};
		int err =
			problem_set(&problem, -EAGAIN, "%s is not asked for %lld s after failures",
				r->url, (long long)((rest_left(r) + 999) / 1000));
		tell(take_waiting(r), err, NULL, &problem);
	}
}

/* After each time that libcurl was at work; never inside one of its calls. */
static void hear(struct rspamd *r)
{
	CURLMsg *message;
	int left;

	r->is_calling = true;
	while (!r->is_freed && (message = curl_multi_info_read(r->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		finish(r, message->easy_handle, message->data.result);
		fail_waiting(r);
	}
	r->is_calling = false;
	if (r->is_freed)
		rspamd_free(r);
	else
		send_waiting(r);
}

static struct asked *asked_new(
	struct rspamd *r, const struct rspamd_question *q, rspamd_answered *call, void *context)
{
	struct asked *a = memory_new(1, sizeof(*a));

	a->r = r;
	a->headers = headers_of(q);
	a->message = memory_copy(q->message.at, q->message.len);
	a->message_len = q->message.len;
	a->call = call;
	a->context = context;
	return a;
}

static int may_ask(const struct rspamd *r, const struct rspamd_question *q)
{
	if (q->message.len == 0)
		return -EINVAL;
	if (q->message.len > RSPAMD_MESSAGE_MAX)
		return -EMSGSIZE;
	if (rest_left(r) > 0 || r->is_freed)
		return -EAGAIN;
	return r->counts.waiting < RSPAMD_WAITING_MAX ? 0 : -ENOBUFS;
}

int rspamd_ask(
	struct rspamd *r, const struct rspamd_question *q, rspamd_answered *call, void *context)
{
	int err = may_ask(r, q);

	if (err < 0) {
		r->counts.dropped++;
		return err;
	}
	struct asked *a = asked_new(r, q, call, context);
	*r->last = a;
	r->last = &a->next;
	r->counts.waiting++;
	r->counts.asked++;
	send_waiting(r);
	return 0;
}

void rspamd_count(const struct rspamd *r, struct rspamd_counts *ret)
{
	*ret = r->counts;
	ret->rest_ms = rest_left(r);
}

/* ---- libcurl and the loop ---- */

static void on_ready(void *context, unsigned ready)
{
	struct wanted *w = context;
	struct rspamd *r = w->r;
	int running, what = 0;

	what |= (ready & LOOP_READ) != 0 ? CURL_CSELECT_IN : 0;
	what |= (ready & LOOP_WRITE) != 0 ? CURL_CSELECT_OUT : 0;
	(void)curl_multi_socket_action(r->multi, w->fd, what, &running); /* may free w */
	hear(r);
}

static void on_due(void *context)
{
	struct rspamd *r = context;
	int running;

	(void)curl_multi_socket_action(r->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	hear(r);
}

static int on_timer(CURLM *multi, long delay_ms, void *context)
{
	const struct rspamd *r = context;

	(void)multi;
	if (delay_ms < 0)
		loop_timer_stop(r->timer);
	else
		loop_timer_start(r->timer, delay_ms, 0);
	return 0;
}

static void forget_socket(struct rspamd *r, struct wanted *w)
{
	struct wanted **place = &r->sockets;

	while (*place != w)
		place = &(*place)->next;
	*place = w->next;
	loop_watch_free(w->watch);
	free(w);
}

static struct wanted *new_socket(struct rspamd *r, curl_socket_t fd)
{
	struct wanted *w = memory_new(1, sizeof(*w));

	w->r = r;
	w->fd = fd;
	if (loop_watch_new(r->loop, fd, on_ready, w, &w->watch) < 0) {
		free(w);
		return NULL; /* the question ends by its time limit */
	}
	w->next = r->sockets;
	r->sockets = w;
	return w;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
	struct rspamd *r = context;
	struct wanted *w = known;
	unsigned ready = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			forget_socket(r, w);
		return 0;
	}
	if (w == NULL)
		w = new_socket(r, fd);
	if (w == NULL)
		return 0;
	(void)curl_multi_assign(r->multi, fd, w);
	ready |= (what & CURL_POLL_IN) != 0 ? (unsigned)LOOP_READ : 0;
	ready |= (what & CURL_POLL_OUT) != 0 ? (unsigned)LOOP_WRITE : 0;
	loop_watch_for(w->watch, ready);
	return 0;
}

/* ---- the beginning ---- */

/* "/checkv2" is put behind it: it ends with its host, port or path. */
static const char *accepted_scheme(const char *url)
{
	size_t len = strlen(url);

	return len > 0 && len < RSPAMD_URL_MAX && strpbrk(url, "?#@") == NULL ? http_url_scheme(url)
									      : NULL;
}

static void set_url(struct rspamd *r, const char *url)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	(void)snprintf(r->url, sizeof(r->url), "%.*s%s", (int)len, url, PATH);
}

/* The limits of all questions. */
static bool set_model(CURL *e, const char *url, const char *scheme, int timeout_s)
{
	long limit_ms = (long)timeout_s * 1000;

	/* one scheme; libcurl does not follow redirects unless it is told to */
	return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USERAGENT, "stanch") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, limit_ms) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, limit_ms) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       /* does not wait for a lookup that is given up */
	       curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_reply) == CURLE_OK;
}

static void set_multi(struct rspamd *r)
{
	CURLM *m = r->multi;

	must(curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK);
	must(curl_multi_setopt(m, CURLMOPT_SOCKETDATA, r) == CURLM_OK);
	must(curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK);
	must(curl_multi_setopt(m, CURLMOPT_TIMERDATA, r) == CURLM_OK);
	must(curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, (long)RSPAMD_AT_ONCE) == CURLM_OK);
}

int rspamd_new(struct loop *loop, const char *url, int timeout_s, int rest_s, struct rspamd **ret,
	struct problem *problem)
{
	const char *scheme = accepted_scheme(url);

	if (scheme == NULL)
		return problem_set(problem, -EINVAL,
			"where rspamd is must be http:// or https://, a host and perhaps a port "
			"and a path");
	if (timeout_s < 1 || timeout_s > RSPAMD_TIMEOUT_MOST_S)
		return problem_set(problem, -EINVAL, "the time limit for rspamd is 1 to %d s",
			RSPAMD_TIMEOUT_MOST_S);
	if (rest_s < 1 || rest_s > RSPAMD_REST_MOST_S)
		return problem_set(
			problem, -EINVAL, "the rest for rspamd is 1 to %d s", RSPAMD_REST_MOST_S);
	must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);

	struct rspamd *r = memory_new(1, sizeof(*r));
	r->loop = loop;
	r->last = &r->first;
	r->rest_first_ms = r->rest_next_ms = (int64_t)rest_s * 1000;
	r->timer = loop_timer_new(loop, on_due, r);
	r->multi = curl_multi_init();
	r->model = curl_easy_init();
	must(r->multi != NULL && r->model != NULL);
	set_multi(r);
	set_url(r, url);
	if (!set_model(r->model, r->url, scheme, timeout_s)) {
		rspamd_free(r);
		return problem_set(problem, -EINVAL, "this libcurl cannot ask over %s", scheme);
	}
	*ret = r;
	return 0;
}
