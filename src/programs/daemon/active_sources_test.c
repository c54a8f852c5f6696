#include "programs/daemon/active_sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define BEGIN  (INT64_C(1795500000) * SECOND / DAY * DAY + 12 * HOUR)

static struct watch *new_watch(void)
{
	static const struct watch_settings settings = {0};
	struct watch *w = watch_new(&settings);

	ledger_set_hosted(watch_ledger(w), slice_of("shop.test"), HOSTED_YES);
	ledger_hosted_complete(watch_ledger(w));
	return w;
}

/* A message to so many, from where it always comes or not. */
static void mail(struct watch *w, const char *by, int64_t at_us, unsigned first, unsigned count,
	bool is_spam)
{
	char names[50][40];
	struct slice to[50];
	struct source source;
	struct watch_result result;

	assert_true(count <= 50);
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(
			names[i], sizeof(names[i]), "p%u@d%u.test", first + i, (first + i) % 61);
		to[i] = slice_of(names[i]);
	}
	source_set(&source, SOURCE_MAILBOX, slice_of(by));
	(void)watch_take(w,
		&(struct fact){.kind = FACT_ACCEPTED,
			.at_us = at_us,
			.source = &source,
			.sender = slice_of(by),
			.client = slice_of(is_spam ? "203.0.113.5" : "192.0.2.17"),
			.body = slice_of(is_spam ? "you have won a great prize claim it at "
						   "http://lucky-claims.test/now before it ends"
						 : "let us meet on monday then"),
			.recipients = to,
			.recipient_count = count,
			.recipient_total = count},
		&result);
}

static void flood(struct watch *w, const char *by, int64_t at_us)
{
	for (int day = 60; day > 0; day--)
		mail(w, by, at_us - day * DAY, 7, 1, false);
	for (unsigned i = 0; i < 20; i++)
		mail(w, by, at_us + i * SECOND, 1000 + i * 50, 50, true);
}

/* The worst first; who did nothing for an hour is not told. */
static void test_order(void **state)
{
	AUTO(watch) w = new_watch();
	struct now_source rows[NOW_SOURCES_MAX];
	size_t active;

	(void)state;
	mail(w, "gone@shop.test", BEGIN - HOUR - MINUTE, 1, 1, false);
	flood(w, "thief@shop.test", BEGIN - 30 * MINUTE);
	mail(w, "ann@shop.test", BEGIN - 3 * MINUTE, 1, 2, false);
	mail(w, "ann@shop.test", BEGIN, 1, 3, false);
	assert_int_equal(active_sources(w, BEGIN, rows, &active), 2);
	assert_int_equal(active, 2);
	assert_string_equal(rows[0].source.name, "thief@shop.test");
	assert_true(rows[0].verdict >= VERDICT_SUSPECT);
	assert_true(rows[0].score > rows[1].score);
	assert_true(rows[0].score > rows[0].threshold - WATCH_SUSPECT_BELOW);
	assert_int_equal(rows[0].messages, 21); /* and that of yesterday */
	assert_int_equal(rows[0].recipients, 1001);
	assert_int_equal(rows[0].pace[29], 1000);
	assert_int_equal(rows[0].pace[NOW_PACE - 1], 0);
	assert_true(strlen(rows[0].why) > 10);

	assert_string_equal(rows[1].source.name, "ann@shop.test");
	assert_int_equal(rows[1].verdict, VERDICT_NOTHING);
	assert_int_equal(rows[1].messages, 2);
	assert_int_equal(rows[1].recipients, 5);
	assert_int_equal(rows[1].failed, 0);
	assert_int_equal(rows[1].pace[NOW_PACE - 1], 3);
	assert_int_equal(rows[1].pace[NOW_PACE - 4], 2);
	assert_int_equal(active_sources(w, BEGIN + 2 * HOUR, rows, &active), 0);
	assert_int_equal(active, 0);
}

/* Of one that is contained the episode begins anew, and it stays the first of them. */
static void test_contained(void **state)
{
	AUTO(watch) w = new_watch();
	struct now_source rows[NOW_SOURCES_MAX];
	struct source thief;
	size_t active;

	(void)state;
	flood(w, "thief@shop.test", BEGIN - 30 * MINUTE);
	source_set(&thief, SOURCE_MAILBOX, slice_of("thief@shop.test"));
	struct ledger_source *s = ledger_find(watch_ledger(w), &thief);
	ledger_mark_bad(watch_ledger(w), s, ledger_worst_episode(s), BEGIN);
	mail(w, "ann@shop.test", BEGIN, 500, 50, true);
	assert_int_equal(active_sources(w, BEGIN, rows, &active), 2);
	assert_string_equal(rows[0].source.name, "thief@shop.test");
	assert_int_equal(rows[0].verdict, VERDICT_CONTAIN);
	ledger_mark_honest(watch_ledger(w), s, BEGIN);
	assert_int_equal(active_sources(w, BEGIN, rows, &active), 2);
	assert_string_equal(rows[1].source.name, "thief@shop.test");
	assert_int_equal(rows[1].verdict, VERDICT_NOTHING);
}

/* Among many the thirty worst are told, in their order, and all are counted. */
static void test_many(void **state)
{
	AUTO(watch) w = new_watch();
	struct now_source rows[NOW_SOURCES_MAX];
	char name[40];
	size_t active;

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "u%u@shop.test", i);
		mail(w, name, BEGIN + i, i * 50, i % 50 + 1, true);
	}
	assert_int_equal(active_sources(w, BEGIN + SECOND, rows, &active), NOW_SOURCES_MAX);
	assert_int_equal(active, 500);
	for (size_t i = 1; i < NOW_SOURCES_MAX; i++)
		assert_true(rows[i - 1].score >= rows[i].score);
	assert_true(rows[0].score > rows[NOW_SOURCES_MAX - 1].score);
	json_t *told = now_sources_json(rows, NOW_SOURCES_MAX);
	assert_int_equal(json_array_size(told), NOW_SOURCES_MAX);
	json_decref(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_contained),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
