#include "settings/nearest.h"

#include "settings/example_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct near_case {
	const char *group; /* NULL: outside */
	const char *name;
	enum nearest_kind want;
	const char *want_name;
} near_cases[] = {
	{"number", "secconds", NEAREST_HERE, "number.seconds"},
	{"number", "sceonds", NEAREST_HERE, "number.seconds"},
	{"number", "second", NEAREST_HERE, "number.seconds"},
	{"number", "bites", NEAREST_HERE, "number.bytes"},
	{"number", "bits", NEAREST_NONE, ""}, /* 2 of 4 */
	{"number", "shale", NEAREST_HERE, "number.share"},
	{"number", "c", NEAREST_NONE, ""},
	{"number", "quiet_time", NEAREST_NONE, ""},
	{"number", "url", NEAREST_ELSEWHERE, "word.url"},
	{"number", "word.url", NEAREST_ELSEWHERE, "word.url"},
	{"number", "word.ur", NEAREST_NONE, ""},
	{"number", "paths", NEAREST_ELSEWHERE, "word.paths"},
	{"number", "words", NEAREST_NONE, ""}, /* a group's, where none can stand */
	{"word", "pathss", NEAREST_HERE, "word.paths"},
	{"word", "pats", NEAREST_HERE, "word.path"}, /* paths is as near: the first */
	{NULL, "numbers", NEAREST_HERE, "number"},
	{NULL, "wird", NEAREST_HERE, "word"},
	{NULL, "share", NEAREST_ELSEWHERE, "number.share"},
	{NULL, "number.share", NEAREST_ELSEWHERE, "number.share"},
	{NULL, "shares", NEAREST_NONE, ""},
	{NULL, "", NEAREST_NONE, ""},
	{"number", "", NEAREST_NONE, ""},
};

static void test_near(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(near_cases) / sizeof(near_cases[0]); i++) {
		const struct near_case *c = &near_cases[i];
		struct nearest got = nearest_setting(&example_table, c->group, slice_of(c->name));
		if (got.kind != c->want || strcmp(got.name, c->want_name) != 0)
			fail_msg("%s.%s: got %d \"%s\", want %d \"%s\"",
				c->group != NULL ? c->group : "", c->name, (int)got.kind, got.name,
				(int)c->want, c->want_name);
	}
}

/* A name of any length: three changes at most, and no time for what is longer than all names. */
static void test_long_names(void **state)
{
	(void)state;
	char text[5000];

	memset(text, 'a', sizeof(text));
	for (size_t len = 1; len < sizeof(text); len++) {
		struct slice name = {text, len};
		assert_int_equal(nearest_setting(&example_table, "word", name).kind, NEAREST_NONE);
		assert_int_equal(nearest_setting(&example_table, NULL, name).kind, NEAREST_NONE);
	}
	static const struct setting_row rows[] = {{.name = "g.abcdefghijklmnop", .initial = ""}};
	static const struct setting_group group = {"g", "", rows, 1};
	static const struct setting_table table = {&group, 1, 0};
	assert_int_equal(
		nearest_setting(&table, "g", slice_of("abcdefghijklm")).kind, NEAREST_HERE);
	assert_int_equal(nearest_setting(&table, "g", slice_of("abcdefghijkl")).kind, NEAREST_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
