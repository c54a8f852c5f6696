#include "responders/secret_backend.h"

#include "systems/dovecot/passwd_file.h"

#include <errno.h>

static int path_of(const struct settings_values *values, const char **ret, struct problem *said)
{
	*ret = values->dovecot.passwd_file;
	return *ret != NULL ? 0
			    : problem_set(said, -EINVAL,
				      "dovecot.passwd_file does not say where the passwords are");
}

static int set(const struct settings_values *values, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *said)
{
	const char *path;
	int err = path_of(values, &path, said);

	return err < 0 ? err : passwd_file_set(path, mailbox->address, secret, said);
}

static int check(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, const struct secret *secret, bool *ret_is_so, struct problem *said)
{
	char mark[PASSWORD_HASH_MARK];
	const char *path;
	int err = path_of(values, &path, said);

	*ret_is_so = deed == SECRET_CHANGE;
	if (err < 0 || !*ret_is_so)
		return err;
	return secret != NULL ? passwd_file_has(path, mailbox->address, secret, ret_is_so, said)
			      : passwd_file_mark(path, mailbox->address, mark, said);
}

static int mark(const struct settings_values *values, const struct panel_mailbox *mailbox,
	char at[PASSWORD_HASH_MARK], struct problem *said)
{
	const char *path;
	int err = path_of(values, &path, said);

	return err < 0 ? err : passwd_file_mark(path, mailbox->address, at, said);
}

const struct secret_backend secret_backend_passwd_file = {
	.name = "passwd-file", .set = set, .check = check, .can_tell = true, .mark = mark};
