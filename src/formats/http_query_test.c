#include "formats/http_query.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct http_query query;

static void check(const char *raw, const char *name, const char *want)
{
	assert_int_equal(http_query_read(slice_of(raw), &query), 0);
	const char *value = http_query_value(&query, name);
	if (want == NULL)
		assert_null(value);
	else
		assert_string_equal(value, want);
}

static void test_pairs(void **state)
{
	(void)state;
	check("", "a", NULL);
	assert_int_equal(query.count, 0);
	check("a=1&b=2", "a", "1");
	check("a=1&b=2", "b", "2");
	check("a=1&b=2", "c", NULL);
	check("a", "a", "");
	check("a=", "a", "");
	check("a=b=c", "a", "b=c");
	check("&&a=1&", "a", "1");
	check("source=mailbox%3Aann%40shop.test", "source", "mailbox:ann@shop.test");
	check("q=two+words%2B", "q", "two words+");
	check("q=caf%C3%a9", "q", "caf\xc3\xa9");
	check("q=%2525", "q", "%25"); /* once */
	check("%61=1", "a", "1");
	check("q=a%26b", "q", "a&b");
}

static void refused(const char *raw, int want)
{
	assert_int_equal(http_query_read(slice_of(raw), &query), want);
	assert_int_equal(query.count, 0);
	assert_null(http_query_value(&query, "a"));
}

static void test_refused(void **state)
{
	static const char *const wrong[] = {"=1", "a=1&a=2", "a=1&%61=2", "a=%", "a=%4", "a=%zz",
		"a=%00", "a=%0a", "a=%7f", "a=\x01", "a=%ff", "a=%c0%80", "a=%ed%a0%80", "a=1&b=%"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refused(wrong[i], -EINVAL);
	assert_int_equal(http_query_read((struct slice){"a\0=1", 4}, &query), -EINVAL);
}

static void test_bounds(void **state)
{
	char raw[HTTP_QUERY_BYTES + 2];
	int n = 0;

	(void)state;
	for (int i = 0; i < HTTP_QUERY_PAIRS; i++)
		n += snprintf(raw + n, sizeof(raw) - (size_t)n, "%c&", 'a' + i);
	check(raw, "p", "");
	(void)snprintf(raw + n, sizeof(raw) - (size_t)n, "z");
	refused(raw, -E2BIG);
	memset(raw, 'a', sizeof(raw));
	raw[HTTP_QUERY_BYTES] = '\0';
	check(raw, "a", NULL);
	assert_int_equal(query.count, 1);
	raw[HTTP_QUERY_BYTES] = 'a';
	raw[HTTP_QUERY_BYTES + 1] = '\0';
	refused(raw, -E2BIG);
	for (size_t i = 0; i < HTTP_QUERY_BYTES; i++)
		raw[i] = i % 2 == 0 ? 'a' : '&';
	raw[HTTP_QUERY_BYTES] = '\0';
	refused(raw, -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
