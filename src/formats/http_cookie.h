/* http_cookie.h - the Cookie field of an HTTP request (RFC 6265, section 4.2.1). Whoever asks wrote
 * it, and other sites of the same host may have set some of what is in it. */
#ifndef STANCH_FORMATS_HTTP_COOKIE_H
#define STANCH_FORMATS_HTTP_COOKIE_H

#include "base/slice.h"

#include <stdbool.h>

/* Puts the value of the cookie into *ret, lent from field. false: there is none, or more than one
 * of that name, of which one cannot tell which is ours. */
bool http_cookie_find(struct slice field, const char *name, struct slice *ret);

#endif
