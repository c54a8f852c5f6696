#include "invent.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof(*(array))))

static const char *const words[] = {"acorn", "basalt", "birch", "canvas", "cinder", "clover",
	"cobalt", "coral", "cotton", "drift", "elm", "fjord", "flint", "gable", "glacier",
	"granite", "hazel", "heron", "indigo", "juniper", "lantern", "larch", "linen", "meadow",
	"mosaic", "nimbus", "oak", "onyx", "otter", "pepper", "pine", "plaza", "raven", "saffron",
	"sage", "sparrow", "spruce", "timber", "topaz", "walnut"};

static const char *const first_names[] = {"adam", "bella", "carla", "dennis", "elena", "felix",
	"greta", "hannah", "ivan", "julia", "karl", "laura", "marco", "nadia", "oliver", "paula",
	"quentin", "rita", "stefan", "tanja", "ulrich", "viktor", "wanda", "yara"};

static const char *const last_names[] = {"anders", "becker", "costa", "dahl", "ekman", "fontana",
	"gruber", "horvat", "ito", "jensen", "kowalski", "laurent", "mendes", "nagy", "okafor",
	"petrov", "quist", "romero", "santos", "taylor", "urban", "varga", "wagner", "zimmer"};

static const char *const roles[] = {"accounting", "billing", "booking", "contact", "desk", "hello",
	"info", "invoices", "kontakt", "mail", "news", "office", "orders", "post", "reception",
	"sales", "service", "shop", "studio", "team"};

static const char *const providers[] = {"freemail.example", "inbox.test", "bigpost.example",
	"webbox.example", "postbox.test", "telemail.example"};

static const char *const subjects[] = {"Invoice %u is overdue",
	"Your parcel %u waits for a confirmation of the address", "Re: order %u",
	"Security notice %u: your mailbox will be closed within 24 hours unless you confirm it",
	"You have won! Claim ticket %u today", "Voicemail from +49 555 %u",
	"=?UTF-8?Q?Letzte_Mahnung_f=C3=BCr_Ihre_Rechnung_Nr=2E_%u?=", "Quotation %u",
	"Document %u was shared with you",
	"Account statement %u for last month, please see the attached page and answer at once",
	"Lonely this evening? %u people near you"};

static const struct {
	const char *authenticator, *mechanism;
} logins[] = {{"dovecot_plain", "PLAIN"}, {"dovecot_login", "LOGIN"}, {"plain", "PLAIN"},
	{"login", "LOGIN"}};

const char invent_certificate[] =
	"-----BEGIN CERTIFICATE-----\\n"
	"MIID+zCCAuOgAwIBAgIUT9tAiEvIzqid7MLJ5kwCBT/Hr3wwDQYJKoZIhvcNAQEL\\n"
	"BQAwSjELMAkGA1UEBhMCREUxHTAbBgNVBAoMFEV4YW1wbGUgTWFpbCBIb3N0aW5n\\n"
	"MRwwGgYDVQQDDBNteDEuaG9zdGluZy5leGFtcGxlMB4XDTI2MTEyMzE0NTgyMVoX\\n"
	"DTM2MTEyMDE0NTgyMVowSjELMAkGA1UEBhMCREUxHTAbBgNVBAoMFEV4YW1wbGUg\\n"
	"TWFpbCBIb3N0aW5nMRwwGgYDVQQDDBNteDEuaG9zdGluZy5leGFtcGxlMIIBIjAN\\n"
	"BgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvNfQbKkRO1xjhOFp8rt9CnJuVEBl\\n"
	"jbTy27E3A3S9g/2AtJwfh+Wu3OaJr8It8YTcgG6pcmawDHnZTcW8GZw6cNFVsNfO\\n"
	"UyofIm23EUzHszZO1qpgBPABNR68jTX5qX6i7MeENYTXRGU6VoEhdVvGXK3BEwJR\\n"
	"txLOKPq9GD9HWRcggyatLFM75sqXkJ9lRK5BBDU30jZygSQqt6MGogdJgdtYLMpK\\n"
	"upHMnWZ4Nt2feGo+2P26IB7v/Gy/54qUGkoe9mv1CKhoMaM3vgzI6qLaYp/PD5gt\\n"
	"4iQ8mO2qCQk9XBf90kV3XUwbFOeIpVjOzf+fmsvWqNC9WPZIbEiFjZgnTwIDAQAB\\n"
	"o4HYMIHVMB0GA1UdDgQWBBTfAi5HRUSj9appld3z0r1wWkqdWjAfBgNVHSMEGDAW\\n"
	"gBTfAi5HRUSj9appld3z0r1wWkqdWjAPBgNVHRMBAf8EBTADAQH/MIGBBgNVHREE\\n"
	"ejB4ghNteDEuaG9zdGluZy5leGFtcGxlghRzbXRwLmhvc3RpbmcuZXhhbXBsZYIU\\n"
	"aW1hcC5ob3N0aW5nLmV4YW1wbGWCF3dlYm1haWwuaG9zdGluZy5leGFtcGxlghxh\\n"
	"dXRvZGlzY292ZXIuaG9zdGluZy5leGFtcGxlMA0GCSqGSIb3DQEBCwUAA4IBAQBf\\n"
	"R3Ak4df/OoCdKaxW3SQyA3QMPD0J8gj3jH5Ej/Dwb5jOBM/cuS/MDMxy4TovF3XD\\n"
	"KGsmVNyaue7lKR9rqwq9P0vCclOqt5/3X05IJcUVNC+wjoNt07XPYZ09K5XQjHoZ\\n"
	"pjE/Qu9kXWefn978aQopCjE/tWLTf/4FHfAkiP/VYkXFZBu6x1Ut+znOy1y5/jxz\\n"
	"rvm5HFJBRGLKeKbyizzEAuAxtNH9c6O0Sbw8uWb/MhzwI8uAvms9lzAgnVBpjjkj\\n"
	"aDYt+csvpTc9l2K0MdnNJJ58tnGuvKRHX3alLrUBgrA8aMsq8nh4J++Iue/KKxWK\\n"
	"F0VAz42ec6cyTbMX4kv2\\n"
	"-----END CERTIFICATE-----\\n";

enum { STREAM_HIJACKED = 1, STREAM_HONEST, STREAM_PROSE };

static const char *one_of(const char *const *list, uint32_t count, struct chance *c)
{
	return list[chance_below(c, count)];
}

void invent_account(struct account *ret, uint64_t seed, uint32_t k, bool hijacked)
{
	struct chance c = chance_for(seed, hijacked ? STREAM_HIJACKED : STREAM_HONEST, k);
	const char *left = one_of(words, COUNT(words), &c);
	const char *right = one_of(words, COUNT(words), &c);
	uint32_t login = chance_below(&c, COUNT(logins));

	*ret = (struct account){.script = hijacked && k % 10 == 9,
		.uid = 1001 + k,
		.authenticator = logins[login].authenticator,
		.mechanism = logins[login].mechanism,
		.campaign = (uint32_t)chance_next(&c)};
	if (ret->script) {
		(void)snprintf(ret->id, sizeof(ret->id), "%.5s%.3s%u", left, right, k);
		(void)snprintf(ret->address, sizeof(ret->address), "%s@" INVENT_HOST, ret->id);
		return;
	}
	(void)snprintf(ret->id, sizeof(ret->id), "%s@%s-%s%u.%s", one_of(roles, COUNT(roles), &c),
		left, right, k, hijacked ? "example" : "test");
	(void)snprintf(ret->address, sizeof(ret->address), "%s", ret->id);
}

void invent_stranger(struct ink *o, struct chance *c)
{
	ink_text(o, one_of(first_names, COUNT(first_names), c));
	if (chance_percent(c, 50))
		ink_char(o, '.');
	ink_text(o, one_of(last_names, COUNT(last_names), c));
	if (chance_percent(c, 50))
		ink_number(o, chance_below(c, 1000), 0);
	ink_char(o, '@');
	if (chance_percent(c, 60)) {
		ink_text(o, one_of(providers, COUNT(providers), c));
		return;
	}
	ink_text(o, one_of(words, COUNT(words), c));
	ink_number(o, chance_below(c, 2500), 0);
	ink_text(o, ".example");
}

void invent_word(struct ink *o, struct chance *c)
{
	ink_text(o, one_of(words, COUNT(words), c));
}

void invent_client(char at[INET_ADDRSTRLEN], struct chance *c)
{
	(void)snprintf(at, INET_ADDRSTRLEN, "198.%u.%u.%u", 18 + chance_below(c, 2),
		chance_below(c, 256), 1 + chance_below(c, 254));
}

void invent_relay(char at[INET_ADDRSTRLEN], uint32_t k)
{
	(void)snprintf(at, INET_ADDRSTRLEN, "203.0.113.%u", 1 + k % INVENT_RELAYS_MAX);
}

void invent_subject(struct ink *o, uint32_t campaign, struct chance *c)
{
	const char *form = subjects[campaign % COUNT(subjects)];
	const char *gap = form;

	while (*gap != '%')
		gap++;
	ink_bytes(o, form, (size_t)(gap - form));
	ink_number(o, 100000 + chance_below(c, 9000000), 0);
	ink_text(o, gap + 2);
}

/* PROSE_TAIL: no text starts in so many last lines, so that it finds enough of them behind it. */
enum { PROSE_BYTES = 1 << 19, PROSE_LINE_MAX = 160, PROSE_TAIL = 1000 };

static void write_line(struct ink *o, struct chance *c)
{
	uint32_t count = 5 + chance_below(c, 7);

	if (chance_percent(c, 6)) {
		ink_text(o, "https://click.offers.example/?t=");
		ink_number(o, chance_next(c), 0);
		ink_char(o, '\n');
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			ink_char(o, ' ');
		if (chance_percent(c, 70))
			invent_word(o, c);
		else
			ink_text(o, one_of(last_names, COUNT(last_names), c));
	}
	ink_char(o, '\n');
}

struct prose prose_new(uint64_t seed)
{
	struct chance c = chance_for(seed, STREAM_PROSE, 0);
	struct prose p = {malloc(PROSE_BYTES), calloc(PROSE_BYTES / 8, sizeof(*p.starts)), 0};
	struct ink o = {p.text, 0, PROSE_BYTES};

	if (p.text == NULL || p.starts == NULL) {
		(void)fputs("out of memory\n", stderr);
		exit(1);
	}
	while (o.room - o.len > PROSE_LINE_MAX) {
		p.starts[p.lines++] = (uint32_t)o.len;
		write_line(&o, &c);
	}
	p.starts[p.lines] = (uint32_t)o.len;
	return p;
}

void prose_free(struct prose *p)
{
	free(p->text);
	free(p->starts);
	*p = (struct prose){0};
}

uint32_t prose_cut(const struct prose *p, struct ink *o, uint32_t first_line, uint32_t least)
{
	uint32_t first = first_line % (p->lines - PROSE_TAIL), end = first;

	while (end < p->lines && p->starts[end] - p->starts[first] < least)
		end++;
	ink_bytes(o, p->text + p->starts[first], p->starts[end] - p->starts[first]);
	return end - first;
}
