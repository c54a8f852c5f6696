#include "facts/ledger.h"

#include "base/memory.h"
#include "base/sketch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)
#define BEGIN  (INT64_C(1795500000) * SECOND)

/* A message of a mailbox to one recipient. */
struct sent {
	const char *by, *to, *id, *ip, *body;
	int64_t at_us;
};

static bool note(struct ledger *l, const struct sent *m, struct sighting *ret)
{
	struct slice to = slice_of(m->to);
	struct source source;
	struct fact fact = {.kind = FACT_ACCEPTED,
		.at_us = m->at_us,
		.id = slice_of(m->id != NULL ? m->id : ""),
		.source = &source,
		.sender = slice_of(m->by),
		.client = slice_of(m->ip != NULL ? m->ip : ""),
		.recipients = &to,
		.recipient_count = 1,
		.recipient_total = 1};

	source_set(&source, SOURCE_MAILBOX, slice_of(m->by));
	if (m->body != NULL)
		fact.body = slice_of(m->body);
	return ledger_note(l, &fact, ret);
}

static struct ledger *new_ledger(size_t sources)
{
	struct ledger *l = ledger_new(sources, 1024);

	ledger_set_hosted(l, slice_of("shop.test"), HOSTED_YES);
	ledger_hosted_complete(l);
	return l;
}

static void test_recipients(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;

	(void)state;
	assert_true(note(l, &(struct sent){"ann@shop.test", "bob@far.test", .at_us = BEGIN}, &s));
	assert_int_equal(s.strangers, 1);
	assert_true(s.first_in_episode);
	assert_true(
		note(l, &(struct sent){"ann@shop.test", "BOB@far.test", .at_us = BEGIN + 1}, &s));
	assert_int_equal(s.known, 1);
	/* a colleague of the same domain wrote to him, too */
	assert_true(
		note(l, &(struct sent){"cem@shop.test", "bob@far.test", .at_us = BEGIN + 2}, &s));
	assert_int_equal(s.colleagues, 1);
	assert_int_equal(s.strangers, 0);
	/* a hosted recipient is nobody new */
	assert_true(
		note(l, &(struct sent){"ann@shop.test", "x@shop.test", .at_us = BEGIN + 3}, &s));
	assert_int_equal(s.strangers, 0);
	assert_int_equal(ledger_count(l), 2);
	assert_int_equal(ledger_active(l, BEGIN + 3), 1);
}

/* A friend among the strangers does not make a message one that was not sent to them. */
static void test_mixed_recipients(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	const struct slice both[] = {slice_of("bob@far.test"), slice_of("x@far.test")};
	struct sighting s;
	struct source ann;

	(void)state;
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	note(l, &(struct sent){"ann@shop.test", "bob@far.test", .at_us = BEGIN}, &s);
	const struct fact fact = {.kind = FACT_ACCEPTED,
		.at_us = BEGIN + 1,
		.source = &ann,
		.sender = slice_of("ann@shop.test"),
		.recipients = both,
		.recipient_count = 2,
		.recipient_total = 2};
	assert_true(ledger_note(l, &fact, &s));
	assert_int_equal(s.known, 1);
	assert_int_equal(s.strangers, 1);
	assert_float_equal(s.episode->stranger_messages, 1, 0);
	assert_float_equal(s.episode->to_strangers, 2, 0);
}

/* Who wrote to a mailbox is no stranger to it. */
static void test_answers_are_known(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct slice to = slice_of("ann@shop.test");
	struct sighting s;
	const struct fact in = {.kind = FACT_ACCEPTED,
		.at_us = BEGIN,
		.sender = slice_of("customer@far.test"),
		.client = slice_of("198.51.100.1"),
		.recipients = &to,
		.recipient_count = 1,
		.recipient_total = 1};

	(void)state;
	assert_false(ledger_note(l, &in, &s));
	assert_true(note(
		l, &(struct sent){"ann@shop.test", "customer@far.test", .at_us = BEGIN + 1}, &s));
	assert_int_equal(s.known, 1);
}

static void test_networks(void **state)
{
	static const enum network_novelty unlike_home[] = {NETWORK_NEW, NETWORK_NEW_COUNTRY};
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;

	(void)state;
	for (int64_t day = 0; day < 10; day++)
		assert_true(note(l,
			&(struct sent){"ann@shop.test", "bob@far.test", .ip = "192.0.2.9",
				.at_us = BEGIN + (int64_t)day * DAY},
			&s));
	assert_int_equal(s.network, NETWORK_KNOWN);
	assert_true(s.episode == s.source->episodes[EPISODE_FAMILIAR]);
	assert_true(note(l,
		&(struct sent){"ann@shop.test", "bob@far.test", .ip = "10.0.0.1",
			.at_us = BEGIN + 10 * DAY},
		&s));
	assert_int_equal(s.network, NETWORK_SILENT);
	assert_true(note(l,
		&(struct sent){"ann@shop.test", "bob@far.test", .ip = "203.0.113.9",
			.at_us = BEGIN + 10 * DAY + 1},
		&s));
	assert_true(s.network == unlike_home[0] || s.network == unlike_home[1]);
	assert_true(s.episode == s.source->episodes[EPISODE_UNFAMILIAR]);
	assert_true(note(l,
		&(struct sent){"ann@shop.test", "bob@far.test", .ip = "203.0.113.9",
			.at_us = BEGIN + 10 * DAY + 2},
		&s));
	assert_int_equal(s.network, NETWORK_YOUNG);
}

/* Outcomes count for the source of their message, and a local or forwarded one for nobody. */
static void test_outcomes(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;
	struct fact out = {.kind = FACT_FAILED,
		.at_us = BEGIN + 1,
		.id = slice_of("1xVSnt-00005W-2T"),
		.recipient = slice_of("no@far.test"),
		.failure = FAILURE_USER_UNKNOWN};

	(void)state;
	assert_false(ledger_note(l, &out, &s)); /* of no message that is known */
	assert_true(note(l,
		&(struct sent){
			"ann@shop.test", "no@far.test", .id = "1xVSnt-00005W-2T", .at_us = BEGIN},
		&s));
	assert_true(ledger_note(l, &out, &s));
	assert_true(s.is_dead);
	assert_string_equal(s.source_name, "ann@shop.test");
	assert_true(s.episode->dead == 1);
	out.is_local = true;
	assert_false(ledger_note(l, &out, &s));
	out.is_local = false;
	out.forwarded_for = slice_of("ann@shop.test");
	assert_false(ledger_note(l, &out, &s));
	out.forwarded_for = (struct slice){0};
	out.kind = FACT_DELIVERED;
	out.failure = FAILURE_OTHER;
	assert_true(ledger_note(l, &out, &s));
	assert_true(s.is_delivered && s.episode->delivered == 1);
	out.kind = FACT_DEFERRED;
	assert_false(ledger_note(l, &out, &s));
}

static bool complain(struct ledger *l, const char *id, struct sighting *ret)
{
	const struct fact fact = {
		.kind = FACT_COMPLAINED, .at_us = BEGIN + HOUR, .id = slice_of(id)};

	return ledger_note(l, &fact, ret);
}

static bool accuse(struct ledger *l, const char *name, int64_t at_us, struct sighting *ret)
{
	struct source source;

	source_set(&source, SOURCE_MAILBOX, slice_of(name));
	const struct fact fact = {.kind = FACT_COMPLAINED, .at_us = at_us, .source = &source};
	return ledger_note(l, &fact, ret);
}

/* A relay accuses a source without naming a message: one counts, of one that is sending. */
static void test_accusations(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;

	(void)state;
	assert_false(accuse(l, "ann@shop.test", BEGIN, &s));
	note(l, &(struct sent){"ann@shop.test", "a@far.test", .at_us = BEGIN}, &s);
	assert_false(accuse(l, "bob@shop.test", BEGIN + HOUR, &s));
	assert_false(accuse(l, "ann@shop.test", BEGIN + 2 * DAY, &s));
	assert_true(accuse(l, "Ann@Shop.test", BEGIN + HOUR, &s));
	assert_true(s.is_complaint && s.kind == SIGHTING_OUTCOME && s.episode->complaints == 1);
	assert_false(accuse(l, "ann@shop.test", BEGIN + HOUR, &s));
}

/* A complaint counts for the source of a message that is known, and once. */
static void test_complaints(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;

	(void)state;
	assert_false(complain(l, "1xVSnt-00005W-2T", &s));
	note(l,
		&(struct sent){
			"ann@shop.test", "a@far.test", .id = "1xVSnt-00005W-2T", .at_us = BEGIN},
		&s);
	note(l,
		&(struct sent){
			"ann@shop.test", "b@far.test", .id = "1xVSnt-00005W-3T", .at_us = BEGIN},
		&s);
	assert_false(complain(l, "1xVSnt-00005W-4T", &s));
	assert_false(complain(l, "", &s));
	assert_true(complain(l, "1xVSnt-00005W-2T", &s));
	assert_true(s.is_complaint && s.kind == SIGHTING_OUTCOME);
	assert_string_equal(s.source_name, "ann@shop.test");
	assert_true(s.episode->complaints == 1);
	assert_false(complain(l, "1xVSnt-00005W-2T", &s));
	assert_true(complain(l, "1xVSnt-00005W-3T", &s));
	assert_true(s.episode->complaints == 2);
	ledger_mark_honest(l, s.source, BEGIN + HOUR); /* what was before is past */
	assert_false(complain(l, "1xVSnt-00005W-3T", &s));
}

/* Of what a mail that came back tells, one failure of a message counts, of somebody it was written
 * to, who does not exist. */
static void test_returned(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;
	struct fact out = {.kind = FACT_DELIVERED,
		.at_us = BEGIN + 1,
		.id = slice_of("1xVSnt-00005W-2T"),
		.recipient = slice_of("no@far.test")};

	(void)state;
	note(l,
		&(struct sent){
			"ann@shop.test", "no@far.test", .id = "1xVSnt-00005W-2T", .at_us = BEGIN},
		&s);
	(void)ledger_note(l, &out, &s);
	out.kind = FACT_FAILED;
	out.is_reported = true;
	out.failure = FAILURE_CONTENT;
	assert_false(ledger_note(l, &out, &s));
	out.failure = FAILURE_USER_UNKNOWN;
	out.recipient = slice_of("else@far.test");
	assert_false(ledger_note(l, &out, &s));
	out.recipient = slice_of("no@far.test");
	out.id = slice_of("1xVSnt-00005W-9T");
	assert_false(ledger_note(l, &out, &s));
	out.id = slice_of("1xVSnt-00005W-2T");
	assert_true(ledger_note(l, &out, &s));
	assert_true(s.is_dead && s.episode->dead == 1 && s.episode->delivered == 0);
	assert_false(ledger_note(l, &out, &s));
	assert_true(complain(l, "1xVSnt-00005W-2T", &s)); /* that is another thing */
}

/* What was counted is not counted again by a ledger that was saved. */
static void test_reports_are_saved(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	AUTO(ledger) again = ledger_new(100, 1024);
	struct sighting s;
	size_t len;

	(void)state;
	for (unsigned i = 2; i <= 4; i++) {
		char id[] = "1xVSnt-00005W-0T";

		id[14] = (char)('0' + i);
		note(l, &(struct sent){"ann@shop.test", "a@far.test", .id = id, .at_us = BEGIN},
			&s);
	}
	assert_true(complain(l, "1xVSnt-00005W-2T", &s));
	assert_true(complain(l, "1xVSnt-00005W-4T", &s));
	char *bytes = ledger_write(l, &len);
	assert_int_equal(ledger_read(again, (struct slice){bytes, len}), 0);
	free(bytes);
	assert_false(complain(again, "1xVSnt-00005W-2T", &s));
	assert_false(complain(again, "1xVSnt-00005W-4T", &s));
	assert_true(complain(again, "1xVSnt-00005W-3T", &s));
	assert_true(s.episode->complaints == 3);
}

static void test_marks(void **state)
{
	static const char text[] =
		"you have won a great prize claim it at http://lucky.test/x before "
		"the offer ends for you and your whole family";
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;

	(void)state;
	for (int i = 0; i < 5; i++) {
		char to[32];
		(void)snprintf(to, sizeof(to), "v%d@far.test", i);
		assert_true(note(l,
			&(struct sent){"ann@shop.test", to, .body = text, .at_us = BEGIN + i}, &s));
	}
	assert_true(s.repeats);
	ledger_mark_bad(l, s.source, s.episode, BEGIN + 5);
	assert_int_equal(s.source->contained_us, BEGIN + 5);
	assert_int_equal(s.episode->messages, 0);
	/* the same text of another customer is known for what it is */
	ledger_set_hosted(l, slice_of("club.test"), HOSTED_YES);
	assert_true(note(l,
		&(struct sent){"eve@club.test", "w@away.test", .body = text, .at_us = BEGIN + 6},
		&s));
	assert_true(s.is_bad_text);
	assert_true(s.is_bad_link);
	struct source ann;
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	struct ledger_source *a = ledger_find(l, &ann);
	assert_non_null(a);
	ledger_mark_honest(l, a, BEGIN + 7);
	assert_int_equal(a->contained_us, 0);
	assert_int_equal(a->forgiven_us, BEGIN + 7);
	assert_null(a->episodes[EPISODE_FAMILIAR]);
	assert_true(note(l,
		&(struct sent){"eve@club.test", "u@away.test", .body = text, .at_us = BEGIN + 8},
		&s));
	assert_false(s.is_bad_text);
	assert_false(s.is_bad_link); /* also when its episode has begun anew since */
}

/* A sighting needs the text of mail to strangers, not of mail to friends from home. */
static void test_wants_text(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;
	struct slice to = slice_of("bob@far.test");
	struct source source;
	struct fact fact = {.kind = FACT_ACCEPTED,
		.at_us = BEGIN + 20 * DAY,
		.source = &source,
		.sender = slice_of("ann@shop.test"),
		.client = slice_of("192.0.2.9"),
		.recipients = &to,
		.recipient_count = 1,
		.recipient_total = 1};

	(void)state;
	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	assert_true(ledger_wants_text(l, &fact)); /* never seen */
	for (int64_t day = 0; day < 10; day++)
		assert_true(note(l,
			&(struct sent){"ann@shop.test", "bob@far.test", .ip = "192.0.2.9",
				.at_us = BEGIN + (int64_t)day * DAY},
			&s));
	assert_false(ledger_wants_text(l, &fact));
	fact.client = slice_of("203.0.113.9");
	assert_true(ledger_wants_text(l, &fact));
	fact.client = slice_of("192.0.2.9");
	to = slice_of("stranger@far.test");
	assert_true(ledger_wants_text(l, &fact));
	fact.source = NULL;
	assert_false(ledger_wants_text(l, &fact));
}

/* The least suspicious of those that were quiet for longest goes, never one that was contained. */
static void test_crowded_out(void **state)
{
	AUTO(ledger) l = new_ledger(50);
	struct sighting s;
	struct source first;
	char by[40];

	(void)state;
	source_set(&first, SOURCE_MAILBOX, slice_of("m0@shop.test"));
	for (unsigned i = 0; i < 500; i++) {
		(void)snprintf(by, sizeof(by), "m%u@shop.test", i);
		assert_true(note(l, &(struct sent){by, "a@far.test", .at_us = BEGIN + i}, &s));
		if (i == 0)
			ledger_mark_bad(l, s.source, s.episode, BEGIN);
		assert_true(ledger_count(l) <= 50);
		assert_int_equal(s.source == ledger_find(l, &first), i == 0);
	}
	assert_non_null(ledger_find(l, &first));
	struct source second;
	source_set(&second, SOURCE_MAILBOX, slice_of("m1@shop.test"));
	assert_null(ledger_find(l, &second));
	source_set(&second, SOURCE_MAILBOX, slice_of("m499@shop.test"));
	assert_non_null(ledger_find(l, &second));
	unsigned listed = 0;
	for (const struct ledger_source *x = ledger_first(l); x != NULL; x = ledger_next(x))
		listed++;
	assert_int_equal(listed, ledger_count(l));
}

/* What one source takes: a quiet one less than 1 KiB, a busy one less than 8 KiB. */
static void test_bytes(void **state)
{
	AUTO(ledger) l = new_ledger(1000);
	struct sighting s;
	size_t before, quiet;
	char to[60], ip[20], body[200];

	(void)state;
	for (int i = 0; i < 20; i++) {
		(void)snprintf(to, sizeof(to), "friend%d@far.test", i % 7);
		assert_true(note(l,
			&(struct sent){"quiet@shop.test", to, .ip = "192.0.2.9",
				.at_us = BEGIN + (int64_t)i * DAY},
			&s));
	}
	struct ledger_source *q = s.source;
	for (int i = 0; i < 1024; i++) /* the episode is over, and looked over */
		assert_true(note(l,
			&(struct sent){
				"other@shop.test", "a@far.test", .at_us = BEGIN + 30 * DAY + i},
			&s));
	assert_null(q->episodes[EPISODE_FAMILIAR]);
	quiet = ledger_source_bytes(q);
	assert_true(quiet <= 1024);
	before = ledger_bytes(l);
	for (unsigned i = 0; i < 50000; i++) {
		(void)snprintf(to, sizeof(to), "stranger%u@d%u.test", i, i % 977);
		(void)snprintf(ip, sizeof(ip), "203.%u.113.9", i % 200);
		(void)snprintf(body, sizeof(body), "%c%c one %c two %c three four http://l%u.test/",
			'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26), 'a' + (int)(i / 7 % 26),
			'a' + (int)(i / 3 % 26), i % 300);
		assert_true(note(l,
			&(struct sent){"busy@shop.test", to, .ip = ip, .body = body,
				.at_us = BEGIN + 40 * DAY + (int64_t)i * 60 * SECOND},
			&s));
	}
	assert_true(ledger_source_bytes(s.source) <= 8192);
	assert_true(ledger_bytes(l) - before < (size_t)4 * 8192); /* the customer's, too */
}

static bool offer(struct ledger *l, const struct source *who, const char *client, const char *to,
	int64_t at_us, struct sighting *ret)
{
	const struct fact fact = {.kind = FACT_OFFERED,
		.at_us = at_us,
		.source = who,
		.client = slice_of(client),
		.sender = slice_of("ann@shop.test"),
		.recipient = slice_of(to)};

	return ledger_note(l, &fact, ret);
}

static void test_offers(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;
	struct source ann, nobody;
	int64_t at = BEGIN + DAY * 40;

	(void)state;
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	source_set(&nobody, SOURCE_MAILBOX, slice_of("new@shop.test"));
	assert_false(offer(l, &nobody, "192.0.2.1", "x@far.test", at, &s));
	assert_null(ledger_find(l, &nobody)); /* an offer makes no source */
	for (int i = 0; i < 5; i++)
		note(l,
			&(struct sent){"ann@shop.test", "bob@far.test", .ip = "192.0.2.1",
				.at_us = at - (5 - i) * DAY},
			&s);

	assert_false(offer(l, &ann, "192.0.2.1", "bob@far.test", at, &s));
	for (unsigned i = 1; i <= 4; i++) {
		char to[32];

		(void)snprintf(to, sizeof(to), "x%u@far.test", i);
		assert_true(offer(l, &ann, "192.0.2.1", to, at, &s));
		assert_int_equal(s.kind, SIGHTING_OFFER);
		assert_int_equal(s.strangers, 1);
		assert_int_equal(episode_offered(s.episode, at), i);
	}
	/* nothing was learnt, and what is taken is counted once */
	assert_int_equal(ledger_messages(l), 5);
	note(l, &(struct sent){"ann@shop.test", "x1@far.test", .ip = "192.0.2.1", .at_us = at}, &s);
	assert_int_equal(s.strangers, 1);
	assert_int_equal(s.episode->day_strangers, 1);
	assert_int_equal(episode_offered(s.episode, at), 3);
	assert_int_equal(episode_offered(s.episode, at + EPISODE_OFFER_US + 1), 0);
	assert_true(offer(l, &ann, "192.0.2.1", "x9@far.test", at + EPISODE_OFFER_US + 1, &s));
	assert_int_equal(episode_offered(s.episode, at + EPISODE_OFFER_US + 1), 1);
}

static void test_forgotten(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;

	(void)state;
	for (int i = 0; i < 5; i++) {
		char who[32];

		(void)snprintf(who, sizeof(who), "a%d@shop.test", i);
		note(l, &(struct sent){who, "bob@far.test", .at_us = BEGIN + i * DAY}, &s);
	}
	note(l, &(struct sent){"a0@shop.test", "bob@far.test", .at_us = BEGIN + 6 * DAY}, &s);
	assert_int_equal(ledger_forget(l, BEGIN + 3 * DAY), 2); /* a1, a2 */
	assert_int_equal(ledger_count(l), 3);
	note(l, &(struct sent){"a1@shop.test", "bob@far.test", .at_us = BEGIN + 7 * DAY}, &s);
	assert_int_equal(s.habit->messages, 1);
	assert_int_equal(ledger_forget(l, BEGIN + 9 * DAY), 4);
	assert_int_equal(ledger_forget(l, BEGIN + 9 * DAY), 0);
	note(l, &(struct sent){"a1@shop.test", "bob@far.test", .at_us = BEGIN + 9 * DAY}, &s);
	assert_int_equal(ledger_count(l), 1);
}

static void test_login_guesses(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;
	const struct fact guess = {.kind = FACT_LOGIN_FAILED,
		.at_us = BEGIN,
		.client = slice_of("203.0.113.9"),
		.user = slice_of("Ann@shop.test")};

	(void)state;
	for (int i = 0; i < 12; i++)
		assert_false(ledger_note(l, &guess, &s));
	assert_true(note(l,
		&(struct sent){
			"ann@shop.test", "a@far.test", .ip = "203.0.113.10", .at_us = BEGIN + HOUR},
		&s));
	assert_in_range(s.guesses, 11, 12); /* they fade */
	assert_true(s.guesses_here > 0);
}

/* What was visited, summed. */
struct days_seen {
	unsigned calls, messages, recipients, failed, complaints;
	uint16_t first_day, last_day;
	char name[64];
};

static void see_day(void *context, const struct source *source, const struct source_day *day)
{
	struct days_seen *seen = context;

	if (seen->calls++ == 0)
		seen->first_day = day->day;
	seen->last_day = day->day;
	seen->messages += day->messages;
	seen->recipients += day->recipients;
	seen->failed += day->failed;
	seen->complaints += day->complaints;
	(void)snprintf(seen->name, sizeof(seen->name), "%.60s", source->name);
}

static struct days_seen changed_days(const struct ledger *l)
{
	struct days_seen seen = {0};

	ledger_each_changed_day(l, see_day, &seen);
	return seen;
}

static struct days_seen ended_days(const struct ledger *l)
{
	struct days_seen seen = {0};

	ledger_each_ended(l, see_day, &seen);
	return seen;
}

/* Every message, failure and complaint of a source is in its day, and none of another's. */
static void test_days(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;
	struct fact out = {.kind = FACT_FAILED,
		.at_us = BEGIN + HOUR,
		.id = slice_of("1xVSnt-00005W-2T"),
		.recipient = slice_of("no@far.test"),
		.forwarded_for = slice_of("x@shop.test"),
		.failure = FAILURE_RATE};

	(void)state;
	assert_true(note(l,
		&(struct sent){
			"ann@shop.test", "no@far.test", .id = "1xVSnt-00005W-2T", .at_us = BEGIN},
		&s));
	assert_false(ledger_note(l, &out, &s));
	out.kind = FACT_DEFERRED;
	assert_false(ledger_note(l, &out, &s));
	assert_true(complain(l, "1xVSnt-00005W-2T", &s));
	assert_false(complain(l, "1xVSnt-00005W-2T", &s));
	struct days_seen seen = changed_days(l);
	assert_int_equal(seen.calls, 1);
	assert_string_equal(seen.name, "ann@shop.test");
	assert_int_equal(seen.first_day, fact_day(BEGIN));
	assert_int_equal(seen.messages, 1);
	assert_int_equal(seen.recipients, 1);
	assert_int_equal(seen.failed, 1);
	assert_int_equal(seen.complaints, 1);
}

/* What changes while it is being saved is not taken for saved. */
static void test_days_are_saved(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;

	(void)state;
	assert_true(note(l, &(struct sent){"ann@shop.test", "a@far.test", .at_us = BEGIN}, &s));
	assert_true(note(l, &(struct sent){"cem@shop.test", "a@far.test", .at_us = BEGIN}, &s));
	uint64_t mark = ledger_days_mark(l);
	assert_true(note(l, &(struct sent){"ann@shop.test", "b@far.test", .at_us = BEGIN + 1}, &s));
	assert_int_equal(changed_days(l).calls, 2);
	ledger_days_saved(l, mark);
	struct days_seen seen = changed_days(l);
	assert_int_equal(seen.calls, 1);
	assert_string_equal(seen.name, "ann@shop.test");
	assert_int_equal(seen.messages, 2); /* all of the day, not what is new of it */
	ledger_days_saved(l, ledger_days_mark(l));
	assert_int_equal(changed_days(l).calls, 0);
}

/* A day that nobody saved is kept when it is over, and when its source is forgotten. */
static void test_days_that_ended(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	struct sighting s;

	(void)state;
	for (int64_t day = 0; day < 5; day++)
		assert_true(note(l,
			&(struct sent){"ann@shop.test", "a@far.test", .at_us = BEGIN + day * DAY},
			&s));
	assert_int_equal(ledger_ended(l), 0); /* nobody wants them */
	ledger_keep_ended(l, 3);
	for (int64_t day = 5; day < 8; day++)
		assert_true(note(l,
			&(struct sent){"ann@shop.test", "a@far.test", .at_us = BEGIN + day * DAY},
			&s));
	struct days_seen seen = ended_days(l);
	assert_int_equal(seen.calls, 3);
	assert_int_equal(seen.first_day, fact_day(BEGIN + 3 * DAY));
	assert_int_equal(seen.last_day, fact_day(BEGIN + 5 * DAY));
	assert_int_equal(ledger_forget(l, BEGIN + 100 * DAY), 1);
	assert_int_equal(ledger_ended_lost(l), 2);
	ledger_drop_ended(l, 2);
	seen = ended_days(l);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.first_day, fact_day(BEGIN + 5 * DAY));

	/* what is saved is not kept */
	assert_true(note(l, &(struct sent){"cem@shop.test", "a@far.test", .at_us = BEGIN}, &s));
	ledger_days_saved(l, ledger_days_mark(l));
	assert_int_equal(ledger_forget(l, BEGIN + 100 * DAY), 1);
	assert_int_equal(ledger_ended(l), 1);
}

/* A crash forgets what came after the image, and reading it again counts it once. */
static void test_days_and_pace_are_remembered(void **state)
{
	AUTO(ledger) l = new_ledger(100);
	AUTO(ledger) again = ledger_new(100, 1024);
	struct source ann;
	struct sighting s;
	uint16_t pace[PACE_MINUTES];
	size_t len;

	(void)state;
	assert_true(note(l, &(struct sent){"ann@shop.test", "a@far.test", .at_us = BEGIN}, &s));
	char *bytes = ledger_write(l, &len);
	assert_true(note(l, &(struct sent){"ann@shop.test", "b@far.test", .at_us = BEGIN + 1}, &s));
	assert_int_equal(ledger_read(again, (struct slice){bytes, len}), 0);
	free(bytes);
	assert_true(
		note(again, &(struct sent){"ann@shop.test", "b@far.test", .at_us = BEGIN + 1}, &s));
	assert_int_equal(changed_days(again).messages, 2);
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	ledger_pace(again, ledger_find(again, &ann), BEGIN + 60 * SECOND, pace);
	assert_int_equal(pace[PACE_MINUTES - 2], 2);
	assert_int_equal(pace[PACE_MINUTES - 1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_mixed_recipients),
		cmocka_unit_test(test_answers_are_known),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_accusations),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_returned),
		cmocka_unit_test(test_reports_are_saved),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_wants_text),
		cmocka_unit_test(test_crowded_out),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_login_guesses),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_days_are_saved),
		cmocka_unit_test(test_days_that_ended),
		cmocka_unit_test(test_days_and_pace_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
