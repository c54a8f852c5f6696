#include "programs/daemon/page_sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LASTING 1000
#define IDLE    100

static struct page_user user_of(const char *line)
{
	struct page_user user = {0};

	assert_true(page_users_find(slice_of(line),
		slice_first(slice_of(line), slice_find(slice_of(line), ':')), &user));
	return user;
}

static const char ann_line[] = "ann:reader:proxy:";

static const struct page_session *use(
	struct page_sessions *s, const char *id, const char *line, int64_t now)
{
	struct page_user user = line != NULL ? user_of(line) : (struct page_user){0};

	return page_sessions_use(s, slice_of(id), &user, now);
}

static void begin(struct page_sessions *s, const char *line, int64_t now, char id[PAGE_ID])
{
	struct page_user user = user_of(line);
	const struct page_session *session =
		page_sessions_begin(s, &user, now, now + 1700000000, id);

	assert_true(slice_is(user.name, session->name));
	assert_int_equal(session->ends, now + LASTING);
	assert_int_equal(session->ends_at, now + 1700000000 + LASTING);
	assert_int_equal(strlen(id), PAGE_ID - 1);
	assert_int_equal(strlen(session->csrf), PAGE_ID - 1);
	assert_string_not_equal(session->csrf, id);
}

static void test_it_lasts(void **state)
{
	AUTO(page_sessions) s = page_sessions_new(LASTING, IDLE);
	char id[PAGE_ID], other[PAGE_ID];

	(void)state;
	begin(s, ann_line, 0, id);
	begin(s, ann_line, 0, other);
	assert_string_not_equal(id, other);
	assert_true(slice_is(page_sessions_name(s, slice_of(id), 1), "ann"));
	assert_int_equal(page_sessions_count(s, IDLE - 1), 2);
	for (int64_t now = IDLE - 1; now < LASTING; now += IDLE - 1)
		assert_non_null(use(s, id, ann_line, now));
	assert_int_equal(page_sessions_count(s, LASTING - 1), 1); /* the other was unused */
	assert_null(use(s, other, ann_line, LASTING - 1));
	assert_non_null(use(s, id, ann_line, LASTING - 1));
	assert_null(use(s, id, ann_line, LASTING));
	assert_int_equal(page_sessions_count(s, LASTING), 0);
}

static void test_unused(void **state)
{
	AUTO(page_sessions) s = page_sessions_new(LASTING, IDLE);
	char id[PAGE_ID];

	(void)state;
	begin(s, ann_line, 0, id);
	assert_true(slice_is(page_sessions_name(s, slice_of(id), IDLE - 1), "ann"));
	assert_null(use(s, id, ann_line, IDLE)); /* asking for the name was no use */
	assert_null(page_sessions_name(s, slice_of(id), 1).at);
}

static void test_other_ids(void **state)
{
	AUTO(page_sessions) s = page_sessions_new(LASTING, IDLE);
	char id[PAGE_ID], wrong[PAGE_ID + 1] = "";

	(void)state;
	begin(s, ann_line, 0, id);
	for (size_t i = 0; i < PAGE_ID - 1; i++) {
		memcpy(wrong, id, PAGE_ID);
		wrong[i] = wrong[i] == '0' ? '1' : '0';
		assert_null(use(s, wrong, ann_line, 1));
	}
	assert_null(use(s, "", ann_line, 1));
	memcpy(wrong, id, PAGE_ID);
	wrong[PAGE_ID - 1] = '0';
	assert_null(use(s, wrong, ann_line, 1));
	wrong[PAGE_ID - 2] = '\0';
	assert_null(use(s, wrong, ann_line, 1));
	assert_non_null(use(s, id, ann_line, 1));
	page_sessions_end(s, slice_of(wrong));
	assert_non_null(use(s, id, ann_line, 1));
	page_sessions_end(s, slice_of(id));
	assert_null(use(s, id, ann_line, 1));
}

/* Whoever is removed, or given another role or password, is out, for good. */
static void test_user_changed(void **state)
{
	static const char *const lines[] = {NULL,
		"ann:operator:proxy:", "ann:reader:password:$y$j9T$abcdefgh$ijklmnop",
		"bob:reader:proxy:"};
	AUTO(page_sessions) s = page_sessions_new(LASTING, IDLE);
	char id[PAGE_ID];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		begin(s, ann_line, 0, id);
		assert_non_null(use(s, id, ann_line, 1));
		assert_null(use(s, id, lines[i], 2));
		assert_null(use(s, id, ann_line, 3));
	}
}

static void test_bounded(void **state)
{
	AUTO(page_sessions) s = page_sessions_new(LASTING, IDLE);
	char first[PAGE_ID], second[PAGE_ID], other[PAGE_ID], id[PAGE_ID], line[64];

	(void)state;
	begin(s, "bob:reader:proxy:", 0, other);
	begin(s, ann_line, 0, first);
	begin(s, ann_line, 1, second);
	assert_non_null(use(s, first, ann_line, 2));
	for (int i = 2; i < PAGE_SESSIONS_EACH; i++)
		begin(s, ann_line, 3, id);
	assert_true(slice_is(page_sessions_name(s, slice_of(second), 4), "ann"));
	begin(s, ann_line, 4, id);
	assert_null(page_sessions_name(s, slice_of(second), 4).at);
	assert_non_null(use(s, first, ann_line, 4));
	assert_int_equal(page_sessions_count(s, 4), PAGE_SESSIONS_EACH + 1);

	/* the one unused for longest is another's */
	for (int i = 0; page_sessions_count(s, 5) < PAGE_SESSIONS_MOST; i++) {
		(void)snprintf(line, sizeof(line), "u%d:reader:proxy:", i);
		begin(s, line, 5, id);
	}
	assert_true(slice_is(page_sessions_name(s, slice_of(other), 5), "bob"));
	begin(s, "zoe:reader:proxy:", 6, id);
	assert_int_equal(page_sessions_count(s, 6), PAGE_SESSIONS_MOST);
	assert_null(page_sessions_name(s, slice_of(other), 6).at);
	assert_non_null(use(s, id, "zoe:reader:proxy:", 6));
}

static void test_compared(void **state)
{
	char id[PAGE_ID];

	(void)state;
	page_id_make(id);
	assert_true(page_id_is(id, slice_of(id)));
	assert_false(page_id_is(id, slice_first(slice_of(id), PAGE_ID - 2)));
	assert_false(page_id_is(id, (struct slice){0}));
	char wrong[PAGE_ID];
	memcpy(wrong, id, PAGE_ID);
	wrong[PAGE_ID - 2] = wrong[PAGE_ID - 2] == '0' ? '1' : '0';
	assert_false(page_id_is(id, slice_of(wrong)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_lasts),
		cmocka_unit_test(test_unused),
		cmocka_unit_test(test_other_ids),
		cmocka_unit_test(test_user_changed),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
