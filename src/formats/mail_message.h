/* mail_message.h - a notice as a mail: MIME, multipart/alternative of plain text and HTML, UTF-8
 * (RFC 5322, 2045, 2047), marked as made by a machine (RFC 3834). Written here and not by GMime,
 * whose copies of a text with a secret in it could not be wiped. */
#ifndef STANCH_FORMATS_MAIL_MESSAGE_H
#define STANCH_FORMATS_MAIL_MESSAGE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"
#include "formats/mail_address.h"
#include "formats/template.h"

#include <stdbool.h>
#include <stdint.h>

#define MAIL_SUBJECT_MAX 500               /* bytes; more is cut */
#define MAIL_TEXT_MAX    TEMPLATE_TEXT_MAX /* bytes of each text */

/* All borrowed. */
struct mail_message {
	const char *sender, *recipient; /* plain addresses */
	const char *id;                 /* a plain address, too: that of the Message-ID */
	int64_t time;                   /* seconds */
	int64_t incident;
	struct slice subject; /* UTF-8; controls become blanks */
	struct slice plain;   /* UTF-8 */
	struct slice html;    /* likewise; empty: plain text alone */
};

/* Lines end in CRLF and are at most 998 bytes. 0 and *ret; or *problem and -EINVAL: an address that
 * is not plain, or a text longer than MAIL_TEXT_MAX. */
MUST_USE int mail_message_write(
	const struct mail_message *m, struct template_text *ret, struct problem *problem);

#endif
