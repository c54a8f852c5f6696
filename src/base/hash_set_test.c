#include "base/hash_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_in_and_out(void **state)
{
	AUTO(hash_set) s = hash_set_new(100);

	(void)state;
	assert_false(hash_set_has(s, 0));
	assert_true(hash_set_add(s, 0));
	assert_true(hash_set_add(s, 7));
	assert_true(hash_set_add(s, 7));
	assert_int_equal(hash_set_count(s), 2);
	assert_true(hash_set_has(s, 0) && hash_set_has(s, 7));
	hash_set_remove(s, 8);
	hash_set_remove(s, 7);
	hash_set_remove(s, 7);
	assert_int_equal(hash_set_count(s), 1);
	assert_false(hash_set_has(s, 7));
	hash_set_clear(s);
	assert_int_equal(hash_set_count(s), 0);
	assert_false(hash_set_has(s, 0));
}

/* Against a plain table: hashes that fall together, also round the end of the slots. */
static void test_like_a_table(void **state)
{
	enum { THINGS = 300 };
	AUTO(hash_set) s = hash_set_new(THINGS);
	bool in[THINGS] = {false};
	size_t count = 0;
	unsigned random = 1;

	(void)state;
	for (unsigned turn = 0; turn < 200000; turn++) {
		random = random * 1664525u + 1013904223u;
		unsigned n = (random >> 8) % THINGS;
		uint64_t hash = 1020 + n % 9 + ((uint64_t)n << 20);
		if ((random >> 28) % 2 == 0) {
			assert_true(hash_set_add(s, hash));
			count += !in[n];
			in[n] = true;
		} else {
			hash_set_remove(s, hash);
			count -= in[n];
			in[n] = false;
		}
		assert_int_equal(hash_set_count(s), count);
	}
	for (unsigned n = 0; n < THINGS; n++)
		assert_int_equal(hash_set_has(s, 1020 + n % 9 + ((uint64_t)n << 20)), in[n]);
}

static void test_full(void **state)
{
	AUTO(hash_set) s = hash_set_new(5000);

	(void)state;
	for (uint64_t i = 1; i <= 5000; i++)
		assert_true(hash_set_add(s, i * 0x9e3779b97f4a7c15u));
	assert_false(hash_set_is_full(s));
	assert_true(hash_set_add(s, 0x9e3779b97f4a7c15u));
	assert_false(hash_set_add(s, 1));
	assert_true(hash_set_is_full(s));
	hash_set_remove(s, 0x9e3779b97f4a7c15u);
	assert_false(hash_set_add(s, 1)); /* what did not go in is not known */
	assert_int_equal(hash_set_count(s), 4999);
	hash_set_clear(s);
	assert_false(hash_set_is_full(s));
	assert_true(hash_set_add(s, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_and_out),
		cmocka_unit_test(test_like_a_table),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
