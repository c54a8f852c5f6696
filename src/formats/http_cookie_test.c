#include "formats/http_cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *field, const char *want)
{
	struct slice value = {0};

	if (want == NULL) {
		assert_false(http_cookie_find(slice_of(field), "stanch", &value));
		return;
	}
	assert_true(http_cookie_find(slice_of(field), "stanch", &value));
	assert_true(slice_is(value, want));
}

static void test_found(void **state)
{
	(void)state;
	check("stanch=abc", "abc");
	check("a=1; stanch=abc; b=2", "abc");
	check("a=1;stanch=abc;", "abc");
	check("stanch=", "");
	check("stanch=a=b", "a=b");
	check("xstanch=1; stanch=2; stanchx=3", "2");
}

static void test_none(void **state)
{
	(void)state;
	check("", NULL);
	check("stanch", NULL);
	check("Stanch=abc", NULL);
	check("a=stanch=abc", NULL);
	check("stanch=abc; stanch=abd", NULL);
	check("stanch=abc; stanch=abc", NULL);
	check("; ;=;", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
