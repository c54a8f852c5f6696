/* "<= sender H=… P=… A=… S=… id=… T=… from <…> for …": a message arrived.
 *
 * Behind the size all that strangers chose is well formed: quotes are paired and inner ones
 * escaped, and no address is without '@'. Before it the HELO name, an ident, a certificate's name
 * and the login may be anything. So of several " S=" only one can be followed by a sound rest of
 * the line: a quote that strangers' text opens before it stays open to the end, and " S=300" is no
 * address. */
#include "formats/exim_log_parts.h"

/* Fewer than Exim's buffer, because it stops where the next address would not fit: from this length
 * on a list may be cut without a mark (up to 4.97). */
#define SURELY_WHOLE 8100

/* Of " S=" or " P=" in one line; more are no line of Exim's. It bounds the time that a line costs.
 */
#define PLACES_MAX 32

#define CUT_MARK "<trunc>" /* 4.98 on */

/* ---- the recipients ---- */

/* Masks of 64 bytes, one bit a byte. */
struct marks {
	uint64_t blanks, signs, others; /* others: what needs the slow way */
};

#ifdef __SSE2__
static inline struct marks marks_of(const char *at)
{
	const __m128i blank = _mm_set1_epi8(' '), sign = _mm_set1_epi8('@'),
		      quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
		      open = _mm_set1_epi8('<'), close = _mm_set1_epi8('>');
	struct marks m = {0};

	for (unsigned i = 0; i < 4; i++) {
		__m128i block =
			_mm_loadu_si128((const __m128i *)(const void *)(at + (size_t)16 * i));
		__m128i other = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quote),
						     _mm_cmpeq_epi8(block, backslash)),
			_mm_or_si128(_mm_cmpeq_epi8(block, open), _mm_cmpeq_epi8(block, close)));
		m.blanks |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, blank))
			    << (16 * i);
		m.signs |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, sign))
			   << (16 * i);
		m.others |= (uint64_t)(unsigned)_mm_movemask_epi8(other) << (16 * i);
	}
	return m;
}
#else
static inline struct marks marks_of(const char *at)
{
	struct marks m = {0};

	for (int i = 0; i < 64; i++) {
		uint64_t bit = (uint64_t)1 << i;
		m.blanks |= at[i] == ' ' ? bit : 0;
		m.signs |= at[i] == '@' ? bit : 0;
		m.others |= strchr("\"\\<>", at[i]) != NULL && at[i] != '\0' ? bit : 0;
	}
	return m;
}
#endif

/* Whether blanks and '@' take turns, beginning with '@'. A sum carries a one from each '@' through
 * the plain bytes behind it to the next mark, which must be a blank. */
static inline bool take_turns(struct marks m, uint64_t *carry)
{
	uint64_t plain = ~(m.blanks | m.signs), sum, half;
	bool over = __builtin_add_overflow(plain, m.signs << 1, &half);

	over |= __builtin_add_overflow(half, *carry, &sum);
	*carry = (over ? 1 : 0) | m.signs >> 63;
	return (sum & ~plain) == m.blanks;
}

/* The addresses of a list without quotes, each with one '@': how many; 0 when it is none such. */
static unsigned count_plain(struct slice list)
{
	const char *at = list.at, *end = list.at + list.len;
	uint64_t carry = 0;
	unsigned n = 1;
	char last[64];

	while (at < end) {
		const char *block = at;
		if (end - at < 64) {
			memset(last, 'x', sizeof(last));
			memcpy(last, at, (size_t)(end - at));
			block = last;
		}
		struct marks m = marks_of(block);
		if (m.others != 0 || !take_turns(m, &carry))
			return 0;
		n += (unsigned)__builtin_popcountll(m.blanks);
		at += 64;
	}
	return carry != 0 ? n : 0;
}

/* The address at the front of *rest, and the blank behind it. bare: it may be without a domain. */
static bool take_recipient(struct slice *rest, bool bare, struct slice *ret)
{
	unsigned signs;
	const char *end = rest->at + rest->len;
	const char *behind = exim_log_scan_address(rest->at, end, &signs);

	if (behind == NULL || behind == rest->at ||
		(behind < end && (*behind != ' ' || behind + 1 == end)))
		return false;
	if (signs != 1 && !(bare && signs == 0))
		return false;
	*ret = slice_between(rest->at, behind);
	*rest = behind < end ? slice_after(*rest, ret->len + 1) : (struct slice){0};
	return true;
}

/* Whether the rest of a list can be the beginning of one address: no blank in it; or, where that is
 * allowed, a quote that has no end. */
static bool is_cut_address(struct slice rest, bool open_quote)
{
	size_t blank = slice_find(rest, ' ');

	if (slice_find(slice_first(rest, blank), '"') < blank)
		return open_quote;
	return blank == rest.len;
}

/* How the end of a line may be read. */
struct manner {
	bool bare;       /* from a local process: recipients without a domain */
	bool open_quote; /* cut inside a quoted address: the caller looks for other readings */
};

/* A list with quotes, with bare names, or with CUT_MARK at its end. */
static bool read_odd_recipients(struct slice list, struct manner how, struct exim_log_arrival *ret)
{
	struct slice rest = list, address;
	size_t mark = sizeof(CUT_MARK) - 1;
	bool marked = list.len >= mark && memcmp(list.at + list.len - mark, CUT_MARK, mark) == 0;
	unsigned n = 0;

	while (rest.len > 0 && take_recipient(&rest, how.bare, &address))
		n++;
	if (n > 0 && rest.len == 0 && !marked) {
		ret->recipient_count = n;
		return true;
	}
	if (!marked || !is_cut_address(rest, how.open_quote))
		return false;
	/* without the blank behind the last whole one */
	ret->recipients = slice_first(list, n > 0 ? list.len - rest.len - 1 : 0);
	ret->recipient_count = n;
	ret->recipients_cut = true;
	return true;
}

static bool read_recipients(struct slice list, struct manner how, struct exim_log_arrival *ret)
{
	ret->recipients = list;
	ret->recipient_count = list.len > 0 ? count_plain(list) : 0;
	return ret->recipient_count > 0 || read_odd_recipients(list, how, ret);
}

bool exim_log_recipient_next(struct slice *rest, struct slice *ret_address)
{
	if (rest->len == 0)
		return false;

	const char *end = rest->at + rest->len, *blank = find_either(rest->at, end, ' ', '"');
	if (blank < end && *blank == '"')
		return take_recipient(rest, true, ret_address);
	*ret_address = slice_between(rest->at, blank);
	*rest = blank < end ? slice_after(*rest, ret_address->len + 1) : (struct slice){0};
	return true;
}

/* ---- behind the size ---- */

/* Tags that have a place of their own: where one comes up elsewhere, the line is no sound one. */
static bool is_known_tag(struct slice tag)
{
	return tag.len == 1 && strchr("ACFHIPQRSTUX", tag.at[0]) != NULL;
}

static bool is_tag_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || is_decimal(c);
}

static bool is_mark(char c)
{
	return c == '*' || c == '.' || c == '-';
}

/* A field that is of no use here, or one of a later Exim: " TAG=value", " WORD", " L.-". */
static bool take_other_field(struct cursor *c)
{
	struct cursor at = {c->at + 1, c->end};
	struct slice word;
	size_t n = 0;

	if (c->at == c->end || !take_word(&at, &word) || word.len == 0)
		return false;
	while (n < word.len && is_tag_byte(word.at[n]))
		n++;
	if (n < word.len && word.at[n] != '=') {
		size_t end = n;
		while (end < word.len && is_mark(word.at[end]))
			end++;
		if (end < word.len)
			return false;
	}
	if (n == 0 || (n < word.len && is_known_tag(slice_first(word, n))))
		return false;
	c->at = at.at;
	return true;
}

/* id= holds an address that Exim parsed, its unprintable bytes written as \ooo. */
static bool take_message_id(struct cursor *c, struct slice *ret)
{
	const char *start = c->at;
	unsigned signs;

	if (take_word(c, ret))
		return true;
	const char *end = exim_log_scan_address(start, c->end, &signs);
	if (end == NULL)
		return false;
	c->at = end;
	*ret = slice_between(start, end);
	return at_blank_or_end(c);
}

/* All that follows "S=300", to the end of the line. */
static bool read_tail(struct cursor c, struct manner how, struct exim_log_arrival *ret)
{
	while (!NEXT_IS(&c, " id") && !NEXT_IS(&c, " T=")) {
		if (TAKE(&c, " Q=")) {
			if (!take_word(&c, &ret->queue))
				return false;
		} else if (!take_other_field(&c)) {
			break;
		}
	}
	ret->message_id_made = NEXT_IS(&c, " id*=");
	if ((TAKE(&c, " id=") || TAKE(&c, " id*=")) && !take_message_id(&c, &ret->message_id))
		return false;
	if (TAKE(&c, " T=") && !exim_log_take_quoted(&c, &ret->subject))
		return false;
	if (TAKE(&c, " from ") && !exim_log_take_angle(&c, &ret->raw_sender))
		return false;
	if (TAKE(&c, " for "))
		return read_recipients(cursor_rest(&c), how, ret);
	return c.at == c.end;
}

/* " S=300" and what follows. */
static bool read_size(struct cursor c, struct manner how, struct exim_log_arrival *ret)
{
	return TAKE(&c, " S=") && take_number(&c, &ret->size) && at_blank_or_end(&c) &&
	       read_tail(c, how, ret);
}

/* ---- before the size ---- */

/* utf8esmtpsa, local-esmtpa, essmtpa, …: the client has logged in. */
static bool is_authenticated(struct slice protocol)
{
	size_t n = protocol.len;

	if (n < 5 || protocol.at[n - 1] != 'a')
		return false;
	return memcmp(protocol.at + n - 5, "smtpa", 5) == 0 ||
	       (n >= 6 && memcmp(protocol.at + n - 6, "smtpsa", 6) == 0);
}

/* A certificate's name and a TLS server name: anything, in quotes. */
static bool take_odd_text(struct cursor *c, struct slice *ret)
{
	if (!TAKE(c, " DN=") && !TAKE(c, " SNI="))
		return false;
	return exim_log_take_quoted(c, ret) && at_blank_or_end(c);
}

/* What stands between the protocol and the login. *ret_odd: the last text in quotes. */
static void take_tls(struct cursor *c, struct exim_log_arrival *ret, struct slice *ret_odd)
{
	for (;;) {
		struct cursor at = *c;

		if (TAKE(&at, " X=") ? !take_word(&at, &ret->cipher)
				     : !take_other_field(&at) && !take_odd_text(&at, ret_odd))
			break;
		*c = at;
	}
}

/* Fields between the login and the size: nothing else may stand there. */
static void take_before_size(struct cursor *c)
{
	struct cursor at;
	struct slice word;

	(void)TAKE(c, " PRDR");
	at = *c;
	if (TAKE(&at, " PRX=") && take_word(&at, &word))
		*c = at;
	(void)TAKE(c, " K");
}

/* A login goes with a protocol that says so, or it is none. */
static bool agrees_with_protocol(const struct exim_log_arrival *a)
{
	return a->login.authenticator.at == NULL || is_authenticated(a->protocol);
}

static bool holds_protocol(struct slice s)
{
	return s.len > 0 && exim_log_find(s.at, s.at + s.len, " P=", 3) != NULL;
}

/* The line as honest clients make it, from left to right. */
static bool read_plain(struct cursor c, struct exim_log_arrival *ret)
{
	struct slice login, odd = {0};

	if (TAKE(&c, " R=") && !take_word(&c, &ret->bounce_of))
		return false;
	if (!exim_log_take_client(&c, &ret->client))
		return false;
	if (TAKE(&c, " P=") && !take_word(&c, &ret->protocol))
		return false;
	take_tls(&c, ret, &odd);
	if (holds_protocol(odd))
		return false;
	if (TAKE(&c, " A=")) {
		if (!take_word(&c, &login))
			return false;
		exim_log_read_login(login, &ret->login);
	}
	take_before_size(&c);
	return read_size(c, (struct manner){.bare = ret->client.ip.at == NULL}, ret);
}

/* " A=…" up to the size, whatever the id holds. */
static bool read_odd_login(struct slice login, bool after_odd_text, struct exim_log_login *ret)
{
	const char *end = login.at + login.len;

	if (after_odd_text && exim_log_find(login.at, end, " A=", 3) != NULL)
		return false; /* it may have begun inside that text */
	if (login.len >= 2 && memcmp(end - 2, " K", 2) == 0)
		login.len -= 2;
	struct slice last = slice_after(login, slice_find_last(login, ' '));
	if (slice_starts(last, " PRX="))
		login.len -= last.len;
	if (login.len >= 5 && memcmp(login.at + login.len - 5, " PRDR", 5) == 0)
		login.len -= 5;
	exim_log_read_login(login, ret);
	return true;
}

/* Behind " P=", to the size. */
static bool read_after_client(struct cursor c, struct exim_log_arrival *ret)
{
	struct slice odd = {0};

	if (!take_word(&c, &ret->protocol))
		return false;
	take_tls(&c, ret, &odd);
	if (TAKE(&c, " A="))
		return read_odd_login(cursor_rest(&c), odd.at != NULL, &ret->login) &&
		       agrees_with_protocol(ret);
	take_before_size(&c);
	return c.at == c.end;
}

/* Where a client's text broke the usual form: there must be one " P=" that a client stands before.
 */
static bool read_odd_middle(struct cursor c, struct exim_log_arrival *ret)
{
	const char *found = NULL;
	int ways = 0, tries = 0;

	if (TAKE(&c, " R=") && !take_word(&c, &ret->bounce_of))
		return false;
	if (NEXT_IS(&c, " DS H="))
		c.at += 3;
	if (!TAKE(&c, " "))
		return false;
	for (const char *at = c.at; (at = exim_log_find(at, c.end, " P=", 3)) != NULL; at++) {
		struct exim_log_client client;
		int here = exim_log_read_client(slice_between(c.at, at), &client);

		if (++tries > PLACES_MAX)
			return false;
		if (here == 0)
			continue;
		ways += here;
		ret->client = client;
		found = at;
	}
	return ways == 1 && read_after_client((struct cursor){found + 3, c.end}, ret);
}

/* The only " S=" that a sound rest follows. */
static const char *find_size(struct cursor c, struct exim_log_arrival *ret)
{
	const struct manner how = {.open_quote = true};
	struct exim_log_arrival one;
	const char *found = NULL, *end = c.end;
	int tries = 0;

	while ((c.at = exim_log_find(c.at, c.end, " S=", 3)) != NULL) {
		one = *ret;
		if (++tries > PLACES_MAX)
			return NULL;
		if (read_size(c, how, &one)) {
			if (found != NULL)
				return NULL;
			found = c.at;
		}
		c.at += 3;
	}
	if (found == NULL || !read_size((struct cursor){found, end}, how, ret))
		return NULL;
	return found;
}

static const char *read_odd(struct cursor c, struct exim_log_arrival *ret)
{
	const char *size = find_size(c, ret);

	if (size == NULL)
		return "not one size with a sound rest behind it";
	if (!read_odd_middle((struct cursor){c.at, size}, ret))
		return "not one way to read client and login";
	return NULL;
}

static bool take_sender(struct cursor *c, struct slice *ret)
{
	const char *start = c->at;
	unsigned signs;

	if (TAKE(c, "<>")) {
		*ret = (struct slice){start + 1, 0};
		return at_blank_or_end(c);
	}
	if (take_word(c, ret))
		return ret->len > 0;
	const char *end = exim_log_scan_address(start, c->end, &signs);
	if (end == NULL)
		return false;
	c->at = end;
	*ret = slice_between(start, end);
	return at_blank_or_end(c);
}

static void begin(struct exim_log_arrival *a, struct slice sender, size_t line_len)
{
	clear_struct(a, sizeof(*a));
	a->sender = sender;
	a->recipients_cut = line_len >= SURELY_WHOLE;
}

void exim_log_read_arrival(struct cursor c, struct exim_log_line *line, size_t line_len)
{
	struct exim_log_arrival *a = &line->arrival;
	const char *damage = NULL;
	struct slice sender;

	line->kind = *c.at == '<' ? EXIM_LOG_ACCEPTED : EXIM_LOG_FAKE_REJECTED;
	c.at += 3;
	if (!take_sender(&c, &sender)) {
		exim_log_damaged(line, "no sender");
		return;
	}
	begin(a, sender, line_len);
	if (read_plain(c, a)) {
		if (!agrees_with_protocol(a))
			damage = "a login with a protocol that has none";
	} else {
		begin(a, sender, line_len);
		damage = read_odd(c, a);
	}
	if (damage != NULL)
		exim_log_damaged(line, damage);
}
