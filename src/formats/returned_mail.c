#include "formats/returned_mail.h"

#include "base/memory.h"
#include "formats/mail_text.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <stdlib.h>

/* Copies text when it fits; else ret stays "". Without NUL bytes in it. */
static void keep_whole(struct slice text, char ret[RETURNED_MAIL_TEXT])
{
	if (text.len >= RETURNED_MAIL_TEXT || slice_find(text, '\0') < text.len)
		return;
	if (text.len > 0)
		memcpy(ret, text.at, text.len);
	ret[text.len] = '\0';
}

/* ---- lines and header blocks ---- */

/* The line at the front of *rest, its LF eaten and not in *ret; the last one may lack its LF. */
static bool take_line(struct slice *rest, struct slice *ret)
{
	if (rest->len == 0)
		return false;
	size_t n = slice_find(*rest, '\n');
	*ret = slice_first(*rest, n);
	*rest = slice_after(*rest, n + 1);
	return true;
}

static bool is_empty(struct slice line)
{
	return line.len == 0 || (line.len == 1 && line.at[0] == '\r');
}

/* "Name: …" with a name of visible ASCII (RFC 5322 section 2.2), not too long to be one. */
static bool is_field_line(struct slice line)
{
	size_t colon = slice_find(slice_first(line, 78), ':');

	if (colon == 0 || colon >= line.len || colon >= 78)
		return false;
	for (size_t i = 0; i < colon; i++)
		if (line.at[i] <= ' ' || line.at[i] > '~')
			return false;
	return true;
}

static bool is_folded_line(struct slice line)
{
	return line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t') && !is_empty(line);
}

/* The run of field lines at the front of rest. */
static struct slice block_at(struct slice rest)
{
	struct slice left = rest, line;
	size_t len = 0;

	while (take_line(&left, &line)) {
		if (!is_field_line(line) && !(len > 0 && is_folded_line(line)))
			break;
		len = rest.len - left.len;
	}
	return slice_first(rest, len);
}

static bool has_field(struct slice block, const char *name)
{
	return mail_text_find(block, name).at != NULL;
}

/* Whether fields that stand somewhere in a text are a quoted mail header, and not a few words with
 * a colon: one that only mail has, and two of the usual at least. */
static bool is_mail_header(struct slice block)
{
	int usual = has_field(block, "From") + has_field(block, "To") +
		    has_field(block, "Subject") + has_field(block, "Date");

	if (has_field(block, "Received"))
		return usual >= 1;
	if (has_field(block, "Message-ID") || has_field(block, "Return-Path"))
		return usual >= 1;
	return usual >= 3;
}

/* ---- parts ---- */

static struct slice without_empty_lines(struct slice rest)
{
	struct slice left = rest, line;

	while (take_line(&left, &line) && is_empty(line))
		rest = left;
	return rest;
}

/* Up to the next line that could be a boundary. */
static struct slice part_content(struct slice rest)
{
	const char *end = rest.len > 0 ? memmem(rest.at, rest.len, "\n--", 3) : NULL;
	return end != NULL ? slice_first(rest, (size_t)(end - rest.at) + 1) : rest;
}

/* A few mailers send the quoted header in base64 or quoted-printable. */
static struct returned_part decode_part(struct slice rest, struct slice encoding)
{
	struct slice content = part_content(rest);
	GMimeEncoding decoder;
	char *name = memory_copy(encoding.at, encoding.len);
	GMimeContentEncoding kind = g_mime_content_encoding_from_string(name);
	struct returned_part part = {.content = content};

	free(name);
	if (kind != GMIME_CONTENT_ENCODING_BASE64 && kind != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
		return part;
	g_mime_encoding_init_decode(&decoder, kind);
	part.decoded = memory_new(g_mime_encoding_outlen(&decoder, content.len) + 1, 1);
	part.content.len = g_mime_encoding_flush(&decoder, content.at, content.len, part.decoded);
	part.content.at = part.decoded;
	return part;
}

/* The place of a Content-Type among the types; that of the NULL behind them when it is none. */
static size_t type_among(struct slice type, const char *const *types)
{
	size_t i = 0;

	for (; types[i] != NULL; i++) {
		size_t n = strlen(types[i]);
		if (type.len >= n && strncasecmp(type.at, types[i], n) == 0)
			break;
	}
	return i;
}

/* Steps to the next block of field lines in *rest. */
static bool next_block(struct slice *rest, struct slice *ret_block)
{
	struct slice line;

	while (rest->len > 0) {
		*ret_block = block_at(*rest);
		if (ret_block->len > 0) {
			*rest = slice_after(*rest, ret_block->len);
			return true;
		}
		(void)take_line(rest, &line);
	}
	return false;
}

bool returned_mail_next_part(
	struct slice *rest, const char *const *types, struct returned_part *ret)
{
	struct slice block;

	while (next_block(rest, &block)) {
		size_t type = type_among(mail_text_find(block, "Content-Type"), types);
		if (types[type] == NULL)
			continue;
		struct slice encoding = mail_text_find(block, "Content-Transfer-Encoding");
		*ret = decode_part(without_empty_lines(*rest), slice_first(encoding, 32));
		ret->type = type;
		return true;
	}
	return false;
}

bool returned_mail_next_block(struct slice *rest, struct slice *ret)
{
	return next_block(rest, ret);
}

/* ---- the quoted header ---- */

struct quoted {
	struct slice header;
	char *decoded; /* to be freed; NULL: the header stands in the body as it is */
};

/* Behind the first part that says it is the returned mail. */
static bool find_in_part(struct slice body, struct quoted *ret)
{
	static const char *const types[] = {
		"message/rfc822", "text/rfc822-headers", "message/global", NULL};
	struct returned_part part;

	while (returned_mail_next_part(&body, types, &part)) {
		*ret = (struct quoted){block_at(part.content), part.decoded};
		if (ret->header.len > 0)
			return true;
		free(part.decoded);
	}
	return false;
}

/* The first block anywhere that looks like the header of a mail. */
static bool find_in_text(struct slice body, struct quoted *ret)
{
	struct slice block;

	while (next_block(&body, &block))
		if (is_mail_header(block)) {
			*ret = (struct quoted){.header = block};
			return true;
		}
	return false;
}

/* ---- Received lines ---- */

/* What a Received line says outside of its comments. */
struct received {
	struct slice by, with, id;
};

/* The next word outside of comments; comments in between are passed over. */
static bool take_word(struct slice *rest, struct slice *ret)
{
	size_t i = 0, depth = 0, len = 0;

	while (i < rest->len && (depth > 0 || strchr(" \t\r\n(", rest->at[i]) != NULL)) {
		depth += rest->at[i] == '(';
		depth -= rest->at[i] == ')' && depth > 0;
		i++;
	}
	*rest = slice_after(*rest, i);
	while (len < rest->len && strchr(" \t\r\n(;", rest->at[len]) == NULL)
		len++;
	if (len == 0) /* the end, or the ';' before the date */
		return false;
	*ret = slice_first(*rest, len);
	*rest = slice_after(*rest, len);
	return true;
}

static void read_received(struct slice value, struct received *ret)
{
	struct slice word, said;

	*ret = (struct received){0};
	while (take_word(&value, &word) && take_word(&value, &said)) {
		if (slice_equal_nocase(word, slice_of("by")))
			ret->by = said;
		else if (slice_equal_nocase(word, slice_of("with")))
			ret->with = said;
		else if (slice_equal_nocase(word, slice_of("id")))
			ret->id = said;
	}
}

struct reader {
	struct slice our_host;
	int64_t bounced_at;
	struct returned_mail *out;
};

static bool is_ours(const struct reader *r, struct slice host)
{
	return r->our_host.len > 0 && slice_equal_nocase(host, r->our_host);
}

static bool is_plausible(const struct reader *r, const struct exim_id *id)
{
	int64_t age = r->bounced_at - exim_id_seconds(id);

	return age >= -60 && age <= RETURNED_MAIL_AGE_MAX;
}

/* esmtpa, esmtpsa, asmtp: RFC 3848 and Exim's older word. */
static bool is_authenticated(struct slice with)
{
	return with.len > 0 && (with.at[with.len - 1] == 'a' || slice_starts(with, "asmtp"));
}

static void keep_envelope_sender(struct returned_mail *m, struct slice received)
{
	static const char mark[] = "(envelope-from <";
	const char *at = memmem(received.at, received.len, mark, sizeof(mark) - 1);

	if (at == NULL)
		return;
	struct slice rest = slice_after(received, (size_t)(at - received.at) + sizeof(mark) - 1);
	size_t end = slice_find(rest, '>');
	if (end < rest.len)
		keep_whole(slice_first(rest, end), m->envelope_sender);
}

/* Our newest line counts: servers put theirs on top, so what a sender forged stands below it. */
static void see_received(struct reader *r, struct slice value)
{
	struct received said;
	struct exim_id id;

	r->out->received_count++;
	if (r->out->passed_here)
		return;
	read_received(value, &said);
	if (!is_ours(r, said.by) || exim_id_parse(said.id, &id) != 0 || !is_plausible(r, &id))
		return;
	if (memmem(value.at, value.len, "(Exim ", 6) == NULL)
		return;
	r->out->passed_here = r->out->has_exim_id = true;
	r->out->exim_id = id;
	r->out->local = slice_is(said.with, "local");
	r->out->authenticated = !r->out->local && is_authenticated(said.with);
	keep_envelope_sender(r->out, value);
}

/* "<E1xVSmQ-00076x-1r@our.host>", which Exim gives to mail that came without. */
static void see_message_id(struct reader *r, struct slice value)
{
	struct exim_id id;
	size_t at = slice_find(value, '@'), end = slice_find(value, '>');

	keep_whole(value, r->out->message_id);
	if (r->out->has_exim_id || !slice_starts(value, "<E") || at >= end || end == value.len)
		return;
	struct slice host = slice_after(slice_first(value, end), at + 1);
	struct slice text = slice_after(slice_first(value, at), 2);
	if (!is_ours(r, host) || exim_id_parse(text, &id) != 0 || !is_plausible(r, &id))
		return;
	r->out->has_exim_id = true;
	r->out->exim_id = id;
}

/* Received lines beyond this many are not read: honest mail has fewer, Exim refuses more than 30
 * (received_headers_max). */
#define RECEIVED_MAX 50

static void read_header(struct reader *r, struct slice header)
{
	struct slice rest = header;
	struct slice value = mail_text_find(rest, "Received");

	while (value.at != NULL && r->out->received_count < RECEIVED_MAX) {
		see_received(r, value);
		rest = slice_after(header, (size_t)(value.at - header.at) + value.len);
		size_t line_end = slice_find(rest, '\n');
		rest = slice_after(rest, line_end + 1);
		value = mail_text_find(rest, "Received");
	}
	see_message_id(r, mail_text_find(header, "Message-ID"));
	keep_whole(mail_text_find(header, "From"), r->out->from);
	keep_whole(slice_first(mail_text_find(header, "Subject"), RETURNED_MAIL_TEXT - 1),
		r->out->subject);
	if (r->out->envelope_sender[0] == '\0') {
		struct slice path = mail_text_find(header, "Return-Path");
		if (path.len >= 2 && path.at[0] == '<' && path.at[path.len - 1] == '>')
			keep_whole(
				(struct slice){path.at + 1, path.len - 2}, r->out->envelope_sender);
	}
}

/* ---- failed recipients ---- */

static void see_recipient(struct returned_mail *m, struct slice address)
{
	if (address.len == 0 || address.len >= RETURNED_MAIL_TEXT)
		return;
	if (m->recipient_count < RETURNED_MAIL_RECIPIENTS)
		keep_whole(address, m->recipients[m->recipient_count]);
	m->recipient_count++;
}

/* Exim names them in the bounce's own header: "X-Failed-Recipients: a@b, c@d" on one or more. */
static bool see_exim_recipients(struct returned_mail *m, struct slice header)
{
	struct slice all = mail_text_find(header, "X-Failed-Recipients");

	if (all.at == NULL)
		return false;
	while (all.len > 0) {
		size_t n = slice_find(all, ',');
		see_recipient(m, slice_trim(slice_first(all, n)));
		all = slice_after(all, n + 1);
	}
	return true;
}

/* RFC 3464: "Final-Recipient: rfc822; a@b". */
static void see_report_recipients(struct returned_mail *m, struct slice body)
{
	struct slice line;

	while (take_line(&body, &line)) {
		static const char name[] = "Final-Recipient:";
		if (line.len < sizeof(name) || strncasecmp(line.at, name, sizeof(name) - 1) != 0)
			continue;
		size_t type = slice_find(line, ';');
		see_recipient(m, slice_trim(slice_after(line, type + 1)));
	}
}

int returned_mail_read(struct slice header, struct slice body, struct slice our_host,
	int64_t bounced_at, struct returned_mail *ret)
{
	struct reader r = {our_host, bounced_at, ret};
	struct quoted quoted;

	*ret = (struct returned_mail){0};
	body = slice_first(body, RETURNED_MAIL_BODY_MAX);
	if (!see_exim_recipients(ret, slice_first(header, RETURNED_MAIL_BODY_MAX)))
		see_report_recipients(ret, body);
	if (!find_in_part(body, &quoted) && !find_in_text(body, &quoted))
		return -ENOENT;
	read_header(&r, quoted.header);
	free(quoted.decoded);
	return 0;
}

struct slice returned_mail_receiver(struct slice received)
{
	struct received said;

	read_received(received, &said);
	return said.by;
}
