#include "reports/top_pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static char *printed(const struct top_page *page, unsigned columns, unsigned rows)
{
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);
	AUTO(canvas) c = top_page_draw(page, columns, rows);

	canvas_print(out, c);
	assert_int_equal(fclose(out), 0);
	return at;
}

static void is(const struct top_page *page, unsigned columns, unsigned rows, const char *want)
{
	char *got = printed(page, columns, rows);

	assert_string_equal(got, want);
	free(got);
}

static const struct rows_case {
	const char *text;
	unsigned columns;
	size_t want;
} rows_cases[] = {
	{"", 10, 0},
	{"\n", 10, 1},
	{"a", 10, 1},
	{"a\n", 10, 1},
	{"a\n\nb\n", 10, 3},
	{"0123456789\n", 10, 1},
	{"01234567890\n", 10, 2},
	{"one two three four\n", 10, 2},
	{"\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\n", 4, 2},
	{"\xe6\x97\xa5\n", 1, 1}, /* wider than the page: it goes on */
	{"\\xff\\xff\n", 4, 2},   /* not in the middle of a byte */
	{"abc", 0, 3},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows_cases) / sizeof(rows_cases[0]); i++) {
		size_t got = top_page_rows(slice_of(rows_cases[i].text), rows_cases[i].columns);

		if (got != rows_cases[i].want)
			fail_msg("row %zu: got %zu, want %zu", i, got, rows_cases[i].want);
	}
}

static void test_scrolls(void **state)
{
	(void)state;
	struct top_page page = {
		.title = "title", .text = slice_of("1\n2\n3\n4\n5\n"), .foot = "keys"};

	is(&page, 30, 9, "title\n1\n2\n3\n4\n5\n\n\nkeys\n");
	is(&page, 30, 5, "title  (1 to 3 of 5)\n1\n2\n3\nkeys\n");
	page.from = 1;
	is(&page, 30, 5, "title  (2 to 4 of 5)\n2\n3\n4\nkeys\n");
	page.from = 99;
	assert_int_equal(top_page_from(&page, 30, 5), 2);
	is(&page, 30, 5, "title  (3 to 5 of 5)\n3\n4\n5\nkeys\n");
}

static void test_typing(void **state)
{
	(void)state;
	const struct top_page page = {
		.title = "t", .text = slice_of("x\n"), .foot = "why: ", .typed = "a\033b"};

	is(&page, 30, 3, "t\nx\nwhy: a\\x1bb\n");
}

/* A line that never ends is cut, and text of bytes that are none goes on. */
static void test_hostile(void **state)
{
	(void)state;
	const size_t len = 100000;
	char *text = malloc(len);
	struct top_page page = {.title = "\033]0;x\007", .text = {text, len}, .foot = "f"};

	memset(text, 'x', len);
	assert_int_equal(top_page_rows(page.text, 100), 164);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(unsigned char)(i * 7);
	for (unsigned columns = 1; columns < 90; columns += 11) {
		char *got = printed(&page, columns, 20);

		for (const char *c = got; *c != '\0'; c++)
			assert_true(*c == '\n' || (unsigned char)*c >= ' ');
		free(got);
	}
	free(text);
}

static void test_help(void **state)
{
	(void)state;
	for (const char *key = "/?Tab"; *key != '\0'; key++)
		assert_non_null(strchr(top_help, *key));
	/* on a usual terminal no line of it is broken */
	assert_int_equal(
		top_page_rows(slice_of(top_help), 90), top_page_rows(slice_of(top_help), 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_scrolls),
		cmocka_unit_test(test_typing),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
