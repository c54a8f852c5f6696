#include "formats/mail_message.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WORD_BYTES 42                /* of text in one encoded word: RFC 2047 allows a word of 75 */
#define LINE_BYTES 57                /* of text in one line of base64: 76 characters */
#define BOUNDARY   "=_stanch_notice" /* "_" is no base64: it cannot stand in a part */
#define HEAD_ROOM  ((size_t)8 << 10)

/* ---- the text that is made ---- */

struct made {
	char *at;
	size_t len, room;
};

static void add(struct made *m, struct slice s)
{
	assert(s.len < m->room - m->len);
	if (s.len > 0)
		memcpy(m->at + m->len, s.at, s.len);
	m->len += s.len;
	m->at[m->len] = '\0';
}

static void add_text(struct made *m, const char *text)
{
	add(m, slice_of(text));
}

static void add_base64(struct made *m, struct slice raw)
{
	char coded[sodium_base64_ENCODED_LEN(LINE_BYTES, sodium_base64_VARIANT_ORIGINAL)];

	assert(raw.len <= LINE_BYTES);
	add_text(m, sodium_bin2base64(coded, sizeof(coded), (const unsigned char *)raw.at, raw.len,
			    sodium_base64_VARIANT_ORIGINAL));
	secret_wipe(coded, sizeof(coded));
}

static void add_lines(struct made *m, struct slice raw)
{
	while (raw.len > 0) {
		add_base64(m, slice_first(raw, LINE_BYTES));
		add_text(m, "\r\n");
		raw = slice_after(raw, LINE_BYTES);
	}
}

/* ---- the subject ---- */

static bool is_plain_subject(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] >= 0x7f)
			return false;
	return s.len <= 60 && memmem(s.at, s.len, "=?", 2) == NULL;
}

/* The first whole characters of at most most bytes; at least one byte. */
static size_t whole_characters(struct slice s, size_t most)
{
	size_t len = 0;

	while (len < s.len) {
		size_t n = printable_utf8_length(slice_after(s, len));
		n = n > 0 ? n : 1;
		if (len + n > most)
			break;
		len += n;
	}
	return len;
}

static void clean_subject(struct slice subject, char at[MAIL_SUBJECT_MAX + 1])
{
	size_t len = whole_characters(subject, MAIL_SUBJECT_MAX);

	for (size_t i = 0; i < len;) {
		size_t n = printable_utf8_length(slice_after(subject, i));
		if (n == 0 || (unsigned char)subject.at[i] < ' ' || subject.at[i] == 0x7f)
			at[i] = ' ';
		else
			memcpy(at + i, subject.at + i, n);
		i += n > 0 ? n : 1;
	}
	at[len] = '\0';
}

static void add_subject(struct made *m, struct slice subject)
{
	char clean[MAIL_SUBJECT_MAX + 1];

	clean_subject(subject, clean);
	struct slice rest = slice_of(clean);
	add_text(m, "Subject:");
	if (is_plain_subject(rest)) {
		add_text(m, " ");
		add(m, rest);
		rest = (struct slice){0};
	}
	while (rest.len > 0) {
		size_t n = whole_characters(rest, WORD_BYTES);
		add_text(m, n < slice_of(clean).len && rest.at != clean ? "\r\n =?UTF-8?B?"
									: " =?UTF-8?B?");
		add_base64(m, slice_first(rest, n));
		add_text(m, "?=");
		rest = slice_after(rest, n);
	}
	add_text(m, "\r\n");
}

/* ---- the whole ---- */

/* RFC 5322, 3.3, in English whatever the locale is. */
static void add_date(struct made *m, int64_t seconds)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm = {0};
	time_t t = (time_t)seconds;
	char line[128];

	if (gmtime_r(&t, &tm) == NULL)
		return;
	(void)snprintf(line, sizeof(line), "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
		days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
		tm.tm_min, tm.tm_sec);
	add_text(m, line);
}

static void add_head(struct made *m, const struct mail_message *message)
{
	char lines[4 * MAIL_ADDRESS_MAX + 256];

	add_date(m, message->time);
	(void)snprintf(lines, sizeof(lines),
		"From: <%s>\r\nTo: <%s>\r\nMessage-ID: <%s>\r\nMIME-Version: 1.0\r\n"
		"Auto-Submitted: auto-generated\r\nX-Stanch-Incident: %lld\r\n",
		message->sender, message->recipient, message->id, (long long)message->incident);
	add_text(m, lines);
	add_subject(m, message->subject);
}

static void add_part(struct made *m, const char *type, struct slice text)
{
	add_text(m, "Content-Type: ");
	add_text(m, type);
	add_text(m, "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	add_lines(m, text);
}

static void add_parts(struct made *m, const struct mail_message *message)
{
	if (message->html.len == 0) {
		add_part(m, "text/plain", message->plain);
		return;
	}
	add_text(m, "Content-Type: multipart/alternative; boundary=\"" BOUNDARY "\"\r\n\r\n"
		    "--" BOUNDARY "\r\n");
	add_part(m, "text/plain", message->plain);
	add_text(m, "--" BOUNDARY "\r\n");
	add_part(m, "text/html", message->html);
	add_text(m, "--" BOUNDARY "--\r\n");
}

int mail_message_write(
	const struct mail_message *m, struct template_text *ret, struct problem *problem)
{
	if (!mail_address_is_plain(slice_of(m->sender)) ||
		!mail_address_is_plain(slice_of(m->recipient)) ||
		!mail_address_is_plain(slice_of(m->id)))
		return problem_set(problem, -EINVAL,
			"a mail needs plain addresses of its sender and its recipient");
	if (m->plain.len > MAIL_TEXT_MAX || m->html.len > MAIL_TEXT_MAX)
		return problem_set(problem, -EINVAL, "a text is too long for a mail");

	struct made made = {.room = HEAD_ROOM + 2 * (m->plain.len + m->html.len)};
	made.at = memory_new(1, made.room);
	add_head(&made, m);
	add_parts(&made, m);
	*ret = (struct template_text){made.at, made.len};
	return 0;
}
