/* mdoc.h - plain text in a manual page, mdoc(7). */
#ifndef STANCH_BASE_MDOC_H
#define STANCH_BASE_MDOC_H

#include <stdio.h>

/* Sentences with their full stops, one a line as mdoc wants it; a '\n' ends a line. What would be a
 * request or an escape there is kept from being one. Ends with a line end. */
void mdoc_text(FILE *out, const char *text);

#endif
