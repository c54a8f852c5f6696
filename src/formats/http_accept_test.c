#include "formats/http_accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct http_type open_metrics = {"application", "openmetrics-text", "1.0.0"},
			      plain = {"text", "plain", "0.0.4"};

static void check(const char *field, unsigned want_open, unsigned want_plain)
{
	assert_int_equal(http_accept_weight(slice_of(field), &open_metrics), want_open);
	assert_int_equal(http_accept_weight(slice_of(field), &plain), want_plain);
}

static void test_scrapers(void **state)
{
	(void)state;
	/* Prometheus 2.42 and 2.55 */
	check("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version="
	      "0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		1000, 500);
	check("application/openmetrics-text; version=1.0.0; charset=utf-8;q=0.5, "
	      "text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		500, 300);
	check("*/*", 1000, 1000);
	check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 800, 800);
	check("text/plain", 0, 1000);
	check("", 1000, 1000);
	check("  ", 1000, 1000);
}

static void test_exactness(void **state)
{
	(void)state;
	check("text/*;q=0.3, text/plain;q=0, */*;q=0.9", 900, 0);
	check("text/plain;q=0, text/*;q=0.3", 0, 0);
	check("TEXT/Plain ; Q=0.125", 0, 125);
	check("text/plain;q=0.2,text/plain;q=0.7", 0, 700);
	check("text/plain;version=\"0.0.4\"", 0, 1000);
	check("text/plain;version=9", 0, 0);
	check("application/openmetrics-text;version=0.0.1", 0, 0);
	check("application/openmetrics-text;version=0.0.1, */*;q=0.1", 100, 100);
	check("a/b;x=\"text/plain, */*\";q=0.4", 0, 0);
	check("a/b;x=\"\\\", \", text/plain", 0, 1000);
}

static void test_nonsense(void **state)
{
	(void)state;
	check("text", 0, 0);
	check("*/plain", 0, 0);
	check("/", 0, 0);
	check(",,;;,", 0, 0);
	check("text/plain;q=2", 0, 0);
	check("text/plain;q=1.5", 0, 0);
	check("text/plain;q=-1", 0, 0);
	check("text/plain;q=0.1234", 0, 0);
	check("text/plain;q=", 0, 0);
	check("text/plain;q=1.000", 0, 1000);
	check("\"", 0, 0);
	check("\"\\", 0, 0);
	assert_int_equal(http_accept_weight((struct slice){0}, &plain), HTTP_ACCEPT_MOST);
	assert_int_equal(http_accept_weight((struct slice){"a\0,text/plain", 13}, &plain), 1000);
}

static unsigned plain_behind(unsigned others)
{
	char field[(size_t)HTTP_ACCEPT_RANGES * 4 + 40];
	size_t n = 0;

	for (unsigned i = 0; i < others; i++)
		n += (size_t)snprintf(field + n, sizeof(field) - n, "a/b,");
	(void)snprintf(field + n, sizeof(field) - n, "text/plain");
	return http_accept_weight(slice_of(field), &plain);
}

/* What stands behind too many ranges is not looked for. */
static void test_many(void **state)
{
	(void)state;
	assert_int_equal(plain_behind(HTTP_ACCEPT_RANGES - 1), 1000);
	assert_int_equal(plain_behind(HTTP_ACCEPT_RANGES), 0);
}

static unsigned gzip(const char *field)
{
	return http_accept_coding(slice_of(field), "gzip");
}

static void test_codings(void **state)
{
	(void)state;
	assert_int_equal(gzip("gzip, deflate, br, zstd"), 1000);
	assert_int_equal(gzip("GZIP"), 1000);
	assert_int_equal(gzip("br;q=1.0, gzip ; q=0.8, *;q=0.1"), 800);
	assert_int_equal(gzip("*;q=0.1, gzip;q=0.8"), 800);
	assert_int_equal(gzip("*"), 1000);
	assert_int_equal(gzip("*, gzip;q=0"), 0);
	assert_int_equal(gzip("gzip;q=0, *"), 0);
	assert_int_equal(gzip("gzip;q=0, gzip"), 1000);
	assert_int_equal(gzip("gzip;q=0"), 0);
	assert_int_equal(gzip("gzip;q=x"), 0);
	assert_int_equal(gzip(""), 0);
	assert_int_equal(gzip("identity"), 0);
	assert_int_equal(gzip("xgzip, gzipx"), 0);
	assert_int_equal(gzip(",;,\"gzip"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scrapers),
		cmocka_unit_test(test_exactness),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_codings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
