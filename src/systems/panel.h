/* panel.h - what the control panels have in common: how a mailbox is named, how a body is put
 * together around a secret, and how a call over HTTP fails.
 *
 * All that ask or tell a panel (cpanel/, directadmin.h, plesk.h, secret_program.h) return 0, or
 * *problem and
 *   -EAGAIN    it could not be reached or is busy, and nothing has happened: try again
 *   -ETIMEDOUT no answer, or none to its end: not known whether it has happened
 *   -ENOENT    it knows no such mailbox
 *   -EACCES    it does not let us in
 *   -EBADMSG   its answer cannot be understood: not known, either
 *   -EIO       it says no, and why; or it says yes, and what is read back says no
 *   -EINVAL    this cannot be asked: a setting is missing or wrong, or the mailbox's name is none
 *              that this panel can have. */
#ifndef STANCH_SYSTEMS_PANEL_H
#define STANCH_SYSTEMS_PANEL_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"
#include "base/slice.h"
#include "systems/http_call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PANEL_NAME_MAX 256 /* bytes of an address, domain or account, with the NUL */

/* "ann@shop.test" in its parts, or "ann" where names have no domain; holds its own bytes. */
struct panel_mailbox {
	char address[PANEL_NAME_MAX];
	char local[PANEL_NAME_MAX];  /* "ann" */
	char domain[PANEL_NAME_MAX]; /* "shop.test"; "" when it has none */
};

/* Takes a name apart. -EINVAL when it has bytes in it that are not visible ASCII, a domain that is
 * no host's, or a part that begins with '-': programs take that for an option. */
MUST_USE int panel_mailbox_read(
	struct slice name, struct panel_mailbox *ret, struct problem *problem);

/* -EINVAL when it has no domain: panel, as people say it, knows mailboxes by their addresses. */
MUST_USE int panel_needs_domain(
	const struct panel_mailbox *mailbox, const char *panel, struct problem *problem);

/* What may be asked about a mailbox, beside its password. */
enum panel_state { PANEL_OUTGOING_SUSPENDED, PANEL_LOGIN_SUSPENDED, PANEL_OUTGOING_HELD };

/* "suspend", … for sentences: "its outgoing mail is suspended". */
const char *panel_state_text(enum panel_state state);

/* A text put together in fixed room, so that no copy of a secret is left behind when it grows. */
#define PANEL_TEXT_MAX 8192
struct panel_text {
	char at[PANEL_TEXT_MAX]; /* a NUL behind it */
	size_t len;
	bool is_full; /* something did not fit: not to be used */
};
void panel_text_add(struct panel_text *t, const char *plain);
/* "name=value", with "&" in front if it is not the first; both encoded. */
void panel_text_add_form(struct panel_text *t, const char *name, struct slice value);
/* As a JSON string with its quotes; only of what is printable ASCII, else it counts as full. */
void panel_text_add_json(struct panel_text *t, struct slice value);
/* As text of an XML element. */
void panel_text_add_xml(struct panel_text *t, struct slice value);
void panel_text_wipe(struct panel_text *t);

/* http_call(), with its failures as above. */
MUST_USE int panel_call(
	const struct http_call *call, struct http_reply *ret, struct problem *problem);

/* After an answer's body was read, with err of that: what its status adds. 401 and 403 with a body
 * that says no are -EACCES, 429 and 5xx with one that says nothing are -EAGAIN, an understood
 * refusal is -EIO. Returns 0 only when err is 0 and the status is 2xx. */
MUST_USE int panel_judge(
	const struct http_reply *reply, const char *url, int err, struct problem *problem);

#endif
