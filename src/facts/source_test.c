#include "facts/source.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_one_form(void **state)
{
	static const struct {
		enum source_kind kind;
		const char *name, *want;
	} rows[] = {
		{SOURCE_MAILBOX, "Ann@Shop.TEST", "mailbox:ann@shop.test"},
		{SOURCE_MAILBOX, "ann+news@shop.test", "mailbox:ann@shop.test"},
		{SOURCE_MAILBOX, "ann+a+b@shop.test", "mailbox:ann@shop.test"},
		{SOURCE_MAILBOX, "+tag@shop.test", "mailbox:+tag@shop.test"},
		{SOURCE_MAILBOX, "ann+shop.test", "mailbox:ann+shop.test"},
		{SOURCE_MAILBOX, "bob", "mailbox:bob"},
		{SOURCE_LOGIN, "WWW+x@y", "login:WWW+x@y"},
		{SOURCE_HOST, "2001:db8::1", "host:2001:db8::1"},
		{SOURCE_MAILBOX, "a\x1b[2J\\\xff@x", "mailbox:a\\x1b[2j\\\\\\xff@x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source s, again;
		char text[SOURCE_TEXT_MAX];
		source_set(&s, rows[i].kind, slice_of(rows[i].name));
		assert_string_equal(source_text(&s, text), rows[i].want);
		/* what was printed can be typed */
		assert_int_equal(source_parse(slice_of(text), &again), 0);
		assert_true(source_equal(&s, &again));
		assert_int_equal(source_hash(&s), source_hash(&again));
	}
}

static void test_parse(void **state)
{
	static const struct {
		const char *typed;
		int want;
		enum source_kind kind;
		const char *name;
	} rows[] = {
		{"ann@shop.test", 0, SOURCE_MAILBOX, "ann@shop.test"},
		{"mailbox:bob", 0, SOURCE_MAILBOX, "bob"},
		{"login:www-data", 0, SOURCE_LOGIN, "www-data"},
		{"host:::1", 0, SOURCE_HOST, "::1"},
		{"bounce:local", 0, SOURCE_BOUNCE, "local"},
		{"a:b@c", 0, SOURCE_MAILBOX, "a:b@c"},
		{"bob", -EINVAL, 0, NULL},
		{"mailbox:", -EINVAL, 0, NULL},
		{"mailbx:bob", -EINVAL, 0, NULL},
		{"unknown:x", -EINVAL, 0, NULL},
		{"mailbox:a\\q", -EINVAL, 0, NULL},
		{"", -EINVAL, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source s = {.kind = SOURCE_SCRIPT};
		assert_int_equal(source_parse(slice_of(rows[i].typed), &s), rows[i].want);
		assert_int_equal(s.kind, rows[i].want == 0 ? rows[i].kind : SOURCE_SCRIPT);
		if (rows[i].want == 0)
			assert_string_equal(s.name, rows[i].name);
	}
}

/* Two names that differ only behind the longest kept byte are two sources. */
static void test_long_names(void **state)
{
	char a[600], b[600];
	struct source x, y;

	(void)state;
	memset(a, 'a', sizeof(a));
	memset(b, 'a', sizeof(b));
	b[599] = 'b';
	source_set(&x, SOURCE_MAILBOX, (struct slice){a, sizeof(a)});
	source_set(&y, SOURCE_MAILBOX, (struct slice){b, sizeof(b)});
	assert_int_equal(x.len, SOURCE_NAME_MAX);
	assert_false(source_equal(&x, &y));
	source_set(&y, SOURCE_MAILBOX, (struct slice){a, sizeof(a)});
	assert_true(source_equal(&x, &y));
	source_set(&y, SOURCE_MAILBOX, (struct slice){a, SOURCE_NAME_MAX});
	assert_int_equal(y.len, SOURCE_NAME_MAX);
	assert_int_equal(y.name[SOURCE_NAME_MAX - 1], 'a');
}

static void test_kinds_differ(void **state)
{
	struct source x, y;

	(void)state;
	source_set(&x, SOURCE_MAILBOX, slice_of("bob"));
	source_set(&y, SOURCE_LOGIN, slice_of("bob"));
	assert_false(source_equal(&x, &y));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_form),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_kinds_differ),
	};
	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
