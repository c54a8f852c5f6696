#include "systems/whmcs.h"

#include "base/memory.h"
#include "systems/http_call.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define SUBJECT_MAX 1024
#define ENCODED     3    /* bytes that one may become in a form */
#define FIELDS_ROOM 2048 /* for the names, "=" and "&" of a form */

/* A body of application/x-www-form-urlencoded; it has secrets in it. */
struct form {
	char *at;
	size_t len, room;
	bool is_too_long;
};

static struct form form_new(size_t text_len)
{
	size_t room = FIELDS_ROOM + ENCODED * (text_len + (size_t)4 * SECRET_MAX + SUBJECT_MAX);

	return (struct form){.at = memory_new(1, room), .room = room};
}

static void form_free(struct form *f)
{
	secret_wipe(f->at, f->room);
	free(f->at);
}

static void add(struct form *f, const char *name, struct slice value)
{
	size_t left = f->room - f->len;
	int n = snprintf(f->at + f->len, left, "%s%s=", f->len > 0 ? "&" : "", name);

	if (f->is_too_long || n < 0 || (size_t)n >= left ||
		!http_encode(value, f->at + f->len + n, left - (size_t)n)) {
		f->is_too_long = true;
		return;
	}
	f->len += (size_t)n + strlen(f->at + f->len + n);
}

static void add_number(struct form *f, const char *name, uint64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	add(f, name, slice_of(text));
}

static struct form begin(const struct whmcs *w, const char *action, size_t text_len)
{
	struct form f = form_new(text_len);

	add(&f, "identifier", slice_of(w->identifier));
	add(&f, "secret", secret_slice(w->secret));
	if (w->accesskey != NULL)
		add(&f, "accesskey", secret_slice(w->accesskey));
	add(&f, "action", slice_of(action));
	add(&f, "responsetype", slice_of("json"));
	return f;
}

/* What an error of the way there means to those who ask. */
static int way_error(int err)
{
	if (err == -ECONNREFUSED)
		return -EAGAIN;
	return err == -EIO ? -ETIMEDOUT : err;
}

/* A page of the web server before WHMCS is no answer of WHMCS: the same later may help. Of 502 and
 * 504 WHMCS has been asked, and may have done it. */
static int check_status(const struct http_reply *reply, struct problem *problem)
{
	bool is_asked = reply->status == 502 || reply->status == 504;

	if (reply->status == 429 || reply->status == 503 || is_asked)
		return problem_set(problem, is_asked ? -ETIMEDOUT : -EAGAIN,
			"the web server before WHMCS answers with HTTP status %ld", reply->status);
	return 0;
}

/* Sends the form, which it frees. */
static int send_form(
	const struct whmcs *w, struct form *f, struct http_reply *ret, struct problem *problem)
{
	const struct http_call call = {
		.url = w->url, .body = {f->at, f->len}, .time_ms = w->time_ms};
	int err = f->is_too_long ? problem_set(problem, -EINVAL, "too long to be sent to WHMCS")
				 : way_error(http_call(&call, ret, problem));

	form_free(f);
	if (err < 0)
		return err;
	err = check_status(ret, problem);
	if (err < 0)
		http_reply_clear(ret);
	return err;
}

static struct slice body_of(const struct http_reply *reply)
{
	return (struct slice){reply->body, reply->len};
}

int whmcs_find_owner(const struct whmcs *w, const char *domain, const char *account,
	struct whmcs_owner *ret, struct problem *problem)
{
	struct form f = begin(w, "GetClientsProducts", strlen(domain));
	struct http_reply reply = {0};

	add(&f, "domain", slice_of(domain));
	if (account != NULL)
		add(&f, "username2", slice_of(account));
	add_number(&f, "limitnum", WHMCS_ROWS_MAX);
	int err = send_form(w, &f, &reply, problem);
	if (err == 0)
		err = whmcs_read_owner(body_of(&reply), w->server, ret, problem);
	http_reply_clear(&reply);
	return err;
}

int whmcs_find_client(
	const struct whmcs *w, int64_t client, struct whmcs_client *ret, struct problem *problem)
{
	struct form f = begin(w, "GetClientsDetails", 0);
	struct http_reply reply = {0};

	add_number(&f, "clientid", (uint64_t)client);
	add(&f, "stats", slice_of("false"));
	int err = send_form(w, &f, &reply, problem);
	if (err == 0)
		err = whmcs_read_client(body_of(&reply), ret, problem);
	http_reply_clear(&reply);
	return err;
}

int whmcs_find_ticket(const struct whmcs *w, int64_t client, const char *mark,
	struct whmcs_ticket *ret, struct problem *problem)
{
	struct form f = begin(w, "GetTickets", strlen(mark));
	struct http_reply reply = {0};

	add_number(&f, "clientid", (uint64_t)client);
	add(&f, "subject", slice_of(mark));
	add_number(&f, "limitnum", WHMCS_ROWS_MAX);
	int err = send_form(w, &f, &reply, problem);
	if (err == 0)
		err = whmcs_read_ticket(body_of(&reply), mark, ret, problem);
	http_reply_clear(&reply);
	return err;
}

static int open_ticket(const struct whmcs *w, const struct whmcs_owner *owner, struct slice subject,
	struct slice message, struct problem *problem)
{
	struct form f = begin(w, "OpenTicket", message.len);
	struct http_reply reply = {0};
	struct whmcs_ticket ticket;

	add_number(&f, "deptid", w->department);
	add_number(&f, "clientid", (uint64_t)owner->client);
	add_number(&f, "serviceid", (uint64_t)owner->service);
	add(&f, "priority", slice_of("High"));
	add(&f, "admin", slice_of("true"));
	add(&f, "subject", subject);
	add(&f, "message", message);
	int err = send_form(w, &f, &reply, problem);
	if (err == 0)
		err = whmcs_read_opened(body_of(&reply), &ticket, problem);
	http_reply_clear(&reply);
	return err;
}

int whmcs_open_ticket(const struct whmcs *w, const struct whmcs_owner *owner, const char *mark,
	struct slice subject, struct slice message, struct whmcs_ticket *ret,
	struct problem *problem)
{
	int err = whmcs_find_ticket(w, owner->client, mark, ret, problem);

	assert(memmem(subject.at, subject.len, mark, strlen(mark)) != NULL);
	if (err != -ENOENT)
		return err;
	if (subject.len > SUBJECT_MAX || message.len > WHMCS_MESSAGE_MAX)
		return problem_set(problem, -EINVAL, "too long for a ticket");
	err = open_ticket(w, owner, subject, message, problem);
	if (err < 0)
		return err;
	err = whmcs_find_ticket(w, owner->client, mark, ret, problem);
	if (err == -ENOENT)
		err = problem_set(
			problem, -EIO, "WHMCS says that it has opened a ticket, but shows none");
	return err;
}

int whmcs_find_answer(
	const struct whmcs *w, int64_t ticket, const char *mark, struct problem *problem)
{
	struct form f = begin(w, "GetTicket", 0);
	struct http_reply reply = {0};

	add_number(&f, "ticketid", (uint64_t)ticket);
	add(&f, "repliessort", slice_of("DESC"));
	int err = send_form(w, &f, &reply, problem);
	if (err == 0)
		err = whmcs_read_answer(body_of(&reply), mark, problem);
	http_reply_clear(&reply);
	return err;
}

int whmcs_answer_ticket(
	const struct whmcs *w, int64_t ticket, struct slice message, struct problem *problem)
{
	struct form f;
	struct http_reply reply = {0};

	if (message.len > WHMCS_MESSAGE_MAX)
		return problem_set(problem, -EINVAL, "too long for a ticket");
	f = begin(w, "AddTicketReply", message.len);
	add_number(&f, "ticketid", (uint64_t)ticket);
	add(&f, "adminusername", slice_of(w->admin));
	add(&f, "message", message);
	int err = send_form(w, &f, &reply, problem);
	if (err == 0)
		err = whmcs_read_done(body_of(&reply), problem);
	http_reply_clear(&reply);
	return err;
}

int whmcs_send_template(const struct whmcs *w, const struct whmcs_owner *owner, const char *name,
	struct slice variables, struct problem *problem)
{
	struct form f = begin(w, "SendEmail", variables.len + strlen(name));
	struct http_reply reply = {0};

	add(&f, "messagename", slice_of(name));
	add_number(&f, "id", (uint64_t)owner->service);
	add(&f, "customvars", variables);
	int err = send_form(w, &f, &reply, problem);
	if (err == 0)
		err = whmcs_read_done(body_of(&reply), problem);
	http_reply_clear(&reply);
	return err;
}
