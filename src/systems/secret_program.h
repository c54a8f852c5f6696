/* secret_program.h - a program of the administrator's that changes passwords, for what is not
 * built in. It is called with two words and gets a secret as one line on its standard input:
 *
 *   set MAILBOX      makes the line the mailbox's password
 *   check MAILBOX    with a line: whether it is the password; without: says on its first line
 *                    "suspended" or "active"
 *   suspend MAILBOX  keeps it from sending; it may be suspended already
 *   resume MAILBOX   lifts that; it may be lifted already
 *
 * Its status: 0 done (check: yes); 67 no such mailbox; 75 try later; 77 no right to do that; others
 * failed (check with a line: it is not the password). The first line that it says is the reason.
 * Errors are those of systems/panel.h. */
#ifndef STANCH_SYSTEMS_SECRET_PROGRAM_H
#define STANCH_SYSTEMS_SECRET_PROGRAM_H

#include "systems/panel.h"

/* Borrowed. */
struct secret_program {
	const char *path; /* absolute; NULL is -EINVAL */
	int64_t time_ms;
};

MUST_USE int secret_program_set(const struct secret_program *program, const char *mailbox,
	const struct secret *secret, struct problem *problem);
MUST_USE int secret_program_suspend(
	const struct secret_program *program, const char *mailbox, struct problem *problem);
MUST_USE int secret_program_resume(
	const struct secret_program *program, const char *mailbox, struct problem *problem);

/* secret: NULL asks whether the mailbox is suspended, else whether this is its password. */
MUST_USE int secret_program_check(const struct secret_program *program, const char *mailbox,
	const struct secret *secret, bool *ret_is_so, struct problem *problem);

#endif
