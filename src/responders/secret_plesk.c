#include "responders/secret_backend.h"

#include "settings/secret_file.h"
#include "systems/plesk.h"

#include <errno.h>

/* *ret_key is to be freed in every case. */
static int open_door(const struct settings_values *values, const struct panel_mailbox *mailbox,
	struct plesk *ret, struct secret **ret_key, struct problem *said)
{
	const struct plesk_settings *s = &values->plesk;

	*ret_key = NULL;
	if (panel_needs_domain(mailbox, "Plesk", said) < 0)
		return -EINVAL;
	if (s->url == NULL || s->key_file == NULL)
		return problem_set(said, -EINVAL, "Plesk needs plesk.url and plesk.key_file");
	if (secret_file_read(s->key_file, ret_key, said) < 0)
		return -EINVAL;
	*ret = (struct plesk){.url = s->url,
		.key = *ret_key,
		.ca_file = s->ca_file,
		.may_set = s->may_set,
		.time_ms = values->secret.timeout * 1000};
	return 0;
}

static int set(const struct settings_values *values, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *said)
{
	struct plesk panel;
	AUTO(secret) key = NULL;
	int err = open_door(values, mailbox, &panel, &key, said);

	return err < 0 ? err : plesk_set_password(&panel, mailbox, secret, said);
}

static int check(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, const struct secret *secret, bool *ret_is_so, struct problem *said)
{
	struct plesk panel;
	AUTO(secret) key = NULL;
	int err = open_door(values, mailbox, &panel, &key, said);

	(void)secret; /* it has no call that tells */
	if (err == 0)
		err = plesk_look(&panel, mailbox, said);
	if (err == 0)
		*ret_is_so = deed == SECRET_CHANGE;
	return err;
}

const struct secret_backend secret_backend_plesk = {.name = "plesk", .set = set, .check = check};
