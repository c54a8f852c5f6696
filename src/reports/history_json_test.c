#include "reports/history_json.h"

#include "tests/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BEGIN INT64_C(1795500000)

static struct history *filled(const char *folder)
{
	const struct minute minute = {
		.at = BEGIN, .queue = 119, .held = MINUTE_UNKNOWN, .counts = {1, 2, 3, 4, 5}};
	struct problem p = {0};
	struct history *h = NULL;

	assert_int_equal(history_open(folder, &h, &p), 0);
	assert_int_equal(history_put(h, &minute, &p), 0);
	return h;
}

/* Asks for what the JSON text says. */
static int ask(struct history *h, const char *args, json_t **ret)
{
	json_error_t error;
	json_t *o = args != NULL ? json_loads(args, 0, &error) : NULL;
	struct problem p = {0};
	int err = history_answer(h, o, BEGIN + 120, ret, &p);

	assert_true(args == NULL || o != NULL);
	assert_true((err < 0) == (p.text[0] != '\0'));
	json_decref(o);
	return err;
}

static int64_t number(const json_t *o, const char *key, size_t at)
{
	const json_t *value = json_array_get(json_object_get(o, key), at);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void test_document(void **state)
{
	static const char *const series[] = {"at", "queue", "queue_most", "held", "accepted",
		"delivered", "deferred", "failed", "refused", "counted"};
	AUTO(history) h = filled(*state);
	json_t *o = NULL;

	assert_int_equal(ask(h, "{\"from\": 1795500000, \"to\": \"1795500120\"}", &o), 0);
	assert_int_equal(json_integer_value(json_object_get(o, "from")), BEGIN);
	assert_int_equal(json_integer_value(json_object_get(o, "to")), BEGIN + 120);
	assert_int_equal(json_integer_value(json_object_get(o, "step")), 60);
	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++)
		assert_int_equal(json_array_size(json_object_get(o, series[i])), 2);
	assert_int_equal(number(o, "at", 1), BEGIN + 60);
	assert_int_equal(number(o, "queue", 0), 119);
	assert_int_equal(number(o, "accepted", 0), 1);
	assert_int_equal(number(o, "delivered", 0), 2);
	assert_int_equal(number(o, "deferred", 0), 3);
	assert_int_equal(number(o, "failed", 0), 4);
	assert_int_equal(number(o, "refused", 0), 5);
	assert_int_equal(number(o, "counted", 0), 1);
	assert_int_equal(number(o, "counted", 1), 0);
	assert_true(json_is_null(json_array_get(json_object_get(o, "held"), 0)));
	assert_true(json_is_null(json_array_get(json_object_get(o, "queue"), 1)));
	assert_true(json_is_null(json_array_get(json_object_get(o, "refused"), 1)));
	json_decref(o);
}

static void test_last_day(void **state)
{
	AUTO(history) h = filled(*state);
	json_t *o = NULL;

	assert_int_equal(ask(h, NULL, &o), 0);
	assert_int_equal(json_integer_value(json_object_get(o, "to")), BEGIN + 120);
	assert_int_equal(json_integer_value(json_object_get(o, "from")), BEGIN + 120 - 86400);
	assert_int_equal(json_array_size(json_object_get(o, "at")), 1440);
	json_decref(o);
	assert_int_equal(ask(h, "{\"from\": \"1795400000\"}", &o), 0);
	assert_int_equal(json_integer_value(json_object_get(o, "step")), 300);
	json_decref(o);
}

static void test_arguments_that_are_none(void **state)
{
	static const char *const wrong[] = {"{\"from\": \"yesterday\"}", "{\"to\": -5}",
		"{\"from\": 1.5}", "{\"from\": [1]}", "{\"from\": \"\"}",
		"{\"from\": 1795500120, \"to\": 1795500000}", "{\"from\": 0}", "{\"to\": 0}",
		"{\"to\": 9223372036854775807}", "{\"from\": \"99999999999999999999\"}"};
	AUTO(history) h = filled(*state);
	json_t *o = NULL;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (ask(h, wrong[i], &o) != -EINVAL)
			fail_msg("%s was read", wrong[i]);
	assert_null(o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_document),
		TEST(test_last_day),
		TEST(test_arguments_that_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
