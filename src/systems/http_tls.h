/* http_tls.h - a certificate and its private key, as they are given to a server. */
#ifndef STANCH_SYSTEMS_HTTP_TLS_H
#define STANCH_SYSTEMS_HTTP_TLS_H

#include "base/attribute.h"
#include "base/problem.h"

#include <stddef.h>

#define HTTP_TLS_FILE_MAX ((size_t)256 << 10) /* bytes */

struct http_tls {
	char *certificate, *key; /* PEM */
};

/* Whether the files are there and may be used, without reading the key: errors as below. */
MUST_USE int http_tls_look(const char *certificate, const char *key, struct problem *problem);

/* Reads both. 0 and *ret; or *problem, which names the file and never says what is in it, and
 *   -EACCES  others can read or write the key, others can write the certificate, or one of them is
 *            neither root's nor ours
 *   -EINVAL  one is no plain file, empty or longer than HTTP_TLS_FILE_MAX, or they are no
 * certificate and its key -ENOENT  and others: it cannot be opened or read. */
MUST_USE int http_tls_read(
	const char *certificate, const char *key, struct http_tls **ret, struct problem *problem);

void http_tls_free(struct http_tls *tls); /* wipes the key; NULL is fine */
AUTO_FREE(http_tls)

#endif
