/* links.h - the hosts that a text links to: behind "http://", "https://" or in "www.…", as mail
 * programs make links of them. */
#ifndef STANCH_FORMATS_LINKS_H
#define STANCH_FORMATS_LINKS_H

#include "base/slice.h"

#include <stdbool.h>

/* Takes the next host, from rest = the text on. It ends where a name can end, has at least one dot,
 * and may be an address in numbers; user names and ports are left out. false at the end. */
bool links_next(struct slice *rest, struct slice *ret_host);

/* What one owner registered of it, by the public suffix list: "a.b.shop.test" as "shop.test"; all
 * of it when it is a suffix itself or an address in numbers. */
struct slice links_registered(struct slice host);

#endif
