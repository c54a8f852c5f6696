#include "formats/directadmin_reply.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct reply_case {
	const char *body;
	int want;
	const char *want_problem;
} reply_cases[] = {
	{"error=0&text=Done&details=", 0, ""},
	{"text=Done&error=0\n", 0, ""},
	{"error=1&text=Cannot+do+it&details=Bad%20password%0a", -EREMOTEIO,
		"DirectAdmin says no: Cannot do it: Bad password"},
	{"error=1&text=a%1bb", -EREMOTEIO, "DirectAdmin says no: a\\x1bb"},
	{"error=1", -EREMOTEIO, "DirectAdmin says that it failed, and not why"},
	{"error=", -EREMOTEIO, "DirectAdmin says that it failed, and not why"},
	{"text=Done", -EBADMSG,
		"DirectAdmin's answer cannot be understood: it does not say whether there was an "
		"error"},
	{"", -EBADMSG,
		"DirectAdmin's answer cannot be understood: it does not say whether there was an "
		"error"},
	{"<html>Login</html>", -EBADMSG,
		"DirectAdmin's answer cannot be understood: not pairs of name and value"},
	{"error=0&text=%4", -EBADMSG,
		"DirectAdmin's answer cannot be understood: not pairs of name and value"},
	{"error=0&=b", -EBADMSG,
		"DirectAdmin's answer cannot be understood: not pairs of name and value"},
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reply_cases) / sizeof(reply_cases[0]); i++) {
		struct problem problem = {0};
		int err = directadmin_reply_read(slice_of(reply_cases[i].body), &problem);

		if (err != reply_cases[i].want)
			fail_msg("%s: %d: %s", reply_cases[i].body, err, problem.text);
		assert_string_equal(problem.text, reply_cases[i].want_problem);
	}
}

static const struct find_case {
	const char *body;
	int want;
	bool want_suspended;
} find_cases[] = {
	{"bob=quota%3D0&ann=quota%3D10%26usage%3D1%2E5%26suspended%3Dno", 0, false},
	{"Ann=quota%3D10%26suspended%3DYes&bob=quota%3D1", 0, true},
	{"ann=quota%3D10", 0, false},
	{"annx=quota%3D10&an=quota%3D1", -ENOENT, false},
	{"", -ENOENT, false},
	{"error=1&text=Domain+does+not+belong+to+you", -EREMOTEIO, false},
	{"ann=quota%3D10&error=1&text=no", -EREMOTEIO, false},
	{"ann=something", -EBADMSG, false},
	{"<html><a href='x'>", -EBADMSG, false},
	{"ann", -EBADMSG, false},
};

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(find_cases) / sizeof(find_cases[0]); i++) {
		const struct find_case *c = &find_cases[i];
		struct problem problem = {0};
		bool suspended = false;
		int err = directadmin_mailbox_find(
			slice_of(c->body), slice_of("ann"), &suspended, &problem);

		if (err != c->want || suspended != c->want_suspended)
			fail_msg("%s: %d %s", c->body, err, problem.text);
	}
}

static void test_too_long(void **state)
{
	char *body = malloc(DIRECTADMIN_REPLY_MAX + 1);
	bool suspended;

	(void)state;
	assert_non_null(body);
	memset(body, 'a', DIRECTADMIN_REPLY_MAX + 1);
	struct slice s = {body, DIRECTADMIN_REPLY_MAX + 1};
	assert_int_equal(directadmin_reply_read(s, NULL), -EMSGSIZE);
	assert_int_equal(directadmin_mailbox_find(s, slice_of("ann"), &suspended, NULL), -EMSGSIZE);
	/* a value longer than any that is looked for is passed over */
	int len = snprintf(body, 20000, "text=%09000d&error=0", 0);
	assert_int_equal(directadmin_reply_read((struct slice){body, (size_t)len}, NULL), 0);
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
