/* mailbox.h - one mailbox on a cPanel server: its password, and what keeps it from sending. Errors
 * are those of systems/panel.h. account: as cpanel_account_of() gives it. */
#ifndef STANCH_SYSTEMS_CPANEL_MAILBOX_H
#define STANCH_SYSTEMS_CPANEL_MAILBOX_H

#include "systems/cpanel/way.h"

/* What cPanel says of it now. -ENOENT: the account has no such mailbox. */
MUST_USE int cpanel_mailbox_look(const struct cpanel_way *way, const char *account,
	const struct panel_mailbox *mailbox, struct uapi_mailbox *ret, struct problem *problem);

/* Sets its password. Not read back: cpanel_mailbox_has_password() does. When cPanel says no,
 * *problem says, too, how strong it wants passwords to be. */
MUST_USE int cpanel_mailbox_set_password(const struct cpanel_way *way, const char *account,
	const struct panel_mailbox *mailbox, const struct secret *secret, struct problem *problem);

/* Whether this is its password now. */
MUST_USE int cpanel_mailbox_has_password(const struct cpanel_way *way, const char *account,
	const struct panel_mailbox *mailbox, const struct secret *secret, bool *ret_has,
	struct problem *problem);

/* Puts it into the state, or out of it. Not read back: cpanel_mailbox_look() does. */
MUST_USE int cpanel_mailbox_put(const struct cpanel_way *way, const char *account,
	const struct panel_mailbox *mailbox, enum panel_state state, bool is_on,
	struct problem *problem);

/* How strong a mailbox's password has to be, 0 to 100, by cPanel's own measure. */
MUST_USE int cpanel_required_strength(const struct cpanel_way *way, const char *account,
	unsigned *ret_strength, struct problem *problem);

/* Ends the IMAP and POP3 sessions of all mailboxes of the account: cPanel has nothing for one. */
MUST_USE int cpanel_end_sessions(
	const struct cpanel_way *way, const char *account, struct problem *problem);

#endif
