/* lsearch_text.h - the text of a file that Exim looks up with lsearch, such as the
 * blocked_authenticated_users that BlockCracking reads: one key a line, perhaps a colon or a blank
 * and data behind it. Our lines have the data "stanch"; all others are kept byte for byte.
 *
 * Source: Exim specification, "Single-key lookup types", lsearch; lookups/lsearch.c. */
#ifndef STANCH_SYSTEMS_EXIM_LSEARCH_TEXT_H
#define STANCH_SYSTEMS_EXIM_LSEARCH_TEXT_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define LSEARCH_KEY_MAX  255
#define LSEARCH_LINE_MAX (4 * LSEARCH_KEY_MAX + 16)

/* "ann@shop.test: stanch" with its LF; the key in quotes where lsearch needs it. -EINVAL: the key
 * is empty, too long, or has a NUL. */
MUST_USE int lsearch_write_line(struct slice key, char at[LSEARCH_LINE_MAX]);

/* Whether lsearch finds the key (letter case does not count), and in *ret_ours (may be NULL)
 * whether the line that it finds first is one of ours. */
bool lsearch_has(struct slice text, struct slice key, bool *ret_ours);

/* Copies the text without our lines of that key to at, which has room for text.len bytes. Returns
 * how many it wrote. */
size_t lsearch_without(struct slice text, struct slice key, char *at);

#endif
