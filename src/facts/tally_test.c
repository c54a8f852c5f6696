#include "facts/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const bool none_delivered[4096];

static struct slice domains[16];

static struct queued message(const char *mailbox, int64_t at, const struct slice *rcpt, size_t n)
{
	struct queued q = {.id = "1xVSmq-0007a4-2Q",
		.queue = "",
		.sender = slice_of("Ann@Shop.test"),
		.host = slice_of("192.0.2.1"),
		.recipients = rcpt,
		.delivered = none_delivered,
		.recipient_count = n,
		.received = at};
	q.domains = domains;
	for (size_t i = 0; i < n; i++)
		domains[i] = slice_after(rcpt[i], slice_find(rcpt[i], '@') + 1);
	source_set(&q.source, SOURCE_MAILBOX, slice_of(mailbox));
	return q;
}

static void test_counts(void **state)
{
	const struct slice to[] = {
		slice_of("a@x.test"), slice_of("b@X.test"), slice_of("c@y.test")};
	AUTO(tally) t = tally_new();
	size_t n;

	(void)state;
	struct queued q = message("ann@shop.test", 1000, to, 3);
	q.delivered_count = 1;
	tally_add(t, &q);
	q = message("ann@shop.test", 900, to, 2);
	q.sender = slice_of("other@Evil.test");
	q.host = slice_of("192.0.2.2");
	q.frozen = true;
	tally_add(t, &q);
	q = message("bob@shop.test", 5000, to, 1);
	tally_add(t, &q);

	struct tally_source **all = tally_sources(t, &n);
	assert_int_equal(n, 2);
	assert_string_equal(all[0]->source.name, "ann@shop.test");
	assert_int_equal(all[0]->messages, 2);
	assert_int_equal(all[0]->recipients, 5);
	assert_int_equal(all[0]->delivered, 1);
	assert_int_equal(all[0]->frozen, 1);
	assert_int_equal(all[0]->first, 900);
	assert_int_equal(all[0]->last, 1000);
	assert_int_equal(sketch_count(&all[0]->domains), 2);
	assert_int_equal(sketch_count(&all[0]->senders), 2);
	assert_int_equal(sketch_count(&all[0]->hosts), 2);
	assert_int_equal(all[0]->sender_domain_count, 2);
	assert_string_equal(all[0]->sender_domains[0].name, "shop.test");
	assert_string_equal(all[0]->sender_domains[1].name, "evil.test");
	assert_int_equal(all[0]->ordered, 3);
	assert_int_equal(all[0]->unordered, 0);
	assert_int_equal(tally_rest(t).messages, 0);
}

static void test_order(void **state)
{
	const struct slice to[] = {
		slice_of("b@x"), slice_of("a@x"), slice_of("a@x"), slice_of("a@xx")};
	AUTO(tally) t = tally_new();
	size_t n;

	(void)state;
	struct queued q = message("a@b", 1, to, 4);
	tally_add(t, &q);
	q = message("a@b", 1, to, 0);
	tally_add(t, &q);
	struct tally_source *s = tally_sources(t, &n)[0];
	assert_int_equal(s->ordered, 2);
	assert_int_equal(s->unordered, 1);
}

/* Whatever the order in which times come, no recipient is lost and the span stays true. */
static void test_histogram(void **state)
{
	static const int64_t times[] = {5000000, 5000001, 4999000, 1, 9000000000, 5000100, 0};
	const struct slice to[] = {slice_of("a@x")};
	AUTO(tally) t = tally_new();
	size_t n, sum = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct queued q = message("a@b", times[i], to, 1);
		tally_add(t, &q);
	}
	struct tally_source *s = tally_sources(t, &n)[0];
	for (size_t i = 0; i < TALLY_BUCKETS; i++)
		sum += s->buckets[i];
	assert_int_equal(sum, 7);
	assert_true(s->bucket_start <= 0);
	assert_true(s->bucket_start + TALLY_BUCKETS * s->bucket_width > 9000000000);
	assert_int_equal(tally_busiest_span(s, 1.0), 9000000001);
}

static void test_busiest_span(void **state)
{
	const struct slice to[] = {slice_of("a@x"), slice_of("b@x")};
	AUTO(tally) t = tally_new();
	size_t n;

	(void)state;
	for (int64_t i = 0; i < 540; i++) { /* nine minutes of a burst, */
		struct queued q = message("a@b", 100000 + i, to, 2);
		tally_add(t, &q);
	}
	struct queued q = message("a@b", 1000, to, 1); /* and one message a day before */
	tally_add(t, &q);
	int64_t span = tally_busiest_span(tally_sources(t, &n)[0], 0.9);
	assert_true(span >= 486 && span <= 4096);
}

static void test_samples_are_even_and_repeatable(void **state)
{
	AUTO(tally) a = tally_new();
	AUTO(tally) b = tally_new();
	size_t n;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char id[32];
		(void)snprintf(id, sizeof(id), "1xVSmq-%06d-00", i);
		struct queued q = message("a@b", i, NULL, 0);
		q.id = id;
		tally_add(a, &q);
		(void)snprintf(id, sizeof(id), "1xVSmq-%06d-00", 999 - i);
		tally_add(b, &q);
	}
	struct tally_source *x = tally_sources(a, &n)[0], *y = tally_sources(b, &n)[0];
	size_t early = 0, common = 0;
	assert_int_equal(x->sample_count, TALLY_SAMPLES);
	for (size_t i = 0; i < TALLY_SAMPLES; i++) {
		early += strncmp(x->samples[i].id, "1xVSmq-0005", 11) < 0;
		for (size_t k = 0; k < TALLY_SAMPLES; k++)
			common += strcmp(x->samples[i].id, y->samples[k].id) == 0;
	}
	assert_int_equal(common, TALLY_SAMPLES);
	assert_true(early >= 4 && early <= 20);
}

/* Many senders of one message each do not push out the one that sends much. */
static void test_bounded(void **state)
{
	AUTO(tally) t = tally_new();
	size_t n;
	uint64_t sum = 0;

	(void)state;
	for (int i = 0; i < 3 * TALLY_SOURCES_MAX; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "u%d@x", i);
		struct queued q = message(i % 100 == 0 ? "much@x" : name, i, NULL, 0);
		tally_add(t, &q);
	}
	struct tally_source **all = tally_sources(t, &n);
	assert_true(n <= TALLY_SOURCES_MAX);
	assert_string_equal(all[0]->source.name, "much@x");
	assert_in_range(all[0]->messages + all[0]->messages_missed_max, 3 * TALLY_SOURCES_MAX / 100,
		3 * TALLY_SOURCES_MAX / 50);
	for (size_t i = 0; i < n; i++)
		sum += all[i]->messages;
	assert_int_equal(sum + tally_rest(t).messages, 3 * TALLY_SOURCES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_busiest_span),
		cmocka_unit_test(test_samples_are_even_and_repeatable),
		cmocka_unit_test(test_bounded),
	};
	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
