#include "formats/whmcs_vars.h"

#include <errno.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char plain[WHMCS_VARS_MAX];

static int write_vars(const struct template_variable *variables, size_t count)
{
	struct template_text text = {0};
	struct problem problem = {0};
	size_t len = 0;
	int err = whmcs_vars_write(variables, count, &text, &problem);

	if (err == 0) {
		assert_int_equal(text.len, strlen(text.at));
		assert_int_equal(
			sodium_base642bin((unsigned char *)plain, sizeof(plain) - 1, text.at,
				text.len, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL),
			0);
		plain[len] = '\0';
	} else {
		assert_null(text.at);
		assert_true(strlen(problem.text) > 0);
	}
	template_text_clear(&text);
	return err;
}

static void they_are_as_serialize_writes_them(void **state)
{
	const struct template_variable variables[] = {{"mailbox", {"ann@shop.test", 13}},
		{"held", {NULL, 0}}, {"name", {"J\xc3\xb6rg", 5}}};

	(void)state;
	assert_int_equal(write_vars(variables, 3), 0);
	assert_string_equal(plain,
		"a:3:{s:14:\"stanch_mailbox\";s:13:\"ann@shop.test\";s:11:\"stanch_held\";s:0:\"\";"
		"s:11:\"stanch_name\";s:5:\"J\xc3\xb6rg\";}");
	assert_int_equal(write_vars(NULL, 0), 0);
	assert_string_equal(plain, "a:0:{}");
}

static void values_end_nothing_and_mark_nothing_up(void **state)
{
	static const char value[] = "a\";}s:1:\"x\";<b>&{{name}}{$secret}\n";
	const struct template_variable variable = {"name", {value, sizeof(value) - 1}};
	char expected[256];

	(void)state;
	assert_int_equal(write_vars(&variable, 1), 0);
	assert_null(strchr(plain, '<'));
	assert_null(strchr(plain, '\n'));
	const char *at = strstr(plain, "\";s:") + 4;
	size_t len = strtoul(at, NULL, 10);
	(void)snprintf(expected, sizeof(expected), "\";}");
	assert_string_equal(strchr(at, '"') + 1 + len, expected);
}

static void too_many_are_not_written(void **state)
{
	static char long_value[TEMPLATE_VALUE_MAX];
	static struct template_variable variables[200];

	(void)state;
	memset(long_value, '<', sizeof(long_value));
	for (size_t i = 0; i < 200; i++)
		variables[i] = (struct template_variable){"name", {long_value, sizeof(long_value)}};
	assert_int_equal(write_vars(variables, 200), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_as_serialize_writes_them),
		cmocka_unit_test(values_end_nothing_and_mark_nothing_up),
		cmocka_unit_test(too_many_are_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
