#include "incidents/watch.h"

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
#define BEGIN  (INT64_C(1795500000) * SECOND / DAY * DAY)

static const char flood_text[] =
	"you have won a great prize claim it at http://lucky-claims.test/now before "
	"the offer ends for you and your whole family";

struct run {
	struct watch *watch;
	bool only_looks; /* nothing becomes of a verdict */
	unsigned contained, suspected, messages;
	int64_t contained_at; /* first */
	int64_t at_us;        /* of the latest fact */
	double last_score, last_threshold;
};

static struct run run_new(double alpha)
{
	const struct watch_settings settings = {.alpha = alpha};
	struct run r = {0};

	hash_set_seed(99);
	r.watch = watch_new(&settings);
	ledger_set_hosted(watch_ledger(r.watch), slice_of("shop.test"), HOSTED_YES);
	ledger_hosted_complete(watch_ledger(r.watch));
	return r;
}

static void take(struct run *r, const struct fact *fact)
{
	struct watch_result result;

	r->at_us = fact->at_us;
	if (!watch_take(r->watch, fact, &result))
		return;
	r->last_score = result.score;
	r->last_threshold = result.threshold;
	r->suspected += result.verdict == VERDICT_SUSPECT;
	if (result.verdict != VERDICT_CONTAIN)
		return;
	if (r->contained++ == 0)
		r->contained_at = fact->at_us;
	if (r->only_looks)
		return;
	ledger_mark_bad(watch_ledger(r->watch), result.sighting.source, result.sighting.episode,
		fact->at_us);
}

/* The id of the message that is the run's so many. */
static struct slice id_of(unsigned number, char at[32])
{
	(void)snprintf(at, 32, "1x%06u-000000-00", number);
	return slice_of(at);
}

static void mail_to(struct run *r, struct slice *recipients, size_t count, struct fact fact)
{
	struct source source;
	char id[32];

	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	fact.kind = FACT_ACCEPTED;
	fact.id = id_of(r->messages++, id);
	fact.source = &source;
	fact.sender = slice_of("ann@shop.test");
	fact.recipients = recipients;
	fact.recipient_count = fact.recipient_total = count;
	take(r, &fact);
}

/* body NULL: it could not be read. */
static void mail(struct run *r, int64_t at_us, const char *to, const char *ip, const char *body)
{
	struct slice recipient = slice_of(to);

	mail_to(r, &recipient, 1,
		(struct fact){.at_us = at_us,
			.client = slice_of(ip),
			.body = body != NULL ? slice_of(body) : (struct slice){0}});
}

static void mail_to_many(
	struct run *r, int64_t at_us, unsigned first, unsigned count, const char *ip)
{
	char names[100][40];
	struct slice to[100];

	assert_true(count <= 100);
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "victim%u@d%u.test", first + i, i % 61);
		to[i] = slice_of(names[i]);
	}
	mail_to(r, to, count,
		(struct fact){
			.at_us = at_us, .client = slice_of(ip), .body = slice_of(flood_text)});
}

/* What became of the run's message of that number: kind, failure, forwarded_for are the caller's.
 */
static void outcome_of(struct run *r, unsigned number, const char *to, struct fact fact)
{
	char id[32];

	fact.at_us = r->at_us + SECOND;
	fact.id = id_of(number, id);
	fact.recipient = slice_of(to);
	take(r, &fact);
}

/* Of the latest. */
static void outcome(struct run *r, enum fact_kind kind, enum failure failure, const char *to)
{
	outcome_of(r, r->messages - 1, to, (struct fact){.kind = kind, .failure = failure});
}

static void past(struct run *r, int64_t from_us, unsigned days)
{
	char body[160], to[40];

	for (unsigned i = 0; i < days * 6; i++) {
		(void)snprintf(to, sizeof(to), "friend%u@far.test", i * 7 % 23);
		(void)snprintf(body, sizeof(body),
			"about %c%c the %c%c and %c%c of our %c%c garden", (int)('a' + i % 26),
			(int)('a' + i / 26 % 26), (int)('b' + i % 20), (int)('c' + i % 19),
			(int)('d' + i % 17), (int)('e' + i % 13), (int)('f' + i % 11),
			(int)('g' + i % 7));
		mail(r, from_us + (int64_t)(i / 6) * DAY + (int64_t)(9 + i % 6) * HOUR, to,
			"192.0.2.17", body);
	}
}

static void flood(struct run *r, int64_t from_us, unsigned messages)
{
	char to[60];

	for (unsigned i = 0; i < messages; i++) {
		(void)snprintf(to, sizeof(to), "victim%u@d%u.test", i * 7919 % 10007, i % 31);
		mail(r, from_us + (int64_t)i * 20 * SECOND, to, "203.0.113.5", flood_text);
	}
}

static void test_a_thief(void **state)
{
	struct run r = run_new(0);

	(void)state;
	past(&r, BEGIN, 60);
	assert_int_equal(r.contained + r.suspected, 0);
	flood(&r, BEGIN + 60 * DAY + 3 * HOUR, 100);
	assert_true(r.contained > 0);
	assert_true(r.contained_at <= BEGIN + 60 * DAY + 3 * HOUR + 200 * SECOND);
	watch_free(r.watch);
}

/* Its texts could not be read: what it does still tells, only later. */
static void test_a_thief_unread(void **state)
{
	struct run r = run_new(0);
	char to[60];

	(void)state;
	past(&r, BEGIN, 60);
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(to, sizeof(to), "victim%u@d%u.test", i * 7919 % 10007, i % 31);
		mail(&r, BEGIN + 60 * DAY + 3 * HOUR + (int64_t)i * 20 * SECOND, to, "203.0.113.5",
			NULL);
		/* each second address of a bought list is dead */
		outcome(&r, FACT_FAILED, i % 2 == 0 ? FAILURE_USER_UNKNOWN : FAILURE_RATE, to);
	}
	assert_true(r.contained > 0);
	watch_free(r.watch);
}

/* From another address each time, none of which sends much in an hour: it is one mailbox. */
static void test_a_thief_everywhere(void **state)
{
	enum { EACH = 90 };
	struct run r = run_new(0);
	char ip[24];

	(void)state;
	past(&r, BEGIN, 60);
	unsigned begun = r.messages;
	for (unsigned i = 0; i < 200 && r.contained == 0; i++) {
		(void)snprintf(ip, sizeof(ip), "%u.%u.9.7", 60 + i % 100, i);
		mail_to_many(
			&r, BEGIN + 60 * DAY + (int64_t)i * 61 * 60 * SECOND, i * EACH, EACH, ip);
	}
	assert_int_equal(r.contained, 1);
	assert_true(r.messages - begun <= 5);
	watch_free(r.watch);
}

/* What a person releases is not contained again by its next line, nor by what becomes of the mail
 * of before. */
static void test_released(void **state)
{
	struct source ann;
	int64_t at_us = BEGIN + 60 * DAY + 3 * HOUR;

	(void)state;
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	for (int only_looks = 0; only_looks < 2; only_looks++) {
		struct run r = run_new(0);
		struct ledger *l = watch_ledger(r.watch);

		past(&r, BEGIN, 60);
		r.only_looks = only_looks != 0;
		flood(&r, at_us, 100);
		assert_true(r.contained > 0);
		ledger_mark_honest(l, ledger_find(l, &ann), r.at_us);
		r.contained = r.suspected = 0;
		unsigned released = r.messages;
		mail(&r, r.at_us + SECOND, "one-more@d1.test", "203.0.113.5", flood_text);
		for (unsigned i = 1; i <= 60; i++)
			outcome_of(&r, released - i, "victim@d1.test",
				(struct fact){
					.kind = FACT_FAILED, .failure = FAILURE_USER_UNKNOWN});
		assert_int_equal(r.contained + r.suspected, 0);
		watch_free(r.watch);
	}
}

/* Mail that cannot be delivered, and nobody did wrong: full mailboxes, limits of a panel on this
 * server, slow servers, what a forwarder sends on. */
static void test_nobodys_fault(void **state)
{
	static const struct {
		enum fact_kind kind;
		enum failure failure;
		const char *forwarded_for;
	} rows[] = {
		{FACT_FAILED, FAILURE_MAILBOX_FULL, ""},
		{FACT_FAILED, FAILURE_QUOTA, ""},
		{FACT_FAILED, FAILURE_RATE, ""},
		{FACT_FAILED, FAILURE_CONNECTION, ""},
		{FACT_FAILED, FAILURE_LOOP, ""},
		{FACT_FAILED, FAILURE_OTHER, ""},   /* "has exceeded the max defers and failures" */
		{FACT_DEFERRED, FAILURE_OTHER, ""}, /* "has an outgoing mail hold", at each try */
		{FACT_DEFERRED, FAILURE_USER_UNKNOWN, ""},
		{FACT_FAILED, FAILURE_USER_UNKNOWN, "ann@shop.test"},
		{FACT_FAILED, FAILURE_CONTENT, "ann@shop.test"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run r = run_new(0);

		past(&r, BEGIN, 60);
		double before = r.last_score;
		for (unsigned k = 0; k < 300; k++)
			outcome_of(&r, r.messages - 1, "friend3@far.test",
				(struct fact){.kind = rows[i].kind,
					.failure = rows[i].failure,
					.forwarded_for = slice_of(rows[i].forwarded_for)});
		assert_int_equal(r.contained + r.suspected, 0);
		assert_true(r.last_score <= before);
		watch_free(r.watch);
	}
}

static void ask_stranger(struct run *r, int64_t at_us, const char *stranger, bool is_automatic)
{
	struct slice to = slice_of(stranger);
	struct source list;
	char id[32];

	source_set(&list, SOURCE_LOGIN, slice_of("list"));
	const struct fact fact = {.kind = FACT_ACCEPTED,
		.at_us = at_us,
		.id = id_of(r->messages++, id),
		.source = &list,
		.sender = slice_of("news-request@shop.test"),
		.login = slice_of("list"),
		.subject = slice_of("confirm"),
		.body = slice_of("somebody asked to have you on our list of news if that was you "
				 "answer this mail else do nothing"),
		.is_automatic = is_automatic,
		.recipients = &to,
		.recipient_count = 1,
		.recipient_total = 1};
	take(r, &fact);
}

/* Others put strangers on a list, and its server asks each whether he meant it. */
static void test_a_list_that_asks(void **state)
{
	char to[60];

	(void)state;
	for (int is_automatic = 0; is_automatic < 2; is_automatic++) {
		struct run r = run_new(0);

		past(&r, BEGIN, 60);
		for (unsigned i = 0; i < 3000; i++) {
			(void)snprintf(to, sizeof(to), "stranger%u@d%u.test", i, i % 97);
			ask_stranger(
				&r, BEGIN + 60 * DAY + (int64_t)i * SECOND, to, is_automatic != 0);
			outcome(&r, i % 20 == 0 ? FACT_FAILED : FACT_DELIVERED,
				FAILURE_USER_UNKNOWN, to);
		}
		assert_int_equal(r.contained + r.suspected, 0);
		watch_free(r.watch);
	}
}

/* What the owner does is nothing, also when some of it comes late. */
static void test_an_owner(void **state)
{
	struct run r = run_new(0);

	(void)state;
	past(&r, BEGIN, 200);
	for (unsigned i = 0; i < 40; i++) /* a talk, an hour late and mixed up */
		mail(&r, BEGIN + 200 * DAY + (int64_t)(i * 17 % 40) * HOUR / 40, "friend3@far.test",
			"192.0.2.17", "yes let us meet at noon then and bring the papers with you");
	assert_int_equal(r.contained + r.suspected, 0);
	watch_free(r.watch);
}

/* Bulk from where the owner always is has one reason only. */
/* Reports can be forged: whoever gets an owner's mail may write them about each message of it, and
 * nothing becomes of that. */
static void test_reports_alone(void **state)
{
	struct run r = run_new(0.0001);
	double most = 0;
	char id[32];

	(void)state;
	for (int i = 0; i < 60; i++)
		mail(&r, BEGIN + i * DAY, "bob@far.test", "192.0.2.9", "see you on monday then");
	for (int i = 0; i < 60; i++) {
		int64_t at_us = BEGIN + 60 * DAY + 60 * SECOND * i;

		mail(&r, at_us, "bob@far.test", "192.0.2.9", "see you on monday then");
		take(&r, &(struct fact){.kind = FACT_COMPLAINED,
				 .at_us = at_us + SECOND,
				 .id = id_of(r.messages - 1, id)});
		take(&r, &(struct fact){.kind = FACT_FAILED,
				 .at_us = at_us + 2 * SECOND,
				 .id = id_of(r.messages - 1, id),
				 .recipient = slice_of("bob@far.test"),
				 .failure = FAILURE_USER_UNKNOWN,
				 .is_reported = true});
		most = r.last_score > most ? r.last_score : most;
	}
	assert_true(most > r.last_threshold - WATCH_SUSPECT_BELOW); /* they do count */
	assert_int_equal(r.suspected, 0);
	assert_int_equal(r.contained, 0);
	watch_free(r.watch);
}

static void test_bulk_alone(void **state)
{
	struct run r = run_new(0);
	char to[60];

	(void)state;
	past(&r, BEGIN, 60);
	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(to, sizeof(to), "guest%u@d%u.test", i * 7919 % 10007, i % 31);
		mail(&r, BEGIN + 60 * DAY + 10 * HOUR + (int64_t)i * 5 * SECOND, to, "192.0.2.17",
			"we invite you to our summer party on friday in the yard behind the shop "
			"with music and cake for all");
	}
	assert_int_equal(r.contained, 0);
	watch_free(r.watch);
}

/* A log of another year gives the same answers. */
static void test_any_time(void **state)
{
	static const int64_t shifts[] = {0, -900 * DAY, 3000 * DAY};
	int64_t after[3];
	unsigned contained[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct run r = run_new(0);
		past(&r, BEGIN + shifts[i], 40);
		flood(&r, BEGIN + shifts[i] + 40 * DAY + 3 * HOUR, 60);
		after[i] = r.contained_at - BEGIN - shifts[i];
		contained[i] = r.contained;
		watch_free(r.watch);
	}
	assert_true(contained[0] > 0);
	assert_true(after[0] == after[1] && after[0] == after[2]);
	assert_true(contained[0] == contained[1] && contained[0] == contained[2]);
}

/* The less often it may be wrong, the more it asks for; of those who are new, still more. */
static void test_thresholds(void **state)
{
	struct run strict = run_new(1e-9), usual = run_new(0), loose = run_new(0.1);

	(void)state;
	assert_true(watch_contain_bits(strict.watch) > watch_contain_bits(usual.watch) + 16);
	assert_true(watch_contain_bits(usual.watch) > watch_contain_bits(loose.watch) + 9);
	assert_true(watch_contain_bits(usual.watch) > 21 && watch_contain_bits(usual.watch) < 22);
	flood(&usual, BEGIN, 1);
	assert_true(usual.last_threshold > watch_contain_bits(usual.watch) + 11);
	past(&usual, BEGIN, 30);
	assert_true(usual.last_threshold == watch_contain_bits(usual.watch));
	watch_set(usual.watch, &(struct watch_settings){.alpha = 0.1});
	assert_true(watch_contain_bits(usual.watch) == watch_contain_bits(loose.watch));
	watch_free(strict.watch);
	watch_free(usual.watch);
	watch_free(loose.watch);
}

/* How a source stands is what its last verdict was, also when nobody asks because of a fact; and it
 * stands as before when it sends something harmless. */
static void test_standing(void **state)
{
	struct run r = run_new(0);
	struct watch_standing now;
	struct source ann;

	(void)state;
	r.only_looks = true;
	past(&r, BEGIN, 60);
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	const struct ledger_source *s = ledger_find(watch_ledger(r.watch), &ann);
	watch_look(r.watch, s, r.at_us, &now);
	assert_int_equal(now.verdict, VERDICT_NOTHING);
	assert_true(now.score < now.threshold - WATCH_SUSPECT_BELOW);
	flood(&r, BEGIN + 60 * DAY + 3 * HOUR, 60);
	watch_look(r.watch, s, r.at_us, &now);
	assert_int_equal(now.verdict, VERDICT_CONTAIN);
	assert_true(now.score == r.last_score && now.threshold == r.last_threshold);
	assert_true(now.episode == ledger_worst_episode(s));
	mail(&r, r.at_us + SECOND, "friend3@far.test", "192.0.2.17", "see you at noon");
	watch_look(r.watch, s, r.at_us, &now);
	assert_int_equal(now.verdict, VERDICT_CONTAIN);
	ledger_mark_honest(
		watch_ledger(r.watch), ledger_find(watch_ledger(r.watch), &ann), r.at_us);
	watch_look(r.watch, s, r.at_us, &now);
	assert_int_equal(now.verdict, VERDICT_NOTHING);
	assert_true(now.score == 0 && now.episode == NULL && now.threshold > 20);
	watch_free(r.watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_thief),
		cmocka_unit_test(test_a_thief_unread),
		cmocka_unit_test(test_a_thief_everywhere),
		cmocka_unit_test(test_released),
		cmocka_unit_test(test_nobodys_fault),
		cmocka_unit_test(test_a_list_that_asks),
		cmocka_unit_test(test_an_owner),
		cmocka_unit_test(test_reports_alone),
		cmocka_unit_test(test_bulk_alone),
		cmocka_unit_test(test_any_time),
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_standing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
