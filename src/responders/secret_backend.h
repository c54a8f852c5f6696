/* secret_backend.h - where passwords are kept, each a row: what changes one there, and what else it
 * can do about a mailbox. A back end reads its own settings, and does one thing at a time; what
 * comes before and after, reading back above all, is secret.c's.
 *
 * All return 0, or *said and an error as in responders/responder.h. */
#ifndef STANCH_RESPONDERS_SECRET_BACKEND_H
#define STANCH_RESPONDERS_SECRET_BACKEND_H

#include "base/attribute.h"
#include "base/password_hash.h"
#include "base/problem.h"
#include "base/secret.h"
#include "settings/groups.h"
#include "systems/panel.h"

#include <stdbool.h>

/* In the order of the choice secret.do. */
enum secret_deed {
	SECRET_CHANGE,
	SECRET_SUSPEND_OUTGOING,
	SECRET_SUSPEND_LOGIN,
	SECRET_HOLD,
	SECRET_NOTHING,
	SECRET_DEEDS
};

struct secret_backend {
	const char *name; /* as in the configuration and the journal: "cpanel" */
	/* Makes it the password. 0 is the back end's word only. */
	int (*set)(const struct settings_values *values, const struct panel_mailbox *mailbox,
		const struct secret *secret, struct problem *said);
	/* Suspends or holds, and lifts that again; again and again without harm. NULL: it cannot.
	 */
	int (*suspend)(const struct settings_values *values, const struct panel_mailbox *mailbox,
		enum secret_deed deed, struct problem *said);
	int (*resume)(const struct settings_values *values, const struct panel_mailbox *mailbox,
		enum secret_deed deed, struct problem *said);
	/* Whether the deed is in force now. Of SECRET_CHANGE: whether `secret` is the password;
	 * where that is NULL, or the back end cannot tell, only whether the mailbox is there, and
	 * *ret_is_so is true. */
	int (*check)(const struct settings_values *values, const struct panel_mailbox *mailbox,
		enum secret_deed deed, const struct secret *secret, bool *ret_is_so,
		struct problem *said);
	bool can_tell; /* check() knows whether a secret is the password */
	/* What differs when the password is set anew by whomever, and tells nothing of it: the
	 * SHA-256 of what is stored, in hex. NULL: it cannot be seen. */
	int (*mark)(const struct settings_values *values, const struct panel_mailbox *mailbox,
		char at[PASSWORD_HASH_MARK], struct problem *said);
};

extern const struct secret_backend secret_backend_cpanel, secret_backend_directadmin,
	secret_backend_plesk, secret_backend_program, secret_backend_passwd_file,
	secret_backend_sql;

/* NULL: there is none of that name. */
const struct secret_backend *secret_backend_named(struct slice name);

#endif
