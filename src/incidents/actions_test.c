#include "incidents/actions.h"

#include "base/memory.h"
#include "incidents/casebook.h"
#include "tests/folder.h"

#include <errno.h>
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

static int64_t open_incident(struct journal *j)
{
	struct source source;
	const struct incident_doing doing = {.at = AT, .words = ""};
	const struct incident_finding f = {.source = &source, .at_us = AT * 1000000};
	struct problem p = {0};
	int64_t number = 0;

	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	assert_int_equal(casebook_open(j, &f, &doing, &number, &p), 0);
	return number;
}

static void put(struct journal *j, int64_t incident, const char *responder, enum action_state state,
	const char *words)
{
	const struct incident_action a = {.incident = incident,
		.responder = responder,
		.state = state,
		.changed = AT,
		.next = state == ACTION_WAITING ? AT + 5 : 0,
		.tries = state == ACTION_WAITING,
		.words = words,
		.note = "{\"x\":1}"};
	struct problem p = {0};

	assert_int_equal(actions_put(j, &a, &p), 0);
}

struct seen {
	char text[4096];
	size_t count;
};

static bool see(void *context, const struct incident_action *a)
{
	struct seen *s = context;
	size_t n = strlen(s->text);

	s->count++;
	(void)snprintf(s->text + n, sizeof(s->text) - n, "%s %s %s %d %d %s;", a->responder,
		action_state_name(a->state), a->words, (int)a->tries,
		a->next != 0 ? (int)(a->next - AT) : 0, a->note);
	return s->count < 1000;
}

static void test_kept(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t n = open_incident(j);
	struct seen rows = {0}, steps = {0};
	struct problem p = {0};

	put(j, n, "refuse", ACTION_INTENDED, "to be done");
	put(j, n, "secret", ACTION_INTENDED, "");
	put(j, n, "refuse", ACTION_DONE, "refused");
	put(j, n, "secret", ACTION_WAITING, "nobody there");
	assert_int_equal(actions_each(j, n, see, &rows, &p), 0);
	assert_string_equal(rows.text,
		"refuse done refused 0 0 {\"x\":1};secret waiting nobody there 1 5 {\"x\":1};");
	assert_int_equal(actions_each_step(j, n, see, &steps, &p), 0);
	assert_string_equal(steps.text,
		"refuse intended to be done 0 0 ;secret intended  0 0 ;refuse done refused 0 0 ;"
		"secret waiting nobody there 0 0 ;");
}

static void count_source(void *context, const struct source *source)
{
	assert_int_equal(source->len, strlen("ann@shop.test"));
	++*(unsigned *)context;
}

static unsigned standing(struct journal *j, const char *responder)
{
	struct problem p = {0};
	unsigned n = 0;

	assert_int_equal(actions_each_standing(j, responder, count_source, &n, &p), 0);
	return n;
}

static void test_standing(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t n = open_incident(j), other = open_incident(j);

	assert_int_equal(standing(j, "refuse"), 0);
	put(j, n, "refuse", ACTION_INTENDED, "");
	assert_int_equal(standing(j, "refuse"), 1);
	put(j, n, "refuse", ACTION_DONE, "");
	put(j, other, "refuse", ACTION_UNDOING, ""); /* of the same source */
	assert_int_equal(standing(j, "refuse"), 1);
	assert_int_equal(standing(j, "secret"), 0);
	put(j, n, "refuse", ACTION_UNDONE, "");
	assert_int_equal(standing(j, "refuse"), 1);
	put(j, other, "refuse", ACTION_UNDONE, "");
	assert_int_equal(standing(j, "refuse"), 0);
}

static void test_of_another_incident(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t n = open_incident(j), other = open_incident(j);
	struct seen rows = {0};
	struct problem p = {0};

	put(j, n, "refuse", ACTION_DONE, "");
	assert_int_equal(actions_each(j, other, see, &rows, &p), 0);
	assert_int_equal(rows.count, 0);
}

static void test_steps_are_bounded(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t n = open_incident(j);
	struct seen steps = {0};
	struct problem p = {0};

	put(j, n, "refuse", ACTION_DONE, "stays");
	for (size_t i = 0; i < ACTION_STEPS + 10; i++)
		put(j, n, "secret", ACTION_WAITING, i == ACTION_STEPS + 9 ? "last" : "");
	assert_int_equal(actions_each_step(j, n, see, &steps, &p), 0);
	assert_int_equal(steps.count, ACTION_STEPS + 1);
	assert_non_null(strstr(steps.text, "stays"));
	assert_non_null(strstr(steps.text, "last"));
}

static void test_long_note_is_refused(void **state)
{
	AUTO(journal) j = opened(state);
	char *note = memory_new(ACTION_NOTE_MAX + 2, 1);
	const struct incident_action a = {
		.incident = open_incident(j), .responder = "tell", .words = "", .note = note};
	struct problem p = {0};
	struct seen rows = {0};

	memset(note, 'x', ACTION_NOTE_MAX + 1);
	assert_int_equal(actions_put(j, &a, &p), -EINVAL);
	assert_int_equal(actions_each(j, a.incident, see, &rows, &p), 0);
	assert_int_equal(rows.count, 0);
	free(note);
}

static void test_one_acts_at_a_time(void **state)
{
	char path[FOLDER_PATH_MAX];
	AUTO(journal) j = opened(state); /* makes the folder */
	struct problem p = {0};
	int first = -1, second = -1, other = -1;

	(void)j;
	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	assert_int_equal(actions_lock(path, 7, 0, &first, &p), 0);
	assert_int_equal(actions_lock(path, 7, 30, &second, &p), -EBUSY);
	assert_string_equal(p.text, "another stanch is acting on incident 7");
	assert_int_equal(actions_lock(path, 8, 0, &other, &p), 0);
	close(first);
	assert_int_equal(actions_lock(path, 7, 0, &second, &p), 0);
	close(second);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_standing, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_kept, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_of_another_incident, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_steps_are_bounded, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_long_note_is_refused, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_one_acts_at_a_time, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
