#include "programs/daemon/put_off.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct source mailbox(const char *name)
{
	struct source s;

	source_set(&s, SOURCE_MAILBOX, slice_of(name));
	return s;
}

static void test_again(void **state)
{
	AUTO(put_off) p = put_off_new();
	struct source ann = mailbox("ann@shop.test"), bob = mailbox("bob@shop.test");
	struct slice one = slice_of("one@far.test"), other = slice_of("other@far.test");

	(void)state;
	assert_false(put_off_ends(p, &ann, one));
	assert_false(put_off_again(p, &ann, one));
	assert_true(put_off_again(p, &ann, one));
	assert_false(put_off_again(p, &ann, other));
	assert_false(put_off_again(p, &bob, one));
	assert_true(put_off_ends(p, &ann, one));
	assert_false(put_off_ends(p, &ann, one));
	assert_true(put_off_again(p, &ann, other));
	assert_false(put_off_again(p, &ann, one));
}

/* Of a tenth of its room hardly any is forgotten; and none that was never there is known. */
static void test_many(void **state)
{
	AUTO(put_off) p = put_off_new();
	struct source ann = mailbox("ann@shop.test");
	char name[64];
	unsigned again = 0;

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < PUT_OFF_MOST / 10; i++) {
			(void)snprintf(name, sizeof(name), "person%u@far.test", i);
			bool was_there = put_off_again(p, &ann, slice_of(name));

			assert_true(round == 1 || !was_there);
			again += was_there;
		}
	assert_true(again > PUT_OFF_MOST / 10 * 8 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
