#include "formats/rspamd_reply.h"

#include "base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int try(const char *body, struct rspamd_reply *ret, struct problem *p)
{
	*p = (struct problem){0};
	int err = rspamd_reply_read(slice_of(body), ret, p);

	assert_int_equal(err == 0, p->text[0] == '\0');
	return err;
}

static void reads_what_rspamd_answers(void **state)
{
	struct rspamd_reply r = {0};
	struct problem p;

	(void)state;
	assert_int_equal(
		try("{\"is_skipped\":false,\"score\":9.1,\"required_score\":15.0,"
		    "\"action\":\"add header\",\"symbols\":{\"R\":{\"name\":\"R\",\"score\":1.2,"
		    "\"options\":[\"a\\u0000b\"]}},\"message-id\":\"<x@y>\"}",
			&r, &p),
		0);
	assert_true(r.score > 9.09 && r.score < 9.11);
	assert_true(r.required_score > 14.9 && r.required_score < 15.1);
	assert_true(r.has_required_score);
	assert_false(r.is_skipped);
	assert_string_equal(r.action, "add header");
}

static void reads_with_less_than_usual(void **state)
{
	struct rspamd_reply r = {.required_score = 3};
	struct problem p;

	(void)state;
	assert_int_equal(try("{\"score\":-3,\"is_skipped\":true}", &r, &p), 0);
	assert_true(r.score < -2.9 && r.score > -3.1);
	assert_false(r.has_required_score);
	assert_true(r.required_score < 0.1);
	assert_true(r.is_skipped);
	assert_string_equal(r.action, "");
	assert_int_equal(try("{\"score\":0,\"required_score\":null,\"action\":7}", &r, &p), 0);
	assert_false(r.has_required_score);
	assert_string_equal(r.action, "");
}

static void refuses_what_is_no_answer(void **state)
{
	static const char *const bodies[] = {"", " ", "null", "[]", "[{\"score\":1}]", "{", "{}",
		"{\"score\":1", "{\"score\":1} x", "{\"score\":\"1\"}", "{\"score\":null}",
		"{\"score\":NaN}", "{\"score\":nan}", "{\"score\":inf}", "{\"score\":-Infinity}",
		"{\"score\":1e999}", "{\"score\":10000.5}", "{\"score\":-10001}",
		"{\"score\":99999999999999999999999}", "{\"score\":1,\"required_score\":1e9}",
		"{\"score\":1,\"required_score\":\"15\"}", "{\"action\":\"reject\"}", "<html>"};
	struct rspamd_reply r = {.score = 42};
	struct problem p;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_int_equal(try(bodies[i], &r, &p), -EBADMSG);
	assert_true(r.score > 41.9); /* as it was */
	assert_int_equal(rspamd_reply_read(slice_of("{}"), &r, NULL), -EBADMSG);
}

static void says_what_rspamd_could_not(void **state)
{
	struct rspamd_reply r = {0};
	struct problem p;

	(void)state;
	assert_int_equal(
		try("{\"error\":\"bad\\u001b[31m mail\",\"error_domain\":\"x\",\"score\":1}", &r,
			&p),
		-EREMOTEIO);
	assert_string_equal(p.text, "rspamd could not scan the message: bad\\x1b[31m mail");
	assert_int_equal(try("{\"error\":{\"score\":1}}", &r, &p), -EREMOTEIO);
	assert_string_equal(p.text, "rspamd could not scan the message");
}

static void bytes_that_are_no_utf8_do_not_hide_the_score(void **state)
{
	struct rspamd_reply r = {0};
	struct problem p;

	(void)state;
	assert_int_equal(try("{\"message-id\":\"\xff\xc3\",\"score\":5,"
			     "\"action\":\"r\xe9j\xc3\xa9\"}",
				 &r, &p),
		0);
	assert_true(r.score > 4.9);
	assert_string_equal(r.action, "r?j\xc3\xa9");
}

static void the_action_is_bounded_and_printable(void **state)
{
	char body[400] = "{\"score\":5,\"action\":\"\\u001b\\u202e";
	struct rspamd_reply r = {0};
	struct problem p;

	(void)state;
	size_t len = strlen(body);
	memset(body + len, 'a', 300);
	memcpy(body + len + 300, "\"}", 3);
	assert_int_equal(try(body, &r, &p), 0);
	assert_true(strlen(r.action) < RSPAMD_ACTION_MAX);
	assert_true(strncmp(r.action, "\\x1b\\xe2\\x80\\xaeaaa", 19) == 0);
	assert_string_equal(r.action + strlen(r.action) - 3, "...");
}

static void is_bounded(void **state)
{
	const struct slice answer = slice_of("{\"score\":1}");
	char *body = memory_new(1, RSPAMD_REPLY_MAX + 1);
	struct rspamd_reply r = {0};
	struct problem p = {0};

	(void)state;
	memset(body, ' ', RSPAMD_REPLY_MAX + 1);
	memcpy(body, answer.at, answer.len);
	assert_int_equal(
		rspamd_reply_read((struct slice){body, RSPAMD_REPLY_MAX + 1}, &r, &p), -EMSGSIZE);
	assert_int_equal(rspamd_reply_read((struct slice){body, RSPAMD_REPLY_MAX}, &r, &p), 0);
	memset(body, '[', RSPAMD_REPLY_MAX); /* depth */
	assert_int_equal(
		rspamd_reply_read((struct slice){body, RSPAMD_REPLY_MAX}, &r, &p), -EBADMSG);
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_rspamd_answers),
		cmocka_unit_test(reads_with_less_than_usual),
		cmocka_unit_test(refuses_what_is_no_answer),
		cmocka_unit_test(says_what_rspamd_could_not),
		cmocka_unit_test(bytes_that_are_no_utf8_do_not_hide_the_score),
		cmocka_unit_test(the_action_is_bounded_and_printable),
		cmocka_unit_test(is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
