#include "formats/exim_log.h"

#include "formats/exim_log_parts.h"

static const char *const kind_names[EXIM_LOG_KINDS] = {
	[EXIM_LOG_OTHER] = "other",
	[EXIM_LOG_DAMAGED] = "damaged",
	[EXIM_LOG_ACCEPTED] = "accepted",
	[EXIM_LOG_FAKE_REJECTED] = "accepted, told rejected",
	[EXIM_LOG_DELIVERED] = "delivered",
	[EXIM_LOG_DELIVERED_ALSO] = "delivered also",
	[EXIM_LOG_CUT_THROUGH] = "cut through",
	[EXIM_LOG_NOT_DELIVERED] = "not delivered",
	[EXIM_LOG_FAILED] = "failed",
	[EXIM_LOG_DEFERRED] = "deferred",
	[EXIM_LOG_COMPLETED] = "completed",
	[EXIM_LOG_FROZEN] = "frozen",
	[EXIM_LOG_STILL_FROZEN] = "still frozen",
	[EXIM_LOG_UNFROZEN] = "unfrozen",
	[EXIM_LOG_REMOVED] = "removed",
	[EXIM_LOG_MOVED] = "moved",
	[EXIM_LOG_LOCKED] = "locked",
	[EXIM_LOG_QUEUED] = "queued",
	[EXIM_LOG_REFUSED] = "refused",
	[EXIM_LOG_LOGIN_FAILED] = "login failed",
	[EXIM_LOG_CONNECTED] = "connected",
	[EXIM_LOG_CLOSED] = "closed",
	[EXIM_LOG_LOST] = "lost",
	[EXIM_LOG_DROPPED] = "dropped",
	[EXIM_LOG_NO_MAIL] = "no mail",
	[EXIM_LOG_COMMAND] = "command",
	[EXIM_LOG_COMMAND_MORE] = "command, more",
	[EXIM_LOG_DAEMON_STARTED] = "daemon started",
	[EXIM_LOG_QUEUE_RUN_BEGUN] = "queue run begun",
	[EXIM_LOG_QUEUE_RUN_ENDED] = "queue run ended",
};

const char *exim_log_kind_name(enum exim_log_kind kind)
{
	return kind < EXIM_LOG_KINDS ? kind_names[kind] : kind_names[EXIM_LOG_OTHER];
}

/* ---- time, process, id ---- */

#define TIME_LEN (sizeof("2026-11-23 12:27:17") - 1)

/* The first 16 bytes of a time, 0 for any digit; it holds no NUL. */
static const char time_form[16] = "0000-00-00 00:00";

/* Whether the 16 bytes at `at` have that form. */
static inline bool has_time_form(const char *at)
{
#ifdef __SSE2__
	const __m128i form = _mm_loadu_si128((const __m128i *)(const void *)time_form),
		      zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i values = _mm_sub_epi8(bytes, zero);
	__m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(values, nine), values);
	__m128i wanted = _mm_cmpeq_epi8(form, zero), same = _mm_cmpeq_epi8(bytes, form);

	/* a digit where one is wanted, and elsewhere the byte itself */
	return _mm_movemask_epi8(_mm_or_si128(
		       _mm_and_si128(wanted, digits), _mm_andnot_si128(wanted, same))) == 0xffff;
#else
	for (size_t i = 0; i < sizeof(time_form); i++)
		if (time_form[i] == '0' ? !is_decimal(at[i]) : at[i] != time_form[i])
			return false;
	return true;
#endif
}

/* Two digits as a number. */
static inline unsigned two_digits(const char *at)
{
	return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

/* "2026-11-23 12:27:17" and the blank or dot behind it. */
static inline bool take_date(struct cursor *c, struct exim_log_time *ret)
{
	const char *at = c->at;

	if ((size_t)(c->end - at) < TIME_LEN + 1 || !has_time_form(at) || at[16] != ':' ||
		!is_decimal(at[17]) || !is_decimal(at[18]))
		return false;
	unsigned year = two_digits(at) * 100 + two_digits(at + 2);
	unsigned month = two_digits(at + 5), day = two_digits(at + 8);
	unsigned hour = two_digits(at + 11), minute = two_digits(at + 14);
	unsigned second = two_digits(at + 17);

	if ((year == 0) | (month - 1 > 11) | (day - 1 > 30) | (hour > 23) | (minute > 59) |
		(second > 60))
		return false;
	*ret = (struct exim_log_time){.year = (uint16_t)year,
		.month = (uint8_t)month,
		.day = (uint8_t)day,
		.hour = (uint8_t)hour,
		.minute = (uint8_t)minute,
		.second = (uint8_t)second};
	c->at = at + TIME_LEN;
	return true;
}

/* ".617" */
static bool take_millisec(struct cursor *c, uint32_t *ret_us)
{
	const char *at = c->at;

	if (c->end - at < 5 || !is_decimal(at[1]) || !is_decimal(at[2]) || !is_decimal(at[3]))
		return false;
	*ret_us = (uint32_t)((at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0')) * 1000;
	c->at = at + 4;
	return true;
}

/* " +0100" */
static bool take_zone(struct cursor *c, struct exim_log_time *ret)
{
	const char *at = c->at;

	if (c->end - at < 7 || !is_decimal(at[2]) || !is_decimal(at[3]) || !is_decimal(at[4]) ||
		!is_decimal(at[5]) || at[6] != ' ')
		return false;
	int minutes = (int)(two_digits(at + 2) * 60 + two_digits(at + 4));
	ret->has_zone = true;
	ret->zone_minutes = (int16_t)(at[1] == '-' ? -minutes : minutes);
	c->at = at + 6;
	return true;
}

/* The time and the blank behind it. */
static bool take_time(struct cursor *c, struct exim_log_time *ret)
{
	if (!take_date(c, ret))
		return false;
	if (*c->at == '.' && !take_millisec(c, &ret->us))
		return false;
	if (NEXT_IS(c, " +") || NEXT_IS(c, " -"))
		(void)take_zone(c, ret);
	return TAKE(c, " ");
}

/* "[22834] " */
static void take_pid(struct cursor *c, uint64_t *ret)
{
	struct cursor at = *c;
	uint64_t pid;

	if (TAKE(&at, "[") && take_number(&at, &pid) && TAKE(&at, "] ")) {
		*ret = pid;
		*c = at;
	}
}

static void take_id(struct cursor *c, struct exim_id *ret)
{
	const char *at = c->at;
	size_t left = (size_t)(c->end - at), len;

	if (left <= EXIM_ID_OLD || at[6] != '-')
		return;
	if (at[EXIM_ID_OLD] == ' ')
		len = EXIM_ID_OLD;
	else if (left > EXIM_ID_NEW && at[EXIM_ID_NEW] == ' ')
		len = EXIM_ID_NEW;
	else
		return;
	if (exim_id_parse((struct slice){at, len}, ret) == 0)
		c->at = at + len + 1;
}

/* ---- the lines of few words ---- */

/* "cwd=/home/user 3 args: /usr/sbin/sendmail -t -i": a folder may be called anything, and an
 * argument as well. */
static bool read_command(struct cursor c, struct exim_log_line *line)
{
	static const char mark[] = " args: ";
	struct exim_log_command *command = &line->command;
	int readings = 0;

	line->kind = EXIM_LOG_COMMAND;
	for (const char *at = c.at; (at = exim_log_find(at, c.end, mark, sizeof(mark) - 1)) != NULL;
		at++) {
		struct cursor number = {at, at};
		uint64_t count;

		while (number.at > c.at && is_decimal(number.at[-1]))
			number.at--;
		const char *folder_end = number.at - 1;
		if (number.at == c.at || *folder_end != ' ' || !take_number(&number, &count) ||
			number.at != at)
			continue;
		*command = (struct exim_log_command){.folder = slice_between(c.at, folder_end),
			.count = count < UINT32_MAX ? (unsigned)count : UINT32_MAX,
			.arguments = slice_between(at + sizeof(mark) - 1, c.end)};
		readings++;
	}
	return readings == 1;
}

static bool read_more(struct cursor c, struct exim_log_line *line)
{
	line->kind = EXIM_LOG_COMMAND_MORE;
	line->command = (struct exim_log_command){.arguments = slice_trim(cursor_rest(&c))};
	return true;
}

/* "exim 4.96 daemon started: pid=…" */
static bool read_daemon(struct cursor c, struct exim_log_line *line)
{
	static const char mark[] = " daemon started: ";
	const char *at = exim_log_find(c.at, c.end, mark, sizeof(mark) - 1);

	if (at != NULL) {
		line->kind = EXIM_LOG_DAEMON_STARTED;
		line->note = slice_between(at + sizeof(mark) - 1, c.end);
	}
	return true;
}

/* "Start queue run: …", "Start 'name' queue run: …" */
static bool read_queue_run(struct cursor c, struct exim_log_line *line, enum exim_log_kind kind)
{
	static const char mark[] = "queue run: ";
	const char *at = exim_log_find(c.at, c.end, mark, sizeof(mark) - 1);

	if (at == NULL || (at > c.at && *c.at != '\''))
		return true;
	line->kind = kind;
	line->note = slice_between(at + sizeof(mark) - 1, c.end);
	return true;
}

static bool read_start(struct cursor c, struct exim_log_line *line)
{
	return read_queue_run(c, line, EXIM_LOG_QUEUE_RUN_BEGUN);
}

static bool read_end(struct cursor c, struct exim_log_line *line)
{
	return read_queue_run(c, line, EXIM_LOG_QUEUE_RUN_ENDED);
}

/* "Spool file is locked (…)", "Spool file for <id> is locked (…)" */
static bool read_locked(struct cursor c, struct exim_log_line *line)
{
	static const char mark[] = "is locked (";
	const char *at = exim_log_find(c.at, c.end, mark, sizeof(mark) - 1);
	struct cursor id = c;

	if (at == NULL)
		return true;
	line->kind = EXIM_LOG_LOCKED;
	line->note = (struct slice){0};
	if (line->id.len == 0 && TAKE(&id, "for "))
		take_id(&id, &line->id);
	return true;
}

static bool read_overflow(struct cursor c, struct exim_log_line *line)
{
	(void)c;
	(void)line;
	return false;
}

static const struct beginning {
	const char *text;
	uint8_t len;
	enum exim_log_kind kind;                                   /* .note is what follows, … */
	bool (*read)(struct cursor c, struct exim_log_line *line); /* … or this decides */
} beginnings[] = {
#define NOTE(text, kind)                                                                           \
	{                                                                                          \
		text, sizeof(text) - 1, kind, NULL                                                 \
	}
#define READ(text, read)                                                                           \
	{                                                                                          \
		text, sizeof(text) - 1, EXIM_LOG_OTHER, read                                       \
	}
	NOTE("Completed", EXIM_LOG_COMPLETED),
	READ("cwd=", read_command),
	READ("...", read_more),
	READ("Start ", read_start),
	READ("End ", read_end),
	READ("exim ", read_daemon),
	NOTE("frozen by ", EXIM_LOG_FROZEN),
	NOTE("Frozen", EXIM_LOG_FROZEN),
	NOTE("Message is frozen", EXIM_LOG_STILL_FROZEN),
	NOTE("unfrozen by ", EXIM_LOG_UNFROZEN),
	NOTE("Unfrozen by ", EXIM_LOG_UNFROZEN),
	NOTE("removed by ", EXIM_LOG_REMOVED),
	NOTE("cancelled by ", EXIM_LOG_REMOVED),
	NOTE("Message removed because ", EXIM_LOG_REMOVED),
	NOTE("moved from ", EXIM_LOG_MOVED),
	READ("Spool file ", read_locked),
	NOTE("no immediate delivery: ", EXIM_LOG_QUEUED),
	READ("**** log string overflowed", read_overflow),
#undef NOTE
#undef READ
};

/* Whether it was one of them. */
static bool read_few_words(struct cursor c, struct exim_log_line *line)
{
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		const struct beginning *b = &beginnings[i];

		if (!next_is_row(&c, b->text, b->len))
			continue;
		c.at += b->len;
		if (b->read == NULL) {
			line->kind = b->kind;
			line->note = slice_trim(cursor_rest(&c));
		} else if (!b->read(c, line)) {
			exim_log_damaged(line, "there are two ways to read it, or a part is lost");
		}
		return true;
	}
	return false;
}

/* ---- the line ---- */

#define FLAG(a, b) ((unsigned)(a) << 8 | (unsigned)(b))

/* What a "<= " and its like begin. */
static bool read_flagged(struct cursor c, struct exim_log_line *line, size_t line_len)
{
	if (c.end - c.at < 3 || c.at[2] != ' ')
		return false;
	switch (FLAG((unsigned char)c.at[0], (unsigned char)c.at[1])) {
	case FLAG('<', '='):
	case FLAG('(', '='):
		exim_log_read_arrival(c, line, line_len);
		return true;
	case FLAG('=', '>'):
	case FLAG('-', '>'):
	case FLAG('>', '>'):
	case FLAG('*', '>'):
	case FLAG('*', '*'):
	case FLAG('=', '='):
		exim_log_read_delivery(c, line);
		return true;
	default:
		return false;
	}
}

/* Whether quotes are open behind s when they were closed, or open, before it. */
static bool is_open_behind(struct slice s, bool open)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '\\')
			i++;
		else if (s.at[i] == '"')
			open = !open;
	}
	return open;
}

/* Whether there is no client in an arrival behind its sender, where it stands if there is one. */
static bool is_local_arrival(struct cursor c)
{
	struct slice word;

	if (TAKE(&c, " R=") && !take_word(&c, &word))
		return false;
	return NEXT_IS(&c, " U=") || NEXT_IS(&c, " P=");
}

/* Whether a local process wrote this text with a line feed in it: a sender, or what follows it, has
 * a quote that is not closed. */
static bool is_unfinished(struct cursor c)
{
	bool arrival = TAKE(&c, "<= ") || TAKE(&c, "(= ");
	unsigned signs;

	if ((!arrival && !TAKE(&c, "F=<")) || !is_open_behind(cursor_rest(&c), false))
		return false;
	c.at = exim_log_scan_address(c.at, c.end, &signs);
	if (c.at == NULL)
		return true;
	(void)TAKE(&c, "<>");
	return arrival && is_local_arrival(c);
}

static void read_text(struct cursor c, struct exim_log_line *line, size_t line_len)
{
	line->kind = EXIM_LOG_OTHER;
	if (read_flagged(c, line, line_len) || c.at == c.end)
		return;
	if (NEXT_IS(&c, "H=") || NEXT_IS(&c, "U=") || NEXT_IS(&c, "F=<")) {
		exim_log_read_refusal(c, line);
		return;
	}
	if (!read_few_words(c, line))
		exim_log_read_session(c, line);
}

static void read_line(struct cursor c, struct exim_log_line *line, size_t line_len)
{
	take_pid(&c, &line->pid);
	take_id(&c, &line->id);
	read_text(c, line, line_len);
	if (line->kind != EXIM_LOG_DAMAGED && line->kind != EXIM_LOG_OTHER)
		return;
	line->unfinished = is_unfinished(c);
	if (line->unfinished)
		exim_log_damaged(line, "an address goes on in the next line");
}

static void begin(struct exim_log_line *ret)
{
	ret->kind = EXIM_LOG_OTHER;
	ret->damage = NULL;
	ret->unfinished = false;
	ret->time = (struct exim_log_time){0};
	ret->pid = 0;
	ret->id = (struct exim_id){0};
}

void exim_log_parse(struct slice line, struct exim_log_line *ret)
{
	struct cursor c = cursor_of(line);

	begin(ret);
	if (line.len > 0 && take_time(&c, &ret->time))
		read_line(c, ret, line.len);
	else
		ret->time = (struct exim_log_time){0};
}

void exim_log_parse_untimed(struct slice line, struct exim_log_line *ret)
{
	begin(ret);
	if (line.len > 0)
		read_line(cursor_of(line), ret, line.len);
}

void exim_log_read(struct exim_log_reader *r, struct slice line, struct exim_log_line *ret)
{
	if (r->open_bytes == 0) {
		exim_log_parse(line, ret);
		r->open_bytes = ret->unfinished ? line.len + 1 : 0;
		return;
	}
	begin(ret);
	exim_log_damaged(ret, "belongs to the entry before");
	r->open_bytes += line.len + 1;
	/* an entry is no longer than this, so whatever follows is another one */
	if (r->open_bytes >= EXIM_LOG_LINE_MAX || !is_open_behind(line, true))
		r->open_bytes = 0;
}

/* ---- escapes ---- */

static char unescaped(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'v':
		return '\v';
	case 'f':
		return '\f';
	case '"':
	case '\\':
		return c;
	default:
		return '\0';
	}
}

/* "\303" at s.at[i] as a byte; -1 when it is none. */
static int octal_at(struct slice s, size_t i)
{
	int value = 0;

	if (s.len - i < 4 || s.at[i + 1] > '3')
		return -1;
	for (size_t k = 1; k < 4; k++) {
		if (s.at[i + k] < '0' || s.at[i + k] > '7')
			return -1;
		value = value * 8 + (s.at[i + k] - '0');
	}
	return value;
}

size_t exim_log_unescape(struct slice escaped, char *at)
{
	size_t n = 0;

	for (size_t i = 0; i < escaped.len; i++) {
		char c = escaped.at[i];

		if (c == '\\' && i + 1 < escaped.len) {
			int octal = octal_at(escaped, i);
			char plain = unescaped(escaped.at[i + 1]);

			if (octal >= 0) {
				c = (char)octal;
				i += 3;
			} else if (plain != '\0') {
				c = plain;
				i++;
			}
		}
		at[n++] = c;
	}
	return n;
}
