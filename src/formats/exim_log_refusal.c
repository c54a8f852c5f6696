/* "H=… F=<…> A=… rejected RCPT <…>: text": a client was turned away.
 *
 * Each "rejected" that could be Exim's own is tried, and for each the ways to divide what stands
 * before it into client, TLS, sender and login; the HELO name may hold anything, the text as well.
 * There must be one way in all, and no way to take more of the line for the HELO name: other lines
 * begin with "H=…", too, and a HELO name may look like a whole rejection. */
#include "formats/exim_log_parts.h"

/* Places in one line where it may be divided; more are no line of Exim's. */
#define PLACES_MAX 32

/* ---- "rejected" ---- */

/* What was refused, behind "rejected ". */
static const struct refused {
	const char *text;
	uint8_t len;
	bool has_address;
	enum exim_log_stage stage;
} refused_rows[] = {
#define ROW(text, address, stage)                                                                  \
	{                                                                                          \
		text, sizeof(text) - 1, address, stage                                             \
	}
	ROW("RCPT ", true, EXIM_LOG_AT_RCPT),
	ROW("MAIL ", true, EXIM_LOG_AT_MAIL),
	ROW("EHLO or HELO ", false, EXIM_LOG_AT_HELO),
	ROW("connection in \"connect\" ACL", false, EXIM_LOG_AT_CONNECT),
	ROW("AUTH ", false, EXIM_LOG_AT_AUTH),
	ROW("after DATA", false, EXIM_LOG_AT_DATA),
	ROW("DATA", false, EXIM_LOG_AT_PREDATA),
	ROW("during MIME ACL checks", false, EXIM_LOG_AT_MIME),
	ROW("by non-SMTP ACL", false, EXIM_LOG_AT_LOCAL),
	ROW("by local_scan()", false, EXIM_LOG_AT_OTHER),
	ROW("VRFY ", false, EXIM_LOG_AT_OTHER),
	ROW("EXPN ", false, EXIM_LOG_AT_OTHER),
	ROW("ETRN ", false, EXIM_LOG_AT_OTHER),
	ROW("ATRN ", false, EXIM_LOG_AT_OTHER),
	ROW("STARTTLS", false, EXIM_LOG_AT_OTHER),
	ROW("connection in \"starttls\" ACL", false, EXIM_LOG_AT_OTHER),
#undef ROW
};

static const struct refused *find_refused(const struct cursor *c)
{
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++)
		if (next_is_row(c, refused_rows[i].text, refused_rows[i].len))
			return &refused_rows[i];
	return NULL;
}

/* "<address>", "Name=<address>" or "address", as the client gave it. */
static bool take_path(struct cursor *c, struct slice *ret)
{
	const char *start = c->at;

	while (c->at < c->end && *c->at != ' ' && *c->at != '"' && *c->at != '<' && *c->at != ':')
		c->at++;
	if (c->at < c->end && *c->at == '<')
		return exim_log_take_angle(c, ret);
	*ret = slice_between(start, c->at);
	return ret->len > 0;
}

/* Behind "rejected " and what was: the address, and ": text". */
static bool read_refused(struct cursor c, const struct refused *what, struct slice *ret_address,
	struct slice *ret_text)
{
	c.at += what->len;
	if (what->has_address &&
		(!take_path(&c, ret_address) || (c.at < c.end && *c.at != ':' && *c.at != ' ')))
		return false;
	const char *colon = exim_log_find(c.at, c.end, ": ", 2);
	if (colon != NULL)
		*ret_text = slice_between(colon + 2, c.end);
	return true;
}

/* " X=… CV=… DN="…" SNI=…" */
static bool skip_tls(struct cursor *c)
{
	struct slice word;

	if (TAKE(c, " X=") && !take_word(c, &word))
		return false;
	if (TAKE(c, " CV=") && !take_word(c, &word))
		return false;
	if (TAKE(c, " DN=") && !exim_log_take_quoted(c, &word))
		return false;
	if (!TAKE(c, " SNI="))
		return true;
	return exim_log_take_quoted(c, &word) || take_word(c, &word);
}

/* " F=<sender> A=login" to the end of c; there is no login without a sender. */
static bool read_sender(struct cursor c, struct exim_log_refusal *ret)
{
	if (TAKE(&c, " F=") || TAKE(&c, "F=")) {
		ret->has_sender = true;
		if (!exim_log_take_angle(&c, &ret->sender))
			return false;
		if (TAKE(&c, " A=")) {
			exim_log_read_login(cursor_rest(&c), &ret->login);
			return true;
		}
	}
	return c.at == c.end;
}

/* Whether the authenticator's name and what follows it are one word: then no other field is in it.
 */
static bool is_one_word(const struct exim_log_login *login, const char *end)
{
	return login->authenticator.at == NULL ||
	       find_either(login->authenticator.at, end, ' ', '"') == end;
}

/* Nothing odd in it: client, TLS, sender and login one after the other. */
static bool read_plain_front(struct cursor c, struct exim_log_refusal *ret)
{
	return exim_log_take_client(&c, &ret->client) && skip_tls(&c) && read_sender(c, ret) &&
	       is_one_word(&ret->login, c.end);
}

/* Where the client may end: at the next " X=" or " F=", or at the end. */
static const char *next_place(const char *at, const char *end)
{
	while ((at = find_byte(at, end, ' ')) != NULL && end - at >= 3) {
		if ((at[1] == 'X' || at[1] == 'F') && at[2] == '=')
			return at;
		at++;
	}
	return end;
}

/* Where one client only can end, and what follows it to the end of c. Returns how many ways there
 * are to read it. */
static int read_odd_front(struct cursor c, struct exim_log_refusal *ret)
{
	struct cursor rest = c;
	int ways = 0, tries = 0;

	for (const char *at = c.at; at < c.end; at++) {
		struct exim_log_client client;

		at = next_place(at, c.end);
		int here = exim_log_read_client(slice_between(c.at, at), &client);
		if (++tries > PLACES_MAX)
			return 2;
		if (here == 0)
			continue;
		ways += here;
		ret->client = client;
		rest.at = at;
	}
	if (ways != 1)
		return ways;
	return skip_tls(&rest) && read_sender(rest, ret);
}

/* All before " rejected": "H=… F=<…> A=…", or "F=<…>" alone for a local process. How many ways
 * there are to read it. */
static int read_front(struct cursor c, struct exim_log_refusal *ret)
{
	if (NEXT_IS(&c, "F=<"))
		return read_sender(c, ret);
	if (!NEXT_IS(&c, "H=") && !NEXT_IS(&c, "U="))
		return 0;
	if (read_plain_front(c, ret))
		return 1;
	clear_struct(ret, sizeof(*ret));
	return read_odd_front(c, ret);
}

#define NO_REJECTION (-1)
#define REJECTED     "rejected "
#define TEMPORARY    "temporarily "

/* The next "rejected " with a blank in front; looked for by its rarest letter. */
static const char *find_rejected(const char *at, const char *end)
{
	const size_t before = 2, behind = sizeof(REJECTED) - 1 - before;

	for (at += before + 1; at < end; at++) {
		at = find_byte(at, end, 'j');
		if (at == NULL || (size_t)(end - at) < behind)
			return NULL;
		if (at[-3] == ' ' && memcmp(at - before, REJECTED, sizeof(REJECTED) - 1) == 0)
			return at - before;
	}
	return NULL;
}

/* The readings of the line with this "rejected" for Exim's; NO_REJECTION when it cannot be that. */
static int read_at(struct cursor c, const char *rejected, struct exim_log_refusal *ret)
{
	size_t len = sizeof(TEMPORARY) - 1;
	struct slice address = {0}, text = {0};
	struct cursor behind = {rejected + sizeof(REJECTED) - 1, c.end};
	const struct refused *what = find_refused(&behind);
	const char *end = rejected - 1;
	struct exim_log_refusal one;

	if (what == NULL)
		return NO_REJECTION;
	if (!read_refused(behind, what, &address, &text))
		return 0;
	bool temporary = (size_t)(rejected - c.at) > len && rejected[-(ptrdiff_t)len - 1] == ' ' &&
			 memcmp(rejected - len, TEMPORARY, len) == 0;
	end -= temporary ? len : 0;
	clear_struct(&one, sizeof(one));
	int readings = read_front((struct cursor){c.at, end}, &one);
	if (readings > 0) {
		*ret = one;
		ret->stage = what->stage;
		ret->temporary = temporary;
		ret->address = address;
		ret->text = text;
	}
	return readings;
}

/* What Exim writes behind a client. A reason given by the configuration may name the client as
 * well, but none of these follows then. */
static bool is_behind_client(const struct cursor *c)
{
	return NEXT_IS(c, " I=[") || NEXT_IS(c, " U=") || NEXT_IS(c, " Ci=") ||
	       NEXT_IS(c, " TFO") || NEXT_IS(c, " PRX=") || NEXT_IS(c, " P=") ||
	       NEXT_IS(c, " X=") || NEXT_IS(c, " CV=") || NEXT_IS(c, " DN=") ||
	       NEXT_IS(c, " SNI=") || NEXT_IS(c, " F=<") || NEXT_IS(c, " A=") ||
	       NEXT_IS(c, " rejected ") || NEXT_IS(c, " temporarily ") ||
	       NEXT_IS(c, " incomplete transaction") || NEXT_IS(c, " Warning: ") ||
	       NEXT_IS(c, " sender verify ") || NEXT_IS(c, " RCPT ") || NEXT_IS(c, " MAIL ") ||
	       NEXT_IS(c, " EHLO ") || NEXT_IS(c, " DATA") || NEXT_IS(c, " discarded ");
}

/* At how many places a HELO name could end: ")", an address, and what Exim writes behind a client.
 */
static int count_helo_ends(struct cursor c)
{
	struct slice ip;
	unsigned port;
	int n = 0;

	while ((c.at = exim_log_find(c.at, c.end, ") [", 3)) != NULL) {
		c.at += 2;
		struct cursor at = c;
		if (exim_log_take_ip(&at, &ip, &port) && is_behind_client(&at))
			n++;
	}
	return n;
}

/* What an ident server said has no end of its own: whatever follows it could belong to it, and then
 * Exim's own words come later. */
static bool has_longer_ident(const struct exim_log_refusal *r, struct cursor behind)
{
	if (r->client.ip.at == NULL || r->client.ident.at == NULL)
		return false;
	if (r->has_sender && r->stage != EXIM_LOG_AT_RCPT && r->stage != EXIM_LOG_AT_DATA &&
		r->stage != EXIM_LOG_AT_MIME)
		return true; /* Exim names it at these stages only */
	for (; (behind.at = find_byte(behind.at, behind.end, ' ')) != NULL; behind.at++)
		if (is_behind_client(&behind))
			return true;
	return false;
}

/* Whether the client could end elsewhere. */
static bool is_doubtful(struct cursor c, const char *rejected, const struct exim_log_refusal *r)
{
	struct cursor behind = {rejected + sizeof(REJECTED) - 1, c.end};

	return count_helo_ends(c) != (r->client.helo.at != NULL ? 1 : 0) ||
	       has_longer_ident(r, behind);
}

void exim_log_read_refusal(struct cursor c, struct exim_log_line *line)
{
	int readings = 0, places = 0, tries = 0;

	for (const char *at = c.at; (at = find_rejected(at, c.end)) != NULL;) {
		int here = ++tries > PLACES_MAX ? 2 : read_at(c, at, &line->refusal);
		if (here == NO_REJECTION)
			continue;
		if (here == 1 && is_doubtful(c, at, &line->refusal))
			here = 2;
		readings += here;
		places++;
		if (readings > 1)
			break;
	}
	if (readings == 1)
		line->kind = EXIM_LOG_REFUSED;
	else if (places > 0)
		exim_log_damaged(line, readings > 1 ? "two ways to read a rejection"
						    : "a rejection is not in its form");
}
