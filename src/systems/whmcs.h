/* whmcs.h - WHMCS, the billing system: whose a domain is, and tickets to its owner, over its API
 * (https://developers.whmcs.com). A ticket is known by a mark in its subject, for WHMCS opens the
 * same one again as often as it is asked.
 *
 * All of these return 0, or *problem, which never repeats what was sent nor the list of products,
 * and
 *   -EAGAIN    WHMCS could not be reached: nothing has happened
 *   -ETIMEDOUT no whole reply: it is not known what has happened
 *   -EACCES, -EIO, -EBADMSG, -EMSGSIZE  as in formats/whmcs_reply.h
 *   -EPROTO    the certificate is not one to trust
 *   -EINVAL    it cannot be asked so. */
#ifndef STANCH_SYSTEMS_WHMCS_H
#define STANCH_SYSTEMS_WHMCS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"
#include "base/slice.h"
#include "formats/whmcs_reply.h"

#include <stdint.h>

#define WHMCS_MESSAGE_MAX ((size_t)64 << 10) /* bytes of a ticket's text */

/* All borrowed. */
struct whmcs {
	const char *url; /* of api.php */
	const char *identifier;
	const struct secret *secret;
	const struct secret *accesskey; /* NULL: none */
	const char *server;             /* the name of this server there ("serverhostname") */
	const char *admin;              /* who answers tickets */
	uint64_t department;
	int64_t time_ms; /* of each request */
};

/* Also -ENOENT and -EEXIST of whmcs_read_owner(). account: the panel's; NULL: any. */
MUST_USE int whmcs_find_owner(const struct whmcs *w, const char *domain, const char *account,
	struct whmcs_owner *ret, struct problem *problem);

/* Also -ENOENT of whmcs_read_client(). */
MUST_USE int whmcs_find_client(
	const struct whmcs *w, int64_t client, struct whmcs_client *ret, struct problem *problem);

/* Also -ENOENT of whmcs_read_ticket(). */
MUST_USE int whmcs_find_ticket(const struct whmcs *w, int64_t client, const char *mark,
	struct whmcs_ticket *ret, struct problem *problem);

/* Opens a ticket unless there is one with the mark, which must be in the subject, and reads back
 * that there is one: -EIO when there is none although WHMCS said so. */
MUST_USE int whmcs_open_ticket(const struct whmcs *w, const struct whmcs_owner *owner,
	const char *mark, struct slice subject, struct slice message, struct whmcs_ticket *ret,
	struct problem *problem);

/* Whether the ticket has an answer with the mark. Also -ENOENT of whmcs_read_answer(). */
MUST_USE int whmcs_find_answer(
	const struct whmcs *w, int64_t ticket, const char *mark, struct problem *problem);

/* What must not be said twice has a mark in the message, and is looked for before. */
MUST_USE int whmcs_answer_ticket(
	const struct whmcs *w, int64_t ticket, struct slice message, struct problem *problem);

/* Has WHMCS send its email template of that name, one for products, to the owner. variables: its
 * "customvars" (formats/whmcs_vars.h). Not for anything that must not be said twice, either. */
MUST_USE int whmcs_send_template(const struct whmcs *w, const struct whmcs_owner *owner,
	const char *name, struct slice variables, struct problem *problem);

#endif
