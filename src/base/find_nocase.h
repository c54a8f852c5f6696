/* find_nocase.h - finds a text in others, letter case of ASCII not counting, made for one text that
 * is looked for in very many short ones: strcasestr() takes several times as long. */
#ifndef STANCH_BASE_FIND_NOCASE_H
#define STANCH_BASE_FIND_NOCASE_H

#include "base/slice.h"

#include <stdbool.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Whether the bytes at `at`, of which there are lower.len, are that text. lower: without ASCII
 * letters in upper case. */
static inline bool is_same_nocase(const char *at, struct slice lower)
{
	for (size_t i = 0; i < lower.len; i++)
		if (slice_lower(at[i]) != lower.at[i])
			return false;
	return true;
}

#ifdef __SSE2__
/* Of the 16 places from at on, a bit for each where the text may begin: its first and its last byte
 * stand there, but for the bit that tells a lower from an upper case letter. */
static inline unsigned may_begin_nocase(const char *at, struct slice lower)
{
	const __m128i bit = _mm_set1_epi8(0x20);
	const __m128i first = _mm_set1_epi8((char)(lower.at[0] | 0x20));
	const __m128i last = _mm_set1_epi8((char)(lower.at[lower.len - 1] | 0x20));
	__m128i front = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i back = _mm_loadu_si128((const __m128i *)(const void *)(at + lower.len - 1));

	front = _mm_cmpeq_epi8(_mm_or_si128(front, bit), first);
	back = _mm_cmpeq_epi8(_mm_or_si128(back, bit), last);
	return (unsigned)_mm_movemask_epi8(_mm_and_si128(front, back));
}
#endif

/* Whether lower, as above, stands anywhere in it; an empty one does. behind: so many bytes behind
 * it can be read, too, and say nothing; with 15, short texts take no longer than long ones. */
static inline bool has_nocase(struct slice in, size_t behind, struct slice lower)
{
	if (lower.len == 0 || lower.len > in.len)
		return lower.len == 0;
	size_t at = 0, places = in.len - lower.len + 1;

#ifdef __SSE2__
	for (; at < places && at + 16 <= places + behind; at += 16) {
		unsigned found = may_begin_nocase(in.at + at, lower);
		if (places - at < 16)
			found &= (1u << (places - at)) - 1;
		for (; found != 0; found &= found - 1)
			if (is_same_nocase(in.at + at + __builtin_ctz(found), lower))
				return true;
	}
#endif
	for (; at < places; at++)
		if (is_same_nocase(in.at + at, lower))
			return true;
	return false;
}

#endif
