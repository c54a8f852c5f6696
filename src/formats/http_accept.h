/* http_accept.h - the fields Accept and Accept-Encoding of an HTTP request (RFC 9110,
 * section 12.5): how much its sender wants an answer of a certain type or coding. It was written by
 * whoever asks: it may hold anything.
 */
#ifndef STANCH_FORMATS_HTTP_ACCEPT_H
#define STANCH_FORMATS_HTTP_ACCEPT_H

#include "base/slice.h"

#define HTTP_ACCEPT_MOST   1000 /* the weight of what is wanted as it is */
#define HTTP_ACCEPT_RANGES 64   /* of one field that are looked at */

struct http_type {
	const char *type, *subtype; /* in lower case: "text", "plain" */
	const char *version;        /* of its parameter "version" */
};

/* 0: not at all, to HTTP_ACCEPT_MOST. The most exact range that fits the type decides; one that
 * asks for another version does not fit. Of a field that is empty, everything is wanted. Time grows
 * with field.len; nothing is allocated. */
unsigned http_accept_weight(struct slice field, const struct http_type *type);

/* The same of an Accept-Encoding field and a coding, such as "gzip"; of a field that is empty, none
 * is wanted. */
unsigned http_accept_coding(struct slice field, const char *coding);

#endif
