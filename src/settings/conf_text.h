/* conf_text.h - the text of stanch.conf, looked over before libconfuse gets it.
 *
 * libconfuse 3.3 reads more than stanch.conf has, and some of it not as a person meant: it puts
 * environment variables into values, passes over bytes it does not know, ends a text at a NUL,
 * takes "a|b = c" for a path, does not miss the last "}", and counts a line with a comment three
 * times. What passes here holds none of that; what is left to libconfuse is sections, names and
 * values. */
#ifndef STANCH_SETTINGS_CONF_TEXT_H
#define STANCH_SETTINGS_CONF_TEXT_H

#include "base/attribute.h"
#include "base/problem.h"

#include <stddef.h>

/* Puts blanks over comments and checks the rest: outside of quotes nothing but letters, digits and
 * "_-./:@", blanks, "{", "}", "=" and ","; in "..." a backslash only before '"' or a backslash, and
 * no "${"; no control characters; quotes closed on their line, braces closed. Lines stay where they
 * are. Returns 0; or -EBADMSG, text is changed in part, and *problem says what is wrong beginning
 * with "name:line: ". name: printable. */
MUST_USE int conf_text_clean(char *text, size_t len, const char *name, struct problem *problem);

#endif
