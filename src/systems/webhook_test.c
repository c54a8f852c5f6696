#include "systems/webhook.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct problem problem;

/* As `printf 1790000000.{} | openssl dgst -sha256 -hmac hook-key` has it. */
static void the_signature_is_that_of_others(void **state)
{
	struct secret *key = secret_new(slice_of("hook-key"));
	char at[WEBHOOK_SIGNATURE_MAX];

	(void)state;
	assert_string_equal(webhook_sign(key, 1790000000, slice_of("{}"), at),
		"sha256=374e159b3fcd4de0f66d9304881f73e0be9e3cf8a533664bfa4ce9e56b16c278");
	secret_free(key);
}

static void body_is(enum webhook_form form, const char *text, const char *wanted)
{
	json_t *object = json_pack("{s:i}", "incident", 12);
	char *body = webhook_body(form, object, slice_of(text), slice_of("<p>"));

	assert_string_equal(body, wanted);
	free(body);
	json_decref(object);
}

static void each_form_has_its_body(void **state)
{
	(void)state;
	body_is(WEBHOOK_STANCH, "a", "{\"incident\":12}");
	body_is(WEBHOOK_SLACK, "a\n\"b\"", "{\"text\":\"a\\n\\\"b\\\"\"}");
	body_is(WEBHOOK_MATRIX, "a<", "{\"text\":\"a<\",\"html\":\"<p>\"}");
}

static void a_chat_calls_nobody(void **state)
{
	(void)state;
	body_is(WEBHOOK_SLACK, "<!channel> & @all",
		"{\"text\":\"&lt;!channel&gt; &amp; @\\u2060all\"}");
}

static void its_url_is_never_said(void **state)
{
	const struct {
		const char *url;
		int err;
	} cases[] = {{"http://127.0.0.1:1/hidden", -EAGAIN}, {"ftp://127.0.0.1/hidden", -EINVAL}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct webhook w = {.url = cases[i].url, .time_ms = 1000};
		assert_int_equal(webhook_send(&w, slice_of("{}"), 1, &problem), cases[i].err);
		assert_true(problem.text[0] != '\0');
		assert_null(strstr(problem.text, "hidden"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signature_is_that_of_others),
		cmocka_unit_test(each_form_has_its_body),
		cmocka_unit_test(a_chat_calls_nobody),
		cmocka_unit_test(its_url_is_never_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
