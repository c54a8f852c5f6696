#include "formats/page_users.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOKEN  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdee"
#define SECRET "$y$j9T$abcdefgh$ijklmnop"
#define FORTY  "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"

static void test_lines(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} rows[] = {
		{"", true},
		{"\n\n# ann:x\n", true},
		{"ann:reader:password:" SECRET "\n", true},
		{"ann:reader:password:" SECRET, true},
		{"ann:operator:proxy:\n", true},
		{"ann@shop.test:operator:proxy:\n", true},
		{FORTY ":operator:proxy:\n", true},
		{FORTY "d:operator:proxy:\n", false},
		{"r-1_2+3:reader:token:" TOKEN "\n", true},
		{"r:reader:token:" TOKEN "0\n", false},
		{"r:reader:token:0123\n", false},
		{"r:reader:token:G123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
			false},
		{"ann:reader:proxy\n", false},
		{"ann:reader:proxy:x\n", false},
		{"ann:reader:password:\n", false},
		{"ann:reader:password:plainpassword\n", false},
		{"ann:reader:password:$y$j9T$a b$cdefgh\n", false},
		{"ann:reader:password:" SECRET ":more\n", false},
		{"ann:reader:password:" SECRET "\r\n", false},
		{"ann:root:proxy:\n", false},
		{"ann:reader:sesame:\n", false},
		{":reader:proxy:\n", false},
		{"-ann:reader:proxy:\n", false},
		{"--yes:reader:proxy:\n", false},
		{"a nn:reader:proxy:\n", false},
		{"\xc3\xa4nn:reader:proxy:\n", false},
		{" ann:reader:proxy:\n", false},
		{"ann:reader:proxy:\nbob:reader:proxy:\n", true},
		{"ann:reader:proxy:\nbob:reader:proxy:\nann:operator:proxy:\n", false},
		{"ann:reader:proxy:\nAnn:reader:proxy:\n", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem p = {0};
		int err = page_users_check(slice_of(rows[i].text), &p);

		if ((err == 0) != rows[i].is_good)
			fail_msg("\"%s\": got %d", rows[i].text, err);
		assert_true(err == 0 || err == -EBADMSG);
		assert_int_equal(err == 0, p.text[0] == '\0');
		assert_null(strstr(p.text, SECRET));
	}
	assert_int_equal(
		page_users_check((struct slice){"ann:reader:proxy:\n\0", 19}, NULL), -EBADMSG);
	assert_int_equal(
		page_users_check((struct slice){"a\0n:reader:proxy:\n", 18}, NULL), -EBADMSG);
	assert_int_equal(page_users_check((struct slice){"# \0\n", 4}, NULL), -EBADMSG);
}

static void test_problem_names_the_line(void **state)
{
	struct problem p = {0};

	(void)state;
	assert_int_equal(
		page_users_check(slice_of("# x\n\nann:reader:proxy:\nbob\n"), &p), -EBADMSG);
	assert_non_null(strstr(p.text, "line 4"));
	assert_int_equal(
		page_users_check(slice_of("ann:reader:proxy:\nann:reader:proxy:\n"), &p), -EBADMSG);
	assert_non_null(strstr(p.text, "line 2"));
}

static void test_too_many(void **state)
{
	char text[PAGE_USERS_MOST * 24 + 64];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < PAGE_USERS_MOST; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "u%d:reader:proxy:\n", i);
	assert_int_equal(page_users_check((struct slice){text, len}, NULL), 0);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "one:reader:proxy:\n");
	assert_int_equal(page_users_check((struct slice){text, len}, NULL), -EBADMSG);
}

static void test_find(void **state)
{
	const struct slice text = slice_of("# bob:operator:proxy:\nann:operator:password:" SECRET
					   "\nrobot:reader:token:" TOKEN "\ncarl:reader:proxy:");
	struct page_user user;

	(void)state;
	assert_true(page_users_find(text, slice_of("ann"), &user));
	assert_int_equal(user.role, PAGE_OPERATOR);
	assert_int_equal(user.way, PAGE_PASSWORD);
	assert_true(slice_is(user.hash, SECRET));
	assert_true(page_users_find(text, slice_of("carl"), &user));
	assert_int_equal(user.way, PAGE_PROXY);
	assert_int_equal(user.hash.len, 0);
	assert_false(page_users_find(text, slice_of("bob"), &user));
	assert_false(page_users_find(text, slice_of("an"), &user));
	assert_false(page_users_find(text, slice_of(""), &user));
	assert_true(page_users_find_token(text, TOKEN, &user));
	assert_true(slice_is(user.name, "robot"));
	assert_int_equal(user.role, PAGE_READER);
	assert_false(page_users_find_token(text, OTHER, &user));
}

static void test_token_hash(void **state)
{
	char hash[PAGE_TOKEN_HASH], other[PAGE_TOKEN_HASH], line[128];
	struct page_user user;

	(void)state;
	page_users_token_hash(slice_of("stanch_1"), hash);
	page_users_token_hash(slice_of("stanch_2"), other);
	assert_string_not_equal(hash, other);
	(void)snprintf(line, sizeof(line), "robot:reader:token:%s\n", hash);
	assert_int_equal(page_users_check(slice_of(line), NULL), 0);
	assert_true(page_users_find_token(slice_of(line), hash, &user));
	assert_false(page_users_find_token(slice_of(line), other, &user));
}

static void check_put(const char *text, const struct page_user *user, const char *want)
{
	char *made = page_users_put(slice_of(text), user);

	assert_string_equal(made, want);
	assert_int_equal(page_users_check(slice_of(made), NULL), 0);
	free(made);
}

static void test_put(void **state)
{
	const struct page_user ann = {.name = slice_of("ann"),
		.role = PAGE_OPERATOR,
		.way = PAGE_PASSWORD,
		.hash = slice_of(SECRET)};

	(void)state;
	check_put("", &ann, "ann:operator:password:" SECRET "\n");
	check_put("# x\n\n", &ann, "# x\n\nann:operator:password:" SECRET "\n");
	check_put(
		"bob:reader:proxy:", &ann, "bob:reader:proxy:\nann:operator:password:" SECRET "\n");
	check_put("ann:reader:proxy:\n# y\nbob:reader:proxy:\n", &ann,
		"ann:operator:password:" SECRET "\n# y\nbob:reader:proxy:\n");
	check_put("# y\nann:reader:proxy:", &ann, "# y\nann:operator:password:" SECRET);
}

static void check_remove(const char *text, const char *name, const char *want)
{
	char *made = page_users_remove(slice_of(text), slice_of(name));

	if (want == NULL)
		assert_null(made);
	else
		assert_string_equal(made, want);
	free(made);
}

static void test_remove(void **state)
{
	(void)state;
	check_remove(
		"ann:reader:proxy:\n# y\nbob:reader:proxy:\n", "ann", "# y\nbob:reader:proxy:\n");
	check_remove(
		"ann:reader:proxy:\n# y\nbob:reader:proxy:", "bob", "ann:reader:proxy:\n# y\n");
	check_remove("ann:reader:proxy:\n", "ann", "");
	check_remove("ann:reader:proxy:\n", "an", NULL);
	check_remove("", "ann", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_problem_names_the_line),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_token_hash),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
