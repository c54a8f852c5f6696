#include "reports/canvas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static char *printed(const struct canvas *c)
{
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);

	canvas_print(out, c);
	assert_int_equal(fclose(out), 0);
	return at;
}

static void test_cells(void **state)
{
	(void)state;
	AUTO(canvas) c = canvas_new(10, 3);
	canvas_cell(c, CANVAS_BOLD, slice_of("ab"), 4);
	assert_int_equal(canvas_left(c), 6);
	canvas_text(c, CANVAS_PLAIN, slice_of("cdefghij"));
	assert_int_equal(canvas_left(c), 0);
	canvas_text(c, CANVAS_PLAIN, slice_of("gone"));
	canvas_go(c, 2, 8);
	canvas_say(c, CANVAS_DIM, "%d", 12345);
	canvas_go(c, 1, 7);
	canvas_cell(c, CANVAS_PLAIN, slice_of("wide"), 9);
	canvas_go(c, 3, 0); /* there is no such row */
	assert_int_equal(canvas_left(c), 0);
	canvas_text(c, CANVAS_PLAIN, slice_of("gone"));
	assert_int_equal(canvas_count(c), 4);
	char *text = printed(c);
	assert_string_equal(text, "ab  cdefg~\n       wi~\n        1~\n");
	free(text);
}

static void test_pieces(void **state)
{
	(void)state;
	AUTO(canvas) c = canvas_new(10, 1);
	canvas_cell(c, CANVAS_ALARM, slice_of("\xe6\x97\xa5\xe6\x9c\xac"), 5);
	canvas_text(c, CANVAS_PLAIN, slice_of("x"));
	struct canvas_piece first = canvas_at(c, 0), second = canvas_at(c, 1);
	assert_int_equal(first.column, 0);
	assert_int_equal(first.columns, 5);
	assert_int_equal(first.style, CANVAS_ALARM);
	assert_true(slice_is(first.text, "\xe6\x97\xa5\xe6\x9c\xac "));
	assert_int_equal(second.column, 5);
	assert_int_equal(second.columns, 1);
}

/* What strangers wrote is encoded; what is encoded already is not encoded again. */
static void test_encoding(void **state)
{
	(void)state;
	AUTO(canvas) c = canvas_new(80, 4);
	canvas_text(c, CANVAS_PLAIN, slice_of("\033[2J\n\\"));
	canvas_go(c, 1, 0);
	canvas_printable(c, CANVAS_PLAIN, "a\\xffb\\\\", 0);
	canvas_go(c, 2, 0);
	canvas_printable(c, CANVAS_PLAIN, "no \\encoding \033", 0);
	canvas_go(c, 3, 0);
	canvas_printable(c, CANVAS_PLAIN, "a\\xffb", 6);
	canvas_text(c, CANVAS_PLAIN, slice_of("|"));
	char *text = printed(c);
	assert_string_equal(
		text, "\\x1b[2J\\x0a\\\\\na\\xffb\\\\\nno \\\\encoding \\x1b\na\\xffb|\n");
	free(text);
}

static void test_sizes(void **state)
{
	(void)state;
	AUTO(canvas) none = canvas_new(0, 0);
	assert_int_equal(canvas_columns(none), 1);
	assert_int_equal(canvas_rows(none), 1);
	AUTO(canvas) huge = canvas_new(0xffffffff, 0xffffffff);
	assert_int_equal(canvas_columns(huge), CANVAS_COLUMNS_MAX);
	assert_int_equal(canvas_rows(huge), CANVAS_ROWS_MAX);
	char *text = printed(none);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
