/* plesk.h - one mailbox on a Plesk server, by its XML API over HTTPS. Errors are those of
 * systems/panel.h.
 *
 * The only operation that changes a password, update/set, is documented to replace what it does not
 * name. Nobody has confirmed that a request with nothing but a password leaves the rest alone. So
 * it is used only where the administrator says so, and what Plesk tells of the mailbox is compared
 * before and after. */
#ifndef STANCH_SYSTEMS_PLESK_H
#define STANCH_SYSTEMS_PLESK_H

#include "systems/panel.h"

/* All borrowed. */
struct plesk {
	const char *url;          /* "https://host:8443" */
	const struct secret *key; /* a secret key for the XML API */
	const char *ca_file;      /* NULL: the system's */
	bool may_set;             /* the administrator has tried update/set and wants it */
	int64_t time_ms;
};

/* 0: it is there. */
MUST_USE int plesk_look(
	const struct plesk *panel, const struct panel_mailbox *mailbox, struct problem *problem);

/* Sets its password. -EINVAL without may_set: nothing was done. -EIO, too, when it was done and
 * something else of the mailbox is not as before: *problem says so. */
MUST_USE int plesk_set_password(const struct plesk *panel, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *problem);

#endif
