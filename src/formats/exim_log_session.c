/* What Exim says of a client's session: it came, went, failed to log in, was turned away before it
 * began.
 *
 * The client stands in the middle of the line and its HELO name may hold anything. So a line is
 * divided where what stands before is a client and what follows is the rest of such a line. Where
 * that is so at two places, it is not believed. */
#include "formats/exim_log_parts.h"

/* Places in one line where it may be divided; more are no line of Exim's. */
#define PLACES_MAX 32

/* Reads what follows a client, to the end of the line. */
typedef bool read_behind(struct cursor c, struct exim_log_session *ret);

/* " D=3s" at the end of what should be a client. */
static void take_off_time(struct slice *part, int64_t *ret_ms)
{
	size_t blank = slice_find_last(*part, ' ');
	struct cursor c = cursor_of(slice_after(*part, blank));
	int64_t ms;

	if (blank < part->len && TAKE(&c, " D=") && exim_log_take_duration(&c, &ms) &&
		c.at == c.end) {
		*ret_ms = ms;
		part->len = blank;
	}
}

/* Fills the client, and the time if one is there. */
static int read_client(struct slice part, struct exim_log_client *ret, int64_t *ret_ms)
{
	take_off_time(&part, ret_ms);
	return exim_log_read_client(part, ret);
}

/* Divides c at the one mark that a client stands before, and reads what follows. */
static bool divide(struct cursor c, const char *mark, size_t len, read_behind *behind,
	struct exim_log_session *ret)
{
	const int64_t duration_ms = ret->duration_ms;
	const char *found = NULL;
	int ways = 0, tries = 0;

	for (const char *at = c.at; (at = exim_log_find(at, c.end, mark, len)) != NULL; at++) {
		struct exim_log_client client;
		int64_t ms = duration_ms;

		if (++tries > PLACES_MAX)
			return false;
		int here = read_client(slice_between(c.at, at), &client, &ms);
		if (here == 0)
			continue;
		ways += here;
		ret->client = client;
		ret->duration_ms = ms;
		found = at;
	}
	return ways == 1 && behind((struct cursor){found + len, c.end}, ret);
}

/* Where the mark stands last; NULL when nowhere. */
static const char *find_last(struct cursor c, const char *mark, size_t len)
{
	const char *found = NULL;

	for (const char *at = c.at; (at = exim_log_find(at, c.end, mark, len)) != NULL; at++)
		found = at;
	return found;
}

#define FIND_LAST(c, mark) find_last(c, mark, sizeof(mark) - 1)

/* Divides c there: for lines where only Exim's own words follow the client. */
static bool divide_at(
	struct cursor c, const char *mark_at, size_t len, struct exim_log_session *ret)
{
	if (mark_at == NULL ||
		read_client(slice_between(c.at, mark_at), &ret->client, &ret->duration_ms) != 1)
		return false;
	ret->text = slice_between(mark_at + len, c.end);
	return true;
}

/* ---- connections ---- */

/* "3)" */
static bool read_count(struct cursor c, struct exim_log_session *ret)
{
	uint64_t count;

	if (!take_number(&c, &count) || count > UINT32_MAX || !TAKE(&c, ")"))
		return false;
	ret->count = (unsigned)count;
	return c.at == c.end;
}

#define COUNT_MARK " (TCP/IP connection count = "

static void take_connection(struct cursor *c, uint64_t *ret)
{
	if (TAKE(c, " Ci="))
		(void)take_number(c, ret);
}

/* "… closed by QUIT", "… lost D=3s": whichever of the two stands last is Exim's. */
static bool read_end(struct cursor c, struct exim_log_line *line)
{
	static const char closed[] = " closed ", lost[] = " lost";
	struct exim_log_session *s = &line->session;
	const char *closed_at = FIND_LAST(c, closed), *lost_at = FIND_LAST(c, lost);

	if (closed_at != NULL && (lost_at == NULL || closed_at > lost_at)) {
		line->kind = EXIM_LOG_CLOSED;
		if (!divide_at(c, closed_at, sizeof(closed) - 1, s))
			return false;
		if (slice_starts(s->text, "by "))
			s->text = slice_after(s->text, 3);
		return true;
	}
	line->kind = EXIM_LOG_LOST;
	if (!divide_at(c, lost_at, sizeof(lost) - 1, s))
		return false;
	take_off_time(&s->text, &s->duration_ms);
	s->text = slice_trim(s->text);
	return true;
}

/* "SMTP connection[ Ci=n] from …" */
static bool read_connection(struct cursor c, struct exim_log_line *line)
{
	struct exim_log_session *s = &line->session;
	uint64_t connection = 0;

	take_connection(&c, &connection);
	if (!TAKE(&c, " from "))
		return false;
	if (c.end > c.at && c.end[-1] == ')' &&
		divide(c, COUNT_MARK, sizeof(COUNT_MARK) - 1, read_count, s))
		line->kind = EXIM_LOG_CONNECTED;
	else if (!read_end(c, line))
		return false;
	if (s->client.connection == 0)
		s->client.connection = connection;
	return true;
}

/* "DROP …" */
static bool read_text(struct cursor c, struct exim_log_session *ret)
{
	ret->text = cursor_rest(&c);
	return true;
}

/* "SMTP call from … dropped: too many …" */
static bool read_call(struct cursor c, struct exim_log_line *line)
{
	line->kind = EXIM_LOG_DROPPED;
	return divide(c, " dropped: ", sizeof(" dropped: ") - 1, read_text, &line->session);
}

static bool read_whole_client(struct cursor c, struct exim_log_line *line)
{
	line->kind = EXIM_LOG_LOST;
	return read_client(cursor_rest(&c), &line->session.client, &line->session.duration_ms) == 1;
}

/* "<sender>[ D=t]" to the end */
static bool read_sender(struct cursor c, struct exim_log_session *ret)
{
	struct slice sender;

	if (!exim_log_take_angle(&c, &sender))
		return false;
	if (TAKE(&c, " D="))
		return exim_log_take_duration(&c, &ret->duration_ms) && c.at == c.end;
	return c.at == c.end;
}

/* "SMTP data timeout (message abandoned) on connection from … F=<sender>" */
static bool read_data_timeout(struct cursor c, struct exim_log_line *line)
{
	line->kind = EXIM_LOG_LOST;
	return divide(c, " F=", 3, read_sender, &line->session);
}

/* Behind " D=": "3s[ A=…][ X=…][ CV=…][ DN=…][ C=…]". Only the certificate's name and the login may
 * hold anything; the commands are the last word. */
static bool read_no_mail_fields(struct cursor c, struct exim_log_session *ret)
{
	size_t blank;

	if (!exim_log_take_duration(&c, &ret->duration_ms) || !at_blank_or_end(&c))
		return false;
	blank = slice_find_last(cursor_rest(&c), ' ');
	if (c.at < c.end && slice_starts(slice_after(cursor_rest(&c), blank), " C=")) {
		ret->commands = slice_between(c.at + blank + 3, c.end);
		c.end = c.at + blank;
	}
	if (TAKE(&c, " A=")) {
		const char *tls = exim_log_find(c.at, c.end, " X=", 3);
		exim_log_read_login(slice_between(c.at, tls != NULL ? tls : c.end), &ret->login);
		return true;
	}
	return c.at == c.end || NEXT_IS(&c, " X=") || NEXT_IS(&c, " CV=");
}

/* "no MAIL in [TFO ]SMTP connection from …" */
static bool read_no_mail(struct cursor c, struct exim_log_line *line)
{
	line->kind = EXIM_LOG_NO_MAIL;
	(void)(TAKE(&c, "TFO* ") || TAKE(&c, "TFO "));
	return TAKE(&c, "SMTP connection from ") &&
	       divide(c, " D=", 3, read_no_mail_fields, &line->session);
}

/* ---- turned away ---- */

static void refuse(struct exim_log_line *line, const struct exim_log_session *s,
	enum exim_log_stage stage, bool temporary)
{
	line->kind = EXIM_LOG_REFUSED;
	line->refusal = (struct exim_log_refusal){
		.client = s->client, .stage = stage, .temporary = temporary, .text = s->text};
}

/* "rejected EHLO from …: syntactically invalid argument(s): text" */
static bool read_bad_helo(struct cursor c, struct exim_log_line *line)
{
	static const char mark[] = ": syntactically invalid argument(s): ";
	struct exim_log_session s = {.duration_ms = -1};

	if (!divide(c, mark, sizeof(mark) - 1, read_text, &s))
		return false;
	refuse(line, &s, EXIM_LOG_AT_HELO, false);
	return true;
}

/* "refused connection from … (host_reject_connection)" */
static bool read_refused_host(struct cursor c, struct exim_log_line *line)
{
	struct exim_log_session s = {.duration_ms = -1};

	if (c.at == c.end || c.end[-1] != ')' || !divide_at(c, FIND_LAST(c, " ("), 2, &s))
		return false;
	s.text.len--;
	refuse(line, &s, EXIM_LOG_AT_CONNECT, false);
	return true;
}

/* "temporarily refused connection from …: not in reserve list: …" */
static bool read_reserve(struct cursor c, struct exim_log_line *line)
{
	struct exim_log_session s = {.duration_ms = -1};

	if (!divide(c, ": ", 2, read_text, &s))
		return false;
	refuse(line, &s, EXIM_LOG_AT_CONNECT, true);
	return true;
}

/* "Connection from … refused: too many connections" */
static bool read_too_many(struct cursor c, struct exim_log_line *line)
{
	static const char mark[] = " refused: ";
	struct exim_log_session s = {.duration_ms = -1};

	if (!divide_at(c, FIND_LAST(c, mark), sizeof(mark) - 1, &s))
		return false;
	refuse(line, &s, EXIM_LOG_AT_CONNECT, true);
	return true;
}

/* "rejected from <sender> H=…: message too big: read=… max=…" */
static bool read_too_big(struct cursor c, struct exim_log_line *line)
{
	static const char mark[] = ": message too big: ";
	struct exim_log_session s = {.duration_ms = -1};
	struct slice sender;

	if (!exim_log_take_angle(&c, &sender) || !TAKE(&c, " ") ||
		!divide(c, mark, sizeof(mark) - 1, read_text, &s))
		return false;
	refuse(line, &s, EXIM_LOG_AT_DATA, false);
	line->refusal.text = slice_between(s.text.at - sizeof("message too big: ") + 1, c.end);
	line->refusal.sender = sender;
	line->refusal.has_sender = true;
	return true;
}

/* ---- logins ---- */

/* "535 Incorrect authentication data (set_id=name)", "435 … (set_id=name): why"; the name is
 * whatever the client gave. */
static bool read_login_answer(struct cursor c, struct exim_log_session *ret)
{
	static const char mark[] = " (set_id=";
	struct slice said = cursor_rest(&c);
	uint64_t code;

	if (!take_number(&c, &code) || c.at - said.at != 3 || !NEXT_IS(&c, " "))
		return false;
	ret->code = (unsigned)code;
	ret->text = slice_after(said, 4);

	const char *id = exim_log_find(c.at, c.end, mark, sizeof(mark) - 1);
	if (id == NULL)
		return true;
	ret->text.len = (size_t)(id - ret->text.at);
	id += sizeof(mark) - 1;
	struct slice name = slice_between(id, c.end);
	size_t close = slice_find_last(name, ')');
	if (close == name.len)
		return false;
	ret->login.id = slice_between(id, id + close);
	return true;
}

/* "plain authenticator failed for …: 535 …"; "… for H=…" from 4.99 on. */
static bool read_login_failed(struct cursor c, struct exim_log_line *line)
{
	const char *name = c.at;

	c.at = find_either(c.at, c.end, ' ', '"');
	struct slice authenticator = slice_between(name, c.at);
	if (!TAKE(&c, " authenticator failed for "))
		return true;
	line->kind = EXIM_LOG_LOGIN_FAILED;
	line->session.login.authenticator = authenticator;
	return divide(c, ": ", 2, read_login_answer, &line->session);
}

/* ---- the line ---- */

typedef bool read_begun(struct cursor c, struct exim_log_line *line);

static const struct beginning {
	const char *text;
	uint8_t len;
	read_begun *read;
} beginnings[] = {
#define ROW(text, read)                                                                            \
	{                                                                                          \
		text, sizeof(text) - 1, read                                                       \
	}
	ROW("SMTP connection", read_connection),
	ROW("no MAIL in ", read_no_mail),
	ROW("unexpected disconnection while reading SMTP command from ", read_whole_client),
	ROW("SMTP command timeout on connection from ", read_whole_client),
	ROW("SMTP command timeout on TLS connection from ", read_whole_client),
	ROW("SMTP data timeout (message abandoned) on connection from ", read_data_timeout),
	ROW("SMTP data timeout (message abandoned) on TLS connection from ", read_data_timeout),
	ROW("SMTP call from ", read_call),
	ROW("rejected EHLO from ", read_bad_helo),
	ROW("rejected HELO from ", read_bad_helo),
	ROW("rejected from ", read_too_big),
	ROW("refused connection from ", read_refused_host),
	ROW("temporarily refused connection from ", read_reserve),
	ROW("Connection from ", read_too_many),
#undef ROW
};

void exim_log_read_session(struct cursor c, struct exim_log_line *line)
{
	clear_struct(&line->session, sizeof(line->session));
	line->session.duration_ms = -1;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (!next_is_row(&c, beginnings[i].text, beginnings[i].len))
			continue;
		c.at += beginnings[i].len;
		if (!beginnings[i].read(c, line))
			exim_log_damaged(line, "a client's session is not in its form");
		return;
	}
	if (!read_login_failed(c, line))
		exim_log_damaged(line, "a failed login is not in its form");
}
