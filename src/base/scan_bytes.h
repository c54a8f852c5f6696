/* scan_bytes.h - finds a byte in short lines, and clears small structs. memchr() is made for long
 * lines: called seventy times for each of a million messages, most of its time is the call. */
#ifndef STANCH_BASE_SCAN_BYTES_H
#define STANCH_BASE_SCAN_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Eight bytes as one number, in the order of the machine. */
static inline uint64_t load8(const char *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* memset(at, 0, len) for a struct of some hundred bytes, len a constant. For one of that size gcc
 * takes "rep stos", which needs longer to begin than 64 bytes at a time need for all of it. */
static inline void clear_struct(void *at, size_t len)
{
	char *rest = at;

	for (; len >= 64; len -= 64, rest += 64)
		memset(rest, 0, 64);
	memset(rest, 0, len);
}

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

/* The lines of at..end-1, most into ends and signs: where each ends (at its LF), and where the last
 * '@' in it stands (NULL: nowhere). Returns how many; what stands behind the last LF is no line. */
static inline size_t index_lines(
	const char *at, const char *end, size_t most, const char **ends, const char **signs)
{
	const char *sign = NULL;
	size_t n = 0;

#ifdef __SSE2__
	const __m128i lf = _mm_set1_epi8('\n'), sign_byte = _mm_set1_epi8('@');

	for (; n < most && end - at >= 64; at += 64) {
		uint64_t lf_bits = 0, sign_bits = 0;
		for (int i = 0; i < 4; i++) {
			__m128i block =
				_mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
			lf_bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, lf))
				   << (16 * i);
			sign_bits |= (uint64_t)(unsigned)_mm_movemask_epi8(
					     _mm_cmpeq_epi8(block, sign_byte))
				     << (16 * i);
		}
		for (; lf_bits != 0 && n < most; lf_bits &= lf_bits - 1) {
			uint64_t before = (lf_bits & -lf_bits) - 1, mine = sign_bits & before;
			ends[n] = at + __builtin_ctzll(lf_bits);
			signs[n++] = mine != 0 ? at + 63 - __builtin_clzll(mine) : sign;
			sign = NULL;
			sign_bits &= ~before;
		}
		if (sign_bits != 0)
			sign = at + 63 - __builtin_clzll(sign_bits);
	}
#endif
	for (; at < end && n < most; at++) {
		if (*at == '@')
			sign = at;
		if (*at != '\n')
			continue;
		ends[n] = at;
		signs[n++] = sign;
		sign = NULL;
	}
	return n;
}

/* Where the n-th line behind at ends, behind its LF; NULL when there are fewer lines, or when one
 * of them is empty. n is at least 1. */
static inline const char *skip_lines(const char *at, const char *end, size_t n)
{
	char before = '\n';

#ifdef __SSE2__
	const __m128i lf = _mm_set1_epi8('\n');
	unsigned carry = 1; /* whether the byte before this block is a LF */

	/* no sixteen bytes hold the ends of more than eight lines that are not empty */
	for (; n > 8 && end - at >= 16; at += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
		unsigned ends = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, lf));
		if ((ends & (ends << 1 | carry)) != 0)
			return NULL;
		carry = ends >> 15 & 1;
		for (; ends != 0; ends &= ends - 1)
			n--;
	}
	before = carry != 0 ? '\n' : '\0';
#endif
	for (; n > 0; n--) {
		if (at == end || (*at == '\n' && before == '\n'))
			return NULL;
		const char *lf_at = find_byte(at, end, '\n');
		if (lf_at == NULL)
			return NULL;
		at = lf_at + 1;
		before = '\n';
	}
	return at;
}

#endif
