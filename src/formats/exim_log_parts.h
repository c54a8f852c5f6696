/* exim_log_parts.h - the pieces that several lines of Exim's log are made of: words, addresses,
 * hosts, logins, times. For the exim_log_*.c files only.
 *
 * A cursor stands on the blank in front of the next piece, or at the end. A reader that returns
 * false has found no such piece; where the cursor stands then means nothing. */
#ifndef STANCH_FORMATS_EXIM_LOG_PARTS_H
#define STANCH_FORMATS_EXIM_LOG_PARTS_H

#include "base/scan_bytes.h"
#include "formats/exim_log.h"

struct cursor {
	const char *at, *end;
};

static inline struct slice slice_between(const char *at, const char *end)
{
	return (struct slice){at, (size_t)(end - at)};
}

static inline struct slice cursor_rest(const struct cursor *c)
{
	return slice_between(c->at, c->end);
}

/* What is not there is an empty text. */
static inline struct cursor cursor_of(struct slice s)
{
	const char *at = s.at != NULL ? s.at : "";

	return (struct cursor){at, at + s.len};
}

static inline bool next_is(const struct cursor *c, const char *text, size_t len)
{
	return (size_t)(c->end - c->at) >= len && memcmp(c->at, text, len) == 0;
}

/* The same for texts of a table, of which most differ in the first byte: memcmp() of a length that
 * the compiler does not know is a call. */
static inline bool next_is_row(const struct cursor *c, const char *text, size_t len)
{
	return c->at < c->end && *c->at == text[0] && next_is(c, text, len);
}

/* NEXT_IS(c, " H="): text is a literal, so that the comparison is one or two instructions. */
#define NEXT_IS(c, text) next_is(c, text, sizeof(text) - 1)

static inline bool take(struct cursor *c, const char *text, size_t len)
{
	bool is = next_is(c, text, len);

	c->at += is ? len : 0;
	return is;
}

#define TAKE(c, text) take(c, text, sizeof(text) - 1)

static inline bool is_decimal(char c)
{
	return c >= '0' && c <= '9';
}

#ifdef __SSE2__
/* Which of the 16 bytes at `at` are a, b, c or d: a bit for each. */
static inline unsigned any_of_16(const char *at, char a, char b, char c, char d)
{
	__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i ab = _mm_or_si128(
		_mm_cmpeq_epi8(block, _mm_set1_epi8(a)), _mm_cmpeq_epi8(block, _mm_set1_epi8(b)));
	__m128i cd = _mm_or_si128(
		_mm_cmpeq_epi8(block, _mm_set1_epi8(c)), _mm_cmpeq_epi8(block, _mm_set1_epi8(d)));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(ab, cd));
}
#endif

/* Where a, b, c or d first stands; end when nowhere. Words are of 32 bytes or less, mostly: with
 * as many at a time, how long one is needs no guess of the processor's. */
static inline const char *find_any(const char *at, const char *end, char a, char b, char c, char d)
{
#ifdef __SSE2__
	const char *last = end - at >= 16 ? end - 16 : NULL;
	unsigned found;

	for (; end - at >= 32; at += 32) {
		found = any_of_16(at, a, b, c, d) | any_of_16(at + 16, a, b, c, d) << 16;
		if (found != 0)
			return at + __builtin_ctz(found);
	}
	if (last != NULL && last >= at) {
		found = any_of_16(at, a, b, c, d);
		if (found != 0)
			return at + __builtin_ctz(found);
	}
	/* of these the first were looked at already, and are none */
	if (last != NULL) {
		found = any_of_16(last, a, b, c, d);
		return found != 0 ? last + __builtin_ctz(found) : end;
	}
#endif
	while (at < end && *at != a && *at != b && *at != c && *at != d)
		at++;
	return at;
}

/* Where a or b first stands; end when nowhere. */
static inline const char *find_either(const char *at, const char *end, char a, char b)
{
	return find_any(at, end, a, b, b, b);
}

/* The bytes up to the next blank or the end. false when a quote is among them: quotes stand only
 * where the grammar has them, so that each one that a stranger adds leaves one unpaired. */
static inline bool take_word(struct cursor *c, struct slice *ret)
{
	const char *end = find_either(c->at, c->end, ' ', '"');

	if (end < c->end && *end == '"')
		return false;
	*ret = slice_between(c->at, end);
	c->at = end;
	return true;
}

/* Digits, 1 to 18 of them; c->at moves behind them. */
static inline bool take_number(struct cursor *c, uint64_t *ret)
{
	const char *at = c->at;
	uint64_t value = 0;

	while (at < c->end && is_decimal(*at) && at - c->at < 18)
		value = value * 10 + (uint64_t)(*at++ - '0');
	if (at == c->at)
		return false;
	c->at = at;
	*ret = value;
	return true;
}

static inline bool at_blank_or_end(const struct cursor *c)
{
	return c->at == c->end || *c->at == ' ';
}

/* An address in the form that Exim's own parser lets through, from at on: returns where it ends,
 * at the first byte that can stand in no address (a blank, '>', ',', …), or NULL when a quote is
 * never closed or stands where none can begin. *ret_signs counts the '@' outside quotes. */
const char *exim_log_scan_address(const char *at, const char *end, unsigned *ret_signs);

/* "<address>" or "<>"; c->at moves behind it. */
bool exim_log_take_angle(struct cursor *c, struct slice *ret_address);

/* What stands between the quote at c->at and the next one that no backslash escapes. Some versions
 * do not escape the quotes in a certificate's name; such a name is none, because what follows one
 * of them could be anything. */
bool exim_log_take_quoted(struct cursor *c, struct slice *ret);

/* "1w2d3h4m5s", "1.578s", "0s" in milliseconds. */
bool exim_log_take_duration(struct cursor *c, int64_t *ret_ms);

/* "[ip]", "[ip]:port"; c->at moves behind it. */
bool exim_log_take_ip(struct cursor *c, struct slice *ret_ip, unsigned *ret_port);

/* " H=… I=… U=… Ci=…", each of which may be missing, where nobody played tricks: no blank, quote
 * or parenthesis in what the client said. */
bool exim_log_take_client(struct cursor *c, struct exim_log_client *ret);

/* The same of a piece that is nothing else, whatever the client said: read from its end. part
 * begins with "H=" or "U=", or with neither for a host. Returns how many ways there are to read it,
 * of which two stand for more: an ident could be a part of the HELO name. */
int exim_log_read_client(struct slice part, struct exim_log_client *ret);

/* "plain:id" or "plain:id:sender", all of it. */
void exim_log_read_login(struct slice part, struct exim_log_login *ret);

/* Where the first `len` bytes of text, at least two, stand in at..end-1; NULL when nowhere. For
 * texts whose first two bytes are rare together, which memmem() would not know. */
const char *exim_log_find(const char *at, const char *end, const char *text, size_t len);

/* Each family of lines; c->at is behind the time, the pid and the id. They set ret->kind and fill
 * the part of the union; EXIM_LOG_DAMAGED with ret->damage; or leave EXIM_LOG_OTHER. */
void exim_log_read_arrival(struct cursor c, struct exim_log_line *ret, size_t line_len);
void exim_log_read_delivery(struct cursor c, struct exim_log_line *ret);
void exim_log_read_refusal(struct cursor c, struct exim_log_line *ret);
void exim_log_read_session(struct cursor c, struct exim_log_line *ret);

static inline void exim_log_damaged(struct exim_log_line *line, const char *what)
{
	line->kind = EXIM_LOG_DAMAGED;
	line->damage = what;
}

#endif
