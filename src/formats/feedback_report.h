/* feedback_report.h - what a mail that came back says about mail of ours: a complaint (ARF, RFC
 * 5965), a delivery report (DSN, RFC 3464), a relay's notice (formats/relay_notice.h), or nothing.
 * Notices in words only are not read, nor bounces without a message/delivery-status part.
 *
 * Anybody can write a report. What it says of our mail counts only when its queue id is one that
 * this server is known to have given, which is for the caller to look up; and even then the one who
 * got that mail may have written it. */
#ifndef STANCH_FORMATS_FEEDBACK_REPORT_H
#define STANCH_FORMATS_FEEDBACK_REPORT_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/relay_notice.h"
#include "formats/returned_mail.h"

#include <stddef.h>
#include <stdint.h>

/* Of a longer mail only so much is looked at: of its header, and behind that
 * RETURNED_MAIL_BODY_MAX. Bytes. */
#define FEEDBACK_HEADER_MAX ((size_t)64 << 10)
#define FEEDBACK_MAIL_MAX   (FEEDBACK_HEADER_MAX + RETURNED_MAIL_BODY_MAX)

#define FEEDBACK_RECIPIENTS 10 /* of one report; more are not looked at */
#define FEEDBACK_ADDRESS    46 /* bytes of an IP address with its NUL */

enum feedback_kind {
	FEEDBACK_NONE,      /* an ordinary mail, or a report that cannot be read */
	FEEDBACK_COMPLAINT, /* ARF */
	FEEDBACK_BOUNCE,    /* DSN */
	FEEDBACK_NOTICE,    /* a relay's; only `notice` is set */
};

/* Feedback-Type. Abuse, fraud and virus accuse the sender; what else there is does not. */
enum feedback_type {
	FEEDBACK_OTHER, /* also opt-out, auth-failure, and what nobody knows */
	FEEDBACK_ABUSE,
	FEEDBACK_FRAUD,
	FEEDBACK_VIRUS,
	FEEDBACK_NOT_SPAM,
	FEEDBACK_TYPES
};

/* "abuse", …: as reports write it. */
const char *feedback_type_name(enum feedback_type type);

/* Letter case does not count; FEEDBACK_OTHER for a word that is none of them. */
enum feedback_type feedback_type_of(struct slice word);

static inline bool feedback_type_accuses(enum feedback_type type)
{
	return type == FEEDBACK_ABUSE || type == FEEDBACK_FRAUD || type == FEEDBACK_VIRUS;
}

enum feedback_action {
	FEEDBACK_UNKNOWN,
	FEEDBACK_FAILED,
	FEEDBACK_DELAYED,
	FEEDBACK_DELIVERED,
	FEEDBACK_RELAYED,
	FEEDBACK_EXPANDED,
};

struct feedback_recipient {
	/* Original-Recipient, else Final-Recipient; "" when it is too long or has none */
	char address[RETURNED_MAIL_TEXT];
	enum feedback_action action;
	/* "550 5.1.1 no such user": of Status and Diagnostic-Code, as formats/failure.h reads it;
	 * cut when it is too long */
	char text[RETURNED_MAIL_TEXT];
};

/* Holds its own bytes. Texts are "" when they were not found. */
struct feedback_report {
	enum feedback_kind kind;

	/* of a complaint */
	enum feedback_type type;
	char source_ip[FEEDBACK_ADDRESS];   /* where our mail came from, as the reporter saw it */
	char mail_from[RETURNED_MAIL_TEXT]; /* Original-Mail-From, without <> */

	/* of a bounce */
	struct feedback_recipient recipients[FEEDBACK_RECIPIENTS];
	size_t recipient_count;

	struct relay_notice notice;

	/* the mail that it is about, as far as it is quoted; its queue id is set when passed_here
	 * is, or when Exim made its Message-ID */
	struct returned_mail original;
};

/* mail: a whole one, header and body, lines ending in LF or CRLF, cut off anywhere. our_host and
 * arrived_at: as for returned_mail_read(). Always fills *ret and returns its kind. Time grows with
 * the bytes that are looked at, whatever they are. */
enum feedback_kind feedback_report_read(
	struct slice mail, struct slice our_host, int64_t arrived_at, struct feedback_report *ret);

#endif
