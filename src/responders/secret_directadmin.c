#include "responders/secret_backend.h"

#include "settings/secret_file.h"
#include "systems/directadmin.h"

#include <errno.h>

/* *ret_key is to be freed in every case. */
static int open_door(const struct settings_values *values, const struct panel_mailbox *mailbox,
	struct directadmin *ret, struct secret **ret_key, struct problem *said)
{
	const struct directadmin_settings *s = &values->directadmin;

	*ret_key = NULL;
	if (panel_needs_domain(mailbox, "DirectAdmin", said) < 0)
		return -EINVAL;
	if (s->url == NULL || s->key_file == NULL)
		return problem_set(said, -EINVAL,
			"DirectAdmin needs directadmin.url and directadmin.key_file");
	if (secret_file_read(s->key_file, ret_key, said) < 0)
		return -EINVAL;
	*ret = (struct directadmin){.url = s->url,
		.user = s->user,
		.key = *ret_key,
		.ca_file = s->ca_file,
		.owners = s->owners,
		.time_ms = values->secret.timeout * 1000};
	return 0;
}

/* Looked for first: nothing is sent for a mailbox that is not there. */
static int set(const struct settings_values *values, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *said)
{
	struct directadmin panel;
	AUTO(secret) key = NULL;
	bool is_suspended;
	int err = open_door(values, mailbox, &panel, &key, said);

	if (err == 0)
		err = directadmin_look(&panel, mailbox, &is_suspended, said);
	if (err == 0)
		err = directadmin_set_password(&panel, mailbox, secret, said);
	return err;
}

static int check(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, const struct secret *secret, bool *ret_is_so, struct problem *said)
{
	struct directadmin panel;
	AUTO(secret) key = NULL;
	bool is_suspended = false;
	int err = open_door(values, mailbox, &panel, &key, said);

	(void)secret; /* it has no call that tells */
	if (err == 0)
		err = directadmin_look(&panel, mailbox, &is_suspended, said);
	if (err == 0)
		*ret_is_so = deed == SECRET_CHANGE || is_suspended;
	return err;
}

const struct secret_backend secret_backend_directadmin = {
	.name = "directadmin", .set = set, .check = check};
