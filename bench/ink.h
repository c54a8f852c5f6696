/* ink.h - text written into a buffer of fixed size. Running over it ends the process: the writers
 * here know how much they can write at most, so it would be a mistake of theirs. */
#ifndef STANCH_BENCH_INK_H
#define STANCH_BENCH_INK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct ink {
	char *start;
	size_t len;  /* written so far */
	size_t room; /* of the buffer */
};

/* The 62 digits of Exim's message ids and of its split folders, in order of value. */
extern const char ink_digits62[63];

void ink_bytes(struct ink *o, const char *bytes, size_t n);
void ink_text(struct ink *o, const char *text);
void ink_char(struct ink *o, char c);

/* Decimal, with zeros in front up to `width` (at most 20). */
void ink_number(struct ink *o, uint64_t n, unsigned width);
/* Exactly `width` digits of base 62; what does not fit is cut off at the left. */
void ink_base62(struct ink *o, uint64_t n, unsigned width);

/* Both in UTC: "Mon, 23 Nov 2026 11:57:08 +0000" and "2026-11-23 11:57:08". */
void ink_mail_date(struct ink *o, time_t t);
void ink_log_date(struct ink *o, time_t t);

#endif
