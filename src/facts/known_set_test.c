#include "facts/known_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t thing(uint64_t i)
{
	return (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void test_has_what_was_added(void **state)
{
	struct known_set s = {0};

	(void)state;
	assert_false(known_set_has(&s, thing(1)));
	for (uint64_t i = 0; i < 300; i++)
		assert_false(known_set_add(&s, thing(i)));
	for (uint64_t i = 0; i < 300; i++) {
		assert_true(known_set_has(&s, thing(i)));
		assert_true(known_set_add(&s, thing(i)));
	}
	for (uint64_t i = 300; i < 2000; i++)
		assert_false(known_set_has(&s, thing(i)));
	known_set_free(&s);
	assert_false(known_set_has(&s, thing(1)));
	assert_int_equal(known_set_bytes(&s), 0);
}

/* A hash whose upper half is 0 must not look like a free place. */
static void test_zero(void **state)
{
	struct known_set s = {0};

	(void)state;
	assert_false(known_set_add(&s, 5));
	assert_true(known_set_has(&s, 5));
	known_set_free(&s);
}

static void test_bounded(void **state)
{
	struct known_set s = {0};
	unsigned recent = 0, old = 0;

	(void)state;
	for (uint64_t i = 0; i < 100000; i++) {
		(void)known_set_add(&s, thing(i));
		assert_true(known_set_has(&s, thing(i)));
		assert_true(known_set_bytes(&s) <= KNOWN_SET_MAX * sizeof(uint32_t));
	}
	assert_int_equal(s.room, KNOWN_SET_MAX);
	for (uint64_t i = 0; i < 500; i++) {
		recent += known_set_has(&s, thing(99999 - i));
		old += known_set_has(&s, thing(i));
	}
	assert_true(recent > 450);
	assert_int_equal(old, 0);
	known_set_free(&s);
}

/* What is seen again and again stays, whatever else comes. */
static void test_keeps_what_is_used(void **state)
{
	struct known_set s = {0};

	(void)state;
	for (uint64_t i = 0; i < 50000; i++) {
		(void)known_set_add(&s, thing(i + 100));
		if (i % 50 == 0)
			(void)known_set_add(&s, thing(7));
	}
	assert_true(known_set_has(&s, thing(7)));
	known_set_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_what_was_added),
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_keeps_what_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
