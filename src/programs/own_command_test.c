#include "programs/own_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define RESULT(state, done, left, conflict)                                                        \
	"{\"action\":\"hold\",\"hold\":4,\"state\":\"" state "\",\"done\":" done ",\"left\":" left \
	",\"conflict\":" conflict "}\n"

/* What was done is what it says, whatever it ended with; what is left is never called done. */
static void test_results(void **state)
{
	static const struct {
		const char *output;
		bool found, is_complete;
		uint64_t done;
	} rows[] = {
		{"", false, false, 0},
		{"\n", false, false, 0},
		{"held 12 messages\n", false, false, 0},
		{"{\"state\":\"done\",\"done\":12}\n", false, false, 0}, /* of which action? */
		{"[]\n\"done\"\n", false, false, 0},
		{RESULT("done", "12", "0", "0"), true, true, 12},
		{RESULT("nothing", "0", "0", "0"), true, true, 0},
		{RESULT("done", "12", "1", "0"), true, false, 12},
		{RESULT("done", "12", "0", "1"), true, false, 12},
		{RESULT("partly", "12", "0", "0"), true, false, 12},
		{RESULT("planned", "0", "0", "0"), true, false, 0},
		{"{\"action\":\"hold\",\"done\":12}\n", true, false, 12},
		{"{\"action\":\"hold\",\"done\":-1,\"state\":7}\n", true, false, 0},
		/* the last one counts, and a piece of one does not */
		{RESULT("done", "12", "0", "0") RESULT("partly", "3", "9", "0"), true, false, 3},
		{RESULT("partly", "3", "9", "0") "{\"action\":\"hold\",\"sta", true, false, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct own_result r = {0};

		assert_int_equal(own_command_read(rows[i].output, strlen(rows[i].output), &r),
			rows[i].found);
		assert_int_equal(r.is_complete, rows[i].is_complete);
		assert_int_equal(r.done, rows[i].done);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
	};

	return cmocka_run_group_tests_name("own_command", tests, NULL, NULL);
}
