#include "formats/exim_log_parts.h"

/* What a byte means outside the quotes of an address. */
enum byte_class { PLAIN, STOP, QUOTE, BACKSLASH, SIGN, DOT };

static const uint8_t class_of[256] = {
	[' '] = STOP,
	['('] = STOP,
	[')'] = STOP,
	[','] = STOP,
	[';'] = STOP,
	['<'] = STOP,
	['>'] = STOP,
	['"'] = QUOTE,
	['\\'] = BACKSLASH,
	['@'] = SIGN,
	['.'] = DOT,
};

/* Behind the quote that closes the one before at; NULL when none does. */
static const char *skip_quoted(const char *at, const char *end)
{
	for (;;) {
		at = find_either(at, end, '"', '\\');
		if (at == end)
			return NULL;
		if (*at == '"')
			return at + 1;
		if (end - at < 2)
			return NULL;
		at += 2;
	}
}

/* "\303": a byte that Exim does not call printable. */
static bool is_octal(const char *at, const char *end)
{
	if (end - at < 4)
		return false;
	for (int i = 1; i < 4; i++)
		if (at[i] < '0' || at[i] > '7')
			return false;
	return true;
}

const char *exim_log_scan_address(const char *at, const char *end, unsigned *ret_signs)
{
	bool may_quote = true, closed = false; /* closed: the byte before is a closing quote */
	unsigned signs = 0;

	for (; at < end; at++) {
		enum byte_class class = class_of[(unsigned char)*at];

		if (class == STOP)
			break;
		if (closed && class != SIGN && class != DOT)
			return NULL;
		closed = class == QUOTE;
		if (class == QUOTE) {
			if (!may_quote)
				return NULL;
			at = skip_quoted(at + 1, end);
			if (at == NULL)
				return NULL;
			at--;
		} else if (class == BACKSLASH) {
			if (!is_octal(at, end))
				return NULL;
			at += 3;
		}
		signs += class == SIGN;
		may_quote = class == DOT;
	}
	*ret_signs = signs;
	return at;
}

bool exim_log_take_angle(struct cursor *c, struct slice *ret_address)
{
	if (c->at == c->end || *c->at != '<')
		return false;

	const char *start = c->at + 1, *close = find_any(start, c->end, ' ', '"', '\\', '>');
	unsigned signs;

	if (close < c->end && *close != '>')
		close = exim_log_scan_address(start, c->end, &signs);
	if (close == NULL || close == c->end || *close != '>')
		return false;
	*ret_address = slice_between(start, close);
	c->at = close + 1;
	return true;
}

bool exim_log_take_quoted(struct cursor *c, struct slice *ret)
{
	if (c->at == c->end || *c->at != '"')
		return false;

	const char *start = c->at + 1, *behind = skip_quoted(start, c->end);
	if (behind == NULL)
		return false;
	*ret = slice_between(start, behind - 1);
	c->at = behind;
	return true;
}

#define SECOND_MS INT64_C(1000)
#define DAY_MS    (86400 * SECOND_MS)

static int64_t unit_ms(char unit)
{
	switch (unit) {
	case 'w':
		return 7 * DAY_MS;
	case 'd':
		return DAY_MS;
	case 'h':
		return 3600 * SECOND_MS;
	case 'm':
		return 60 * SECOND_MS;
	case 's':
		return SECOND_MS;
	default:
		return 0;
	}
}

/* ".578" in thousandths; c->at moves behind the digits, however many. */
static int64_t take_fraction(struct cursor *c)
{
	int64_t ms = 0, scale = 100;

	if (c->at == c->end || *c->at != '.')
		return 0;
	for (c->at++; c->at < c->end && is_decimal(*c->at); c->at++, scale /= 10)
		ms += (*c->at - '0') * scale;
	return ms;
}

/* Years of one time span in a log would be an error; this keeps the sum far from overflow. */
#define SPAN_MAX 100000000

bool exim_log_take_duration(struct cursor *c, int64_t *ret_ms)
{
	int64_t ms = 0;
	uint64_t number;
	int parts = 0;

	while (parts < 5 && take_number(c, &number)) {
		int64_t fraction = take_fraction(c);
		int64_t unit = c->at < c->end ? unit_ms(*c->at) : 0;

		if (unit == 0 || number > SPAN_MAX)
			return false;
		ms += (int64_t)number * unit + fraction;
		c->at++;
		parts++;
	}
	*ret_ms = ms;
	return parts > 0;
}

/* Whether it can stand in an address of IPv4 or IPv6. */
static inline bool is_ip_byte(char c)
{
	unsigned letter = ((unsigned char)c | 0x20u) - 'a';

	return (c >= '0' && c <= ':') || letter < 6 || c == '.';
}

/* Behind the bytes of an address. */
static inline const char *skip_ip_bytes(const char *at, const char *end)
{
#ifdef __SSE2__
	const __m128i below_0 = _mm_set1_epi8('0' - 1), above_9 = _mm_set1_epi8(':' + 1),
		      below_a = _mm_set1_epi8('a' - 1), above_f = _mm_set1_epi8('f' + 1),
		      dot = _mm_set1_epi8('.'), lower = _mm_set1_epi8(0x20);

	for (; end - at >= 16; at += 16) {
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i low = _mm_or_si128(b, lower);
		__m128i digit =
			_mm_and_si128(_mm_cmpgt_epi8(b, below_0), _mm_cmplt_epi8(b, above_9));
		__m128i letter =
			_mm_and_si128(_mm_cmpgt_epi8(low, below_a), _mm_cmplt_epi8(low, above_f));
		__m128i any = _mm_or_si128(_mm_or_si128(digit, letter), _mm_cmpeq_epi8(b, dot));
		unsigned others = (unsigned)_mm_movemask_epi8(any) ^ 0xffffu;
		if (others != 0)
			return at + __builtin_ctz(others);
	}
#endif
	while (at < end && is_ip_byte(*at))
		at++;
	return at;
}

bool exim_log_take_ip(struct cursor *c, struct slice *ret_ip, unsigned *ret_port)
{
	const char *at = c->at;
	uint64_t port = 0;

	if (at == c->end || *at != '[')
		return false;
	at = skip_ip_bytes(at + 1, c->end);
	if (at == c->end || *at != ']' || at == c->at + 1)
		return false;
	*ret_ip = slice_between(c->at + 1, at);
	c->at = at + 1;
	if (c->at < c->end && *c->at == ':' && c->end - c->at > 1 && is_decimal(c->at[1])) {
		c->at++;
		if (!take_number(c, &port) || port > 65535)
			return false;
	}
	*ret_port = (unsigned)port;
	return true;
}

/* ---- hosts and logins ---- */

/* "(helo)" without the parentheses. */
static bool inside_parentheses(struct slice s, struct slice *ret)
{
	if (s.len < 2 || s.at[0] != '(' || s.at[s.len - 1] != ')')
		return false;
	*ret = (struct slice){s.at + 1, s.len - 2};
	return true;
}

/* "[ip]", "(helo) [ip]", "name [ip]", "name (helo) [ip]"; at behind "H=". */
static bool take_host(struct cursor *c, struct exim_log_client *ret)
{
	struct slice word;

	if (c->at < c->end && *c->at != '[') {
		if (!take_word(c, &word) || word.len == 0)
			return false;
		if (word.at[0] != '(') {
			ret->name = word;
			word = (struct slice){0};
			if (NEXT_IS(c, " (")) {
				c->at++;
				if (!take_word(c, &word))
					return false;
			}
		}
		if (word.len > 0 && !inside_parentheses(word, &ret->helo))
			return false;
		if (!TAKE(c, " "))
			return false;
	}
	return exim_log_take_ip(c, &ret->ip, &ret->port);
}

bool exim_log_take_client(struct cursor *c, struct exim_log_client *ret)
{
	struct slice word;
	unsigned port;

	if (NEXT_IS(c, " DS H="))
		c->at += 3;
	if ((TAKE(c, " H=") || TAKE(c, "H=")) && !take_host(c, ret))
		return false;
	if (TAKE(c, " I=") && !exim_log_take_ip(c, &word, &port))
		return false;
	if (TAKE(c, " TFO") && !take_word(c, &word))
		return false;
	if ((TAKE(c, " U=") || TAKE(c, "U=")) && !take_word(c, &ret->ident))
		return false;
	if (TAKE(c, " Ci=") && !take_number(c, &ret->connection))
		return false;
	return at_blank_or_end(c);
}

/* Whether s ends as a host does: "]" or "]:port". */
static bool ends_in_address(struct slice s)
{
	size_t n = s.len;

	while (n > 0 && is_decimal(s.at[n - 1]))
		n--;
	if (n > 0 && n < s.len && s.at[n - 1] == ':')
		n--;
	else
		n = s.len;
	return n > 0 && s.at[n - 1] == ']';
}

static void take_off_connection(struct slice *part, struct exim_log_client *ret)
{
	size_t blank = slice_find_last(*part, ' ');
	struct cursor c = cursor_of(slice_after(*part, blank));

	if (blank < part->len && TAKE(&c, " Ci=") && take_number(&c, &ret->connection)) {
		if (c.at == c.end)
			part->len = blank;
		else
			ret->connection = 0;
	}
}

/* " U=…" at the end: an ident server may say anything, a HELO as well. Returns how many ways there
 * are to read it: without one, too, it is one. */
static int take_off_ident(struct slice *part, struct exim_log_client *ret)
{
	struct cursor c = cursor_of(*part);
	const char *at = c.at, *end = c.end, *found = NULL;

	while ((at = exim_log_find(at, end, " U=", 3)) != NULL) {
		if (ends_in_address(slice_between(part->at, at))) {
			if (found != NULL)
				return 2;
			found = at;
		}
		at += 3;
	}
	if (found == NULL)
		return 1;
	ret->ident = slice_between(found + 3, end);
	part->len = (size_t)(found - part->at);
	return slice_find(ret->ident, ' ') == ret->ident.len ? 1 : 2;
}

/* Where the last bracketed address begins; s.len when s does not end in one. */
static size_t last_address(struct slice s)
{
	return ends_in_address(s) ? slice_find_last(s, '[') : s.len;
}

static void take_off_interface(struct slice *part)
{
	size_t open = last_address(*part);

	if (open < part->len && open >= 3 && memcmp(part->at + open - 3, " I=", 3) == 0)
		part->len = open - 3;
}

/* "(helo)", "name", "name (helo)", where the HELO may hold anything. */
static bool read_names(struct slice names, struct exim_log_client *ret)
{
	size_t blank = slice_find(names, ' ');

	if (inside_parentheses(names, &ret->helo))
		return true;
	ret->name = slice_first(names, blank);
	if (names.len == 0 || slice_find(ret->name, '(') < ret->name.len)
		return false;
	return blank == names.len || inside_parentheses(slice_after(names, blank + 1), &ret->helo);
}

/* "[ip]:port" at the end of part, and the names before it. */
static bool read_host(struct slice part, struct exim_log_client *ret)
{
	size_t open = last_address(part);

	if (open == part.len || (open > 0 && part.at[open - 1] != ' '))
		return false;
	struct cursor c = cursor_of(slice_after(part, open));
	if (!exim_log_take_ip(&c, &ret->ip, &ret->port) || c.at != c.end)
		return false;
	return open == 0 || read_names(slice_first(part, open - 1), ret);
}

/* What can be a login and no host. */
static bool is_login(struct slice s)
{
	return s.len > 0 && slice_find(s, '[') == s.len && slice_find(s, ' ') == s.len &&
	       slice_find(s, '(') == s.len;
}

int exim_log_read_client(struct slice part, struct exim_log_client *ret)
{
	clear_struct(ret, sizeof(*ret));
	if (part.len == 0)
		return 0;
	take_off_connection(&part, ret);
	if (slice_starts(part, "U=")) {
		ret->ident = slice_after(part, 2);
		return slice_find(ret->ident, ' ') == ret->ident.len ? 1 : 0;
	}
	if (slice_starts(part, "H=")) {
		part = slice_after(part, 2);
	} else if (is_login(part)) {
		ret->ident = part; /* a local process, without its "U=" */
		return 1;
	}
	int ways = take_off_ident(&part, ret);
	take_off_interface(&part);
	return ways > 1 ? ways : read_host(part, ret);
}

void exim_log_read_login(struct slice part, struct exim_log_login *ret)
{
	size_t colon = slice_find(part, ':');

	*ret = (struct exim_log_login){.authenticator = slice_first(part, colon)};
	if (colon == part.len)
		return;
	ret->id = slice_between(part.at + colon + 1, part.at + part.len);

	/* a further colon is a part of the id, unless an address or <> follows it */
	colon = slice_find(ret->id, ':');
	struct slice behind = slice_after(ret->id, colon + 1);
	if (slice_is(behind, "<>") || slice_find(behind, '@') < behind.len) {
		ret->id.len = colon;
		ret->mail_auth = behind;
	}
}

#ifdef __SSE2__
/* Where in the 16 bytes at `at` the first two bytes of a text may stand: a bit for each. One byte
 * more than these is read. */
static inline unsigned pairs_of_16(const char *at, __m128i first, __m128i second)
{
	__m128i here = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i next = _mm_loadu_si128((const __m128i *)(const void *)(at + 1));

	return (unsigned)_mm_movemask_epi8(
		_mm_and_si128(_mm_cmpeq_epi8(here, first), _mm_cmpeq_epi8(next, second)));
}
#endif

/* The first of the places that `pairs` names from at on where the whole text stands. */
static inline const char *first_whole(
	const char *at, unsigned pairs, const char *end, const char *text, size_t len)
{
	for (; pairs != 0; pairs &= pairs - 1) {
		const char *found = at + __builtin_ctz(pairs);
		if ((size_t)(end - found) >= len && memcmp(found, text, len) == 0)
			return found;
	}
	return NULL;
}

const char *exim_log_find(const char *at, const char *end, const char *text, size_t len)
{
#ifdef __SSE2__
	const __m128i first = _mm_set1_epi8(text[0]), second = _mm_set1_epi8(text[1]);
	const char *begun = at, *found;
	unsigned pairs;

	for (; end - at > 32; at += 32) {
		pairs = pairs_of_16(at, first, second) | pairs_of_16(at + 16, first, second) << 16;
		if (pairs != 0 && (found = first_whole(at, pairs, end, text, len)) != NULL)
			return found;
	}
	if (end - at > 16) {
		pairs = pairs_of_16(at, first, second);
		if (pairs != 0 && (found = first_whole(at, pairs, end, text, len)) != NULL)
			return found;
		at += 16;
	}
	if (end - begun > 16) {
		/* the last 17 bytes; where the text does not stand it is not found again either */
		pairs = pairs_of_16(end - 17, first, second);
		return first_whole(end - 17, pairs, end, text, len);
	}
#endif
	for (; at < end && (size_t)(end - at) >= len; at++)
		if (*at == text[0] && memcmp(at, text, len) == 0)
			return at;
	return NULL;
}
