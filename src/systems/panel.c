#include "systems/panel.h"

#include "base/printable.h"

#include <errno.h>
#include <stdio.h>

static bool is_visible(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] > '~')
			return false;
	return true;
}

/* Letters, digits, '-', '_' and dots, as a host has it: it goes into arguments and packets. */
static bool is_domain(struct slice s)
{
	static const char others[] = "-_.";

	if (s.len == 0 || s.at[0] == '-' || s.at[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = slice_lower(s.at[i]);
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!is_plain && (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return true;
}

static void copy(char at[PANEL_NAME_MAX], struct slice s)
{
	(void)snprintf(at, PANEL_NAME_MAX, "%.*s", (int)s.len, s.at);
}

int panel_mailbox_read(struct slice name, struct panel_mailbox *ret, struct problem *problem)
{
	size_t at = slice_find_last(name, '@');
	char shown[300];

	if (name.len >= PANEL_NAME_MAX || at == 0 || !is_visible(name) || name.at[0] == '-' ||
		(at < name.len && !is_domain(slice_after(name, at + 1))))
		return problem_set(problem, -EINVAL,
			"%s is no mailbox's name that can be asked for",
			printable_text(name, shown, sizeof(shown)));
	copy(ret->address, name);
	copy(ret->local, slice_first(name, at));
	ret->domain[0] = '\0';
	if (at < name.len)
		copy(ret->domain, slice_after(name, at + 1));
	return 0;
}

int panel_needs_domain(
	const struct panel_mailbox *mailbox, const char *panel, struct problem *problem)
{
	if (mailbox->domain[0] != '\0')
		return 0;
	return problem_set(problem, -EINVAL, "%s is no address, by which %s knows its mailboxes",
		mailbox->address, panel);
}

const char *panel_state_text(enum panel_state state)
{
	switch (state) {
	case PANEL_OUTGOING_SUSPENDED:
		return "its outgoing mail is suspended";
	case PANEL_LOGIN_SUSPENDED:
		return "its login is suspended";
	case PANEL_OUTGOING_HELD:
		return "its outgoing mail is held";
	}
	return "";
}

static void add_byte(struct panel_text *t, char c)
{
	if (t->len + 1 >= sizeof(t->at)) {
		t->is_full = true;
		return;
	}
	t->at[t->len++] = c;
	t->at[t->len] = '\0';
}

void panel_text_add(struct panel_text *t, const char *plain)
{
	for (; *plain != '\0'; plain++)
		add_byte(t, *plain);
}

static void add_encoded(struct panel_text *t, struct slice value)
{
	if (!http_encode(value, t->at + t->len, sizeof(t->at) - t->len))
		t->is_full = true;
	t->len += strlen(t->at + t->len);
}

void panel_text_add_form(struct panel_text *t, const char *name, struct slice value)
{
	if (t->len > 0)
		add_byte(t, '&');
	add_encoded(t, slice_of(name));
	add_byte(t, '=');
	add_encoded(t, value);
}

void panel_text_add_json(struct panel_text *t, struct slice value)
{
	add_byte(t, '"');
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];
		if (c < ' ' || c > '~')
			t->is_full = true;
		if (c == '"' || c == '\\')
			add_byte(t, '\\');
		add_byte(t, c);
	}
	add_byte(t, '"');
}

void panel_text_add_xml(struct panel_text *t, struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];
		if (c < ' ' || c > '~')
			t->is_full = true;
		if (c == '&')
			panel_text_add(t, "&amp;");
		else if (c == '<')
			panel_text_add(t, "&lt;");
		else if (c == '>')
			panel_text_add(t, "&gt;");
		else
			add_byte(t, c);
	}
}

void panel_text_wipe(struct panel_text *t)
{
	secret_wipe(t, sizeof(*t));
}

/* What http_call.h says, in the words of panel.h. */
static int panel_error(int err)
{
	switch (err) {
	case -ECONNREFUSED:
		return -EAGAIN;
	case -ETIMEDOUT:
	case -EIO:
		return -ETIMEDOUT;
	case -EMSGSIZE:
		return -EBADMSG;
	case -EPROTO: /* a certificate: a setting, or somebody else */
		return -EINVAL;
	default:
		return err;
	}
}

int panel_call(const struct http_call *call, struct http_reply *ret, struct problem *problem)
{
	int err = http_call(call, ret, problem);

	return err < 0 ? panel_error(err) : 0;
}

int panel_judge(const struct http_reply *reply, const char *url, int err, struct problem *problem)
{
	bool is_clear = err == 0 || err == -EREMOTEIO || err == -ENOENT || err == -EACCES;
	struct problem said = problem != NULL ? *problem : (struct problem){0};

	if (reply->status == 401 || reply->status == 403)
		return problem_set(problem, -EACCES, "%s does not let us in (HTTP %ld)%s%s", url,
			reply->status, err < 0 && is_clear ? ": " : "",
			err < 0 && is_clear ? said.text : "");
	if ((reply->status == 429 || reply->status >= 500) && !is_clear)
		return problem_set(problem, -EAGAIN, "%s is not able to answer (HTTP %ld)", url,
			reply->status);
	if (err < 0)
		return err == -EREMOTEIO ? -EIO : err == -EMSGSIZE ? -EBADMSG : err;
	if (reply->status < 200 || reply->status > 299)
		return problem_set(problem, -EBADMSG,
			"%s answers that it is done, but with HTTP %ld", url, reply->status);
	return 0;
}
