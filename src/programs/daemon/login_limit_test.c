#include "programs/daemon/login_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct login_try try_of(const char *from, const char *name)
{
	struct login_try t = {.name = slice_of(name)};

	assert_int_equal(address_parse(slice_of(from), &t.from), 0);
	return t;
}

static int64_t begin(struct login_limit *l, const char *from, const char *name, int64_t now_ms)
{
	struct login_try t = try_of(from, name);

	return login_limit_begin(l, &t, now_ms);
}

static void succeed(struct login_limit *l, const char *from, const char *name, int64_t now_ms)
{
	struct login_try t = try_of(from, name);

	assert_int_equal(login_limit_begin(l, &t, now_ms), 0);
	login_limit_succeeded(l, &t, now_ms);
}

static void fail_free(struct login_limit *l, const char *from, const char *name, int64_t now_ms)
{
	for (int i = 0; i < LOGIN_LIMIT_FREE; i++)
		assert_int_equal(begin(l, from, name, now_ms), 0);
}

static void test_ever_longer(void **state)
{
	AUTO(login_limit) l = login_limit_new();
	int64_t now = 1000, want = LOGIN_LIMIT_FIRST_MS;

	(void)state;
	fail_free(l, "192.0.2.1", "ann", now);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(begin(l, "192.0.2.1", "ann", now), want);
		assert_int_equal(begin(l, "192.0.2.1", "ann", now + want - 1), 1);
		now += want;
		assert_int_equal(begin(l, "192.0.2.1", "ann", now), 0);
		want = want * 2 < LOGIN_LIMIT_MOST_MS ? want * 2 : LOGIN_LIMIT_MOST_MS;
	}
	assert_int_equal(want, LOGIN_LIMIT_MOST_MS);
	assert_int_equal(begin(l, "192.0.2.1", "ann", now + LOGIN_LIMIT_MOST_MS - 1), 1);
	/* and it is forgotten one day */
	now += LOGIN_LIMIT_FORGET_MS;
	fail_free(l, "192.0.2.1", "ann", now);
	assert_int_equal(begin(l, "192.0.2.1", "ann", now), LOGIN_LIMIT_FIRST_MS);
}

static void test_of_address_and_of_name(void **state)
{
	AUTO(login_limit) l = login_limit_new();
	char from[32], name[32];

	(void)state;
	for (int i = 0; i < LOGIN_LIMIT_FREE; i++) { /* one address tries many names */
		(void)snprintf(name, sizeof(name), "name%d", i);
		assert_int_equal(begin(l, "192.0.2.1", name, 0), 0);
	}
	assert_true(begin(l, "192.0.2.1", "another", 0) > 0);
	assert_int_equal(begin(l, "192.0.2.2", "name0", 0), 0);
	for (int i = 0; i < LOGIN_LIMIT_FREE; i++) { /* many addresses try one name */
		(void)snprintf(from, sizeof(from), "198.51.100.%d", i);
		assert_int_equal(begin(l, from, "ann", 0), 0);
	}
	assert_true(begin(l, "203.0.113.1", "ann", 0) > 0);
	assert_int_equal(begin(l, "203.0.113.1", "bob", 0), 0);
}

static void test_of_a_network(void **state)
{
	AUTO(login_limit) l = login_limit_new();
	char from[64];

	(void)state;
	for (int i = 0; i < LOGIN_LIMIT_FREE; i++) {
		(void)snprintf(from, sizeof(from), "2001:db8:0:1::%d", i + 1);
		assert_int_equal(begin(l, from, i % 2 == 0 ? "a" : "b", 0), 0);
	}
	assert_true(begin(l, "2001:db8:0:1:ffff::", "c", 0) > 0);
	assert_int_equal(begin(l, "2001:db8:0:2::1", "c", 0), 0);
	/* those of IPv4 are all different */
	fail_free(l, "192.0.2.1", "d", 0);
	assert_int_equal(begin(l, "192.0.2.2", "e", 0), 0);
}

/* Whom others try to keep out comes in from where it came in before; and is limited there, too. */
static void test_nobody_keeps_another_out(void **state)
{
	AUTO(login_limit) l = login_limit_new();

	(void)state;
	succeed(l, "192.0.2.1", "ann", 0);
	fail_free(l, "203.0.113.1", "ann", 10);
	assert_true(begin(l, "203.0.113.2", "ann", 10) > 0);
	succeed(l, "192.0.2.1", "ann", 10);
	assert_true(begin(l, "192.0.2.2", "ann", 10) > 0);
	fail_free(l, "192.0.2.1", "ann", 20);
	assert_true(begin(l, "192.0.2.1", "ann", 20) > 0);
}

static void test_success_is_no_failure(void **state)
{
	AUTO(login_limit) l = login_limit_new();

	(void)state;
	for (int i = 0; i < 100; i++)
		succeed(l, "192.0.2.1", "ann", i);
	/* who knows one password does not wipe out failures with it */
	for (int i = 0; i < LOGIN_LIMIT_FREE; i++) {
		assert_int_equal(begin(l, "192.0.2.1", "bob", 1000), 0);
		if (i < LOGIN_LIMIT_FREE - 1)
			succeed(l, "192.0.2.1", "ann", 1000);
	}
	assert_true(begin(l, "192.0.2.1", "carl", 1000) > 0);
	/* nor does it keep her out who comes from there as well: behind a proxy that are all */
	fail_free(l, "192.0.2.1", "ann", 1000);
	assert_true(begin(l, "192.0.2.1", "ann", 1000) > 0);
	assert_int_equal(begin(l, "192.0.2.1", "ann", 1000 + LOGIN_LIMIT_FORGET_MS), 0);
}

static void test_bounded(void **state)
{
	AUTO(login_limit) l = login_limit_new();
	char from[32], name[32];

	(void)state;
	fail_free(l, "192.0.2.1", "ann", 0);
	for (int i = 0; i < LOGIN_LIMIT_ENTRIES; i++) {
		(void)snprintf(from, sizeof(from), "10.1.%d.%d", i / 256, i % 256);
		(void)snprintf(name, sizeof(name), "u%d", i);
		assert_int_equal(begin(l, from, name, 1), 0);
	}
	assert_int_equal(begin(l, "192.0.2.1", "ann", 1), 0); /* it was the oldest */
}

static void test_any_name(void **state)
{
	AUTO(login_limit) l = login_limit_new();
	struct login_try t = try_of("192.0.2.1", "");

	(void)state;
	t.name = (struct slice){"a\0b\n", 4};
	assert_int_equal(login_limit_begin(l, &t, 0), 0);
	t.name = (struct slice){0};
	assert_int_equal(login_limit_begin(l, &t, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ever_longer),
		cmocka_unit_test(test_of_address_and_of_name),
		cmocka_unit_test(test_of_a_network),
		cmocka_unit_test(test_nobody_keeps_another_out),
		cmocka_unit_test(test_success_is_no_failure),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_any_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
