#include "formats/failure.h"

#include "base/scan_bytes.h"

/* No enhanced status code has more than three digits in a part (RFC 3463 section 2). */
#define PART_DIGITS 3

static const char *const names[FAILURES] = {
	[FAILURE_OTHER] = "other",
	[FAILURE_USER_UNKNOWN] = "user unknown",
	[FAILURE_DOMAIN_UNKNOWN] = "domain unknown",
	[FAILURE_MAILBOX_FULL] = "mailbox full",
	[FAILURE_CONTENT] = "content",
	[FAILURE_REPUTATION] = "reputation",
	[FAILURE_RATE] = "rate",
	[FAILURE_CONNECTION] = "connection",
	[FAILURE_QUOTA] = "quota",
	[FAILURE_LOOP] = "loop",
};

const char *failure_name(enum failure f)
{
	return f < FAILURES ? names[f] : names[FAILURE_OTHER];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One to three digits at s.at[*at]; moves *at behind them. */
static bool read_part(struct slice s, size_t *at, uint16_t *ret)
{
	size_t i = *at;
	unsigned value = 0;

	while (i < s.len && i - *at < PART_DIGITS && is_digit(s.at[i]))
		value = value * 10 + (unsigned)(s.at[i++] - '0');
	if (i == *at || (i < s.len && is_digit(s.at[i])))
		return false;
	*at = i;
	*ret = (uint16_t)value;
	return true;
}

size_t failure_status_read(struct slice text, struct failure_reply *ret)
{
	uint16_t subject, detail;
	size_t at = 2;

	if (text.len < 5 || (text.at[0] != '2' && text.at[0] != '4' && text.at[0] != '5') ||
		text.at[1] != '.' || !read_part(text, &at, &subject))
		return 0;
	if (at == text.len || text.at[at++] != '.' || !read_part(text, &at, &detail))
		return 0;
	if (at < text.len && text.at[at] == '.')
		return 0; /* a version or an address */
	ret->status_class = (uint8_t)(text.at[0] - '0');
	ret->subject = subject;
	ret->detail = detail;
	return at;
}

size_t failure_reply_read(struct slice text, struct failure_reply *ret)
{
	*ret = (struct failure_reply){0};
	if (text.len < 3 || text.at[0] < '2' || text.at[0] > '5' || !is_digit(text.at[1]) ||
		!is_digit(text.at[2]))
		return 0;
	if (text.len > 3 && text.at[3] != ' ' && text.at[3] != '-')
		return 0;
	ret->code =
		(uint16_t)((text.at[0] - '0') * 100 + (text.at[1] - '0') * 10 + (text.at[2] - '0'));
	if (text.len <= 4)
		return text.len;

	size_t space = text.at[4] == ' ' ? 5 : 4; /* "550- 5.1.1" is seen, too */
	size_t n = failure_status_read(slice_after(text, space), ret);
	return n > 0 ? space + n : 4;
}

/* ---- texts ---- */

/* A phrase that begins a word. Where several stand in one text, the heavier one decides: "spam" in
 * "blocked using bl.spamcop.net" is part of a name. Among equals the first in the text. */
struct phrase {
	const char *text; /* lower case */
	uint8_t len;
	uint8_t weight;
	enum failure failure;
};

/* "Unrouteable address" is what Exim says of two things: the other side's Exim says it about the
 * mailbox, ours about the domain. */
#define UNROUTEABLE FAILURES

#define PHRASE(text, weight, failure)                                                              \
	{                                                                                          \
		text, sizeof(text) - 1, weight, failure                                            \
	}

static const struct phrase words_a[] = {
	PHRASE("abuse", 3, FAILURE_REPUTATION),
	PHRASE("account disabled", 6, FAILURE_USER_UNKNOWN),
	PHRASE("account has been disabled", 6, FAILURE_USER_UNKNOWN),
	PHRASE("account is disabled", 6, FAILURE_USER_UNKNOWN),
	PHRASE("account that you tried to reach is disabled", 6, FAILURE_USER_UNKNOWN),
	PHRASE("address does not exist", 6, FAILURE_USER_UNKNOWN),
	PHRASE("address rejected", 2, FAILURE_USER_UNKNOWN),
	PHRASE("address unknown", 6, FAILURE_USER_UNKNOWN),
	PHRASE("all host address lookups failed", 6, FAILURE_CONNECTION),
	PHRASE("all hosts for", 4, FAILURE_CONNECTION),
	PHRASE("all relevant mx records point to non-existent hosts", 7, FAILURE_DOMAIN_UNKNOWN),
	PHRASE("an mx or srv record indicated no smtp service", 7, FAILURE_DOMAIN_UNKNOWN),
	PHRASE("attachment", 2, FAILURE_CONTENT),
};
static const struct phrase words_b[] = {
	PHRASE("bad reputation", 6, FAILURE_REPUTATION),
	PHRASE("banned", 5, FAILURE_REPUTATION),
	PHRASE("barracudacentral", 6, FAILURE_REPUTATION),
	PHRASE("black list", 6, FAILURE_REPUTATION),
	PHRASE("blacklist", 6, FAILURE_REPUTATION),
	PHRASE("block list", 6, FAILURE_REPUTATION),
	PHRASE("blocked by", 5, FAILURE_REPUTATION),
	PHRASE("blocked using", 6, FAILURE_REPUTATION),
	PHRASE("blocklist", 6, FAILURE_REPUTATION),
	PHRASE("broken pipe", 4, FAILURE_CONNECTION),
};
static const struct phrase words_c[] = {
	PHRASE("closed connection", 5, FAILURE_CONNECTION),
	PHRASE("connection closed", 5, FAILURE_CONNECTION),
	PHRASE("connection refused", 6, FAILURE_CONNECTION),
	PHRASE("connection reset", 6, FAILURE_CONNECTION),
	PHRASE("connection timed out", 6, FAILURE_CONNECTION),
	PHRASE("content", 2, FAILURE_CONTENT),
};
static const struct phrase words_d[] = {
	PHRASE("disk quota", 7, FAILURE_QUOTA),
	PHRASE("dkim", 3, FAILURE_CONTENT),
	PHRASE("dmarc", 4, FAILURE_CONTENT),
	PHRASE("dnsbl", 6, FAILURE_REPUTATION),
	PHRASE("does not exist", 5, FAILURE_USER_UNKNOWN),
	PHRASE("doesn't exist", 5, FAILURE_USER_UNKNOWN),
	PHRASE("domain does not exist", 7, FAILURE_DOMAIN_UNKNOWN),
	PHRASE("domain name not found", 7, FAILURE_DOMAIN_UNKNOWN),
	PHRASE("domain not found", 7, FAILURE_DOMAIN_UNKNOWN),
};
static const struct phrase words_e[] = {
	PHRASE("exceeded storage", 7, FAILURE_MAILBOX_FULL),
	PHRASE("excessive", 3, FAILURE_RATE),
};
static const struct phrase words_f[] = {
	PHRASE("full mailbox", 7, FAILURE_MAILBOX_FULL),
};
static const struct phrase words_g[] = {
	PHRASE("graylist", 7, FAILURE_RATE),
	PHRASE("grey list", 7, FAILURE_RATE),
	PHRASE("grey-list", 7, FAILURE_RATE),
	PHRASE("greylist", 7, FAILURE_RATE),
};
static const struct phrase words_h[] = {
	PHRASE("host lookup did not complete", 6, FAILURE_CONNECTION),
	PHRASE("host not found", 6, FAILURE_DOMAIN_UNKNOWN),
};
static const struct phrase words_i[] = {
	PHRASE("inactive", 4, FAILURE_USER_UNKNOWN),
	PHRASE("inbox full", 7, FAILURE_MAILBOX_FULL),
	PHRASE("insufficient storage", 7, FAILURE_MAILBOX_FULL),
	PHRASE("insufficient system storage", 7, FAILURE_MAILBOX_FULL),
	PHRASE("invalid mailbox", 6, FAILURE_USER_UNKNOWN),
	PHRASE("invalid recipient", 6, FAILURE_USER_UNKNOWN),
	PHRASE("is full", 6, FAILURE_MAILBOX_FULL),
};
static const struct phrase words_j[] = {
	PHRASE("junk mail", 4, FAILURE_CONTENT),
};
static const struct phrase words_l[] = {
	PHRASE("listed at", 5, FAILURE_REPUTATION),
	PHRASE("listed by", 5, FAILURE_REPUTATION),
	PHRASE("listed in", 5, FAILURE_REPUTATION),
	PHRASE("listed on", 5, FAILURE_REPUTATION),
	PHRASE("lookup of host", 6, FAILURE_DOMAIN_UNKNOWN),
	PHRASE("loop", 6, FAILURE_LOOP),
	PHRASE("looping", 6, FAILURE_LOOP),
	PHRASE("lost connection", 5, FAILURE_CONNECTION),
};
static const struct phrase words_m[] = {
	PHRASE("mail loop", 8, FAILURE_LOOP),
	PHRASE("mailbox full", 7, FAILURE_MAILBOX_FULL),
	PHRASE("mailbox is disabled", 6, FAILURE_USER_UNKNOWN),
	PHRASE("mailbox not found", 6, FAILURE_USER_UNKNOWN),
	PHRASE("mailbox unavailable", 3, FAILURE_USER_UNKNOWN),
	PHRASE("mailbox unknown", 6, FAILURE_USER_UNKNOWN),
	PHRASE("malware", 5, FAILURE_CONTENT),
	PHRASE("message is too big", 5, FAILURE_CONTENT),
	PHRASE("message too large", 5, FAILURE_CONTENT),
	PHRASE("mta-imposed quota", 8, FAILURE_QUOTA),
};
static const struct phrase words_n[] = {
	PHRASE("network is unreachable", 6, FAILURE_CONNECTION),
	PHRASE("no ip address found for host", 6, FAILURE_DOMAIN_UNKNOWN),
	PHRASE("no longer available", 5, FAILURE_USER_UNKNOWN),
	PHRASE("no longer on server", 5, FAILURE_USER_UNKNOWN),
	PHRASE("no longer valid", 5, FAILURE_USER_UNKNOWN),
	PHRASE("no mailbox", 6, FAILURE_USER_UNKNOWN),
	PHRASE("no route to host", 6, FAILURE_CONNECTION),
	PHRASE("no such address", 6, FAILURE_USER_UNKNOWN),
	PHRASE("no such domain", 7, FAILURE_DOMAIN_UNKNOWN),
	PHRASE("no such mailbox", 6, FAILURE_USER_UNKNOWN),
	PHRASE("no such person", 6, FAILURE_USER_UNKNOWN),
	PHRASE("no such recipient", 6, FAILURE_USER_UNKNOWN),
	PHRASE("no such user", 6, FAILURE_USER_UNKNOWN),
	PHRASE("not a known user", 6, FAILURE_USER_UNKNOWN),
	PHRASE("not a valid mailbox", 6, FAILURE_USER_UNKNOWN),
	PHRASE("not accepting mail", 3, FAILURE_USER_UNKNOWN),
	PHRASE("not our customer", 6, FAILURE_USER_UNKNOWN),
	PHRASE("nxdomain", 6, FAILURE_DOMAIN_UNKNOWN),
};
static const struct phrase words_o[] = {
	PHRASE("out of storage", 7, FAILURE_MAILBOX_FULL),
	PHRASE("over quota", 7, FAILURE_MAILBOX_FULL),
	PHRASE("overquota", 7, FAILURE_MAILBOX_FULL),
};
static const struct phrase words_p[] = {
	PHRASE("phish", 5, FAILURE_CONTENT),
	PHRASE("policy", 2, FAILURE_CONTENT),
	PHRASE("poor reputation", 6, FAILURE_REPUTATION),
};
static const struct phrase words_q[] = {
	PHRASE("quota exceeded", 7, FAILURE_MAILBOX_FULL),
};
static const struct phrase words_r[] = {
	PHRASE("rate limit", 6, FAILURE_RATE),
	PHRASE("rate that", 4, FAILURE_RATE),
	PHRASE("rate-limit", 6, FAILURE_RATE),
	PHRASE("ratelimit", 6, FAILURE_RATE),
	PHRASE("rbl", 5, FAILURE_REPUTATION),
	PHRASE("recipient not found", 6, FAILURE_USER_UNKNOWN),
	PHRASE("recipient rejected", 4, FAILURE_USER_UNKNOWN),
	PHRASE("recipient unknown", 6, FAILURE_USER_UNKNOWN),
	PHRASE("remote host closed", 5, FAILURE_CONNECTION),
	PHRASE("reputation", 5, FAILURE_REPUTATION),
	PHRASE("resources temporarily unavailable", 3, FAILURE_RATE),
};
static const struct phrase words_s[] = {
	PHRASE("sender address rejected", 4, FAILURE_REPUTATION),
	PHRASE("sender verify failed", 4, FAILURE_REPUTATION),
	PHRASE("slow down", 6, FAILURE_RATE),
	PHRASE("smtp timeout", 6, FAILURE_CONNECTION),
	PHRASE("sorbs", 6, FAILURE_REPUTATION),
	PHRASE("spam", 4, FAILURE_CONTENT),
	PHRASE("spamcop", 6, FAILURE_REPUTATION),
	PHRASE("spamhaus", 6, FAILURE_REPUTATION),
	PHRASE("spf", 3, FAILURE_CONTENT),
	PHRASE("storage allocation exceeded", 7, FAILURE_MAILBOX_FULL),
};
static const struct phrase words_t[] = {
	PHRASE("temporarily deferred", 5, FAILURE_RATE),
	PHRASE("throttl", 6, FAILURE_RATE),
	PHRASE("timed out", 5, FAILURE_CONNECTION),
	PHRASE("tls", 2, FAILURE_CONNECTION),
	PHRASE("too big", 4, FAILURE_CONTENT),
	PHRASE("too large", 4, FAILURE_CONTENT),
	PHRASE("too many", 4, FAILURE_RATE),
	PHRASE("too many \"received\"", 8, FAILURE_LOOP),
	PHRASE("too many concurrent", 6, FAILURE_RATE),
	PHRASE("too many connections", 6, FAILURE_RATE),
	PHRASE("too many errors", 5, FAILURE_RATE),
	PHRASE("too many hops", 8, FAILURE_LOOP),
	PHRASE("too many messages", 6, FAILURE_RATE),
	PHRASE("too many received headers", 8, FAILURE_LOOP),
	PHRASE("too many recipients", 6, FAILURE_RATE),
	PHRASE("too much mail", 6, FAILURE_RATE),
	PHRASE("try again later", 2, FAILURE_RATE),
	PHRASE("try later", 2, FAILURE_RATE),
};
static const struct phrase words_u[] = {
	PHRASE("undeliverable address", 2, FAILURE_USER_UNKNOWN),
	PHRASE("unknown address", 6, FAILURE_USER_UNKNOWN),
	PHRASE("unknown domain", 7, FAILURE_DOMAIN_UNKNOWN),
	PHRASE("unknown local", 6, FAILURE_USER_UNKNOWN),
	PHRASE("unknown mailbox", 6, FAILURE_USER_UNKNOWN),
	PHRASE("unknown recipient", 6, FAILURE_USER_UNKNOWN),
	PHRASE("unknown user", 6, FAILURE_USER_UNKNOWN),
	PHRASE("unrouteable", 6, UNROUTEABLE),
	PHRASE("unsolicited", 5, FAILURE_CONTENT),
	PHRASE("unusual rate", 6, FAILURE_RATE),
	PHRASE("user does not exist", 6, FAILURE_USER_UNKNOWN),
	PHRASE("user doesn't exist", 6, FAILURE_USER_UNKNOWN),
	PHRASE("user not found", 6, FAILURE_USER_UNKNOWN),
	PHRASE("user unknown", 6, FAILURE_USER_UNKNOWN),
};
static const struct phrase words_v[] = {
	PHRASE("virus", 5, FAILURE_CONTENT),
};

/* By the first letter of the word. */
static const struct {
	const struct phrase *rows;
	size_t count;
} phrases_by_letter[256] = {
#define LETTER(rows)                                                                               \
	{                                                                                          \
		rows, sizeof(rows) / sizeof((rows)[0])                                             \
	}
	['a'] = LETTER(words_a),
	['A'] = LETTER(words_a),
	['b'] = LETTER(words_b),
	['B'] = LETTER(words_b),
	['c'] = LETTER(words_c),
	['C'] = LETTER(words_c),
	['d'] = LETTER(words_d),
	['D'] = LETTER(words_d),
	['e'] = LETTER(words_e),
	['E'] = LETTER(words_e),
	['f'] = LETTER(words_f),
	['F'] = LETTER(words_f),
	['g'] = LETTER(words_g),
	['G'] = LETTER(words_g),
	['h'] = LETTER(words_h),
	['H'] = LETTER(words_h),
	['i'] = LETTER(words_i),
	['I'] = LETTER(words_i),
	['j'] = LETTER(words_j),
	['J'] = LETTER(words_j),
	['l'] = LETTER(words_l),
	['L'] = LETTER(words_l),
	['m'] = LETTER(words_m),
	['M'] = LETTER(words_m),
	['n'] = LETTER(words_n),
	['N'] = LETTER(words_n),
	['o'] = LETTER(words_o),
	['O'] = LETTER(words_o),
	['p'] = LETTER(words_p),
	['P'] = LETTER(words_p),
	['q'] = LETTER(words_q),
	['Q'] = LETTER(words_q),
	['r'] = LETTER(words_r),
	['R'] = LETTER(words_r),
	['s'] = LETTER(words_s),
	['S'] = LETTER(words_s),
	['t'] = LETTER(words_t),
	['T'] = LETTER(words_t),
	['u'] = LETTER(words_u),
	['U'] = LETTER(words_u),
	['v'] = LETTER(words_v),
	['V'] = LETTER(words_v),
#undef LETTER
};

/* Of four bytes the first three: they tell most phrases apart. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FIRST_3 0x00ffffffu
#else
#define FIRST_3 0xffffff00u
#endif

#define FRONT_LOG  10
#define FRONT_BITS (1u << FRONT_LOG)

static uint32_t load4(const char *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* The first three bytes of a word, letters in lower case, and a fourth of whatever follows. */
static uint32_t front_of(struct slice s)
{
	char last[4] = {0};

	if (s.len >= 4)
		return load4(s.at) | 0x20202020;
	memcpy(last, s.at, s.len);
	return load4(last) | 0x20202020;
}

static bool begins_with(struct slice s, const struct phrase *p)
{
	if (s.len < p->len)
		return false;
	for (size_t i = 0; i < p->len; i++)
		if (slice_lower(s.at[i]) != p->text[i])
			return false;
	return true;
}

/* Which first three bytes a phrase begins with, by a hash of them: most words are no phrase, and
 * need no look at the rows. */
static uint64_t fronts[FRONT_BITS / 64];

static unsigned front_bit(uint32_t front)
{
	return (front & FIRST_3) * 0x9e3779b1u >> (32 - FRONT_LOG);
}

__attribute__((constructor)) static void note_fronts(void)
{
	for (size_t letter = 0; letter < 256; letter++)
		for (size_t i = 0; i < phrases_by_letter[letter].count; i++) {
			unsigned bit = front_bit(load4(phrases_by_letter[letter].rows[i].text));
			fronts[bit / 64] |= UINT64_C(1) << bit % 64;
		}
}

/* The heaviest phrase that begins at the front of s; NULL: none. */
static const struct phrase *phrase_at(struct slice s)
{
	const struct phrase *rows = phrases_by_letter[(unsigned char)s.at[0]].rows, *best = NULL;
	size_t count = phrases_by_letter[(unsigned char)s.at[0]].count;
	uint32_t front = front_of(s);
	unsigned bit = front_bit(front);

	if ((fronts[bit / 64] >> bit % 64 & 1) == 0)
		return NULL;
	for (size_t i = 0; i < count; i++) /* none is shorter than three, and a NUL follows */
		if (((load4(rows[i].text) ^ front) & FIRST_3) == 0 &&
			(best == NULL || rows[i].weight > best->weight) && begins_with(s, &rows[i]))
			best = &rows[i];
	return best;
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '\'';
}

/* Behind the '>' that closes the '<' at i; i when it is never closed. */
static size_t skip_address(struct slice text, size_t i)
{
	struct slice rest = slice_after(text, i);
	size_t close = slice_find(rest, '>');

	return close < rest.len ? i + close + 1 : i + 1;
}

static enum failure judge_text(struct slice text)
{
	enum failure failure = FAILURE_OTHER;
	unsigned weight = 0;

	text = slice_first(text, FAILURE_TEXT_MAX);
	for (size_t i = 0; i < text.len;) {
		if (text.at[i] == '<') {
			i = skip_address(text, i);
			continue;
		}
		/* behind "\n", as Exim writes a line end, the n is no part of the word */
		if (text.at[i] == '\\') {
			i += 2;
			continue;
		}
		if (!is_word_byte(text.at[i])) {
			i++;
			continue;
		}
		const struct phrase *p =
			is_digit(text.at[i]) ? NULL : phrase_at(slice_after(text, i));
		if (p != NULL && p->weight > weight) {
			weight = p->weight;
			failure = p->failure;
		}
		while (i < text.len && is_word_byte(text.at[i]))
			i++;
	}
	return failure;
}

/* ---- codes ---- */

#define ANY 0xffff

/* What a status code says whatever the text. class: 4, 5 or 0 for both. */
static const struct status_row {
	uint8_t status_class;
	uint16_t subject, detail;
	enum failure failure;
} sure_rows[] = {
	{0, 1, 1, FAILURE_USER_UNKNOWN},    /* bad mailbox */
	{0, 1, 2, FAILURE_DOMAIN_UNKNOWN},  /* bad system */
	{0, 1, 3, FAILURE_USER_UNKNOWN},    /* syntax */
	{0, 1, 6, FAILURE_USER_UNKNOWN},    /* moved */
	{0, 1, 10, FAILURE_DOMAIN_UNKNOWN}, /* null MX, RFC 7505 */
	{5, 2, 1, FAILURE_USER_UNKNOWN},    /* disabled */
	{0, 2, 2, FAILURE_MAILBOX_FULL},
	{0, 2, 3, FAILURE_CONTENT},        /* too long for this mailbox */
	{0, 3, 4, FAILURE_CONTENT},        /* too big for the system */
	{5, 4, 4, FAILURE_DOMAIN_UNKNOWN}, /* no route */
	{0, 4, 6, FAILURE_LOOP},
	{0, 4, ANY, FAILURE_CONNECTION},
	{0, 6, ANY, FAILURE_CONTENT},
};

/* What it says when the text says nothing. */
static const struct status_row vague_rows[] = {
	{4, 2, 1, FAILURE_RATE},
	{0, 1, 7, FAILURE_REPUTATION}, /* sender's address */
	{0, 1, 8, FAILURE_REPUTATION},
	{0, 5, 3, FAILURE_RATE}, /* too many recipients */
	{4, 7, ANY, FAILURE_RATE},
	{5, 7, ANY, FAILURE_CONTENT},
	{5, 1, ANY, FAILURE_USER_UNKNOWN},
	{5, 2, ANY, FAILURE_USER_UNKNOWN},
};

static enum failure judge_status(
	const struct failure_reply *r, const struct status_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if ((rows[i].status_class == 0 || rows[i].status_class == r->status_class) &&
			rows[i].subject == r->subject &&
			(rows[i].detail == r->detail || rows[i].detail == ANY))
			return rows[i].failure;
	}
	return FAILURE_OTHER;
}

enum failure failure_judge(const struct failure_reply *reply, struct slice text)
{
	enum failure f = FAILURE_OTHER;

	if (reply->status_class >= 4)
		f = judge_status(reply, sure_rows, sizeof(sure_rows) / sizeof(sure_rows[0]));
	if (f == FAILURE_OTHER)
		f = judge_text(text);
	if (f == UNROUTEABLE)
		f = reply->code != 0 ? FAILURE_USER_UNKNOWN : FAILURE_DOMAIN_UNKNOWN;
	if (f == FAILURE_OTHER && reply->status_class >= 4)
		f = judge_status(reply, vague_rows, sizeof(vague_rows) / sizeof(vague_rows[0]));
	if (f == FAILURE_OTHER && reply->code == 552)
		f = FAILURE_MAILBOX_FULL;
	return f;
}

enum failure failure_of_text(struct slice text)
{
	struct failure_reply reply;
	size_t codes = failure_reply_read(text, &reply);

	return failure_judge(&reply, slice_after(text, codes));
}
