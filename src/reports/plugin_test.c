#include "reports/plugin.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct range_case {
	const char *text;
	double value;
	bool want;
} range_cases[] = {
	{"10", -1, true},
	{"10", 0, false},
	{"10", 10, false},
	{"10", 11, true},
	{"0", 0, false},
	{"0", 1, true},
	{"10:", 9, true},
	{"10:", 10, false},
	{"10:", 1e12, false},
	{":10", 0, false},
	{":10", 11, true},
	{":10", -1, true},
	{"~:10", -1e12, false},
	{"~:10", 11, true},
	{"~:", 5, false},
	{"10:20", 9, true},
	{"10:20", 10, false},
	{"10:20", 20, false},
	{"10:20", 21, true},
	{"@10:20", 9, false},
	{"@10:20", 10, true},
	{"@10:20", 20, true},
	{"@10:20", 21, false},
	{"@5", 3, true},
	{"@5", 6, false},
	{"-5:-2", -3, false},
	{"-5:-2", 0, true},
	{"0.5:1.5", 1, false},
	{"0.5:1.5", 2, true},
	{"10:10", 10, false},
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(range_cases) / sizeof(range_cases[0]); i++) {
		const struct range_case *c = &range_cases[i];
		struct plugin_range range = {0};
		assert_int_equal(plugin_range_parse(c->text, &range), 0);
		if (plugin_range_alerts(&range, c->value) != c->want)
			fail_msg("%s for %g: want %d", c->text, c->value, c->want);
	}
	const struct plugin_range none = {0};
	assert_false(plugin_range_alerts(&none, 5));
}

static const char *const bad_ranges[] = {"", "@", "x", "10x", "5:1", "1:2:3", "1e3", "0x10", "inf",
	"nan", " 1", "1 ", "~", "~10", "@~", "1.", ".5", "--1", "-", "+1", "1:x", "~:~", "@@1"};

static void test_bad_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_ranges) / sizeof(bad_ranges[0]); i++) {
		struct plugin_range range = {.start = 7};
		if (plugin_range_parse(bad_ranges[i], &range) != -EINVAL)
			fail_msg("\"%s\" is taken for a range", bad_ranges[i]);
		assert_true(range.start == 7 && !range.given);
	}
}

static char *written(const struct plugin_metric *metric, struct slice text)
{
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);

	if (metric != NULL)
		plugin_metric_write(out, metric);
	plugin_text_write(out, text);
	assert_int_equal(fclose(out), 0);
	return at;
}

static void expect(char *got, const char *want)
{
	assert_string_equal(got, want);
	free(got);
}

static void test_metric(void **state)
{
	(void)state;
	struct plugin_metric m = {.label = "messages", .unit = "", .value = 119};
	expect(written(&m, slice_of("")), "messages=119;;;0");
	assert_int_equal(plugin_metric_status(&m), PLUGIN_OK);
	assert_int_equal(plugin_range_parse("118", &m.warning), 0);
	assert_int_equal(plugin_metric_status(&m), PLUGIN_WARNING);
	assert_int_equal(plugin_range_parse("@119:", &m.critical), 0);
	assert_int_equal(plugin_metric_status(&m), PLUGIN_CRITICAL);
	expect(written(&m, slice_of("")), "messages=119;118;@119:;0");
	struct plugin_metric share = {
		.label = "share", .unit = "%", .value = 99, .has_most = true, .most = 100};
	expect(written(&share, slice_of("")), "share=99%;;;0;100");
}

static void test_text(void **state)
{
	(void)state;
	expect(written(NULL, slice_of("a|b\n\x1b[2J|")), "a\\x7cb\\x0a\\x1b[2J\\x7c");
}

static void test_worse(void **state)
{
	(void)state;
	assert_int_equal(plugin_worse(PLUGIN_OK, PLUGIN_UNKNOWN), PLUGIN_UNKNOWN);
	assert_int_equal(plugin_worse(PLUGIN_UNKNOWN, PLUGIN_CRITICAL), PLUGIN_CRITICAL);
	assert_int_equal(plugin_worse(PLUGIN_WARNING, PLUGIN_CRITICAL), PLUGIN_CRITICAL);
	assert_int_equal(plugin_worse(PLUGIN_OK, PLUGIN_OK), PLUGIN_OK);
}

static void say_late(void *context, enum plugin_status status, const char *line)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%s %d %s", (const char *)context, (int)status, line);

	if (write(STDOUT_FILENO, text, (size_t)n) != n)
		_exit(98);
}

static void test_deadline(void **state)
{
	(void)state;
	plugin_deadline_free(plugin_deadline_new(100, PLUGIN_UNKNOWN, "late"));

	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		struct plugin_deadline *d = plugin_deadline_new(1, PLUGIN_UNKNOWN, "late");
		plugin_deadline_set(d, PLUGIN_CRITICAL, "counted, not more");
		plugin_deadline_then(d, say_late, "told:");
		(void)sleep(20);
		_exit(99);
	}
	int status = 0;
	char said[128] = "";
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), PLUGIN_CRITICAL);
	assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
	assert_string_equal(said, "counted, not more\ntold: 2 counted, not more\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_bad_ranges),
		cmocka_unit_test(test_metric),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_worse),
		cmocka_unit_test(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
