/* markup.h - the one encoder for foreign bytes on their way into HTML, SVG and other XML: in text
 * and in quoted attributes. What printable.h makes visible is made visible here, too, so that no
 * page moves, hides or turns round what it shows. */
#ifndef STANCH_BASE_MARKUP_H
#define STANCH_BASE_MARKUP_H

#include "base/slice.h"

#include <stdio.h>

/* What stands for that byte, such as "&lt;"; NULL: the byte itself. */
const char *markup_entity(char c);

/* Writes raw, encoded; what comes out is UTF-8 of characters that XML allows. Errors are the
 * stream's. */
void markup_write(FILE *out, struct slice raw);

#endif
