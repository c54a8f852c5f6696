/* http_pack.h - bytes as gzip (RFC 1952), for answers that go over slow lines. */
#ifndef STANCH_SYSTEMS_HTTP_PACK_H
#define STANCH_SYSTEMS_HTTP_PACK_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define HTTP_PACK_LEAST ((size_t)1400) /* bytes: fewer fit into one packet as they are */

/* true and *ret, made by malloc(), of *ret_len bytes; false when it is not worth it. Quick rather
 * than small: it is done for each answer. */
MUST_USE bool http_pack(struct slice bytes, char **ret, size_t *ret_len);

#endif
