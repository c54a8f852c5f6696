#include "incidents/measures.h"

#include "detectors/detector.h"
#include "incidents/casebook.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AT INT64_C(1795436837)

static struct journal *opened(void *const *state)
{
	char path[FOLDER_PATH_MAX];
	struct problem p = {0};
	struct journal *j = NULL;

	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	assert_int_equal(journal_open(path, JOURNAL_NOTE, "test", &j, &p), 0);
	return j;
}

static int64_t open_incident(struct journal *j, const char *detector)
{
	struct source source;
	const struct evidence evidence[2] = {
		{.detector = "many-new", .bits = 8}, {.detector = detector, .bits = 4}};
	const struct incident_doing doing = {.at = AT, .words = ""};
	const struct incident_finding f = {.source = &source,
		.at_us = AT * 1000000,
		.evidence = evidence,
		.evidence_count = 2};
	struct problem p = {0};
	int64_t number = 0;

	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	assert_int_equal(casebook_open(j, &f, &doing, &number, &p), 0);
	return number;
}

static void step(struct journal *j, int64_t incident, enum incident_event event, int64_t after,
	bool by_person)
{
	struct journal_who who = {.user = "ann"};
	const struct incident_doing doing = {
		.at = AT + after, .words = "", .who = by_person ? &who : NULL};
	enum incident_state now;
	struct problem p = {0};

	assert_int_equal(casebook_step(j, incident, event, &doing, &now, &p), 0);
}

static void turn(struct measures *m, struct journal *j)
{
	struct problem p = {0};

	if (measures_turn(m, j, &p) != 0)
		fail_msg("%s", p.text);
}

static uint64_t count_of(
	const struct measures_named *all, size_t count, const char *name, int which)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].counts[which];
	return 0;
}

static uint64_t detector(const struct measures *m, const char *name)
{
	return count_of(m->detectors, m->detector_count, name, 0);
}

static void test_nothing(void **state)
{
	AUTO(journal) j = opened(state);
	struct measures m = {0};

	assert_false(m.is_whole);
	turn(&m, j);
	assert_true(m.is_whole);
	assert_int_equal(m.opened + m.by_daemon.count + m.by_person.count + m.detector_count, 0);
	assert_int_equal(m.last_contained, 0);
}

static void test_delays(void **state)
{
	AUTO(journal) j = opened(state);
	struct measures m = {0};

	int64_t quick = open_incident(j, "dead"), slow = open_incident(j, "link");
	turn(&m, j);
	assert_int_equal(m.opened, 2);
	assert_int_equal(m.detector_count, 0); /* nothing is contained */
	step(j, quick, INCIDENT_VERDICT, 1, false);
	turn(&m, j);
	step(j, quick, INCIDENT_HOLD, 2, false);
	step(j, slow, INCIDENT_ASK, 3, false);
	step(j, slow, INCIDENT_APPROVE, 100000, true);
	(void)open_incident(j, "dead");
	for (int i = 0; i < 3; i++) /* nothing is counted twice */
		turn(&m, j);
	assert_int_equal(m.opened, 3);
	assert_int_equal(m.by_daemon.count, 1);
	assert_int_equal(m.by_daemon.counts[0], 1); /* 1 s: its bound belongs to a class */
	assert_int_equal(m.by_daemon.sum, 1);
	assert_int_equal(m.by_person.count, 1);
	assert_int_equal(m.by_person.counts[MEASURES_DELAYS], 1);
	assert_int_equal(m.by_person.sum, 100000);
	assert_int_equal(m.last_contained, AT + 100000);
	assert_int_equal(detector(&m, "many-new"), 2);
	assert_int_equal(detector(&m, "dead"), 1);
	assert_int_equal(detector(&m, "link"), 1);

	/* another who begins anew comes to the same */
	struct measures again = {0};
	turn(&again, j);
	assert_int_equal(again.opened, 3);
	assert_memory_equal(&again.by_daemon, &m.by_daemon, sizeof(m.by_daemon));
	assert_memory_equal(&again.by_person, &m.by_person, sizeof(m.by_person));
	assert_int_equal(detector(&again, "many-new"), 2);
}

static void test_clock_set_back(void **state)
{
	AUTO(journal) j = opened(state);
	struct measures m = {0};

	step(j, open_incident(j, "dead"), INCIDENT_VERDICT, -500, false);
	turn(&m, j);
	assert_int_equal(m.by_daemon.counts[0], 1);
	assert_int_equal(m.by_daemon.sum, 0);
}

static void act(struct journal *j, int64_t incident, const char *responder, enum action_state state)
{
	const struct incident_action a = {.incident = incident,
		.responder = responder,
		.state = state,
		.changed = AT,
		.words = "",
		.note = ""};
	struct problem p = {0};

	assert_int_equal(actions_put(j, &a, &p), 0);
}

static uint64_t acted(const struct measures *m, const char *name, enum action_state state)
{
	return count_of(m->responders, m->responder_count, name, (int)state);
}

/* From when it began: the journal thins what it keeps of an action that is tried for long. */
static void test_actions(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t n = open_incident(j, "dead");
	struct measures m = {0};

	act(j, n, "refuse", ACTION_DONE);
	turn(&m, j);
	assert_int_equal(m.responder_count, 0);
	for (unsigned i = 0; i < ACTION_STEPS + 9; i++) {
		act(j, n, "tell", ACTION_WAITING);
		turn(&m, j);
	}
	act(j, n, "tell", ACTION_FAILED);
	act(j, n, "refuse", ACTION_UNDONE);
	turn(&m, j);
	assert_int_equal(acted(&m, "tell", ACTION_WAITING), ACTION_STEPS + 9);
	assert_int_equal(acted(&m, "tell", ACTION_FAILED), 1);
	assert_int_equal(acted(&m, "refuse", ACTION_UNDONE), 1);
	assert_int_equal(acted(&m, "refuse", ACTION_DONE), 0);
}

static void test_names_are_bounded(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t n = open_incident(j, "dead");
	struct measures m = {0};
	char name[ACTION_NAME_MAX];

	turn(&m, j);
	for (unsigned i = 0; i < MEASURES_NAMES + 10; i++) {
		(void)snprintf(name, sizeof(name), "r%u", i);
		act(j, n, name, ACTION_DONE);
	}
	turn(&m, j);
	assert_int_equal(m.responder_count, MEASURES_NAMES);
	assert_int_equal(acted(&m, "r0", ACTION_DONE), 1);
	assert_int_equal(acted(&m, MEASURES_OTHER, ACTION_DONE), 11);
}

static void test_foreign_names(void **state)
{
	AUTO(journal) j = opened(state);
	struct measures m = {0};

	step(j, open_incident(j, "a\"b"), INCIDENT_VERDICT, 0, false);
	step(j, open_incident(j, "a name that is longer than thirty-one bytes"), INCIDENT_VERDICT,
		0, false);
	step(j, open_incident(j, "\xc3\xa4"), INCIDENT_VERDICT, 0, false);
	turn(&m, j);
	assert_int_equal(m.detector_count, 2);
	assert_int_equal(detector(&m, "many-new"), 3);
	assert_int_equal(detector(&m, MEASURES_OTHER), 3);
}

static void test_known_from_the_beginning(void **state)
{
	struct measures m = {0};

	(void)state;
	measures_know_detectors(&m);
	assert_in_range(m.detector_count, 5, MEASURES_NAMES - 5);
	measures_know_responder(&m, "refuse");
	measures_know_responder(&m, "refuse");
	assert_int_equal(m.responder_count, 1);
	assert_string_equal(m.responders[0].name, "refuse");
}

/* A long journal is read in turns, and says nothing before it is read. */
static void test_in_turns(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t n = open_incident(j, "dead");
	struct measures m = {0};
	struct problem p = {0};

	assert_int_equal(journal_begin(j, &p), 0);
	step(j, n, INCIDENT_VERDICT, 7, false);
	step(j, n, INCIDENT_HOLD, 8, false);
	for (unsigned i = 0; i < MEASURES_TURN; i++)
		step(j, n, INCIDENT_FOUND, 9, false);
	assert_int_equal(journal_commit(j, &p), 0);
	turn(&m, j);
	assert_false(m.is_whole);
	turn(&m, j);
	assert_true(m.is_whole);
	assert_int_equal(m.by_daemon.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_delays),
		TEST(test_clock_set_back),
		TEST(test_actions),
		TEST(test_names_are_bounded),
		TEST(test_foreign_names),
		TEST(test_known_from_the_beginning),
		TEST(test_in_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
