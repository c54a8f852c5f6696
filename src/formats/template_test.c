#include "formats/template.h"

#include "base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct template_variable variables[] = {
	{"name", {"ann@shop.test", 13}}, {"empty", {NULL, 0}}, {"odd", {NULL, 0}}};
static struct template_text out;
static struct problem problem;

static int render_as(enum template_form form, const char *text)
{
	template_text_clear(&out);
	problem.text[0] = '\0';
	return template_render(slice_of(text), "en/x.txt", form, variables, 3, &out, &problem);
}

static void gives(const char *text, const char *wanted)
{
	assert_int_equal(render_as(TEMPLATE_PLAIN, text), 0);
	assert_string_equal(out.at, wanted);
	assert_int_equal(out.len, strlen(wanted));
	template_text_clear(&out);
}

static void fails(const char *text, const char *wanted)
{
	assert_int_equal(render_as(TEMPLATE_PLAIN, text), -EINVAL);
	assert_null(out.at);
	assert_string_equal(problem.text, wanted);
}

static void values_stand_where_their_names_stood(void **state)
{
	(void)state;
	gives("", "");
	gives("no {braces} }} at all", "no {braces} }} at all");
	gives("{{name}}", "ann@shop.test");
	gives("a {{name}} b{{empty}} c\n", "a ann@shop.test b c\n");
}

static void parts_are_shown_by_their_variable(void **state)
{
	(void)state;
	gives("a{{#name}}b{{/name}}c", "abc");
	gives("a{{#empty}}b{{name}}{{/empty}}c", "ac");
	gives("a{{^empty}}b{{/empty}}{{^name}}d{{/name}}c", "abc");
	gives("{{#name}}{{#empty}}x{{/empty}}y{{/name}}", "y");
	gives("{{#empty}}{{#name}}x{{/name}}y{{/empty}}", "");
	gives("a\n{{#name}}\nb\n{{/name}}\nc\n", "a\nb\nc\n");
	gives("a\r\n{{#empty}}\r\nb\r\n{{/empty}}\r\nc\r\n", "a\r\nc\r\n");
	gives(" {{#name}}\nb{{/name}}\n", " \nb\n");
}

static void mistakes_are_told_by_file_and_line(void **state)
{
	(void)state;
	fails("a\n{{nome}}", "en/x.txt:2: there is no such variable: {{nome}}");
	fails("\n\n{{#name}}\n\n", "en/x.txt:3: a part without its end: {{name}}");
	fails("{{#name}}{{#empty}}{{/name}}",
		"en/x.txt:1: ends no part that was begun last: {{/name}}");
	fails("{{/name}}", "en/x.txt:1: ends no part that was begun last: {{/name}}");
	fails("a\n{{name\n}}", "en/x.txt:2: a variable without its name or its }}: {{name}}");
	fails("{{}}", "en/x.txt:1: a variable without its name or its }}: {{}}");
	fails("{{", "en/x.txt:1: a variable without its name or its }}: {{}}");
	fails("{{#}}", "en/x.txt:1: there is no such variable: {{#}}");
	fails("{{name }}", "en/x.txt:1: there is no such variable: {{name }}");
	fails("{{\x1b}}", "en/x.txt:1: there is no such variable: {{\\x1b}}");
}

static void a_value_stays_a_value(void **state)
{
	(void)state;
	variables[2].value =
		slice_of("x\r\nBcc: y@z.test\n\n{{name}} <b>&\"'</b>\x1b[2J\xe2\x80\x8b");
	assert_int_equal(render_as(TEMPLATE_PLAIN, "Subject: {{odd}}"), 0);
	assert_null(strpbrk(out.at, "\r\n\x1b"));
	assert_non_null(strstr(out.at, "{{name}}"));
	assert_int_equal(render_as(TEMPLATE_HTML, "<p title=\"{{odd}}\">{{odd}}</p>"), 0);
	assert_null(strstr(out.at, "<b>"));
	assert_non_null(strstr(out.at, "{{name}} &lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;"));
	assert_null(strstr(out.at, "\xe2\x80\x8b"));
	variables[2].value = (struct slice){0};
	template_text_clear(&out);
}

static void all_is_bounded(void **state)
{
	char *text = memory_new(1, TEMPLATE_MAX + 2), *value = memory_new(1, 5000);

	(void)state;
	memset(text, 'a', TEMPLATE_MAX + 1);
	assert_int_equal(render_as(TEMPLATE_PLAIN, text), -EMSGSIZE);
	text[TEMPLATE_MAX] = '\0';
	assert_int_equal(render_as(TEMPLATE_PLAIN, text), 0);
	memset(value, 'v', 4999);
	variables[2].value = slice_of(value);
	assert_int_equal(render_as(TEMPLATE_PLAIN, "{{odd}}"), 0);
	assert_int_equal(out.len, TEMPLATE_VALUE_MAX + 3);
	for (size_t i = 0; i + 7 < TEMPLATE_MAX; i += 7)
		memcpy(text + i, "{{odd}}", 7);
	assert_int_equal(render_as(TEMPLATE_PLAIN, text), -EMSGSIZE);
	assert_null(out.at);
	variables[2].value = (struct slice){0};
	fails("{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}",
		"en/x.txt:1: too many parts within parts: {{#name}}");
	free(text);
	free(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stand_where_their_names_stood),
		cmocka_unit_test(parts_are_shown_by_their_variable),
		cmocka_unit_test(mistakes_are_told_by_file_and_line),
		cmocka_unit_test(a_value_stays_a_value),
		cmocka_unit_test(all_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
