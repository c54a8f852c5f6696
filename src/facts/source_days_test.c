#include "facts/source_days.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY 20782

static void test_counts(void **state)
{
	struct source_days d = {0};
	struct source_day over;

	(void)state;
	assert_true(source_days_add(&d, DAY, COUNT_MESSAGES, 2, &over));
	assert_int_equal(over.day, 0);
	assert_true(source_days_add(&d, DAY, COUNT_RECIPIENTS, 9, &over));
	assert_true(source_days_add(&d, DAY + 1, COUNT_FAILED, 1, &over));
	assert_true(source_days_add(&d, DAY, COUNT_COMPLAINTS, 1, &over)); /* late */
	assert_int_equal(over.day, 0);
	assert_int_equal(d.at[DAY & 1].day, DAY);
	assert_int_equal(d.at[DAY & 1].messages, 2);
	assert_int_equal(d.at[DAY & 1].recipients, 9);
	assert_int_equal(d.at[DAY & 1].complaints, 1);
	assert_int_equal(d.at[(DAY + 1) & 1].failed, 1);
	assert_int_equal(d.at[(DAY + 1) & 1].messages, 0);

	assert_true(source_days_add(&d, DAY + 2, COUNT_MESSAGES, 5, &over));
	assert_int_equal(over.day, DAY);
	assert_int_equal(over.recipients, 9);
	assert_int_equal(d.at[DAY & 1].messages, 5);
	assert_int_equal(d.at[DAY & 1].recipients, 0);
	assert_false(source_days_add(&d, DAY, COUNT_MESSAGES, 1, &over));
	assert_false(source_days_add(&d, 0, COUNT_MESSAGES, 1, &over));
	assert_int_equal(over.day, 0);
}

static void test_most(void **state)
{
	struct source_days d = {0};
	struct source_day over;

	(void)state;
	assert_true(source_days_add(&d, DAY, COUNT_RECIPIENTS, UINT64_MAX, &over));
	assert_true(source_days_add(&d, DAY, COUNT_RECIPIENTS, 3, &over));
	assert_int_equal(d.at[DAY & 1].recipients, SOURCE_DAY_MOST);
	assert_true(source_days_add(&d, DAY, COUNT_MESSAGES, SOURCE_DAY_MOST - 1, &over));
	assert_true(source_days_add(&d, DAY, COUNT_MESSAGES, 1, &over));
	assert_int_equal(d.at[DAY & 1].messages, SOURCE_DAY_MOST);
}

/* A day in the wrong place is none that was ever written. */
static void test_to_and_from_bytes(void **state)
{
	struct source_days d = {0}, again = {0}, wrong = {.at[0] = {.day = 7}};
	struct source_day over;
	struct codec w = codec_writer();
	size_t len;

	(void)state;
	assert_true(source_days_add(&d, DAY, COUNT_RECIPIENTS, 4, &over));
	source_days_code(&d, &w);
	char *bytes = codec_take(&w, &len);
	struct codec r = codec_reader((struct slice){bytes, len});
	source_days_code(&again, &r);
	assert_true(codec_is_done(&r));
	assert_int_equal(again.at[DAY & 1].day, DAY);
	assert_int_equal(again.at[DAY & 1].recipients, 4);
	free(bytes);

	w = codec_writer();
	source_days_code(&wrong, &w);
	bytes = codec_take(&w, &len);
	r = codec_reader((struct slice){bytes, len});
	source_days_code(&again, &r);
	assert_false(codec_is_done(&r));
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_to_and_from_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
