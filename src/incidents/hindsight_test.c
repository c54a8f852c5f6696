#include "incidents/hindsight.h"

#include "base/memory.h"
#include "base/sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND   INT64_C(1000000)
#define MINUTE   (60 * SECOND)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
#define BEGIN    (INT64_C(1795500000) * SECOND)
#define PAST     30 /* days */
#define SPAM     200
#define SPAM_AT  (BEGIN + PAST * DAY + 3 * HOUR)
#define SPAM_END (SPAM_AT + INT64_C(10) * SPAM * SECOND)

struct scene {
	struct watch *watch;
	struct hindsight *h;
	unsigned told[3];
	int64_t contained_at;
};

static void tell(void *context, enum hindsight_word word, const struct watch_result *result,
	const struct hindsight_finding *finding)
{
	struct scene *s = context;

	s->told[word]++;
	assert_int_equal(finding != NULL, word != HINDSIGHT_SCORE);
	if (word == HINDSIGHT_CONTAIN)
		s->contained_at = result->sighting.fact->at_us;
}

static struct scene *scene_new(int64_t since_us)
{
	const struct watch_settings settings = {0};
	struct scene *s = memory_new(1, sizeof(*s));

	hash_set_seed(7);
	s->watch = watch_new(&settings);
	s->h = hindsight_new(s->watch, since_us, tell, s);
	ledger_set_hosted(watch_ledger(s->watch), slice_of("shop.test"), HOSTED_YES);
	ledger_hosted_complete(watch_ledger(s->watch));
	return s;
}

static void scene_free(struct scene *s)
{
	hindsight_free(s->h);
	watch_free(s->watch);
	free(s);
}

static void mail(struct scene *s, int64_t at_us, const char *id, const char *to, const char *client,
	const char *body)
{
	struct slice recipient = slice_of(to);
	struct source source;

	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	const struct fact fact = {.kind = FACT_ACCEPTED,
		.at_us = at_us,
		.id = slice_of(id),
		.source = &source,
		.sender = slice_of("ann@shop.test"),
		.client = slice_of(client),
		.helo = slice_of("laptop"),
		.body = slice_of(body),
		.recipients = &recipient,
		.recipient_count = 1,
		.recipient_total = 1,
		.size = 2000};
	hindsight_take(s->h, &fact);
}

static void honest_day(struct scene *s, unsigned day)
{
	static const char *const friends[] = {"bob@far.test", "cem@far.test", "dora@away.test"};
	char id[32], body[120];

	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(id, sizeof(id), "1h%03u%u-000000-00", day, i);
		(void)snprintf(body, sizeof(body),
			"number %u of day %u is about %u apples, %u pears and the garden", i, day,
			day * 7 + i, i * 13 + day);
		mail(s, BEGIN + (int64_t)day * DAY + (int64_t)(9 + i) * HOUR, id,
			friends[(i + day) % 3], "192.0.2.17", body);
	}
}

/* Somebody else, from elsewhere, to people nobody here ever wrote to; half of them do not exist. */
static void spam(struct scene *s, int64_t at_us)
{
	for (unsigned i = 0; i < SPAM; i++) {
		char id[32], to[64];

		(void)snprintf(id, sizeof(id), "1s%04u-000000-00", i);
		(void)snprintf(to, sizeof(to), "user%u@victims%u.test", i * 7919 % 10007, i % 41);
		mail(s, at_us + (int64_t)i * 10 * SECOND, id, to, "203.0.113.5",
			"You have won a lottery of great worth, claim it at once at "
			"http://lucky-claims.test/now before the offer ends for you");
		if (i % 2 == 0)
			continue;
		const struct fact failed = {.kind = FACT_FAILED,
			.at_us = at_us + (int64_t)i * 10 * SECOND + SECOND,
			.id = slice_of(id),
			.recipient = slice_of(to),
			.failure = FAILURE_USER_UNKNOWN};
		hindsight_take(s->h, &failed);
	}
}

static void test_story(void **state)
{
	struct scene *s = scene_new(0);
	size_t n;

	(void)state;
	for (unsigned day = 0; day < PAST; day++)
		honest_day(s, day);
	assert_int_equal(hindsight_totals(s->h).contained + hindsight_totals(s->h).near, 0);
	spam(s, SPAM_AT);
	honest_day(s, PAST);
	const struct hindsight_totals all = hindsight_totals(s->h);
	const struct hindsight_finding *const *f = hindsight_findings(s->h, &n);

	assert_int_equal(s->told[HINDSIGHT_CONTAIN], 1);
	assert_int_equal(n, 1);
	assert_true(f[0]->is_contained);
	assert_string_equal(f[0]->source.name, "ann@shop.test");
	assert_int_equal(f[0]->begun_us, SPAM_AT);
	assert_int_equal(f[0]->at_us, s->contained_at);
	assert_true(f[0]->before.messages <= 20);
	assert_int_equal(f[0]->before.messages, f[0]->before.recipients);
	assert_int_equal(f[0]->before.messages + f[0]->after.messages, SPAM);
	assert_int_equal(f[0]->last_us, SPAM_END - 10 * SECOND);
	assert_int_equal(f[0]->beside.messages, 5); /* the owner's, that day */
	assert_true(f[0]->score >= f[0]->threshold);
	assert_true(f[0]->evidence_count >= 2);
	for (size_t i = 1; i < f[0]->evidence_count; i++)
		assert_true(f[0]->evidence[i - 1].bits >= f[0]->evidence[i].bits);
	assert_int_equal(all.contained, 1);
	assert_int_equal(all.near, 0);
	assert_int_equal(all.mail.messages, (PAST + 1) * 5 + SPAM);
	assert_int_equal(all.sources, 1);
	assert_int_equal(all.first_us, BEGIN + 9 * HOUR);
	scene_free(s);
}

/* A second outbreak, long after, is a second finding. */
static void test_again(void **state)
{
	struct scene *s = scene_new(0);
	size_t n;

	(void)state;
	for (unsigned day = 0; day < PAST; day++)
		honest_day(s, day);
	spam(s, SPAM_AT);
	for (unsigned day = PAST; day < PAST + 10; day++)
		honest_day(s, day);
	spam(s, SPAM_AT + 10 * DAY);
	const struct hindsight_finding *const *f = hindsight_findings(s->h, &n);
	assert_int_equal(n, 2);
	assert_int_equal(s->told[HINDSIGHT_CONTAIN], 2);
	assert_true(f[0]->at_us < SPAM_END);
	assert_true(f[1]->at_us >= SPAM_AT + 10 * DAY);
	assert_int_equal(f[0]->before.messages + f[0]->after.messages, SPAM);
	/* its text is known by now */
	assert_true(f[1]->before.messages <= f[0]->before.messages);
	scene_free(s);
}

/* What ended before is not shown, and was learnt from. */
static void test_since(void **state)
{
	struct scene *s = scene_new(SPAM_AT + 5 * DAY);
	size_t n;

	(void)state;
	for (unsigned day = 0; day < PAST; day++)
		honest_day(s, day);
	spam(s, SPAM_AT);
	spam(s, SPAM_AT + 10 * DAY);
	const struct hindsight_finding *const *f = hindsight_findings(s->h, &n);
	assert_int_equal(n, 1);
	assert_true(f[0]->at_us >= SPAM_AT + 10 * DAY);
	assert_int_equal(hindsight_totals(s->h).contained, 1);
	assert_int_equal(s->told[HINDSIGHT_CONTAIN], 1);
	scene_free(s);
}

/* More recipients than one, and more than are named. */
static void test_recipients(void **state)
{
	struct scene *s = scene_new(0);
	struct slice to[3] = {slice_of("a@x.test"), slice_of("b@x.test"), slice_of("c@x.test")};
	struct source source;

	(void)state;
	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	struct fact fact = {.kind = FACT_ACCEPTED,
		.at_us = BEGIN,
		.id = slice_of("1a"),
		.source = &source,
		.sender = slice_of("ann@shop.test"),
		.recipients = to,
		.recipient_count = 3,
		.recipient_total = 5000};
	hindsight_take(s->h, &fact);
	assert_int_equal(hindsight_totals(s->h).mail.recipients, 5000);
	fact.recipient_total = fact.recipient_count = 0; /* a log that does not name them */
	fact.id = slice_of("1b");
	hindsight_take(s->h, &fact);
	assert_int_equal(hindsight_totals(s->h).mail.recipients, 5001);
	scene_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_story),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
