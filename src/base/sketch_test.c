#include "base/sketch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static uint64_t hash_number(uint64_t n)
{
	return hash_bytes(&n, sizeof(n));
}

static void test_exact_while_few(void **state)
{
	(void)state;
	struct sketch s = {0};
	assert_int_equal(sketch_count(&s), 0);
	for (int again = 0; again < 2; again++)
		for (uint64_t n = 0; n < 1000; n++)
			sketch_add(&s, hash_number(n));
	/* Two of a thousand share their 32 bits once in 8,600 runs. */
	assert_in_range(sketch_count(&s), 999, 1000);
	assert_true(sketch_is_exact(&s));
	sketch_free(&s);
	assert_int_equal(sketch_count(&s), 0);
	assert_null(s.exact);
}

static void test_hash_zero_counts(void **state)
{
	(void)state;
	struct sketch s = {0};
	sketch_add(&s, 0);
	sketch_add(&s, 0);
	sketch_add(&s, 2);
	assert_int_equal(sketch_count(&s), 2);
	sketch_free(&s);
}

static void test_boundary_of_exact(void **state)
{
	(void)state;
	struct sketch s = {0};
	for (uint64_t n = 1; n <= SKETCH_EXACT; n++)
		sketch_add(&s, n << 32 | n);
	assert_true(sketch_is_exact(&s));
	assert_int_equal(sketch_count(&s), SKETCH_EXACT);
	sketch_add(&s, 5ull << 32 | 5); /* known */
	assert_true(sketch_is_exact(&s));
	sketch_add(&s, 99999);
	assert_false(sketch_is_exact(&s));
	assert_true(sketch_count(&s) > SKETCH_EXACT);
	sketch_free(&s);
	assert_null(s.registers);
}

static void test_estimate_is_near(void **state)
{
	(void)state;
	static const uint64_t counts[] = {4500, 5200, 6000, 10000, 100000, 2000000};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct sketch s = {0};
		for (int again = 0; again < 2; again++)
			for (uint64_t n = 0; n < counts[i]; n++)
				sketch_add(&s, hash_number(n));
		double error = ((double)sketch_count(&s) - (double)counts[i]) / (double)counts[i];
		/* Five standard errors: one false failure in two million. */
		if (fabs(error) > 5 * 0.023)
			fail_msg("of %llu: got %llu", (unsigned long long)counts[i],
				(unsigned long long)sketch_count(&s));
		sketch_free(&s);
	}
}

static void test_nocase(void **state)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-.mail.example.test";
	char lower[300], upper[300];
	size_t n = sizeof(alphabet) - 1;

	(void)state;
	for (size_t i = 0; i < sizeof(lower); i++) {
		lower[i] = alphabet[i % n];
		upper[i] = (char)(lower[i] >= 'a' && lower[i] <= 'z' ? lower[i] - 32 : lower[i]);
	}
	for (size_t start = 0; start < n; start++)
		for (size_t len = 0; len <= 40; len++) {
			uint64_t want = hash_nocase((struct slice){lower + start, len});
			assert_true(hash_nocase((struct slice){upper + start, len}) == want);
			assert_true(hash_nocase((struct slice){lower + start, len + 1}) != want);
			if (len == 0)
				continue;
			lower[start + len - 1] ^= 1; /* another name, in its last byte */
			assert_true(hash_nocase((struct slice){lower + start, len}) != want);
			lower[start + len - 1] ^= 1;
		}

	memset(lower, 'a', sizeof(lower));
	memset(upper, 'A', sizeof(upper));
	upper[299] = 'b';
	assert_true(hash_nocase((struct slice){lower, 256}) ==
		    hash_nocase((struct slice){upper, sizeof(upper)}));
	assert_true(
		hash_nocase((struct slice){lower, 254}) != hash_nocase((struct slice){lower, 255}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_while_few),
		cmocka_unit_test(test_hash_zero_counts),
		cmocka_unit_test(test_boundary_of_exact),
		cmocka_unit_test(test_estimate_is_near),
		cmocka_unit_test(test_nocase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
