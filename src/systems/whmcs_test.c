/* What WHMCS answers is tried beside a stand-in by tests/system/tell.sh. */
#include "systems/whmcs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void who_is_not_there_is_asked_again(void **state)
{
	struct secret *secret = secret_new(slice_of("hidden"));
	const struct whmcs w = {.url = "http://127.0.0.1:1/includes/api.php",
		.identifier = "ident",
		.secret = secret,
		.accesskey = secret,
		.server = "mx",
		.admin = "robot",
		.department = 3,
		.time_ms = 1000};
	const struct whmcs_owner whose = {1, 1};
	struct whmcs_owner owner;
	struct whmcs_ticket ticket;
	struct problem problem = {0};

	(void)state;
	assert_int_equal(whmcs_find_owner(&w, "a.test", "panel", &owner, &problem), -EAGAIN);
	assert_int_equal(whmcs_open_ticket(&w, &whose, "[m]", slice_of("[m] a"), slice_of("b"),
				 &ticket, &problem),
		-EAGAIN);
	assert_int_equal(whmcs_find_answer(&w, 1, "[m]", &problem), -EAGAIN);
	assert_int_equal(whmcs_answer_ticket(&w, 1, slice_of("b"), &problem), -EAGAIN);
	assert_int_equal(
		whmcs_send_template(&w, &whose, "name", slice_of("YTowOnt9"), &problem), -EAGAIN);
	assert_null(strstr(problem.text, "hidden"));
	secret_free(secret);
}

static void long_messages_are_not_sent(void **state)
{
	static char text[WHMCS_MESSAGE_MAX + 2];
	const struct whmcs w = {.url = "http://127.0.0.1:1/", .time_ms = 1000};
	struct problem problem = {0};

	(void)state;
	memset(text, 'a', WHMCS_MESSAGE_MAX + 1);
	assert_int_equal(whmcs_answer_ticket(&w, 1, slice_of(text), &problem), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_not_there_is_asked_again),
		cmocka_unit_test(long_messages_are_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
