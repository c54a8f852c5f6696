#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>

#include <cmocka.h>

static void a_copy_is_kept(void **state)
{
	char text[] = "correct horse";
	AUTO(secret) secret = secret_new(slice_of(text));

	(void)state;
	secret_wipe(text, sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		assert_int_equal(text[i], 0);
	assert_string_equal(secret_text(secret), "correct horse");
	assert_int_equal(secret_slice(secret).len, strlen("correct horse"));
}

static void who_has_one_is_not_dumped(void **state)
{
	(void)state;
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	AUTO(secret) secret = secret_make();

	assert_non_null(secret);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}

static void what_cannot_be_typed_is_none(void **state)
{
	char text[SECRET_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_null(secret_new((struct slice){text, sizeof(text)}));
	AUTO(secret) longest = secret_new((struct slice){text, SECRET_MAX});
	assert_non_null(longest);
	text[3] = '\0';
	assert_null(secret_new((struct slice){text, 10}));
}

static void new_ones_can_be_read_aloud_and_differ(void **state)
{
	AUTO(secret) other = secret_make();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		AUTO(secret) secret = secret_make();
		const char *text = secret_text(secret);

		assert_string_not_equal(text, secret_text(other));
		assert_int_equal(strlen(text), 24);
		assert_null(strpbrk(text, "0Oo1lIi2Zz5Ss8Buv"));
		assert_int_equal(strspn(text, "abcdefghjkmnpqrtwxyACDEFGHJKLMNPQRTUWXY34679-"), 24);
		assert_non_null(strpbrk(text, "34679"));
		assert_non_null(strpbrk(text, "abcdefghjkmnpqrtwxy"));
		assert_non_null(strpbrk(text, "ACDEFGHJKLMNPQRTUWXY"));
		for (size_t at = 4; at < 24; at += 5)
			assert_int_equal(text[at], '-');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_kept),
		cmocka_unit_test(who_has_one_is_not_dumped),
		cmocka_unit_test(what_cannot_be_typed_is_none),
		cmocka_unit_test(new_ones_can_be_read_aloud_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
