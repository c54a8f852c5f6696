/* http_url.h - whether a URL is one that may be asked: http or https, visible ASCII only, without a
 * login, which would be repeated in what is said of it, and without a fragment. */
#ifndef STANCH_SYSTEMS_HTTP_URL_H
#define STANCH_SYSTEMS_HTTP_URL_H

#include "base/attribute.h"

/* "http" or "https", fixed words; NULL when it is no such URL. */
const char *http_url_scheme(const char *url);

#endif
