#include "base/find_nocase.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool has_slowly(struct slice in, struct slice lower)
{
	for (size_t at = 0; at + lower.len <= in.len; at++) {
		size_t n = 0;
		while (n < lower.len && slice_lower(in.at[at + n]) == lower.at[n])
			n++;
		if (n == lower.len)
			return true;
	}
	return false;
}

/* Each place of a text of each length, in memory that ends where it ends. */
static void test_each_place(void **state)
{
	(void)state;
	for (size_t len = 1; len < 80; len++) {
		char *text = memory_new(len, 1);
		memset(text, '-', len);
		for (size_t n = 1; n <= len && n < 40; n++)
			for (size_t at = 0; at + n <= len; at++) {
				char lower[40];
				memset(text + at, 'Q', n);
				memset(lower, 'q', n);
				assert_true(has_nocase(
					(struct slice){text, len}, 0, (struct slice){lower, n}));
				lower[n / 2] = 'x';
				assert_false(has_nocase(
					(struct slice){text, len}, 0, (struct slice){lower, n}));
				memset(text + at, '-', n);
			}
		free(text);
	}
}

/* Few letters, so that much nearly fits. */
static void test_as_slowly(void **state)
{
	static const char letters[] = "aAbB@`\xe1\xc1";
	unsigned seed = 7, found = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		char text[64 + 20], lower[6]; /* what stands behind must not be found */
		size_t len = (size_t)rand_r(&seed) % 64;
		size_t n = (size_t)rand_r(&seed) % (sizeof(lower) + 1);
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = letters[rand_r(&seed) % 8];
		for (size_t i = 0; i < n; i++)
			lower[i] = slice_lower(letters[rand_r(&seed) % 8]);
		struct slice in = {text, len}, what = {lower, n};
		bool want = has_slowly(in, what);
		for (size_t behind = 0; behind < 20; behind++)
			assert_int_equal(has_nocase(in, behind, what), want);
		found += want;
	}
	assert_in_range(found, 20000, 180000);
}

static void test_empty(void **state)
{
	(void)state;
	assert_true(has_nocase((struct slice){0}, 0, (struct slice){0}));
	assert_true(has_nocase(slice_of("a"), 0, (struct slice){0}));
	assert_false(has_nocase((struct slice){0}, 0, slice_of("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_place),
		cmocka_unit_test(test_as_slowly),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
