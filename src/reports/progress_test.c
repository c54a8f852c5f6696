#include "reports/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct write_case {
	struct progress_state state;
	double elapsed;
	const char *want;
} write_cases[] = {
	{{"messages read", 500, 0, false}, 2, "500 messages read, 250/s"},
	{{"messages read", 500, 2000, false}, 2,
		"[#####...............] 500 of 2,000 messages read, 250/s, 6 seconds left"},
	{{"messages read", 41200, 1000000, true}, 1,
		"[....................] 41,200 of about 1,000,000 messages read, 41,200/s, "
		"23 seconds left"},
	{{"moved", 2000, 2000, false}, 2, "[####################] 2,000 of 2,000 moved, 1,000/s"},
	{{"moved", 3000, 2000, true}, 2,
		"[####################] 3,000 of about 2,000 moved, 1,500/s"},
	{{"moved", 0, 2000, false}, 0, "[....................] 0 of 2,000 moved, 0/s"},
};

static void test_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(write_cases) / sizeof(write_cases[0]); i++) {
		char *at = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&at, &len);
		progress_write(out, &write_cases[i].state, write_cases[i].elapsed);
		assert_int_equal(fclose(out), 0);
		if (strcmp(at, write_cases[i].want) != 0)
			fail_msg("row %zu: got \"%s\", want \"%s\"", i, at, write_cases[i].want);
		free(at);
	}
}

static void test_nothing_shown(void **state)
{
	(void)state;
	struct scan_progress scan = {0};
	progress_free(progress_new_of_scan(false, &scan));
	progress_free(progress_new_of_scan(true, &scan)); /* over before its first second */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_nothing_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
