#include "base/markup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char turned_round[] = {'\xe2', '\x80', '\xae'};

static const struct {
	const char *name;
	struct slice raw;
	const char *want;
} rows[] = {
	{"nothing", {NULL, 0}, ""},
	{"plain text", {"ann@shop.test", 13}, "ann@shop.test"},
	{"an element", {"<script>alert(1)</script>", 25}, "&lt;script&gt;alert(1)&lt;/script&gt;"},
	{"out of an attribute", {"\" onload='x", 11}, "&quot; onload=&#39;x"},
	{"an entity stays what it was", {"&lt;", 4}, "&amp;lt;"},
	{"the end of a CDATA section", {"]]>", 3}, "]]&gt;"},
	{"controls", {"a\0\x1b[2J\nb", 8}, "a\\x00\\x1b[2J\\x0ab"},
	{"no UTF-8", {"\xff<", 2}, "\\xff&lt;"},
	{"letters of others", {"P\xc5\x99\xc3\xadliš", 9}, "P\xc5\x99\xc3\xadliš"},
	{"turned round", {turned_round, 3}, "\\xe2\\x80\\xae"},
	{"no character of XML", {"\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", 9},
		"\\xef\\xbf\\xbe\\xef\\xbf\\xbf\xef\xbf\xbd"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		markup_write(out, rows[i].raw);
		assert_int_equal(fclose(out), 0);
		if (strcmp(text, rows[i].want) != 0)
			fail_msg("%s: got %s, want %s", rows[i].name, text, rows[i].want);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
