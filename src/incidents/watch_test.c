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

struct run {
	struct watch *watch;
	unsigned contained, suspected, messages;
	int64_t contained_at; /* first */
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

	if (!watch_take(r->watch, fact, &result))
		return;
	r->last_score = result.score;
	r->last_threshold = result.threshold;
	r->suspected += result.verdict == VERDICT_SUSPECT;
	if (result.verdict != VERDICT_CONTAIN)
		return;
	if (r->contained++ == 0)
		r->contained_at = fact->at_us;
	ledger_mark_bad(watch_ledger(r->watch), result.sighting.source, result.sighting.episode,
		fact->at_us);
}

static void mail(struct run *r, int64_t at_us, const char *to, const char *ip, const char *body)
{
	static unsigned number;
	struct slice recipient = slice_of(to);
	struct source source;
	char id[32];

	(void)snprintf(id, sizeof(id), "1x%06u-000000-00", number++);
	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	const struct fact fact = {.kind = FACT_ACCEPTED,
		.at_us = at_us,
		.id = slice_of(id),
		.source = &source,
		.sender = slice_of("ann@shop.test"),
		.client = slice_of(ip),
		.body = slice_of(body),
		.recipients = &recipient,
		.recipient_count = 1,
		.recipient_total = 1};
	r->messages++;
	take(r, &fact);
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
		mail(r, from_us + (int64_t)i * 20 * SECOND, to, "203.0.113.5",
			"you have won a great prize claim it at http://lucky-claims.test/now "
			"before "
			"the offer ends for you and your whole family");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_thief),
		cmocka_unit_test(test_an_owner),
		cmocka_unit_test(test_bulk_alone),
		cmocka_unit_test(test_any_time),
		cmocka_unit_test(test_thresholds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
