/* makelog - makes a main log of Exim of a chosen size: the same options give the same bytes.
 *
 *   makelog --size BYTES[k|m|g] [options] > mainlog
 *
 *   --flavour cpanel   +incoming_port +smtp_connection +all_parents +subject +arguments
 *                      +received_recipients (the default)
 *             debian   +smtp_protocol_error +smtp_syntax_error +tls_certificate_verified
 * +tls_peerdn
 *   --ids old|new      of 16 characters (4.96, the default) or 23 (4.97 on)
 *   --seed N           (1)
 *   --accounts N       hijacked ones, 1 to 10000 (50); four times as many honest ones
 *   --truth FILE       how many lines there are of each kind, in the words of logfloor
 *
 * It ends with the line that reaches the size. 256 messages are in work at a time, so that the
 * lines of one are spread out as in a real log. Of a hundred messages 55 are spam of hijacked
 * accounts (the k-th sends 1/k of what the first sends) to 2 to 100 recipients, 30 honest, 15
 * bounces. Of a hundred recipients 64 are delivered at once, 14 fail, 22 are deferred first.
 * Between them: rejections, failed logins, connections, calls of scripts. The forms are those that
 * a real 4.96 wrote. */
#include "invent.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SLOTS = 256,
	RECIPIENTS_MAX = 100,
	ADDRESS_ROOM = 96, /* of an account's address and of INVENT_ADDRESS_MAX */
	LINE_ROOM = 1 << 16,
	OUT_ROOM = 1 << 20,
	ACCOUNTS_MAX = 10000,
	BEGIN = 1795000000, /* seconds since 1970 of the first line */
	HOSTS = 40
};

enum line {
	ACCEPTED,
	DELIVERED,
	DELIVERED_ALSO,
	FAILED,
	DEFERRED,
	COMPLETED,
	REFUSED,
	LOGIN_FAILED,
	CONNECTED,
	CLOSED,
	LOST,
	COMMAND,
	OTHER,
	LINES
};

static const char *const line_names[LINES] = {"accepted", "delivered", "delivered also", "failed",
	"deferred", "completed", "refused", "login failed", "connected", "closed", "lost",
	"command", "other"};

/* A message between its arrival and its end. */
struct slot {
	char id[24];
	char sender[128]; /* "" for a bounce */
	char recipients[RECIPIENTS_MAX][ADDRESS_ROOM];
	bool deferred[RECIPIENTS_MAX];
	uint32_t count, at, left; /* left: to be tried again */
	bool arrived, local, again;
};

struct maker {
	uint64_t size, seed, written;
	uint32_t hijacked;
	bool cpanel, new_ids;
	const char *truth;
	struct account *accounts; /* owned: hijacked, then honest */
	struct ranks culprits, spread;
	struct chance chance;
	uint64_t clock_us, pid;
	struct slot slots[SLOTS];
	uint64_t lines[LINES];
	struct ink line;
	char *out; /* owned */
	size_t out_len;
};

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "makelog: %s: %s\n", what, strerror(errno));
	exit(1);
}

static _Noreturn void usage(void)
{
	(void)fputs("usage: makelog --size BYTES[k|m|g] [--flavour cpanel|debian] [--ids old|new] "
		    "[--seed N] [--accounts N] [--truth FILE] > mainlog\n",
		stderr);
	exit(2);
}

static void flush(struct maker *m)
{
	for (size_t done = 0; done < m->out_len;) {
		ssize_t n = write(STDOUT_FILENO, m->out + done, m->out_len - done);
		if (n <= 0)
			fail("writing");
		done += (size_t)n;
	}
	m->out_len = 0;
}

/* ---- pieces ---- */

static void begin_line(struct maker *m, const char *id)
{
	m->clock_us += chance_below(&m->chance, 60000);
	m->line.len = 0;
	ink_log_date(&m->line, (time_t)(m->clock_us / 1000000));
	ink_char(&m->line, ' ');
	if (id != NULL) {
		ink_text(&m->line, id);
		ink_char(&m->line, ' ');
	}
}

static void end_line(struct maker *m, enum line kind)
{
	ink_char(&m->line, '\n');
	if (m->line.len > OUT_ROOM - m->out_len)
		flush(m);
	memcpy(m->out + m->out_len, m->line.start, m->line.len);
	m->out_len += m->line.len;
	m->written += m->line.len;
	m->lines[kind]++;
}

static void put(struct maker *m, const char *text)
{
	ink_text(&m->line, text);
}

static void put_number(struct maker *m, uint64_t n)
{
	ink_number(&m->line, n, 0);
}

static uint32_t below(struct maker *m, uint32_t n)
{
	return chance_below(&m->chance, n);
}

static bool percent(struct maker *m, uint32_t n)
{
	return chance_percent(&m->chance, n);
}

static void make_id(struct maker *m, char at[24])
{
	struct ink o = {at, 0, 24};

	m->pid += 1 + below(m, 3);
	ink_base62(&o, m->clock_us / 1000000, 6);
	ink_char(&o, '-');
	ink_base62(&o, m->pid, m->new_ids ? 11 : 6);
	ink_char(&o, '-');
	ink_base62(&o, m->new_ids ? m->clock_us % 1000000 : m->clock_us / 5000 % 200,
		m->new_ids ? 4 : 2);
	at[o.len] = '\0';
}

static void put_client(struct maker *m)
{
	char ip[INET_ADDRSTRLEN];

	invent_client(ip, &m->chance);
	if (percent(m, 20)) {
		put(m, "client");
		put_number(m, below(m, 5000));
		put(m, ".dialup.example ");
	}
	put(m, percent(m, 30) ? "([127.0.0.1]" : "(desktop-");
	if (m->line.start[m->line.len - 1] == '-')
		ink_base62(&m->line, below(m, 100000), 7);
	put(m, ") [");
	put(m, ip);
	put(m, "]");
	if (m->cpanel) {
		put(m, ":");
		put_number(m, 1024 + below(m, 60000));
	}
}

static void put_mx(struct maker *m, bool tls)
{
	uint32_t host = below(m, HOSTS);

	put(m, " H=mx");
	put_number(m, host % 4);
	put(m, ".provider");
	put_number(m, host);
	put(m, ".example [203.0.113.");
	put_number(m, 1 + host);
	put(m, "]");
	if (!tls || percent(m, 15))
		return;
	put(m, " X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=");
	put(m, percent(m, 80) ? "yes" : "no");
	if (!m->cpanel) {
		put(m, " DN=\"C=US,ST=California,L=Springfield,O=Provider ");
		put_number(m, host);
		put(m, " Inc.,CN=mx.provider");
		put_number(m, host);
		put(m, ".example\"");
	}
}

/* ---- messages ---- */

/* Text as Exim quotes it, sometimes with what needs an escape. */
static void put_subject(struct maker *m, uint32_t campaign)
{
	put(m, " T=\"");
	if (percent(m, 10))
		put(m, "F\\303\\274r \\\"Sie\\\" ");
	invent_subject(&m->line, campaign, &m->chance);
	put(m, "\"");
}

static void put_account(struct maker *m, const struct account *a, struct slot *s)
{
	bool script = a != NULL && a->script;

	s->local = script;
	if (script) {
		put(m, " U=");
		put(m, a->id);
		put(m, " P=local");
		return;
	}
	put(m, " H=");
	put_client(m);
	put(m, a != NULL ? " P=esmtpsa" : " P=esmtps");
	put(m, " X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no");
	if (a != NULL) {
		put(m, " A=");
		put(m, a->authenticator);
		put(m, ":");
		put(m, a->id);
	}
}

static void put_message_id(struct maker *m, const char *domain)
{
	put(m, " id=");
	ink_base62(&m->line, chance_next(&m->chance), 11);
	put(m, ".");
	ink_base62(&m->line, chance_next(&m->chance), 11);
	put(m, "@");
	put(m, domain);
}

static void fill_recipients(struct maker *m, struct slot *s, uint32_t count)
{
	s->count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct ink o = {s->recipients[i], 0, ADDRESS_ROOM - 1};

		invent_stranger(&o, &m->chance);
		s->recipients[i][o.len] = '\0';
		s->deferred[i] = false;
	}
}

static void put_recipients(struct maker *m, const struct slot *s)
{
	put(m, " for");
	for (uint32_t i = 0; i < s->count; i++) {
		put(m, " ");
		put(m, s->recipients[i]);
	}
}

static void call_of_script(struct maker *m, const struct account *a)
{
	begin_line(m, NULL);
	put(m, "cwd=/home/");
	put(m, a->id);
	put(m, "/public_html 4 args: /usr/sbin/sendmail -t -i -f");
	put(m, a->address);
	end_line(m, COMMAND);
}

static void arrive(struct maker *m, struct slot *s, const struct account *a, bool spam)
{
	struct ink o = {s->sender, 0, sizeof(s->sender) - 1};

	if (a != NULL && !(spam && percent(m, 60)))
		ink_text(&o, a->address);
	else
		invent_stranger(&o, &m->chance);
	s->sender[o.len] = '\0';
	fill_recipients(m, s, spam ? 2 + ranks_draw(&m->spread, &m->chance) : 1 + below(m, 3));
	if (a != NULL && a->script && m->cpanel)
		call_of_script(m, a);
	begin_line(m, s->id);
	put(m, "<= ");
	put(m, s->sender);
	put_account(m, a, s);
	put(m, " S=");
	put_number(m, 700 + below(m, spam ? 9000 : 200000));
	put_message_id(m, "client.example");
	if (m->cpanel) {
		put_subject(m, a != NULL && spam ? a->campaign : below(m, 1000));
		put_recipients(m, s);
	}
	end_line(m, ACCEPTED);
}

static void bounce(struct maker *m, struct slot *s, const struct account *a)
{
	char of[24];

	make_id(m, of);
	s->sender[0] = '\0';
	s->local = true;
	fill_recipients(m, s, 1);
	if (percent(m, 50))
		(void)snprintf(s->recipients[0], sizeof(s->recipients[0]), "%s", a->address);
	begin_line(m, s->id);
	put(m, "<= <> R=");
	put(m, of);
	put(m, " U=mailnull P=local S=");
	put_number(m, 2000 + below(m, 8000));
	if (m->cpanel) {
		put(m, " T=\"Mail delivery failed: returning message to sender\"");
		put_recipients(m, s);
	}
	end_line(m, ACCEPTED);
}

static void begin_message(struct maker *m, struct slot *s)
{
	uint32_t what = below(m, 100);
	const struct account *hijacked = &m->accounts[ranks_draw(&m->culprits, &m->chance)];
	const struct account *honest = &m->accounts[m->hijacked + below(m, 4 * m->hijacked)];

	memset(s, 0, offsetof(struct slot, recipients));
	s->at = s->left = 0;
	s->again = false;
	s->arrived = true;
	make_id(m, s->id);
	if (what < 55)
		arrive(m, s, hijacked, true);
	else if (what < 85)
		arrive(m, s, percent(m, 50) ? honest : NULL, false);
	else
		bounce(m, s, hijacked);
}

static void put_route(struct maker *m)
{
	put(m, m->cpanel ? " R=dkim_lookuphost T=dkim_remote_smtp" : " R=dnslookup T=remote_smtp");
}

static void deliver(struct maker *m, const struct slot *s, const char *recipient)
{
	bool local = s->sender[0] != '\0' && percent(m, 5);

	begin_line(m, s->id);
	put(m, s->at > 0 && !local ? "-> " : "=> ");
	enum line kind = s->at > 0 && !local ? DELIVERED_ALSO : DELIVERED;
	if (local) {
		put(m, "office <");
		put(m, recipient);
		put(m, "> R=virtual_user T=dovecot_virtual_delivery C=\"250 2.0.0 <");
		put(m, recipient);
		put(m, "> Saved\"");
	} else {
		put(m, recipient);
		put_route(m);
		put_mx(m, true);
		put(m, " C=\"250 2.0.0 Ok: queued as ");
		ink_base62(&m->line, chance_next(&m->chance), 11);
		put(m, "\"");
	}
	end_line(m, kind);
}

static void refuse(struct maker *m, const struct slot *s, const char *recipient)
{
	static const char *const answers[] = {
		": 550 5.1.1 The email account that you tried to reach "
		"does not exist. Please try double-checking it",
		": 550 5.7.1 Service unavailable; Client host [198.18.0.1] blocked using "
		"bl.lists.example",
		": 550-5.7.1 This message is likely unsolicited mail. To reduce the amount of spam "
		"sent to\\n550 5.7.1 us, it has been blocked.",
		": 554 5.2.2 mailbox full", ": 550 No such user here", ": 550 5.1.1 user unknown",
		": 552 message rejected by policy"};

	begin_line(m, s->id);
	put(m, "** ");
	put(m, recipient);
	if (percent(m, 10)) {
		put(m, ": Unrouteable address");
		end_line(m, FAILED);
		return;
	}
	put_route(m);
	put_mx(m, true);
	put(m, ": SMTP error from remote mail server after RCPT TO:<");
	put(m, recipient);
	put(m, ">");
	put(m, answers[below(m, sizeof(answers) / sizeof(*answers))]);
	end_line(m, FAILED);
}

static void defer(struct maker *m, const struct slot *s, const char *recipient)
{
	static const char *const answers[] = {": 451 4.7.1 Greylisted, please try again later",
		": 421 4.7.28 Our system has detected an unusual rate of unsolicited mail",
		": 452 4.2.2 The email account that you tried to reach is over quota",
		": 450 4.2.0 mailbox busy"};

	begin_line(m, s->id);
	put(m, "== ");
	put(m, recipient);
	put_route(m);
	switch (below(m, 4)) {
	case 0:
		put(m, " defer (111): Connection refused");
		break;
	case 1:
		put(m, " defer (-53): retry time not reached for any host");
		break;
	default:
		put(m, " defer (-44)");
		put_mx(m, false);
		put(m, ": SMTP error from remote mail server after RCPT TO:<");
		put(m, recipient);
		put(m, ">");
		put(m, answers[below(m, sizeof(answers) / sizeof(*answers))]);
	}
	end_line(m, DEFERRED);
}

/* The next line of a message. */
static void go_on(struct maker *m, struct slot *s)
{
	while (s->at < s->count && s->again && !s->deferred[s->at])
		s->at++;
	if (s->at < s->count) {
		uint32_t what = below(m, 100);
		uint32_t i = s->at;

		if (s->again ? what < 60 : what < 64) {
			deliver(m, s, s->recipients[i]);
			s->deferred[i] = false;
		} else if (what < 78) {
			refuse(m, s, s->recipients[i]);
			s->deferred[i] = false;
		} else {
			defer(m, s, s->recipients[i]);
			s->deferred[i] = true;
			s->left++;
		}
		s->at++;
		return;
	}
	if (s->left > 0 && !s->again) {
		s->again = true;
		s->at = s->left = 0;
		return;
	}
	if (s->left == 0) {
		begin_line(m, s->id);
		put(m, "Completed");
		end_line(m, COMPLETED);
	}
	s->arrived = false;
}

/* ---- lines between ---- */

static void rejection(struct maker *m)
{
	begin_line(m, NULL);
	put(m, "H=");
	put_client(m);
	if (percent(m, 50))
		put(m, " X=TLS1.2:ECDHE-RSA-AES256-GCM-SHA384:256 CV=no");
	put(m, " F=<");
	invent_stranger(&m->line, &m->chance);
	put(m, percent(m, 20) ? "> temporarily rejected RCPT <" : "> rejected RCPT <");
	invent_stranger(&m->line, &m->chance);
	put(m, percent(m, 50) ? ">: No Such User Here" : ">: relay not permitted");
	end_line(m, REFUSED);
}

static void failed_login(struct maker *m)
{
	begin_line(m, NULL);
	put(m, percent(m, 50) ? "dovecot_login" : "dovecot_plain");
	put(m, " authenticator failed for ");
	put_client(m);
	put(m, ": 535 Incorrect authentication data (set_id=");
	put(m, m->accounts[below(m, 5 * m->hijacked)].id);
	put(m, ")");
	end_line(m, LOGIN_FAILED);
}

static void connection(struct maker *m)
{
	char ip[INET_ADDRSTRLEN];

	begin_line(m, NULL);
	if (percent(m, 50)) {
		invent_client(ip, &m->chance);
		put(m, "SMTP connection from [");
		put(m, ip);
		put(m, "]:");
		put_number(m, 1024 + below(m, 60000));
		put(m, " (TCP/IP connection count = ");
		put_number(m, 1 + below(m, 90));
		put(m, ")");
		end_line(m, CONNECTED);
		return;
	}
	put(m, "SMTP connection from ");
	put_client(m);
	put(m, " closed by QUIT");
	end_line(m, CLOSED);
}

static void noise(struct maker *m)
{
	begin_line(m, NULL);
	switch (below(m, 3)) {
	case 0:
		put(m, "no host name found for IP address 198.18.");
		put_number(m, below(m, 256));
		put(m, ".7");
		break;
	case 1:
		put(m, "TLS error on connection from ");
		put_client(m);
		put(m, " (SSL_accept): error:1408F10B:SSL routines:ssl3_get_record:wrong version "
		       "number");
		break;
	default:
		put(m, "unexpected disconnection while reading SMTP command from ");
		put_client(m);
		put(m, " D=3s");
		end_line(m, LOST);
		return;
	}
	end_line(m, OTHER);
}

static void make_line(struct maker *m)
{
	uint32_t what = below(m, 1000);

	if (what < 60) {
		rejection(m);
	} else if (what < 100) {
		failed_login(m);
	} else if (what < 120) {
		noise(m);
	} else if (what < 180 && m->cpanel) {
		connection(m);
	} else {
		struct slot *s = &m->slots[below(m, SLOTS)];
		if (s->arrived)
			go_on(m, s);
		else
			begin_message(m, s);
	}
}

/* ---- the program ---- */

static uint64_t number_of(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end == 'k' || *end == 'm' || *end == 'g')
		n <<= *end == 'k' ? 10 : *end == 'm' ? 20 : 30, end++;
	if (errno != 0 || *end != '\0' || end == text || n < least || n > most)
		usage();
	return n;
}

static bool is_second(const char *text, const char *first, const char *second)
{
	if (strcmp(text, first) != 0 && strcmp(text, second) != 0)
		usage();
	return strcmp(text, second) == 0;
}

static void read_options(int argc, char **argv, struct maker *m)
{
	static const struct option options[] = {{"size", required_argument, NULL, 's'},
		{"flavour", required_argument, NULL, 'f'}, {"ids", required_argument, NULL, 'i'},
		{"seed", required_argument, NULL, 'e'}, {"accounts", required_argument, NULL, 'a'},
		{"truth", required_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			m->size = number_of(optarg, 1, (uint64_t)1 << 40);
			break;
		case 'f':
			m->cpanel = !is_second(optarg, "cpanel", "debian");
			break;
		case 'i':
			m->new_ids = is_second(optarg, "old", "new");
			break;
		case 'e':
			m->seed = number_of(optarg, 0, UINT32_MAX);
			break;
		case 'a':
			m->hijacked = (uint32_t)number_of(optarg, 1, ACCOUNTS_MAX);
			break;
		case 't':
			m->truth = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind != argc || m->size == 0)
		usage();
}

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		fail("memory");
	return p;
}

static void furnish(struct maker *m)
{
	m->accounts = allocate(5 * (size_t)m->hijacked, sizeof(*m->accounts));
	for (uint32_t k = 0; k < 5 * m->hijacked; k++)
		invent_account(&m->accounts[k], m->seed, k < m->hijacked ? k : k - m->hijacked,
			k < m->hijacked);
	m->culprits = ranks_new(m->hijacked, 1);
	m->spread = ranks_new(RECIPIENTS_MAX - 1, 5);
	m->chance = chance_for(m->seed, 100, 0);
	m->clock_us = (uint64_t)BEGIN * 1000000;
	m->pid = 100000;
	m->line = (struct ink){allocate(LINE_ROOM, 1), 0, LINE_ROOM};
	m->out = allocate(OUT_ROOM, 1);
}

static void write_truth(const struct maker *m)
{
	FILE *file = fopen(m->truth, "w");

	if (file == NULL)
		fail(m->truth);
	for (int i = 0; i < LINES; i++)
		if (m->lines[i] > 0)
			(void)fprintf(
				file, "%s\t%llu\n", line_names[i], (unsigned long long)m->lines[i]);
	if (fclose(file) != 0)
		fail(m->truth);
}

int main(int argc, char **argv)
{
	struct maker *m = allocate(1, sizeof(*m));

	*m = (struct maker){.seed = 1, .hijacked = 50, .cpanel = true};
	read_options(argc, argv, m);
	furnish(m);
	while (m->written < m->size)
		make_line(m);
	flush(m);
	if (m->truth != NULL)
		write_truth(m);
	ranks_free(&m->culprits);
	ranks_free(&m->spread);
	free(m->line.start);
	free(m->accounts);
	free(m->out);
	free(m);
	return 0;
}
