/* webhook.h - tells another system of an incident: one POST of JSON, which it must answer with a
 * status of 2xx. Signed, where there is a key: X-Stanch-Signature is "sha256=" and the HMAC-SHA256,
 * in hexadecimal, of the value of X-Stanch-Timestamp (seconds since 1970), a dot and the body. */
#ifndef STANCH_SYSTEMS_WEBHOOK_H
#define STANCH_SYSTEMS_WEBHOOK_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"
#include "base/slice.h"

#include <jansson.h>
#include <stdint.h>

enum webhook_form {
	WEBHOOK_STANCH, /* the object itself */
	WEBHOOK_SLACK,  /* {"text": …}, which Mattermost reads, too */
	WEBHOOK_MATRIX, /* {"text": …, "html": …}, as Matrix' hookshot reads it */
};

/* All borrowed. */
struct webhook {
	const char *url;          /* never in a problem: those of chats have their key in it */
	const struct secret *key; /* NULL: not signed */
	enum webhook_form form;
	int64_t time_ms;
};

/* The JSON text that is sent; the caller frees it. object: for WEBHOOK_STANCH. text, html: for the
 * others; what chats take for a link or a mention of everybody in the text is made harmless. */
char *webhook_body(
	enum webhook_form form, const json_t *object, struct slice text, struct slice html);

#define WEBHOOK_SIGNATURE_MAX 72 /* bytes with the NUL */
char *webhook_sign(const struct secret *key, int64_t timestamp, struct slice body,
	char at[WEBHOOK_SIGNATURE_MAX]);

/* now: seconds. 0, or *problem and
 *   -EAGAIN    could not be reached, or is busy (status 429 or 5xx)
 *   -ETIMEDOUT it is not known whether it has come
 *   -EACCES    status 401 or 403, or a certificate that is not one to trust
 *   -EIO       another status
 *   -EINVAL    the URL cannot be used. */
MUST_USE int webhook_send(
	const struct webhook *w, struct slice body, int64_t now, struct problem *problem);

#endif
