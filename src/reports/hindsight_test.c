#include "reports/hindsight.h"

#include "base/json_text.h"
#include "base/sketch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define BEGIN  (INT64_C(1795500000) * SECOND)

/* A script that was there for a while sends to strangers who do not exist. Its name is hostile. */
static struct hindsight *story(struct watch *w, hindsight_tell *tell, void *context)
{
	struct hindsight *h = hindsight_new(w, 0, tell, context);
	struct source source;

	source_set(&source, SOURCE_SCRIPT, slice_of("/home/a/\x1b[2Juploads/.x/\"s<b>.php"));
	for (unsigned i = 0; i < 400; i++) {
		int64_t at = BEGIN + (i < 20 ? (int64_t)i * 86400 : 86400 * 20 + i) * SECOND;
		char id[32], to[40];
		(void)snprintf(id, sizeof(id), "1\x1b%04u-0", i);
		(void)snprintf(to, sizeof(to), "u%u@v%u.test", i < 20 ? i % 3 : i * 7, i % 9);
		struct slice recipient = slice_of(to);
		const struct fact fact = {.kind = FACT_ACCEPTED,
			.at_us = at,
			.id = slice_of(id),
			.source = &source,
			.sender = slice_of("x@elsewhere.test"),
			.login = slice_of("www"),
			.body = slice_of(
				i < 20 ? "the weekly report of the shop is here for you to read"
				       : "win a prize now at http://\x1bwin.test/ and be rich for "
					 "all of your life, my friend"),
			.recipients = &recipient,
			.recipient_count = 1,
			.recipient_total = 1};
		const struct fact out = {.kind = i < 20 ? FACT_DELIVERED : FACT_FAILED,
			.at_us = at + 1,
			.id = slice_of(id),
			.recipient = recipient,
			.failure = i < 20 ? FAILURE_OTHER : FAILURE_USER_UNKNOWN};
		hindsight_take(h, &fact);
		hindsight_take(h, &out);
	}
	return h;
}

static void check_clean(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at != 0x7f));
}

static void test_page(void **state)
{
	const struct watch_settings settings = {0};
	char *text = NULL;
	size_t len;

	(void)state;
	hash_set_seed(3);
	AUTO(watch) w = watch_new(&settings);
	AUTO(hindsight) h = story(w, NULL, NULL);
	struct terminal t = {.out = open_memstream(&text, &len), .width = 100};
	const struct hindsight_view view = {
		.contain_bits = 21.5, .alpha = 0.0001, .left_out = 3, .explain = true};
	hindsight_print(&t, h, &view);
	(void)fclose(t.out);
	check_clean(text);
	assert_non_null(strstr(text, "1 source would have been contained"));
	assert_non_null(strstr(text, "script:/home/a/\\x1b[2Juploads"));
	assert_non_null(strstr(text, "1 in 10000 a year"));
	assert_non_null(strstr(text, "3 lines could not be read"));
	assert_non_null(strstr(text, "Nothing was changed."));
	assert_non_null(strstr(text, "stopped: "));
	assert_non_null(strstr(text, "No other source came near."));
	free(text);
}

static void tell(void *context, enum hindsight_word word, const struct watch_result *result,
	const struct hindsight_finding *finding)
{
	hindsight_print_event(context, word, result, finding);
}

static void test_json(void **state)
{
	const struct watch_settings settings = {0};
	char *text = NULL;
	size_t len;
	unsigned contain = 0, outcome = 0, total = 0;

	(void)state;
	hash_set_seed(3);
	AUTO(watch) w = watch_new(&settings);
	FILE *out = open_memstream(&text, &len);
	AUTO(hindsight) h = story(w, tell, out);
	hindsight_print_end(out, h, &(struct hindsight_view){.explain = true});
	(void)fclose(out);
	check_clean(text);
	for (char *rest = text, *line; (line = strtok_r(rest, "\n", &rest)) != NULL;) {
		json_error_t error;
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, &error);
		assert_non_null(o);
		const char *action = json_string_value(json_object_get(o, "action"));
		assert_non_null(action);
		assert_true(json_is_number(json_object_get(o, "time")));
		contain += strcmp(action, "contain") == 0;
		outcome += strcmp(action, "outcome") == 0;
		total += strcmp(action, "total") == 0;
		if (strcmp(action, "contain") == 0) {
			assert_string_equal(
				json_string_value(json_object_get(o, "kind")), "script");
			assert_string_equal(json_string_value(json_object_get(o, "account")),
				"/home/a/\x1b[2Juploads/.x/\"s<b>.php");
			assert_true(json_array_size(json_object_get(o, "evidence")) >= 2);
			assert_true(json_number_value(json_object_get(o, "time")) > 1.7955e9);
		}
		if (strcmp(action, "outcome") == 0)
			assert_true(
				json_integer_value(json_object_get(o, "messages_stopped")) > 100);
		json_decref(o);
	}
	assert_int_equal(contain, 1);
	assert_int_equal(outcome, 1);
	assert_int_equal(total, 1);
	free(text);
}

static void test_nothing(void **state)
{
	const struct watch_settings settings = {0};
	char *text = NULL;
	size_t len;

	(void)state;
	AUTO(watch) w = watch_new(&settings);
	AUTO(hindsight) h = hindsight_new(w, 0, NULL, NULL);
	struct terminal t = {.out = open_memstream(&text, &len)};
	hindsight_print(&t, h, &(struct hindsight_view){.contain_bits = 21.5, .alpha = 0.0001});
	(void)fclose(t.out);
	assert_non_null(strstr(text, "No source would have been contained."));
	assert_null(strstr(text, "could not be read"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
