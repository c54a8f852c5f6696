#include "programs/daemon/clerk_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(5000)

static void key_of(const char *text, unsigned char ret[CLERK_CACHE_KEY])
{
	json_t *what = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(what);
	clerk_cache_key(what, ret);
	json_decref(what);
}

static void put(struct clerk_cache *c, const char *key, int answer, int64_t now_ms)
{
	unsigned char digest[CLERK_CACHE_KEY];
	json_t *o = json_pack("{s:i}", "x", answer);

	key_of(key, digest);
	clerk_cache_put(c, digest, o, now_ms);
	json_decref(o);
}

/* -1: there is none. */
static json_int_t found(struct clerk_cache *c, const char *key, int64_t now_ms)
{
	unsigned char digest[CLERK_CACHE_KEY];

	key_of(key, digest);
	json_t *o = clerk_cache_find(c, digest, now_ms);
	json_int_t answer = o != NULL ? json_integer_value(json_object_get(o, "x")) : -1;
	json_decref(o);
	return answer;
}

static void test_keys(void **state)
{
	unsigned char a[CLERK_CACHE_KEY], b[CLERK_CACHE_KEY];

	(void)state;
	key_of("{\"a\":1,\"b\":[2]}", a);
	key_of("{\"b\":[2],\"a\":1}", b);
	assert_memory_equal(a, b, CLERK_CACHE_KEY);
	key_of("{\"b\":[2],\"a\":\"1\"}", b);
	assert_memory_not_equal(a, b, CLERK_CACHE_KEY);
}

static void test_time(void **state)
{
	AUTO(clerk_cache) c = clerk_cache_new(4, 1000);

	(void)state;
	assert_int_equal(found(c, "1", NOW), -1);
	put(c, "1", 10, NOW);
	put(c, "2", 20, NOW + 500);
	assert_int_equal(found(c, "1", NOW + 999), 10);
	assert_int_equal(found(c, "1", NOW + 1000), -1);
	assert_int_equal(found(c, "2", NOW + 1000), 20);
	put(c, "1", 11, NOW + 1000);
	assert_int_equal(found(c, "1", NOW + 1500), 11);
}

static void test_most(void **state)
{
	AUTO(clerk_cache) c = clerk_cache_new(2, 1000);

	(void)state;
	put(c, "1", 10, NOW);
	put(c, "2", 20, NOW + 1);
	put(c, "1", 11, NOW + 2);
	put(c, "3", 30, NOW + 3); /* in the place of 2, which is older */
	assert_int_equal(found(c, "1", NOW + 3), 11);
	assert_int_equal(found(c, "2", NOW + 3), -1);
	assert_int_equal(found(c, "3", NOW + 3), 30);
}

static void test_forgotten(void **state)
{
	AUTO(clerk_cache) c = clerk_cache_new(4, 1000);
	unsigned char digest[CLERK_CACHE_KEY];

	(void)state;
	put(c, "1", 10, NOW);
	put(c, "2", 20, NOW);
	key_of("1", digest);
	clerk_cache_drop(c, digest);
	clerk_cache_drop(c, digest);
	assert_int_equal(found(c, "1", NOW), -1);
	assert_int_equal(found(c, "2", NOW), 20);
	clerk_cache_clear(c);
	assert_int_equal(found(c, "2", NOW), -1);
	clerk_cache_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
