/* scan_bytes.h - finds a byte in short lines. memchr() is made for long ones: called seventy times
 * for each of a million messages, most of its time is the call. */
#ifndef STANCH_BASE_SCAN_BYTES_H
#define STANCH_BASE_SCAN_BYTES_H

#include <stddef.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Where c first stands in at..end-1; NULL when nowhere. Reads nothing from end on. */
static inline const char *find_byte(const char *at, const char *end, char c)
{
#ifdef __SSE2__
	const __m128i wanted = _mm_set1_epi8(c);

	/* what is longer than these 64 bytes is memchr()'s */
	for (const char *near = at + 64; end - at >= 16 && at < near; at += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
		int found = _mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted));
		if (found != 0)
			return at + __builtin_ctz((unsigned)found);
	}
#endif
	return at < end ? memchr(at, c, (size_t)(end - at)) : NULL;
}

/* The same for the end of a line, and *ret_at is where the last '@' before it stands; NULL when
 * there is none. *ret_at is written only when the end is found. */
static inline const char *find_line_end(const char *at, const char *end, const char **ret_at)
{
	const char *last = NULL;

#ifdef __SSE2__
	const __m128i lf = _mm_set1_epi8('\n'), sign = _mm_set1_epi8('@');

	for (; end - at >= 16; at += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
		unsigned ends = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, lf));
		unsigned signs = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, sign));
		if (ends != 0)
			signs &= (ends & -ends) - 1; /* those before the first end */
		if (signs != 0)
			last = at + 31 - __builtin_clz(signs);
		if (ends != 0) {
			*ret_at = last;
			return at + __builtin_ctz(ends);
		}
	}
#endif
	for (; at < end; at++) {
		if (*at == '@')
			last = at;
		if (*at == '\n') {
			*ret_at = last;
			return at;
		}
	}
	return NULL;
}

#endif
