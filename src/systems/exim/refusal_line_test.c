#include "systems/exim/refusal_line.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct source of(enum source_kind kind, const char *name)
{
	struct source s;

	source_set(&s, kind, slice_of(name));
	return s;
}

static void test_name(void **state)
{
	static const struct {
		enum source_kind kind;
		const char *name, *want;
	} rows[] = {
		{SOURCE_MAILBOX, "ann@shop.test",
			"mailbox/A25A44BC8224FEB3A35D541F1D4F66B43C67BE44771F512ADF3457E24B03BD6C"},
		{SOURCE_MAILBOX, "Ann+tag@Shop.test",
			"mailbox/A25A44BC8224FEB3A35D541F1D4F66B43C67BE44771F512ADF3457E24B03BD6C"},
		{SOURCE_LOGIN, "ann@shop.test",
			"login/A25A44BC8224FEB3A35D541F1D4F66B43C67BE44771F512ADF3457E24B03BD6C"},
		{SOURCE_HOST, "192.0.2.1",
			"host/"
			"37FCFF24BF62035B2B08020AFC08B4FECD4FCFFCE57AB23518E3561FF0FE76B9"},
	};
	char at[REFUSAL_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source s = of(rows[i].kind, rows[i].name);
		assert_string_equal(refusal_file_name(&s, at), rows[i].want);
	}
	/* Whatever the name holds, the file is in the folder of its kind. */
	struct source s = of(SOURCE_LOGIN, "../../x");
	assert_int_equal(strlen(refusal_file_name(&s, at)), strlen("login/") + 64);
	assert_int_equal(strspn(at + 6, "0123456789ABCDEF"), 64);
}

static void test_fits(void **state)
{
	char longest[400];
	struct source s;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	for (int kind = 0; kind < SOURCE_KINDS; kind++) {
		s = of((enum source_kind)kind, "name");
		assert_int_equal(refusal_fits(&s), kind == SOURCE_MAILBOX || kind == SOURCE_LOGIN ||
							   kind == SOURCE_SCRIPT ||
							   kind == SOURCE_HOST);
	}
	s = of(SOURCE_MAILBOX, "");
	assert_false(refusal_fits(&s));
	source_set(&s, SOURCE_LOGIN, (struct slice){"a\0b", 3});
	assert_false(refusal_fits(&s));
	source_set(&s, SOURCE_MAILBOX, (struct slice){longest, SOURCE_NAME_MAX});
	assert_true(refusal_fits(&s));
	source_set(&s, SOURCE_MAILBOX, (struct slice){longest, SOURCE_NAME_MAX + 1});
	assert_false(refusal_fits(&s));
	/* Cut, and made shorter by its tag. */
	longest[3] = '+';
	longest[200] = '@';
	source_set(&s, SOURCE_MAILBOX, (struct slice){longest, sizeof(longest)});
	assert_true(s.len < 100);
	assert_false(refusal_fits(&s));
}

static void test_there_and_back(void **state)
{
	static const struct {
		enum source_kind kind;
		const char *name;
		int64_t when, incident;
		const char *why;
	} rows[] = {
		{SOURCE_MAILBOX, "ann@shop.test", 1795436837, 12, "fan-out to strangers"},
		{SOURCE_LOGIN, "www-data", 0, 0, ""},
		{SOURCE_SCRIPT, "/home/a b/public_html", INT64_C(253402300799), INT64_MAX, "\\x09"},
		{SOURCE_MAILBOX, "t\tab\nline\\x@y", 1, 1, "a"},
		{SOURCE_HOST, "2001:db8::1", 1795436837, 3, "why"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal r = {.source = of(rows[i].kind, rows[i].name),
			.when = rows[i].when,
			.incident = rows[i].incident};
		struct refusal back = {0};
		char line[REFUSAL_LINE_MAX];

		(void)snprintf(r.why, sizeof(r.why), "%s", rows[i].why);
		refusal_write_line(&r, line);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		assert_int_equal(refusal_read_line(slice_of(line), &back), 0);
		assert_true(source_equal(&back.source, &r.source));
		assert_int_equal(back.when, r.when);
		assert_int_equal(back.incident, r.incident);
		assert_string_equal(back.why, r.why);
	}
}

#define GOOD "mailbox:ann@shop.test\t2026-11-26T12:05:50Z\tincident 12\twhy\n"

static void test_wrong_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\tincident 12\twhy", /* cut off */
		"mailbox:Ann@shop.test\t2026-11-26T12:05:50Z\tincident 12\twhy\n",
		"ann@shop.test\t2026-11-26T12:05:50Z\tincident 12\twhy\n",
		"mailbox:ann@shop.test\t2026-02-30T12:05:50Z\tincident 12\twhy\n",
		"mailbox:ann@shop.test\t2026-11-26 12:05:50Z\tincident 12\twhy\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\tincident 012\twhy\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\tincident -1\twhy\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\tincident 9223372036854775808\twhy\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\t12\twhy\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\tincident 12\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\tincident 12\twh\ty\n",
		"mailbox:ann@shop.test\t2026-11-26T12:05:50Z\tincident 12\twh\x1by\n",
	};

	(void)state;
	struct refusal r = {.incident = 77};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(refusal_read_line(slice_of(lines[i]), &r), -EBADMSG);
		assert_int_equal(r.incident, 77);
	}
	assert_int_equal(refusal_read_line(slice_of(GOOD GOOD), &r), -EBADMSG);
	assert_int_equal(refusal_read_line(slice_of(GOOD "x"), &r), -EBADMSG);
	assert_int_equal(refusal_read_line(slice_of(GOOD), &r), 0);
	assert_int_equal(r.incident, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_wrong_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
