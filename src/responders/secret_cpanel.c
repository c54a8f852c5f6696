#include "responders/secret_backend.h"

#include "settings/secret_file.h"
#include "systems/cpanel/mailbox.h"

#include <errno.h>
#include <stdio.h>

/* The way in, and whose the mailbox is. */
struct door {
	struct cpanel_way way;
	struct secret *token; /* NULL: none is needed */
	char account[PANEL_NAME_MAX];
};

static void door_free(struct door *door)
{
	secret_free(door->token);
}

static int find_account(struct door *door, const struct settings_values *values,
	const struct panel_mailbox *mailbox, struct problem *said)
{
	const char *account = values->cpanel.account;

	if (account == NULL)
		return cpanel_account_of(&door->way, mailbox->domain, door->account, said);
	(void)snprintf(door->account, sizeof(door->account), "%s", account);
	return 0;
}

/* *ret is to be freed in every case. */
static int open_door(const struct settings_values *values, const struct panel_mailbox *mailbox,
	struct door *ret, struct problem *said)
{
	const struct cpanel_settings *s = &values->cpanel;
	int err = 0;

	*ret = (struct door){.way = {.url = s->url,
				     .user = s->user,
				     .ca_file = s->ca_file,
				     .command = s->command,
				     .whoowns = s->whoowns,
				     .time_ms = values->secret.timeout * 1000}};
	if (panel_needs_domain(mailbox, "cPanel", said) < 0)
		return -EINVAL;
	if (s->url != NULL && s->token_file == NULL)
		return problem_set(said, -EINVAL, "cpanel.url needs cpanel.token_file");
	if (s->url != NULL)
		err = secret_file_read(s->token_file, &ret->token, said);
	ret->way.token = ret->token;
	if (err < 0)
		return -EINVAL;
	return find_account(ret, values, mailbox, said);
}

/* It is cPanel's own word that the account has this mailbox: nothing is done to another's. */
static int look(const struct settings_values *values, const struct panel_mailbox *mailbox,
	struct door *ret_door, struct uapi_mailbox *ret, struct problem *said)
{
	int err = open_door(values, mailbox, ret_door, said);

	if (err < 0)
		return err;
	return cpanel_mailbox_look(&ret_door->way, ret_door->account, mailbox, ret, said);
}

static int set(const struct settings_values *values, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *said)
{
	struct door door;
	struct uapi_mailbox box;
	int err = look(values, mailbox, &door, &box, said);

	if (err == 0)
		err = cpanel_mailbox_set_password(&door.way, door.account, mailbox, secret, said);
	/* The password is changed: what is connected still goes on its own when this fails. */
	if (err == 0 && values->cpanel.end_sessions &&
		cpanel_end_sessions(&door.way, door.account, said) < 0)
		err = 0;
	door_free(&door);
	return err;
}

static enum panel_state state_of(enum secret_deed deed)
{
	if (deed == SECRET_SUSPEND_LOGIN)
		return PANEL_LOGIN_SUSPENDED;
	return deed == SECRET_HOLD ? PANEL_OUTGOING_HELD : PANEL_OUTGOING_SUSPENDED;
}

static int put(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, bool is_on, struct problem *said)
{
	struct door door;
	struct uapi_mailbox box;
	int err = look(values, mailbox, &door, &box, said);

	if (err == 0)
		err = cpanel_mailbox_put(
			&door.way, door.account, mailbox, state_of(deed), is_on, said);
	door_free(&door);
	return err;
}

static int suspend(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, struct problem *said)
{
	return put(values, mailbox, deed, true, said);
}

static int resume(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, struct problem *said)
{
	return put(values, mailbox, deed, false, said);
}

static enum uapi_answer answer_for(const struct uapi_mailbox *box, enum secret_deed deed)
{
	if (deed == SECRET_SUSPEND_LOGIN)
		return box->suspended_login;
	return deed == SECRET_HOLD ? box->hold_outgoing : box->suspended_outgoing;
}

static int check(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, const struct secret *secret, bool *ret_is_so, struct problem *said)
{
	struct door door;
	struct uapi_mailbox box;
	int err = look(values, mailbox, &door, &box, said);
	bool is_so = true;

	if (err == 0 && deed == SECRET_CHANGE && secret != NULL)
		err = cpanel_mailbox_has_password(
			&door.way, door.account, mailbox, secret, &is_so, said);
	door_free(&door);
	if (err < 0)
		return err;
	if (deed != SECRET_CHANGE && answer_for(&box, deed) == UAPI_NOT_SAID)
		return problem_set(said, -EBADMSG, "cPanel does not say whether %s",
			panel_state_text(state_of(deed)));
	*ret_is_so = deed == SECRET_CHANGE ? is_so : answer_for(&box, deed) == UAPI_YES;
	return 0;
}

const struct secret_backend secret_backend_cpanel = {.name = "cpanel",
	.set = set,
	.suspend = suspend,
	.resume = resume,
	.check = check,
	.can_tell = true};
