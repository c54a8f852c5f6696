/* tell_mail.c - the owner and the administrator, by mail. */
#include "formats/mail_message.h"
#include "responders/telling.h"
#include "settings/secret_file.h"
#include "systems/mail_out.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROW_MAX    1024
#define OWNERS_MAX 1000000 /* lines of the file of owners */

static int send_mail(const struct telling *t, const struct notice *notice, const char *channel,
	const char *recipient, char id[TELLING_ID_MAX], struct problem *problem)
{
	const struct mail_settings *s = &t->values->mail;
	struct mail_out out = {.url = s->url,
		.needs_tls = s->tls,
		.user = s->user,
		.sendmail = s->sendmail,
		.time_ms = telling_time_ms(t)};
	struct secret *password = NULL;
	struct template_text text = {0};
	int err = telling_need(s->sender, "mail.sender", problem);

	/* the same for the same notice: whoever has it twice can tell */
	(void)snprintf(id, TELLING_ID_MAX, "stanch.%s.%s.%s.%lld@%s", t->key,
		responding_stage_name(t->stage), channel, (long long)telling_times(t, channel) + 1,
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
		err = telling_need(s->password_file, "mail.password_file", problem);
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

/* ---- whose address ---- */

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
	struct slice domain = telling_domain(t->r->source);
	char line[ROW_MAX];
	bool found = false;
	int err = telling_need(path, "tell.owners", problem);

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
	int err = telling_find_client(t, problem);

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

static int tell_by_mail(struct telling *t, char id[TELLING_ID_MAX], struct problem *problem)
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
	err = telling_notice(t, NOTICE_OWNER, &notice, problem);
	if (err == 0)
		err = send_mail(t, &notice, "owner", address, id, problem);
	if (err == 0)
		(void)snprintf(t->owner_said, sizeof(t->owner_said), "mail to %s", address);
	notice_clear(&notice);
	return err;
}

static int tell_administrator(struct telling *t, char id[TELLING_ID_MAX], struct problem *problem)
{
	struct notice notice = {0};
	int err = telling_notice(t, NOTICE_ADMINISTRATOR, &notice, problem);

	if (err == 0)
		err = send_mail(
			t, &notice, "administrator", t->values->mail.administrator, id, problem);
	notice_clear(&notice);
	return err;
}

/* ---- the channels ---- */

static bool has_owner_mail(const struct settings_values *v)
{
	return v->tell.owner_mail != (unsigned)TELL_OWNER_NONE;
}

static bool has_administrator(const struct settings_values *v)
{
	return v->mail.administrator != NULL;
}

static bool gives_by_mail(const struct settings_values *v)
{
	return v->tell.secret_by == (unsigned)TELL_SECRET_MAIL;
}

static int prepare(const struct settings_values *values, struct problem *said)
{
	const struct mail_settings *s = &values->mail;
	int err = telling_need(s->sender, "mail.sender", said);

	if (err == 0 && s->user != NULL)
		err = telling_need(s->password_file, "mail.password_file", said);
	return err == 0 ? telling_try_secret(s->password_file, said) : err;
}

static int prepare_owner(const struct settings_values *values, struct problem *said)
{
	if (values->tell.owner_mail == (unsigned)TELL_OWNER_FILE &&
		telling_need(values->tell.owners, "tell.owners", said) < 0)
		return -EINVAL;
	return prepare(values, said);
}

const struct channel channel_owner = {.name = "owner",
	.plan = "the owner by mail",
	.is_owner = true,
	.is_on = has_owner_mail,
	.gives_secret = gives_by_mail,
	.prepare = prepare_owner,
	.tell = tell_by_mail};

const struct channel channel_administrator = {.name = "administrator",
	.plan = "the administrator by mail",
	.is_on = has_administrator,
	.prepare = prepare,
	.tell = tell_administrator};
