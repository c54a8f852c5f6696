#include "sensors/log_facts.h"

#include "base/memory.h"
#include "base/scan_bytes.h"
#include "base/sketch.h"
#include "facts/networks.h"
#include "formats/exim_log.h"
#include "formats/exim_syslog.h"
#include "formats/mail_text.h"
#include "sensors/log_clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US     INT64_C(1000000)
#define CALLS         64               /* calls of Exim whose message is waited for */
#define CALL_US       (30 * SECOND_US) /* so long */
#define FOLDER_MAX    512
#define ARGUMENTS_MAX 256
#define REFUSALS      256 /* lines of one log, remembered for the other */
#define SUBJECT_MAX   1024

/* Somebody called Exim, standing in that folder. */
struct call {
	int64_t at_us; /* 0: free */
	uint64_t pid;
	struct slice folder, arguments; /* of the bytes below */
	char folder_at[FOLDER_MAX], arguments_at[ARGUMENTS_MAX];
};

struct log_facts {
	struct log_clock *clock;
	struct log_clock *ahead; /* for lines that are looked at before their turn */
	struct exim_log_reader readers[LOG_FACTS_LOGS];
	enum { FORM_UNKNOWN, FORM_EXIM, FORM_SYSLOG } form[LOG_FACTS_LOGS];
	char program[64];
	struct exim_syslog_joiner *joiner; /* NULL: no line of syslog came yet */
	struct call calls[CALLS];
	unsigned next_call;
	uint64_t refusals[LOG_FACTS_LOGS][REFUSALS]; /* hashes; 0: none */
	unsigned next_refusal[LOG_FACTS_LOGS];
	unsigned refusals_by_byte[LOG_FACTS_LOGS][256]; /* how many of them end in that byte */
	struct networks *relays;                        /* NULL: none */
	struct log_facts_counts counts;
	const char *damage;

	/* what the fact points to */
	struct exim_log_line line;
	struct source source;
	struct slice recipients[FACT_RECIPIENTS_MAX];
	char subject[SUBJECT_MAX];
	char *decoded;
};

int log_facts_new(const char *zone, struct log_facts **ret)
{
	AUTO(log_facts) f = memory_new(1, sizeof(*f));
	int err = log_clock_new(zone != NULL ? zone : "", &f->clock);

	if (err == 0)
		err = log_clock_new(zone != NULL ? zone : "", &f->ahead);
	if (err < 0)
		return err;
	log_facts_set_program(f, "exim");
	*ret = f;
	f = NULL;
	return 0;
}

void log_facts_set_program(struct log_facts *f, const char *name)
{
	(void)snprintf(f->program, sizeof(f->program), "%s", name);
}

void log_facts_free(struct log_facts *f)
{
	if (f == NULL)
		return;
	log_clock_free(f->clock);
	log_clock_free(f->ahead);
	networks_free(f->relays);
	free(f->decoded);
	free(f->joiner);
	free(f);
}

int log_facts_add_relay(struct log_facts *f, struct slice prefix)
{
	if (f->relays == NULL)
		f->relays = networks_new();
	return networks_add(f->relays, prefix, 1, (struct slice){0});
}

struct log_facts_counts log_facts_counts(const struct log_facts *f)
{
	return f->counts;
}

const char *log_facts_damage(const struct log_facts *f)
{
	return f->damage;
}

/* ---- where a local process stood ---- */

/* Folders in which programs of the system stand: they say nothing about who sends. */
static bool is_system_folder(struct slice folder)
{
	static const char *const names[] = {"/", "/root", "/tmp", "/var/tmp", "/var/spool", "/etc"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(folder, names[i]))
			return true;
	return slice_starts(folder, "/var/spool/") || slice_starts(folder, "/etc/");
}

/* What Exim is called for otherwise than to take a message: "exim -Mc ID", "-q30m", "-bp", … */
static bool takes_no_message(struct slice arguments)
{
	static const char *const options[] = {"-M", "-q", "-bp", "-bd", "-bV", "-bt", "-be", "-bv",
		"-bh", "-bF", "-bf", "-br", "-bw", "-bi", "-bI", "-bP"};
	struct slice rest = slice_after(arguments, slice_find(arguments, ' ') + 1);

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (slice_starts(rest, options[i]))
			return true;
	return false;
}

/* A folder that is too long to be kept is none: cut off, it would be another. */
static void keep_call(
	struct log_facts *f, const struct exim_log_command *command, uint64_t pid, int64_t at_us)
{
	struct call *c = &f->calls[f->next_call];

	if (is_system_folder(command->folder) || takes_no_message(command->arguments) ||
		command->folder.len == 0 || command->folder.len > FOLDER_MAX)
		return;
	f->next_call = (f->next_call + 1) % CALLS;
	c->at_us = at_us;
	c->pid = pid;
	memcpy(c->folder_at, command->folder.at, command->folder.len);
	c->folder = (struct slice){c->folder_at, command->folder.len};
	c->arguments = slice_first(command->arguments, ARGUMENTS_MAX);
	if (c->arguments.len > 0)
		memcpy(c->arguments_at, command->arguments.at, c->arguments.len);
	c->arguments.at = c->arguments_at;
}

static bool waits(const struct call *c, int64_t at_us)
{
	return c->at_us != 0 && at_us - c->at_us <= CALL_US && at_us >= c->at_us - CALL_US;
}

/* "-fSENDER" or "-f SENDER" in its arguments. */
static bool names_sender(const struct call *c, struct slice sender)
{
	for (size_t i = 0; i + 2 + sender.len <= c->arguments.len; i++) {
		struct slice rest = slice_after(c->arguments, i);

		if (!slice_starts(rest, "-f"))
			continue;
		rest = slice_after(rest, rest.len > 2 && rest.at[2] == ' ' ? 3 : 2);
		if (sender.len > 0 && rest.len >= sender.len &&
			slice_equal(slice_first(rest, sender.len), sender) &&
			(rest.len == sender.len || rest.at[sender.len] == ' '))
			return true;
	}
	return false;
}

/* The call by which that message came, if there is no doubt: by its process; else the one that
 * waits, or the oldest of several from the same folder, or the only one that names the sender. */
static struct call *find_call(struct log_facts *f, uint64_t pid, struct slice sender, int64_t at_us)
{
	struct call *oldest = NULL, *named = NULL;
	bool same = true, doubt = false;

	for (unsigned i = 0; i < CALLS; i++) {
		struct call *c = &f->calls[(f->next_call + i) % CALLS];

		if (!waits(c, at_us))
			continue;
		if (pid != 0 && c->pid == pid)
			return c;
		if (pid != 0 && c->pid != 0)
			continue;
		if (oldest == NULL)
			oldest = c;
		same = same && slice_equal(c->folder, oldest->folder);
		if (!names_sender(c, sender))
			continue;
		doubt = doubt || (named != NULL && !slice_equal(c->folder, named->folder));
		if (named == NULL)
			named = c;
	}
	if (oldest != NULL && same)
		return oldest;
	return doubt ? NULL : named;
}

/* ---- sources ---- */

static bool is_relay(const struct log_facts *f, struct slice ip)
{
	struct address a;

	return f->relays != NULL && address_parse(ip, &a) == 0 &&
	       networks_find(f->relays, &a).is_named;
}

/* By what proves it, in order. NULL: from outside, or nobody can be named. */
static const struct source *source_of_arrival(
	struct log_facts *f, const struct exim_log_arrival *a, int64_t at_us)
{
	bool is_local = a->client.ip.at == NULL;

	if (a->login.id.len > 0) {
		source_set(&f->source, SOURCE_MAILBOX, a->login.id);
	} else if (a->bounce_of.len > 0) {
		source_set(&f->source, SOURCE_BOUNCE, slice_of("local"));
	} else if (is_local && a->client.ident.len > 0) {
		struct call *c = find_call(f, f->line.pid, a->sender, at_us);

		if (c != NULL)
			source_set(&f->source, SOURCE_SCRIPT, c->folder);
		else
			source_set(&f->source, SOURCE_LOGIN, a->client.ident);
		if (c != NULL)
			c->at_us = 0;
	} else if (!is_local && is_relay(f, a->client.ip)) {
		source_set(&f->source, SOURCE_HOST, a->client.ip);
	} else {
		return NULL;
	}
	return &f->source;
}

/* ---- one fact for each kind of line ---- */

/* When it is certain that the line is one: until then *ret is left alone. */
static void begin_fact(const struct log_facts *f, enum fact_kind kind, struct fact *ret)
{
	clear_struct(ret, sizeof(*ret));
	ret->kind = kind;
	ret->at_us = f->counts.last_us;
	ret->id = (struct slice){f->line.id.text, f->line.id.len};
}

static struct slice subject_of(struct log_facts *f, struct slice escaped)
{
	if (escaped.at == NULL)
		return (struct slice){0};
	/* an escape cut in two is no harm */
	struct slice part = slice_first(escaped, SUBJECT_MAX);
	struct slice plain = {f->subject, exim_log_unescape(part, f->subject)};

	for (size_t i = 0; i + 1 < plain.len; i++) {
		if (plain.at[i] != '=' || plain.at[i + 1] != '?')
			continue;
		free(f->decoded);
		f->decoded = mail_text_field(plain);
		return f->decoded != NULL ? slice_of(f->decoded) : plain;
	}
	return plain;
}

static void read_recipients(struct log_facts *f, const struct exim_log_arrival *a, struct fact *ret)
{
	struct slice rest = a->recipients, one;

	ret->recipients = f->recipients;
	while (ret->recipient_count < FACT_RECIPIENTS_MAX && exim_log_recipient_next(&rest, &one))
		f->recipients[ret->recipient_count++] = one;
	ret->recipient_total = a->recipient_count;
}

static bool take_arrival(struct log_facts *f, struct fact *ret)
{
	const struct exim_log_arrival *a = &f->line.arrival;

	begin_fact(f, FACT_ACCEPTED, ret);
	ret->sender = a->sender;
	ret->client = a->client.ip;
	ret->helo = a->client.helo.len > 0 ? a->client.helo : a->client.name;
	ret->cipher = a->cipher;
	if (a->client.ip.at == NULL)
		ret->login = a->client.ident;
	ret->message_id = a->message_id;
	ret->subject = subject_of(f, a->subject);
	ret->size = a->size;
	ret->bounce_of = a->bounce_of;
	read_recipients(f, a, ret);
	ret->source = source_of_arrival(f, a, ret->at_us);
	return true;
}

/* A local delivery may name the local part alone; what it was made from has the domain. */
static bool take_outcome(struct log_facts *f, enum fact_kind kind, struct fact *ret)
{
	const struct exim_log_delivery *d = &f->line.delivery;
	bool has_domain = slice_find(d->address, '@') < d->address.len;

	begin_fact(f, kind, ret);
	ret->recipient = has_domain || d->original.len == 0 ? d->address : d->original;
	ret->is_local = d->local || d->nowhere;
	if (!ret->is_local && d->original.len > 0 && has_domain)
		ret->forwarded_for = d->original;
	if (kind != FACT_DELIVERED)
		ret->failure = d->failure;
	return true;
}

/* Remembers that hash of a line in the place of another, which 0 is none of. */
static void put_refusal(struct log_facts *f, enum log_facts_log log, unsigned place, uint64_t hash)
{
	uint64_t *kept = &f->refusals[log][place];

	if (*kept != 0)
		f->refusals_by_byte[log][*kept & 0xff]--;
	if (hash != 0)
		f->refusals_by_byte[log][hash & 0xff]++;
	*kept = hash;
}

/* Exim writes a refusal to both logs, so the second time the line is none. */
static bool is_told_again(struct log_facts *f, enum log_facts_log log, struct slice line)
{
	uint64_t hash = hash_bytes(line.at, line.len);
	enum log_facts_log other = log == LOG_FACTS_MAIN ? LOG_FACTS_REJECT : LOG_FACTS_MAIN;
	bool may_be = f->refusals_by_byte[other][hash & 0xff] > 0;

	for (unsigned i = 0; may_be && i < REFUSALS; i++)
		if (f->refusals[other][i] == hash) {
			put_refusal(f, other, i, 0);
			return true;
		}
	put_refusal(f, log, f->next_refusal[log], hash);
	f->next_refusal[log] = (f->next_refusal[log] + 1) % REFUSALS;
	return false;
}

static bool take_refusal(struct log_facts *f, struct fact *ret)
{
	const struct exim_log_refusal *r = &f->line.refusal;
	struct failure_reply none = {0};

	if (r->stage != EXIM_LOG_AT_RCPT)
		return false;
	begin_fact(f, FACT_REFUSED, ret);
	ret->recipient = r->address;
	ret->sender = r->sender;
	ret->client = r->client.ip;
	ret->helo = r->client.helo.len > 0 ? r->client.helo : r->client.name;
	ret->failure = failure_judge(&none, r->text);
	if (r->login.id.len > 0)
		source_set(&f->source, SOURCE_MAILBOX, r->login.id);
	else if (r->client.ip.at != NULL && is_relay(f, r->client.ip))
		source_set(&f->source, SOURCE_HOST, r->client.ip);
	else
		return true;
	ret->source = &f->source;
	return true;
}

/* A server that cannot look (435) says nothing about the login. */
static bool take_login(struct log_facts *f, struct fact *ret)
{
	const struct exim_log_session *s = &f->line.session;

	if (s->login.id.len == 0 || s->code == 435)
		return false;
	begin_fact(f, FACT_LOGIN_FAILED, ret);
	ret->client = s->client.ip;
	ret->helo = s->client.helo.len > 0 ? s->client.helo : s->client.name;
	ret->user = s->login.id;
	return true;
}

static bool take_kind(
	struct log_facts *f, enum log_facts_log log, struct slice line, struct fact *ret)
{
	switch (f->line.kind) {
	case EXIM_LOG_ACCEPTED:
	case EXIM_LOG_FAKE_REJECTED:
		return take_arrival(f, ret);
	case EXIM_LOG_DELIVERED:
	case EXIM_LOG_DELIVERED_ALSO:
	case EXIM_LOG_CUT_THROUGH:
		return take_outcome(f, FACT_DELIVERED, ret);
	case EXIM_LOG_FAILED:
		return take_outcome(f, FACT_FAILED, ret);
	case EXIM_LOG_DEFERRED:
		return take_outcome(f, FACT_DEFERRED, ret);
	case EXIM_LOG_COMPLETED:
		begin_fact(f, FACT_COMPLETED, ret);
		return true;
	case EXIM_LOG_REFUSED:
		return !is_told_again(f, log, line) && take_refusal(f, ret);
	case EXIM_LOG_LOGIN_FAILED:
		return !is_told_again(f, log, line) && take_login(f, ret);
	case EXIM_LOG_COMMAND:
		keep_call(f, &f->line.command, f->line.pid, f->counts.last_us);
		return false;
	default:
		return false;
	}
}

/* What is said of a message says of which: else it is no line of Exim's own. */
static bool lacks_id(const struct exim_log_line *line)
{
	return line->kind >= EXIM_LOG_ACCEPTED && line->kind <= EXIM_LOG_COMPLETED &&
	       line->id.len == 0;
}

/* A line without a fraction is taken for one of the end of its second: it is not known before. */
static int64_t line_us(struct log_facts *f)
{
	int64_t us = f->line.time.us > 0 ? f->line.time.us : SECOND_US - 1;

	return log_clock_seconds(f->clock, &f->line.time) * SECOND_US + us;
}

static bool take_damage(struct log_facts *f, const char *damage)
{
	f->counts.damaged++;
	f->damage = damage;
	return false;
}

/* "2026-11-23 12:27:17": as Exim writes it itself. */
static bool is_of_exim(struct slice line)
{
	return line.len > 10 && line.at[0] >= '0' && line.at[0] <= '9' && line.at[4] == '-' &&
	       line.at[10] == ' ';
}

/* Takes a line that syslog wrote. false: it is of another program, or a piece of one. */
static bool parse_syslog(
	struct log_facts *f, enum log_facts_log log, struct slice line, struct exim_log_line *ret)
{
	struct exim_syslog s;
	struct slice whole;
	int err = exim_syslog_strip(line, slice_of(f->program), &s);

	if (err == -EBADMSG) { /* no line of syslog's either: it goes on, or is damaged */
		exim_log_read(&f->readers[log], line, ret);
		return true;
	}
	if (err < 0)
		return false;
	if (f->joiner == NULL)
		f->joiner = memory_new(1, sizeof(*f->joiner));
	if (exim_syslog_join(f->joiner, s.pid, s.text, &whole) != 1)
		return false;
	if (is_of_exim(whole)) {
		exim_log_parse(whole, ret);
	} else {
		exim_log_parse_untimed(whole, ret);
		ret->time = s.time;
	}
	ret->pid = ret->pid != 0 ? ret->pid : s.pid;
	return true;
}

/* A log is of one form, from its first line on: in a log that Exim writes itself, a line with a
 * header of syslog's is text that a process of this server has put there. */
static bool parse(struct log_facts *f, enum log_facts_log log, struct slice line)
{
	struct exim_syslog s;

	if (f->form[log] == FORM_UNKNOWN && is_of_exim(line))
		f->form[log] = FORM_EXIM;
	else if (f->form[log] == FORM_UNKNOWN &&
		 exim_syslog_strip(line, slice_of(f->program), &s) != -EBADMSG)
		f->form[log] = FORM_SYSLOG;
	if (f->form[log] == FORM_SYSLOG)
		return parse_syslog(f, log, line, &f->line);
	exim_log_read(&f->readers[log], line, &f->line);
	return true;
}

bool log_facts_take(
	struct log_facts *f, enum log_facts_log log, struct slice line, struct fact *ret_fact)
{
	f->damage = NULL;
	f->counts.lines++;
	if (!parse(f, log, line))
		return false;
	if (f->line.kind == EXIM_LOG_DAMAGED)
		return take_damage(f, f->line.damage);
	if (f->line.time.year == 0) {
		f->counts.untimed++;
		return false;
	}
	if (lacks_id(&f->line))
		return take_damage(f, "the id of the message is missing");
	f->counts.last_us = line_us(f);
	if (!take_kind(f, log, line, ret_fact))
		return false;
	f->counts.facts++;
	return true;
}

int64_t log_facts_time(struct log_facts *f, struct slice line)
{
	struct exim_log_line parsed;
	struct exim_syslog s;

	if (is_of_exim(line)) {
		exim_log_parse(
			slice_first(line, sizeof("2026-11-23 12:27:17.617 +0000 ")), &parsed);
	} else {
		if (exim_syslog_strip(line, slice_of(f->program), &s) < 0)
			return INT64_MIN;
		exim_log_parse(
			slice_first(s.text, sizeof("2026-11-23 12:27:17.617 +0000 ")), &parsed);
		if (parsed.time.year == 0)
			parsed.time = s.time;
	}
	return parsed.time.year != 0 ? log_clock_seconds(f->ahead, &parsed.time) : INT64_MIN;
}
