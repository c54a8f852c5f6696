#include "programs/daemon/answering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS INT64_C(3600000)

struct asker {
	struct answering *answering;
	struct source source;
	bool is_known; /* who asks */
	int64_t now_ms;
	char answer[POLICY_ANSWER_MAX]; /* to the latest question */
};

static struct asker asker_of(struct answering *answering, const char *source)
{
	struct asker a = {.answering = answering, .is_known = source != NULL, .now_ms = 1};

	if (source != NULL)
		assert_int_equal(source_parse(slice_of(source), &a.source), 0);
	return a;
}

static struct answered ask(
	struct asker *a, enum policy_event event, const char *recipient, uint64_t total)
{
	const struct fact fact = {.kind = FACT_OFFERED,
		.source = a->is_known ? &a->source : NULL,
		.recipient = slice_of(recipient),
		.recipient_total = total};

	(void)strcpy(a->answer, "pass");
	return answering_question(a->answering, event, &fact, a->now_ms, a->answer);
}

static enum answer_kind kind_of(struct asker *a, enum policy_event event, const char *recipient)
{
	struct answered answered = ask(a, event, recipient, 1);

	assert_int_equal(strncmp(a->answer, answer_kind_name(answered.kind), 4), 0);
	return answered.kind;
}

static const struct limits_settings none = {.time = 3600}, five = {.recipients = 5, .time = 3600};

static void test_as_the_hand_says(void **state)
{
	AUTO(answering) a = answering_new("gone", &none);
	struct asker ann = asker_of(a, "ann@shop.test"), bob = asker_of(a, "bob@shop.test");

	(void)state;
	answering_set(a, &ann.source, ANSWER_REFUSE);
	for (int event = POLICY_MAIL; event < POLICY_EVENTS; event++) {
		assert_int_equal(
			kind_of(&ann, (enum policy_event)event, "x@far.test"), ANSWER_REFUSE);
		assert_string_equal(ann.answer, "refuse gone");
		assert_int_equal(
			kind_of(&bob, (enum policy_event)event, "x@far.test"), ANSWER_PASS);
	}
	answering_set(a, &ann.source, ANSWER_PASS);
	assert_int_equal(kind_of(&ann, POLICY_RCPT, "x@far.test"), ANSWER_PASS);
}

static void test_suspected(void **state)
{
	AUTO(answering) a = answering_new("gone", &none);
	struct asker ann = asker_of(a, "ann@shop.test"), nobody = asker_of(a, NULL);

	(void)state;
	answering_set(a, &ann.source, ANSWER_SLOW);
	assert_int_equal(kind_of(&ann, POLICY_MAIL, ""), ANSWER_PASS);
	assert_int_equal(kind_of(&ann, POLICY_RCPT, "x@far.test"), ANSWER_SLOW);
	assert_int_equal(kind_of(&ann, POLICY_DATA, ""), ANSWER_SLOW);
	assert_int_equal(kind_of(&ann, POLICY_LOCAL, ""), ANSWER_SLOW);
	assert_int_equal(kind_of(&nobody, POLICY_RCPT, "x@far.test"), ANSWER_PASS);
}

/* Tried again, it is no new fact; nor when it passes at last. Another time it is one. */
static void test_tried_again(void **state)
{
	AUTO(answering) a = answering_new("gone", &none);
	struct asker ann = asker_of(a, "ann@shop.test"), bob = asker_of(a, "bob@shop.test");

	(void)state;
	assert_false(ask(&ann, POLICY_RCPT, "x@far.test", 1).is_again);
	assert_false(ask(&ann, POLICY_RCPT, "x@far.test", 1).is_again);
	answering_set(a, &ann.source, ANSWER_SLOW);
	assert_false(ask(&ann, POLICY_RCPT, "x@far.test", 1).is_again);
	assert_true(ask(&ann, POLICY_RCPT, "x@far.test", 1).is_again);
	assert_false(ask(&ann, POLICY_RCPT, "y@far.test", 2).is_again);
	assert_false(ask(&ann, POLICY_DATA, "", 2).is_again);
	assert_false(ask(&bob, POLICY_RCPT, "x@far.test", 1).is_again);
	answering_set(a, &ann.source, ANSWER_PASS);
	assert_true(ask(&ann, POLICY_RCPT, "x@far.test", 1).is_again);
	assert_false(ask(&ann, POLICY_RCPT, "x@far.test", 1).is_again);
}

static void test_limit(void **state)
{
	AUTO(answering) a = answering_new("gone", &five);
	struct asker ann = asker_of(a, "ann@shop.test"), nobody = asker_of(a, NULL);
	char to[32];

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(to, sizeof(to), "x%u@far.test", i);
		assert_int_equal(kind_of(&ann, POLICY_MAIL, ""), ANSWER_PASS);
		assert_int_equal(kind_of(&ann, POLICY_RCPT, to), ANSWER_PASS);
		assert_int_equal(kind_of(&ann, POLICY_DATA, ""), ANSWER_PASS);
	}
	struct answered beyond = ask(&ann, POLICY_RCPT, "y@far.test", 1);
	assert_int_equal(beyond.kind, ANSWER_SLOW);
	assert_int_equal(beyond.limit_reached, 5);
	assert_false(beyond.is_again);
	assert_non_null(strstr(ann.answer, "slow The limit of 5 recipients within 1h"));
	beyond = ask(&ann, POLICY_RCPT, "y@far.test", 1);
	assert_int_equal(beyond.limit_reached, 0);
	assert_true(beyond.is_again);
	/* what was taken of the message may be sent */
	assert_int_equal(kind_of(&ann, POLICY_DATA, ""), ANSWER_PASS);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(kind_of(&nobody, POLICY_RCPT, "bob@shop.test"), ANSWER_PASS);
	ann.now_ms += 2 * HOUR_MS;
	assert_int_equal(kind_of(&ann, POLICY_RCPT, "y@far.test"), ANSWER_PASS);
}

/* All of a local message count, and one that does not say how many, counts one. */
static void test_local(void **state)
{
	AUTO(answering) a = answering_new("gone", &five);
	struct asker web = asker_of(a, "login:www-data");

	(void)state;
	assert_int_equal(ask(&web, POLICY_LOCAL, "", 4).kind, ANSWER_PASS);
	assert_int_equal(ask(&web, POLICY_LOCAL, "", 2).kind, ANSWER_SLOW);
	assert_int_equal(ask(&web, POLICY_LOCAL, "", 0).kind, ANSWER_PASS);
	assert_int_equal(ask(&web, POLICY_LOCAL, "", 0).kind, ANSWER_SLOW);
}

/* What is put off or refused takes no room. */
static void test_only_what_passes_counts(void **state)
{
	AUTO(answering) a = answering_new("gone", &five);
	struct asker ann = asker_of(a, "ann@shop.test");

	(void)state;
	answering_set(a, &ann.source, ANSWER_SLOW);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(kind_of(&ann, POLICY_RCPT, "x@far.test"), ANSWER_SLOW);
	answering_set(a, &ann.source, ANSWER_REFUSE);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(kind_of(&ann, POLICY_RCPT, "x@far.test"), ANSWER_REFUSE);
	answering_set(a, &ann.source, ANSWER_PASS);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(kind_of(&ann, POLICY_RCPT, "x@far.test"), ANSWER_PASS);
	assert_int_equal(kind_of(&ann, POLICY_RCPT, "x@far.test"), ANSWER_SLOW);
}

static json_int_t count_of(struct answering *a, int64_t now_ms, const char *key)
{
	json_t *o = json_object();

	answering_count(a, now_ms, o);
	json_int_t n = json_integer_value(json_object_get(o, key));
	json_decref(o);
	return n;
}

static void test_counts(void **state)
{
	AUTO(answering) a = answering_new("gone", &five);
	struct asker ann = asker_of(a, "ann@shop.test"), bob = asker_of(a, "bob@shop.test"),
		     nobody = asker_of(a, NULL);

	(void)state;
	answering_set(a, &bob.source, ANSWER_REFUSE);
	for (unsigned i = 0; i < 7; i++)
		(void)ask(&ann, POLICY_RCPT, "x@far.test", 1);
	(void)ask(&bob, POLICY_RCPT, "x@far.test", 1);
	(void)ask(&nobody, POLICY_MAIL, "", 0);
	answering_set(a, &ann.source, ANSWER_SLOW);
	(void)ask(&ann, POLICY_RCPT, "x@far.test", 1);
	assert_int_equal(count_of(a, 1, "pass"), 6);
	assert_int_equal(count_of(a, 1, "slow"), 3);
	assert_int_equal(count_of(a, 1, "refuse"), 1);
	assert_int_equal(count_of(a, 1, "beyond_limit"), 2);
	assert_int_equal(count_of(a, 1, "at_limit"), 1);
	assert_int_equal(count_of(a, 3 * HOUR_MS, "at_limit"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_the_hand_says),
		cmocka_unit_test(test_suspected),
		cmocka_unit_test(test_tried_again),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_only_what_passes_counts),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
