#include "formats/policy_question.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int parse(struct slice bytes, struct policy_question *q)
{
	size_t at = 0;
	const char *why = NULL;
	int err = policy_question_parse(bytes, q, &at, &why);

	assert_true((err == -EBADMSG) == (why != NULL));
	assert_true(at <= bytes.len);
	return err;
}

static void check_slice(struct slice s, const char *text)
{
	if (!slice_is(s, text))
		print_message("\"%.*s\" is not \"%s\"\n", (int)s.len, s.at, text);
	assert_true(slice_is(s, text));
}

static void test_all_fields(void **state)
{
	struct policy_question q = {0};

	(void)state;
	assert_int_equal(parse(slice_of("stanch/1 rcpt id=13:ann@shop.test from=7:a@b.org "
					"to=11:bob@far.net ip=11:2001:db8::1 helo=4:mail msg=0: "
					"login=8:www-data n=1:3 at=16:1795436837617000\n"),
				 &q),
		0);
	assert_int_equal(q.event, POLICY_RCPT);
	check_slice(q.auth_id, "ann@shop.test");
	check_slice(q.sender, "a@b.org");
	check_slice(q.recipient, "bob@far.net");
	check_slice(q.client, "2001:db8::1");
	check_slice(q.helo, "mail");
	check_slice(q.message_id, "");
	check_slice(q.login, "www-data");
	assert_int_equal(q.recipients, 3);
	assert_true(q.at_us == INT64_C(1795436837617000));
}

/* A value is as long as it says, whatever stands in it. */
static void test_injection(void **state)
{
	struct policy_question q = {0};

	(void)state;
	assert_int_equal(parse(slice_of("stanch/1 mail from=28:x id=8:eve@evil n=1:9\nid=1:a "
					"id=13:ann@shop.test\n"),
				 &q),
		0);
	check_slice(q.auth_id, "ann@shop.test");
	check_slice(q.sender, "x id=8:eve@evil n=1:9\nid=1:a");
	assert_int_equal(q.recipients, 0);

	static const char nul[] = "stanch/1 mail id=3:a\0b\n";
	assert_int_equal(parse((struct slice){nul, sizeof(nul) - 1}, &q), 0);
	assert_int_equal(q.auth_id.len, 3);
}

/* Each beginning of a question is the beginning of one. */
static void test_in_pieces(void **state)
{
	static const char text[] = "stanch/1 data id=13:ann@shop.test new=3:a\nb n=2:12\n";
	struct policy_question q = {0};

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(text); n++)
		assert_int_equal(parse((struct slice){text, n}, &q), -EAGAIN);
	assert_int_equal(parse(slice_of(text), &q), 0);
	assert_int_equal(q.event, POLICY_DATA);
	assert_int_equal(q.recipients, 12);
}

static const struct {
	const char *text;
	size_t at;
} wrong[] = {
	{"GET / HTTP/1.1\n", 0},
	{"stanch/2 mail\n", 0},
	{"stanch/1\n", 0},
	{"stanch/1 helo\n", 9},
	{"stanch/1 mai\n", 9},
	{"stanch/1 mailid=1:a\n", 13},
	{"stanch/1 mail id\n", 14},
	{"stanch/1 mail id=a\n", 17},
	{"stanch/1 mail id=x:a\n", 19},
	{"stanch/1 mail id=-1:a\n", 20},
	{"stanch/1 mail id=99999:a\n", 23},
	{"stanch/1 mail id=123456:a\n", 17},
	{"stanch/1 mail id=1:ab\n", 20},
	{"stanch/1 mail id=1:a id=1:b\n", 27},
	{"stanch/1 mail n=1:x\n", 19},
	{"stanch/1 mail n=19:9999999999999999999\n", 38},
	{"stanch/1 mail id=1:a\nmail\n", 21},
	{"stanch/1 mail a-name-that-is-too-long=1:a\n", 14},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct policy_question q = {.recipients = 77};
		size_t at = 0;
		const char *why = NULL;
		int err = policy_question_parse(slice_of(wrong[i].text), &q, &at, &why);

		if (err != -EBADMSG || at != wrong[i].at)
			print_message("%s: %d at %zu: %s\n", wrong[i].text, err, at, why);
		assert_int_equal(err, -EBADMSG);
		assert_int_equal(at, wrong[i].at);
		assert_int_equal(q.recipients, 77);
	}
}

static void test_numbers_not_known(void **state)
{
	struct policy_question q = {0};

	(void)state;
	assert_int_equal(parse(slice_of("stanch/1 local n=2:-1\n"), &q), 0);
	assert_int_equal(q.event, POLICY_LOCAL);
	assert_int_equal(q.recipients, 0);
}

static void test_too_long(void **state)
{
	char text[POLICY_QUESTION_MAX + 1];
	struct policy_question q = {0};
	int n = snprintf(text, sizeof(text), "stanch/1 mail id=4096:");

	(void)state;
	memset(text + n, 'x', sizeof(text) - (size_t)n);
	assert_int_equal(parse((struct slice){text, POLICY_QUESTION_MAX - 1}, &q), -EAGAIN);
	assert_int_equal(parse((struct slice){text, POLICY_QUESTION_MAX}, &q), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_in_pieces),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_numbers_not_known),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
