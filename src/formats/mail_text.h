/* mail_text.h - what a person would read of a mail: decoded header fields, the first text of the
 * body in UTF-8, the names of what is attached.
 *
 * All of it was written by whoever sent the mail. GMime takes the MIME structure apart; it is given
 * the Content-* fields and the body only, both bounded, and only well-known character sets are
 * converted, so that a mail cannot choose which conversion code runs. What cannot be read is left
 * out, never an error. What comes out may still hold control characters: print it through
 * base/printable.h. Threads may read different mails at once. */
#ifndef STANCH_FORMATS_MAIL_TEXT_H
#define STANCH_FORMATS_MAIL_TEXT_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/exim_header.h"

#include <stdbool.h>
#include <stddef.h>

/* Of longer input only so much is looked at. Bytes. */
#define MAIL_TEXT_HEADER_MAX ((size_t)256 << 10)
#define MAIL_TEXT_BODY_MAX   ((size_t)256 << 10)
#define MAIL_TEXT_FIELD_MAX  ((size_t)8 << 10)

#define MAIL_TEXT_PARTS_MAX       200 /* parts looked at */
#define MAIL_TEXT_LINES_MAX       500 /* lines that begin with "--"; the body ends there */
#define MAIL_TEXT_DEPTH_MAX       16  /* multiparts within multiparts looked into */
#define MAIL_TEXT_ATTACHMENTS_MAX 32  /* named */

struct mail_attachment {
	char *name; /* UTF-8, "" when it has none */
	char *type; /* "application/pdf"; what the mail claims */
};

/* Owns its bytes. */
struct mail_text {
	char *subject, *from, *to; /* UTF-8, unfolded; "" when there is no such field */
	char *text;                /* UTF-8 with a NUL behind it; "" when there is no text */
	size_t text_len;
	bool text_was_html; /* tags taken out */
	struct mail_attachment *attachments;
	size_t attachment_count;
	size_t attachments_left_out; /* not named: over MAIL_TEXT_ATTACHMENTS_MAX */
};

/* header: the fields as they are transmitted, "Name: value\n", folded or not. body: what stands
 * behind them, cut off anywhere, lines ending in LF or CRLF. Neither needs to be a sound mail. */
struct mail_text *mail_text_read(struct slice header, struct slice body);

/* The same of a message in Exim's queue: its transmitted fields, and the front of its body. */
struct mail_text *mail_text_of_exim(const struct exim_header *header, struct slice body);

void mail_text_free(struct mail_text *m); /* NULL is fine */
AUTO_FREE(mail_text)

/* The value of one header field for a person: unfolded, encoded words (RFC 2047) as UTF-8. The
 * caller frees it. */
char *mail_text_field(struct slice value);

/* The value of the first field of that name in a header, blanks around it taken off, folds left in.
 * .at is NULL when there is none. */
struct slice mail_text_find(struct slice header, const char *name);

#endif
