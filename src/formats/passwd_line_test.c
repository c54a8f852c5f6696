#include "formats/passwd_line.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_line(const char *text, const char *user, const char *password, const char *extra)
{
	struct passwd_line line;

	assert_true(passwd_line_read(slice_of(text), &line));
	assert_true(slice_is(line.user, user));
	assert_true(slice_is(line.extra, extra));
	if (password == NULL) {
		assert_null(line.password.at);
		return;
	}
	assert_non_null(line.password.at);
	assert_true(slice_is(line.password, password));
}

static void test_fields(void **state)
{
	(void)state;
	check_line("ann", "ann", NULL, "");
	check_line("ann:", "ann", "", "");
	check_line("ann:x", "ann", "x", "");
	check_line("ann:x\r", "ann", "x", "");
	check_line("ann@shop.test:{PLAIN}a b::::::", "ann@shop.test", "{PLAIN}a b", "");
	check_line("ann:x:1:2:g:/home:/sh:userdb_quota_rule=*:storage=1G a=b", "ann", "x",
		"userdb_quota_rule=*:storage=1G a=b");
	check_line(" ann:x", " ann", "x", "");
}

static void test_no_users(void **state)
{
	struct passwd_line line;

	(void)state;
	assert_false(passwd_line_read(slice_of(""), &line));
	assert_false(passwd_line_read(slice_of("\r"), &line));
	assert_false(passwd_line_read(slice_of("#ann:x"), &line));
	assert_false(passwd_line_read(slice_of(":x"), &line));
}

static void test_extra(void **state)
{
	struct passwd_line line;

	(void)state;
	assert_true(
		passwd_line_read(slice_of("a:::::::x=nopassword  nopasswordx\tpass=1 b"), &line));
	assert_true(passwd_line_has_extra(&line, "pass"));
	assert_true(passwd_line_has_extra(&line, "x"));
	assert_true(passwd_line_has_extra(&line, "b"));
	assert_false(passwd_line_has_extra(&line, "nopassword"));
	assert_true(passwd_line_read(slice_of("a:::::::q nopassword=y"), &line));
	assert_true(passwd_line_has_extra(&line, "nopassword"));
	assert_true(passwd_line_read(slice_of("a::nopassword:::::"), &line));
	assert_false(passwd_line_has_extra(&line, "nopassword"));
}

static bool is_locked(const char *text)
{
	struct passwd_line line;

	assert_true(passwd_line_read(slice_of(text), &line));
	return passwd_line_is_locked(&line);
}

static void test_locked(void **state)
{
	(void)state;
	assert_true(is_locked("a:"));
	assert_true(is_locked("a:!$6$a$b:"));
	assert_true(is_locked("a:*:"));
	assert_true(is_locked("a:{CRYPT}"));
	assert_true(is_locked("a:{CRYPT}!"));
	assert_true(is_locked("a:{SHA512-CRYPT}!$6$a"));
	assert_true(is_locked("a:{SHA512-CRYPT}*"));
	assert_false(is_locked("a:{PLAIN}!x"));
	assert_false(is_locked("a:{x"));
	assert_false(is_locked("a:$6$a$b"));
	assert_false(is_locked("a:x"));
}

static int find(struct slice text, const char *user)
{
	struct passwd_line line = {0};
	struct problem p = {0};
	int err = passwd_text_find(text, slice_of(user), &line, &p);

	assert_true((err == 0) == (p.text[0] == '\0'));
	assert_true(err != 0 || slice_is(line.password, "x"));
	return err;
}

static void test_find(void **state)
{
	const struct slice text = slice_of("# ann:y\n\nann:x\r\n:z\njoann:y\nann2:y\nbad\nbob:x:1\n"
					   "twice:x\nAnn:y\ntwice:x\ncarl:x");
	const char with_nul[] = "ann:x\0y\nbob:x\ndo\0ra:y\n";

	(void)state;
	assert_int_equal(find(text, "ann"), 0);
	assert_int_equal(find(text, "bob"), 0);
	assert_int_equal(find(text, "carl"), 0);
	assert_int_equal(find(text, "twice"), -EEXIST);
	assert_int_equal(find(text, "bad"), -EBADMSG);
	assert_int_equal(find(text, "an"), -ENOENT);
	assert_int_equal(find(text, ""), -ENOENT);
	assert_int_equal(find(text, "# ann"), -ENOENT);
	assert_int_equal(find(text, "ann:x"), -ENOENT);
	assert_int_equal(find(slice_of(""), "ann"), -ENOENT);
	assert_int_equal(find((struct slice){with_nul, sizeof(with_nul) - 1}, "ann"), -EBADMSG);
	assert_int_equal(find((struct slice){with_nul, sizeof(with_nul) - 1}, "bob"), 0);
	assert_int_equal(find((struct slice){with_nul, sizeof(with_nul) - 1}, "do"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_no_users),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
