/* charset.h - text in the character sets of mail, as UTF-8. */
#ifndef STANCH_FORMATS_CHARSET_H
#define STANCH_FORMATS_CHARSET_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether name (letter case does not count) is one of the sets that are converted: those that mail
 * is written in. Others are not handed to iconv, which would load a module a stranger named. */
bool charset_is_known(struct slice name);

/* raw as UTF-8, every byte that is none in that set as U+FFFD. A name that is empty or not known
 * counts as UTF-8 when raw is valid as such, else as windows-1252, which is what such mail mostly
 * is. The caller frees it; it has a NUL behind its *ret_len bytes. */
char *charset_to_utf8(struct slice raw, struct slice name, size_t *ret_len);

#endif
