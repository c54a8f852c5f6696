#include "systems/panel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_mailbox(void **state)
{
	struct panel_mailbox box;
	struct problem problem;
	char name[PANEL_NAME_MAX + 1];

	(void)state;
	assert_int_equal(panel_mailbox_read(slice_of("a@b@shop.test"), &box, &problem), 0);
	assert_string_equal(box.address, "a@b@shop.test");
	assert_string_equal(box.local, "a@b");
	assert_string_equal(box.domain, "shop.test");
	memset(name, 'a', sizeof(name));
	name[3] = '@';
	assert_int_equal(
		panel_mailbox_read((struct slice){name, PANEL_NAME_MAX - 1}, &box, &problem), 0);
	assert_int_equal(
		panel_mailbox_read((struct slice){name, PANEL_NAME_MAX}, &box, &problem), -EINVAL);
	assert_int_equal(panel_needs_domain(&box, "cPanel", &problem), 0);
	assert_int_equal(panel_mailbox_read(slice_of("ann"), &box, &problem), 0);
	assert_string_equal(box.address, "ann");
	assert_string_equal(box.local, "ann");
	assert_string_equal(box.domain, "");
	assert_int_equal(panel_needs_domain(&box, "cPanel", &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of("ann@"), &box, &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of("@x"), &box, &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of("--help@x"), &box, &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of(""), &box, &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of("a@-x"), &box, &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of("a@.x"), &box, &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of("a@x/../y"), &box, &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of("a@x&y"), &box, &problem), -EINVAL);
	assert_int_equal(panel_mailbox_read(slice_of("a\n@x"), &box, &problem), -EINVAL);
	assert_string_equal(problem.text, "a\\x0a@x is no mailbox's name that can be asked for");
}

static void test_text(void **state)
{
	static struct panel_text t;

	(void)state;
	panel_text_add_form(&t, "a", slice_of("b&c=d e%"));
	panel_text_add_form(&t, "list[]", slice_of("x"));
	assert_string_equal(t.at, "a=b%26c%3Dd%20e%25&list%5B%5D=x");
	panel_text_wipe(&t);
	assert_string_equal(t.at, "");
	panel_text_add_json(&t, slice_of("a\"b\\c/"));
	assert_string_equal(t.at, "\"a\\\"b\\\\c/\"");
	assert_false(t.is_full);
	panel_text_add_json(&t, slice_of("a\nb"));
	assert_true(t.is_full);
	panel_text_wipe(&t);
	panel_text_add_xml(&t, slice_of("<a>&\"'"));
	assert_string_equal(t.at, "&lt;a&gt;&amp;\"'");
	assert_false(t.is_full);
	panel_text_add_xml(&t, slice_of("\xc3\xa4"));
	assert_true(t.is_full);
	panel_text_wipe(&t);
	for (int i = 0; i < PANEL_TEXT_MAX - 1; i++)
		panel_text_add(&t, "x");
	assert_false(t.is_full);
	assert_int_equal(t.len, PANEL_TEXT_MAX - 1);
	panel_text_add_form(&t, "a", slice_of("b"));
	assert_true(t.is_full);
	assert_int_equal(strlen(t.at), t.len);
}

static const struct judge_case {
	long status;
	const char *said;
	int err, want;
	const char *want_said;
} judge_cases[] = {
	{200, "", 0, 0, ""},
	{200, "no", -EREMOTEIO, -EIO, "no"},
	{200, "none", -ENOENT, -ENOENT, "none"},
	{200, "what", -EBADMSG, -EBADMSG, "what"},
	{200, "long", -EMSGSIZE, -EBADMSG, "long"},
	{403, "no token", -EREMOTEIO, -EACCES, "URL does not let us in (HTTP 403): no token"},
	{401, "html", -EBADMSG, -EACCES, "URL does not let us in (HTTP 401)"},
	{403, "", 0, -EACCES, "URL does not let us in (HTTP 403)"},
	{503, "html", -EBADMSG, -EAGAIN, "URL is not able to answer (HTTP 503)"},
	{429, "html", -EBADMSG, -EAGAIN, "URL is not able to answer (HTTP 429)"},
	{500, "no", -EREMOTEIO, -EIO, "no"},
	{404, "html", -EBADMSG, -EBADMSG, "html"},
	{302, "", 0, -EBADMSG, "URL answers that it is done, but with HTTP 302"},
};

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(judge_cases) / sizeof(judge_cases[0]); i++) {
		const struct judge_case *c = &judge_cases[i];
		struct http_reply reply = {.status = c->status};
		struct problem problem = {0};

		(void)problem_set(&problem, 0, "%s", c->said);
		int err = panel_judge(&reply, "URL", c->err, &problem);
		if (err != c->want || strcmp(problem.text, c->want_said) != 0)
			fail_msg("%ld, %s: %d %s", c->status, c->said, err, problem.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mailbox),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
