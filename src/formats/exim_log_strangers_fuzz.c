/* Law: whatever strangers say, a line that Exim writes of it is read as it was, or is damaged.
 *
 * The input is cut at its line feeds into what strangers chose: the HELO name, the local parts of
 * sender and recipient, the Message-ID, the subject, the login, a certificate's name, what the
 * other side answered. From these a line of each kind is written as Exim writes it. */
#include "formats/exim_log.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TIME     "2026-11-23 12:27:17 1xVSnt-00005W-2T "
#define PEER     "192.0.2.77"
#define LONGEST  400 /* bytes of one of them, so that a line is not cut */
#define LINE_MAX 8000

enum said { HELO, SENDER, RECIPIENT, MESSAGE_ID, SUBJECT, LOGIN, NAME, ANSWER, SAID };

/* Bits of `how`. */
enum {
	LOGGED_IN = 1,
	CERTIFICATE = 2,
	INTERFACE = 4,
	WITH_ID = 8,
	FROM = 16,
	FOR = 32,
	IDENT = 64,
	RAW_NAME = 128
};

/* A NUL-terminated text, for printf. */
struct piece {
	char text[4 * LONGEST + 8];
	size_t len;
};

struct strangers {
	uint8_t how; /* bits: which of the fields are there at all */
	struct slice said[SAID];
};

static void must(bool law)
{
	if (!law)
		abort();
}

static void add(struct piece *p, char c)
{
	p->text[p->len++] = c;
	p->text[p->len] = '\0';
}

static void add_octal(struct piece *p, char c)
{
	unsigned byte = (unsigned char)c;

	add(p, '\\');
	add(p, (char)('0' + (byte >> 6)));
	add(p, (char)('0' + (byte >> 3 & 7)));
	add(p, (char)('0' + (byte & 7)));
}

/* As string_printing() makes it. */
static struct piece printing(struct slice s)
{
	struct piece p = {.len = 0};

	p.text[0] = '\0';
	for (size_t i = 0; i < s.len; i++) {
		if ((s.at[i] >= ' ' && s.at[i] <= '~') || s.at[i] == '\t')
			add(&p, s.at[i]);
		else
			add_octal(&p, s.at[i]);
	}
	return p;
}

/* A quoted local part: as the client wrote it (raw, with its escapes) and without its quotes. */
static void local_part(struct slice s, struct piece *ret_raw, struct piece *ret_plain)
{
	ret_raw->len = ret_plain->len = 0;
	ret_raw->text[0] = ret_plain->text[0] = '\0';
	add(ret_raw, '"');
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c == '\0' || c == '\r')
			continue;
		if (c == '"' || c == '\\')
			add(ret_raw, '\\');
		add(ret_raw, c);
		add(ret_plain, c);
	}
	add(ret_raw, '"');
}

/* Backslashes before quotes and backslashes, then string_printing(): Subject and C=. */
static struct piece escaped(struct slice s)
{
	struct piece p = {.len = 0};

	p.text[0] = '\0';
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"' || s.at[i] == '\\')
			add(&p, '\\');
		if (s.at[i] >= ' ' && s.at[i] <= '~')
			add(&p, s.at[i]);
		else
			add_octal(&p, s.at[i]);
	}
	return p;
}

static bool is(struct slice s, const char *text)
{
	return s.at != NULL && slice_is(s, text);
}

/* With helo_accept_junk_hosts anything is a HELO name, but no blank ends it. */
static struct piece helo_of(const struct strangers *s)
{
	struct slice text = s->said[HELO];

	while (text.len > 0 && text.at[text.len - 1] == ' ')
		text.len--;
	while (text.len > 0 && text.at[0] == ' ')
		text = slice_after(text, 1);
	return text.len > 0 ? printing(text) : printing(slice_of("client.example"));
}

/* " U=…", what an ident server said. */
static struct piece ident_of(const struct strangers *s)
{
	struct piece p = {.len = 0}, said = printing(slice_first(s->said[ANSWER], 30));

	p.text[0] = '\0';
	if ((s->how & IDENT) == 0)
		return p;
	for (const char *c = " U="; *c != '\0'; c++)
		add(&p, *c);
	for (size_t i = 0; i < said.len; i++)
		add(&p, said.text[i]);
	return p;
}

/* A certificate's name as GnuTLS has it, or as it stands in the certificate. */
static struct piece name_of(const struct strangers *s)
{
	return (s->how & RAW_NAME) != 0 ? printing(s->said[NAME]) : escaped(s->said[NAME]);
}

static void check_arrival(const struct strangers *s)
{
	struct piece helo = helo_of(s), subject = escaped(slice_first(s->said[SUBJECT], 100));
	struct piece login = printing(s->said[LOGIN]), name = name_of(s), ident = ident_of(s);
	struct piece sender, recipient, message_id, plain;
	char line[LINE_MAX], want_sender[1700], want_id[1700], want_recipient[1700];
	bool logged_in = (s->how & LOGGED_IN) != 0, certificate = (s->how & CERTIFICATE) != 0;
	bool with_id = (s->how & WITH_ID) != 0, from = (s->how & FROM) != 0;
	struct exim_log_line l;

	local_part(s->said[SENDER], &sender, &plain);
	local_part(s->said[RECIPIENT], &recipient, &plain);
	local_part(s->said[MESSAGE_ID], &message_id, &plain);
	(void)snprintf(want_sender, sizeof(want_sender), "%s@evil.example", sender.text);
	(void)snprintf(want_id, sizeof(want_id), "%s@id.example", message_id.text);
	(void)snprintf(want_recipient, sizeof(want_recipient), "%s@to.example", recipient.text);
	int n = snprintf(line, sizeof(line),
		TIME "<= %s H=(%s) [" PEER "]:4444%s%s P=%s%s%s%s%s%s S=301%s%s T=\"%s\"%s%s%s%s",
		want_sender, helo.text, (s->how & INTERFACE) != 0 ? " I=[192.0.2.1]:25" : "",
		ident.text, logged_in ? "esmtpsa" : "esmtps",
		certificate ? " X=TLS1.3:x:256 CV=yes DN=\"CN=" : "", certificate ? name.text : "",
		certificate ? "\"" : "", logged_in ? " A=plain:eve" : "",
		logged_in ? login.text : "", with_id ? " id=" : "", with_id ? want_id : "",
		subject.text, from ? " from <" : "", from ? want_sender : "", from ? ">" : "",
		(s->how & FOR) != 0 ? " for a@b.example " : "");
	if ((s->how & FOR) != 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%s", want_recipient);
	if (n >= LINE_MAX)
		return;

	exim_log_parse((struct slice){line, (size_t)n}, &l);
	if (l.kind == EXIM_LOG_DAMAGED)
		return;
	const struct exim_log_arrival *a = &l.arrival;
	must(l.kind == EXIM_LOG_ACCEPTED && is(a->sender, want_sender) && a->size == 301);
	must(is(a->client.ip, PEER) && a->client.port == 4444 && is(a->client.helo, helo.text));
	must(is(a->protocol, logged_in ? "esmtpsa" : "esmtps"));
	must((a->login.authenticator.at != NULL) == logged_in);
	must(!logged_in ||
		(is(a->login.authenticator, "plain") && slice_starts(a->login.id, "eve")));
	must(is(a->subject, subject.text));
	must(with_id ? is(a->message_id, want_id) : a->message_id.at == NULL);
	must(from ? is(a->raw_sender, want_sender) : a->raw_sender.at == NULL);
	must(a->recipient_count == ((s->how & FOR) != 0 ? 2 : 0) && !a->recipients_cut);
}

static void check_delivery(const struct strangers *s)
{
	static const char *const flags[] = {"=>", "->", "**", "=="};
	const char *flag = flags[s->how & 3];
	struct piece raw, plain, sender, unused, said = escaped(s->said[ANSWER]);
	struct piece text = printing(s->said[ANSWER]);
	char line[LINE_MAX], want[1700], original[1700];
	struct exim_log_line l;
	int n;

	local_part(s->said[RECIPIENT], &raw, &plain);
	local_part(s->said[SENDER], &sender, &unused);
	(void)snprintf(want, sizeof(want), "%s@to.example", plain.text);
	(void)snprintf(original, sizeof(original), "%s@to.example", raw.text);
	if (flag[1] == '>')
		n = snprintf(line, sizeof(line),
			TIME "%s %s <%s> F=<%s@evil.example> R=real T=remote S=3 H=mx [" PEER
			     "]:25 C=\"%s\" QT=1s",
			flag, want, original, sender.text, said.text);
	else if (flag[0] == '*')
		n = snprintf(line, sizeof(line),
			TIME "** %s <%s> R=real T=remote H=mx [" PEER
			     "]:25: SMTP error from remote mail server after RCPT TO:<%s>: 550 %s",
			want, original, original, text.text);
	else
		n = snprintf(line, sizeof(line),
			TIME "== %s <%s> R=real T=remote defer (-44) H=mx [" PEER
			     "]:25: SMTP error from remote mail server after RCPT TO:<%s>: 450 %s",
			want, original, original, text.text);
	if (n >= LINE_MAX)
		return;

	exim_log_parse((struct slice){line, (size_t)n}, &l);
	if (l.kind == EXIM_LOG_DAMAGED)
		return;
	const struct exim_log_delivery *d = &l.delivery;
	must(is(d->address, want) && is(d->original, original) && is(d->router, "real") &&
		is(d->transport, "remote") && is(d->ip, PEER) && d->port == 25 && !d->local);
	if (flag[1] == '>')
		must(is(d->answer, said.text) && d->queue_ms == 1000 && d->size == 3);
	else
		must(d->reply.code == (flag[0] == '*' ? 550 : 450) &&
			d->step == EXIM_LOG_STEP_RCPT);
}

/* Other lines begin with the client as well: none of them is a rejection. */
static void check_refusal(const struct strangers *s)
{
	struct piece helo = helo_of(s), ident = ident_of(s), sender, recipient, unused;
	struct piece login = printing(s->said[LOGIN]);
	char line[LINE_MAX], want_sender[1700], want[1700];
	bool logged_in = (s->how & LOGGED_IN) != 0, rejected = (s->how & CERTIFICATE) != 0;
	struct exim_log_line l;
	int n;

	local_part(s->said[SENDER], &sender, &unused);
	local_part(s->said[RECIPIENT], &recipient, &unused);
	(void)snprintf(want_sender, sizeof(want_sender), "%s@evil.example", sender.text);
	(void)snprintf(want, sizeof(want), "%s@to.example", recipient.text);
	if (rejected)
		n = snprintf(line, sizeof(line),
			TIME "H=(%s) [" PEER
			     "]:4444%s F=<%s>%s%s rejected RCPT <%s>: relay not permitted",
			helo.text, ident.text, want_sender, logged_in ? " A=plain:eve" : "",
			logged_in ? login.text : "", want);
	else
		n = snprintf(line, sizeof(line),
			TIME "H=(%s) [" PEER
			     "]:4444%s incomplete transaction (QUIT) from <%s> for %s",
			helo.text, ident.text, want_sender, want);
	if (n >= LINE_MAX)
		return;

	exim_log_parse((struct slice){line, (size_t)n}, &l);
	if (l.kind == EXIM_LOG_DAMAGED || (l.kind == EXIM_LOG_OTHER && !rejected))
		return;
	const struct exim_log_refusal *r = &l.refusal;
	must(rejected && l.kind == EXIM_LOG_REFUSED && r->stage == EXIM_LOG_AT_RCPT);
	must(is(r->client.ip, PEER) && is(r->client.helo, helo.text) && is(r->sender, want_sender));
	must(is(r->address, want) && is(r->text, "relay not permitted") && !r->temporary);
	must((r->login.authenticator.at != NULL) == logged_in);
	must(!logged_in || slice_starts(r->login.id, "eve"));
}

static void check_session(const struct strangers *s)
{
	static const struct {
		const char *before, *behind;
		enum exim_log_kind kind;
	} rows[] = {
		{"SMTP connection from ", " closed by QUIT", EXIM_LOG_CLOSED},
		{"SMTP connection from ", " lost D=3s", EXIM_LOG_LOST},
		{"no MAIL in SMTP connection from ", " D=3s C=EHLO,QUIT", EXIM_LOG_NO_MAIL},
		{"SMTP call from ", " dropped: too many nonmail commands", EXIM_LOG_DROPPED},
	};
	struct piece helo = helo_of(s), ident = ident_of(s), tried = printing(s->said[LOGIN]);
	char line[LINE_MAX];
	struct exim_log_line l;
	size_t i = s->how % 5;
	int n;

	if (i < 4)
		n = snprintf(line, sizeof(line), TIME "%s(%s) [" PEER "]:4444%s%s", rows[i].before,
			helo.text, ident.text, rows[i].behind);
	else
		n = snprintf(line, sizeof(line),
			TIME "plain authenticator failed for (%s) [" PEER
			     "]:4444%s: 535 Incorrect authentication data (set_id=%s)",
			helo.text, ident.text, tried.text);
	if (n >= LINE_MAX)
		return;
	exim_log_parse((struct slice){line, (size_t)n}, &l);
	if (l.kind == EXIM_LOG_DAMAGED)
		return;
	must(l.kind == (i < 4 ? rows[i].kind : EXIM_LOG_LOGIN_FAILED));
	must(is(l.session.client.ip, PEER) && is(l.session.client.helo, helo.text));
	must(i < 4 || (is(l.session.login.id, tried.text) && l.session.code == 535));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strangers s = {.how = size > 0 ? data[0] : 0};
	struct slice rest = {(const char *)data + 1, size > 0 ? size - 1 : 0};

	for (int i = 0; i < SAID && rest.len > 0; i++) {
		size_t n = slice_find(rest, '\n');

		s.said[i] = slice_first(slice_first(rest, n), LONGEST);
		rest = slice_after(rest, n + 1);
	}
	check_arrival(&s);
	check_delivery(&s);
	check_refusal(&s);
	check_session(&s);
	return 0;
}
