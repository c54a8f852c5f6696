#include "responders/secret_backend.h"

#include "systems/secret_program.h"

static struct secret_program program_of(const struct settings_values *values)
{
	return (struct secret_program){values->secret.program, values->secret.timeout * 1000};
}

static int set(const struct settings_values *values, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *said)
{
	const struct secret_program program = program_of(values);

	return secret_program_set(&program, mailbox->address, secret, said);
}

/* What it suspends, the program knows. */
static int suspend(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, struct problem *said)
{
	const struct secret_program program = program_of(values);

	(void)deed;
	return secret_program_suspend(&program, mailbox->address, said);
}

static int resume(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, struct problem *said)
{
	const struct secret_program program = program_of(values);

	(void)deed;
	return secret_program_resume(&program, mailbox->address, said);
}

static int check(const struct settings_values *values, const struct panel_mailbox *mailbox,
	enum secret_deed deed, const struct secret *secret, bool *ret_is_so, struct problem *said)
{
	const struct secret_program program = program_of(values);
	int err = secret_program_check(
		&program, mailbox->address, deed == SECRET_CHANGE ? secret : NULL, ret_is_so, said);

	if (err == 0 && deed == SECRET_CHANGE && secret == NULL)
		*ret_is_so = true;
	return err;
}

const struct secret_backend secret_backend_program = {.name = "program",
	.set = set,
	.suspend = suspend,
	.resume = resume,
	.check = check,
	.can_tell = true};
