#include "formats/exim_syslog.h"

#include "formats/exim_log_parts.h"

#include <errno.h>

/* Pieces of one entry: Exim cuts at 870 bytes, and its entries have 8192. */
#define PIECES_MAX 64

/* ---- the header ---- */

/* "<22>" */
static void skip_priority(struct cursor *c)
{
	struct cursor at = *c;
	uint64_t number;

	if (TAKE(&at, "<") && take_number(&at, &number) && TAKE(&at, ">"))
		*c = at;
}

static bool two_digits(const char *at, uint8_t *ret)
{
	if (!is_decimal(at[0]) || !is_decimal(at[1]))
		return false;
	*ret = (uint8_t)((at[0] - '0') * 10 + (at[1] - '0'));
	return true;
}

/* "12:27:17" */
static bool take_clock(struct cursor *c, struct exim_log_time *t)
{
	const char *at = c->at;

	if (c->end - at < 8 || at[2] != ':' || at[5] != ':' || !two_digits(at, &t->hour) ||
		!two_digits(at + 3, &t->minute) || !two_digits(at + 6, &t->second))
		return false;
	c->at = at + 8;
	return t->hour < 24 && t->minute < 60 && t->second <= 60;
}

/* ".617123": as many digits as there are. */
static void take_fraction(struct cursor *c, struct exim_log_time *t)
{
	uint32_t scale = 100000;

	if (c->at == c->end || *c->at != '.')
		return;
	for (c->at++; c->at < c->end && is_decimal(*c->at); c->at++, scale /= 10)
		t->us += (uint32_t)(*c->at - '0') * scale;
}

/* "Z", "+01:00" */
static bool take_zone(struct cursor *c, struct exim_log_time *t)
{
	const char *at = c->at;
	uint8_t hours, minutes;

	t->has_zone = true;
	if (TAKE(c, "Z"))
		return true;
	if (c->end - at < 6 || (at[0] != '+' && at[0] != '-') || at[3] != ':' ||
		!two_digits(at + 1, &hours) || !two_digits(at + 4, &minutes))
		return false;
	t->zone_minutes = (int16_t)((at[0] == '-' ? -1 : 1) * (hours * 60 + minutes));
	c->at = at + 6;
	return true;
}

/* "2026-11-23T12:27:17.617123+00:00" */
static bool take_full_time(struct cursor *c, struct exim_log_time *t)
{
	const char *at = c->at;
	uint8_t century, year;

	if (c->end - at < 11 || at[4] != '-' || at[7] != '-' || at[10] != 'T' ||
		!two_digits(at, &century) || !two_digits(at + 2, &year) ||
		!two_digits(at + 5, &t->month) || !two_digits(at + 8, &t->day))
		return false;
	t->year = (uint16_t)(century * 100 + year);
	c->at = at + 11;
	if (!take_clock(c, t))
		return false;
	take_fraction(c, t);
	return take_zone(c, t) && t->year > 0 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
	       t->day <= 31;
}

/* "Nov 23 12:27:17", the day with a blank for a first digit; it has no year. */
static bool take_short_time(struct cursor *c, struct exim_log_time *t)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *at = c->at;

	if (c->end - at < 7 || at[3] != ' ' || at[6] != ' ' || !is_decimal(at[5]) ||
		(at[4] != ' ' && !is_decimal(at[4])))
		return false;
	for (uint8_t month = 0; month < 12; month++)
		if (memcmp(at, months + (size_t)3 * month, 3) == 0)
			t->month = (uint8_t)(month + 1);
	t->day = (uint8_t)((at[4] == ' ' ? 0 : at[4] - '0') * 10 + (at[5] - '0'));
	c->at = at + 7;
	return t->month > 0 && t->day > 0 && t->day <= 31 && take_clock(c, t);
}

/* "exim[22834]: ", "exim: " */
static int take_program(struct cursor *c, struct slice program, uint64_t *ret_pid)
{
	if (!next_is(c, program.at, program.len))
		return -ENOENT;
	c->at += program.len;
	if (TAKE(c, "[") && (!take_number(c, ret_pid) || !TAKE(c, "]")))
		return -ENOENT;
	return TAKE(c, ": ") ? 0 : -ENOENT;
}

int exim_syslog_strip(struct slice line, struct slice program, struct exim_syslog *ret)
{
	struct cursor c = cursor_of(line);
	struct exim_syslog s = {0};

	if (line.len == 0)
		return -EBADMSG;
	skip_priority(&c);
	struct cursor again = c;
	if (!take_full_time(&c, &s.time)) {
		c = again;
		s.time = (struct exim_log_time){0};
		if (!take_short_time(&c, &s.time))
			return -EBADMSG;
	}
	if (!TAKE(&c, " "))
		return -EBADMSG;
	const char *blank = find_byte(c.at, c.end, ' '); /* behind the host's name */
	if (blank == NULL || blank == c.at)
		return -EBADMSG;
	c.at = blank + 1;
	int err = take_program(&c, program, &s.pid);
	if (err != 0)
		return err;
	s.text = cursor_rest(&c);
	*ret = s;
	return 0;
}

/* ---- pieces ---- */

struct piece {
	unsigned number, pieces;
	bool at_line_feed;
	struct slice text;
};

/* "[2/3] text", "[2\3] text"; false when it is no piece. */
static bool read_piece(struct slice text, struct piece *ret)
{
	struct cursor c = cursor_of(text);
	uint64_t number, pieces;

	if (text.len == 0 || !TAKE(&c, "[") || !take_number(&c, &number))
		return false;
	ret->at_line_feed = NEXT_IS(&c, "\\");
	if ((!TAKE(&c, "/") && !TAKE(&c, "\\")) || !take_number(&c, &pieces) || !TAKE(&c, "] "))
		return false;
	if (number == 0 || number > pieces || pieces < 2 || pieces > PIECES_MAX)
		return false;
	ret->number = (unsigned)number;
	ret->pieces = (unsigned)pieces;
	ret->text = cursor_rest(&c);
	return true;
}

static struct exim_syslog_entry *find_entry(struct exim_syslog_joiner *j, uint64_t pid)
{
	for (size_t i = 0; i < EXIM_SYSLOG_ENTRIES; i++)
		if (j->entries[i].begun != 0 && j->entries[i].pid == pid)
			return &j->entries[i];
	return NULL;
}

static void drop(struct exim_syslog_joiner *j, struct exim_syslog_entry *e)
{
	if (e != NULL)
		e->begun = 0;
	j->lost++;
}

/* A free place, or that of the oldest. */
static struct exim_syslog_entry *begin_entry(
	struct exim_syslog_joiner *j, uint64_t pid, const struct piece *first)
{
	struct exim_syslog_entry *e = &j->entries[0];

	for (size_t i = 1; i < EXIM_SYSLOG_ENTRIES && e->begun != 0; i++)
		if (j->entries[i].begun < e->begun)
			e = &j->entries[i];
	if (e->begun != 0)
		drop(j, e);
	e->pid = pid;
	e->begun = ++j->count;
	e->pieces = first->pieces;
	e->next = 1;
	e->len = 0;
	return e;
}

static int add_piece(struct exim_syslog_joiner *j, struct exim_syslog_entry *e,
	const struct piece *piece, struct slice *ret_line)
{
	if (piece->text.len > sizeof(e->text) - e->len) {
		drop(j, e);
		return -EMSGSIZE;
	}
	if (piece->text.len > 0)
		memcpy(e->text + e->len, piece->text.at, piece->text.len);
	e->len += piece->text.len;
	if (e->next++ < e->pieces)
		return 0;
	e->begun = 0;
	*ret_line = (struct slice){e->text, e->len};
	return 1;
}

int exim_syslog_join(
	struct exim_syslog_joiner *j, uint64_t pid, struct slice text, struct slice *ret_line)
{
	struct exim_syslog_entry *e = find_entry(j, pid);
	struct piece piece;

	if (!read_piece(text, &piece)) {
		/* an entry is written at once: one that something else of its process follows never
		 * comes to its end */
		if (e != NULL)
			drop(j, e);
		*ret_line = text;
		return 1;
	}
	if (e != NULL && piece.number == 1) {
		drop(j, e);
		e = NULL;
	}
	if (e == NULL && piece.number == 1)
		e = begin_entry(j, pid, &piece);
	if (e == NULL || piece.at_line_feed || piece.number != e->next ||
		piece.pieces != e->pieces) {
		drop(j, e);
		return -EBADMSG;
	}
	return add_piece(j, e, &piece, ret_line);
}
