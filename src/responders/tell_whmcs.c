/* tell_whmcs.c - the owner, by WHMCS: a ticket, or an email template that WHMCS sends. */
#include "base/memory.h"
#include "formats/whmcs_vars.h"
#include "responders/telling.h"
#include "settings/secret_file.h"
#include "systems/whmcs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT_MAX 1024

struct opened_whmcs {
	struct whmcs w;
	struct secret *secret, *accesskey;
};

static void close_whmcs(struct opened_whmcs *o)
{
	secret_free(o->secret);
	secret_free(o->accesskey);
}

static int open_whmcs(
	const struct settings_values *values, struct opened_whmcs *ret, struct problem *problem)
{
	const struct whmcs_settings *s = &values->whmcs;
	int err = telling_need(s->url, "whmcs.url", problem);

	*ret = (struct opened_whmcs){0};
	err = err < 0 ? err : telling_need(s->identifier, "whmcs.identifier", problem);
	err = err < 0 ? err : telling_need(s->secret_file, "whmcs.secret_file", problem);
	err = err < 0 ? err : telling_need(s->server, "whmcs.server", problem);
	if (err == 0 && s->department != 0)
		err = telling_need(s->admin, "whmcs.admin", problem);
	if (err == 0 && s->department == 0 && s->email == NULL)
		err = telling_need(NULL, "whmcs.department", problem);
	if (err == 0)
		err = secret_file_read(s->secret_file, &ret->secret, problem) < 0 ? -EINVAL : 0;
	if (err == 0 && s->accesskey_file != NULL)
		err = secret_file_read(s->accesskey_file, &ret->accesskey, problem) < 0 ? -EINVAL
											: 0;
	ret->w = (struct whmcs){.url = s->url,
		.identifier = s->identifier,
		.secret = ret->secret,
		.accesskey = ret->accesskey,
		.server = s->server,
		.admin = s->admin,
		.department = s->department,
		.time_ms = values->tell.timeout * 1000};
	if (err < 0)
		close_whmcs(ret);
	return err;
}

/* The owner, and what is known of them, once. */
static int find_client(struct telling *t, const struct whmcs *w, struct problem *problem)
{
	struct slice domain = telling_domain(t->r->source);

	if (t->owner.client > 0)
		return 0;
	if (domain.len == 0)
		return problem_set(problem, -ENOENT, "only a mailbox has an owner in WHMCS");
	int err = whmcs_find_owner(w, domain.at, NULL, &t->owner, problem);
	if (err < 0)
		return err;
	err = whmcs_find_client(w, t->owner.client, &t->client, problem);
	return err == -ENOENT ? 0 : err;
}

int telling_find_client(struct telling *t, struct problem *problem)
{
	struct opened_whmcs o;
	int err = open_whmcs(t->values, &o, problem);

	if (err < 0)
		return err;
	err = find_client(t, &o.w, problem);
	close_whmcs(&o);
	return err;
}

/* ---- tickets ---- */

static int open_ticket(struct telling *t, const struct whmcs *w, const struct notice *notice,
	char id[TELLING_ID_MAX], struct problem *problem)
{
	char subject[SUBJECT_MAX];
	struct whmcs_ticket ticket = {0};

	(void)snprintf(subject, sizeof(subject), "%s %.500s", t->mark, notice->subject.at);
	int err = whmcs_open_ticket(w, &t->owner, t->mark, slice_of(subject),
		(struct slice){notice->plain.at, notice->plain.len}, &ticket, problem);
	if (err == 0) {
		(void)snprintf(id, TELLING_ID_MAX, "%lld", (long long)ticket.id);
		(void)snprintf(t->owner_said, sizeof(t->owner_said), "ticket %s",
			ticket.number[0] != '\0' ? ticket.number : id);
	}
	return err;
}

/* One that may have come is not given again. */
static int answer_once(
	const struct whmcs *w, int64_t ticket, struct slice text, struct problem *problem)
{
	int err = whmcs_answer_ticket(w, ticket, text, problem);

	return err == -ETIMEDOUT ? problem_set(problem, -EIO,
					   "no answer; whether the ticket was answered is not "
					   "known, and it is not answered again")
				 : err;
}

/* With the mark of this stage in its last line, by which it is found when its own answer was lost,
 * or we were killed before the journal had it. */
static int answer_marked(const struct telling *t, const struct whmcs *w, int64_t ticket,
	const struct notice *notice, struct problem *problem)
{
	char mark[TELLING_MARK_MAX + 16], *text;
	struct problem unseen = {0};

	(void)snprintf(mark, sizeof(mark), "%.*s:%s]", (int)strlen(t->mark) - 1, t->mark,
		responding_stage_name(t->stage));
	int seen = whmcs_find_answer(w, ticket, mark, &unseen);
	if (seen == 0)
		return 0;
	/* Its API role may not allow to look, or there is too much: then as what has no mark. */
	bool can_look = seen == -ENOENT;
	if (!can_look && seen != -EACCES && seen != -EIO && seen != -EMSGSIZE)
		return problem_set(problem, seen, "%s", unseen.text);
	size_t size = notice->plain.len + strlen(mark) + 3;
	text = memory_new(size, 1);
	(void)snprintf(text, size, "%.*s\n\n%s", (int)notice->plain.len, notice->plain.at, mark);
	int err = can_look ? whmcs_answer_ticket(w, ticket, slice_of(text), problem)
			   : answer_once(w, ticket, slice_of(text), problem);
	free(text);
	return err;
}

/* A new password is in this process only: nobody comes back to look for its answer, and that of an
 * earlier one must not be taken for it. */
static int answer_ticket(struct telling *t, const struct whmcs *w, const struct notice *notice,
	char id[TELLING_ID_MAX], struct problem *problem)
{
	const char *known = telling_id(t->note, RESPONDING_CONTAINED, "ticket");

	if (known == NULL)
		return problem_set(problem, -ENOENT, "there is no ticket to answer");
	int64_t ticket = strtoll(known, NULL, 10);
	(void)snprintf(id, TELLING_ID_MAX, "%s", known);
	if (t->with_secret)
		return answer_once(
			w, ticket, (struct slice){notice->plain.at, notice->plain.len}, problem);
	return answer_marked(t, w, ticket, notice, problem);
}

static int tell_by_ticket(struct telling *t, char id[TELLING_ID_MAX], struct problem *problem)
{
	bool is_first = t->stage == RESPONDING_CONTAINED && !t->is_again;
	struct opened_whmcs o;
	struct notice notice = {0};
	int err = open_whmcs(t->values, &o, problem);

	if (err < 0)
		return err;
	err = find_client(t, &o.w, problem);
	if (err == 0)
		err = telling_notice(t, NOTICE_OWNER, &notice, problem);
	if (err == 0)
		err = is_first ? open_ticket(t, &o.w, &notice, id, problem)
			       : answer_ticket(t, &o.w, &notice, id, problem);
	notice_clear(&notice);
	close_whmcs(&o);
	return err;
}

/* ---- its own mail ---- */

/* Mail has no mark: what may have been sent is not sent again. */
static int send_email(const struct telling *t, const struct whmcs *w, struct slice variables,
	struct problem *problem)
{
	int err = whmcs_send_template(w, &t->owner, t->values->whmcs.email, variables, problem);

	return err == -ETIMEDOUT ? problem_set(problem, -EIO,
					   "no answer; whether WHMCS has sent its mail is not "
					   "known, and it is not sent again")
				 : err;
}

static int tell_by_email(struct telling *t, char id[TELLING_ID_MAX], struct problem *problem)
{
	struct opened_whmcs o;
	struct telling_variables v;
	struct template_text text = {0};
	int err = open_whmcs(t->values, &o, problem);

	if (err < 0)
		return err;
	err = find_client(t, &o.w, problem);
	telling_fill(&v, t);
	if (err == 0)
		err = whmcs_vars_write(v.rows, TELLING_VARIABLES, &text, problem);
	if (err == 0)
		err = send_email(t, &o.w, (struct slice){text.at, text.len}, problem);
	template_text_clear(&text);
	close_whmcs(&o);
	(void)snprintf(id, TELLING_ID_MAX, "client %lld", (long long)t->owner.client);
	if (err == 0)
		(void)snprintf(t->owner_said, sizeof(t->owner_said), "mail by WHMCS to %s", id);
	return err;
}

/* ---- the channels ---- */

static bool has_ticket(const struct settings_values *v)
{
	return v->whmcs.url != NULL && (v->whmcs.department != 0 || v->whmcs.email == NULL);
}

static bool has_email(const struct settings_values *v)
{
	return v->whmcs.url != NULL && v->whmcs.email != NULL;
}

static bool gives_by_ticket(const struct settings_values *v)
{
	return v->tell.secret_by == (unsigned)TELL_SECRET_WHMCS;
}

static bool gives_by_email(const struct settings_values *v)
{
	return v->tell.secret_by == (unsigned)TELL_SECRET_WHMCS && !has_ticket(v);
}

static int prepare(const struct settings_values *values, struct problem *said)
{
	struct opened_whmcs o;
	int err = open_whmcs(values, &o, said);

	if (err == 0)
		close_whmcs(&o);
	return err;
}

const struct channel channel_ticket = {.name = "ticket",
	.plan = "the owner by a ticket",
	.is_owner = true,
	.is_on = has_ticket,
	.gives_secret = gives_by_ticket,
	.prepare = prepare,
	.tell = tell_by_ticket};

const struct channel channel_email = {.name = "email",
	.plan = "the owner by a mail of WHMCS",
	.is_owner = true,
	.is_on = has_email,
	.gives_secret = gives_by_email,
	.prepare = prepare,
	.tell = tell_by_email};
