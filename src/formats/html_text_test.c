#include "formats/html_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

static const struct html_case {
	const char *name;
	const char *html;
	const char *want;
} html_cases[] = {
	{"text only", "a b", "a b"},
	{"blanks joined", "  a \n\t b ", "a b"},
	{"tags out", "<b>a</b><i class=x>b</i>", "ab"},
	{"blocks are lines", "<p>a</p><p>b<br>c", "a\nb\nc"},
	{"comment", "a<!-- <b> -- > no -->b", "ab"},
	{"script and style", "<SCRIPT>if (a<b) x</script>y<style>z", "y"},
	{"entities", "&lt;&amp;&#65;&#x42;&euro;&nbsp;x", "<&AB\xE2\x82\xAC x"},
	{"no entity", "a&b; &#xD800; &#99999999; &", "a&b; &#xD800; &#99999999; &"},
	{"no tag", "a < b <3", "a < b <3"},
	{"never closed", "a<b href=", "a"},
	{"ends in a bracket", "a<", "a<"},
	{"empty", "", ""},
};

static void tags_are_taken_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(html_cases) / sizeof(html_cases[0]); i++) {
		const struct html_case *c = &html_cases[i];
		size_t len;
		char *got = html_text(slice_of(c->html), &len);

		assert_string_equal(got, c->want);
		assert_int_equal(len, strlen(c->want));
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_taken_out),
	};

	return cmocka_run_group_tests_name("html_text", tests, NULL, NULL);
}
