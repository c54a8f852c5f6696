#include "facts/episode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT (INT64_C(1795436837) * 1000000)

static void test_fading(void **state)
{
	struct episode e = {.dead = 8, .strangers = 100, .network_level = 5, .messages = 7};

	(void)state;
	e.notes[3].bits = 12;
	episode_fade(&e, AT);
	assert_true(e.dead == 8); /* the first time only sets the clock */
	episode_fade(&e, AT + 1000000);
	assert_true(e.dead == 8);
	episode_fade(&e, AT + EPISODE_HALF_US);
	assert_true(e.dead > 3.99F && e.dead < 4.01F);
	assert_true(e.notes[3].bits > 5.99F && e.notes[3].bits < 6.01F);
	assert_true(e.strangers > 49.9F && e.strangers < 50.1F);
	assert_true(e.network_level == 5); /* does not fade while it is used */
	assert_int_equal(e.messages, 7);
	episode_fade(&e, AT); /* a line that comes late */
	assert_true(e.dead > 3.99F && e.dead < 4.01F);
}

static void test_refusers(void **state)
{
	struct episode e = {0};

	(void)state;
	for (uint32_t i = 1; i <= 10; i++)
		assert_int_equal(
			episode_refused_by(&e, i), i < EPISODE_REFUSERS ? i : EPISODE_REFUSERS);
	assert_int_equal(episode_refused_by(&e, 2), EPISODE_REFUSERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fading),
		cmocka_unit_test(test_refusers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
