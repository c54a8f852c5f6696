#include "incidents/history.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define BEGIN INT64_C(1795500000)
#define HOUR  INT64_C(3600)
#define DAY   INT64_C(86400)
#define NONE  MINUTE_UNKNOWN

static void put(struct history *h, int64_t at, int64_t queue, int64_t accepted)
{
	struct problem p = {0};
	const struct minute minute = {.at = at,
		.queue = queue,
		.held = queue == NONE ? NONE : 1,
		.counts = {accepted, accepted, 0, 0, 0}};

	assert_int_equal(history_put(h, &minute, &p), 0);
}

static struct history *open_in(const char *folder)
{
	struct history *h = NULL;
	struct problem p = {0};

	assert_int_equal(history_open(folder, &h, &p), 0);
	assert_string_equal(p.text, "");
	return h;
}

static struct history_series read_of(struct history *h, int64_t from, int64_t to, int64_t now)
{
	struct history_series s = {0};
	struct problem p = {0};

	assert_int_equal(history_read(h, from, to, now, &s, &p), 0);
	return s;
}

static void test_minutes(void **state)
{
	AUTO(history) h = open_in(*state);
	struct history_series s;
	struct stat st;
	char path[FOLDER_PATH_MAX];

	put(h, BEGIN, 10, 5);
	put(h, BEGIN + 60, 20, NONE);
	put(h, BEGIN + 60, 99, 99); /* is there already */
	put(h, BEGIN + 240, 0, 0);
	s = read_of(h, BEGIN + 30, BEGIN + 250, BEGIN + 300);
	assert_int_equal(s.step, 60);
	assert_int_equal(s.from, BEGIN);
	assert_int_equal(s.to, BEGIN + 300);
	assert_int_equal(s.count, 5);
	assert_int_equal(s.at[0].queue, 10);
	assert_int_equal(s.at[0].counts[MINUTE_ACCEPTED], 5);
	assert_int_equal(s.at[0].counts[MINUTE_FAILED], 0);
	assert_int_equal(s.at[0].minutes, 1);
	assert_int_equal(s.at[1].queue, 20);
	assert_int_equal(s.at[1].counts[MINUTE_ACCEPTED], NONE);
	assert_int_equal(s.at[1].minutes, 0);
	assert_int_equal(s.at[2].at, BEGIN + 120);
	assert_int_equal(s.at[2].queue, NONE); /* nobody looked */
	assert_int_equal(s.at[2].held, NONE);
	assert_int_equal(s.at[4].queue, 0); /* somebody looked */
	assert_int_equal(s.at[4].counts[MINUTE_ACCEPTED], 0);
	history_series_clear(&s);

	(void)snprintf(path, sizeof(path), "%s/" HISTORY_NAME, (const char *)*state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Sums of what was counted, the mean and the most of the queue, of hours and of parts of them. */
static void test_longer_steps(void **state)
{
	const int64_t hour = BEGIN - BEGIN % HOUR;
	AUTO(history) h = open_in(*state);
	struct history_series s;

	put(h, hour, 10, 1);
	put(h, hour + 60, NONE, 2);
	put(h, hour + 120, 31, NONE);
	put(h, hour + HOUR, NONE, NONE);
	s = read_of(h, hour, hour + 2 * DAY, hour + 2 * DAY);
	assert_int_equal(s.step, 300);
	assert_int_equal(s.at[0].queue, 21); /* rounded */
	assert_int_equal(s.at[0].queue_most, 31);
	assert_int_equal(s.at[0].counts[MINUTE_ACCEPTED], 3);
	assert_int_equal(s.at[0].minutes, 2);
	assert_int_equal(s.at[1].counts[MINUTE_ACCEPTED], NONE);
	history_series_clear(&s);

	s = read_of(h, hour, hour + 60 * DAY, hour + 60 * DAY);
	assert_int_equal(s.step, HOUR);
	assert_int_equal(s.count, 60 * 24);
	assert_int_equal(s.at[0].queue, 21);
	assert_int_equal(s.at[0].held, 1);
	assert_int_equal(s.at[0].queue_most, 31);
	assert_int_equal(s.at[0].counts[MINUTE_ACCEPTED], 3);
	assert_int_equal(s.at[0].minutes, 2);
	assert_int_equal(s.at[1].queue, NONE);
	assert_int_equal(s.at[1].queue_most, NONE);
	assert_int_equal(s.at[1].counts[MINUTE_ACCEPTED], NONE);
	assert_int_equal(s.at[1].minutes, 0);
	history_series_clear(&s);

	put(h, hour + HOUR + 60, 7, 4); /* behind one of which nothing was known */
	s = read_of(h, hour, hour + 60 * DAY, hour + 60 * DAY);
	assert_int_equal(s.at[1].queue, 7);
	assert_int_equal(s.at[1].queue_most, 7);
	assert_int_equal(s.at[1].counts[MINUTE_ACCEPTED], 4);
	history_series_clear(&s);

	s = read_of(h, hour, hour + 700 * DAY, hour + 700 * DAY);
	assert_int_equal(s.step, 12 * HOUR);
	assert_true(s.count <= HISTORY_POINTS);
	assert_int_equal(s.at[0].counts[MINUTE_ACCEPTED], 7);
	assert_int_equal(s.at[0].queue, (10 + 31 + 7) / 3);
	history_series_clear(&s);
}

/* However the ends lie, there are never more points. */
static void test_points(void **state)
{
	AUTO(history) h = open_in(*state);
	struct problem p = {0};
	struct history_series s = {0};

	for (int64_t span = 1; span < HISTORY_HOURS; span = span * 3 / 2 + 59) {
		s = read_of(h, BEGIN + 17, BEGIN + 17 + span, BEGIN + span);
		assert_true(s.count > 0 && s.count <= HISTORY_POINTS);
		assert_true(s.from <= BEGIN + 17 && s.to >= BEGIN + 17 + span);
		history_series_clear(&s);
	}
	assert_int_equal(history_read(h, 5, 5, BEGIN, &s, &p), -EINVAL);
	assert_int_equal(history_read(h, -1, 5, BEGIN, &s, &p), -EINVAL);
	assert_int_equal(history_read(h, 0, INT64_MAX, BEGIN, &s, &p), -EINVAL);
	assert_int_equal(history_read(h, INT64_MAX - 5, INT64_MAX, BEGIN, &s, &p), -EINVAL);
	assert_true(s.at == NULL);
}

/* Minutes are kept for eight days, hours for two years. */
static void test_bounded(void **state)
{
	const int64_t hour = BEGIN - BEGIN % HOUR;
	AUTO(history) h = open_in(*state);
	struct problem p = {0};
	struct history_series s;
	int64_t minutes, hours;

	for (int64_t day = 0; day < 10; day++)
		for (int64_t i = 0; i < 3; i++)
			put(h, hour + day * DAY + i * 60, 1, 1);
	assert_int_equal(history_rows(h, &minutes, &hours, &p), 0);
	assert_int_equal(minutes, 9 * 3);
	assert_int_equal(hours, 10);
	/* the minutes of then are gone, so that hours are told */
	s = read_of(h, hour, hour + HOUR, hour + 9 * DAY);
	assert_int_equal(s.step, HOUR);
	assert_int_equal(s.at[0].counts[MINUTE_ACCEPTED], 3);
	history_series_clear(&s);
	put(h, hour + 800 * DAY, 1, 1);
	assert_int_equal(history_rows(h, &minutes, &hours, &p), 0);
	assert_int_equal(minutes, 1);
	assert_int_equal(hours, 1);
}

static void test_opened_again(void **state)
{
	struct history_series s;

	history_free(open_in(*state));
	struct history *h = open_in(*state);
	put(h, BEGIN, 3, 3);
	history_free(h);
	h = open_in(*state);
	s = read_of(h, BEGIN, BEGIN + 60, BEGIN);
	assert_int_equal(s.at[0].queue, 3);
	history_series_clear(&s);
	history_free(h);
}

/* What is damaged, or another's, is set aside and said. */
static void test_damaged(void **state)
{
	struct problem p = {0};
	struct history *h = NULL;
	char path[FOLDER_PATH_MAX];

	folder_write(*state, HISTORY_NAME, "this is no database, but long enough to be one");
	assert_int_equal(history_open(*state, &h, &p), 0);
	assert_non_null(strstr(p.text, HISTORY_NAME));
	put(h, BEGIN, 3, 3);
	history_free(h);
	(void)snprintf(path, sizeof(path), "%s/" HISTORY_NAME ".damaged", (const char *)*state);
	assert_int_equal(access(path, F_OK), 0);
	history_free(open_in(*state));

	(void)snprintf(path, sizeof(path), "%s/nowhere", (const char *)*state);
	h = NULL;
	assert_true(history_open(path, &h, &p) < 0);
	assert_null(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_minutes),
		TEST(test_longer_steps),
		TEST(test_points),
		TEST(test_bounded),
		TEST(test_opened_again),
		TEST(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
