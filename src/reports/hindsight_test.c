#include "reports/hindsight.h"

#include "base/json_text.h"
#include "base/sketch.h"
#include "tests/hindsight_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
	AUTO(hindsight) h = hindsight_story(w, NULL, NULL);
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
	AUTO(hindsight) h = hindsight_story(w, tell, out);
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
