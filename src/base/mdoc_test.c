#include "base/mdoc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct text_case {
	const char *text;
	const char *want;
} text_cases[] = {
	{"", ""},
	{"One sentence.", "One sentence.\n"},
	{"One. Two? Three!", "One.\nTwo?\nThree!\n"},
	{"A line.\nAnother.", "A line.\nAnother.\n"},
	{"Ends.\n", "Ends.\n"},
	{"From 1.5 to 2", "From 1.5 to 2\n"},
	{".Sh is none", "\\&.Sh is none\n"},
	{"a\n'b", "a\n\\&'b\n"},
	{"One. .two", "One.\n\\&.two\n"},
	{"a\\b", "a\\eb\n"},
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {
		char *at = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&at, &len);
		mdoc_text(out, text_cases[i].text);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(at, text_cases[i].want);
		free(at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_text)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
