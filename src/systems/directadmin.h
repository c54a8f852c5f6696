/* directadmin.h - one mailbox on a DirectAdmin server, by its CMD_API_POP over HTTPS. Errors are
 * those of systems/panel.h. It cannot tell whether a password is in force: whoever needs to know
 * has to log in with it. */
#ifndef STANCH_SYSTEMS_DIRECTADMIN_H
#define STANCH_SYSTEMS_DIRECTADMIN_H

#include "systems/panel.h"

/* All borrowed. */
struct directadmin {
	const char *url;          /* "https://host:2222" */
	const char *user;         /* "admin" */
	const struct secret *key; /* a login key of that user's, or its password */
	const char *ca_file;      /* NULL: the system's */
	/* A file of lines "domain: user", for the user that owns the domain: DirectAdmin shows its
	 * mailboxes to nobody else, but lets "admin|user" in. NULL, or not there: user alone. */
	const char *owners;
	int64_t time_ms;
};

/* Whether it is there, and suspended. */
MUST_USE int directadmin_look(const struct directadmin *panel, const struct panel_mailbox *mailbox,
	bool *ret_suspended, struct problem *problem);

/* Sets its password, and nothing else of it is named in the request. */
MUST_USE int directadmin_set_password(const struct directadmin *panel,
	const struct panel_mailbox *mailbox, const struct secret *secret, struct problem *problem);

#endif
