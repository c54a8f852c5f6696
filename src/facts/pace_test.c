#include "facts/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000000)
#define BEGIN  (INT64_C(29925000) * MINUTE)
#define LAST   (PACE_MINUTES - 1)

static uint16_t at(const struct pace *p, uint64_t source, int64_t now_us, int back)
{
	uint16_t counts[PACE_MINUTES];

	pace_read(p, source, now_us, counts);
	return counts[LAST - back];
}

static unsigned sum(const struct pace *p, uint64_t source, int64_t now_us)
{
	uint16_t counts[PACE_MINUTES];
	unsigned n = 0;

	pace_read(p, source, now_us, counts);
	for (size_t i = 0; i < PACE_MINUTES; i++)
		n += counts[i];
	return n;
}

static void test_minutes(void **state)
{
	AUTO(pace) p = pace_new(10);

	(void)state;
	pace_add(p, 7, BEGIN, 3);
	pace_add(p, 7, BEGIN + MINUTE - 1, 2);
	pace_add(p, 7, BEGIN + 3 * MINUTE, 10);
	pace_add(p, 7, BEGIN + 2 * MINUTE, 1); /* a little disorder */
	assert_int_equal(at(p, 7, BEGIN + 3 * MINUTE, 0), 10);
	assert_int_equal(at(p, 7, BEGIN + 3 * MINUTE, 1), 1);
	assert_int_equal(at(p, 7, BEGIN + 3 * MINUTE, 2), 0);
	assert_int_equal(at(p, 7, BEGIN + 3 * MINUTE, 3), 5);
	assert_int_equal(at(p, 7, BEGIN + 5 * MINUTE, 2), 10);
	assert_int_equal(at(p, 7, BEGIN + 5 * MINUTE, 0), 0);
	assert_int_equal(sum(p, 7, BEGIN + 3 * MINUTE), 16);
	assert_int_equal(sum(p, 8, BEGIN + 3 * MINUTE), 0);
}

/* A minute comes again in the same place an hour later, and starts from nothing. */
static void test_an_hour_later(void **state)
{
	AUTO(pace) p = pace_new(10);

	(void)state;
	pace_add(p, 7, BEGIN, 3);
	pace_add(p, 7, BEGIN + 10 * MINUTE, 4);
	assert_int_equal(sum(p, 7, BEGIN + 59 * MINUTE), 7);
	assert_int_equal(sum(p, 7, BEGIN + 60 * MINUTE), 4);
	pace_add(p, 7, BEGIN + 60 * MINUTE, 1);
	assert_int_equal(sum(p, 7, BEGIN + 60 * MINUTE), 5);
	pace_add(p, 7, BEGIN, 100); /* too old by now */
	assert_int_equal(sum(p, 7, BEGIN + 60 * MINUTE), 5);
	pace_add(p, 7, BEGIN + 1000 * MINUTE, 2);
	assert_int_equal(sum(p, 7, BEGIN + 1000 * MINUTE), 2);
	assert_int_equal(at(p, 7, BEGIN + 1000 * MINUTE, 0), 2);
}

static void test_most(void **state)
{
	AUTO(pace) p = pace_new(10);

	(void)state;
	pace_add(p, 7, BEGIN, 65000);
	pace_add(p, 7, BEGIN, 1000);
	assert_int_equal(at(p, 7, BEGIN, 0), PACE_MOST);
	pace_add(p, 7, BEGIN, UINT64_MAX);
	assert_int_equal(at(p, 7, BEGIN, 0), PACE_MOST);
	pace_add(p, 7, -5, 1); /* no time of any fact */
	pace_add(p, 7, INT64_MAX, 1);
	assert_int_equal(at(p, 7, BEGIN, 0), PACE_MOST);
}

/* Who was crowded out and comes back has an unknown past, and no zero. */
static void test_crowded_out(void **state)
{
	AUTO(pace) p = pace_new(2);

	(void)state;
	pace_add(p, 1, BEGIN, 5);
	pace_add(p, 2, BEGIN + MINUTE, 6);
	pace_add(p, 1, BEGIN + 2 * MINUTE, 7);
	assert_int_equal(at(p, 3, BEGIN + 2 * MINUTE, 1), 0);
	pace_add(p, 3, BEGIN + 3 * MINUTE, 8); /* the second has to go */
	assert_int_equal(at(p, 2, BEGIN + 3 * MINUTE, 2), PACE_UNKNOWN);
	assert_int_equal(at(p, 2, BEGIN + 3 * MINUTE, 0), 0);
	assert_int_equal(sum(p, 1, BEGIN + 3 * MINUTE), 12);
	pace_add(p, 2, BEGIN + 4 * MINUTE, 9);
	assert_int_equal(at(p, 2, BEGIN + 4 * MINUTE, 0), 9);
	assert_int_equal(at(p, 2, BEGIN + 4 * MINUTE, 3), PACE_UNKNOWN);
	assert_int_equal(at(p, 2, BEGIN + 4 * MINUTE, 1), 0);
}

static void test_many(void **state)
{
	AUTO(pace) p = pace_new(SIZE_MAX);

	(void)state;
	for (uint64_t i = 0; i < 3 * PACE_SOURCES; i++)
		pace_add(p, i << 16, BEGIN, i + 1);
	for (uint64_t i = 2 * PACE_SOURCES; i < 3 * PACE_SOURCES; i++)
		assert_int_equal(at(p, i << 16, BEGIN, 0), i + 1);
	assert_int_equal(at(p, 5, BEGIN, 0), PACE_UNKNOWN);
	assert_true(pace_bytes(p) < (size_t)640 << 10);
}

static void test_to_and_from_bytes(void **state)
{
	AUTO(pace) p = pace_new(3);
	AUTO(pace) again = pace_new(3);
	AUTO(pace) small = pace_new(2);
	struct codec w = codec_writer();
	size_t len;

	(void)state;
	for (uint64_t i = 1; i <= 4; i++)
		pace_add(p, i, BEGIN + (int64_t)i * MINUTE, i);
	pace_code(p, &w);
	char *bytes = codec_take(&w, &len);
	struct codec r = codec_reader((struct slice){bytes, len});
	pace_code(again, &r);
	assert_true(codec_is_done(&r));
	for (uint64_t i = 1; i <= 4; i++)
		for (int back = 0; back < PACE_MINUTES; back++)
			assert_int_equal(at(again, i, BEGIN + 4 * MINUTE, back),
				at(p, i, BEGIN + 4 * MINUTE, back));
	pace_add(again, 5, BEGIN + 5 * MINUTE, 1); /* the oldest is the oldest still */
	assert_int_equal(at(again, 2, BEGIN + 5 * MINUTE, 3), PACE_UNKNOWN);
	assert_int_equal(at(again, 3, BEGIN + 5 * MINUTE, 2), 3);

	r = codec_reader((struct slice){bytes, len});
	pace_code(small, &r);
	assert_false(codec_is_done(&r));
	for (size_t cut = 0; cut < len; cut++) {
		AUTO(pace) none = pace_new(3);
		r = codec_reader((struct slice){bytes, cut});
		pace_code(none, &r);
		assert_false(codec_is_done(&r));
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minutes),
		cmocka_unit_test(test_an_hour_later),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_crowded_out),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_to_and_from_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
