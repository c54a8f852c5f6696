#include "base/printable.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(s), sizeof(s) - 1                                                                 \
	}

static const struct write_case {
	const char *name;
	struct slice raw;
	const char *want;
	size_t columns;
} write_cases[] = {
	{"nothing", TEXT(""), "", 0},
	{"plain", TEXT("ann@shop.test <x>"), "ann@shop.test <x>", 17},
	{"two-byte letter", TEXT("J\xc3\xb6rg"), "J\xc3\xb6rg", 4},
	{"wide letters", TEXT("\xe6\x97\xa5\xe6\x9c\xac"), "\xe6\x97\xa5\xe6\x9c\xac", 4},
	{"picture", TEXT("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80", 2},
	{"letter and mark", TEXT("e\xcc\x81"), "e\xcc\x81", 1},
	{"backslash", TEXT("a\\b"), "a\\\\b", 4},
	{"escape sequence", TEXT("\x1b[2J"), "\\x1b[2J", 7},
	{"line end and TAB", TEXT("a\r\n\tb"), "a\\x0d\\x0a\\x09b", 14},
	{"NUL", TEXT("a\0b"), "a\\x00b", 6},
	{"DEL", TEXT("\x7f"), "\\x7f", 4},
	{"C1 control (CSI)",
		TEXT("\xc2\x9b"
		     "31m"),
		"\\xc2\\x9b31m", 11},
	{"lone C1 byte",
		TEXT("\x9b"
		     "31m"),
		"\\x9b31m", 7},
	/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
	{"right-to-left override", TEXT("\xe2\x80\xae"), "\\xe2\\x80\\xae", 12},
	/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
	{"isolate", TEXT("\xe2\x81\xa6"), "\\xe2\\x81\\xa6", 12},
	{"zero-width space", TEXT("\xe2\x80\x8b"), "\\xe2\\x80\\x8b", 12},
	{"line separator", TEXT("\xe2\x80\xa8"), "\\xe2\\x80\\xa8", 12},
	{"byte order mark", TEXT("\xef\xbb\xbf"), "\\xef\\xbb\\xbf", 12},
	{"tag character", TEXT("\xf3\xa0\x81\x81"), "\\xf3\\xa0\\x81\\x81", 16},
	{"variation selector", TEXT("\xef\xb8\x8f"), "\\xef\\xb8\\x8f", 12},
	{"Latin-1", TEXT("J\xf6rg"), "J\\xf6rg", 7},
	{"overlong slash", TEXT("\xc0\xaf"), "\\xc0\\xaf", 8},
	{"overlong three", TEXT("\xe0\x80\xaf"), "\\xe0\\x80\\xaf", 12},
	{"overlong four", TEXT("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf", 16},
	{"surrogate", TEXT("\xed\xa0\x80"), "\\xed\\xa0\\x80", 12},
	{"over 10FFFF", TEXT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80", 16},
	{"cut off", TEXT("a\xe6\x97"), "a\\xe6\\x97", 9},
	{"cut off by ASCII",
		TEXT("\xe6"
		     "ab"),
		"\\xe6ab", 6},
	{"first 5-byte form", TEXT("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80", 20},
};

static void test_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(write_cases) / sizeof(write_cases[0]); i++) {
		const struct write_case *c = &write_cases[i];
		char *at = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&at, &len);
		printable_write(out, c->raw);
		assert_int_equal(fclose(out), 0);
		if (strcmp(at, c->want) != 0 || printable_width(c->raw) != c->columns)
			fail_msg("%s: got \"%s\" in %zu columns, want \"%s\" in %zu", c->name, at,
				printable_width(c->raw), c->want, c->columns);
		free(at);

		char text[128];
		assert_ptr_equal(printable_text(c->raw, text, sizeof(text)), text);
		assert_string_equal(text, c->want);

		char back[128];
		size_t back_len = 99;
		assert_int_equal(printable_read(slice_of(c->want), back, &back_len), 0);
		assert_true(slice_equal((struct slice){back, back_len}, c->raw));
	}
}

static const struct fit_case {
	const char *raw;
	size_t size;
	const char *want;
} fit_cases[] = {
	{"abcdef", 7, "abcdef"},
	{"abcdef", 6, "ab..."},
	{"abcdef", 4, "..."},
	{"ab\x01", 7, "ab\\x01"},
	{"ab\x01"
	 "c",
		7, "ab..."},
	{"ab\x01"
	 "c",
		6, "ab..."},
	{"a\x01\x01", 8, "a..."},
	{"a\x01\x01", 9, "a\\x01..."},
	{"\xe6\x97\xa5\xe6\x97\xa5", 6, "..."},
	{"\xe6\x97\xa5\xe6\x97\xa5", 7, "\xe6\x97\xa5\xe6\x97\xa5"},
	{"\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", 7, "\xe6\x97\xa5..."},
};

static void test_text_that_does_not_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fit_cases) / sizeof(fit_cases[0]); i++) {
		char *at = malloc(fit_cases[i].size); /* so that a tool sees a byte too many */
		printable_text(slice_of(fit_cases[i].raw), at, fit_cases[i].size);
		if (strcmp(at, fit_cases[i].want) != 0)
			fail_msg("%zu: got \"%s\", want \"%s\"", i, at, fit_cases[i].want);
		free(at);
	}
}

static void test_quoted(void **state)
{
	(void)state;
	char at[16], back[16];
	size_t len;

	assert_string_equal(printable_quoted(slice_of("a\"b\\"), at, sizeof(at)), "a\\x22b\\\\");
	assert_int_equal(printable_read(slice_of(at), back, &len), 0);
	assert_true(slice_equal((struct slice){back, len}, slice_of("a\"b\\")));
	assert_string_equal(
		printable_quoted(slice_of("\"\"\"\""), at, sizeof(at)), "\\x22\\x22\\x22...");
	assert_string_equal(printable_text(slice_of("a\"b"), at, sizeof(at)), "a\"b");
}

/* Whatever is printed holds nothing but visible text, and reads back as it was. */
static void test_any_bytes_come_back(void **state)
{
	(void)state;
	uint32_t chance = 1;
	for (int round = 0; round < 20000; round++) {
		char raw[24];
		for (size_t i = 0; i < sizeof(raw); i++) {
			chance = chance * 1664525u + 1013904223u;
			raw[i] = (char)(chance >> 24);
		}
		char text[sizeof(raw) * PRINTABLE_GROWTH + 1], back[sizeof(text)];
		size_t len = 0;
		printable_text((struct slice){raw, sizeof(raw)}, text, sizeof(text));
		for (const char *c = text; *c != '\0'; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		assert_int_equal(printable_read(slice_of(text), back, &len), 0);
		assert_int_equal(len, sizeof(raw));
		assert_memory_equal(back, raw, len);
	}
}

static const char *const unreadable[] = {
	"\\", "a\\", "\\x", "\\x4", "\\xg1", "\\x1g", "\\n", "\\X41"};

static void test_read_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++) {
		char at[16] = "untouched";
		size_t len = 7;
		assert_int_equal(printable_read(slice_of(unreadable[i]), at, &len), -EINVAL);
		assert_int_equal(len, 7);
		assert_string_equal(at, "untouched");
	}
	char at[8];
	size_t len;
	assert_int_equal(printable_read(slice_of("\\x41\\xAf\\\\x"), at, &len), 0);
	assert_int_equal(len, 4);
	assert_memory_equal(at, "A\xaf\\x", 4);
}

static void test_utf8_length(void **state)
{
	(void)state;
	assert_int_equal(printable_utf8_length((struct slice){0}), 0);
	assert_int_equal(printable_utf8_length(slice_of("a")), 1);
	assert_int_equal(printable_utf8_length(slice_of("\xc3\xb6")), 2);
	assert_int_equal(printable_utf8_length(slice_of("\xf0\x9f\x98\x80")), 4);
	assert_int_equal(printable_utf8_length((struct slice){"\xf0\x9f\x98\x80", 3}), 0);
	assert_int_equal(printable_utf8_length(slice_of("\x80")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_text_that_does_not_fit),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_any_bytes_come_back),
		cmocka_unit_test(test_read_refuses),
		cmocka_unit_test(test_utf8_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
