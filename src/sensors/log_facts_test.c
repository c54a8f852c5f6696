#include "sensors/log_facts.h"

#include "base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE INT64_C(1795436837) /* 2026-11-23 12:27:17 UTC */
#define D    "2026-11-23 12:27:17 "

static const char *const kinds[FACT_KINDS] = {"accepted", "delivered", "deferred", "failed",
	"completed", "refused", "login-failed", "offered", "scored", "complained"};

static void put(FILE *out, const char *name, struct slice s)
{
	if (s.at != NULL)
		(void)fprintf(out, " %s=%.*s", name, (int)s.len, s.at);
}

/* The fact in a line of its own, so that a table can say what it should be. */
static char *text_of(const struct fact *f)
{
	char *text = NULL, name[SOURCE_TEXT_MAX];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)fprintf(out, "%s", kinds[f->kind]);
	put(out, "id", f->id.len > 0 ? f->id : (struct slice){0});
	if (f->source != NULL)
		(void)fprintf(out, " by=%s", source_text(f->source, name));
	put(out, "from", f->sender);
	put(out, "ip", f->client);
	put(out, "helo", f->helo);
	put(out, "cipher", f->cipher);
	put(out, "login", f->login);
	put(out, "message_id", f->message_id);
	put(out, "subject", f->subject);
	put(out, "bounce_of", f->bounce_of);
	for (size_t i = 0; i < f->recipient_count; i++)
		put(out, "to", f->recipients[i]);
	if (f->recipient_total != f->recipient_count)
		(void)fprintf(out, " total=%d", (int)f->recipient_total);
	put(out, "rcpt", f->recipient);
	put(out, "for", f->forwarded_for);
	put(out, "user", f->user);
	if (f->is_local)
		(void)fputs(" local", out);
	if (f->kind == FACT_FAILED || f->kind == FACT_DEFERRED || f->kind == FACT_REFUSED)
		(void)fprintf(out, " why=%s", failure_name(f->failure));
	if (f->size > 0)
		(void)fprintf(out, " size=%d", (int)f->size);
	(void)fclose(out);
	return text;
}

static void check(
	struct log_facts *f, enum log_facts_log log, const char *line, const char *expected)
{
	struct fact fact;
	bool got = log_facts_take(f, log, slice_of(line), &fact);

	if (expected == NULL) {
		if (got)
			print_message("%s\n", line);
		assert_false(got);
		return;
	}
	if (!got)
		print_message("%s\n", line);
	assert_true(got);
	char *text = text_of(&fact);
	assert_string_equal(text, expected);
	free(text);
}

static struct log_facts *facts_new(void)
{
	struct log_facts *f;

	assert_int_equal(log_facts_new("UTC", &f), 0);
	return f;
}

static void test_lines(void **state)
{
	static const struct {
		const char *line, *expected; /* NULL: no fact */
	} rows[] = {
		{D "1xVSnt-00005W-2T <= ann@shop.test H=(pc) [192.0.2.1]:5 P=esmtpsa "
		   "X=TLS1.3:x:256 "
		   "A=plain:Ann+x@Shop.test S=301 id=m@x T=\"Hello\" for a@b.test c@d.test",
			"accepted id=1xVSnt-00005W-2T by=mailbox:ann@shop.test from=ann@shop.test "
			"ip=192.0.2.1 helo=pc cipher=TLS1.3:x:256 message_id=m@x subject=Hello "
			"to=a@b.test to=c@d.test size=301"},
		{D "1xVSnt-00005W-2T <= ann@shop.test H=(pc) [192.0.2.1]:5 P=esmtpa "
		   "A=plain:ann@shop.test S=301 T=\"=?utf-8?q?Gr=C3=BC=C3=9Fe?=\"",
			"accepted id=1xVSnt-00005W-2T by=mailbox:ann@shop.test from=ann@shop.test "
			"ip=192.0.2.1 helo=pc subject=Gr\303\274\303\237e size=301"},
		/* a login without a name */
		{D "1xVSnt-00005W-2T <= ann@shop.test H=(pc) [192.0.2.1]:5 P=esmtpa A=plain S=301",
			"accepted id=1xVSnt-00005W-2T from=ann@shop.test ip=192.0.2.1 helo=pc "
			"size=301"},
		/* the client was told that it was rejected, and it was not */
		{D "1xVSnt-00005W-2T (= ann@shop.test H=(pc) [192.0.2.1]:5 P=esmtpa "
		   "A=plain:ann@shop.test S=301",
			"accepted id=1xVSnt-00005W-2T by=mailbox:ann@shop.test from=ann@shop.test "
			"ip=192.0.2.1 helo=pc size=301"},
		{D "1xVSnt-00005W-2T >> a@b.test R=dnslookup T=remote_smtp H=mx [192.0.2.7] "
		   "C=\"250 OK\"",
			"delivered id=1xVSnt-00005W-2T rcpt=a@b.test"},
		/* from outside: nobody here */
		{D "1xVSnt-00005W-2T <= x@y.test H=mx.y.test [198.51.100.1] P=esmtp S=9 for "
		   "ann@shop.test",
			"accepted id=1xVSnt-00005W-2T from=x@y.test ip=198.51.100.1 helo=mx.y.test "
			"to=ann@shop.test size=9"},
		/* a claim in strangers' text is none */
		{D "1xVSnt-00005W-2T <= x@y.test H=(a A=plain:victim) [198.51.100.1] P=esmtp S=9 "
		   "T=\"x A=plain:victim\"",
			"accepted id=1xVSnt-00005W-2T from=x@y.test ip=198.51.100.1 "
			"helo=a A=plain:victim subject=x A=plain:victim size=9"},
		/* brackets in a subject and in a greeting are no address */
		{D "1xVSnt-00005W-2T <= ann@shop.test H=(a [6.6.6.6]:5) [192.0.2.1]:5 P=esmtpa "
		   "A=plain:ann@shop.test S=9 T=\"Re: [9.9.9.9] H=(b) [6.6.6.6]:5 [list]\"",
			"accepted id=1xVSnt-00005W-2T by=mailbox:ann@shop.test from=ann@shop.test "
			"ip=192.0.2.1 helo=a [6.6.6.6]:5 subject=Re: [9.9.9.9] H=(b) [6.6.6.6]:5 "
			"[list] size=9"},
		/* all that a client can choose, against somebody else */
		{D "1xVSnt-00005W-2T <= \"x H=mail [9.9.9.9] P=esmtpa A=plain:victim@test.example "
		   "S=5 id=z for q@q\"@evil.example H=(client.example) [127.0.0.1]:44558 P=esmtp "
		   "S=376 id=\"i S=1 A=plain:victim2 T=\\\"t\\\"\"@m.example T=\"hi\"",
			"accepted id=1xVSnt-00005W-2T from=\"x H=mail [9.9.9.9] P=esmtpa "
			"A=plain:victim@test.example S=5 id=z for q@q\"@evil.example ip=127.0.0.1 "
			"helo=client.example message_id=\"i S=1 A=plain:victim2 "
			"T=\\\"t\\\"\"@m.example subject=hi size=376"},
		{D "1xVSnt-00005W-2T <= a@b.example H=(foo) [1.2.3.4] A=plain:victim) "
		   "[127.0.0.1]:49312 P=esmtpa A=plain:eve] S=9 id=x A=plain:bob T=\"z\" for q "
		   "S=301",
			"accepted id=1xVSnt-00005W-2T by=mailbox:eve] s=9 id=x a=plain:bob t=\"z\" "
			"for q from=a@b.example ip=127.0.0.1 helo=foo) [1.2.3.4] A=plain:victim "
			"size=301"},
		/* who is not named is nobody, not one for all */
		{D "1xVSnt-00005W-2T <= www@host.test P=local S=9",
			"accepted id=1xVSnt-00005W-2T from=www@host.test size=9"},
		{D "1xVSnt-00005W-2T <= ann@shop.test H=(pc) [192.0.2.1]:5 P=esmtpa A=plain: S=301",
			"accepted id=1xVSnt-00005W-2T from=ann@shop.test ip=192.0.2.1 helo=pc "
			"size=301"},
		{D "1xVSnt-00005W-2T <= copier@shop.test H=(copier) [192.0.2.99] P=esmtp S=9",
			"accepted id=1xVSnt-00005W-2T by=host:192.0.2.99 from=copier@shop.test "
			"ip=192.0.2.99 helo=copier size=9"},
		{D "1xVSnt-00005W-2T <= <> R=1xVSnt-00005W-00 U=Debian-exim P=local S=9 for "
		   "a@b.test",
			"accepted id=1xVSnt-00005W-2T by=bounce:local from= login=Debian-exim "
			"bounce_of=1xVSnt-00005W-00 to=a@b.test size=9"},
		{D "1xVSnt-00005W-2T <= www@host.test U=www-data P=local S=9",
			"accepted id=1xVSnt-00005W-2T by=login:www-data from=www@host.test "
			"login=www-data size=9"},
		{D "1xVSnt-00005W-2T => a@b.test R=dnslookup T=remote_smtp H=mx [192.0.2.7] "
		   "C=\"250 OK\"",
			"delivered id=1xVSnt-00005W-2T rcpt=a@b.test"},
		{D "1xVSnt-00005W-2T -> far@b.test <info@shop.test> R=dnslookup T=remote_smtp "
		   "H=mx [192.0.2.7]",
			"delivered id=1xVSnt-00005W-2T rcpt=far@b.test for=info@shop.test"},
		{D "1xVSnt-00005W-2T => ann <ann@shop.test> R=local_user T=maildir",
			"delivered id=1xVSnt-00005W-2T rcpt=ann@shop.test local"},
		{D "1xVSnt-00005W-2T => :blackhole: <ann@shop.test> R=system_aliases",
			"delivered id=1xVSnt-00005W-2T rcpt=ann@shop.test local"},
		{D "1xVSnt-00005W-2T *> a@b.test R=dnslookup T=remote_smtp H=mx [192.0.2.7]", NULL},
		{D "1xVSnt-00005W-2T ** no@b.test R=dnslookup T=remote_smtp H=mx [192.0.2.7]: SMTP "
		   "error from remote mail server after RCPT TO:<no@b.test>: 550 5.1.1 User "
		   "unknown",
			"failed id=1xVSnt-00005W-2T rcpt=no@b.test why=user unknown"},
		{D "1xVSnt-00005W-2T == a@b.test R=dnslookup T=remote_smtp defer (110): Connection "
		   "timed "
		   "out",
			"deferred id=1xVSnt-00005W-2T rcpt=a@b.test why=connection"},
		/* limits of a panel on this server: nothing that the recipient's server said */
		{D "1xVSnt-00005W-2T ** a@b.test R=enforce_mail_permissions: Domain shop.test has "
		   "exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message "
		   "discarded.",
			"failed id=1xVSnt-00005W-2T rcpt=a@b.test why=other"},
		{D "1xVSnt-00005W-2T == a@b.test R=enforce_mail_permissions defer (-1): Domain "
		   "shop.test has an outgoing mail hold. Message will be reattempted later",
			"deferred id=1xVSnt-00005W-2T rcpt=a@b.test why=other"},
		{D "1xVSnt-00005W-2T Completed", "completed id=1xVSnt-00005W-2T"},
		{D "H=(pc) [192.0.2.1]:5 F=<ann@shop.test> A=plain:ann@shop.test rejected RCPT "
		   "<no@b.test>: Unrouteable address",
			"refused by=mailbox:ann@shop.test from=ann@shop.test ip=192.0.2.1 helo=pc "
			"rcpt=no@b.test why=domain unknown"},
		{D "H=(pc) [198.51.100.1] F=<x@y.test> rejected RCPT <a@b.test>: relay not "
		   "permitted",
			"refused from=x@y.test ip=198.51.100.1 helo=pc rcpt=a@b.test why=other"},
		{D "H=(pc) [198.51.100.1] rejected MAIL <x@y.test>: no", NULL},
		{D "plain authenticator failed for (pc) [198.51.100.1]:5: 535 Incorrect "
		   "authentication "
		   "data (set_id=ann@shop.test)",
			"login-failed ip=198.51.100.1 helo=pc user=ann@shop.test"},
		{D "plain authenticator failed for (pc) [198.51.100.1]:5: 435 Unable to "
		   "authenticate at "
		   "present (set_id=ann@shop.test): no socket",
			NULL},
		{D "Start queue run: pid=5", NULL},
		{"P Received: by someone", NULL},
	};
	struct log_facts *f = facts_new();

	(void)state;
	assert_int_equal(log_facts_add_relay(f, slice_of("192.0.2.96/29")), 0);
	assert_int_equal(log_facts_add_relay(f, slice_of("web1.shop.test")), -EINVAL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(f, LOG_FACTS_MAIN, rows[i].line, rows[i].expected);
	assert_int_equal(log_facts_counts(f).lines, sizeof(rows) / sizeof(rows[0]));
	assert_int_equal(log_facts_counts(f).untimed, 1);
	assert_int_equal(log_facts_counts(f).damaged, 0);
	check(f, LOG_FACTS_MAIN, D "1xVSnt-00005W-2T <= a@b.test H=(c) [192.0.2.1] P=esmtp S=3xABC",
		NULL);
	assert_int_equal(log_facts_counts(f).damaged, 1);
	assert_non_null(log_facts_damage(f));
	check(f, LOG_FACTS_MAIN, D "1xVSnt-00005W-2T Completed", "completed id=1xVSnt-00005W-2T");
	assert_null(log_facts_damage(f));
	/* of which message? */
	check(f, LOG_FACTS_MAIN, D "<= x@y.test H=mx [198.51.100.1] P=esmtp S=9", NULL);
	check(f, LOG_FACTS_MAIN, D "=> a@b.test R=dnslookup T=remote_smtp H=mx [192.0.2.7]", NULL);
	check(f, LOG_FACTS_MAIN, D "Completed", NULL);
	assert_string_equal(log_facts_damage(f), "the id of the message is missing");
	assert_int_equal(log_facts_counts(f).damaged, 4);
	log_facts_free(f);
}

static void test_time(void **state)
{
	struct log_facts *f = facts_new();
	struct fact fact;

	(void)state;
	assert_true(log_facts_take(f, LOG_FACTS_MAIN,
		slice_of("2026-11-23 12:27:17.617 1xVSnt-00005W-2T Completed"), &fact));
	assert_int_equal(fact.at_us, BASE * 1000000 + 617000);
	assert_true(log_facts_take(f, LOG_FACTS_MAIN,
		slice_of("2026-11-23 13:27:17 +0100 1xVSnt-00005W-2T Completed"), &fact));
	assert_int_equal(fact.at_us, BASE * 1000000 + 999999); /* not known before */
	assert_int_equal(log_facts_counts(f).last_us, fact.at_us);
	assert_int_equal(log_facts_time(f, slice_of(D "x")), BASE);
	assert_int_equal(log_facts_time(f, slice_of("x")), INT64_MIN);
	assert_int_equal(log_facts_time(f, slice_of("")), INT64_MIN);
	log_facts_free(f);
	assert_int_equal(log_facts_new("No/Such", &f), -ENOENT);
	assert_int_equal(log_facts_new("+9900", &f), -EINVAL);
}

static const char mail_of_www[] =
	"1xVSnt-00005W-2T <= www@host.test U=www-data P=local S=9 for a@b.test";

static void check_source(
	struct log_facts *f, const char *time, const char *rest, const char *source)
{
	char line[1024], name[SOURCE_TEXT_MAX];
	struct fact fact;

	(void)snprintf(line, sizeof(line), "2026-11-23 12:%s %s", time, rest);
	bool got = log_facts_take(f, LOG_FACTS_MAIN, slice_of(line), &fact);
	if (source == NULL) {
		assert_false(got);
		return;
	}
	assert_true(got);
	assert_string_equal(source_text(fact.source, name), source);
}

#define WEB(folder) "cwd=" folder " 4 args: /usr/sbin/sendmail -t -i -fwww@host.test"

static void test_folders(void **state)
{
	struct log_facts *f = facts_new();

	(void)state;
	check_source(f, "00:00", WEB("/home/a/www"), NULL);
	check_source(f, "00:00", mail_of_www, "script:/home/a/www");
	check_source(f, "00:00", mail_of_www, "login:www-data"); /* it is for one message */
	/* deliveries and the system's own folders say nothing */
	check_source(
		f, "01:00", "cwd=/home/a/www 3 args: /usr/sbin/exim4 -Mc 1xVSnt-00005W-2T", NULL);
	check_source(f, "01:00", WEB("/var/spool/exim4"), NULL);
	check_source(f, "01:00", WEB("/tmp"), NULL);
	check_source(f, "01:00", mail_of_www, "login:www-data");
	/* several from one folder */
	check_source(f, "02:00", WEB("/home/a/www"), NULL);
	check_source(f, "02:00", WEB("/home/a/www"), NULL);
	check_source(f, "02:00", mail_of_www, "script:/home/a/www");
	check_source(f, "02:00", mail_of_www, "script:/home/a/www");
	check_source(f, "02:00", mail_of_www, "login:www-data");
	/* from two folders: only where one names the sender is there no doubt */
	check_source(f, "03:00", WEB("/home/a/www"), NULL);
	check_source(f, "03:00", WEB("/home/b/www"), NULL);
	check_source(f, "03:00", mail_of_www, "login:www-data");
	check_source(f, "04:00", WEB("/home/a/www"), NULL);
	check_source(f, "04:00", "cwd=/home/b/www 3 args: /usr/sbin/sendmail -t -f other@host.test",
		NULL);
	check_source(f, "04:00", mail_of_www, "script:/home/a/www");
	check_source(f, "05:00", WEB("/home/a/www"), NULL);
	check_source(f, "05:00", WEB("/home/b/www") ".org", NULL); /* the longer is another */
	check_source(f, "05:00", mail_of_www, "script:/home/a/www");
	/* long ago */
	check_source(f, "06:00", WEB("/home/c/www"), NULL);
	check_source(f, "06:31", mail_of_www, "login:www-data");
	/* a clock that was set back */
	check_source(f, "07:40", WEB("/home/d/www"), NULL);
	check_source(f, "07:09", mail_of_www, "login:www-data");
	check_source(f, "07:10", mail_of_www, "script:/home/d/www");
	/* by its process, whatever else waits */
	check_source(f, "08:00", "[11] " WEB("/home/a/www"), NULL);
	check_source(f, "08:00", "[12] " WEB("/home/b/www"), NULL);
	check_source(f, "08:00",
		"[12] 1xVSnt-00005W-2T <= www@host.test U=www-data P=local S=9 for a@b.test",
		"script:/home/b/www");
	check_source(f, "08:00",
		"[13] 1xVSnt-00005W-2T <= www@host.test U=www-data P=local S=9 for a@b.test",
		"login:www-data");
	/* a login over SMTP is who it says, also from a folder */
	check_source(f, "09:00", WEB("/home/a/www"), NULL);
	check_source(f, "09:00",
		"1xVSnt-00005W-2T <= a@b.test H=(c) [192.0.2.1] P=esmtpa A=plain:ann@shop.test S=3",
		"mailbox:ann@shop.test");
	log_facts_free(f);
}

/* Cut off, a folder's name would be another's. */
static void test_long_folder(void **state)
{
	static const size_t lengths[] = {512, 513};
	struct log_facts *f = facts_new();
	char folder[514];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char call[600];

		memset(folder, 'x', sizeof(folder));
		folder[0] = '/';
		folder[lengths[i]] = '\0';
		(void)snprintf(call, sizeof(call), "cwd=%s 2 args: sendmail -t", folder);
		check_source(f, "00:00", call, NULL);
		struct fact fact;
		assert_true(log_facts_take(f, LOG_FACTS_MAIN,
			slice_of("2026-11-23 12:00:00 1xVSnt-00005W-2T <= www@host.test U=www-data "
				 "P=local S=9"),
			&fact));
		assert_int_equal(fact.source->kind, i == 0 ? SOURCE_SCRIPT : SOURCE_LOGIN);
	}
	log_facts_free(f);
}

/* One line in both logs is one fact, whichever comes first; the same line twice in one is two. */
static void test_both_logs(void **state)
{
	static const char line[] = D "H=(pc) [192.0.2.1]:5 F=<ann@shop.test> A=plain:ann@shop.test "
				     "rejected RCPT <no@b.test>: Unrouteable address";
	static const char expected[] = "refused by=mailbox:ann@shop.test from=ann@shop.test "
				       "ip=192.0.2.1 helo=pc rcpt=no@b.test why=domain unknown";
	struct log_facts *f = facts_new();

	(void)state;
	check(f, LOG_FACTS_MAIN, line, expected);
	check(f, LOG_FACTS_REJECT, line, NULL);
	check(f, LOG_FACTS_REJECT, line, expected);
	check(f, LOG_FACTS_REJECT, line, expected);
	check(f, LOG_FACTS_MAIN, line, NULL);
	check(f, LOG_FACTS_MAIN, line, NULL);
	check(f, LOG_FACTS_MAIN, line, expected);
	log_facts_free(f);
}

/* The same as syslog writes it: with a time of Exim's, with none, in pieces, beside other programs.
 */
static void test_syslog(void **state)
{
	struct log_facts *f = facts_new();
	struct fact fact;

	(void)state;
	check(f, LOG_FACTS_MAIN, "Nov 23 12:27:17 mx1 exim[5]: " D "1xVSnt-00005W-2T Completed",
		"completed id=1xVSnt-00005W-2T");
	check(f, LOG_FACTS_MAIN, "Nov 23 12:27:17 mx1 postfix/qmgr[5]: 4ABC: removed", NULL);
	check(f, LOG_FACTS_MAIN,
		"Nov 23 12:27:17 mx1 exim[7]: [1/2] " D "1xVSnt-00005W-2T => a@b.test R=r", NULL);
	check(f, LOG_FACTS_MAIN,
		"Nov 23 12:27:17 mx1 exim[7]: [2/2]  T=remote_smtp H=mx [192.0.2.7]",
		"delivered id=1xVSnt-00005W-2T rcpt=a@b.test");
	assert_true(log_facts_take(f, LOG_FACTS_MAIN,
		slice_of("2026-11-23T12:27:17.617+00:00 mx1 exim[5]: 1xVSnt-00005W-2T Completed"),
		&fact));
	assert_int_equal(fact.at_us, BASE * 1000000 + 617000);
	assert_int_equal(
		log_facts_time(f, slice_of("2026-11-23T12:27:17+00:00 mx1 exim[5]: x")), BASE);
	assert_int_equal(log_facts_time(f, slice_of("Nov 23 12:27:17 mx1 exim[5]: " D "x")), BASE);
	assert_int_equal(log_facts_counts(f).damaged, 0);
	log_facts_set_program(f, "mailer");
	check(f, LOG_FACTS_MAIN, "Nov 23 12:27:17 mx1 exim[5]: " D "1xVSnt-00005W-2T Completed",
		NULL);
	check(f, LOG_FACTS_MAIN, "Nov 23 12:27:17 mx1 mailer[5]: " D "1xVSnt-00005W-2T Completed",
		"completed id=1xVSnt-00005W-2T");
	log_facts_free(f);
	/* in a log of Exim's own, it is what somebody has put there */
	f = facts_new();
	check(f, LOG_FACTS_MAIN, D "1xVSnt-00005W-2T Completed", "completed id=1xVSnt-00005W-2T");
	check(f, LOG_FACTS_MAIN, "Nov 23 12:27:17 mx1 exim[5]: " D "1xVSnt-00005W-2T Completed",
		NULL);
	log_facts_free(f);
}

static void test_many_recipients(void **state)
{
	struct log_facts *f = facts_new();
	struct fact fact;
	char *line = memory_new(1, 64 << 10);
	size_t n =
		(size_t)sprintf(line, D "1xVSnt-00005W-2T <= a@b.test H=(c) [192.0.2.1] P=esmtpa "
					"A=plain:ann@shop.test S=3 for");

	(void)state;
	for (unsigned i = 0; i < 2000; i++)
		n += (size_t)sprintf(line + n, " u%u@x.test", i);
	assert_true(log_facts_take(f, LOG_FACTS_MAIN, (struct slice){line, n}, &fact));
	assert_int_equal(fact.recipient_count, FACT_RECIPIENTS_MAX);
	assert_int_equal(fact.recipient_total, 2000);
	assert_true(slice_is(fact.recipients[1023], "u1023@x.test"));
	free(line);
	log_facts_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_long_folder),
		cmocka_unit_test(test_both_logs),
		cmocka_unit_test(test_syslog),
		cmocka_unit_test(test_many_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
