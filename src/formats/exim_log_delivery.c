/* "=> address <original> F=<…> R=… T=… H=… C="…"", "** … : text", "== … defer (n): text": what
 * became of one recipient.
 *
 * The address in front is printed without the quotes of its local part, so it may hold anything,
 * blanks and tags too; but then the recipient as it was follows in <>, with its quotes, and must be
 * the same address. Behind it come words of the configuration, the host, the other side's answer in
 * quotes, and last, behind a colon, text that is read no further than its codes. */
#include "formats/exim_log_parts.h"

#include <errno.h>

/* Of " <" in one line that may begin the original address; it bounds the time a line can cost. */
#define ORIGINALS_MAX 16

static bool is_failure(enum exim_log_kind kind)
{
	return kind == EXIM_LOG_FAILED || kind == EXIM_LOG_DEFERRED;
}

/* Where reading the fields of a line stands. */
struct reader {
	struct cursor c;
	struct exim_log_delivery *d;
	bool ended_by_colon;
};

/* A word, without the colon that ends the fields of "**" and "==". */
static inline bool take_value(struct reader *r, struct slice *ret)
{
	if (!take_word(&r->c, ret))
		return false;
	if (r->c.at < r->c.end && ret->len > 0 && ret->at[ret->len - 1] == ':') {
		ret->len--;
		r->ended_by_colon = true;
	}
	return true;
}

static void take_colon(struct reader *r)
{
	if (TAKE(&r->c, ":"))
		r->ended_by_colon = true;
}

static bool take_address(struct reader *r, struct slice *ret)
{
	if (!exim_log_take_angle(&r->c, ret))
		return false;
	take_colon(r);
	return true;
}

/* "name [ip]:port*"; a local transport may have a host list and no address. */
static bool take_host(struct reader *r)
{
	if (!take_value(r, &r->d->host))
		return false;
	if (NEXT_IS(&r->c, " DS "))
		r->c.at += 3;
	if (r->ended_by_colon || !NEXT_IS(&r->c, " ["))
		return true;
	r->c.at++;
	if (!exim_log_take_ip(&r->c, &r->d->ip, &r->d->port))
		return false;
	r->d->reused = TAKE(&r->c, "*");
	take_colon(r);
	return true;
}

static bool take_certificate(struct reader *r)
{
	struct slice name;

	if (!exim_log_take_quoted(&r->c, &name))
		return false;
	take_colon(r);
	return true;
}

/* ST=name, or ST=name (why it failed): only the times follow it. */
static bool skip_shadow(struct reader *r)
{
	struct slice name;

	if (!take_value(r, &name) || !NEXT_IS(&r->c, " ("))
		return !r->ended_by_colon;
	const char *end = exim_log_find(r->c.at, r->c.end, ") QT=", 5);
	if (end == NULL)
		end = exim_log_find(r->c.at, r->c.end, ") DT=", 5);
	if (end == NULL)
		end = r->c.end - 1;
	if (find_either(r->c.at, end, '"', '<') < end || *end != ')')
		return false;
	r->c.at = end + 1;
	return true;
}

static bool take_time(struct reader *r, int64_t *ret)
{
	if (!exim_log_take_duration(&r->c, ret))
		return false;
	take_colon(r);
	return true;
}

/* "L", "L*", "K", "PRDR", "TFO*", and what a later Exim may add in capitals. */
static bool take_flag(struct reader *r)
{
	struct slice word;

	if (!take_value(r, &word))
		return false;
	for (size_t i = 0; i < word.len; i++)
		if ((word.at[i] < 'A' || word.at[i] > 'Z') && word.at[i] != '*')
			return false;
	return word.len > 0 || r->ended_by_colon;
}

/* The letters of a tag as a number: of one or two; those of three and more are of no use here. */
#define TAG2(a, b) ((unsigned)(a) << 8 | (unsigned)(b))

static inline unsigned tag_of(const char *at, size_t len)
{
	if (len == 1)
		return (unsigned char)at[0];
	return len == 2 ? TAG2((unsigned char)at[0], (unsigned char)at[1]) : 0;
}

/* What stands behind a tag and its '='. Where it is of no use here it is the interface, TLS, a
 * proxy, the login at the other side. */
static bool take_tagged(struct reader *r, unsigned tag)
{
	struct slice unused, *value = &unused;

	switch (tag) {
	case 'F':
		return take_address(r, &r->d->sender);
	case 'P':
		return take_address(r, &unused);
	case 'Q':
		value = &r->d->queue;
		break;
	case 'R':
		value = &r->d->router;
		break;
	case 'T':
		value = &r->d->transport;
		break;
	case 'S':
		return take_number(&r->c, &r->d->size);
	case 'H':
		return take_host(r);
	case 'C':
		return exim_log_take_quoted(&r->c, &r->d->answer);
	case TAG2('Q', 'T'):
		return take_time(r, &r->d->queue_ms);
	case TAG2('D', 'T'):
		return take_time(r, &r->d->delivery_ms);
	case TAG2('S', 'T'):
		return skip_shadow(r);
	default:
		if (r->c.at < r->c.end && *r->c.at == '"')
			return take_certificate(r);
		break;
	}
	return take_value(r, value);
}

/* One field; the cursor is on the blank in front of it. That one follows is looked at by the
 * caller. */
static bool take_field(struct reader *r)
{
	const char *tag = r->c.at + 1, *at = tag;

	while (at < r->c.end && *at >= 'A' && *at <= 'Z')
		at++;
	r->c.at = tag;
	if (at == r->c.end || *at != '=' || at == tag)
		return take_flag(r);
	r->c.at = at + 1;
	return take_tagged(r, tag_of(tag, (size_t)(at - tag)));
}

static bool take_fields(struct reader *r)
{
	while (!r->ended_by_colon && r->c.at < r->c.end) {
		if (*r->c.at != ' ')
			return false;
		if (r->c.at + 1 < r->c.end && r->c.at[1] >= 'a' && r->c.at[1] <= 'z')
			return true; /* "defer (n)" or "routing defer (n)" */
		if (!take_field(r))
			return false;
	}
	return true;
}

/* ---- the text of failures ---- */

static enum exim_log_step step_of(const struct cursor *c)
{
	static const struct {
		const char *text;
		uint8_t len;
		enum exim_log_step step;
	} rows[] = {
#define ROW(text, step) {text, sizeof(text) - 1, step}
		ROW("RCPT TO", EXIM_LOG_STEP_RCPT),
		ROW("MAIL FROM", EXIM_LOG_STEP_MAIL),
		ROW("end of data", EXIM_LOG_STEP_END_OF_DATA),
		ROW("DATA", EXIM_LOG_STEP_DATA),
		ROW("BDAT", EXIM_LOG_STEP_END_OF_DATA),
		ROW("sending data", EXIM_LOG_STEP_END_OF_DATA),
		ROW("initial connection", EXIM_LOG_STEP_CONNECT),
		ROW("EHLO", EXIM_LOG_STEP_HELO),
		ROW("HELO", EXIM_LOG_STEP_HELO),
		ROW("LHLO", EXIM_LOG_STEP_HELO),
		ROW("STARTTLS", EXIM_LOG_STEP_TLS),
		ROW("AUTH", EXIM_LOG_STEP_AUTH),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (next_is_row(c, rows[i].text, rows[i].len))
			return rows[i].step;
	return EXIM_LOG_STEP_OTHER;
}

/* Behind the address in a command, which may hold ": 250" in its quotes. */
static void skip_address(struct cursor *c)
{
	const char *open = find_byte(c->at, c->end, '<'), *colon = find_byte(c->at, c->end, ':');
	struct cursor at = {open, c->end};
	struct slice address;

	if (open != NULL && colon != NULL && open == colon + 1 &&
		exim_log_take_angle(&at, &address))
		c->at = at.at;
}

/* Behind "SMTP error from remote mail server after "; "remote mailer" before 4.8x; "LMTP error …".
 */
static bool take_after(struct cursor *c)
{
	if (TAKE(c, "SMTP error from remote mail server after "))
		return true;
	if (!TAKE(c, "SMTP error from remote mail") && !TAKE(c, "LMTP error from remote mail"))
		return false;
	const char *after = exim_log_find(c->at, c->end, " after ", 7);
	if (after == NULL)
		return false;
	c->at = after + 7;
	return true;
}

/* "host mx.example [192.0.2.1]: " before the answer, in the early versions. */
static void skip_host(struct cursor *c)
{
	const char *behind = NEXT_IS(c, "host ") ? exim_log_find(c->at, c->end, "]: ", 3) : NULL;

	if (behind != NULL)
		c->at = behind + 3;
}

/* "… after RCPT TO:<x>: 550 5.1.1 …", "… after pipelined end of data: …". Returns the codes, where
 * they stand in an answer; .len 0: nowhere. */
static struct slice read_answer(struct exim_log_delivery *d)
{
	struct cursor c = cursor_of(d->text);

	if (!take_after(&c)) {
		(void)failure_reply_read(d->text, &d->reply);
		return (struct slice){0};
	}
	(void)TAKE(&c, "pipelined ");
	d->step = step_of(&c);
	if (d->step == EXIM_LOG_STEP_RCPT || d->step == EXIM_LOG_STEP_MAIL)
		skip_address(&c);
	if (!TAKE(&c, ": ")) {
		const char *colon = exim_log_find(c.at, c.end, ": ", 2);
		if (colon == NULL)
			return (struct slice){0};
		c.at = colon + 2;
	}
	skip_host(&c);
	return (struct slice){c.at, failure_reply_read(cursor_rest(&c), &d->reply)};
}

/* " DT=3s" at the end of a failure's text. */
static void take_off_time(struct exim_log_delivery *d)
{
	size_t blank = slice_find_last(d->text, ' ');
	struct cursor c = cursor_of(slice_after(d->text, blank));
	int64_t ms;

	if (blank < d->text.len && TAKE(&c, " DT=") && exim_log_take_duration(&c, &ms) &&
		c.at == c.end) {
		d->delivery_ms = ms;
		d->text.len = blank;
	}
}

static enum failure failure_of_errno(int error)
{
	switch (error) {
	case EPIPE:
	case ENETUNREACH:
	case ECONNRESET:
	case ETIMEDOUT:
	case ECONNREFUSED:
	case EHOSTUNREACH:
		return FAILURE_CONNECTION;
	case EDQUOT:
		return FAILURE_QUOTA;
	default:
		return FAILURE_OTHER;
	}
}

/* Without ":<address>: 550 5.1.1" or ": 550 5.1.1" at its front, where that is all there is: no
 * word to judge by is in it, and it is often longer than what follows. */
static struct slice without_codes(struct slice said, struct slice codes)
{
	struct slice part = slice_first(said, FAILURE_TEXT_MAX);

	if (codes.len == 0 || part.len < 2)
		return said;
	const char *at = part.at, *end = at + part.len, *behind = codes.at + codes.len;
	if (at[1] == '<') {
		at = find_byte(at, end, '>');
		if (at == NULL)
			return said;
		at++;
	}
	if (codes.at != at + 2 || behind >= end || (behind[-1] != ' ' && *behind != ' '))
		return said;
	return slice_between(behind, end);
}

static void judge(struct exim_log_delivery *d)
{
	struct slice said = d->text, codes = read_answer(d);

	/* what the other side said, without the command that it answers */
	if (d->step != EXIM_LOG_STEP_NONE)
		said = without_codes(slice_after(said, slice_find(said, ':')), codes);
	d->failure = failure_judge(&d->reply, said);
	if (d->failure == FAILURE_OTHER)
		d->failure = failure_of_errno(d->error);
}

/* "(111): Connection refused H=… DT=…: more text"; the cursor is behind "defer ". */
static bool read_deferral(struct reader *r)
{
	struct cursor *c = &r->c;
	uint64_t number;
	bool negative;

	if (!TAKE(c, "("))
		return false;
	negative = TAKE(c, "-");
	if (!take_number(c, &number) || number > INT32_MAX || !TAKE(c, ")"))
		return false;
	r->d->error = negative ? -(int)number : (int)number;
	if (negative || number == 0 || !TAKE(c, ": ")) {
		take_colon(r);
		return true;
	}

	/* the words for an errno: they hold no colon */
	const char *start = c->at, *at = start;
	for (; (at = find_either(at, c->end, ' ', ':')) < c->end && *at == ' '; at++)
		if (c->end - at > 3 && at[1] >= 'A' && at[1] <= 'Z' &&
			(at[2] == '=' || at[3] == '='))
			break;
	r->d->text = slice_between(start, at);
	c->at = at;
	take_colon(r);
	return true;
}

static bool take_deferral(struct reader *r)
{
	(void)(TAKE(&r->c, " routing") || TAKE(&r->c, " transporting"));
	if (!TAKE(&r->c, " defer ") || !read_deferral(r))
		return false;
	return take_fields(r) && (r->ended_by_colon || r->c.at == r->c.end);
}

/* ---- the line ---- */

/* "(parent, parent)" */
static bool take_parents(struct reader *r)
{
	const char *at = r->c.at + 2, *start = at;
	unsigned signs;

	for (;;) {
		at = exim_log_scan_address(at, r->c.end, &signs);
		if (at == NULL || at == r->c.end)
			return false;
		if (*at == ')')
			break;
		if (*at != ',' || r->c.end - at < 2 || at[1] != ' ')
			return false;
		at += 2;
	}
	r->d->parents = slice_between(start, at);
	r->c.at = at + 1;
	take_colon(r);
	return true;
}

/* All behind the address. */
static bool read_after_address(struct reader *r, enum exim_log_kind kind)
{
	struct exim_log_delivery *d = r->d;

	if (!r->ended_by_colon && NEXT_IS(&r->c, " (") && !take_parents(r))
		return false;
	if (!r->ended_by_colon && NEXT_IS(&r->c, " <")) {
		r->c.at++;
		if (!take_address(r, &d->original))
			return false;
	}
	if (!take_fields(r))
		return false;
	if (kind == EXIM_LOG_DEFERRED && !take_deferral(r))
		return false;
	if (!is_failure(kind))
		return !r->ended_by_colon && r->c.at == r->c.end;
	if (!r->ended_by_colon)
		return r->c.at == r->c.end;
	(void)TAKE(&r->c, " ");
	if (r->c.at < r->c.end)
		d->text = cursor_rest(&r->c);
	return true;
}

static void begin_delivery(struct exim_log_delivery *d)
{
	clear_struct(d, sizeof(*d));
	d->queue_ms = -1;
	d->delivery_ms = -1;
}

static bool read_with_address(
	struct reader *r, struct slice address, const char *behind, enum exim_log_kind kind)
{
	begin_delivery(r->d);
	r->d->address = address;
	r->c.at = behind;
	r->ended_by_colon = false;
	if (address.len > 0 && behind < r->c.end && address.at[address.len - 1] == ':' &&
		is_failure(kind)) {
		r->d->address.len--;
		r->ended_by_colon = true;
	}
	return r->d->address.len > 0 && read_after_address(r, kind);
}

/* Whether quoted is plain with quotes: letter case does not count, because Exim lowers domains. */
static bool is_same_address(struct slice plain, struct slice quoted)
{
	bool inside = false;
	size_t n = 0;

	for (size_t i = 0; i < quoted.len; i++) {
		char c = quoted.at[i];

		if (c == '"') {
			inside = !inside;
			continue;
		}
		if (c == '\\' && inside && ++i < quoted.len)
			c = quoted.at[i];
		if (n == plain.len || slice_lower(plain.at[n++]) != slice_lower(c))
			return false;
	}
	return n == plain.len;
}

/* "|command", "/file", ">address", "save file": what a filter or an alias says, blanks too. */
static bool is_local_action(struct slice address)
{
	return address.len > 0 &&
	       (strchr("|/>", address.at[0]) != NULL || slice_starts(address, "save ")) &&
	       address.at[0] != '\0';
}

/* The address in front has blanks in it, or a quote: it ends where an original follows that is the
 * same, or where one follows a local action. */
static bool read_odd_address(struct reader *r, const char *start, enum exim_log_kind kind)
{
	const char *at = start;

	for (int tries = 0; tries < ORIGINALS_MAX; tries++) {
		struct cursor c = {exim_log_find(at, r->c.end, " <", 2), r->c.end};
		struct slice original;

		if (c.at == NULL)
			return false;
		at = c.at + 2;
		struct slice address = slice_between(start, c.at++);
		if (!exim_log_take_angle(&c, &original))
			continue;
		if ((is_same_address(address, original) || is_local_action(address)) &&
			read_with_address(r, address, at - 2, kind))
			return true;
	}
	return false;
}

/* A whole address with its quotes: Exim had not taken it apart yet. */
static bool read_quoted_address(struct reader *r, const char *start, enum exim_log_kind kind)
{
	unsigned signs;
	const char *end = exim_log_scan_address(start, r->c.end, &signs);

	return end != NULL && *start == '"' &&
	       read_with_address(r, slice_between(start, end), end, kind);
}

/* Whether what was taken for the text of a failure could be the end of a longer address: then its
 * original follows. */
static bool has_longer_address(const struct reader *r, const char *start)
{
	struct cursor c = {start + r->d->address.len, r->c.end};
	struct slice original;
	int tries = 0;

	while ((c.at = exim_log_find(c.at, c.end, " <\"", 3)) != NULL) {
		struct slice address = slice_between(start, c.at++);
		struct cursor at = c;

		if (++tries > ORIGINALS_MAX)
			return true;
		if (address.len > r->d->address.len && exim_log_take_angle(&at, &original) &&
			is_same_address(address, original))
			return true;
	}
	return false;
}

static bool read_plain_address(struct reader *r, enum exim_log_kind kind)
{
	struct slice address;

	return take_word(&r->c, &address) && read_with_address(r, address, r->c.at, kind);
}

static bool read_delivery(struct reader *r, enum exim_log_kind kind)
{
	const char *start = r->c.at;

	if (start == r->c.end)
		return false;
	if (!read_plain_address(r, kind) && !read_quoted_address(r, start, kind) &&
		!read_odd_address(r, start, kind))
		return false;
	return !is_failure(kind) || !has_longer_address(r, start);
}

/* "blackhole (RCPT ACL discarded recipients)[: text]", "discarded (system filter)": nobody was left
 * to deliver to. No original follows, as it would behind an address that is called so. */
static bool read_nowhere(struct cursor c, struct exim_log_delivery *d)
{
	static const char recipients[] = " discarded recipients)";
	const char *start = c.at, *at;

	if (exim_log_find(c.at, c.end, " <\"", 3) != NULL)
		return false;
	if (TAKE(&c, "blackhole (")) {
		at = exim_log_find(c.at, c.end, recipients, sizeof(recipients) - 1);
		c.at = at != NULL ? at + sizeof(recipients) - 1 : c.at;
	} else if (TAKE(&c, "discarded ")) {
		at = TAKE(&c, "(system filter)") ? c.at : NULL;
	} else {
		return false;
	}
	if (at == NULL || (c.at < c.end && *c.at != ':'))
		return false;
	begin_delivery(d);
	d->nowhere = true;
	d->text = slice_between(start, c.end);
	return true;
}

static enum exim_log_kind kind_of(const char *flag)
{
	switch (flag[0]) {
	case '=':
		return flag[1] == '>' ? EXIM_LOG_DELIVERED : EXIM_LOG_DEFERRED;
	case '-':
		return EXIM_LOG_DELIVERED_ALSO;
	case '>':
		return EXIM_LOG_CUT_THROUGH;
	default:
		return flag[1] == '>' ? EXIM_LOG_NOT_DELIVERED : EXIM_LOG_FAILED;
	}
}

void exim_log_read_delivery(struct cursor c, struct exim_log_line *line)
{
	struct exim_log_delivery *d = &line->delivery;
	struct reader r = {{c.at + 3, c.end}, d, false};
	bool failed;

	line->kind = kind_of(c.at);
	failed = is_failure(line->kind);
	if (!read_delivery(&r, line->kind)) {
		if (failed || !read_nowhere((struct cursor){c.at + 3, c.end}, d))
			exim_log_damaged(line, "a delivery's fields are not in their form");
		return;
	}
	if (!failed) {
		d->local = d->host.at == NULL;
		d->nowhere = d->transport.at == NULL;
		return;
	}
	if (line->kind == EXIM_LOG_FAILED)
		take_off_time(d);
	judge(d);
}
