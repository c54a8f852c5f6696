#include "formats/exim_id.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OLD "1xVSmQ-00076x-1r"
#define NEW "1xVSn6-000000007hc-2kmW"

static struct exim_id id_of(const char *text)
{
	struct exim_id id;
	assert_int_equal(exim_id_parse(slice_of(text), &id), 0);
	return id;
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{OLD, 0},
		{NEW, 0},
		{"1xVSmQ-00076x-1", -EBADMSG},
		{"1xVSmQ-00076x-1rr", -EBADMSG},
		{"1xVSn6-000000007hc-2km", -EBADMSG},
		{"1xVSn6-000000007hc-2kmWW", -EBADMSG},
		{"1xVSmQ_00076x-1r", -EBADMSG},
		{"1xVSmQ-00076x_1r", -EBADMSG},
		{"1xVSmQ-0007.x-1r", -EBADMSG},
		{"1xVSmQ-000/6x-1r", -EBADMSG},
		{"-xVSmQ-00076x-1r", -EBADMSG},
		{"1xVSn6-00000-007hc-2kmW", -EBADMSG},
		{"", -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_id id = {.len = 99};
		assert_int_equal(exim_id_parse(slice_of(rows[i].text), &id), rows[i].want);
		if (rows[i].want == 0)
			assert_string_equal(id.text, rows[i].text);
		else
			assert_int_equal(id.len, 99);
	}
}

static void test_file_names(void **state)
{
	static const struct {
		const char *name;
		enum exim_file want;
	} rows[] = {
		{OLD "-H", EXIM_FILE_HEADER},
		{NEW "-D", EXIM_FILE_DATA},
		{OLD "-J", EXIM_FILE_JOURNAL},
		{OLD "-K", EXIM_FILE_NONE},
		{OLD "H-", EXIM_FILE_NONE},
		{OLD, EXIM_FILE_NONE},
		{"hdr." OLD, EXIM_FILE_NONE},
		{"0123456789012345-H", EXIM_FILE_NONE},
		{OLD "-H~", EXIM_FILE_NONE},
		{".", EXIM_FILE_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_id id = {.len = 99};
		assert_int_equal(exim_id_of_file(slice_of(rows[i].name), &id), rows[i].want);
		assert_int_equal(id.len == 99, rows[i].want == EXIM_FILE_NONE);
	}
}

/* Worked out by hand from the base-62 digits; 1PANS3… is an example of Exim's own manual. */
static void test_fields(void **state)
{
	(void)state;
	struct exim_id old = id_of("1PANS3-003FPJ-TW"), new = id_of(NEW);

	assert_int_equal(exim_id_seconds(&old), 1288014663);
	assert_int_equal(exim_id_process(&old), 774213);
	assert_int_equal(exim_id_letter(&old), '3');
	assert_int_equal(exim_id_body_offset(&old), 19);
	assert_int_equal(exim_id_process(&new), 7 * 62 * 62 + 43 * 62 + 38);
	assert_int_equal(exim_id_letter(&new), '6');
	assert_int_equal(exim_id_body_offset(&new), 26);
}

static void test_order(void **state)
{
	(void)state;
	struct exim_id early = id_of("1xVSmQ-00099z-01"), late = id_of("1xVSmQ-00076x-1r"),
		       next = id_of("1xVSmR-000000-00"), new = id_of("1xVSmQ-00000000000-1a00");

	assert_true(exim_id_compare(&late, &early) < 0);      /* by process */
	assert_true(exim_id_compare_time(&early, &late) < 0); /* by the rest of the second */
	assert_true(exim_id_compare(&early, &next) < 0);
	assert_true(exim_id_compare_time(&late, &next) < 0);
	assert_true(exim_id_compare_time(&early, &new) < 0);
	assert_true(exim_id_compare_time(&new, &late) < 0);
	assert_int_equal(exim_id_compare(&early, &early), 0);
	assert_int_equal(exim_id_compare_time(&new, &new), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_order),
	};
	return cmocka_run_group_tests_name("exim_id", tests, NULL, NULL);
}
