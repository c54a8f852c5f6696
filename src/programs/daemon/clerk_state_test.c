#include "programs/daemon/clerk_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW INT64_C(5000000)

static bool take(struct clerk_state *s, const char *text, int64_t now_ms)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	bool taken = clerk_state_take(s, o, now_ms);
	json_decref(o);
	return taken;
}

static int64_t value(const struct clerk_state *s, int64_t now_ms)
{
	return json_integer_value(json_object_get(clerk_state_fresh(s, now_ms), "x"));
}

static void test_latest(void **state)
{
	AUTO(clerk_state) s = clerk_state_new();
	int64_t age = 77;

	(void)state;
	assert_null(clerk_state_fresh(s, NOW));
	assert_false(clerk_state_age(s, NOW, &age));
	assert_int_equal(age, 77);
	assert_true(take(s, "{\"say\":\"state\",\"at_ms\":5000000,\"x\":1}", NOW));
	assert_int_equal(value(s, NOW), 1);
	assert_true(take(s, "{\"say\":\"state\",\"at_ms\":5001000,\"x\":2}", NOW + 1200));
	assert_int_equal(value(s, NOW + 1200), 2);
	assert_true(clerk_state_age(s, NOW + 1200, &age));
	assert_int_equal(age, 200);
}

/* It is not given out as if it were of now, and its age is still told. */
static void test_stale(void **state)
{
	AUTO(clerk_state) s = clerk_state_new();
	int64_t age = 0;

	(void)state;
	assert_true(take(s, "{\"say\":\"state\",\"at_ms\":5000000}", NOW));
	assert_non_null(clerk_state_fresh(s, NOW + CLERK_STATE_FRESH_MS));
	assert_null(clerk_state_fresh(s, NOW + CLERK_STATE_FRESH_MS + 1));
	assert_true(clerk_state_age(s, NOW + 3600000, &age));
	assert_int_equal(age, 3600000);
	/* what lay unread for long is as old as it is */
	assert_true(take(s, "{\"say\":\"state\",\"at_ms\":5001000}", NOW + 3600000));
	assert_null(clerk_state_fresh(s, NOW + 3600000));
	assert_true(take(s, "{\"say\":\"state\",\"at_ms\":8600000}", NOW + 3600000));
	assert_non_null(clerk_state_fresh(s, NOW + 3600000));
}

static void check_now(
	const struct clerk_state *s, int64_t now_ms, json_int_t queue, json_int_t age, bool is_old)
{
	json_t *now = clerk_state_now(s, now_ms);

	assert_non_null(now);
	assert_int_equal(json_integer_value(json_object_get(now, "queue")), queue);
	assert_int_equal(json_integer_value(json_object_get(now, "age_ms")), age);
	assert_int_equal(json_is_true(json_object_get(now, "is_old")), is_old);
	json_decref(now);
}

/* What the page shows goes on to be shown when it is old, and says so. */
static void test_now(void **state)
{
	AUTO(clerk_state) s = clerk_state_new();

	(void)state;
	assert_null(clerk_state_now(s, NOW));
	assert_true(take(s, "{\"say\":\"state\",\"at_ms\":5000000}", NOW));
	assert_null(clerk_state_now(s, NOW));
	assert_true(take(s, "{\"say\":\"state\",\"at_ms\":5000001,\"now\":7}", NOW + 1));
	assert_null(clerk_state_now(s, NOW + 1));
	assert_true(
		take(s, "{\"say\":\"state\",\"at_ms\":5000002,\"now\":{\"queue\":3}}", NOW + 2));
	check_now(s, NOW + 52, 3, 50, false);
	check_now(s, NOW + 2 + CLERK_STATE_FRESH_MS, 3, CLERK_STATE_FRESH_MS, false);
	check_now(s, NOW + 3 + CLERK_STATE_FRESH_MS, 3, CLERK_STATE_FRESH_MS + 1, true);
}

static void test_not_taken(void **state)
{
	static const char *const wrong[] = {"{}", "{\"say\":\"state\"}", "{\"at_ms\":5000001}",
		"{\"say\":\"verdict\",\"at_ms\":5000001}", "{\"say\":5,\"at_ms\":5000001}",
		"{\"say\":\"state\",\"at_ms\":\"5000001\"}",
		"{\"say\":\"state\",\"at_ms\":4999999}",  /* before the one that is there */
		"{\"say\":\"state\",\"at_ms\":5000003}"}; /* after now */
	AUTO(clerk_state) s = clerk_state_new();

	(void)state;
	assert_true(take(s, "{\"say\":\"state\",\"at_ms\":5000000,\"x\":1}", NOW));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(take(s, wrong[i], NOW + 2));
	assert_int_equal(value(s, NOW + 2), 1);
	clerk_state_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_latest),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_now),
		cmocka_unit_test(test_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
