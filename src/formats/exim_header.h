/* exim_header.h - Exim's <id>-H spool file: envelope, options, delivered addresses, recipients and
 * header fields of one queued message.
 *
 * Source of the form: Exim's spool_in.c and spool_out.c at 4.80 to 4.99.1 and its specification,
 * chapter "Format of spool files". Although only Exim writes the file, much of it is text that a
 * client sent: every count and length is checked against what is there, nothing is copied, nothing
 * is allocated, and time grows with the size of the file.
 *
 *   id-H / login uid gid / <sender> / seconds warnings / options / tree / count / recipients /
 *   empty line / header fields
 */
#ifndef STANCH_FORMATS_EXIM_HEADER_H
#define STANCH_FORMATS_EXIM_HEADER_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/exim_id.h"

#include <stdbool.h>
#include <stdint.h>

/* What is wrong with a file, where. */
struct exim_damage {
	const char *what; /* NULL: nothing; else a sentence without its end, never foreign bytes */
	size_t line;      /* from 1 */
	size_t offset;    /* in bytes from the start of the file */
};

enum exim_flag {
	EXIM_LOCAL = 1 << 0,       /* -local: given by a local process, not by TCP */
	EXIM_LOCAL_ERROR = 1 << 1, /* -localerror: a bounce made here */
	EXIM_FROZEN = 1 << 2,      /* -frozen */
	EXIM_FIRST_TIME = 1 << 3,  /* -deliver_firsttime: never tried to its end */
	EXIM_SENDER_SET_UNTRUSTED = 1
				    << 4, /* -sender_set_untrusted: sender named by a local user */
	EXIM_MANUAL_THAW = 1 << 5,
	EXIM_WIREFORMAT = 1 << 6,       /* -spool_file_wireformat: lines of -D end in CRLF */
	EXIM_NEVER_DELIVER = 1 << 7,    /* -N */
	EXIM_CERT_VERIFIED = 1 << 8,    /* -tls_certificate_verified */
	EXIM_HAS_AUTH_ID = 1 << 9,      /* -auth_id was there, even if empty */
	EXIM_HAS_HOST_AUTH = 1 << 10,   /* -host_auth was there: the client authenticated */
	EXIM_HAS_HOST_ADDRESS = 1 << 11 /* -host_address was there: it came by TCP */
};

/* All slices point into the bytes that were parsed. A slice with .at NULL: it was not there. */
struct exim_header {
	struct slice login; /* of the calling user; may hold spaces */
	int64_t uid, gid;
	struct slice sender;            /* envelope sender without <>; empty for a bounce */
	int64_t received;               /* seconds since 1970 */
	struct slice received_fraction; /* \".NNNNNN\" of that second (4.90 on) */
	struct slice completed;         /* \"S.NNNNNN\", end of reception (4.95 on) */
	int64_t warnings;               /* delay warnings sent so far */
	unsigned flags;                 /* enum exim_flag */
	int64_t frozen_since;           /* seconds since 1970; 0 when not frozen */
	struct slice helo;              /* as the client said it */
	struct slice host_address;      /* of the client, without brackets and port */
	unsigned host_port;             /* 0 when not there */
	struct slice host_name;         /* looked up by Exim */
	struct slice host_auth;         /* name of the authenticator */
	struct slice auth_mechanism;    /* -host_auth_pubname: PLAIN, LOGIN, … */
	struct slice auth_id;           /* $authenticated_id; for local mail the caller's login! */
	struct slice auth_sender;       /* $authenticated_sender */
	struct slice ident;
	struct slice protocol;          /* esmtpsa, local, … */
	struct slice interface_address; /* with its port: see exim_address_split() */
	struct slice tls_cipher, tls_version, tls_sni, tls_peerdn;
	int64_t body_lines; /* -body_linecount; -1 when not there */

	size_t delivered_count; /* names in the tree, not the same as delivered recipients */
	struct slice delivered; /* the tree's lines; see exim_delivered_next() */
	size_t recipient_count;
	struct slice recipients;   /* their lines; see exim_recipient_next() */
	struct slice fields;       /* all header fields; see exim_field_next() */
	uint64_t fields_size;      /* bytes of those that are transmitted (not type '*') */
	bool envelope_read;        /* all up to the recipients could be read */
	struct exim_damage damage; /* .what is NULL when the file is sound */
};

/* Reads the whole file that belongs to id. Always fills *ret: what could be read before the damage
 * is there, and ret->envelope_read says whether that is the whole envelope (Exim uses such a
 * message's envelope, too). Returns 0, or -EBADMSG when ret->damage says what is wrong. */
MUST_USE int exim_header_parse(
	struct slice file, const struct exim_id *id, struct exim_header *ret);

/* The microseconds of the second of arrival; 0 when the file does not have them. */
uint32_t exim_header_received_us(const struct exim_header *header);

/* The names in the tree in the order of the file (parent, left, right), from
 * rest = header->delivered. false at the end. */
bool exim_delivered_next(struct slice *rest, struct slice *ret_name);

struct exim_recipient {
	struct slice address;
	struct slice errors_to; /* .at NULL: none */
	struct slice orcpt;     /* .at NULL: none */
	int64_t parent;         /* index of the parent in this list, -1: none */
	unsigned dsn_flags;     /* 1 last hop, 2 NEVER, 4 SUCCESS, 8 FAILURE, 16 DELAY */
};

/* Recipients in the order of the file, from rest = header->recipients, in every form of 4.80 to
 * 4.99 and of Exim 3. false at the end. A line whose lengths do not fit is given whole as the
 * address: the address that Exim would compare. */
bool exim_recipient_next(struct slice *rest, struct exim_recipient *ret);

/* The hot path's form of the above: the addresses of the next recipients, at most `most` and 64,
 * and what stands behind the last '@' of each (all of it when there is none). Returns how many; 0
 * at the end. *rest may reach further than the recipients when `most` ends it in time. */
size_t exim_recipients_next(
	struct slice *rest, size_t most, struct slice *addresses, struct slice *domains);

/* Only the address of the next recipient. */
bool exim_recipient_next_address(struct slice *rest, struct slice *ret_address);

struct exim_field {
	char type;         /* ' ' B C F I P R S T, or '*': kept by Exim but not transmitted */
	struct slice text; /* "Name: value\n", folded lines and the last LF included */
};

/* Header fields in the order of the file, from rest = header->fields. false at the end, or at the
 * first field that is damaged. */
bool exim_field_next(struct slice *rest, struct exim_field *ret);

/* The value of the first transmitted field of that name (letter case does not count), blanks around
 * it taken off, folds left in. .at is NULL when there is none. */
struct slice exim_field_value(const struct exim_header *header, const char *name);

/* The parts of -host_address and -interface_address in all their forms: "[ip]:port" (4.96 on),
 * "ip.port" (before), "ip". The port is 0 when there is none. */
void exim_address_split(struct slice text, struct slice *ret_ip, unsigned *ret_port);

#endif
