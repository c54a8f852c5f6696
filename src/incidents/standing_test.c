#include "incidents/standing.h"

#include "incidents/actions.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW INT64_C(1795436837)

static struct journal *opened(void *const *state)
{
	char path[FOLDER_PATH_MAX];
	struct problem p = {0};
	struct journal *j = NULL;

	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	assert_int_equal(journal_open(path, JOURNAL_NOTE, "test", &j, &p), 0);
	return j;
}

static int64_t opened_incident(struct journal *j, const char *mailbox, int64_t at)
{
	struct source source;
	const struct incident_doing doing = {.at = at, .words = ""};
	const struct incident_finding f = {.source = &source,
		.score = 30.5,
		.threshold = 21.5,
		.messages = 4,
		.recipients = 40,
		.at_us = at * 1000000};
	struct problem p = {0};
	int64_t number = 0;

	source_set(&source, SOURCE_MAILBOX, slice_of(mailbox));
	assert_int_equal(casebook_open(j, &f, &doing, &number, &p), 0);
	return number;
}

static void step(struct journal *j, int64_t number, enum incident_event event, int64_t at)
{
	const struct incident_doing doing = {.at = at, .words = ""};
	enum incident_state state;
	struct problem p = {0};

	assert_int_equal(casebook_step(j, number, event, &doing, &state, &p), 0);
}

static void fail_action(struct journal *j, int64_t number)
{
	const struct incident_action a = {.incident = number,
		.responder = "secret",
		.state = ACTION_FAILED,
		.changed = NOW,
		.words = "",
		.note = ""};
	struct problem p = {0};

	assert_int_equal(actions_put(j, &a, &p), 0);
}

static void test_those_that_ask_come_first(void **state)
{
	AUTO(journal) j = opened(state);
	struct standing s = {0};
	struct problem p = {0};

	assert_int_equal(standing_read(j, NOW, &s, &p), 0);
	assert_int_equal(s.count, 0);
	int64_t waits = opened_incident(j, "a@shop.test", NOW - 100);
	int64_t old = opened_incident(j, "b@shop.test", NOW - STANDING_AGE_S - 100);
	int64_t contained = opened_incident(j, "c@shop.test", NOW - 90);
	int64_t failed = opened_incident(j, "d@shop.test", NOW - 80);
	int64_t suspected = opened_incident(j, "e@shop.test", NOW - STANDING_AGE_S - 70);
	step(j, waits, INCIDENT_ASK, NOW - 99);
	step(j, old, INCIDENT_DISMISS, NOW - STANDING_AGE_S - 1);
	step(j, contained, INCIDENT_VERDICT, NOW - 88);
	step(j, contained, INCIDENT_RELEASE, NOW - 87);
	fail_action(j, failed);
	assert_int_equal(standing_read(j, NOW, &s, &p), 0);
	assert_int_equal(s.count, 4);
	assert_int_equal(s.left_out, 0);
	assert_int_equal(s.at[0].number, failed);
	assert_int_equal(s.at[0].failed, 1);
	assert_int_equal(s.at[1].number, waits);
	assert_true(standing_asks(&s.at[0]) && standing_asks(&s.at[1]));
	assert_int_equal(s.at[2].number, suspected);
	assert_int_equal(s.at[3].number, contained);
	assert_int_equal(s.at[3].state, INCIDENT_RELEASED);
	assert_int_equal(s.at[3].contained, NOW - 88);
	assert_true(s.at[3].score == 30.5 && s.at[3].threshold == 21.5);
	assert_int_equal(s.at[3].messages, 4);
	assert_int_equal(s.at[3].recipients, 40);
	assert_false(standing_asks(&s.at[2]) || standing_asks(&s.at[3]));
	standing_clear(&s);
}

static void test_bounded(void **state)
{
	AUTO(journal) j = opened(state);
	struct standing s = {0};
	struct problem p = {0};

	for (size_t i = 0; i < STANDING_MAX + 6; i++)
		(void)opened_incident(j, "a@shop.test", NOW);
	step(j, 1, INCIDENT_ASK, NOW);
	assert_int_equal(standing_read(j, NOW, &s, &p), 0);
	assert_int_equal(s.count, STANDING_MAX);
	assert_int_equal(s.left_out, 6);
	assert_int_equal(s.at[0].number, 1);
	standing_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(t) cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)
		IN_FOLDER(test_those_that_ask_come_first),
		IN_FOLDER(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
