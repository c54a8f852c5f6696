#include "systems/exim/lsearch_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_lines(void **state)
{
	static const struct {
		const char *key, *want;
	} rows[] = {
		{"ann@shop.test", "ann@shop.test: stanch\n"},
		{"2001:db8::1", "\"2001:db8::1\": stanch\n"},
		{"a b", "\"a b\": stanch\n"},
		{"#x", "\"#x\": stanch\n"},
		{"a\"b\\c", "\"a\\042b\\134c\": stanch\n"},
		{"a\nb", "\"a\\012b\": stanch\n"},
		{"\xff", "\"\\377\": stanch\n"},
	};
	char at[LSEARCH_LINE_MAX], longest[LSEARCH_KEY_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ours = false;

		assert_int_equal(lsearch_write_line(slice_of(rows[i].key), at), 0);
		assert_string_equal(at, rows[i].want);
		assert_true(lsearch_has(slice_of(at), slice_of(rows[i].key), &ours));
		assert_true(ours);
	}
	memset(longest, '\x01', sizeof(longest));
	assert_int_equal(lsearch_write_line((struct slice){longest, LSEARCH_KEY_MAX}, at), 0);
	assert_true(lsearch_has(slice_of(at), (struct slice){longest, LSEARCH_KEY_MAX}, NULL));
	assert_int_equal(lsearch_write_line((struct slice){longest, sizeof(longest)}, at), -EINVAL);
	assert_int_equal(lsearch_write_line((struct slice){"", 0}, at), -EINVAL);
	assert_int_equal(lsearch_write_line((struct slice){"a\0b", 3}, at), -EINVAL);
}

static void test_has(void **state)
{
	static const struct {
		const char *text, *key;
		bool has, ours;
	} rows[] = {
		{"ann@shop.test\n", "ann@shop.test", true, false},
		{"Ann@Shop.test: 1234\n", "ann@shop.test", true, false},
		{"ann@shop.test: stanch", "ANN@shop.test", true, true},
		{"ann@shop.test stanch \r\n", "ann@shop.test", true, true},
		{"ann@shop.test: stanched\n", "ann@shop.test", true, false},
		{"\"ann@shop.test\" : stanch\n", "ann@shop.test", true, true},
		{"\"\\x61nn\\100shop.test\": stanch\n", "ann@shop.test", true, true},
		{"\"a\\nb\\q\\\": stanch\n", "a\nbq\": stanch", true, false},
		{"# ann@shop.test\n", "ann@shop.test", false, false},
		{" ann@shop.test: stanch\n", "ann@shop.test", false, false},
		{"joann@shop.test: stanch\n", "ann@shop.test", false, false},
		{"ann@shop.tests: stanch\n", "ann@shop.test", false, false},
		{"\n\n", "ann@shop.test", false, false},
		{"", "ann@shop.test", false, false},
		{"ann@shop.test: 1\nann@shop.test: stanch\n", "ann@shop.test", true, false},
		{"\"", "x", false, false},
		{"\"\\", "x", false, false},
		{"\"\\x", "x", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ours = false;
		bool has = lsearch_has(slice_of(rows[i].text), slice_of(rows[i].key), &ours);

		if (has != rows[i].has || ours != rows[i].ours)
			fail_msg("row %zu: %d %d", i, has, ours);
	}
}

static void test_without(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"ann: stanch\n", ""},
		{"ann: stanch", ""},
		{"# c\n\nbob\nANN: stanch\n more\ncleo", "# c\n\nbob\n more\ncleo"},
		{"ann\nann: 12\nann: stanch\n\"ann\" stanch\n", "ann\nann: 12\n"},
		{"bob: stanch\r\nann: stanch\r\n", "bob: stanch\r\n"},
	};
	char at[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = lsearch_without(slice_of(rows[i].text), slice_of("ann"), at);

		at[n] = '\0';
		assert_string_equal(at, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
