#include "base/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(s), sizeof(s) - 1                                                                 \
	}

static const struct text_case {
	const char *name;
	struct slice raw;
	const char *want; /* the whole line */
} text_cases[] = {
	{"nothing", {0}, "{\"t\":\"\"}\n"},
	{"plain", TEXT("ann@shop.test"), "{\"t\":\"ann@shop.test\"}\n"},
	{"quotes", TEXT("\"a b\"@x"), "{\"t\":\"\\\"a b\\\"@x\"}\n"},
	{"backslash", TEXT("a\\b"), "{\"t\":\"a\\\\b\"}\n"},
	{"letter", TEXT("J\xc3\xb6rg"), "{\"t\":\"J\\u00F6rg\"}\n"},
	{"picture", TEXT("\xf0\x9f\x98\x80"), "{\"t\":\"\\uD83D\\uDE00\"}\n"},
	{"Latin-1", TEXT("J\xf6rg"), "{\"t\":\"J\\\\xf6rg\"}\n"},
	{"only bad bytes", TEXT("\xff\xfe\x80"), "{\"t\":\"\\\\xff\\\\xfe\\\\x80\"}\n"},
	{"overlong", TEXT("\xc0\xafx"), "{\"t\":\"\\\\xc0\\\\xafx\"}\n"},
	{"surrogate", TEXT("\xed\xa0\x80"), "{\"t\":\"\\\\xed\\\\xa0\\\\x80\"}\n"},
	{"cut off", TEXT("a\xe6\x97"), "{\"t\":\"a\\\\xe6\\\\x97\"}\n"},
	{"line end and escape", TEXT("a\n\x1b[2J"), "{\"t\":\"a\\n\\u001B[2J\"}\n"},
	{"C1 control", TEXT("\xc2\x9b"), "{\"t\":\"\\u009B\"}\n"},
	/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
	{"right-to-left override", TEXT("\xe2\x80\xae"), "{\"t\":\"\\u202E\"}\n"},
	{"NUL", TEXT("a\0b"), "{\"t\":\"a\\u0000b\"}\n"},
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {
		const struct text_case *c = &text_cases[i];
		char *at = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&at, &len);
		json_t *object = json_object();
		json_put(object, "t", json_text(c->raw));
		json_line(out, object);
		assert_int_equal(fclose(out), 0);
		if (strcmp(at, c->want) != 0)
			fail_msg("%s: got %s, want %s", c->name, at, c->want);
		json_t *back = json_loads(at, JSON_ALLOW_NUL, NULL);
		assert_non_null(back);
		json_decref(back);
		free(at);
	}
}

static void test_time_and_null(void **state)
{
	(void)state;
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);
	json_t *object = json_object();
	json_put(object, "z", json_time(1795435550));
	json_put(object, "a", NULL);
	json_line(out, object);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(at, "{\"z\":\"2026-11-23T12:05:50Z\",\"a\":null}\n");
	free(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_time_and_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
