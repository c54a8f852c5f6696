/* http_query.h - what stands behind the '?' of an HTTP request: names and values, decoded once
 * (application/x-www-form-urlencoded). Whoever asks wrote it: what is odd is refused, not mended.
 */
#ifndef STANCH_FORMATS_HTTP_QUERY_H
#define STANCH_FORMATS_HTTP_QUERY_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stddef.h>

#define HTTP_QUERY_PAIRS 16
#define HTTP_QUERY_BYTES 2048 /* as it was sent */

struct http_query {
	size_t count;
	struct {
		const char *name, *value; /* UTF-8 without control characters; into text */
	} at[HTTP_QUERY_PAIRS];
	char text[HTTP_QUERY_BYTES + 2 * (HTTP_QUERY_PAIRS + 1)]; /* with a NUL behind each */
};

/* 0 and *ret; or *ret is empty, and
 *   -EINVAL  a name is empty or stands there twice, an escape is broken, or what was escaped is a
 *            control character or no UTF-8
 *   -E2BIG   more pairs or bytes than above. */
MUST_USE int http_query_read(struct slice raw, struct http_query *ret);

/* NULL: there is none. Lent. */
const char *http_query_value(const struct http_query *query, const char *name);

#endif
