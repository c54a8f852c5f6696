/* returned_mail.h - what a bounce returns: the mail that could not be delivered, as far as the
 * bounce quotes it, and whether that mail passed through this server.
 *
 * A bounce may come from any mailer, and from anyone who writes something that looks like one. Its
 * quoted header is found in delivery reports (RFC 3464 with message/rfc822 or text/rfc822-headers,
 * RFC 6522) and in plain text (Exim before 4.83, qmail, and others that quote the header as it
 * was). Everything in it can be forged: that a mail passed here is what its header *says*; only an
 * id that this server is known to have given proves it, and that is for the caller to look up. */
#ifndef STANCH_FORMATS_RETURNED_MAIL_H
#define STANCH_FORMATS_RETURNED_MAIL_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/exim_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a longer body only so much is looked at. Bytes. */
#define RETURNED_MAIL_BODY_MAX ((size_t)64 << 10)

/* Longest text kept, with the NUL. A longer Message-ID or address is left out, not cut: two cut
 * ones could look equal. A longer subject is cut. */
#define RETURNED_MAIL_TEXT 256

#define RETURNED_MAIL_RECIPIENTS 8 /* failed addresses kept */

/* Exim ids older than this before the bounce are not believed: Exim itself gives up after 4 days
 * (its default retry rule); others wait a week or two. Seconds. */
#define RETURNED_MAIL_AGE_MAX ((int64_t)60 * 86400)

/* Holds its own bytes. Texts are "" when they were not found. */
struct returned_mail {
	char message_id[RETURNED_MAIL_TEXT];      /* with its < > */
	char from[RETURNED_MAIL_TEXT];            /* the From field, as it came */
	char subject[RETURNED_MAIL_TEXT];         /* as it came, not decoded */
	char envelope_sender[RETURNED_MAIL_TEXT]; /* as this server noted it, else Return-path */
	char recipients[RETURNED_MAIL_RECIPIENTS][RETURNED_MAIL_TEXT];
	size_t recipient_count; /* all failed ones; not more are kept than fit */
	size_t received_count;  /* Received lines in the quoted header */
	bool has_exim_id;       /* exim_id is set, and it is plausible */
	bool passed_here;       /* a Received line says so: by our host, with a plausible id */
	bool authenticated;     /* and that the sender had authenticated to it */
	bool local;             /* or that a local process gave it to Exim */
	struct exim_id exim_id; /* from our Received line, else from an Exim-made Message-ID */
};

/* header: the bounce's own fields; body: what stands behind them, cut off anywhere. our_host:
 * Exim's primary_hostname (letter case does not count); empty: not known, then nothing passed here.
 * bounced_at: when the bounce was received, seconds since 1970. Returns 0, or -ENOENT when the body
 * quotes no header; then only the recipients of *ret may be set. */
MUST_USE int returned_mail_read(struct slice header, struct slice body, struct slice our_host,
	int64_t bounced_at, struct returned_mail *ret);

/* A part of a report. */
struct returned_part {
	struct slice content; /* up to the next line that could be a boundary, decoded */
	char *decoded;        /* its memory, for the caller to free; NULL: it lies in the body */
	size_t type;          /* place among the types that were asked for */
};

/* Steps in *rest behind the fields of the next part whose Content-Type begins with one of types,
 * ended by NULL. However parts lie within parts, their lines are looked at once, in their order.
 * false: there is no more. */
bool returned_mail_next_part(
	struct slice *rest, const char *const *types, struct returned_part *ret);

/* Steps in *rest behind the next run of field lines, which *ret is. false: there is no more. */
bool returned_mail_next_block(struct slice *rest, struct slice *ret);

/* The host behind "by" in a Received field's value: of the first field of a queued message, which
 * Exim writes itself, our own name. .at is NULL when there is none. */
struct slice returned_mail_receiver(struct slice received);

#endif
