#include "incidents/minutes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define BEGIN INT64_C(1795500000) /* a minute begins */

static struct minute_state state_of(uint64_t begun, uint64_t accepted, uint64_t refused)
{
	return (struct minute_state){.queue = 5,
		.held = MINUTE_UNKNOWN,
		.has_counts = true,
		.begun = begun,
		.counts = {[MINUTE_ACCEPTED] = accepted, [MINUTE_REFUSED] = refused}};
}

static bool turn(struct minutes *m, int64_t now, struct minute_state state, struct minute *ret)
{
	return minutes_turn(m, now, &state, ret);
}

static void test_differences(void **state)
{
	struct minutes m = {0};
	struct minute ret;

	(void)state;
	assert_false(turn(&m, BEGIN + 30, state_of(1, 1000, 1), &ret));
	assert_false(turn(&m, BEGIN + 59, state_of(1, 1100, 1), &ret));
	/* of the first nobody saw the begin */
	assert_true(turn(&m, BEGIN + 60, state_of(1, 1200, 1), &ret));
	assert_int_equal(ret.at, BEGIN);
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], MINUTE_UNKNOWN);
	assert_int_equal(ret.queue, 5);
	assert_int_equal(ret.held, MINUTE_UNKNOWN);
	assert_false(turn(&m, BEGIN + 119, state_of(1, 1250, 1), &ret));
	assert_true(turn(&m, BEGIN + 121, state_of(1, 1260, 4), &ret));
	assert_int_equal(ret.at, BEGIN + 60);
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], 60);
	assert_int_equal(ret.counts[MINUTE_REFUSED], 3);
	assert_int_equal(ret.counts[MINUTE_FAILED], 0);
	assert_true(turn(&m, BEGIN + 180, state_of(1, 1260, 4), &ret));
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], 0); /* somebody looked, and there was none */
}

/* One that counts anew counts from nothing: no minute is negative, none is nothing. */
static void test_begun_anew(void **state)
{
	struct minutes m = {0};
	struct minute ret;

	(void)state;
	(void)turn(&m, BEGIN, state_of(1, 0, 0), &ret);
	(void)turn(&m, BEGIN + 60, state_of(1, 100, 0), &ret);
	assert_true(turn(&m, BEGIN + 120, state_of(2, 5000, 0), &ret));
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], MINUTE_UNKNOWN);
	assert_true(turn(&m, BEGIN + 180, state_of(2, 5001, 0), &ret));
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], 1);
	assert_true(turn(&m, BEGIN + 240, state_of(2, 10, 0), &ret)); /* of the same name */
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], MINUTE_UNKNOWN);
	assert_int_equal(ret.counts[MINUTE_REFUSED], MINUTE_UNKNOWN);
}

static void test_silent(void **state)
{
	struct minutes m = {0};
	struct minute ret;
	struct minute_state silent = {.queue = MINUTE_UNKNOWN, .held = 2};

	(void)state;
	(void)turn(&m, BEGIN, state_of(1, 0, 0), &ret);
	(void)turn(&m, BEGIN + 60, state_of(1, 0, 0), &ret);
	assert_true(turn(&m, BEGIN + 120, silent, &ret));
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], MINUTE_UNKNOWN);
	assert_int_equal(ret.held, 2);
	/* nor is the next known, of which it was silent at the begin */
	assert_true(turn(&m, BEGIN + 180, state_of(1, 9, 0), &ret));
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], MINUTE_UNKNOWN);
	assert_true(turn(&m, BEGIN + 240, state_of(1, 10, 0), &ret));
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], 1);
}

static void test_clock_is_set(void **state)
{
	struct minutes m = {0};
	struct minute ret;

	(void)state;
	(void)turn(&m, BEGIN, state_of(1, 0, 0), &ret);
	assert_true(turn(&m, BEGIN + 60, state_of(1, 0, 0), &ret));
	assert_false(turn(&m, BEGIN + 300, state_of(1, 7, 0), &ret));
	assert_true(turn(&m, BEGIN + 360, state_of(1, 9, 0), &ret));
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], MINUTE_UNKNOWN); /* it may have begun late */
	assert_false(turn(&m, BEGIN + 120, state_of(1, 9, 0), &ret));
	assert_true(turn(&m, BEGIN + 180, state_of(1, 11, 0), &ret));
	assert_true(turn(&m, BEGIN + 240, state_of(1, 11, 0), &ret));
	assert_int_equal(ret.counts[MINUTE_ACCEPTED], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_begun_anew),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_clock_is_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
