/* failure.h - why a recipient's server, or this one, did not take a mail: judged from the SMTP
 * reply code, the enhanced status code and well-known texts. For Exim's "**" and "==" lines and for
 * bounces.
 *
 * Codes: RFC 5321 section 4.2, RFC 3463 and the registry it founded (RFC 5248). Servers use them
 * loosely: 5.7.1 may mean spam, a blocklist or "no relaying", so where a code alone says little the
 * text is read. Texts are of Exim, Postfix, Sendmail, Exchange and of large mailbox providers. */
#ifndef STANCH_FORMATS_FAILURE_H
#define STANCH_FORMATS_FAILURE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum failure {
	FAILURE_OTHER,
	FAILURE_USER_UNKNOWN,   /* the mailbox does not exist or is closed */
	FAILURE_DOMAIN_UNKNOWN, /* the domain does not exist or takes no mail */
	FAILURE_MAILBOX_FULL,   /* over there */
	FAILURE_CONTENT,        /* spam, virus, size, DMARC: what was sent, or a policy about it */
	FAILURE_REPUTATION,     /* our address or the sender's domain is on a list, or distrusted */
	FAILURE_RATE,           /* too much at once, or greylisted: the same may pass later */
	FAILURE_CONNECTION, /* refused, timed out, reset, TLS, no answer from the name service */
	FAILURE_QUOTA,      /* a mailbox on this server is full */
	FAILURE_LOOP,       /* the mail came back too often */
	FAILURES
};

/* "user unknown", … for a person; a fixed word of ours. */
const char *failure_name(enum failure f);

struct failure_reply {
	uint16_t code;        /* SMTP reply code, 200 to 599; 0: none */
	uint8_t status_class; /* of the enhanced status code, 2, 4 or 5; 0: there is none */
	uint16_t subject, detail;
};

/* Reads "550 5.1.1 text", "550-5.1.1 text" or "550 text" from the front of text. Returns how many
 * bytes the codes take, 0 when there is none; *ret is always filled (with zeros when none). */
size_t failure_reply_read(struct slice text, struct failure_reply *ret);

/* Reads "5.1.1" from the front, as the Status field of a delivery report has it (RFC 3464). Returns
 * the bytes it takes, 0 when it is none; then *ret is as it was. */
size_t failure_status_read(struct slice text, struct failure_reply *ret);

/* text: what the server said, foreign bytes of any length, of which the first FAILURE_TEXT_MAX
 * count. What stands in <> is not read: it is the address, which a spammer or a user may have
 * called "spam". Time grows with that length only. */
#define FAILURE_TEXT_MAX 1024
enum failure failure_judge(const struct failure_reply *reply, struct slice text);

/* The same of a whole answer, with its codes in front. */
enum failure failure_of_text(struct slice text);

#endif
