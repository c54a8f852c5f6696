#include "reports/check_daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WATCHER(ready, lag, unread, lost)                                                          \
	"\"watcher\":{\"ready\":" ready ",\"lag_seconds\":" lag ",\"unread_bytes\":" unread        \
	",\"sources\":12,\"logs\":[{\"path\":\"/l|og\",\"absent\":false,\"lost_bytes\":" lost      \
	"}]}"

static const struct judge_case {
	const char *status;
	enum plugin_status want;
	const char *text;
} judge_cases[] = {
	{"{\"journal\":true,\"watcher_age\":1," WATCHER("true", "0", "0", "0") "}", PLUGIN_OK,
		"stanchd OK - it runs, 12 sources are known | lag=0s;60;600;0 "
		"unread=0B;8388608;67108864;0 silence=1s;;29;0 lost=0B;0;;0 sources=12;;;0\n"},
	{"{\"journal\":false,\"watcher_age\":1," WATCHER("true", "0", "0", "0") "}",
		PLUGIN_CRITICAL, "stanchd CRITICAL - its journal cannot be used"},
	{"{\"journal\":true,\"watcher_age\":null,\"watcher\":null}", PLUGIN_CRITICAL,
		"stanchd CRITICAL - the watcher has not said anything yet\n"},
	{"{}", PLUGIN_CRITICAL, "stanchd CRITICAL - "},
	{"{\"journal\":true,\"watcher_age\":30," WATCHER("true", "0", "0", "0") "}",
		PLUGIN_CRITICAL, "stanchd CRITICAL - the watcher is silent for 30 seconds | "},
	{"{\"journal\":true,\"watcher_age\":1," WATCHER("false", "700", "99", "0") "}",
		PLUGIN_WARNING, "stanchd WARNING - it is still reading"},
	{"{\"journal\":true,\"watcher_age\":1," WATCHER("true", "61", "5", "0") "}", PLUGIN_WARNING,
		"stanchd WARNING - it is behind the logs by 61 seconds | lag=61s"},
	{"{\"journal\":true,\"watcher_age\":1," WATCHER("true", "1", "99999999", "0") "}",
		PLUGIN_CRITICAL, "stanchd CRITICAL - it is behind"},
	{"{\"journal\":true,\"watcher_age\":1," WATCHER("true", "601", "5", "2048") "}",
		PLUGIN_CRITICAL,
		"stanchd CRITICAL - it is behind the logs by 10 minutes, and 1 more | "},
};

static void test_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(judge_cases) / sizeof(judge_cases[0]); i++) {
		const struct judge_case *k = &judge_cases[i];
		json_t *o = json_loads(k->status, 0, NULL);
		struct check_daemon c;
		char *at = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&at, &len);

		assert_non_null(o);
		check_daemon_begin(&c);
		check_daemon_judge(&c, o);
		check_daemon_write(out, &c);
		(void)fclose(out);
		if (c.status != k->want || strncmp(at, k->text, strlen(k->text)) != 0)
			fail_msg("case %zu: %s", i, at);
		free(at);
		json_decref(o);
	}
}

static void test_other_ranges(void **state)
{
	json_t *o = json_loads(
		"{\"journal\":true,\"watcher_age\":1," WATCHER("true", "61", "5", "0") "}", 0,
		NULL);
	struct check_daemon c;

	(void)state;
	check_daemon_begin(&c);
	assert_int_equal(plugin_range_parse("61", &c.lag.warning), 0);
	check_daemon_judge(&c, o);
	assert_int_equal(c.status, PLUGIN_OK);
	json_decref(o);
}

static void test_fresh(void **state)
{
	static const struct {
		const char *status;
		bool want;
	} cases[] = {{"{\"watcher_age\":29,\"watcher\":{}}", true},
		{"{\"watcher_age\":30,\"watcher\":{}}", false},
		{"{\"watcher_age\":null,\"watcher\":{}}", false},
		{"{\"watcher_age\":1,\"watcher\":null}", false}, {"{}", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *o = json_loads(cases[i].status, 0, NULL);
		assert_int_equal(check_daemon_is_fresh(o), cases[i].want);
		json_decref(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_other_ranges),
		cmocka_unit_test(test_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
