#include "facts/hosted_domains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_table(void **state)
{
	struct hosted_domains h = {0};
	char name[32];

	(void)state;
	assert_int_equal(hosted_domains_find(&h, slice_of("shop.test")), HOSTED_UNKNOWN);
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "shop%u.test", i);
		hosted_domains_set(&h, slice_of(name), i % 2 == 0 ? HOSTED_YES : HOSTED_NO);
	}
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "SHOP%u.test", i);
		assert_int_equal(hosted_domains_find(&h, slice_of(name)),
			i % 2 == 0 ? HOSTED_YES : HOSTED_NO);
	}
	assert_int_equal(hosted_domains_find(&h, slice_of("other.test")), HOSTED_UNKNOWN);
	assert_int_equal(hosted_domains_find(&h, slice_of("")), HOSTED_UNKNOWN);
	h.is_complete = true;
	assert_int_equal(hosted_domains_find(&h, slice_of("other.test")), HOSTED_NO);
	assert_int_equal(hosted_domains_find(&h, slice_of("")), HOSTED_UNKNOWN);
	hosted_domains_set(&h, slice_of("shop1.test"), HOSTED_YES);
	assert_int_equal(hosted_domains_find(&h, slice_of("shop1.test")), HOSTED_YES);
	assert_int_equal(h.count, 5000);
	hosted_domains_free(&h);
}

static void test_complete_and_empty(void **state)
{
	struct hosted_domains h = {.is_complete = true};

	(void)state;
	assert_int_equal(hosted_domains_find(&h, slice_of("shop.test")), HOSTED_NO);
	hosted_domains_set(&h, slice_of("shop.test"), HOSTED_YES);
	assert_int_equal(hosted_domains_find(&h, slice_of("shop.test")), HOSTED_YES);
	assert_int_equal(hosted_domains_find(&h, slice_of("x.test")), HOSTED_NO); /* still, grown */
	hosted_domains_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_complete_and_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
