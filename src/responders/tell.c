#include "responders/tell.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "formats/mail_message.h"
#include "formats/whmcs_vars.h"
#include "responders/notice.h"
#include "settings/secret_file.h"
#include "systems/mail_out.h"
#include "systems/webhook.h"
#include "systems/whmcs.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HOST_MAX   65
#define KEY_MAX    40
#define MARK_MAX   400
#define ID_MAX     200
#define ROW_MAX    1024
#define SAID_MAX   300
#define VARIABLES  17
#define OWNERS_MAX 1000000 /* lines of the file of owners */

struct telling {
	struct responding *r;
	const struct settings_values *values;
	json_t *note;
	enum responding_stage stage;
	bool is_again; /* told of this stage before: now of another password */
	bool with_secret;
	char host[HOST_MAX];
	char key[KEY_MAX]; /* of the incident */
	char mark[MARK_MAX];
	char owner_said[SAID_MAX]; /* how the owner was told, for the administrator */
	struct whmcs_owner owner;
	struct whmcs_client client;
};

/* What a notice can say, with the texts that it is made of. */
struct variables {
	struct template_variable rows[VARIABLES];
	char source[SOURCE_TEXT_MAX], since[32], messages[32], recipients[32], held[32];
};

/* By which somebody is told. */
struct channel {
	const char *name; /* in the note */
	const char *plan; /* whom, and how */
	bool is_owner;
	bool (*is_on)(const struct settings_values *values);
	bool (*gives_secret)(const struct settings_values *values); /* NULL: never */
	/* 0 and the id; or *problem and the error of responder.h. */
	int (*tell)(struct telling *t, char id[ID_MAX], struct problem *problem);
};

/* ---- what is told ---- */

static bool is_host_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
}

/* This server's name, in letters, digits, '-' and '.'. */
static void read_host(char at[HOST_MAX])
{
	size_t len = 0;
	char name[HOST_MAX] = "";

	(void)gethostname(name, sizeof(name) - 1);
	for (const char *c = name; *c != '\0'; c++)
		if (is_host_byte(slice_lower(*c)))
			at[len++] = slice_lower(*c);
	at[len] = '\0';
	if (len == 0)
		(void)snprintf(at, HOST_MAX, "localhost");
}

/* The incident's number; without one, the source and when it began. */
static void make_key(const struct responding *r, char at[KEY_MAX])
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	char hex[2 * sizeof(hash) + 1], text[SOURCE_TEXT_MAX], whole[SOURCE_TEXT_MAX + 32];

	if (r->incident > 0) {
		(void)snprintf(at, KEY_MAX, "%lld", (long long)r->incident);
		return;
	}
	(void)snprintf(
		whole, sizeof(whole), "%lld %s", (long long)r->since, source_text(r->source, text));
	(void)crypto_generichash(
		hash, sizeof(hash), (const unsigned char *)whole, strlen(whole), NULL, 0);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	(void)snprintf(at, KEY_MAX, "%s", hex);
}

static struct slice domain_of(const struct source *source)
{
	struct slice name = {source->name, source->len};

	return source->kind == SOURCE_MAILBOX ? slice_after(name, slice_find_last(name, '@') + 1)
					      : (struct slice){0};
}

static struct telling begin(struct responding *r, json_t *note)
{
	struct telling t = {.r = r, .values = r->values, .note = note, .stage = r->stage};

	read_host(t.host);
	make_key(r, t.key);
	(void)snprintf(t.mark, sizeof(t.mark), "[stanch:%s:%s]",
		t.values->whmcs.server != NULL ? t.values->whmcs.server : t.host, t.key);
	return t;
}

static const char *language_of(const struct telling *t)
{
	static const struct {
		const char *name, *language;
	} known[] = {{"english", "en"}, {"german", "de"}, {"czech", "cs"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(t->client.language, known[i].name) == 0)
			return known[i].language;
	return t->values->tell.language != NULL ? t->values->tell.language : "en";
}

static const char *counted(uint64_t n, char at[32])
{
	at[0] = '\0';
	if (n > 0)
		(void)snprintf(at, 32, "%llu", (unsigned long long)n);
	return at;
}

static const char *dated(int64_t seconds, char at[32])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	at[0] = '\0';
	if (seconds > 0 && gmtime_r(&time, &tm) != NULL)
		(void)strftime(at, 32, "%Y-%m-%d %H:%M UTC", &tm);
	return at;
}

static struct slice text_of(const char *text)
{
	return text != NULL ? slice_of(text) : (struct slice){0};
}

static bool is_password_changed(const struct responding *r)
{
	return r->secret_how != NULL && strcmp(r->secret_how, "changed") == 0;
}

/* v: not moved while it is used. */
static void fill(struct variables *v, const struct telling *t)
{
	const struct responding *r = t->r;
	const struct slice none = {0}, name = {r->source->name, r->source->len};
	const struct template_variable rows[VARIABLES] = {
		{"source", slice_of(source_text(r->source, v->source))},
		{"name", name},
		{"mailbox", r->source->kind == SOURCE_MAILBOX ? name : none},
		{"domain", domain_of(r->source)},
		{"incident", slice_of(t->key)},
		{"stage", slice_of(responding_stage_name(t->stage))},
		{"since", slice_of(dated(r->since, v->since))},
		{"messages", slice_of(counted(r->messages, v->messages))},
		{"recipients", slice_of(counted(r->recipients, v->recipients))},
		{"held", slice_of(counted(r->held, v->held))},
		{"reason", text_of(r->reason)},
		{"secret_how", text_of(r->secret_how)},
		{"password_changed", slice_of(is_password_changed(r) ? "yes" : "")},
		{"again", slice_of(t->is_again ? "yes" : "")},
		{"secret", t->with_secret && r->secret != NULL ? secret_slice(r->secret) : none},
		{"owner", slice_of(t->owner_said)},
		{"server", slice_of(t->host)},
	};

	memcpy(v->rows, rows, sizeof(rows));
}

static int write_notice(const struct telling *t, enum notice_reader reader, struct notice *ret,
	struct problem *problem)
{
	struct variables v;

	fill(&v, t);
	return notice_make(t->values->tell.templates,
		reader == NOTICE_OWNER ? language_of(t) : t->values->tell.language, reader,
		t->stage, v.rows, VARIABLES, ret, problem);
}

static int64_t time_of(const struct telling *t)
{
	return t->values->tell.timeout * 1000;
}

/* ---- the note ---- */

static json_t *object_in(json_t *object, const char *key)
{
	json_t *found = json_object_get(object, key);

	if (json_is_object(found))
		return found;
	json_put(object, key, json_object());
	return json_object_get(object, key);
}

static const json_t *told(const json_t *note, enum responding_stage stage, const char *channel)
{
	const json_t *of_stage =
		json_object_get(json_object_get(note, "told"), responding_stage_name(stage));

	return json_object_get(of_stage, channel);
}

static const char *told_id(const json_t *note, enum responding_stage stage, const char *channel)
{
	return json_string_value(json_object_get(told(note, stage, channel), "id"));
}

static void keep_told(struct telling *t, const char *channel, const char *id)
{
	json_t *stage = object_in(object_in(t->note, "told"), responding_stage_name(t->stage));

	json_t *kept = object_in(stage, channel);

	json_put(kept, "id", json_text(slice_of(id)));
	json_put(kept, "times",
		json_integer(json_integer_value(json_object_get(kept, "times")) + 1));
}

static json_int_t told_times(const struct telling *t, const char *channel)
{
	return json_integer_value(json_object_get(told(t->note, t->stage, channel), "times"));
}

static void keep_failed(struct telling *t, const char *channel, int err, const char *why)
{
	json_t *stage = object_in(object_in(t->note, "told"), responding_stage_name(t->stage));
	json_t *kept = object_in(stage, channel);

	json_put(kept, "error", json_integer(-err));
	json_put(kept, "why", json_text(slice_of(why)));
}

/* ---- WHMCS ---- */

struct opened_whmcs {
	struct whmcs w;
	struct secret *secret, *accesskey;
};

static void close_whmcs(struct opened_whmcs *o)
{
	secret_free(o->secret);
	secret_free(o->accesskey);
}

static int need(const char *value, const char *name, struct problem *problem)
{
	return value != NULL ? 0 : problem_set(problem, -EINVAL, "%s is not set", name);
}

static int open_whmcs(const struct telling *t, struct opened_whmcs *ret, struct problem *problem)
{
	const struct whmcs_settings *s = &t->values->whmcs;
	int err = need(s->url, "whmcs.url", problem);

	*ret = (struct opened_whmcs){0};
	err = err < 0 ? err : need(s->identifier, "whmcs.identifier", problem);
	err = err < 0 ? err : need(s->secret_file, "whmcs.secret_file", problem);
	err = err < 0 ? err : need(s->server, "whmcs.server", problem);
	if (err == 0 && s->department != 0)
		err = need(s->admin, "whmcs.admin", problem);
	if (err == 0 && s->department == 0 && s->email == NULL)
		err = need(NULL, "whmcs.department", problem);
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
		.time_ms = time_of(t)};
	if (err < 0)
		close_whmcs(ret);
	return err;
}

/* The owner, and what is known of them, once. */
static int find_client(struct telling *t, const struct whmcs *w, struct problem *problem)
{
	struct slice domain = domain_of(t->r->source);

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

static int open_ticket(struct telling *t, const struct whmcs *w, const struct notice *notice,
	char id[ID_MAX], struct problem *problem)
{
	char subject[ROW_MAX];
	struct whmcs_ticket ticket = {0};

	(void)snprintf(subject, sizeof(subject), "%s %.500s", t->mark, notice->subject.at);
	int err = whmcs_open_ticket(w, &t->owner, t->mark, slice_of(subject),
		(struct slice){notice->plain.at, notice->plain.len}, &ticket, problem);
	if (err == 0) {
		(void)snprintf(id, ID_MAX, "%lld", (long long)ticket.id);
		(void)snprintf(t->owner_said, sizeof(t->owner_said), "ticket %s",
			ticket.number[0] != '\0' ? ticket.number : id);
	}
	return err;
}

/* An answer has no mark: one that may have come is not given again. */
static int answer_ticket(struct telling *t, const struct whmcs *w, const struct notice *notice,
	char id[ID_MAX], struct problem *problem)
{
	const char *ticket = told_id(t->note, RESPONDING_CONTAINED, "ticket");

	if (ticket == NULL)
		return problem_set(problem, -ENOENT, "there is no ticket to answer");
	int err = whmcs_answer_ticket(w, strtoll(ticket, NULL, 10),
		(struct slice){notice->plain.at, notice->plain.len}, problem);
	(void)snprintf(id, ID_MAX, "%s", ticket);
	return err == -ETIMEDOUT ? problem_set(problem, -EIO,
					   "no answer; whether the ticket was answered is not "
					   "known, and it is not answered again")
				 : err;
}

static int tell_by_ticket(struct telling *t, char id[ID_MAX], struct problem *problem)
{
	bool is_first = t->stage == RESPONDING_CONTAINED && !t->is_again;
	struct opened_whmcs o;
	struct notice notice = {0};
	int err = open_whmcs(t, &o, problem);

	if (err < 0)
		return err;
	err = find_client(t, &o.w, problem);
	if (err == 0)
		err = write_notice(t, NOTICE_OWNER, &notice, problem);
	if (err == 0)
		err = is_first ? open_ticket(t, &o.w, &notice, id, problem)
			       : answer_ticket(t, &o.w, &notice, id, problem);
	notice_clear(&notice);
	close_whmcs(&o);
	return err;
}

/* Mail has no mark: what may have been sent is not sent again. */
static int tell_by_email(struct telling *t, char id[ID_MAX], struct problem *problem)
{
	const struct whmcs_settings *s = &t->values->whmcs;
	struct opened_whmcs o;
	struct variables v;
	struct template_text text = {0};
	int err = open_whmcs(t, &o, problem);

	if (err < 0)
		return err;
	err = find_client(t, &o.w, problem);
	fill(&v, t);
	if (err == 0)
		err = whmcs_vars_write(v.rows, VARIABLES, &text, problem);
	if (err == 0)
		err = whmcs_send_template(
			&o.w, &t->owner, s->email, (struct slice){text.at, text.len}, problem);
	template_text_clear(&text);
	close_whmcs(&o);
	(void)snprintf(id, ID_MAX, "client %lld", (long long)t->owner.client);
	if (err == 0)
		(void)snprintf(t->owner_said, sizeof(t->owner_said), "mail by WHMCS to %s", id);
	return err == -ETIMEDOUT ? problem_set(problem, -EIO,
					   "no answer; whether WHMCS has sent its mail is not "
					   "known, and it is not sent again")
				 : err;
}

/* ---- mail ---- */

static int send_mail(const struct telling *t, const struct notice *notice, const char *channel,
	const char *recipient, char id[ID_MAX], struct problem *problem)
{
	const struct mail_settings *s = &t->values->mail;
	struct mail_out out = {.url = s->url,
		.needs_tls = s->tls,
		.user = s->user,
		.sendmail = s->sendmail,
		.time_ms = time_of(t)};
	struct secret *password = NULL;
	struct template_text text = {0};
	int err = need(s->sender, "mail.sender", problem);

	/* the same for the same notice: whoever has it twice can tell */
	(void)snprintf(id, ID_MAX, "stanch.%s.%s.%s.%lld@%s", t->key,
		responding_stage_name(t->stage), channel, (long long)told_times(t, channel) + 1,
		t->host);
	const struct mail_message m = {.sender = s->sender,
		.recipient = recipient,
		.id = id,
		.time = (int64_t)time(NULL),
		.incident = t->r->incident,
		.subject = {notice->subject.at, notice->subject.len},
		.plain = {notice->plain.at, notice->plain.len},
		.html = {notice->html.at, notice->html.len}};
	if (err == 0 && s->user != NULL)
		err = need(s->password_file, "mail.password_file", problem);
	if (err == 0 && s->user != NULL)
		err = secret_file_read(s->password_file, &password, problem) < 0 ? -EINVAL : 0;
	out.password = password;
	if (err == 0)
		err = mail_message_write(&m, &text, problem);
	if (err == 0)
		err = mail_out_send(
			&out, s->sender, recipient, (struct slice){text.at, text.len}, problem);
	template_text_clear(&text);
	secret_free(password);
	return err;
}

/* "DOMAIN ADDRESS" of a line; '#' begins a comment line. */
static bool is_owner_line(struct slice line, struct slice domain, char at[WHMCS_EMAIL_MAX])
{
	line = slice_trim(line);
	size_t len = 0;

	while (len < line.len && line.at[len] != ' ' && line.at[len] != '\t')
		len++;
	struct slice address = slice_trim(slice_after(line, len));
	if (line.len == 0 || line.at[0] == '#' ||
		!slice_equal_nocase(slice_first(line, len), domain) || address.len == 0 ||
		address.len >= WHMCS_EMAIL_MAX)
		return false;
	memcpy(at, address.at, address.len);
	at[address.len] = '\0';
	return true;
}

static int find_in_file(const struct telling *t, char at[WHMCS_EMAIL_MAX], struct problem *problem)
{
	const char *path = t->values->tell.owners;
	struct slice domain = domain_of(t->r->source);
	char line[ROW_MAX];
	bool found = false;
	int err = need(path, "tell.owners", problem);

	if (err < 0)
		return err;
	FILE *in = fopen(path, "re");
	if (in == NULL)
		return problem_set(problem, -EINVAL, "%s: cannot be opened", path);
	for (size_t n = 0; !found && n < OWNERS_MAX && fgets(line, sizeof(line), in) != NULL; n++)
		found = domain.len > 0 && is_owner_line(slice_of(line), domain, at);
	(void)fclose(in);
	return found ? 0 : problem_set(problem, -ENOENT, "%s names no owner of its domain", path);
}

static int find_in_whmcs(struct telling *t, char at[WHMCS_EMAIL_MAX], struct problem *problem)
{
	struct opened_whmcs o;
	int err = open_whmcs(t, &o, problem);

	if (err < 0)
		return err;
	err = find_client(t, &o.w, problem);
	close_whmcs(&o);
	if (err == 0 && t->client.email[0] == '\0')
		err = problem_set(problem, -ENOENT, "WHMCS says no address of the client");
	if (err == 0)
		(void)snprintf(at, WHMCS_EMAIL_MAX, "%s", t->client.email);
	return err;
}

/* The thief reads the hijacked mailbox. */
static bool is_hijacked(const struct telling *t, const char *address)
{
	struct source other;

	source_set(&other, SOURCE_MAILBOX, slice_of(address));
	return t->r->source->kind == SOURCE_MAILBOX && source_equal(&other, t->r->source);
}

static int tell_by_mail(struct telling *t, char id[ID_MAX], struct problem *problem)
{
	bool is_file = t->values->tell.owner_mail == (unsigned)TELL_OWNER_FILE;
	char address[WHMCS_EMAIL_MAX];
	struct notice notice = {0};
	int err = is_file ? find_in_file(t, address, problem) : find_in_whmcs(t, address, problem);

	if (err < 0)
		return err;
	if (!mail_address_is_plain(slice_of(address)))
		return problem_set(problem, -ENOENT, "the owner's address is not a plain one");
	if (is_hijacked(t, address))
		return problem_set(problem, -ENOENT,
			"the owner's address is the hijacked mailbox itself, which others read");
	err = write_notice(t, NOTICE_OWNER, &notice, problem);
	if (err == 0)
		err = send_mail(t, &notice, "owner", address, id, problem);
	if (err == 0)
		(void)snprintf(t->owner_said, sizeof(t->owner_said), "mail to %s", address);
	notice_clear(&notice);
	return err;
}

static int tell_administrator(struct telling *t, char id[ID_MAX], struct problem *problem)
{
	struct notice notice = {0};
	int err = write_notice(t, NOTICE_ADMINISTRATOR, &notice, problem);

	if (err == 0)
		err = send_mail(
			t, &notice, "administrator", t->values->mail.administrator, id, problem);
	notice_clear(&notice);
	return err;
}

/* ---- webhook ---- */

static json_t *object_of(const struct telling *t, const char *id)
{
	const struct responding *r = t->r;
	char source[SOURCE_TEXT_MAX];
	json_t *o = json_object();

	json_put(o, "id", json_text(slice_of(id)));
	json_put(o, "stage", json_text(slice_of(responding_stage_name(t->stage))));
	json_put(o, "server", json_text(slice_of(t->host)));
	json_put(o, "incident", json_integer(r->incident));
	json_put(o, "source", json_text(slice_of(source_text(r->source, source))));
	json_put(o, "since", r->since > 0 ? json_time(r->since) : NULL);
	json_put(o, "messages", json_integer((json_int_t)r->messages));
	json_put(o, "recipients", json_integer((json_int_t)r->recipients));
	json_put(o, "held", json_integer((json_int_t)r->held));
	json_put(o, "reason", json_text(text_of(r->reason)));
	json_put(o, "password", r->secret_how != NULL ? json_text(slice_of(r->secret_how)) : NULL);
	return o;
}

static int post(const struct telling *t, struct slice body, struct problem *problem)
{
	const struct webhook_settings *s = &t->values->webhook;
	struct secret *key = NULL;

	if (s->secret_file != NULL && secret_file_read(s->secret_file, &key, problem) < 0)
		return -EINVAL;
	const struct webhook w = {s->url, key, (enum webhook_form)s->form, time_of(t)};
	int err = webhook_send(&w, body, (int64_t)time(NULL), problem);
	secret_free(key);
	return err;
}

static int tell_by_webhook(struct telling *t, char id[ID_MAX], struct problem *problem)
{
	struct notice notice = {0};
	int err = write_notice(t, NOTICE_ADMINISTRATOR, &notice, problem);

	if (err < 0)
		return err;
	(void)snprintf(
		id, ID_MAX, "stanch.%s.%s@%s", t->key, responding_stage_name(t->stage), t->host);
	json_t *object = object_of(t, id);
	struct slice plain = {notice.plain.at, notice.plain.len};
	struct slice html = {notice.html.at, notice.html.len};
	char *body = webhook_body((enum webhook_form)t->values->webhook.form, object, plain, html);
	err = post(t, slice_of(body), problem);
	free(body);
	json_decref(object);
	notice_clear(&notice);
	return err;
}

/* ---- channels ---- */

/* Of what is only suspected its owner hears nothing. */
static bool hears(
	const struct channel *c, const struct settings_values *v, enum responding_stage stage)
{
	return c->is_on(v) && !(c->is_owner && stage == RESPONDING_SUSPECTED);
}

static bool has_ticket(const struct settings_values *v)
{
	return v->whmcs.url != NULL && (v->whmcs.department != 0 || v->whmcs.email == NULL);
}

static bool has_email(const struct settings_values *v)
{
	return v->whmcs.url != NULL && v->whmcs.email != NULL;
}

static bool has_owner_mail(const struct settings_values *v)
{
	return v->tell.owner_mail != (unsigned)TELL_OWNER_NONE;
}

static bool has_administrator(const struct settings_values *v)
{
	return v->mail.administrator != NULL;
}

static bool has_webhook(const struct settings_values *v)
{
	return v->webhook.url != NULL;
}

static bool gives_by_ticket(const struct settings_values *v)
{
	return v->tell.secret_by == (unsigned)TELL_SECRET_WHMCS;
}

static bool gives_by_email(const struct settings_values *v)
{
	return v->tell.secret_by == (unsigned)TELL_SECRET_WHMCS && !has_ticket(v);
}

static bool gives_by_mail(const struct settings_values *v)
{
	return v->tell.secret_by == (unsigned)TELL_SECRET_MAIL;
}

/* The owner first: the administrator is told how that went. */
static const struct channel channels[] = {
	{"ticket", "the owner by a ticket", true, has_ticket, gives_by_ticket, tell_by_ticket},
	{"email", "the owner by a mail of WHMCS", true, has_email, gives_by_email, tell_by_email},
	{"owner", "the owner by mail", true, has_owner_mail, gives_by_mail, tell_by_mail},
	{"administrator", "the administrator by mail", false, has_administrator, NULL,
		tell_administrator},
	{"webhook", "a webhook", false, has_webhook, NULL, tell_by_webhook},
};
#define CHANNELS (sizeof(channels) / sizeof(channels[0]))

/* A password that its owner does not have yet, and is to have by that one. */
static bool gives_secret(const struct responding *r, const struct channel *c)
{
	return r->stage == RESPONDING_CONTAINED && r->secret != NULL && !r->secret_told &&
	       c->gives_secret != NULL && c->gives_secret(r->values);
}

/* What has come of all of them. */
struct outcome {
	size_t told, before;
	int err; /* the first; one that another try may mend goes before the others */
	struct problem problem;
};

static bool is_for_a_while(int err)
{
	return err == -EAGAIN || err == -ETIMEDOUT;
}

static void add_error(struct outcome *o, const char *channel, int err, const char *why)
{
	if (o->err != 0 && (is_for_a_while(o->err) || !is_for_a_while(err)))
		return;
	o->err = problem_set(&o->problem, err, "%s: %s", channel, why);
}

/* An error of a channel in the terms of responder.h. */
static int plain_error(int err)
{
	switch (err) {
	case -EAGAIN:
	case -ETIMEDOUT:
	case -ENOENT:
	case -EACCES:
	case -EBADMSG:
	case -EINVAL:
		return err;
	case -EEXIST:
		return -ENOENT;
	case -EPROTO:
		return -EACCES;
	default:
		return -EIO;
	}
}

static void tell_one(struct telling *t, const struct channel *c, struct outcome *o)
{
	struct problem problem = {0};
	char id[ID_MAX] = "";

	t->with_secret = gives_secret(t->r, c);
	int err = c->tell(t, id, &problem);

	if (err == 0) {
		keep_told(t, c->name, id);
		t->r->secret_told = t->r->secret_told || t->with_secret;
		o->told++;
		return;
	}
	err = plain_error(err);
	add_error(o, c->name, err, problem.text);
	if (!is_for_a_while(err))
		keep_failed(t, c->name, err, problem.text);
	if (c->is_owner && t->owner_said[0] == '\0')
		(void)snprintf(
			t->owner_said, sizeof(t->owner_said), "not told: %.200s", problem.text);
}

/* Who knows nothing of it is not told that it is over. */
static bool has_not_heard(const json_t *note, enum responding_stage stage, const char *channel)
{
	return stage > RESPONDING_CONTAINED && told_id(note, RESPONDING_CONTAINED, channel) == NULL;
}

static void tell_if_needed(struct telling *t, const struct channel *c, struct outcome *o)
{
	const json_t *kept = told(t->note, t->stage, c->name);
	int err = (int)-json_integer_value(json_object_get(kept, "error"));

	t->is_again = json_is_object(kept) && err == 0;
	if (t->is_again && !gives_secret(t->r, c)) {
		o->before++;
		return;
	}
	if (json_is_object(kept) && err != 0) {
		add_error(o, c->name, err, json_string_value(json_object_get(kept, "why")));
		return;
	}
	if (has_not_heard(t->note, t->stage, c->name))
		return;
	tell_one(t, c, o);
}

static int tell_all(struct telling *t, struct problem *said)
{
	struct outcome o = {0};
	size_t on = 0;

	for (size_t i = 0; i < CHANNELS; i++) {
		if (!hears(&channels[i], t->values, t->stage))
			continue;
		on++;
		tell_if_needed(t, &channels[i], &o);
	}
	if (on == 0 && t->stage != RESPONDING_SUSPECTED)
		return problem_set(said, -EINVAL,
			"nobody to tell: none of whmcs.url, tell.owner_mail, mail.administrator "
			"and webhook.url is set");
	if (o.err < 0)
		return problem_set(said, o.err, "%s", o.problem.text);
	(void)problem_set(said, 0, "told %zu of it (%zu had been told before)", o.told, o.before);
	return 0;
}

/* ---- the responder ---- */

static bool is_on(const struct settings_values *values)
{
	return values->tell.enabled;
}

static bool fits(const struct source *source)
{
	return source->kind != SOURCE_UNKNOWN;
}

/* The notices that somebody would get, of an incident that is none. */
static int try_notices(
	const struct settings_values *values, enum responding_stage stage, struct problem *said)
{
	struct source source;
	struct responding r = {.values = values,
		.source = &source,
		.stage = stage,
		.incident = 1,
		.reason = "none: this is a trial"};
	int err = 0;

	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.example"));
	struct telling t = begin(&r, NULL);
	for (unsigned reader = NOTICE_OWNER; reader <= NOTICE_ADMINISTRATOR && err == 0; reader++) {
		struct notice notice = {0};

		if (reader == NOTICE_ADMINISTRATOR || stage != RESPONDING_SUSPECTED)
			err = write_notice(&t, (enum notice_reader)reader, &notice, said);
		notice_clear(&notice);
	}
	return err < 0 ? -EINVAL : 0;
}

static int try_secret_file(const char *path, struct problem *said)
{
	AUTO(secret) secret = NULL;

	return path == NULL || secret_file_read(path, &secret, said) == 0 ? 0 : -EINVAL;
}

static int prepare(const struct settings_values *values, struct problem *said)
{
	struct telling t = {.values = values};
	struct opened_whmcs o = {0};
	int err = 0;

	for (unsigned i = RESPONDING_SUSPECTED; i <= RESPONDING_RELEASED && err == 0; i++)
		err = try_notices(values, (enum responding_stage)i, said);
	if (err == 0 && values->whmcs.url != NULL && (err = open_whmcs(&t, &o, said)) == 0)
		close_whmcs(&o);
	if (err == 0 && (has_owner_mail(values) || has_administrator(values)))
		err = need(values->mail.sender, "mail.sender", said);
	if (err == 0 && values->mail.user != NULL)
		err = need(values->mail.password_file, "mail.password_file", said);
	if (err == 0)
		err = try_secret_file(values->mail.password_file, said);
	if (err == 0)
		err = try_secret_file(values->webhook.secret_file, said);
	if (err == 0 && values->tell.owner_mail == (unsigned)TELL_OWNER_FILE)
		err = need(values->tell.owners, "tell.owners", said);
	return err;
}

static void plan(const struct responding *r, struct problem *said)
{
	char whom[200] = "";
	size_t n = 0;

	for (size_t i = 0; i < CHANNELS; i++) {
		size_t len = strlen(whom);

		if (channels[i].is_on(r->values))
			(void)snprintf(whom + len, sizeof(whom) - len, "%s%s", n++ > 0 ? ", " : "",
				channels[i].plan);
	}
	(void)problem_set(said, 0, "would tell %s", n > 0 ? whom : "nobody: no way is set");
}

static int act(struct responding *r, json_t *note, struct problem *said)
{
	struct telling t = begin(r, note);

	return tell_all(&t, said);
}

static int undo(const struct responding *r, json_t *note, struct problem *said)
{
	struct responding copy = *r;
	struct telling t = begin(&copy, note);

	return tell_all(&t, said);
}

/* Mail that was handed over cannot be looked at again; the ticket was read back when it was opened.
 */
static int check(const struct responding *r, const json_t *note, struct problem *said)
{
	for (size_t i = 0; i < CHANNELS; i++) {
		const struct channel *c = &channels[i];

		if (!hears(c, r->values, r->stage) || has_not_heard(note, r->stage, c->name))
			continue;
		if (told_id(note, r->stage, c->name) == NULL)
			return problem_set(said, -ENOENT, "%s: not told", c->name);
		if (gives_secret(r, c))
			return problem_set(
				said, -ENOENT, "%s: not told of the new password", c->name);
	}
	return 0;
}

const struct responder responder_tell = {.name = "tell",
	.deed = "tell the owner and the administrator",
	.is_on = is_on,
	.fits = fits,
	.prepare = prepare,
	.plan = plan,
	.act = act,
	.check = check,
	.undo = undo};
