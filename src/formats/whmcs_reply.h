/* whmcs_reply.h - what WHMCS answers over its API with responsetype=json
 * (https://developers.whmcs.com). Numbers may be written as texts, and a list of one may be the one
 * itself. The list of products holds the customer's passwords: they are overwritten before the
 * reply is looked at, and no problem repeats anything of a reply but its own "message". */
#ifndef STANCH_FORMATS_WHMCS_REPLY_H
#define STANCH_FORMATS_WHMCS_REPLY_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdint.h>

#define WHMCS_REPLY_MAX  ((size_t)1 << 20) /* bytes; a longer one is not looked at */
#define WHMCS_ROWS_MAX   100               /* that are asked for, and looked at, of a list */
#define WHMCS_NUMBER_MAX 32                /* bytes of a ticket's number, with the NUL */
#define WHMCS_EMAIL_MAX  255               /* bytes with the NUL */
#define WHMCS_WORD_MAX   32                /* bytes of a language's name, with the NUL */

/* All of these return 0 and fill *ret, or leave it as it was, say why in *problem and return
 *   -EMSGSIZE  longer than WHMCS_REPLY_MAX
 *   -EBADMSG   it is not what WHMCS answers
 *   -EACCES    WHMCS does not let us in, or not to this: address, login, rights
 *   -EIO       WHMCS says no, and why: the same again would not help
 * and what is said of each. */

struct whmcs_owner {
	int64_t client, service; /* more than 0 */
};
/* Of GetClientsProducts: whose the active products on the server of that name (no case) are.
 *   -ENOENT  nobody's
 *   -EEXIST  of several clients, or there are more than WHMCS_ROWS_MAX: not to be guessed. */
MUST_USE int whmcs_read_owner(
	struct slice body, const char *server, struct whmcs_owner *ret, struct problem *problem);

struct whmcs_ticket {
	int64_t id;                    /* more than 0; by which it is answered */
	char number[WHMCS_NUMBER_MAX]; /* that people see; "" when it is not said */
};
/* Of GetTickets: the first whose subject has the mark in it.
 *   -ENOENT  none. */
MUST_USE int whmcs_read_ticket(
	struct slice body, const char *mark, struct whmcs_ticket *ret, struct problem *problem);

/* Of GetTicket: whether one of its answers has the mark in it.
 *   -ENOENT  none. */
MUST_USE int whmcs_read_answer(struct slice body, const char *mark, struct problem *problem);

/* Of OpenTicket. */
MUST_USE int whmcs_read_opened(
	struct slice body, struct whmcs_ticket *ret, struct problem *problem);

/* Of any other action: that it was done. */
MUST_USE int whmcs_read_done(struct slice body, struct problem *problem);

struct whmcs_client {
	char email[WHMCS_EMAIL_MAX];   /* never "" */
	char language[WHMCS_WORD_MAX]; /* "german"; "" when it is not said */
};
/* Of GetClientsDetails.
 *   -ENOENT  it says no address. */
MUST_USE int whmcs_read_client(
	struct slice body, struct whmcs_client *ret, struct problem *problem);

#endif
