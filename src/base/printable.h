/* printable.h - the one encoder for foreign bytes on their way to a terminal, a log line or an
 * error message, and the way back from what a person typed.
 *
 * Printable text of the UTF-8 kind passes as it is. Every other byte becomes \xNN: controls, bytes
 * that are no UTF-8, and the invisible or direction-changing characters (C1 controls, zero-width,
 * line separators, bidirectional marks: Unicode TR36), so that nothing printed moves the cursor,
 * hides text or turns it round. A backslash becomes two. The form is one to one: what was printed
 * can be typed back. */
#ifndef STANCH_BASE_PRINTABLE_H
#define STANCH_BASE_PRINTABLE_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdio.h>

/* The most bytes that one byte becomes. */
#define PRINTABLE_GROWTH 4

/* Writes raw, encoded, to out. Errors are the stream's: ferror(out) tells. */
void printable_write(FILE *out, struct slice raw);

/* The same into at[0..size-1], always ended by a NUL (size >= 4). What does not fit ends in "...";
 * no character is cut in half. Returns at. */
char *printable_text(struct slice raw, char *at, size_t size);

/* printable_text() for between double quotes: '"' becomes \x22, which printable_read() takes back.
 */
char *printable_quoted(struct slice raw, char *at, size_t size);

/* Terminal columns that printable_write() would use (East Asian wide characters count two). */
size_t printable_width(struct slice raw);

/* The reverse: at most typed.len bytes into raw_at; *ret_len says how many. -EINVAL for a
 * backslash that begins neither \\ nor \xNN; then nothing is written. */
MUST_USE int printable_read(struct slice typed, char *raw_at, size_t *ret_len);

/* Bytes, 1 to 4, of the valid UTF-8 character at the front of s; 0 when there is none (overlong
 * forms, surrogates and code points over 10FFFF are none: RFC 3629). */
size_t printable_utf8_length(struct slice s);

/* Puts '?' in place of each byte that is no UTF-8. */
void printable_mend_utf8(char *at, size_t len);

#endif
