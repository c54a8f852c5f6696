#include "reports/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct cell_case {
	const char *raw;
	size_t columns;
	const char *want, *want_last;
} cell_cases[] = {
	{"abc", 5, "abc  ", "abc"},
	{"abc", 3, "abc", "abc"},
	{"abcd", 3, "ab~", "ab~"},
	{"abc", 0, "abc", "abc"},
	{"", 2, "  ", ""},
	{"\xe6\x97\xa5\xe6\x9c\xac", 4, "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"},
	{"\xe6\x97\xa5\xe6\x9c\xac", 3, "\xe6\x97\xa5~", "\xe6\x97\xa5~"},
	{"\xe6\x97\xa5\xe6\x9c\xac", 2, "~ ", "~"},
	{"\x1b[2Jx", 8, "\\x1b[2Jx", "\\x1b[2Jx"},
	{"\x1b[2Jx", 7, "\\x1b[2~", "\\x1b[2~"},
	{"\x1b[2Jx", 4, "~   ", "~"},
	{"\xff\xff", 5, "\\xff~", "\\xff~"},
};

static void test_cell(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cell_cases) / sizeof(cell_cases[0]); i++) {
		const struct cell_case *c = &cell_cases[i];
		char *at = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&at, &len);
		terminal_cell(out, slice_of(c->raw), c->columns);
		(void)fputc('|', out);
		terminal_last_cell(out, slice_of(c->raw), c->columns);
		assert_int_equal(fclose(out), 0);
		char want[64];
		(void)snprintf(want, sizeof(want), "%s|%s", c->want, c->want_last);
		if (strcmp(at, want) != 0)
			fail_msg("row %zu: got \"%s\", want \"%s\"", i, at, want);
		free(at);
	}
}

static void test_style(void **state)
{
	(void)state;
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);
	struct terminal t = {.out = out};
	terminal_say(&t, TERMINAL_RED, "%d", 1);
	t.color = true;
	terminal_say(&t, TERMINAL_RED, "%d", 2);
	terminal_say(&t, TERMINAL_PLAIN, "%d", 3);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(at, "1\033[31m2\033[0m3");
	free(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cell),
		cmocka_unit_test(test_style),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
