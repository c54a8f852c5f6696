#include "formats/exim_log.h"

#include "base/attribute.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TIME         "2026-11-23 12:27:17 "
#define ID           "1xVSnt-00005W-2T "
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a line was read as, in one line of text: the fields that are there. */
struct said {
	char text[16384];
	size_t len;
};

static void say(struct said *s, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(struct said *s, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, in the line above */
	int n = vsnprintf(s->text + s->len, sizeof(s->text) - s->len, format, list);
	va_end(list);
	s->len += (size_t)n;
	assert_true(s->len < sizeof(s->text));
}

static void say_slice(struct said *s, const char *name, struct slice value)
{
	if (value.at != NULL)
		say(s, " %s=%.*s", name, (int)value.len, value.at);
}

static void say_number(struct said *s, const char *name, int64_t value)
{
	if (value > 0)
		say(s, " %s=%lld", name, (long long)value);
}

static void say_client(struct said *s, const struct exim_log_client *c)
{
	say_slice(s, "name", c->name);
	say_slice(s, "helo", c->helo);
	say_slice(s, "ip", c->ip);
	say_number(s, "port", c->port);
	say_slice(s, "ident", c->ident);
	say_number(s, "ci", (int64_t)c->connection);
}

static void say_login(struct said *s, const struct exim_log_login *l)
{
	say_slice(s, "by", l->authenticator);
	say_slice(s, "login", l->id);
	say_slice(s, "mailauth", l->mail_auth);
}

static void say_arrival(struct said *s, const struct exim_log_arrival *a)
{
	struct slice rest = a->recipients, address;
	unsigned n = 0;

	say(s, " sender=<%.*s>", (int)a->sender.len, a->sender.at);
	say_slice(s, "of", a->bounce_of);
	say_client(s, &a->client);
	say_slice(s, "P", a->protocol);
	say_login(s, &a->login);
	say_slice(s, "X", a->cipher);
	say_number(s, "S", (int64_t)a->size);
	say_slice(s, "Q", a->queue);
	say_slice(s, a->message_id_made ? "made" : "mid", a->message_id);
	say_slice(s, "T", a->subject);
	say_slice(s, "from", a->raw_sender);
	while (exim_log_recipient_next(&rest, &address)) {
		say(s, " for=%.*s", (int)address.len, address.at);
		n++;
	}
	assert_int_equal(n, a->recipient_count);
	if (a->recipients_cut)
		say(s, " cut");
}

static void say_failure(struct said *s, const struct exim_log_delivery *d)
{
	static const char *const steps[] = {"", " at=connect", " at=helo", " at=tls", " at=auth",
		" at=mail", " at=rcpt", " at=data", " at=end", " at=other"};

	if (d->error != 0)
		say(s, " error=%d", d->error);
	say(s, "%s", steps[d->step]);
	say_number(s, "code", d->reply.code);
	if (d->reply.status_class != 0)
		say(s, " status=%u.%u.%u", d->reply.status_class, d->reply.subject,
			d->reply.detail);
	say_slice(s, "text", d->text);
	say(s, " (%s)", failure_name(d->failure));
}

static void say_delivery(struct said *s, const struct exim_log_line *l)
{
	const struct exim_log_delivery *d = &l->delivery;

	say_slice(s, "to", d->address);
	say_slice(s, "original", d->original);
	say_slice(s, "parents", d->parents);
	say_slice(s, "F", d->sender);
	say_slice(s, "Q", d->queue);
	say_slice(s, "R", d->router);
	say_slice(s, "T", d->transport);
	say_slice(s, "H", d->host);
	say_slice(s, "ip", d->ip);
	say_number(s, "port", d->port);
	say(s, "%s%s%s", d->reused ? " reused" : "", d->local ? " local" : "",
		d->nowhere ? " nowhere" : "");
	say_number(s, "S", (int64_t)d->size);
	say_slice(s, "C", d->answer);
	if (d->queue_ms >= 0)
		say(s, " QT=%lld", (long long)d->queue_ms);
	if (d->delivery_ms >= 0)
		say(s, " DT=%lld", (long long)d->delivery_ms);
	if (l->kind == EXIM_LOG_FAILED || l->kind == EXIM_LOG_DEFERRED)
		say_failure(s, d);
	else
		say_slice(s, "text", d->text);
}

static void say_refusal(struct said *s, const struct exim_log_refusal *r)
{
	static const char *const stages[] = {"connect", "helo", "auth", "mail", "rcpt", "predata",
		"data", "mime", "local", "other"};

	say(s, " %s%s", stages[r->stage], r->temporary ? " for-now" : "");
	say_client(s, &r->client);
	say_login(s, &r->login);
	if (r->has_sender)
		say(s, " sender=<%.*s>", (int)r->sender.len, r->sender.at);
	say_slice(s, "to", r->address);
	say_slice(s, "text", r->text);
}

static void say_session(struct said *s, const struct exim_log_session *v)
{
	say_client(s, &v->client);
	say_login(s, &v->login);
	say_number(s, "code", v->code);
	if (v->duration_ms >= 0)
		say(s, " ms=%lld", (long long)v->duration_ms);
	say_number(s, "count", v->count);
	say_slice(s, "commands", v->commands);
	say_slice(s, "text", v->text);
}

static void say_command(struct said *s, const struct exim_log_command *c)
{
	say_slice(s, "folder", c->folder);
	say_number(s, "count", c->count);
	say_slice(s, "arguments", c->arguments);
}

static void say_line(struct said *s, const struct exim_log_line *l)
{
	s->len = 0;
	say(s, "%s", exim_log_kind_name(l->kind));
	switch (l->kind) {
	case EXIM_LOG_ACCEPTED:
	case EXIM_LOG_FAKE_REJECTED:
		say_arrival(s, &l->arrival);
		break;
	case EXIM_LOG_DELIVERED:
	case EXIM_LOG_DELIVERED_ALSO:
	case EXIM_LOG_CUT_THROUGH:
	case EXIM_LOG_NOT_DELIVERED:
	case EXIM_LOG_FAILED:
	case EXIM_LOG_DEFERRED:
		say_delivery(s, l);
		break;
	case EXIM_LOG_REFUSED:
		say_refusal(s, &l->refusal);
		break;
	case EXIM_LOG_LOGIN_FAILED:
	case EXIM_LOG_CONNECTED:
	case EXIM_LOG_CLOSED:
	case EXIM_LOG_LOST:
	case EXIM_LOG_DROPPED:
	case EXIM_LOG_NO_MAIL:
		say_session(s, &l->session);
		break;
	case EXIM_LOG_COMMAND:
	case EXIM_LOG_COMMAND_MORE:
		say_command(s, &l->command);
		break;
	case EXIM_LOG_OTHER:
		break;
	case EXIM_LOG_DAMAGED:
		say(s, "%s: %s", l->unfinished ? " unfinished" : "", l->damage);
		break;
	default:
		say_slice(s, "note", l->note);
	}
}

struct row {
	const char *text; /* behind the time */
	const char *want; /* say_line() */
};

/* Arrivals a 4.96 wrote */
static const struct row arrivals[] = {
	{"1xW3km-0006In-01 <= ann@shop.test H=(client.example) [127.0.0.1]:50319 "
	 "I=[127.0.0.1]:25252 P=esmtpa L.- A=dovecot_plain:ann@shop.test S=315 M8S=0 RT=0.000s "
	 "id*=E1xW3km-0006In-01@mx1.hosting.test T=\"hi\" from <ann@shop.test> for x1@ok.test "
	 "y@fake.test",
		"accepted sender=<ann@shop.test> helo=client.example ip=127.0.0.1 port=50319 "
		"P=esmtpa by=dovecot_plain login=ann@shop.test S=315 "
		"made=E1xW3km-0006In-01@mx1.hosting.test T=hi from=ann@shop.test for=x1@ok.test "
		"for=y@fake.test"},
	{"1xW3iv-0006BV-1j <= web@shop.test U=www-data P=local S=387 T=\"Hallo \\\"du\\\" \\\\ da "
	 "\\303\\251\" from <web@shop.test> for x@rnd.test",
		"accepted sender=<web@shop.test> ident=www-data P=local S=387 T=Hallo \\\"du\\\" "
		"\\\\ da \\303\\251 from=web@shop.test for=x@rnd.test"},
	{"1xW3iq-000677-00 <= <> R=1xW3ip-00066a-30 U=Debian-exim P=local S=5634 T=\"Mail delivery "
	 "failed: returning message to sender\" from <> for aaron.adams@mail0.elsewhere.test",
		"accepted sender=<> of=1xW3ip-00066a-30 ident=Debian-exim P=local S=5634 T=Mail "
		"delivery failed: returning message to sender from= "
		"for=aaron.adams@mail0.elsewhere.test"},
	{"1xW3ko-0006Jb-2X <= <> H=(client.example) [127.0.0.1]:54699 P=esmtp S=213",
		"accepted sender=<> helo=client.example ip=127.0.0.1 port=54699 P=esmtp S=213"},
	{"1xW3ks-0006K4-2A (= ok@bad.example H=(client.example) [127.0.0.1]:47279 P=esmtpa "
	 "A=dovecot_plain:ann@shop.test S=332 T=\"FAKEREJECT for a@b\" for ann@shop.test "
	 "x2@ok.test",
		"accepted, told rejected sender=<ok@bad.example> helo=client.example ip=127.0.0.1 "
		"port=47279 P=esmtpa by=dovecot_plain login=ann@shop.test S=332 T=FAKEREJECT for "
		"a@b for=ann@shop.test for=x2@ok.test"},
	{"1xW3ko-0006JO-0M <= ok@bad.example H=(tls.example) [127.0.0.1]:60471 P=esmtps L.- "
	 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no SNI=mx1.hosting.test "
	 "S=298 T=\"hi\" for ann@shop.test",
		"accepted sender=<ok@bad.example> helo=tls.example ip=127.0.0.1 port=60471 "
		"P=esmtps X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 S=298 T=hi "
		"for=ann@shop.test"},
	{"1xW3ko-0006JQ-0X <= ok@bad.example H=(tls.example) [127.0.0.1]:38097 P=esmtpsa L.- "
	 "X=TLS1.3:AES_256_GCM:256 CV=yes DN=\"O=Foo A=plain:victim,CN=x\\\" P=esmtpa "
	 "A=plain:victim\" A=dovecot_plain:ann@shop.test S=386 T=\"hi\" for ann@shop.test",
		"accepted sender=<ok@bad.example> helo=tls.example ip=127.0.0.1 port=38097 "
		"P=esmtpsa by=dovecot_plain login=ann@shop.test X=TLS1.3:AES_256_GCM:256 S=386 "
		"T=hi for=ann@shop.test"},
	{"1xW3ko-0006JV-1D <= ok@bad.example H=(client.example) [127.0.0.1]:50803 P=esmtpa L.- "
	 "A=dovecot_plain:ann@shop.test:ann@shop.test S=335",
		"accepted sender=<ok@bad.example> helo=client.example ip=127.0.0.1 port=50803 "
		"P=esmtpa by=dovecot_plain login=ann@shop.test mailauth=ann@shop.test S=335"},
	{"1xW3kn-0006JF-1R <= ok@bad.example H=([192.0.2.9]) [127.0.0.1]:53941 P=esmtp S=227",
		"accepted sender=<ok@bad.example> helo=[192.0.2.9] ip=127.0.0.1 port=53941 P=esmtp "
		"S=227"},
	{"1xW3m3-0006OW-2b <= ann@shop.test H=(c) [127.0.0.1]:53219 P=utf8esmtpa "
	 "A=dovecot_plain:ann@shop.test S=319 for \xc3\xbcn\xc3\xaf@shop.test x@ok.test",
		"accepted sender=<ann@shop.test> helo=c ip=127.0.0.1 port=53219 P=utf8esmtpa "
		"by=dovecot_plain login=ann@shop.test S=319 for=\xc3\xbcn\xc3\xaf@shop.test "
		"for=x@ok.test"},
	{"1xW46O-0000xC-0J <= Debian-exim@hosting.test U=Debian-exim P=local S=302 T=\"x\" from "
	 "<Debian-exim@hosting.test> for bob carl",
		"accepted sender=<Debian-exim@hosting.test> ident=Debian-exim P=local S=302 T=x "
		"from=Debian-exim@hosting.test for=bob for=carl"},
	{"1xW3kp-0006Jh-1x <= ok@bad.example H=(client.example) [127.0.0.1]:34489 P=esmtp S=228 "
	 "T=\"hi\" from <ok@bad.example>",
		"accepted sender=<ok@bad.example> helo=client.example ip=127.0.0.1 port=34489 "
		"P=esmtp S=228 T=hi from=ok@bad.example"},
};

/* Arrivals of other versions and settings */
static const struct row other_arrivals[] = {
	{"1xVSnt-00005W-2T <= a@b.example H=mail.b.example [192.0.2.1] P=smtp S=1",
		"accepted sender=<a@b.example> name=mail.b.example ip=192.0.2.1 P=smtp S=1"},
	{"1xVSnt-00005W-2T <= a@b.example H=mail.b.example (helo.b.example) [2001:db8::1]:25 "
	 "I=[2001:db8::2]:25 P=esmtp S=12345678901",
		"accepted sender=<a@b.example> name=mail.b.example helo=helo.b.example "
		"ip=2001:db8::1 port=25 P=esmtp S=12345678901"},
	{"1xVSnt-00005W-2T <= a@b.example H=[192.0.2.1] P=smtp S=1",
		"accepted sender=<a@b.example> ip=192.0.2.1 P=smtp S=1"},
	{"1xVSnt-00005W-2T <= a@b.example DS H=mail.b.example [192.0.2.1]:5 TFO* U=ident P=esmtpsa "
	 "X=TLS1.3:x:256* CV=dane SPF=pass A=plain:a PRDR PRX=192.0.2.7 K S=1 M8S=8 DKIM=b.example "
	 "ARC DMARC=pass RT=1.578s Q=slow id=i@b.example T=\"\"",
		"accepted sender=<a@b.example> name=mail.b.example ip=192.0.2.1 port=5 ident=ident "
		"P=esmtpsa by=plain login=a X=TLS1.3:x:256* S=1 Q=slow mid=i@b.example T="},
	{"1xVT8f-000000005wP-2sLY <= evil@other.example U=nobody Ci=22841 P=local S=365 for "
	 "a@b.example",
		"accepted sender=<evil@other.example> ident=nobody ci=22841 P=local S=365 "
		"for=a@b.example"},
	{"1xVT8f-000000005wP-2sLY <= a@b.example H=(c) [192.0.2.1]:44 U=me Ci=77 P=essmtpa L* "
	 "A=login:DOM\\me S=365 NEW=x WORD",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 port=44 ident=me ci=77 "
		"P=essmtpa by=login login=DOM\\me S=365"},
	{"1xVT8f-000000005wP-2sLY <= a@b.example H=(c) [192.0.2.1] P=esmtpsa X=x CV=no SNI=\"in "
	 "quotes before 4.95\" A=plain:a S=1",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 P=esmtpsa by=plain login=a X=x "
		"S=1"},
	{"1xVT8f-000000005wP-2sLY <= a@b.example U=me P=spam-scanned S=365",
		"accepted sender=<a@b.example> ident=me P=spam-scanned S=365"},
	{"1xVT8f-000000005wP-2sLY <= a@b.example H=(c) [192.0.2.1] P=esmtp S=1 "
	 "id=\\303\\251t\\351@b.example T=\"x\"",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 P=esmtp S=1 "
		"mid=\\303\\251t\\351@b.example T=x"},
	{"1xVT8f-000000005wP-2sLY <= a@b.example H=(c) [192.0.2.1] P=esmtp S=1 for a@b.example "
	 "c@d.exa<trunc>",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 P=esmtp S=1 for=a@b.example "
		"cut"},
	{"1xVT8f-000000005wP-2sLY <= a@b.example H=(c) [192.0.2.1] P=esmtp S=1 for a@b.example "
	 "<trunc>",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 P=esmtp S=1 for=a@b.example "
		"cut"},
	{"1xVT8f-000000005wP-2sLY <= a@b.example H=(c) [192.0.2.1] P=esmtp S=1 for a@b.example \"c "
	 "d<trunc>",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 P=esmtp S=1 for=a@b.example "
		"cut"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtpa A=plain:eve:<> S=3",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 port=5 P=esmtpa by=plain "
		"login=eve mailauth=<> S=3"},
	{"1xVSnt-00005W-2T <= a@b.example DS H=(x y) [192.0.2.1]:5 P=esmtp S=3",
		"accepted sender=<a@b.example> helo=x y ip=192.0.2.1 port=5 P=esmtp S=3"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=1 for \"a b\"@c d@exa<trunc>",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 P=esmtp S=1 for=\"a b\"@c cut"},
};

/* Strangers' text in arrivals */
static const struct row odd_arrivals[] = {
	{"1xW3km-0006Iu-0g <= \"x H=mail [9.9.9.9] P=esmtpa A=plain:victim@test.example S=5 id=z "
	 "for q@q\"@evil.example H=(client.example) [127.0.0.1]:52597 I=[127.0.0.1]:25252 P=esmtp "
	 "L.- S=376 M8S=0 RT=0.000s id=\"i S=1 A=plain:victim2 T=\\\"t\\\"\"@m.example T=\"hi\" "
	 "from <\"x H=mail [9.9.9.9] P=esmtpa A=plain:victim@test.example S=5 id=z for "
	 "q@q\"@evil.example> for ann@shop.test",
		"accepted sender=<\"x H=mail [9.9.9.9] P=esmtpa A=plain:victim@test.example S=5 "
		"id=z for q@q\"@evil.example> helo=client.example ip=127.0.0.1 port=52597 P=esmtp "
		"S=376 mid=\"i S=1 A=plain:victim2 T=\\\"t\\\"\"@m.example T=hi from=\"x H=mail "
		"[9.9.9.9] P=esmtpa A=plain:victim@test.example S=5 id=z for q@q\"@evil.example "
		"for=ann@shop.test"},
	{"1xW3km-0006Ix-1L <= ann@shop.test H=(client.example) [127.0.0.1]:47603 P=esmtpa "
	 "A=dovecot_plain:ann@shop.test S=324 id=abc@def T=\"sub \\\"q\\\" \\\\ A=plain:v S=1 for "
	 "q@q h\\303\\251llo\" from <ann@shop.test> for \"odd R=x T=y <a@b> : 550\"@ok.test "
	 "\"a\\\"b for q@q\"@fake.test plain@fake.test",
		"accepted sender=<ann@shop.test> helo=client.example ip=127.0.0.1 port=47603 "
		"P=esmtpa by=dovecot_plain login=ann@shop.test S=324 mid=abc@def T=sub \\\"q\\\" "
		"\\\\ A=plain:v S=1 for q@q h\\303\\251llo from=ann@shop.test for=\"odd R=x T=y "
		"<a@b> : 550\"@ok.test for=\"a\\\"b for q@q\"@fake.test for=plain@fake.test"},
	{"1xW3km-0006J3-20 <= ok@bad.example H=(foo) [1.2.3.4] A=plain:victim) [127.0.0.1]:58931 "
	 "I=[127.0.0.1]:25252 P=esmtpa L.- A=dovecot_plain:ann@shop.test S=350 T=\"hi\" for "
	 "ann@shop.test",
		"accepted sender=<ok@bad.example> helo=foo) [1.2.3.4] A=plain:victim ip=127.0.0.1 "
		"port=58931 P=esmtpa by=dovecot_plain login=ann@shop.test S=350 T=hi "
		"for=ann@shop.test"},
	{"1xW3km-0006J6-2g <= ok@bad.example H=(x) [6.6.6.6] P=esmtpa A=plain:victim:) "
	 "[127.0.0.1]:43063 I=[127.0.0.1]:25252 P=esmtp L.- S=270 T=\"hi\" for ann@shop.test",
		"damaged: not one way to read client and login"},
	{"1xW3kn-0006J9-07 <= ok@bad.example H=(x S=5 for \"q) [127.0.0.1]:42709 P=esmtp S=245 "
	 "T=\"hi\" for ann@shop.test",
		"accepted sender=<ok@bad.example> helo=x S=5 for \"q ip=127.0.0.1 port=42709 "
		"P=esmtp S=245 T=hi for=ann@shop.test"},
	{"1xW3kn-0006J9-07 <= ok@bad.example H=(x S=5 for a@b) [127.0.0.1]:42709 P=esmtp S=245 "
	 "T=\"hi\" for ann@shop.test",
		"accepted sender=<ok@bad.example> helo=x S=5 for a@b ip=127.0.0.1 port=42709 "
		"P=esmtp S=245 T=hi for=ann@shop.test"},
	{"1xW3kn-0006J9-07 <= ok@bad.example H=(x S=5 T=\"q) [127.0.0.1]:42709 P=esmtp S=245 id=\" "
	 "for v@x.y\"@z T=\" for a@b\" for \"@c for v@x\"@d",
		"accepted sender=<ok@bad.example> helo=x S=5 T=\"q ip=127.0.0.1 port=42709 P=esmtp "
		"S=245 mid=\" for v@x.y\"@z T= for a@b for=\"@c for v@x\"@d"},
	{"1xW3kn-0006J9-07 <= ok@bad.example H=(x S=5 for a@b \"q) [127.0.0.1]:42709 P=esmtp S=245 "
	 "for x@y \"z@w<trunc>",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(foo) [1.2.3.4] A=plain:victim) [127.0.0.1]:49312 "
	 "P=esmtpa A=plain:eve] S=9 id=x A=plain:bob T=\"z\" for q S=301",
		"accepted sender=<a@b.example> helo=foo) [1.2.3.4] A=plain:victim ip=127.0.0.1 "
		"port=49312 P=esmtpa by=plain login=eve] S=9 id=x A=plain:bob T=\"z\" for q S=301"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtpa A=plain:John Doe K S=301 "
	 "for q@q",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 port=5 P=esmtpa by=plain "
		"login=John Doe S=301 for=q@q"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtpa A=plain:eve:x) [1.2.3.4] "
	 "P=esmtpa A=plain:victim S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtps X=x CV=yes DN=\"CN=x\" "
	 "A=plain:victim\" S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtpsa X=x CV=yes DN=\"CN=x\" "
	 "A=plain:victim\" A=plain:eve S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [6.6.6.6]:5 P=esmtpsa X=x CV=no DN=\") "
	 "[192.0.2.1]:5 P=esmtps X=x CV=no DN=\"CN=x\" S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [6.6.6.6]:5 P=esmtpsa X=x DN=\") [192.0.2.1]:5 "
	 "P=esmtp S=300 id=\" A=plain:victim:q@q S=5 FOO=z\"@x T=\"s\" for r@x",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 U=x P=esmtpa A=plain:victim P=esmtp "
	 "S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 U=x) [6.6.6.6] U=b P=esmtp S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(x) [6.6.6.6]:5 I=[7.7.7.7]:25) [192.0.2.1]:44 P=esmtp "
	 "S=301",
		"accepted sender=<a@b.example> helo=x) [6.6.6.6]:5 I=[7.7.7.7]:25 ip=192.0.2.1 "
		"port=44 P=esmtp S=301"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtp A=plain:victim S=301",
		"damaged: a login with a protocol that has none"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtpa A=plain:a S=301 "
	 "A=plain:victim",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtp S=301 for S=5",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtpa A=plain:John Doe PRDR "
	 "PRX=192.0.2.7 K S=301",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 port=5 P=esmtpa by=plain "
		"login=John Doe S=301"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtpa A=plain:eve S=5 for a@b \"q "
	 "S=301 for x@y \"z@w<trunc>",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [6.6.6.6]:5 P=esmtps X=x DN=\") [192.0.2.1]:5 "
	 "P=esmtpsa A=plain:eve\" S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c))[192.0.2.1] P=esmtp S=3",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtp S=3 T=\"[list] [9.9.9.9] "
	 "H=(x) [6.6.6.6]:25 P=esmtpa A=plain:victim\" for c@d",
		"accepted sender=<a@b.example> helo=c ip=192.0.2.1 port=5 P=esmtp S=3 T=[list] "
		"[9.9.9.9] H=(x) [6.6.6.6]:25 P=esmtpa A=plain:victim for=c@d"},
};

/* Arrivals that do not hold together */
static const struct row damaged_arrivals[] = {
	{"1xVSnt-00005W-2T <= ", "damaged: no sender"},
	{"1xVSnt-00005W-2T <=  U=x P=local S=3", "damaged: no sender"},
	{"1xVSnt-00005W-2T <= a@b.example", "damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:5 P=esmtp",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) P=esmtp S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1]:70000 P=esmtp S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [host] P=esmtp S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c [192.0.2.1] P=esmtp S=301",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3x",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 T=\"open",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 T=\"x\"y",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 from <a b> for c@d",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 from <a@b>x for c@d",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for nobody",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for a@b c@d@e",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for a@b  c@d",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for ",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for \"a@b",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for \"a\"b@c",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for a\\b@c",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 lower",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= \"a", "damaged unfinished: an address goes on in the next line"},
	{"1xVSnt-00005W-2T <= a@b.example U=www P=local S=3 T=\"x\" for c@d \"a H=",
		"damaged unfinished: an address goes on in the next line"},
	{"1xVSnt-00005W-2T <= <> R=1xW3ip-00066a-30 U=www P=local S=3 from <\"a",
		"damaged unfinished: an address goes on in the next line"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for c@d \"a",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T F=<\"a", "damaged unfinished: an address goes on in the next line"},
	{"1xVSnt-00005W-2T **** log string overflowed log buffer ****",
		"damaged: there are two ways to read it, or a part is lost"},
	{"1xVSnt-00005W-2T <= a@b.example U=www P=local S=3 for bob  carl",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example U=a b P=local S=3",
		"damaged: not one way to read client and login"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3xABC",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 L.x",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 id=\"a b\"@c>d T=\"x\"",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for a@b c d@e<trunc>",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 for a\"b\"@d",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [192.0.2.1] P=esmtp S=3 from <\"a b\"@c,d> for a@b",
		"damaged: not one size with a sound rest behind it"},
	{"1xVSnt-00005W-2T <= a@b.example H=(c) [] P=esmtp S=3",
		"damaged: not one way to read client and login"},
};

/* Deliveries a 4.96 wrote */
static const struct row deliveries[] = {
	{"1xW3ip-00066Z-2x => aaron.becker3@d001.rnd.test F=<aaron.adams@mail0.elsewhere.test> "
	 "R=outside T=internet S=745 H=127.0.0.2 [127.0.0.2]:22798 I=[127.0.0.1]:52202 K C=\"250- "
	 "745 byte chunk, total 745\\\\n250 OK id=1xW3ip-00066q-31\" QT=0s DT=0s",
		"delivered to=aaron.becker3@d001.rnd.test F=aaron.adams@mail0.elsewhere.test "
		"R=outside T=internet H=127.0.0.2 ip=127.0.0.2 port=22798 S=745 C=250- 745 byte "
		"chunk, total 745\\\\n250 OK id=1xW3ip-00066q-31 QT=0 DT=0"},
	{"1xW3ip-00066Z-2x -> aaron.carter4@d086.rnd.test F=<aaron.adams@mail0.elsewhere.test> "
	 "P=<x@y> R=outside T=internet S=745 H=127.0.0.2 [127.0.0.2]:22798 L* K C=\"250 OK\" "
	 "QT=0.024s DT=1m3s",
		"delivered also to=aaron.carter4@d086.rnd.test F=aaron.adams@mail0.elsewhere.test "
		"R=outside T=internet H=127.0.0.2 ip=127.0.0.2 port=22798 S=745 C=250 OK QT=24 "
		"DT=63000"},
	{"1xW3m2-0006OD-15 >> cut1@ok.test F=<ann@shop.test> R=outside T=internet S=356 "
	 "H=127.0.0.2 [127.0.0.2]:25983 I=[127.0.0.1]:39710 C=\"250 OK id=1xW3m2-0006OE-15\" "
	 "QT=0.001s DT=0.000s",
		"cut through to=cut1@ok.test F=ann@shop.test R=outside T=internet H=127.0.0.2 "
		"ip=127.0.0.2 port=25983 S=356 C=250 OK id=1xW3m2-0006OE-15 QT=1 DT=0"},
	{"1xW3km-0006In-01 => y@fake.test F=<ann@shop.test> P=<ann@shop.test> R=fake T=fakenet "
	 "S=329 H=127.0.0.9 [127.0.0.9]:25253 I=[127.0.0.1]:41474 L C=\"250 2.0.0 Ok: queued as "
	 "ABC \\\"x y\\\" \\\\z <a@b> R=x T=y H=z [9.9.9.9] QT=9s\" QT=0.049s DT=0.043s",
		"delivered to=y@fake.test F=ann@shop.test R=fake T=fakenet H=127.0.0.9 "
		"ip=127.0.0.9 port=25253 S=329 C=250 2.0.0 Ok: queued as ABC \\\"x y\\\" \\\\z "
		"<a@b> R=x T=y H=z [9.9.9.9] QT=9s QT=49 DT=43"},
	{"1xW3km-0006Ix-1L => a\"b for q@q@fake.test <\"a\\\"b for q@q\"@fake.test> "
	 "F=<ann@shop.test> P=<ann@shop.test> R=fake T=fakenet S=338 H=127.0.0.9 [127.0.0.9]:25253 "
	 "L C=\"250 2.0.0 Ok\" QT=0.049s DT=0.043s",
		"delivered to=a\"b for q@q@fake.test original=\"a\\\"b for q@q\"@fake.test "
		"F=ann@shop.test R=fake T=fakenet H=127.0.0.9 ip=127.0.0.9 port=25253 S=338 C=250 "
		"2.0.0 Ok QT=49 DT=43"},
	{"1xW46O-0000xM-0P => a 2026-11-23 12:27:17 1xvsnt-00005w-2t <= victim@ok.test <\"a "
	 "2026-11-23 12:27:17 1xVSnt-00005W-2T <= victim\"@ok.test> F=<Debian-exim@hosting.test> "
	 "R=outside T=internet S=406 H=127.0.0.2 [127.0.0.2]:25983",
		"delivered to=a 2026-11-23 12:27:17 1xvsnt-00005w-2t <= victim@ok.test "
		"original=\"a 2026-11-23 12:27:17 1xVSnt-00005W-2T <= victim\"@ok.test "
		"F=Debian-exim@hosting.test R=outside T=internet H=127.0.0.2 ip=127.0.0.2 "
		"port=25983 S=406"},
	{"1xW3km-0006Iu-0g => ann <ann@shop.test> F=<\"x H=mail [9.9.9.9] P=esmtpa\"@evil.example> "
	 "R=mailbox T=maildir S=533 QT=0.005s DT=0.003s",
		"delivered to=ann original=ann@shop.test F=\"x H=mail [9.9.9.9] "
		"P=esmtpa\"@evil.example R=mailbox T=maildir local S=533 QT=5 DT=3"},
	{"1xW3lx-0006MP-0N => cleo (many2@shop.test) <many@shop.test> F=<ok@bad.example> R=mailbox "
	 "T=maildir S=421",
		"delivered to=cleo original=many@shop.test parents=many2@shop.test "
		"F=ok@bad.example R=mailbox T=maildir local S=421"},
	{"1xW3lw-0006MM-2w => /tmp/out file <file@shop.test> F=<ok@bad.example> R=special T=tofile "
	 "S=382",
		"delivered to=/tmp/out file original=file@shop.test F=ok@bad.example R=special "
		"T=tofile local S=382"},
	{"1xW3lx-0006Mh-33 => shadow <shadow@shop.test> F=<ok@bad.example> R=shad T=shadow S=384 "
	 "ST=quota (mailbox is full (MTA-imposed quota exceeded while writing to /mail.full)) "
	 "QT=0.008s DT=0.003s",
		"delivered to=shadow original=shadow@shop.test F=ok@bad.example R=shad T=shadow "
		"local S=384 QT=8 DT=3"},
	{"1xW3lv-0006Lt-2B => :blackhole: <blackhole@shop.test> R=special",
		"delivered to=:blackhole: original=blackhole@shop.test R=special local nowhere"},
	{"1xW3kp-0006Jh-1x => blackhole (RCPT ACL discarded recipients)",
		"delivered nowhere text=blackhole (RCPT ACL discarded recipients)"},
	{"1xW3kt-0006KC-0v => blackhole (DATA ACL discarded recipients): discarded content",
		"delivered nowhere text=blackhole (DATA ACL discarded recipients): discarded "
		"content"},
};

/* Deliveries of other versions and settings */
static const struct row other_deliveries[] = {
	{"1xVSnt-00005W-2T => discarded <a@b.example> R=filter",
		"delivered to=discarded original=a@b.example R=filter local nowhere"},
	{"1xVSnt-00005W-2T => discarded (system filter)",
		"delivered nowhere text=discarded (system filter)"},
	{"1xVSnt-00005W-2T => a@b.example R=r T=t H=mx.b.example DS [192.0.2.1]:25* X=TLS1.3:x:256 "
	 "CV=yes DN=\"C=DE,O=Ex Ample\\, Inc.,CN=mx\" A=login PRDR C=\"250 ok\" QT=1w2d3h4m5s",
		"delivered to=a@b.example R=r T=t H=mx.b.example ip=192.0.2.1 port=25 reused C=250 "
		"ok QT=788645000"},
	{"1xVSnt-00005W-2T => a@b.example Q=slow R=r T=t H=mx [2001:db8::1] PS=se NEW=x ZZ",
		"delivered to=a@b.example Q=slow R=r T=t H=mx ip=2001:db8::1"},
	{"1xVSnt-00005W-2T => |/usr/bin/procmail -d x <a@b.example> R=r T=p",
		"delivered to=|/usr/bin/procmail -d x original=a@b.example R=r T=p local"},
	{"1xVSnt-00005W-2T => >a@b.example <c@d.example> R=r T=reply",
		"delivered to=>a@b.example original=c@d.example R=r T=reply local"},
	{"1xVSnt-00005W-2T => a (b@c, \"d, e\"@f) <g@h> R=r T=t ST=shadow QT=3s",
		"delivered to=a original=g@h parents=b@c, \"d, e\"@f R=r T=t local QT=3000"},
	{"1xVSnt-00005W-2T *> a@b.example R=r T=t", "not delivered to=a@b.example R=r T=t local"},
	{"1xVSnt-00005W-2T => a@b R=r T=t H=mx (x) [192.0.2.1]",
		"damaged: a delivery's fields are not in their form"},
};

/* Strangers' text in deliveries */
static const struct row odd_deliveries[] = {
	{"1xVSnt-00005W-2T => v R=r T=t ST=x@evil.example <\"v R=r T=t ST=x\"@evil.example> "
	 "F=<a@b> R=real T=remote H=mx [192.0.2.1] C=\"250 ok\" QT=1s",
		"delivered to=v R=r T=t ST=x@evil.example original=\"v R=r T=t ST=x\"@evil.example "
		"F=a@b R=real T=remote H=mx ip=192.0.2.1 C=250 ok QT=1000"},
	{"1xVSnt-00005W-2T => x R=r T=t DN=\"@evil.example <\"x R=r T=t DN=\\\"\"@evil.example> "
	 "F=<s@s> R=real T=remote H=mx [192.0.2.1] C=\"250 ok\" QT=1s",
		"delivered to=x R=r T=t DN=\"@evil.example original=\"x R=r T=t "
		"DN=\\\"\"@evil.example F=s@s R=real T=remote H=mx ip=192.0.2.1 C=250 ok QT=1000"},
	{"1xVSnt-00005W-2T => x R=r T=t C=\"@evil.example <\"x R=r T=t C=\\\"\"@evil.example> "
	 "F=<s@s> R=real T=remote H=mx [192.0.2.1] C=\"250 ok\" QT=1s",
		"delivered to=x R=r T=t C=\"@evil.example original=\"x R=r T=t "
		"C=\\\"\"@evil.example F=s@s R=real T=remote H=mx ip=192.0.2.1 C=250 ok QT=1000"},
	{"1xVSnt-00005W-2T ** x: 550 user unknown@evil.example <\"x: 550 user "
	 "unknown\"@evil.example> F=<a@b> R=r: real text",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T ** x@y: 550 spam@evil.example <\"x@y: 550 spam\"@evil.example> R=r: "
	 "real text",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T ** x@y <\"x@y\"> R=r T=t: 550 foo@evil <\"x@y <\\\"x@y\\\"> R=r T=t: "
	 "550 foo\"@evil> R=real: real text",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T ** a@b R=r T=t H=mx [192.0.2.1]:25: SMTP error from remote mail server "
	 "after RCPT TO:<a@b>: 550 see <\"c d\"@e> R=x: 250 ok",
		"failed to=a@b R=r T=t H=mx ip=192.0.2.1 port=25 at=rcpt code=550 text=SMTP error "
		"from remote mail server after RCPT TO:<a@b>: 550 see <\"c d\"@e> R=x: 250 ok "
		"(other)"},
	{"1xVSnt-00005W-2T ** a b@c <\"a b\"@c> R=r T=t H=mx [192.0.2.1]: SMTP error from remote "
	 "mail server after RCPT TO:<\"a b: 250 \"@c>: 550 5.7.1 no",
		"failed to=a b@c original=\"a b\"@c R=r T=t H=mx ip=192.0.2.1 at=rcpt code=550 "
		"status=5.7.1 text=SMTP error from remote mail server after RCPT TO:<\"a b: 250 "
		"\"@c>: 550 5.7.1 no (content)"},
	{"1xVSnt-00005W-2T == x@y defer (111): foo@evil <\"x@y defer (111): foo\"@evil> R=r defer "
	 "(-1): real",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a b@c <other@d> R=r T=t",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b F=<\"x> R=r\"@y> R=real T=t",
		"delivered to=a@b F=\"x> R=r\"@y R=real T=t local"},
	{"1xVSnt-00005W-2T => v R=r T=t ST=x (y@e <\"v R=r T=t ST=x (y\"@e> F=<a@b> R=real T=odd)",
		"delivered to=v R=r T=t ST=x (y@e original=\"v R=r T=t ST=x (y\"@e F=a@b R=real "
		"T=odd) local"},
	{"1xVSnt-00005W-2T => a b@c extra <\"a b\"@c> R=r T=t",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => blackhole (RCPT ACL discarded recipients): x@to <\"blackhole (RCPT "
	 "ACL discarded recipients): y\"@to> R=r T=t",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => blackhole (RCPT ACL discarded recipients)x",
		"damaged: a delivery's fields are not in their form"},
};

/* Failures and deferrals */
static const struct row failures[] = {
	{"1xW3ip-00066Z-2x ** aaron.bauer1@d049.rnd.test F=<aaron.adams@mail0.elsewhere.test> "
	 "R=outside T=internet H=127.0.0.2 [127.0.0.2]:22798 I=[127.0.0.1]:52202: SMTP error from "
	 "remote mail server after RCPT TO:<aaron.bauer1@d049.rnd.test>: 550 5.1.1 "
	 "<aaron.bauer1@d049.rnd.test>: no such user DT=0s",
		"failed to=aaron.bauer1@d049.rnd.test F=aaron.adams@mail0.elsewhere.test R=outside "
		"T=internet H=127.0.0.2 ip=127.0.0.2 port=22798 DT=0 at=rcpt code=550 status=5.1.1 "
		"text=SMTP error from remote mail server after RCPT "
		"TO:<aaron.bauer1@d049.rnd.test>: 550 5.1.1 <aaron.bauer1@d049.rnd.test>: no such "
		"user (user unknown)"},
	{"1xW3lv-0006Lv-2q ** failed@shop.test F=<ann@shop.test> R=special: no such person here "
	 "DT=0.000s",
		"failed to=failed@shop.test F=ann@shop.test R=special DT=0 text=no such person "
		"here (user unknown)"},
	{"1xW3lw-0006MD-2H ** |/bin/false -x arg <a@b.c> R=x <pipefail@shop.test> "
	 "F=<ok@bad.example> P=<ok@bad.example> R=special T=topipe: Child process of topipe "
	 "transport returned 1 from command: /bin/false DT=0.006s",
		"failed to=|/bin/false -x arg <a@b.c> R=x original=pipefail@shop.test "
		"F=ok@bad.example R=special T=topipe DT=6 text=Child process of topipe transport "
		"returned 1 from command: /bin/false (other)"},
	{"1xW3lx-0006MP-0N ** reject1@ok.test (many2@shop.test) <many@shop.test> R=outside "
	 "T=internet H=127.0.0.2 [127.0.0.2]: SMTP error from remote mail server after end of "
	 "data: 550 5.1.1 no such user",
		"failed to=reject1@ok.test original=many@shop.test parents=many2@shop.test "
		"R=outside T=internet H=127.0.0.2 ip=127.0.0.2 at=end code=550 status=5.1.1 "
		"text=SMTP error from remote mail server after end of data: 550 5.1.1 no such user "
		"(user unknown)"},
	{"1xW3ly-0006Ml-0U ** bob+tag@shop.test F=<ok@bad.example>: Unrouteable address DT=0.000s",
		"failed to=bob+tag@shop.test F=ok@bad.example DT=0 text=Unrouteable address "
		"(domain unknown)"},
	{"1xVSnt-00005W-2T ** a@b.example: Unrouteable address",
		"failed to=a@b.example text=Unrouteable address (domain unknown)"},
	{"1xVSnt-00005W-2T ** a@b.example <c@d.example>: Unrouteable address",
		"failed to=a@b.example original=c@d.example text=Unrouteable address (domain "
		"unknown)"},
	{"1xVSnt-00005W-2T ** a@b.example (c@d.example) <e@f.example>: Unrouteable address",
		"failed to=a@b.example original=e@f.example parents=c@d.example text=Unrouteable "
		"address (domain unknown)"},
	{"1xVSnt-00005W-2T ** a@b.example R=r T=t H=mx [192.0.2.1]:25 X=TLS1.2:x:256 CV=yes : SMTP "
	 "error from remote mail server after pipelined MAIL FROM:<a@b> SIZE=3: 421-4.7.0 slow "
	 "down\\n421 4.7.0 again DT=3s",
		"failed to=a@b.example R=r T=t H=mx ip=192.0.2.1 port=25 DT=3000 at=mail code=421 "
		"status=4.7.0 text=SMTP error from remote mail server after pipelined MAIL "
		"FROM:<a@b> SIZE=3: 421-4.7.0 slow down\\n421 4.7.0 again (rate)"},
	{"1xVSnt-00005W-2T ** a@b.example R=r T=t H=mx [192.0.2.1]:25 X=TLS1.2:x:256 CV=yes "
	 "DN=\"CN=x\": retry timeout exceeded",
		"failed to=a@b.example R=r T=t H=mx ip=192.0.2.1 port=25 text=retry timeout "
		"exceeded (other)"},
	{"1xVSnt-00005W-2T ** a@b.example R=r T=t: SMTP error from remote mailer after initial "
	 "connection: host mx [192.0.2.1]: 554 go away",
		"failed to=a@b.example R=r T=t at=connect code=554 text=SMTP error from remote "
		"mailer after initial connection: host mx [192.0.2.1]: 554 go away (other)"},
	{"1xVSnt-00005W-2T ** a@b.example R=r T=t: SMTP error from remote mail server after RCPT "
	 "TO:<a@b.example>: host mx.b.example [192.0.2.1]: 550 5.1.1 no",
		"failed to=a@b.example R=r T=t at=rcpt code=550 status=5.1.1 text=SMTP error from "
		"remote mail server after RCPT TO:<a@b.example>: host mx.b.example [192.0.2.1]: "
		"550 5.1.1 no (user unknown)"},
	{"1xVSnt-00005W-2T == a@b.example R=r T=t defer (111): Connection refused H=mx "
	 "[192.0.2.1]: odd",
		"deferred to=a@b.example R=r T=t H=mx ip=192.0.2.1 error=111 text=odd "
		"(connection)"},
	{"1xVSnt-00005W-2T ** a@b.example R=r T=t: LMTP error from remote mail server after RCPT "
	 "TO:<x>: 452 4.2.2 full",
		"failed to=a@b.example R=r T=t at=rcpt code=452 status=4.2.2 text=LMTP error from "
		"remote mail server after RCPT TO:<x>: 452 4.2.2 full (mailbox full)"},
	{"1xVSnt-00005W-2T ** a@b.example R=r T=t", "failed to=a@b.example R=r T=t (other)"},
	{"1xVSnt-00005W-2T ** \"odd x\"@nx.test: Unrouteable address",
		"failed to=\"odd x\"@nx.test text=Unrouteable address (domain unknown)"},
	{"1xW3m0-0006NZ-02 ** nl@fake.test R=fake T=fakenet H=127.0.0.9 [127.0.0.9]:25253: SMTP "
	 "error from remote mail server after RCPT TO:<nl@fake.test>: 550 5.1.1 evil\\001\\033[31m "
	 "text H=x [9.9.9.9]: 250 ok DT=0.000s",
		"failed to=nl@fake.test R=fake T=fakenet H=127.0.0.9 ip=127.0.0.9 port=25253 DT=0 "
		"at=rcpt code=550 status=5.1.1 text=SMTP error from remote mail server after RCPT "
		"TO:<nl@fake.test>: 550 5.1.1 evil\\001\\033[31m text H=x [9.9.9.9]: 250 ok (user "
		"unknown)"},
	{"1xW3ip-00066Z-2x == aaron.adams0@d010.rnd.test R=outside T=internet defer (-44) "
	 "H=127.0.0.2 [127.0.0.2]:22798 I=[127.0.0.1]:52202 DT=0s: SMTP error from remote mail "
	 "server after RCPT TO:<aaron.adams0@d010.rnd.test>: 451 4.7.1 "
	 "<aaron.adams0@d010.rnd.test>: greylisted, try later",
		"deferred to=aaron.adams0@d010.rnd.test R=outside T=internet H=127.0.0.2 "
		"ip=127.0.0.2 port=22798 DT=0 error=-44 at=rcpt code=451 status=4.7.1 text=SMTP "
		"error from remote mail server after RCPT TO:<aaron.adams0@d010.rnd.test>: 451 "
		"4.7.1 <aaron.adams0@d010.rnd.test>: greylisted, try later (rate)"},
	{"1xW3m0-0006Nq-2i == odd x@fake.test <\"odd x\"@fake.test> R=fake T=fakenet defer (-54) "
	 "DT=0.000s: retry time not reached for any host for 'fake.test'",
		"deferred to=odd x@fake.test original=\"odd x\"@fake.test R=fake T=fakenet DT=0 "
		"error=-54 text=retry time not reached for any host for 'fake.test' (other)"},
	{"1xW3m2-0006O8-0P == a@refused.test R=refused T=refused defer (111): Connection refused "
	 "DT=0.000s",
		"deferred to=a@refused.test R=refused T=refused DT=0 error=111 text=Connection "
		"refused (connection)"},
	{"1xVSnt-00005W-2T == w@refused.example R=refused T=refused defer (111): Connection "
	 "refused",
		"deferred to=w@refused.example R=refused T=refused error=111 text=Connection "
		"refused (connection)"},
	{"1xVSnt-00005W-2T == w@refused.example R=r T=t defer (110): Connection timed out H=mx "
	 "[192.0.2.1]:25 DT=5m: more text",
		"deferred to=w@refused.example R=r T=t H=mx ip=192.0.2.1 port=25 DT=300000 "
		"error=110 text=more text (connection)"},
	{"1xVSnt-00005W-2T == w@refused.example routing defer (-52): retry time not reached",
		"deferred to=w@refused.example error=-52 text=retry time not reached (other)"},
	{"1xVSnt-00005W-2T == w@refused.example defer (-1)",
		"deferred to=w@refused.example error=-1 (other)"},
	{"1xW3m0-0006Ng-0i == drop@fake.test R=fake T=fakenet defer (-18) H=127.0.0.9 "
	 "[127.0.0.9]:25253 I=[127.0.0.1]:38152 DT=0.000s: Remote host closed connection in "
	 "response to pipelined RCPT TO:<drop@fake.test>",
		"deferred to=drop@fake.test R=fake T=fakenet H=127.0.0.9 ip=127.0.0.9 port=25253 "
		"DT=0 error=-18 text=Remote host closed connection in response to pipelined RCPT "
		"TO:<drop@fake.test> (connection)"},
	{"1xW3lx-0006Me-2O == full@shop.test R=quota T=quota defer (-22) DT=0.002s: mailbox is "
	 "full (MTA-imposed quota exceeded while writing to /var/mail/full)",
		"deferred to=full@shop.test R=quota T=quota DT=2 error=-22 text=mailbox is full "
		"(MTA-imposed quota exceeded while writing to /var/mail/full) (quota)"},
	{"1xVSnt-00005W-2T ** a@b.example: text DT=3sx",
		"failed to=a@b.example text=text DT=3sx (other)"},
	{"1xVSnt-00005W-2T == a@b.example R=r T=t defer (-1): text DT=3s",
		"deferred to=a@b.example R=r T=t error=-1 text=text DT=3s (other)"},
};

/* Deliveries that do not hold together */
static const struct row damaged_deliveries[] = {
	{"1xVSnt-00005W-2T => ", "damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t H=mx [x] C=\"250\"",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t H=mx [192.0.2.1] C=\"250",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t H=mx [192.0.2.1] C=\"250\"x",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t S=x",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t QT=5",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t: text",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b (c@d R=r T=t",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b <c@d R=r T=t",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b lower", "damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T == a@b R=r T=t: text",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T == a@b R=r T=t defer (x): text",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T == a@b R=r T=t defer (99999999999): text",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T ** ", "damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t QT=999999999999w",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b <c@d>x R=r T=t",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b (c@d)x R=r T=t",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t H=mx [192.0.2.1]x",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t S=3x",
		"damaged: a delivery's fields are not in their form"},
	{"1xVSnt-00005W-2T => a@b R=r T=t DN=\"x\"y",
		"damaged: a delivery's fields are not in their form"},
};

/* What became of a message */
static const struct row messages[] = {
	{"1xVSnt-00005W-2T Completed", "completed note="},
	{"1xVSnt-00005W-2T Completed QT=0.036s", "completed note=QT=0.036s"},
	{"1xVSnt-00005W-2T frozen by ACL", "frozen note=ACL"},
	{"1xVSnt-00005W-2T Frozen", "frozen note="},
	{"1xVSnt-00005W-2T Frozen (delivery error message)",
		"frozen note=(delivery error message)"},
	{"1xVSnt-00005W-2T Message is frozen", "still frozen note="},
	{"1xVSnt-00005W-2T unfrozen by root", "unfrozen note=root"},
	{"1xVSnt-00005W-2T Unfrozen by auto-thaw", "unfrozen note=auto-thaw"},
	{"1xVSnt-00005W-2T removed by root", "removed note=root"},
	{"1xVSnt-00005W-2T cancelled by timeout_frozen_after", "removed note=timeout_frozen_after"},
	{"1xVSnt-00005W-2T Message removed because older than 4d", "removed note=older than 4d"},
	{"1xVSnt-00005W-2T moved from input, msglog to (stanch) input, msglog",
		"moved note=input, msglog to (stanch) input, msglog"},
	{"1xVSnt-00005W-2T Spool file is locked (another process is handling this message)",
		"locked"},
	{"Spool file for 1xVSnt-00005W-2T is locked (another process is handling this message)",
		"locked"},
	{"1xVSnt-00005W-2T Spool file 1xVSnt-00005W-2T-D not found", "other"},
	{"1xVSnt-00005W-2T no immediate delivery: more than 10 messages received in one connection",
		"queued note=more than 10 messages received in one connection"},
	{"1xVSnt-00005W-2T H=127.0.0.1 [127.0.0.1]:2699 Connection refused", "other"},
	{"1xVSnt-00005W-2T Completely other", "other"},
};

/* Rejections a 4.96 wrote */
static const struct row refusals[] = {
	{"H=(client.example) [127.0.0.1]:51719 I=[127.0.0.1]:25252 F=<ok@bad.example> "
	 "A=dovecot_plain:ann@shop.test rejected RCPT <denied@shop.test>: denied recipient",
		"refused rcpt helo=client.example ip=127.0.0.1 port=51719 by=dovecot_plain "
		"login=ann@shop.test sender=<ok@bad.example> to=denied@shop.test text=denied "
		"recipient"},
	{"H=(client.example) [127.0.0.1]:57357 F=<ok@bad.example> temporarily rejected RCPT "
	 "<later@shop.test>: later recipient",
		"refused rcpt for-now helo=client.example ip=127.0.0.1 port=57357 "
		"sender=<ok@bad.example> to=later@shop.test text=later recipient"},
	{"H=(client.example) [127.0.0.1]:58649 rejected MAIL badsender@x.example: bad sender",
		"refused mail helo=client.example ip=127.0.0.1 port=58649 to=badsender@x.example "
		"text=bad sender"},
	{"H=(client.example) [127.0.0.1]:58649 F=<ok@bad.example> rejected RCPT "
	 "<@a.example,@b.example:denied@shop.test>: denied recipient",
		"refused rcpt helo=client.example ip=127.0.0.1 port=58649 sender=<ok@bad.example> "
		"to=@a.example,@b.example:denied@shop.test text=denied recipient"},
	{"H=(client.example) [127.0.0.1]:58649 F=<ok@bad.example> rejected RCPT "
	 "Joe=<denied@shop.test>: denied recipient",
		"refused rcpt helo=client.example ip=127.0.0.1 port=58649 sender=<ok@bad.example> "
		"to=denied@shop.test text=denied recipient"},
	{"H=(client.example) [127.0.0.1]:58649 F=<ok@bad.example> rejected RCPT <\"denied\\ "
	 "\\x\"@shop.test>: Unrouteable address",
		"refused rcpt helo=client.example ip=127.0.0.1 port=58649 sender=<ok@bad.example> "
		"to=\"denied\\ \\x\"@shop.test text=Unrouteable address"},
	{"H=(client.example) [127.0.0.1]:35065 rejected DATA: predata no",
		"refused predata helo=client.example ip=127.0.0.1 port=35065 text=predata no"},
	{"1xW3ks-0006K3-1V H=(client.example) [127.0.0.1]:40413 F=<ok@bad.example> "
	 "A=dovecot_plain:ann@shop.test temporarily rejected after DATA: later content",
		"refused data for-now helo=client.example ip=127.0.0.1 port=40413 by=dovecot_plain "
		"login=ann@shop.test sender=<ok@bad.example> text=later content"},
	{"1xW3kt-0006KE-2F H=(client.example) [127.0.0.1]:51159 F=<ok@bad.example> "
	 "A=dovecot_plain:ann@shop.test rejected during MIME ACL checks: no exe",
		"refused mime helo=client.example ip=127.0.0.1 port=51159 by=dovecot_plain "
		"login=ann@shop.test sender=<ok@bad.example> text=no exe"},
	{"H=(badhelo x y) [127.0.0.1]:47269 I=[127.0.0.1]:25252 rejected EHLO or HELO badhelo: bad "
	 "helo",
		"refused helo helo=badhelo x y ip=127.0.0.1 port=47269 text=bad helo"},
	{"H=[127.0.0.5]:52029 rejected connection in \"connect\" ACL: go away",
		"refused connect ip=127.0.0.5 port=52029 text=go away"},
	{"H=(noauth) [127.0.0.1]:50793 rejected AUTH PLAIN: no auth here",
		"refused auth helo=noauth ip=127.0.0.1 port=50793 text=no auth here"},
	{"H=(client.example) [127.0.0.1]:42681 rejected EXPN ann",
		"refused other helo=client.example ip=127.0.0.1 port=42681"},
	{"1xW46O-0000xR-0S F=<Debian-exim@hosting.test> rejected by non-SMTP ACL: non smtp no",
		"refused local sender=<Debian-exim@hosting.test> text=non smtp no"},
	{"1xW3lv-0006Ls-0G rejected from <ann@shop.test> H=(client.example) [127.0.0.1]:45545: "
	 "message too big: read=9010101 max=8388608",
		"refused data helo=client.example ip=127.0.0.1 port=45545 sender=<ann@shop.test> "
		"text=message too big: read=9010101 max=8388608"},
	{"H=(client.example) [127.0.0.1]:45239 F=<\"a rejected RCPT <x@y>: \"@evil.example> "
	 "rejected RCPT <denied@shop.test>: denied recipient",
		"refused rcpt helo=client.example ip=127.0.0.1 port=45239 sender=<\"a rejected "
		"RCPT <x@y>: \"@evil.example> to=denied@shop.test text=denied recipient"},
	{"H=(client.example) [127.0.0.1]:45239 F=<a@b> A=plain:eve rejected RCPT <\"denied "
	 "rejected RCPT <x@y>: \"@shop.test>: denied recipient",
		"damaged: two ways to read a rejection"},
	{"H=(x S=5 for \"q) [127.0.0.1]:34757 F=<ok@bad.example> rejected RCPT <\" for v@x "
	 "y\"@shop.test>: Unrouteable address",
		"refused rcpt helo=x S=5 for \"q ip=127.0.0.1 port=34757 sender=<ok@bad.example> "
		"to=\" for v@x y\"@shop.test text=Unrouteable address"},
	{"H=(c) [6.6.6.6] F=<a@b> A=plain:victim rejected RCPT <x@y>:) [127.0.0.1]:56303 "
	 "I=[127.0.0.1]:25252 F=<a@b> rejected RCPT <denied@shop.test>: denied recipient",
		"damaged: two ways to read a rejection"},
	{"H=(c) [6.6.6.6] F=<a@b> A=plain:victim rejected RCPT <x@y>:) [127.0.0.1]:56303 "
	 "I=[127.0.0.1]:25252 incomplete transaction (QUIT) from <a@b>",
		"damaged: two ways to read a rejection"},
	{"H=(c) [6.6.6.6] F=<a@b> A=plain:victim rejected RCPT <x@y>: no) [127.0.0.1]:56303 "
	 "Warning: noted",
		"damaged: two ways to read a rejection"},
	{"H=(c) [127.0.0.1]:57357 F=<a@b> rejected RCPT <x@y>: \"JunkMail rejected - (c) "
	 "[127.0.0.1]:57357 is in an RBL, see (there)\"",
		"refused rcpt helo=c ip=127.0.0.1 port=57357 sender=<a@b> to=x@y text=\"JunkMail "
		"rejected - (c) [127.0.0.1]:57357 is in an RBL, see (there)\""},
	{"H=(client.example) [127.0.0.1]:34489 F=<ok@bad.example> RCPT <discarded@shop.test>: "
	 "discarded by RCPT ACL: we discard",
		"other"},
	{"H=(client.example) [127.0.0.1]:36027 sender verify fail for <verifyme@shop.test>: "
	 "response to \"RCPT\" was: 550 rejected by policy",
		"other"},
};

/* Rejections of other versions and settings */
static const struct row other_refusals[] = {
	{"H=mail.b.example (helo) [192.0.2.1]:5 X=TLS1.3:x:256 CV=no DN=\"CN=x\" SNI=s F=<> "
	 "A=plain:a rejected RCPT <c@d>",
		"refused rcpt name=mail.b.example helo=helo ip=192.0.2.1 port=5 by=plain login=a "
		"sender=<> to=c@d"},
	{"H=mail.b.example [192.0.2.1] U=me Ci=5 F=<a@b> rejected RCPT <c@d>: text: more",
		"refused rcpt name=mail.b.example ip=192.0.2.1 ident=me ci=5 sender=<a@b> to=c@d "
		"text=text: more"},
	{"U=root F=<a@b> rejected RCPT <c@d>", "refused rcpt ident=root sender=<a@b> to=c@d"},
	{"H=(c) [192.0.2.1] X=x CV=no DN=\"x\" F=<\" F=<v@x> A=plain:victim\"@evil> rejected RCPT "
	 "<c@d>",
		"refused rcpt helo=c ip=192.0.2.1 sender=<\" F=<v@x> A=plain:victim\"@evil> "
		"to=c@d"},
	{"H=(c) [192.0.2.1] F=<a@b> A=plain:John Doe rejected RCPT <c@d>: no",
		"refused rcpt helo=c ip=192.0.2.1 by=plain login=John Doe sender=<a@b> to=c@d "
		"text=no"},
	{"H=(c F=<x@y> A=plain:victim) [192.0.2.1]:5 rejected MAIL <c@d>: no",
		"refused mail helo=c F=<x@y> A=plain:victim ip=192.0.2.1 port=5 to=c@d text=no"},
	{"H=(c) [6.6.6.6] F=<x@y> A=plain:victim) [192.0.2.1]:5 F=<a@b> rejected RCPT <c@d>: no",
		"damaged: two ways to read a rejection"},
	{"rejected EHLO from [192.0.2.1]: syntactically invalid argument(s): x y",
		"refused helo ip=192.0.2.1 text=x y"},
	{"rejected EHLO from (c) [192.0.2.1]: syntactically invalid argument(s): x) [9.9.9.9]: "
	 "syntactically invalid argument(s): ",
		"damaged: a client's session is not in its form"},
	{"refused connection from (c) [192.0.2.1]:5 (host_reject_connection)",
		"refused connect helo=c ip=192.0.2.1 port=5 text=host_reject_connection"},
	{"temporarily refused connection from [192.0.2.1]: not in reserve list: connected=20 "
	 "max=20 reserve=2",
		"refused connect for-now ip=192.0.2.1 text=not in reserve list: connected=20 "
		"max=20 reserve=2"},
	{"Connection from [192.0.2.1]:5 refused: too many connections from that IP address",
		"refused connect for-now ip=192.0.2.1 port=5 text=too many connections from that "
		"IP address"},
	{"H=(c) rejected RCPT <c@d>: no", "damaged: a rejection is not in its form"},
	{"H=(c) [192.0.2.1] F=<a@b> rejected RCPT <c d@e>: no",
		"damaged: a rejection is not in its form"},
	{"H=(c) [192.0.2.1]:5 U=x F=<a@b> A=plain:victim F=<e@f> rejected RCPT <c@d>: no",
		"damaged: two ways to read a rejection"},
	{"H=(c) [192.0.2.1]:5 U=x F=<a@b> A=plain:victim rejected RCPT <x@y>: incomplete "
	 "transaction (QUIT) from <a@b>",
		"damaged: two ways to read a rejection"},
};

/* Sessions */
static const struct row sessions[] = {
	{"SMTP connection from [127.0.0.1]:50319 I=[127.0.0.1]:25252 (TCP/IP connection count = "
	 "17)",
		"connected ip=127.0.0.1 port=50319 count=17"},
	{"SMTP connection from [127.0.0.1]:50319 I=[127.0.0.1]:25252 Ci=77 (TCP/IP connection "
	 "count = 1)",
		"connected ip=127.0.0.1 port=50319 ci=77 count=1"},
	{"SMTP connection from (foo) [1.2.3.4] A=plain:victim) [127.0.0.1]:58931 "
	 "I=[127.0.0.1]:25252 closed by QUIT",
		"closed helo=foo) [1.2.3.4] A=plain:victim ip=127.0.0.1 port=58931 text=QUIT"},
	{"SMTP connection from (x) [6.6.6.6] closed by QUIT) [127.0.0.1]:5 closed by DROP in ACL",
		"closed helo=x) [6.6.6.6] closed by QUIT ip=127.0.0.1 port=5 text=DROP in ACL"},
	{"SMTP connection Ci=22841 from mail.b.example (c) [192.0.2.1]:5 D=1m3s closed by EOF",
		"closed name=mail.b.example helo=c ip=192.0.2.1 port=5 ci=22841 ms=63000 text=EOF"},
	{"SMTP connection from (c) [192.0.2.1]:5 D=1.500s closed after SIGTERM",
		"closed helo=c ip=192.0.2.1 port=5 ms=1500 text=after SIGTERM"},
	{"SMTP connection from root closed by QUIT", "closed ident=root text=QUIT"},
	{"SMTP connection from (early) [127.0.0.1]:56772 I=[127.0.0.1]:25252 lost (error: "
	 "Connection reset by peer) D=0.302s",
		"lost helo=early ip=127.0.0.1 port=56772 ms=302 text=(error: Connection reset by "
		"peer)"},
	{"SMTP connection from (x) [127.0.0.1]:54707 lost while reading message data (header)",
		"lost helo=x ip=127.0.0.1 port=54707 text=while reading message data (header)"},
	{"SMTP connection from (c) [192.0.2.1]:5 lost D=2s",
		"lost helo=c ip=192.0.2.1 port=5 ms=2000 text="},
	{"SMTP connection from (c) [192.0.2.1]:5 something new",
		"damaged: a client's session is not in its form"},
	{"unexpected disconnection while reading SMTP command from (client.example) "
	 "[127.0.0.1]:34755 I=[127.0.0.1]:25252 D=0.003s",
		"lost helo=client.example ip=127.0.0.1 port=34755 ms=3"},
	{"SMTP command timeout on connection from (client.example) [127.0.0.1]:35823 "
	 "I=[127.0.0.1]:25252",
		"lost helo=client.example ip=127.0.0.1 port=35823"},
	{"SMTP command timeout on TLS connection from (client.example) [127.0.0.1]:35823 D=5m",
		"lost helo=client.example ip=127.0.0.1 port=35823 ms=300000"},
	{"SMTP data timeout (message abandoned) on connection from (client.example) "
	 "[127.0.0.1]:36759 F=<a@b.example>",
		"lost helo=client.example ip=127.0.0.1 port=36759"},
	{"SMTP data timeout (message abandoned) on connection from (c) [127.0.0.1]:36759 F=<\"x "
	 "F=<y\"@z> D=3s",
		"lost helo=c ip=127.0.0.1 port=36759 ms=3000"},
	{"SMTP call from (client.example) [127.0.0.1]:40367 I=[127.0.0.1]:25252 dropped: too many "
	 "syntax or protocol errors (last command was \"X\", C=EHLO,MAIL)",
		"dropped helo=client.example ip=127.0.0.1 port=40367 text=too many syntax or "
		"protocol errors (last command was \"X\", C=EHLO,MAIL)"},
	{"SMTP call from (c) [6.6.6.6] dropped: x) [192.0.2.1]:5 dropped: too many nonmail "
	 "commands",
		"damaged: a client's session is not in its form"},
	{"no MAIL in SMTP connection from [127.0.0.1]:39136 I=[127.0.0.1]:2525 D=0s",
		"no mail ip=127.0.0.1 port=39136 ms=0"},
	{"no MAIL in SMTP connection from (client.example) [127.0.0.1]:54485 I=[127.0.0.1]:25252 "
	 "D=0.202s A=dovecot_plain:ann@shop.test C=EHLO,AUTH,NOOP,QUIT",
		"no mail helo=client.example ip=127.0.0.1 port=54485 by=dovecot_plain "
		"login=ann@shop.test ms=202 commands=EHLO,AUTH,NOOP,QUIT"},
	{"no MAIL in TFO SMTP connection from (c) [127.0.0.1]:60343 D=10s A=plain:a b "
	 "X=TLS1.3:x:256 CV=no DN=\"CN=x\" C=...EHLO,AUTH",
		"no mail helo=c ip=127.0.0.1 port=60343 by=plain login=a b ms=10000 "
		"commands=...EHLO,AUTH"},
	{"no MAIL in SMTP connection from (x) [6.6.6.6] D=1s A=plain:victim) [192.0.2.1]:5 D=0s "
	 "C=EHLO",
		"damaged: a client's session is not in its form"},
	{"dovecot_plain authenticator failed for (client.example) [127.0.0.1]:56337 "
	 "I=[127.0.0.1]:25252: 535 Incorrect authentication data (set_id=ann@shop.test)",
		"login failed helo=client.example ip=127.0.0.1 port=56337 by=dovecot_plain "
		"login=ann@shop.test code=535 text=Incorrect authentication data"},
	{"dovecot_login authenticator failed for H=mail.b.example (c) [192.0.2.1]:5 U=me: 535 "
	 "Incorrect authentication data (set_id=bob)",
		"login failed name=mail.b.example helo=c ip=192.0.2.1 port=5 ident=me "
		"by=dovecot_login login=bob code=535 text=Incorrect authentication data"},
	{"dovecot_plain authenticator failed for (c) [127.0.0.1]:60343: 535 Incorrect "
	 "authentication data (set_id=x\\377y\"z\\)",
		"login failed helo=c ip=127.0.0.1 port=60343 by=dovecot_plain login=x\\377y\"z\\ "
		"code=535 text=Incorrect authentication data"},
	{"dovecot_plain authenticator failed for (c) [127.0.0.1]:50589: 535 Incorrect "
	 "authentication data",
		"login failed helo=c ip=127.0.0.1 port=50589 by=dovecot_plain code=535 "
		"text=Incorrect authentication data"},
	{"dovecot_login authenticator failed for (c) [127.0.0.1]:50589: 501 Authentication "
	 "cancelled",
		"login failed helo=c ip=127.0.0.1 port=50589 by=dovecot_login code=501 "
		"text=Authentication cancelled"},
	{"plain authenticator failed for (c) [127.0.0.1]: 435 Unable to authenticate at present "
	 "(set_id=bob): lookup failed",
		"login failed helo=c ip=127.0.0.1 by=plain login=bob code=435 text=Unable to "
		"authenticate at present"},
	{"plain authenticator failed for (c) [127.0.0.1]: 535 Incorrect authentication data "
	 "(set_id=a (set_id=victim) [1.2.3.4])",
		"login failed helo=c ip=127.0.0.1 by=plain login=a (set_id=victim) [1.2.3.4] "
		"code=535 text=Incorrect authentication data"},
	{"plain authenticator failed for (x) [9.9.9.9]: 535 Incorrect authentication data "
	 "(set_id=q)) [127.0.0.1]:34913: 535 Incorrect authentication data (set_id=ann@shop.test)",
		"damaged: a failed login is not in its form"},
	{"plain authenticator failed for (c) [127.0.0.1]: 535 Incorrect authentication data "
	 "(set_id=x) [1.1.1.1]: 535 Incorrect authentication data (set_id=victim)",
		"damaged: a failed login is not in its form"},
	{"plain authenticator failed for nobody in particular: 535 x",
		"damaged: a failed login is not in its form"},
};

/* The server */
static const struct row server[] = {
	{"cwd=/home/www-data/public_html 5 args: /usr/sbin/exim4 -t -i -f web@shop.test",
		"command folder=/home/www-data/public_html count=5 arguments=/usr/sbin/exim4 -t -i "
		"-f web@shop.test"},
};

static void parse(const char *text, struct exim_log_line *ret)
{
	exim_log_parse(slice_of(text), ret);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char line[4096];
		struct exim_log_line l;
		struct said s;

		(void)snprintf(line, sizeof(line), TIME "%s", rows[i].text);
		parse(line, &l);
		say_line(&s, &l);
		if (strcmp(s.text, rows[i].want) != 0)
			fail_msg("%s\ngot  %s\nwant %s", rows[i].text, s.text, rows[i].want);
		assert_true((l.kind == EXIM_LOG_DAMAGED) == (l.damage != NULL));
		assert_int_equal(l.time.minute, 27);

		/* the same without a time */
		exim_log_parse_untimed(slice_of(rows[i].text), &l);
		assert_int_equal(l.time.year, 0);
		say_line(&s, &l);
		assert_string_equal(s.text, rows[i].want);
	}
}

static void test_rows(void **state)
{
	static const struct {
		const struct row *rows;
		size_t count;
	} tables[] = {
#define TABLE(rows) {rows, COUNT(rows)}
		TABLE(arrivals),
		TABLE(other_arrivals),
		TABLE(odd_arrivals),
		TABLE(damaged_arrivals),
		TABLE(deliveries),
		TABLE(other_deliveries),
		TABLE(odd_deliveries),
		TABLE(failures),
		TABLE(damaged_deliveries),
		TABLE(messages),
		TABLE(refusals),
		TABLE(other_refusals),
		TABLE(sessions),
		TABLE(server),
#undef TABLE
	};

	(void)state;
	for (size_t i = 0; i < COUNT(tables); i++)
		check_rows(tables[i].rows, tables[i].count);
}

static void test_front(void **state)
{
	static const struct {
		const char *line;
		const char *want; /* time, zone, pid, id, kind */
	} rows[] = {
		{TIME "Completed", "2026-11-23 12:27:17.000000 - 0 - completed"},
		{TIME ID "Completed", "2026-11-23 12:27:17.000000 - 0 1xVSnt-00005W-2T completed"},
		{TIME "1xVT8f-000000005wI-2bYB Completed",
			"2026-11-23 12:27:17.000000 - 0 1xVT8f-000000005wI-2bYB completed"},
		{"2026-11-23 12:27:17.617 +0130 [22834] 1xVT8f-000000005wI-2bYB Completed",
			"2026-11-23 12:27:17.617000 90 22834 1xVT8f-000000005wI-2bYB completed"},
		{"2026-11-23 12:27:17 -0800 Completed",
			"2026-11-23 12:27:17.000000 -480 0 - completed"},
		{"2026-11-23 12:27:17.001 [1] Completed",
			"2026-11-23 12:27:17.001000 - 1 - completed"},
		{"2016-12-31 23:59:60 Completed", "2016-12-31 23:59:60.000000 - 0 - completed"},
		{TIME "[22834]Completed", "2026-11-23 12:27:17.000000 - 0 - other"},
		{TIME "[x] Completed", "2026-11-23 12:27:17.000000 - 0 - other"},
		{TIME "1xVSnt-00005W_2T Completed", "2026-11-23 12:27:17.000000 - 0 - other"},
		{TIME "1xVSnt-00005W-2TCompleted", "2026-11-23 12:27:17.000000 - 0 - other"},
		{TIME "1xVSnt-00005W-2T", "2026-11-23 12:27:17.000000 - 0 - other"},
		{TIME ID, "2026-11-23 12:27:17.000000 - 0 1xVSnt-00005W-2T other"},
		{TIME, "2026-11-23 12:27:17.000000 - 0 - other"},
		{TIME "+0 x", "2026-11-23 12:27:17.000000 - 0 - other"},
		{TIME "+01000 Completed", "2026-11-23 12:27:17.000000 - 0 - other"},
		{"", "0-0-0 0:0:0.000000 - 0 - other"},
		{"Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 12:27:17", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 12:27:17x", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 12:27:17.61 x", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23T12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026/11-23 12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11/23 12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 12.27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 12:27.17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-00-23 12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-13-23 12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-00 12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-32 12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 24:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 12:60:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 12:27:61 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"0000-11-23 12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"202a-11-23 12:27:17 Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"2026-11-23 12:27:1: Completed", "0-0-0 0:0:0.000000 - 0 - other"},
		{"Envelope-from: <ok@bad.example>", "0-0-0 0:0:0.000000 - 0 - other"},
		{"P Received: from [127.0.0.1] (port=44665)", "0-0-0 0:0:0.000000 - 0 - other"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct exim_log_line l;
		char got[128], zone[16] = "-";

		parse(rows[i].line, &l);
		if (l.time.has_zone)
			(void)snprintf(zone, sizeof(zone), "%d", l.time.zone_minutes);
		(void)snprintf(got, sizeof(got), "%u-%u-%u %u:%u:%u.%06u %s %llu %s %s",
			l.time.year, l.time.month, l.time.day, l.time.hour, l.time.minute,
			l.time.second, l.time.us, zone, (unsigned long long)l.pid,
			l.id.len > 0 ? l.id.text : "-", exim_log_kind_name(l.kind));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s\ngot  %s\nwant %s", rows[i].line, got, rows[i].want);
	}
}

static void test_id_of_locked_file(void **state)
{
	struct exim_log_line l;

	(void)state;
	parse(TIME "Spool file for 1xVSnt-00005W-2T is locked (another process)", &l);
	assert_int_equal(l.kind, EXIM_LOG_LOCKED);
	assert_string_equal(l.id.text, "1xVSnt-00005W-2T");
}

/* A list of n recipients of which number `bad` is `what`; n: none is. */
static void check_list(unsigned n, unsigned bad, const char *what)
{
	char line[8192];
	struct exim_log_line l;
	size_t len = (size_t)snprintf(
		line, sizeof(line), TIME ID "<= a@b.c H=(c) [192.0.2.1] P=esmtp S=1 for");

	for (unsigned i = 0; i < n; i++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "r%u@d", i);
		len += (size_t)snprintf(
			line + len, sizeof(line) - len, " %s", i == bad ? what : address);
	}
	parse(line, &l);
	if (bad < n) {
		if (l.kind != EXIM_LOG_DAMAGED)
			fail_msg("%s: number %u of %u", what, bad, n);
		return;
	}
	assert_int_equal(l.kind, EXIM_LOG_ACCEPTED);
	assert_int_equal(l.arrival.recipient_count, n);
}

static void test_lists(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 80; n++) {
		check_list(n, n, "");
		for (unsigned bad = 0; bad < n; bad += 1 + n / 9) {
			check_list(n, bad, "bare");
			check_list(n, bad, "S=300");
			check_list(n, bad, "two@at@once");
			check_list(n, bad, "");
			check_list(n, bad, "q\"@d");
			check_list(n, bad, "b\\@d");
			check_list(n, bad, "<x@d>");
		}
	}
}

/* An arrival whose line has len bytes, its list filled with short addresses. */
static bool is_cut(size_t len)
{
	static char line[EXIM_LOG_LINE_MAX + 16];
	struct exim_log_line l;
	size_t n = (size_t)snprintf(
		line, sizeof(line), TIME ID "<= a@b.c H=(c) [192.0.2.1] P=esmtp S=1 for x@y");

	while (len - n > 8)
		n += (size_t)snprintf(line + n, sizeof(line) - n, " r@d");
	for (; n < len; n++)
		line[n] = 'd';
	exim_log_parse((struct slice){line, len}, &l);
	assert_int_equal(l.kind, EXIM_LOG_ACCEPTED);
	return l.arrival.recipients_cut;
}

static void test_long_lines(void **state)
{
	(void)state;
	assert_false(is_cut(8000));
	assert_false(is_cut(8099));
	assert_true(is_cut(8100));
	assert_true(is_cut(8191));
}

/* The names and addresses that strangers write into their texts are in no field of their own. */
static void test_nobody_is_framed(void **state)
{
	static const struct {
		const struct row *rows;
		size_t count;
	} tables[] = {
		{odd_arrivals, COUNT(odd_arrivals)},
		{odd_deliveries, COUNT(odd_deliveries)},
		{refusals, COUNT(refusals)},
		{other_refusals, COUNT(other_refusals)},
		{sessions, COUNT(sessions)},
	};
	static const char *const framed[] = {
		" login=victim", " ip=6.6.6.6", " ip=9.9.9.9", " ip=1.2.3.4"};

	(void)state;
	for (size_t t = 0; t < COUNT(tables); t++)
		for (size_t i = 0; i < tables[t].count; i++)
			for (size_t k = 0; k < COUNT(framed); k++)
				if (strstr(tables[t].rows[i].want, framed[k]) != NULL)
					fail_msg("%s in %s", framed[k], tables[t].rows[i].want);
}

/* Lines cut off anywhere, as when a disk is full, are never another kind of event. */
static void test_every_beginning(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(odd_arrivals); i++) {
		char line[4096];
		int len = snprintf(line, sizeof(line), TIME "%s", odd_arrivals[i].text);

		for (int n = 0; n < len; n++) {
			struct exim_log_line l;

			exim_log_parse((struct slice){line, (size_t)n}, &l);
			assert_true(l.kind == EXIM_LOG_OTHER || l.kind == EXIM_LOG_DAMAGED ||
				    l.kind == EXIM_LOG_ACCEPTED);
		}
	}
}

static void test_places_are_bounded(void **state)
{
	static const struct {
		const char *before, *often, *behind;
	} rows[] = {
		{"1xVSnt-00005W-2T <= a@b H=(x", " S=1", ") [192.0.2.1] P=esmtp S=2"},
		{"1xVSnt-00005W-2T <= a@b H=(x", " P=x", ") [192.0.2.1] P=esmtp S=2"},
		{"H=(x", " X=y", ") [192.0.2.1] F=<a@b> rejected RCPT <c@d>"},
		{"H=(x", " rejected RCPT <c@d>", ") [192.0.2.1] F=<a@b> rejected RCPT <c@d>"},
		{"no MAIL in SMTP connection from (x", " D=", ") [192.0.2.1] D=0s"},
		{"plain authenticator failed for (x", ": ", ") [192.0.2.1]: 535 no"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char line[2048];
		struct exim_log_line l;

		for (int n = 2; n < 60; n += 50) {
			int len = snprintf(line, sizeof(line), TIME "%s", rows[i].before);
			for (int k = 0; k < n; k++)
				len += snprintf(line + len, sizeof(line) - (size_t)len, "%s",
					rows[i].often);
			(void)snprintf(
				line + len, sizeof(line) - (size_t)len, "%s", rows[i].behind);
			parse(line, &l);
			if ((l.kind == EXIM_LOG_DAMAGED) != (n > 32))
				fail_msg("row %zu, %d times: %s", i, n, exim_log_kind_name(l.kind));
		}
	}
}

static void test_reader(void **state)
{
	static const struct {
		const char *line;
		enum exim_log_kind want;
	} rows[] = {
		{TIME ID "Completed", EXIM_LOG_COMPLETED},
		/* lines of a local process's making, seen with 4.96 */
		{TIME ID "<= \"a", EXIM_LOG_DAMAGED},
		{TIME ID "<= victim\"@x.example U=www P=local S=393 T=\"x\" from <\"a",
			EXIM_LOG_DAMAGED},
		{TIME ID "** forged@d R=r T=t: 550 spam\"@x.example> for ann@shop.test",
			EXIM_LOG_DAMAGED},
		{TIME ID "Completed", EXIM_LOG_COMPLETED},
		{TIME ID "<= a@b U=www P=local S=366 T=\"x\" from <a@b> for \"a", EXIM_LOG_DAMAGED},
		{TIME ID "** forged@d R=r T=t: 550 spam", EXIM_LOG_DAMAGED},
		{TIME ID "H=(c) [192.0.2.1] F=<a@b> A=plain:v rejected RCPT <c@d>: \\\"no",
			EXIM_LOG_DAMAGED},
		{TIME ID "Completed\"@ok.test", EXIM_LOG_DAMAGED},
		{TIME ID "Completed", EXIM_LOG_COMPLETED},
		/* what comes by SMTP is never such an entry */
		{TIME ID "<= a@b H=(x \"q) [192.0.2.1] P=esmtp", EXIM_LOG_DAMAGED},
		{TIME ID "Completed", EXIM_LOG_COMPLETED},
		{TIME "SMTP syntax error in \"FOO \"bar\" H=(c) [192.0.2.1] unrecognized",
			EXIM_LOG_OTHER},
		{TIME ID "Completed", EXIM_LOG_COMPLETED},
	};
	struct exim_log_reader r = {0};
	struct exim_log_line l;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		exim_log_read(&r, slice_of(rows[i].line), &l);
		if (l.kind != rows[i].want)
			fail_msg("row %zu: %s", i, exim_log_kind_name(l.kind));
	}

	/* an entry that is never closed takes no more than an entry can have */
	static char filler[1000];
	memset(filler, 'x', sizeof(filler));
	exim_log_read(&r, slice_of(TIME ID "<= \"a"), &l);
	for (int i = 0; i < 8; i++) {
		assert_true(r.open_bytes > 0);
		exim_log_read(&r, (struct slice){filler, sizeof(filler)}, &l);
		assert_int_equal(l.kind, EXIM_LOG_DAMAGED);
	}
	exim_log_read(&r, (struct slice){filler, sizeof(filler)}, &l);
	assert_int_equal(r.open_bytes, 0);
	exim_log_read(&r, slice_of(TIME ID "Completed"), &l);
	assert_int_equal(l.kind, EXIM_LOG_COMPLETED);
}

static void test_unescape(void **state)
{
	static const struct {
		const char *escaped, *want;
		size_t len;
	} rows[] = {
		{"", "", 0},
		{"plain", "plain", 5},
		{"h\\303\\251llo \\\"q\\\" \\\\ x", "h\303\251llo \"q\" \\ x", 14},
		{"\\n\\r\\t\\b\\v\\f", "\n\r\t\b\v\f", 6},
		{"\\\\n", "\\n", 2},
		{"\\000", "\0", 1},
		{"\\377\\400\\38", "\377\\400\\38", 8},
		{"\\x\\", "\\x\\", 3},
		{"\\12", "\\12", 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char got[64];
		size_t n = exim_log_unescape(slice_of(rows[i].escaped), got);

		if (n != rows[i].len || memcmp(got, rows[i].want, n) != 0)
			fail_msg("row %zu: %.*s", i, (int)n, got);
	}
}

static void test_kind_names(void **state)
{
	(void)state;
	for (int i = 0; i < EXIM_LOG_KINDS; i++)
		assert_true(exim_log_kind_name((enum exim_log_kind)i)[0] != '\0');
	assert_string_equal(exim_log_kind_name(EXIM_LOG_KINDS), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_id_of_locked_file),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_nobody_is_framed),
		cmocka_unit_test(test_every_beginning),
		cmocka_unit_test(test_places_are_bounded),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
