#include "facts/networks.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct network find(struct networks *n, const char *ip)
{
	struct address a;

	assert_int_equal(address_parse(slice_of(ip), &a), 0);
	return networks_find(n, &a);
}

static void test_addresses(void **state)
{
	static const char *const bad[] = {"", "192.0.2", "192.0.2.256", "192.0.2.1 ", "x",
		"2001:db8", "192.0.2.1/24", "::1%lo", "1.2.3.4.5",
		"2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"};
	static const struct {
		const char *text;
		bool near;
	} good[] = {{"192.0.2.1", false}, {"127.0.0.1", true}, {"10.1.2.3", true},
		{"172.16.0.1", true}, {"172.32.0.1", false}, {"192.168.9.9", true},
		{"169.254.1.1", true}, {"::1", true}, {"fe80::1", true}, {"fd00::1", true},
		{"2001:db8::1", false}, {"8.8.8.8", false}, {"::ffff:10.0.0.1", true}};
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(address_parse(slice_of(bad[i]), &a), -EINVAL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(address_parse(slice_of(good[i].text), &a), 0);
		assert_int_equal(address_is_near(&a), good[i].near);
	}
}

static void test_texts(void **state)
{
	static const char *const texts[] = {
		"192.0.2.1", "0.0.0.0", "::", "::1", "2001:db8::1", "2001:db8:1:2:3:4:5:6"};
	char at[ADDRESS_TEXT_MAX];
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(address_parse(slice_of(texts[i]), &a), 0);
		assert_string_equal(address_text(&a, at), texts[i]);
	}
	assert_int_equal(address_parse(slice_of("::ffff:192.0.2.1"), &a), 0);
	assert_string_equal(address_text(&a, at), "192.0.2.1");
}

static bool same(const char *a, const char *b)
{
	struct address one, other;

	assert_int_equal(address_parse(slice_of(a), &one), 0);
	assert_int_equal(address_parse(slice_of(b), &other), 0);
	return address_same_holder(&one, &other);
}

static void test_holders(void **state)
{
	(void)state;
	assert_true(same("192.0.2.1", "192.0.2.1"));
	assert_false(same("192.0.2.1", "192.0.2.2"));
	assert_true(same("2001:db8:0:1::1", "2001:db8:0:1:ffff::"));
	assert_false(same("2001:db8:0:1::1", "2001:db8:0:2::1"));
	assert_false(same("::1", "127.0.0.1"));
	assert_false(same("127.0.0.1", "::1"));
}

static void test_without_a_table(void **state)
{
	(void)state;
	assert_int_equal(find(NULL, "192.0.2.1").key, find(NULL, "192.0.77.9").key);
	assert_int_not_equal(find(NULL, "192.0.2.1").key, find(NULL, "192.1.2.1").key);
	assert_int_equal(find(NULL, "2001:db8::1").key, find(NULL, "2001:db8:ffff::1").key);
	assert_int_not_equal(find(NULL, "2001:db8::1").key, find(NULL, "2001:db9::1").key);
	assert_int_equal(find(NULL, "192.0.2.1").country, 0);
	assert_false(find(NULL, "192.0.2.1").is_named);
	assert_int_not_equal(find(NULL, "192.0.2.1").key, 0);
}

static void test_longest_prefix(void **state)
{
	AUTO(networks) n = networks_new();
	struct address a;
	char at[NETWORK_TEXT];

	(void)state;
	assert_int_equal(networks_add(n, slice_of("198.51.100.64/26"), 3, slice_of("fr")), 0);
	assert_int_equal(networks_add(n, slice_of("198.51.0.0/16"), 1, slice_of("de")), 0);
	assert_int_equal(networks_add(n, slice_of("198.51.100.0/24"), 2, slice_of("nl")), 0);
	assert_int_equal(networks_add(n, slice_of("2001:db8::/32"), 4, slice_of("se")), 0);
	assert_int_equal(networks_add(n, slice_of("2001:db8:1::/48"), 5, slice_of("")), 0);
	assert_int_equal(networks_count(n), 5);

	const struct network wide = find(n, "198.51.1.1"), middle = find(n, "198.51.100.1"),
			     narrow = find(n, "198.51.100.65"), other = find(n, "198.52.0.1");
	assert_true(wide.is_named && middle.is_named && narrow.is_named);
	assert_false(other.is_named);
	assert_true(wide.key != middle.key && middle.key != narrow.key && wide.key != narrow.key);
	assert_true(wide.country != middle.country && middle.country != narrow.country);
	assert_int_equal(find(n, "198.51.100.128").key, middle.key); /* behind the narrow one */
	assert_int_equal(find(n, "198.51.101.0").key, wide.key);
	assert_int_equal(find(n, "2001:db8:2::1").country != 0, 1);
	assert_int_equal(find(n, "2001:db8:1::1").country, 0);
	assert_int_not_equal(find(n, "2001:db8:1::1").key, find(n, "2001:db8:2::1").key);
	assert_int_equal(address_parse(slice_of("198.51.100.65"), &a), 0);
	assert_non_null(strstr(networks_text(n, &a, at), "AS3"));
}

/* Two networks of the same number are one: a provider has many prefixes. */
static void test_same_number(void **state)
{
	AUTO(networks) n = networks_new();

	(void)state;
	assert_int_equal(networks_add(n, slice_of("198.51.100.0/24"), 7, slice_of("de")), 0);
	assert_int_equal(networks_add(n, slice_of("203.0.113.0/24"), 7, slice_of("de")), 0);
	assert_int_equal(find(n, "198.51.100.1").key, find(n, "203.0.113.1").key);
}

static void test_bad_rows(void **state)
{
	static const char *const bad[] = {"", "198.51.100.0/33", "198.51.100.0/-1", "198.51.100.0/",
		"x/8", "2001:db8::/129", "198.51.100.0/2x"};
	AUTO(networks) n = networks_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(networks_add(n, slice_of(bad[i]), 1, slice_of("de")), -EINVAL);
	assert_int_equal(
		networks_add(n, slice_of("198.51.100.0/24"), 1, slice_of("ninebytes")), -EINVAL);
	assert_int_equal(networks_count(n), 0);
	assert_int_equal(networks_add(n, slice_of("0.0.0.0/0"), 9, slice_of("")), 0);
	assert_true(find(n, "8.8.8.8").is_named);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_holders),
		cmocka_unit_test(test_without_a_table),
		cmocka_unit_test(test_longest_prefix),
		cmocka_unit_test(test_same_number),
		cmocka_unit_test(test_bad_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
