#include "programs/daemon/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS INT64_C(3600000)

static struct source source_named(const char *text)
{
	struct source s;

	assert_int_equal(source_parse(slice_of(text), &s), 0);
	return s;
}

static struct source mailbox(unsigned n)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "mailbox:box%u@shop.test", n);
	return source_named(name);
}

static struct limits *with_own(const char *const *own, size_t count, uint64_t recipients)
{
	const struct limits_settings settings = {
		.recipients = recipients, .time = 3600, .sources = {own, count}};

	return limits_new(&settings);
}

static struct limits *of(uint64_t recipients)
{
	return with_own(NULL, 0, recipients);
}

static unsigned taken(struct limits *l, const struct source *s, unsigned tries, int64_t now)
{
	unsigned n = 0;

	for (unsigned i = 0; i < tries; i++)
		n += limits_take(l, s, 1, now) == LIMITS_ROOM;
	return n;
}

static void test_so_many_within_the_time(void **state)
{
	AUTO(limits) l = of(10);
	struct source ann = mailbox(1), bob = mailbox(2);

	(void)state;
	assert_int_equal(taken(l, &ann, 50, HOUR_MS), 10);
	assert_int_equal(taken(l, &bob, 10, HOUR_MS), 10);
	assert_int_equal(taken(l, &ann, 50, 2 * HOUR_MS), 0);
	assert_int_equal(taken(l, &ann, 50, 2 * HOUR_MS + HOUR_MS / 32 + 1), 10);
}

static void test_all_or_none(void **state)
{
	AUTO(limits) l = of(10);
	struct source ann = mailbox(1);

	(void)state;
	assert_int_equal(limits_take(l, &ann, 11, 1), LIMITS_REACHED);
	assert_int_equal(limits_take(l, &ann, UINT64_MAX, 1), LIMITS_REACHED);
	assert_int_equal(limits_take(l, &ann, 9, 1), LIMITS_ROOM);
	assert_int_equal(limits_take(l, &ann, 2, 1), LIMITS_REACHED);
	assert_int_equal(limits_take(l, &ann, 2, 1), LIMITS_FULL);
	assert_int_equal(limits_take(l, &ann, 0, 1), LIMITS_ROOM);
	assert_int_equal(limits_take(l, &ann, 1, 1), LIMITS_ROOM);
}

static void test_told_once(void **state)
{
	AUTO(limits) l = of(4);
	struct source ann = mailbox(1);

	(void)state;
	assert_int_equal(taken(l, &ann, 3, 0), 3);
	assert_int_equal(limits_take(l, &ann, 1, HOUR_MS / 2), LIMITS_ROOM);
	assert_int_equal(limits_take(l, &ann, 1, HOUR_MS / 2), LIMITS_REACHED);
	assert_int_equal(limits_take(l, &ann, 1, HOUR_MS / 2), LIMITS_FULL);
	/* three of four are forgotten */
	assert_int_equal(limits_take(l, &ann, 3, HOUR_MS * 5 / 4), LIMITS_ROOM);
	assert_int_equal(limits_take(l, &ann, 1, HOUR_MS * 5 / 4), LIMITS_REACHED);
}

static void test_own_limits(void **state)
{
	static const char *const own[] = {
		"mailbox:news@shop.test 20", "boss@shop.test  0", "login:www-data 3"};
	AUTO(limits) l = with_own(own, 3, 5);
	struct source news = source_named("news@shop.test"), boss = source_named("Boss@shop.test"),
		      tagged = source_named("news+2026@shop.test"), ann = mailbox(1),
		      web = source_named("login:www-data"), script = source_named("script:/srv/x");

	(void)state;
	assert_int_equal(taken(l, &news, 15, 1), 15);
	assert_int_equal(taken(l, &tagged, 50, 1), 5);
	assert_int_equal(taken(l, &boss, 500, 1), 500);
	assert_int_equal(taken(l, &web, 50, 1), 3);
	assert_int_equal(taken(l, &script, 50, 1), 5);
	assert_int_equal(taken(l, &ann, 50, 1), 5);
}

static void test_own_limits_alone(void **state)
{
	static const char *const own[] = {"mailbox:news@shop.test 2"};
	AUTO(limits) l = with_own(own, 1, 0);
	struct source news = source_named("news@shop.test"), ann = mailbox(1);

	(void)state;
	assert_int_equal(taken(l, &news, 50, 1), 2);
	assert_int_equal(taken(l, &ann, 500, 1), 500);
	assert_int_equal(limits_most(l, &ann), 0);
}

static void test_only_who_sends(void **state)
{
	AUTO(limits) l = of(1);
	struct source host = source_named("host:192.0.2.1"), bounce = source_named("bounce:local");

	(void)state;
	assert_int_equal(taken(l, &host, 100, 1), 100);
	assert_int_equal(taken(l, &bounce, 100, 1), 100);
	assert_int_equal(limits_most(l, &host), 0);
}

static void test_sentence(void **state)
{
	static const char *const own[] = {"mailbox:one@shop.test 1"};
	AUTO(limits) l = with_own(own, 1, 5000);
	struct source one = source_named("one@shop.test"), ann = mailbox(1);
	char line[256], cut[12];

	(void)state;
	limits_write(l, &ann, line, sizeof(line));
	assert_string_equal(line,
		"slow The limit of 5,000 recipients within 1h is reached: it will be taken later");
	limits_write(l, &one, line, sizeof(line));
	assert_string_equal(
		line, "slow The limit of 1 recipient within 1h is reached: it will be taken later");
	limits_write(l, &ann, cut, sizeof(cut));
	assert_string_equal(cut, "slow The li");
}

static void test_how_many_are_at_it(void **state)
{
	AUTO(limits) l = of(3);
	struct source ann = mailbox(1), bob = mailbox(2);

	(void)state;
	assert_int_equal(limits_reached(l, 1), 0);
	assert_int_equal(taken(l, &ann, 3, 1), 3);
	assert_int_equal(taken(l, &bob, 2, 1), 2);
	assert_int_equal(limits_reached(l, 1), 1);
	assert_int_equal(taken(l, &bob, 2, 2), 1);
	assert_int_equal(limits_reached(l, 2), 2);
	assert_int_equal(limits_reached(l, 3 * HOUR_MS), 0);
}

/* ---- beside a list of all that was offered ---- */

#define OFFERS  4000
#define SOURCES 5

struct offers {
	int64_t at[OFFERS];
	unsigned recipients[OFFERS], source[OFFERS];
	size_t count;
};

static uint64_t within(const struct offers *o, unsigned source, int64_t now, int64_t time)
{
	uint64_t n = 0;

	for (size_t i = 0; i < o->count; i++)
		if (o->source[i] == source && now - o->at[i] <= time)
			n += o->recipients[i];
	return n;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void try_beside_list(uint64_t seed)
{
	static struct offers o;
	uint64_t random = seed * 2654435761 + 1, most = 1 + next_random(&random) % 60;
	const struct limits_settings settings = {
		.recipients = most, .time = 1 + (int64_t)(next_random(&random) % 90)};
	int64_t time_ms = settings.time * 1000, now = (int64_t)(next_random(&random) % 1000000);
	AUTO(limits) l = limits_new(&settings);
	size_t at_limit = 0;

	o.count = 0;
	while (o.count < OFFERS / 4) {
		unsigned source = (unsigned)(next_random(&random) % SOURCES);
		uint64_t n = 1 + next_random(&random) % (next_random(&random) % 4 == 0 ? 9 : 1);
		struct source s = mailbox(source);

		now += (int64_t)(next_random(&random) % 8 == 0
					 ? next_random(&random) % (uint64_t)(time_ms * 2)
					 : next_random(&random) % 100);
		if (limits_take(l, &s, n, now) == LIMITS_ROOM) {
			/* never more than the limit within any time of that length */
			assert_true(within(&o, source, now, time_ms) + n <= most);
			o.at[o.count] = now;
			o.recipients[o.count] = (unsigned)n;
			o.source[o.count++] = source;
		} else {
			/* and no room is kept back for more than a 32nd longer */
			assert_true(within(&o, source, now, time_ms + time_ms / 32) + n > most);
			if (n > most)
				break;
		}
		at_limit = 0;
		for (unsigned i = 0; i < SOURCES; i++)
			at_limit += within(&o, i, now, time_ms) >= most;
		assert_true(limits_reached(l, now) >= at_limit);
	}
}

static void test_beside_a_list(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++)
		try_beside_list(seed);
}

/* ---- many sources ---- */

static void test_bounded(void **state)
{
	AUTO(limits) l = of(1000);
	struct source loud = mailbox(7), quiet = mailbox(8);

	(void)state;
	assert_int_equal(taken(l, &loud, 999, 1), 999);
	assert_int_equal(taken(l, &quiet, 2, 1), 2);
	for (unsigned i = 100; i < LIMITS_SOURCES_MOST * 3 + 100; i++) {
		struct source s = mailbox(i);

		assert_int_equal(limits_take(l, &s, 3, 2), LIMITS_ROOM);
	}
	assert_int_equal(taken(l, &loud, 10, 3), 1);
	/* the quietest was forgotten, and begins anew */
	assert_int_equal(taken(l, &quiet, 2000, 3), 1000);
}

/* What counts nothing any more goes before anybody who does. */
static void test_past_goes_first(void **state)
{
	AUTO(limits) l = of(10);
	struct source early = mailbox(1);

	(void)state;
	for (unsigned i = 100; i < LIMITS_SOURCES_MOST + 90; i++) {
		struct source s = mailbox(i);

		assert_int_equal(limits_take(l, &s, 9, 1), LIMITS_ROOM);
	}
	assert_int_equal(taken(l, &early, 1, 2 * HOUR_MS), 1);
	for (unsigned i = 100; i < 5000; i++) {
		struct source s = mailbox(i);

		assert_int_equal(limits_take(l, &s, 10, 2 * HOUR_MS), LIMITS_ROOM);
	}
	assert_int_equal(taken(l, &early, 50, 2 * HOUR_MS), 9);
}

/* ---- what is written wrong ---- */

static void refused(const char *const *own, size_t count, size_t want, const char *words)
{
	const struct limits_settings settings = {
		.recipients = 5, .time = 60, .sources = {own, count}};
	struct problem problem = {""};
	size_t entry = 99;

	assert_int_equal(limits_check(&settings, &entry, &problem), words != NULL ? -EINVAL : 0);
	assert_int_equal(entry, words != NULL ? want : 99);
	assert_non_null(strstr(problem.text, words != NULL ? words : ""));
}

static void test_mistakes(void **state)
{
	static const char *const sound[] = {"mailbox:a@b.test 5", "a@c.test 0",
		"script:/srv/www data/x 1000000000", "mailbox:b\\x20c@d.test 7"};
	static const char *const wrong[] = {"mailbox:a@b.test", "a@b.test five", "5", "", " 5",
		"nobody 5", "a@b.test -1", "a@b.test 1000000001", "a@b.test 5x", "a@b.test 5 "};
	static const char *const twice[] = {"mailbox:a@b.test 5", "x@b.test 5", "A+t@B.test 6"};
	static const char *const kinds[] = {"host:192.0.2.1 5", "bounce:local 5"};

	(void)state;
	refused(sound, 4, 0, NULL);
	refused(NULL, 0, 0, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refused(&wrong[i], 1, 0, "\" is no source and number such as");
	refused(twice, 3, 2, "limits.sources: \"A+t@B.test 6\" is of a source that has an entry");
	refused(&kinds[0], 1, 0, "of a kind that has no limit");
	refused(&kinds[1], 1, 0, "of a kind that has no limit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_so_many_within_the_time),
		cmocka_unit_test(test_all_or_none),
		cmocka_unit_test(test_told_once),
		cmocka_unit_test(test_own_limits),
		cmocka_unit_test(test_own_limits_alone),
		cmocka_unit_test(test_only_who_sends),
		cmocka_unit_test(test_sentence),
		cmocka_unit_test(test_how_many_are_at_it),
		cmocka_unit_test(test_beside_a_list),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_past_goes_first),
		cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
