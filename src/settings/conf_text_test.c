#include "settings/conf_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct clean_case {
	const char *text;
	const char *want; /* the text afterwards, or what is wrong */
	int want_result;
} clean_cases[] = {
	{"", "", 0},
	{"hold {\n\tenabled = yes\n}\n", "hold {\n\tenabled = yes\n}\n", 0},
	{"a_b-c./:@9 = {x, y}", "a_b-c./:@9 = {x, y}", 0},
	{"# one\nx # two\n#", "     \nx      \n ", 0},
	{"x = \"# no comment\" # one\n", "x = \"# no comment\"      \n", 0},
	{"x = '# \"' # '\n", "x = '# \"'    \n", 0},
	{"a = http://x/ # y\r\n", "a = http://x/     \n", 0},
	{"x\r\n", "x \n", 0},
	{"x = \"a\\\"b\\\\\" # c", "x = \"a\\\"b\\\\\"    ", 0},
	{"x = 'a\\'b\\\\' # c", "x = 'a\\'b\\\\'    ", 0},
	{"x = 'a\\n'", "x = 'a\\n'", 0},
	{"x = '${HOME}' \"$x\" \"$\"", "x = '${HOME}' \"$x\" \"$\"", 0},
	{"x = \"J\xc3\xb6rg \xff\"", "x = \"J\xc3\xb6rg \xff\"", 0},
	{"{{}}{}", "{{}}{}", 0},

	{"\nx = \"a\n\"", "f:2: a quote is not closed on its line", -EBADMSG},
	{"x = 'a", "f:1: a quote is not closed on its line", -EBADMSG},
	{"x = \"a\\\"", "f:1: a quote is not closed on its line", -EBADMSG},
	{"x = 'a\\'", "f:1: a quote is not closed on its line", -EBADMSG},
	{"x = \"a\\n\"",
		"f:1: a backslash in \"...\" must stand before \" or a backslash; in '...' it "
		"stands "
		"for itself",
		-EBADMSG},
	{"x = \"a\\",
		"f:1: a backslash in \"...\" must stand before \" or a backslash; in '...' it "
		"stands "
		"for itself",
		-EBADMSG},
	{"x = '\\", "f:1: a quote is not closed on its line", -EBADMSG},
	{"x = \"${HOME}\"", "f:1: \"${\" is not filled in: write '...' if it is meant so",
		-EBADMSG},
	{"x = \"a\tb\"", "f:1: \"\\x09\" is a control character", -EBADMSG},
	{"x = \"\x7f\"", "f:1: \"\\x7f\" is a control character", -EBADMSG},
	{"\n\nx = ${HOME}", "f:3: \"$\" must stand in quotes here", -EBADMSG},
	{"x += 3", "f:1: \"+\" must stand in quotes here", -EBADMSG},
	{"include(\"x\")", "f:1: \"(\" must stand in quotes here", -EBADMSG},
	{"hold|x = 3", "f:1: \"|\" must stand in quotes here", -EBADMSG},
	{"x = a*b", "f:1: \"*\" must stand in quotes here", -EBADMSG},
	{"/* x */", "f:1: \"*\" must stand in quotes here", -EBADMSG},
	{"x = \xc3\xb6", "f:1: \"\xc3\xb6\" must stand in quotes here", -EBADMSG},
	{"x = \xff", "f:1: \"\\xff\" must stand in quotes here", -EBADMSG},
	{"x // y", "f:1: \"//\" must stand in quotes; a comment begins with #", -EBADMSG},
	{"x = //", "f:1: \"//\" must stand in quotes; a comment begins with #", -EBADMSG},
	{"x\ry", "f:1: \"\\x0d\" is a control character", -EBADMSG},
	{"x\r", "f:1: \"\\x0d\" is a control character", -EBADMSG},
	{"x\x01", "f:1: \"\\x01\" is a control character", -EBADMSG},
	{"x\n\fy", "f:2: \"\\x0c\" is a control character", -EBADMSG},
	{"hold {\n x {\n }\n", "f:1: the { is not closed", -EBADMSG},
	{"a { }\nhold {\n\n", "f:2: the { is not closed", -EBADMSG},
	{"a { }\n}", "f:2: a } without a {", -EBADMSG},
};

static void test_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(clean_cases) / sizeof(clean_cases[0]); i++) {
		const struct clean_case *c = &clean_cases[i];
		struct problem problem = {""};
		size_t len = strlen(c->text);
		char *text = malloc(len + 1); /* so that a tool sees a byte too many */
		assert_non_null(text);
		memcpy(text, c->text, len + 1);
		int r = conf_text_clean(text, len, "f", &problem);
		const char *got = r == 0 ? text : problem.text;
		if (r != c->want_result || strcmp(got, c->want) != 0)
			fail_msg("\"%s\": got %d, \"%s\", want %d, \"%s\"", c->text, r, got,
				c->want_result, c->want);
		free(text);
	}
}

static void test_nul(void **state)
{
	(void)state;
	struct problem problem;
	char outside[] = "x\0y", within[] = "x = \"\0\"";

	assert_int_equal(conf_text_clean(outside, sizeof(outside) - 1, "f", &problem), -EBADMSG);
	assert_string_equal(problem.text, "f:1: \"\\x00\" is a control character");
	assert_int_equal(conf_text_clean(within, sizeof(within) - 1, "f", &problem), -EBADMSG);
	assert_string_equal(problem.text, "f:1: \"\\x00\" is a control character");
}

/* Nothing behind the length is looked at. */
static void test_every_length(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"a { b = \"x\\\\y\" c = 'z\\'' # d\r\n }", "x = \"${", "x //", "x\r\n", "x = '\\'"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t len = 0; len <= strlen(texts[i]); len++) {
			char *text = malloc(len > 0 ? len : 1);
			assert_non_null(text);
			memcpy(text, texts[i], len);
			(void)!conf_text_clean(text, len, "f", NULL);
			free(text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
