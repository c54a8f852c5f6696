#include "programs/daemon/answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct source mailbox(unsigned n)
{
	char name[64];
	struct source s;

	(void)snprintf(name, sizeof(name), "box%u@shop.test", n);
	source_set(&s, SOURCE_MAILBOX, slice_of(name));
	return s;
}

static void test_as_it_was_said(void **state)
{
	AUTO(answers) a = answers_new("gone away");
	struct source one = mailbox(1), other = mailbox(2);
	char line[64];

	(void)state;
	assert_int_equal(answers_find(a, &one), ANSWER_PASS);
	answers_set(a, &one, ANSWER_SLOW);
	answers_set(a, &one, ANSWER_REFUSE);
	assert_int_equal(answers_find(a, &one), ANSWER_REFUSE);
	assert_int_equal(answers_find(a, &other), ANSWER_PASS);
	answers_write(a, ANSWER_REFUSE, line, sizeof(line));
	assert_string_equal(line, "refuse gone away");
	answers_write(a, ANSWER_SLOW, line, sizeof(line));
	assert_int_equal(strncmp(line, "slow ", 5), 0);
	answers_write(a, ANSWER_PASS, line, sizeof(line));
	assert_string_equal(line, "pass");
	answers_set(a, &one, ANSWER_PASS);
	assert_int_equal(answers_find(a, &one), ANSWER_PASS);
}

/* Set and taken back many times over, it forgets nobody and does not fill up. */
static void test_many(void **state)
{
	AUTO(answers) a = answers_new("no");

	(void)state;
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 5000; i++) {
			struct source s = mailbox(round * 5000 + i);
			answers_set(a, &s, ANSWER_REFUSE);
		}
		for (unsigned i = 0; i < 5000; i++) {
			struct source s = mailbox(round * 5000 + i);
			assert_int_equal(answers_find(a, &s), ANSWER_REFUSE);
			if (i % 10 != 0)
				answers_set(a, &s, ANSWER_PASS);
		}
	}
	for (unsigned i = 0; i < 25000; i++) {
		struct source s = mailbox(i);
		assert_int_equal(answers_find(a, &s), i % 10 == 0 ? ANSWER_REFUSE : ANSWER_PASS);
	}
}

static void test_bounded(void **state)
{
	AUTO(answers) a = answers_new("no");
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < ANSWERS_MOST + 1000; i++) {
		struct source s = mailbox(i);
		answers_set(a, &s, ANSWER_REFUSE);
	}
	for (unsigned i = 0; i < ANSWERS_MOST + 1000; i++) {
		struct source s = mailbox(i);
		refused += answers_find(a, &s) == ANSWER_REFUSE;
	}
	assert_int_equal(refused, ANSWERS_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_it_was_said),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
