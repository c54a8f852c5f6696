#include "letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_LETTER = 11, STREAM_TIME };

/* Of a hundred messages. What is left is relayed mail without a login. */
enum { PERCENT_HIJACKED = 85, PERCENT_BOUNCE = 10, PERCENT_HONEST_LOGIN = 50 };

/* The uid and gid of Debian-exim on many Debian machines; Exim only shows them. */
#define DAEMON_LOGIN "Debian-exim 102 105"

static void *or_end(void *memory)
{
	if (memory == NULL) {
		(void)fputs("out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

void world_furnish(struct world *w)
{
	uint32_t count = w->hijacked + w->honest;

	w->accounts = or_end(calloc(count, sizeof(*w->accounts)));
	for (uint32_t k = 0; k < count; k++) {
		bool hijacked = k < w->hijacked;

		invent_account(&w->accounts[k], w->seed, hijacked ? k : k - w->hijacked, hijacked);
	}
	w->culprits = ranks_new(w->hijacked, 1);
	w->recipients = ranks_new(LETTER_RECIPIENTS_MAX - 1, 2);
	w->prose = prose_new(w->seed);
}

void world_free(struct world *w)
{
	free(w->accounts);
	ranks_free(&w->culprits);
	ranks_free(&w->recipients);
	prose_free(&w->prose);
}

uint32_t world_sources(const struct world *w)
{
	return w->hijacked + w->honest + INVENT_RELAYS_MAX + 1;
}

enum letter_class world_source_class(const struct world *w, uint32_t source)
{
	if (source < w->hijacked)
		return LETTER_HIJACKED;
	if (source < w->hijacked + w->honest)
		return LETTER_HONEST;
	return source + 1 < world_sources(w) ? LETTER_RELAYED : LETTER_BOUNCE;
}

const char *letter_class_name(enum letter_class class)
{
	static const char *const names[] = {[LETTER_HIJACKED] = "hijacked",
		[LETTER_HONEST] = "honest",
		[LETTER_RELAYED] = "relayed",
		[LETTER_BOUNCE] = "bounce"};

	return names[class];
}

void world_source_name(const struct world *w, uint32_t source, char at[80])
{
	char address[INET_ADDRSTRLEN];

	switch (world_source_class(w, source)) {
	case LETTER_HIJACKED:
	case LETTER_HONEST:
		(void)snprintf(at, 80, "%s:%s", w->accounts[source].script ? "login" : "mailbox",
			w->accounts[source].id);
		return;
	case LETTER_RELAYED:
		invent_relay(address, source - w->hijacked - w->honest);
		(void)snprintf(at, 80, "host:%s", address);
		return;
	case LETTER_BOUNCE:
		(void)snprintf(at, 80, "bounce:local");
	}
}

static struct ink new_ink(void)
{
	return (struct ink){or_end(malloc(LETTER_FILE_MAX)), 0, LETTER_FILE_MAX};
}

struct letter *letter_new(void)
{
	struct letter *l = or_end(calloc(1, sizeof(*l)));

	l->header = new_ink();
	l->data = new_ink();
	l->log = new_ink();
	l->names = new_ink();
	return l;
}

void letter_free(struct letter *l)
{
	if (l == NULL)
		return;
	free(l->header.start);
	free(l->data.start);
	free(l->log.start);
	free(l->names.start);
	free(l);
}

/* When and by which process it was received. */
struct arrival {
	int64_t second;
	uint32_t micros, pid;
};

static struct arrival arrival_of(const struct world *w, uint32_t number)
{
	struct chance c = chance_for(w->seed, STREAM_TIME, number);
	uint64_t into = (uint64_t)w->span * number / w->messages;

	/* 41 and the modulus have no common divisor: as many pids as messages, no two the same. */
	return (struct arrival){w->newest - w->span + (int64_t)into, chance_below(&c, 1000000),
		1000 + (uint32_t)((uint64_t)number * 41 % LETTER_MESSAGES_MAX)};
}

/* 4.96 counts the last field in steps of 5 ms, 4.97 and later in microseconds. */
static void write_id(char at[LETTER_ID_MAX + 1], const struct arrival *a, bool new_form)
{
	struct ink o = {at, 0, LETTER_ID_MAX + 1};

	ink_base62(&o, (uint64_t)a->second, 6);
	ink_char(&o, '-');
	ink_base62(&o, a->pid, new_form ? 11 : 6);
	ink_char(&o, '-');
	ink_base62(&o, new_form ? a->micros : a->micros / 5000, new_form ? 4 : 2);
	ink_char(&o, '\0');
}

void letter_id(const struct world *w, uint32_t number, char at[LETTER_ID_MAX + 1])
{
	struct arrival a = arrival_of(w, number);

	write_id(at, &a, w->new_ids);
}

/* All that is decided about a message before a byte of it is written. */
struct draft {
	const struct world *world;
	struct letter *letter;
	struct chance chance;
	struct arrival arrival;
	enum letter_class class;
	const struct account *account; /* NULL: nobody logged in */
	bool local, tls, tried;
	char client[INET_ADDRSTRLEN];
	uint32_t port;
	char helo[64], sender[96], boundary[48];
	const char *protocol;
	uint32_t body_lines;
};

static void draw_source(struct draft *d)
{
	const struct world *w = d->world;
	struct letter_facts *f = &d->letter->facts;
	uint32_t dice = chance_below(&d->chance, 100);

	if (dice < PERCENT_HIJACKED)
		f->source = ranks_draw(&w->culprits, &d->chance);
	else if (dice < PERCENT_HIJACKED + PERCENT_BOUNCE)
		f->source = world_sources(w) - 1;
	else if (chance_percent(&d->chance, PERCENT_HONEST_LOGIN))
		f->source = w->hijacked + chance_below(&d->chance, w->honest);
	else
		f->source = w->hijacked + w->honest + chance_below(&d->chance, INVENT_RELAYS_MAX);
	d->class = world_source_class(w, f->source);
	d->account = d->class <= LETTER_HONEST ? &w->accounts[f->source] : NULL;
}

static const char *protocol_of(const struct draft *d)
{
	if (d->local)
		return "local";
	if (d->account != NULL)
		return d->tls ? "esmtpsa" : "esmtpa";
	return d->tls ? "esmtps" : "esmtp";
}

static void draw_helo(struct draft *d)
{
	struct ink o = {d->helo, 0, sizeof(d->helo)};

	switch (chance_below(&d->chance, 3)) {
	case 0:
		ink_char(&o, '[');
		ink_text(&o, d->client);
		ink_char(&o, ']');
		break;
	case 1:
		ink_text(&o, "DESKTOP-");
		ink_base62(&o, chance_next(&d->chance), 7);
		break;
	default:
		ink_text(&o, "dsl");
		ink_number(&o, chance_below(&d->chance, 5000), 0);
		ink_char(&o, '.');
		invent_word(&o, &d->chance);
		ink_text(&o, ".test");
	}
	ink_char(&o, '\0');
}

/* Six of ten hijacked mailboxes send under a stranger's name. */
static bool sends_as_itself(struct draft *d)
{
	if (d->account == NULL)
		return false;
	return d->class == LETTER_HONEST || d->account->script || chance_percent(&d->chance, 40);
}

static void draw_sender(struct draft *d)
{
	struct ink o = {d->sender, 0, sizeof(d->sender)};

	if (d->class != LETTER_BOUNCE) {
		if (sends_as_itself(d))
			ink_text(&o, d->account->address);
		else
			invent_stranger(&o, &d->chance);
	}
	ink_char(&o, '\0');
}

static void draw_envelope(struct draft *d)
{
	draw_source(d);
	d->local = d->class == LETTER_BOUNCE || (d->account != NULL && d->account->script);
	d->tls = !d->local && chance_percent(&d->chance, 60);
	d->tried = d->class == LETTER_BOUNCE || chance_percent(&d->chance, 70);
	d->letter->facts.frozen = d->class == LETTER_BOUNCE || chance_percent(&d->chance, 3);
	d->protocol = protocol_of(d);
	if (d->class == LETTER_RELAYED)
		invent_relay(
			d->client, d->letter->facts.source - d->world->hijacked - d->world->honest);
	else
		invent_client(d->client, &d->chance);
	d->port = 1024 + chance_below(&d->chance, 64000);
	draw_helo(d);
	draw_sender(d);
	(void)snprintf(d->boundary, sizeof(d->boundary), "%lld-eximdsn-%u",
		(long long)d->arrival.second, d->arrival.pid);
}

static uint32_t draw_recipient_count(struct draft *d)
{
	switch (d->class) {
	case LETTER_HIJACKED:
		return 2 + ranks_draw(&d->world->recipients, &d->chance);
	case LETTER_BOUNCE:
		return 1;
	default:
		return 1 + chance_below(&d->chance, 3);
	}
}

/* Half of the bounces go back to an account whose sender was its own, half to strangers whose
 * names were forged. */
static void write_recipient(struct draft *d)
{
	struct ink *o = &d->letter->names;

	if (d->class == LETTER_BOUNCE && chance_percent(&d->chance, 50)) {
		uint32_t k = ranks_draw(&d->world->culprits, &d->chance);

		ink_text(o, d->world->accounts[k].address);
	} else {
		invent_stranger(o, &d->chance);
	}
	ink_char(o, '\0');
}

static bool is_among(const char *const *list, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static void draw_recipients(struct draft *d)
{
	struct letter *l = d->letter;
	uint32_t want = draw_recipient_count(d);

	for (uint32_t k = 0; k < want;) {
		size_t start = l->names.len;

		write_recipient(d);
		l->recipients[k] = l->names.start + start;
		if (is_among(l->recipients, k, l->recipients[k]))
			l->names.len = start;
		else
			k++;
	}
	l->facts.recipients = (uint16_t)want;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* At least one recipient is left, or the message would not be in the queue. */
static void draw_delivered(struct draft *d)
{
	struct letter *l = d->letter;
	uint32_t percent, count = 0;

	l->facts.delivered = 0;
	if (d->class != LETTER_HIJACKED || !d->tried || !chance_percent(&d->chance, 55))
		return;
	percent = 5 + chance_below(&d->chance, 90);
	for (uint32_t k = 0; k < l->facts.recipients; k++)
		if (chance_percent(&d->chance, percent) && count + 1U < l->facts.recipients)
			l->delivered[count++] = l->recipients[k];
	qsort(l->delivered, count, sizeof(*l->delivered), by_bytes);
	l->facts.delivered = (uint16_t)count;
}

/* ---- -D ---- */

static uint32_t count_lines(const struct ink *o, size_t from)
{
	uint32_t lines = 0;

	for (size_t i = from; i < o->len; i++)
		lines += o->start[i] == '\n';
	return lines;
}

/* The head of what the bounce returns: mail of a hijacked account that passed here before. */
static void write_returned(struct draft *d)
{
	struct ink *o = &d->letter->data;
	uint32_t k = ranks_draw(&d->world->culprits, &d->chance);
	struct arrival before = d->arrival;
	char id[LETTER_ID_MAX + 1];

	before.second -= 1 + chance_below(&d->chance, 600);
	write_id(id, &before, d->world->new_ids);
	ink_text(o, "Return-path: <");
	ink_text(o, d->letter->recipients[0]);
	ink_text(o, ">\nReceived: from [");
	ink_text(o, d->client);
	ink_text(o, "]\n\tby " INVENT_HOST " with esmtpa\n\tid ");
	ink_text(o, id);
	ink_text(o, ";\n\t");
	ink_mail_date(o, before.second);
	ink_text(o, "\nSubject: ");
	invent_subject(o, d->world->accounts[k].campaign, &d->chance);
	ink_text(o, "\nMessage-Id: <E");
	ink_text(o, id);
	ink_text(o, "@" INVENT_HOST ">\n\n");
}

static void write_report(struct draft *d)
{
	struct ink *o = &d->letter->data;

	ink_text(o, "--");
	ink_text(o, d->boundary);
	ink_text(o, "\nContent-type: text/plain; charset=us-ascii\n\n"
		    "A message sent from this address was not delivered to\n\n  ");
	invent_stranger(o, &d->chance);
	ink_text(o,
		"\n    host mx.bigpost.example [203.0.113.255]\n    SMTP error from remote mail "
		"server after RCPT TO:\n    550 5.1.1 no such mailbox\n\n--");
	ink_text(o, d->boundary);
	ink_text(o, "\nContent-type: message/rfc822\n\n");
	write_returned(d);
}

static void write_data(struct draft *d)
{
	struct ink *o = &d->letter->data;
	uint32_t least = 1024 + chance_below(&d->chance, 7168);
	uint32_t first = (uint32_t)chance_next(&d->chance);
	size_t start;

	ink_text(o, d->letter->id);
	ink_text(o, "-D\n");
	start = o->len;
	if (d->class == LETTER_BOUNCE)
		write_report(d);
	if (d->class == LETTER_HIJACKED) /* a campaign has four texts */
		first = d->account->campaign + first % 4;
	prose_cut(&d->world->prose, o, first, least);
	d->body_lines = count_lines(o, start);
}

/* ---- the envelope in -H ---- */

static void write_option(struct ink *o, const char *name, const char *value)
{
	ink_text(o, name);
	ink_char(o, ' ');
	ink_text(o, value);
	ink_char(o, '\n');
}

static void write_number(struct ink *o, const char *name, uint64_t n)
{
	ink_text(o, name);
	ink_char(o, ' ');
	ink_number(o, n, 0);
	ink_char(o, '\n');
}

static void write_first_lines(struct draft *d)
{
	struct ink *o = &d->letter->header;

	ink_text(o, d->letter->id);
	ink_text(o, "-H\n");
	if (d->account != NULL && d->account->script) {
		ink_text(o, d->account->id);
		ink_char(o, ' ');
		ink_number(o, d->account->uid, 0);
		ink_char(o, ' ');
		ink_number(o, d->account->uid, 0);
	} else {
		ink_text(o, DAEMON_LOGIN);
	}
	ink_text(o, "\n<");
	ink_text(o, d->sender);
	ink_text(o, ">\n");
	ink_number(o, (uint64_t)d->arrival.second, 0);
	ink_text(o, d->tried && chance_percent(&d->chance, 10) ? " 1\n" : " 0\n");
}

static void write_times(struct draft *d)
{
	struct ink *o = &d->letter->header;
	uint64_t end = d->arrival.micros + 400 + chance_below(&d->chance, 300000);

	ink_text(o, "-received_time_usec .");
	ink_number(o, d->arrival.micros, 6);
	ink_text(o, "\n-received_time_complete ");
	ink_number(o, (uint64_t)d->arrival.second + end / 1000000, 0);
	ink_char(o, '.');
	ink_number(o, end % 1000000, 6);
	ink_char(o, '\n');
}

static const char *port_of(const struct draft *d)
{
	if (d->account == NULL)
		return "25";
	return d->tls ? "465" : "587";
}

static void write_client(struct draft *d)
{
	struct ink *o = &d->letter->header;

	write_option(o, "--helo_name", d->helo);
	ink_text(o, "-host_address [");
	ink_text(o, d->client);
	ink_text(o, "]:");
	ink_number(o, d->port, 0);
	ink_char(o, '\n');
	if (chance_percent(&d->chance, 45)) {
		ink_text(o, "-host_name pool-");
		ink_number(o, chance_below(&d->chance, 100000), 0);
		ink_char(o, '.');
		invent_word(o, &d->chance);
		ink_text(o, ".test\n");
	}
	if (d->account != NULL) {
		write_option(o, "-host_auth", d->account->authenticator);
		write_option(o, "-host_auth_pubname", d->account->mechanism);
	}
	ink_text(o, "-interface_address [192.0.2.10]:");
	ink_text(o, port_of(d));
	ink_char(o, '\n');
}

/* Half of what comes by SMTP carries two ACL variables. */
static void write_acl_variables(struct draft *d)
{
	struct ink *o = &d->letter->header;

	if (d->local || !chance_percent(&d->chance, 50))
		return;
	write_number(o, "-aclc _lasthost", strlen(d->client));
	ink_text(o, d->client);
	ink_text(o, "\n-aclm 0 2\n");
	ink_number(o, 10 + chance_below(&d->chance, 90), 0);
	ink_char(o, '\n');
}

static void write_tls(struct draft *d)
{
	struct ink *o = &d->letter->header;

	if (!d->tls) {
		ink_text(o, "-tls_resumption A\n");
		return;
	}
	write_option(o, "-tls_cipher", "TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256");
	write_option(o, "-tls_ourcert", invent_certificate);
	ink_text(o, "-tls_resumption B\n-tls_ver TLS1.3\n");
}

static void write_flags(struct draft *d)
{
	struct ink *o = &d->letter->header;

	if (d->local)
		ink_text(o, "-allow_unqualified_recipient\n-allow_unqualified_sender\n");
	if (!d->tried)
		ink_text(o, "-deliver_firsttime\n");
	if (d->letter->facts.frozen)
		write_number(o, "-frozen",
			(uint64_t)d->arrival.second + 60 + chance_below(&d->chance, 3600));
	if (!d->local && chance_percent(&d->chance, 20))
		ink_text(o, "-host_lookup_failed\n");
	if (d->account != NULL && d->local)
		ink_text(o, "-local\n");
	if (d->class == LETTER_BOUNCE)
		ink_text(o, "-localerror\n");
	if (d->class == LETTER_RELAYED)
		ink_text(o, "-spam_bar +\n-spam_score 1.4\n-spam_score_int 14\n");
}

static void write_options(struct draft *d)
{
	struct ink *o = &d->letter->header;

	write_times(d);
	if (d->local)
		write_option(o, "-ident", d->account != NULL ? d->account->id : "Debian-exim");
	else
		write_client(d);
	write_option(o, "-received_protocol", d->protocol);
	write_acl_variables(d);
	write_number(o, "-body_linecount", d->body_lines);
	write_number(o, "-max_received_linelength", 70 + chance_below(&d->chance, 90));
	if (d->account != NULL)
		write_option(o, d->local ? "-auth_id" : "--auth_id", d->account->id);
	if (d->account != NULL && d->local)
		write_option(o, "-auth_sender", d->account->address);
	write_flags(d);
	write_tls(d);
}

/* The tree as Exim dumps it: a node, what is below it at the left, then at the right. The middle
 * of the sorted names as the root of each part keeps it balanced, as Exim's own is, and so the
 * calls are no deeper than seven for a hundred names. */
// NOLINTNEXTLINE(misc-no-recursion)
static void write_tree(struct ink *o, const char *const *sorted, uint32_t count)
{
	uint32_t root = count / 2, right = count - root - 1;

	ink_char(o, root > 0 ? 'Y' : 'N');
	ink_char(o, right > 0 ? 'Y' : 'N');
	ink_char(o, ' ');
	ink_text(o, sorted[root]);
	ink_char(o, '\n');
	if (root > 0)
		write_tree(o, sorted, root);
	if (right > 0)
		write_tree(o, sorted + root + 1, right);
}

static void write_recipients(struct letter *l)
{
	struct ink *o = &l->header;

	if (l->facts.delivered > 0)
		write_tree(o, l->delivered, l->facts.delivered);
	else
		ink_text(o, "XX\n");
	ink_number(o, l->facts.recipients, 0);
	ink_char(o, '\n');
	for (uint32_t k = 0; k < l->facts.recipients; k++) {
		ink_text(o, l->recipients[k]);
		ink_char(o, '\n');
	}
	ink_char(o, '\n');
}

/* ---- the headers in -H ---- */

/* A header's text is written first, behind room for the shortest prefix, "nnnT ". */
enum { PREFIX = 5 };

static size_t header_begin(struct ink *o)
{
	ink_bytes(o, "     ", PREFIX);
	return o->len;
}

/* Sets the number of bytes and the type (as Exim's letters, or a space) before it. */
static void header_end(struct ink *o, size_t start, char type)
{
	char prefix[16];
	size_t len, wide;

	ink_char(o, '\n');
	len = o->len - start;
	wide = (size_t)snprintf(prefix, sizeof(prefix), "%03zu%c ", len, type);
	if (wide > PREFIX) {
		ink_bytes(o, "     ", wide - PREFIX);
		memmove(o->start + start - PREFIX + wide, o->start + start, len);
	}
	memcpy(o->start + start - PREFIX, prefix, wide);
}

static void write_header(struct ink *o, char type, const char *text)
{
	size_t start = header_begin(o);

	ink_text(o, text);
	header_end(o, start, type);
}

static void write_received_from(struct draft *d)
{
	struct ink *o = &d->letter->header;
	const char *version = d->world->new_ids ? "(Exim 4.99)" : "(Exim 4.96)";

	if (d->local) {
		ink_text(o, d->account != NULL ? d->account->id : "Debian-exim");
		ink_text(o, " by " INVENT_HOST " with local ");
		ink_text(o, version);
		return;
	}
	ink_char(o, '[');
	ink_text(o, d->client);
	ink_text(o, "] (port=");
	ink_number(o, d->port, 0);
	ink_text(o, " helo=");
	ink_text(o, d->helo);
	ink_text(o, ")\n\tby " INVENT_HOST " with ");
	ink_text(o, d->protocol);
	if (d->tls)
		ink_text(o, "  (TLS1.3) tls TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n\t");
	else
		ink_char(o, ' ');
	ink_text(o, version);
}

static void write_received(struct draft *d)
{
	struct ink *o = &d->letter->header;
	size_t start = header_begin(o);

	ink_text(o, "Received: from ");
	write_received_from(d);
	if (d->sender[0] != '\0') {
		ink_text(o, "\n\t(envelope-from <");
		ink_text(o, d->sender);
		ink_text(o, ">)");
	}
	ink_text(o, "\n\tid ");
	ink_text(o, d->letter->id);
	if (d->letter->facts.recipients == 1) {
		ink_text(o, "\n\tfor ");
		ink_text(o, d->letter->recipients[0]);
	}
	ink_text(o, ";\n\t");
	ink_mail_date(o, d->arrival.second);
	header_end(o, start, 'P');
}

static void write_bounce_headers(struct draft *d)
{
	struct ink *o = &d->letter->header;
	size_t start = header_begin(o);

	ink_text(o, "X-Failed-Recipients: ");
	invent_stranger(o, &d->chance);
	header_end(o, start, ' ');
	write_header(o, ' ', "Auto-Submitted: auto-replied");
	write_header(o, 'F', "From: Mail Delivery System <Mailer-Daemon@" INVENT_HOST ">");
	start = header_begin(o);
	ink_text(o, "To: ");
	ink_text(o, d->letter->recipients[0]);
	header_end(o, start, 'T');
	start = header_begin(o);
	ink_text(o, "Content-Type: multipart/report; report-type=delivery-status; boundary=");
	ink_text(o, d->boundary);
	header_end(o, start, ' ');
	write_header(o, ' ', "MIME-Version: 1.0");
	write_header(o, ' ', "Subject: Mail delivery failed: returning message to sender");
}

static void write_from(struct draft *d)
{
	struct ink *o = &d->letter->header;
	size_t start = header_begin(o);

	ink_text(o, "From: \"");
	invent_word(o, &d->chance);
	ink_text(o, " service\" <");
	ink_text(o, d->sender);
	ink_char(o, '>');
	header_end(o, start, 'F');
}

static void write_to(struct letter *l)
{
	struct ink *o = &l->header;
	size_t start = header_begin(o);

	ink_text(o, "To: ");
	if (l->facts.recipients > 10) {
		ink_text(o, "undisclosed-recipients:;");
	} else {
		for (uint32_t k = 0; k < l->facts.recipients; k++) {
			ink_text(o, k > 0 ? ",\n " : "");
			ink_text(o, l->recipients[k]);
		}
	}
	header_end(o, start, 'T');
}

static void write_reply_to(struct draft *d)
{
	struct ink *o = &d->letter->header;
	size_t start;

	if (!chance_percent(&d->chance, 30))
		return;
	start = header_begin(o);
	ink_text(o, "Reply-To: ");
	invent_stranger(o, &d->chance);
	header_end(o, start, 'R');
}

static void write_subject(struct draft *d)
{
	struct ink *o = &d->letter->header;
	size_t start = header_begin(o);
	uint32_t campaign = (uint32_t)chance_next(&d->chance);

	if (d->class == LETTER_HIJACKED)
		campaign = d->account->campaign;
	ink_text(o, "Subject: ");
	invent_subject(o, campaign, &d->chance);
	header_end(o, start, ' ');
}

static void write_script_header(struct draft *d)
{
	struct ink *o = &d->letter->header;
	size_t start = header_begin(o);

	ink_text(o, "X-PHP-Originating-Script: ");
	ink_number(o, d->account->uid, 0);
	ink_text(o, ":contact.php");
	header_end(o, start, ' ');
}

static void write_mail_headers(struct draft *d)
{
	struct ink *o = &d->letter->header;

	if (d->account != NULL && d->account->script)
		write_script_header(d);
	write_from(d);
	write_to(d->letter);
	write_reply_to(d);
	write_subject(d);
	write_header(o, ' ', "MIME-Version: 1.0");
	write_header(o, ' ',
		d->class == LETTER_HIJACKED ? "Content-Type: text/html; charset=\"UTF-8\""
					    : "Content-Type: text/plain; charset=utf-8");
	write_header(o, ' ', "Content-Transfer-Encoding: 8bit");
	if (d->class == LETTER_RELAYED)
		write_header(o, ' ',
			"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=friends.test; "
			"s=m1;\n\th=From:To:Subject:Date:Message-ID;\n\t"
			"bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n\t"
			"b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB4nujc7YopdG5");
	if (chance_percent(&d->chance, 50))
		write_header(o, ' ', "X-Mailer: Roundcube Webmail/1.6.5");
}

static void write_last_headers(struct draft *d)
{
	struct ink *o = &d->letter->header;
	size_t start = header_begin(o);

	ink_text(o, "Message-Id: <E");
	ink_text(o, d->letter->id);
	ink_text(o, "@" INVENT_HOST ">");
	header_end(o, start, 'I');
	start = header_begin(o);
	ink_text(o, "Date: ");
	ink_mail_date(o, d->arrival.second);
	header_end(o, start, ' ');
}

/* ---- msglog ---- */

static void write_log(struct draft *d)
{
	struct letter *l = d->letter;
	struct ink *o = &l->log;

	ink_log_date(o, d->arrival.second);
	ink_text(o, " Received from ");
	ink_text(o, d->sender[0] != '\0' ? d->sender : "<>");
	if (!d->local) {
		ink_text(o, " H=(");
		ink_text(o, d->helo);
		ink_text(o, ") [");
		ink_text(o, d->client);
		ink_char(o, ']');
	}
	ink_text(o, " P=");
	ink_text(o, d->protocol);
	ink_text(o, " S=");
	ink_number(o, l->data.len + 500, 0);
	ink_char(o, '\n');
	if (d->tried) {
		ink_log_date(o, d->arrival.second + 2);
		ink_char(o, ' ');
		ink_text(o, l->recipients[l->facts.recipients - 1]);
		ink_text(o, " R=dnslookup T=remote_smtp defer (-44) H=mx.bigpost.example "
			    "[203.0.113.255]: SMTP error from remote mail server after RCPT TO:<");
		ink_text(o, l->recipients[l->facts.recipients - 1]);
		ink_text(o, ">: 451 4.7.1 try again later\n");
	}
	if (l->facts.frozen)
		ink_text(o, "*** Frozen\n");
}

void letter_write(const struct world *w, uint32_t number, struct letter *l)
{
	struct draft d = {.world = w,
		.letter = l,
		.chance = chance_for(w->seed, STREAM_LETTER, number),
		.arrival = arrival_of(w, number)};

	l->header.len = l->data.len = l->log.len = l->names.len = 0;
	write_id(l->id, &d.arrival, w->new_ids);
	draw_envelope(&d);
	draw_recipients(&d);
	draw_delivered(&d);
	write_data(&d);
	write_first_lines(&d);
	write_options(&d);
	write_recipients(l);
	write_received(&d);
	if (d.class == LETTER_BOUNCE)
		write_bounce_headers(&d);
	else
		write_mail_headers(&d);
	write_last_headers(&d);
	write_log(&d);
	l->facts.header_bytes = (uint32_t)l->header.len;
	l->facts.data_bytes = (uint32_t)l->data.len;
}
