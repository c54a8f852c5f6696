#include "incidents/held_count.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct journal *opened(void *const *state)
{
	char path[FOLDER_PATH_MAX];
	struct problem p = {0};
	struct journal *j = NULL;

	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	assert_int_equal(journal_open(path, JOURNAL_NOTE, "test", &j, &p), 0);
	return j;
}

/* A hold of two messages, of which one is held. */
static void hold(struct journal *j)
{
	static const char *const ids[] = {"1xVSnt-00005W-2T", "1xVSnt-00005W-3T"};
	const struct journal_hold hold = {.created = 1000,
		.reason = "",
		.selector = "",
		.source = "",
		.spool = "/spool",
		.queue = "stanch"};
	struct journal_action action = {.kind = ACTION_HOLD, .began = 1000, .request = "again"};
	struct journal_message m = {.queue = ""};
	struct problem p = {0};

	assert_int_equal(journal_begin(j, &p), 0);
	assert_int_equal(journal_add_hold(j, &hold, &action.hold, &p), 0);
	assert_int_equal(journal_add_action(j, &action, &m.action, &p), 0);
	m.hold = action.hold;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(exim_id_parse(slice_of(ids[i]), &m.id), 0);
		m.state = i == 0 ? MESSAGE_HELD : MESSAGE_LEFT;
		assert_int_equal(journal_add_message(j, &m, &p), 0);
	}
	assert_int_equal(journal_commit(j, &p), 0);
}

static uint64_t version(struct journal *j)
{
	struct problem p = {0};
	uint64_t n = 0;

	assert_int_equal(held_count_version(j, &n, &p), 0);
	return n;
}

static void test_held(void **state)
{
	AUTO(journal) j = opened(state);
	AUTO(journal) another = opened(state);
	struct problem p = {0};
	uint64_t held = 99, before;

	assert_int_equal(held_count(j, &held, &p), 0);
	assert_int_equal(held, 0);
	before = version(j);
	assert_true(version(j) == before);
	hold(another);
	assert_false(version(j) == before);
	assert_int_equal(held_count(j, &held, &p), 0);
	assert_int_equal(held, 1);
	before = version(j);
	hold(j);
	assert_false(version(j) == before);
	assert_int_equal(held_count(j, &held, &p), 0);
	assert_int_equal(held, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_held, folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
