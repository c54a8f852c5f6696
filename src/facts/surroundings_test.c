#include "facts/surroundings.h"

#include "base/memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR INT64_C(3600000000)
#define NOW  (INT64_C(1795436837) * 1000000)

static void test_links(void **state)
{
	AUTO(surroundings) s = surroundings_new();
	struct known_link *l = surroundings_link(s, 77);

	(void)state;
	assert_int_equal(known_link_customers(l), 0);
	l->first_day = (uint16_t)(NOW / (24 * HOUR));
	known_link_use(l, 1, NOW, true);
	known_link_use(l, 1, NOW, true);
	assert_int_equal(known_link_customers(l), 1);
	assert_int_equal(known_link_others(l, 1, NOW), 0);
	assert_int_equal(known_link_others(l, 2, NOW), 1);
	known_link_use(l, 2, NOW, false); /* not to strangers */
	assert_int_equal(known_link_others(l, 1, NOW), 0);
	known_link_use(l, 2, NOW, true);
	assert_int_equal(known_link_others(l, 1, NOW), 1);
	assert_int_equal(known_link_others(l, 1, NOW + SURROUNDINGS_SHARED_US + HOUR), 0);
	assert_true(surroundings_link(s, 77) == l || surroundings_link(s, 77)->key == 77);
	assert_int_equal(known_link_customers(surroundings_link(s, 77)), 2);
	assert_int_equal(known_link_customers(surroundings_link(s, 78)), 0);
}

static void test_bad_links(void **state)
{
	AUTO(surroundings) s = surroundings_new();

	(void)state;
	surroundings_link(s, 77)->bad_of = 5;
	surroundings_link(s, 78)->bad_of = 6;
	surroundings_clear_links(s, 5);
	assert_int_equal(surroundings_link(s, 77)->bad_of, 0);
	assert_int_equal(surroundings_link(s, 78)->bad_of, 6);
}

static void sketch(struct body_sketch *ret, const char *text)
{
	body_sketch_of(slice_of(text), ret);
}

static const char spam[] =
	"you have won a great prize claim it at once before the offer ends for you "
	"and your whole family in this town";

static void test_texts(void **state)
{
	AUTO(surroundings) s = surroundings_new();
	struct body_sketch a, other;
	bool bad = true;

	(void)state;
	sketch(&a, spam);
	sketch(&other,
		"the minutes of the meeting of our club are attached please read them before "
		"friday and bring your own remarks");
	assert_int_equal(surroundings_text_others(s, &a, 1, 10, 100, NOW, &bad), 0);
	assert_false(bad);
	surroundings_add_text(s, &a, 1, 10, 100, NOW);
	assert_int_equal(surroundings_text_others(s, &a, 1, 10, 100, NOW, &bad), 0); /* itself */
	assert_int_equal(
		surroundings_text_others(s, &a, 2, 10, 200, NOW, &bad), 0); /* a colleague */
	assert_int_equal(
		surroundings_text_others(s, &a, 3, 30, 100, NOW, &bad), 0); /* same sender */
	assert_int_equal(surroundings_text_others(s, &a, 3, 30, 300, NOW, &bad), 1);
	assert_int_equal(surroundings_text_others(s, &other, 3, 30, 300, NOW, &bad), 0);
	assert_int_equal(surroundings_text_others(
				 s, &a, 3, 30, 300, NOW + SURROUNDINGS_SHARED_US + HOUR, &bad),
		0);
	surroundings_mark_texts(s, 1, NOW - HOUR, true);
	(void)surroundings_text_others(s, &a, 3, 30, 300, NOW, &bad);
	assert_true(bad);
	surroundings_mark_texts(s, 1, 0, false);
	(void)surroundings_text_others(s, &a, 3, 30, 300, NOW, &bad);
	assert_false(bad);
}

static void test_guesses(void **state)
{
	AUTO(surroundings) s = surroundings_new();
	unsigned here = 9;

	(void)state;
	assert_int_equal(surroundings_guesses(s, 5, 1, NOW, &here), 0);
	assert_int_equal(here, 0);
	for (unsigned i = 0; i < 20; i++)
		surroundings_add_guess(s, 5, i < 15 ? 1 : 2, NOW + i);
	assert_in_range(surroundings_guesses(s, 5, 2, NOW + HOUR, &here), 17, 20); /* they fade */
	assert_true(here > 0);
	assert_int_equal(surroundings_guesses(s, 6, 1, NOW + HOUR, &here), 0);
	assert_int_equal(surroundings_guesses(s, 5, 1, NOW + 72 * HOUR, &here), 0);
}

/* A provider that refuses mail of many of our sources refuses us, not them. */
static void test_answers(void **state)
{
	AUTO(surroundings) s = surroundings_new();
	bool widely = false;

	(void)state;
	for (unsigned i = 0; i < 30; i++)
		assert_false(surroundings_add_answer(s, 99, 1, true, NOW + i)); /* one source */
	for (uint64_t source = 2; source < 40; source++)
		widely = surroundings_add_answer(s, 99, source, true, NOW + 100);
	assert_true(widely);
	assert_false(surroundings_add_answer(s, 98, 1, true, NOW + 100)); /* another provider */
}

static void test_customers(void **state)
{
	AUTO(surroundings) s = surroundings_new();
	struct customer *c = surroundings_customer(s, 3);

	(void)state;
	assert_int_equal(customer_network_days(c, 8), 0);
	customer_use_network(c, 8, 100);
	customer_use_network(c, 8, 100);
	customer_use_network(c, 8, 101);
	assert_int_equal(customer_network_days(surroundings_customer(s, 3), 8), 2);
	assert_int_equal(customer_network_days(surroundings_customer(s, 4), 8), 0);
}

static void test_countries(void **state)
{
	AUTO(surroundings) s = surroundings_new();

	(void)state;
	assert_true(surroundings_country_share(s, 1) == 1);
	for (unsigned i = 0; i < 99; i++)
		surroundings_count_country(s, 1);
	surroundings_count_country(s, 2);
	assert_true(surroundings_country_share(s, 1) > 0.9);
	assert_true(surroundings_country_share(s, 2) < 0.1);
	assert_true(surroundings_country_share(s, 3) < surroundings_country_share(s, 2));
}

/* However much comes, it takes no more memory than at the beginning, but for what customers know.
 */
static void test_bounded(void **state)
{
	AUTO(surroundings) s = surroundings_new();
	size_t before = surroundings_bytes(s);
	struct body_sketch a;

	(void)state;
	sketch(&a, spam);
	for (uint32_t i = 1; i < 200000; i++) {
		known_link_use(surroundings_link(s, i * 2654435761u | 1), i, NOW + i, true);
		surroundings_add_guess(s, i * UINT64_C(0x9e3779b97f4a7c15), i, NOW + i);
		(void)surroundings_add_answer(
			s, i * UINT64_C(0x9e3779b97f4a7c15) | 1, i, false, NOW + i);
		if (i % 16 == 0)
			surroundings_add_text(s, &a, i, i, i, NOW + i);
		surroundings_count_country(s, i | 1);
		customer_use_network(surroundings_customer(s, i | 1), i | 1, 100);
	}
	assert_int_equal(surroundings_bytes(s), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_bad_links),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_customers),
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
