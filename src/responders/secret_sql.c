#include "responders/secret_backend.h"

#include "settings/secret_file.h"
#include "systems/sql_table.h"

#include <errno.h>

/* *ret_password is to be freed in every case. */
static int open_door(const struct settings_values *values, struct sql_options *ret,
	struct secret **ret_password, struct problem *said)
{
	const struct sql_settings *s = &values->sql;

	*ret_password = NULL;
	if (s->password_file != NULL && secret_file_read(s->password_file, ret_password, said) < 0)
		return -EINVAL;
	*ret = (struct sql_options){.server = (enum sql_server_kind)s->server,
		.database = s->database,
		.host = s->host,
		.port = (unsigned)s->port,
		.user = s->user,
		.password = *ret_password != NULL ? secret_text(*ret_password) : NULL,
		.set = s->set,
		.get = s->get,
		.suspend = s->suspend,
		.resume = s->resume,
		.suspended = s->suspended,
		.scheme = s->scheme,
		.time_ms = values->secret.timeout * 1000};
	return 0;
}

static int set(const struct settings_values *values, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *said)
{
	struct sql_options table;
	AUTO(secret) password = NULL;
	int err = open_door(values, &table, &password, said);

	return err < 0 ? err : sql_table_set(&table, mailbox->address, secret, said);
}

static int can(enum secret_deed deed, struct problem *said)
{
	if (deed == SECRET_HOLD)
		return problem_set(said, -EINVAL, "sql cannot hold the outgoing mail of a mailbox");
	return 0;
}

/* As open_door(), for what can be done there. */
static int open_for(enum secret_deed deed, const struct settings_values *values,
	struct sql_options *ret, struct secret **ret_password, struct problem *said)
{
	int err = can(deed, said);

	*ret_password = NULL;
	return err < 0 ? err : open_door(values, ret, ret_password, said);
}

/* Of its login or of its outgoing mail: what the statements suspend, the administrator knows. */
static int suspend(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, struct problem *said)
{
	struct sql_options table;
	AUTO(secret) password = NULL;
	int err = open_for(deed, values, &table, &password, said);

	return err < 0 ? err : sql_table_suspend(&table, mailbox->address, said);
}

static int resume(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, struct problem *said)
{
	struct sql_options table;
	AUTO(secret) password = NULL;
	int err = open_for(deed, values, &table, &password, said);

	return err < 0 ? err : sql_table_resume(&table, mailbox->address, said);
}

static int look(const struct sql_options *table, const char *mailbox, enum secret_deed deed,
	const struct secret *secret, bool *ret_is_so, struct problem *said)
{
	char mark[PASSWORD_HASH_MARK];
	int err;

	if (deed != SECRET_CHANGE)
		return sql_table_is_suspended(table, mailbox, ret_is_so, said);
	if (secret != NULL)
		return sql_table_has(table, mailbox, secret, ret_is_so, said);
	err = sql_table_mark(table, mailbox, mark, said);
	*ret_is_so = err == 0;
	return err;
}

static int check(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, const struct secret *secret, bool *ret_is_so, struct problem *said)
{
	struct sql_options table;
	AUTO(secret) password = NULL;
	int err = open_for(deed, values, &table, &password, said);

	return err < 0 ? err : look(&table, mailbox->address, deed, secret, ret_is_so, said);
}

static int mark(const struct settings_values *values, const struct panel_mailbox *mailbox,
	char at[PASSWORD_HASH_MARK], struct problem *said)
{
	struct sql_options table;
	AUTO(secret) password = NULL;
	int err = open_door(values, &table, &password, said);

	return err < 0 ? err : sql_table_mark(&table, mailbox->address, at, said);
}

const struct secret_backend secret_backend_sql = {.name = "sql",
	.set = set,
	.suspend = suspend,
	.resume = resume,
	.check = check,
	.can_tell = true,
	.mark = mark};
