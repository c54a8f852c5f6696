#include "formats/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

static const struct set_case {
	const char *name;
	const char *set;
	struct slice raw;
	const char *want;
} set_cases[] = {
	{"latin 1", "ISO-8859-1", {"\xFC", 1}, "\xC3\xBC"},
	{"letter case", "Koi8-R", {"\xC1", 1}, "\xD0\xB0"},
	{"bytes that are no UTF-8", "utf-8", {"a\xFF\xC3", 3}, "a\xEF\xBF\xBD\xEF\xBF\xBD"},
	{"over 10FFFF", "utf-8", {"\xF6\xB9\x8D\x88m", 5},
		"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDm"},
	{"unknown set, UTF-8", "x-unknown", {"\xC3\xBC", 2}, "\xC3\xBC"},
	{"unknown set, no UTF-8", "x-unknown", {"\x80", 1}, "\xE2\x82\xAC"},
	{"no set", "", {"plain", 5}, "plain"},
	{"Japanese in steps", "iso-2022-jp", {"\x1B$B$\"\x1B(B", 8}, "\xE3\x81\x82"},
	{"nothing", "utf-8", {NULL, 0}, ""},
};

static void text_becomes_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(set_cases) / sizeof(set_cases[0]); i++) {
		const struct set_case *c = &set_cases[i];
		size_t len;
		char *got = charset_to_utf8(c->raw, slice_of(c->set), &len);

		assert_string_equal(got, c->want);
		assert_int_equal(len, strlen(c->want));
		free(got);
	}
}

static void sets_are_known_by_a_list(void **state)
{
	(void)state;
	assert_true(charset_is_known(slice_of("UTF-8")));
	assert_false(charset_is_known(slice_of("")));
	assert_false(charset_is_known(slice_of("utf-8//TRANSLIT")));
	assert_false(charset_is_known(slice_of("iso-2022-cn-ext")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_utf8),
		cmocka_unit_test(sets_are_known_by_a_list),
	};

	return cmocka_run_group_tests_name("charset", tests, NULL, NULL);
}
