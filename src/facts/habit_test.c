#include "facts/habit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TODAY 20000

static void test_days(void **state)
{
	struct habit h = {0};

	(void)state;
	assert_true(habit_turn(&h, TODAY));
	assert_false(habit_turn(&h, TODAY));
	assert_false(habit_turn(&h, TODAY - 3)); /* an earlier day is taken for today */
	assert_int_equal(h.last_day, TODAY);
	assert_true(habit_turn(&h, TODAY + 1));
	assert_int_equal(h.active_days, 2);
	habit_free(&h);
}

/* What is counted today becomes the past tomorrow. */
static void test_shares(void **state)
{
	struct habit h = {0};

	(void)state;
	habit_turn(&h, TODAY);
	for (unsigned i = 0; i < 10; i++)
		habit_count(&h, TRAIT_STRANGERS, i < 4);
	assert_true(habit_expect(&h, TRAIT_STRANGERS, 0.5, 10) == 0.5);
	habit_turn(&h, TODAY + 1);
	assert_true(habit_expect(&h, TRAIT_STRANGERS, 0.5, 10) == (4 + 5) / 20.0);
	for (unsigned i = 0; i < 5000; i++)
		habit_count(&h, TRAIT_STRANGERS, true);
	habit_turn(&h, TODAY + 2);
	assert_true(h.shares[TRAIT_STRANGERS].all <= 1000);
	assert_true(habit_expect(&h, TRAIT_STRANGERS, 0.5, 10) > 0.9);
	habit_free(&h);
}

/* A day that is distrusted teaches nothing, and its places are forgotten. */
static void test_distrusted(void **state)
{
	struct habit h = {0};

	(void)state;
	habit_turn(&h, TODAY);
	habit_use(&h, HABIT_NETWORK, 1);
	habit_turn(&h, TODAY + 1);
	habit_use(&h, HABIT_NETWORK, 1);
	habit_use(&h, HABIT_NETWORK, 2);
	habit_count(&h, TRAIT_DEAD, true);
	habit_count_strangers(&h, 400);
	habit_count_filter(&h, 12);
	h.today_distrusted = true;
	habit_turn(&h, TODAY + 2);
	assert_false(h.today_distrusted);
	assert_int_equal(habit_days(&h, HABIT_NETWORK, 1), 1);
	assert_false(habit_has(&h, HABIT_NETWORK, 2));
	assert_int_equal(h.shares[TRAIT_DEAD].all, 0);
	assert_int_equal(habit_busiest(&h), 0);
	assert_true(h.filter_weight == 0);
	habit_free(&h);
}

static void test_places(void **state)
{
	struct habit h = {0};

	(void)state;
	habit_turn(&h, TODAY);
	assert_int_equal(habit_days(&h, HABIT_NETWORK, 1), 0);
	habit_use(&h, HABIT_NETWORK, 1);
	assert_true(habit_has(&h, HABIT_NETWORK, 1));
	assert_false(habit_has(&h, HABIT_COUNTRY, 1));         /* kinds are apart */
	assert_int_equal(habit_days(&h, HABIT_NETWORK, 1), 0); /* only today */
	for (uint16_t day = 1; day < 6; day++) {
		habit_turn(&h, TODAY + day);
		habit_use(&h, HABIT_NETWORK, 1);
		habit_use(&h, HABIT_NETWORK, 1);
	}
	assert_int_equal(habit_days(&h, HABIT_NETWORK, 1), 5);
	/* eight others: the one used on the most days stays */
	for (uint32_t key = 10; key < 30; key++)
		habit_use(&h, HABIT_NETWORK, key);
	assert_int_equal(habit_days(&h, HABIT_NETWORK, 1), 5);
	assert_true(habit_has(&h, HABIT_NETWORK, 29));
	habit_free(&h);
}

static void test_busy_days(void **state)
{
	struct habit h = {0};

	(void)state;
	habit_turn(&h, TODAY);
	habit_count_strangers(&h, 30);
	assert_int_equal(habit_busiest(&h), 0); /* of earlier days only */
	habit_turn(&h, TODAY + 1);
	habit_count_strangers(&h, 100000);
	assert_int_equal(habit_busiest(&h), 30);
	habit_turn(&h, TODAY + 2);
	assert_int_equal(habit_busiest(&h), UINT16_MAX);
	habit_turn(&h, TODAY + 2 + HABIT_BUSY_MEMORY);
	assert_int_equal(habit_busiest(&h), 0);
	habit_free(&h);
}

static void test_filter(void **state)
{
	struct habit h = {0};

	(void)state;
	habit_turn(&h, TODAY);
	habit_count_filter(&h, 1);
	habit_count_filter(&h, 3);
	habit_turn(&h, TODAY + 1);
	assert_true(h.filter_mean == 2 && h.filter_weight == 2);
	habit_free(&h);
}

static void test_hours(void **state)
{
	struct habit h = {0};

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		habit_count_hour(&h, i % 4 == 0 ? 9 : 14);
	assert_true(h.hours[14] > 2 * h.hours[9]);
	assert_true(h.hours[9] > 0);
	assert_int_equal(h.hours[3], 0);
	habit_free(&h);
}

static void test_texts(void **state)
{
	static const char *const words[] = {"apple", "boat", "cloud", "desk", "engine", "flower",
		"garden", "hammer", "island", "jacket", "kettle", "lamp"};
	struct habit h = {0};
	struct body_sketch s[10];
	char text[400];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		size_t n = 0;
		for (unsigned w = 0; w < 30; w++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%c%c ",
				words[(w * (i + 3) + i) % 12], (int)('a' + i), (int)('a' + w % 26));
		body_sketch_of((struct slice){text, n}, &s[i]);
	}
	habit_turn(&h, TODAY);
	assert_null(habit_find_text(&h, &s[0]));
	for (unsigned i = 0; i < 10; i++) {
		habit_turn(&h, (uint16_t)(TODAY + i));
		habit_use_text(&h, &s[i]);
		assert_non_null(habit_find_text(&h, &s[i]));
		assert_int_equal(habit_find_text(&h, &s[i])->first_day, TODAY + i);
	}
	assert_int_equal(h.text_count, HABIT_TEXTS);
	assert_null(habit_find_text(&h, &s[0])); /* the oldest go */
	assert_non_null(habit_find_text(&h, &s[4]));
	habit_turn(&h, TODAY + 20);
	habit_use_text(&h, &s[9]);
	assert_int_equal(habit_find_text(&h, &s[9])->first_day, TODAY + 9);
	assert_int_equal(habit_find_text(&h, &s[9])->last_day, TODAY + 20);
	habit_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_distrusted),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_busy_days),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
