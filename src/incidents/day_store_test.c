#include "incidents/day_store.h"

#include "facts/fact.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define DAY INT64_C(20782)
#define NOW (DAY * 86400 + 5000)

static struct source mailbox(const char *name)
{
	struct source source;

	source_set(&source, SOURCE_MAILBOX, slice_of(name));
	return source;
}

static struct source_day day_of(int64_t day, uint32_t messages)
{
	return (struct source_day){.day = (uint16_t)day,
		.messages = messages,
		.recipients = messages * 2,
		.failed = 1,
		.complaints = 0};
}

static struct day_store *open_in(const char *folder)
{
	struct day_store *s = NULL;
	struct problem p = {0};

	assert_int_equal(day_store_open(folder, &s, &p), 0);
	return s;
}

static void put(struct day_store *s, const char *name, int64_t day, uint32_t messages)
{
	const struct source source = mailbox(name);
	const struct source_day d = day_of(day, messages);
	struct problem p = {0};

	assert_int_equal(day_store_put(s, &source, &d, &p), 0);
}

static size_t read_of(
	const char *folder, const char *name, int64_t from, struct source_day *ret, size_t most)
{
	const struct source source = mailbox(name);
	struct problem p = {0};
	size_t count = 99;

	assert_int_equal(day_store_read(folder, &source, (uint16_t)from, ret, most, &count, &p), 0);
	return count;
}

static void test_days(void **state)
{
	struct day_store *s = open_in(*state);
	struct problem p = {0};
	struct source_day days[4];
	struct stat st;
	char path[FOLDER_PATH_MAX];

	for (int64_t day = DAY - 5; day <= DAY; day++)
		put(s, "ann@shop.test", day, (uint32_t)(day - DAY + 10));
	put(s, "b\xff'; DROP TABLE days;--@shop.test", DAY, 3);
	assert_int_equal(day_store_commit(s, NOW, &p), 0);
	put(s, "ann@shop.test", DAY, 999); /* is not committed */
	day_store_free(s);

	/* the latest, the oldest of them first */
	assert_int_equal(read_of(*state, "ann@shop.test", 0, days, 4), 4);
	assert_int_equal(days[0].day, DAY - 3);
	assert_int_equal(days[3].day, DAY);
	assert_int_equal(days[3].messages, 10);
	assert_int_equal(days[3].recipients, 20);
	assert_int_equal(days[3].failed, 1);
	assert_int_equal(read_of(*state, "ann@shop.test", DAY - 1, days, 4), 2);
	assert_int_equal(read_of(*state, "b\xff'; DROP TABLE days;--@shop.test", 0, days, 4), 1);
	assert_int_equal(read_of(*state, "cem@shop.test", 0, days, 4), 0);
	(void)snprintf(path, sizeof(path), "%s/" DAY_STORE_NAME, (const char *)*state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* A row is the whole of a day: what is written again counts once, and what is less, from logs that
 * were read again in part, lowers nothing. */
static void test_written_again(void **state)
{
	struct problem p = {0};
	struct source_day days[4];

	for (int i = 0; i < 3; i++) {
		AUTO(day_store) s = open_in(*state);
		put(s, "ann@shop.test", DAY, 10);
		put(s, "ann@shop.test", DAY, 12);
		put(s, "ann@shop.test", DAY, 4);
		assert_int_equal(day_store_commit(s, NOW + i, &p), 0);
	}
	assert_int_equal(read_of(*state, "ann@shop.test", 0, days, 4), 1);
	assert_int_equal(days[0].messages, 12);
	assert_int_equal(days[0].recipients, 24);
}

static void test_old_ones_go(void **state)
{
	struct day_store *s = open_in(*state);
	struct problem p = {0};
	struct source_day days[4];

	put(s, "ann@shop.test", DAY - DAY_STORE_DAYS - 1, 1);
	put(s, "ann@shop.test", DAY - DAY_STORE_DAYS, 2);
	put(s, "old@shop.test", DAY - DAY_STORE_DAYS - 1, 1);
	assert_int_equal(day_store_commit(s, NOW, &p), 0);
	put(s, "old@shop.test", DAY - DAY_STORE_DAYS - 1, 1);
	assert_int_equal(day_store_commit(s, NOW + 60, &p), 0); /* not looked for so soon */
	day_store_free(s);
	assert_int_equal(read_of(*state, "ann@shop.test", 0, days, 4), 1);
	assert_int_equal(days[0].messages, 2);
	assert_int_equal(read_of(*state, "old@shop.test", 0, days, 4), 1);
	s = open_in(*state);
	assert_int_equal(day_store_commit(s, NOW + DAY_STORE_SWEEP, &p), 0);
	day_store_free(s);
	assert_int_equal(read_of(*state, "old@shop.test", 0, days, 4), 0);
}

static void test_rows_are_bounded(void **state)
{
	struct day_store *s = open_in(*state);
	struct problem p = {0};
	struct source_day days[4];

	day_store_limit(s, 5);
	for (int64_t day = DAY - 3; day <= DAY; day++) {
		put(s, "ann@shop.test", day, 1);
		put(s, "cem@shop.test", day, 1);
	}
	assert_int_equal(day_store_commit(s, NOW, &p), 0);
	day_store_free(s);
	size_t left = read_of(*state, "ann@shop.test", 0, days, 4);
	assert_true(days[0].day > DAY - 3);
	left += read_of(*state, "cem@shop.test", 0, days, 4);
	assert_true(days[0].day > DAY - 3);
	assert_int_equal(left, 5);
}

static void test_none_and_damaged(void **state)
{
	const struct source ann = mailbox("ann@shop.test");
	struct day_store *s = NULL;
	struct source_day days[4];
	struct problem p = {0};
	size_t count = 0;

	assert_int_equal(day_store_read(*state, &ann, 0, days, 4, &count, &p), -ENOENT);
	folder_write(*state, DAY_STORE_NAME, "this is no database, but long enough to be one");
	assert_int_equal(day_store_read(*state, &ann, 0, days, 4, &count, &p), -EBADMSG);
	assert_int_equal(day_store_open(*state, &s, &p), -EBADMSG);
	assert_null(s);
	day_store_set_aside(*state);
	day_store_free(open_in(*state));
	assert_int_equal(day_store_read(*state, &ann, 0, days, 4, &count, &p), 0);
	assert_int_equal(count, 0);
}

/* Who writes the file may be somebody else than who it says: neither a link nor a table that never
 * ends is followed. */
static void test_hostile(void **state)
{
	const struct source ann = mailbox("ann@shop.test");
	char path[FOLDER_PATH_MAX], another[FOLDER_PATH_MAX];
	struct source_day days[4];
	struct problem p = {0};
	size_t count = 0;
	sqlite3 *db = NULL;

	day_store_free(open_in(*state));
	(void)snprintf(path, sizeof(path), "%s/" DAY_STORE_NAME, (const char *)*state);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "DROP TABLE days; CREATE VIEW days AS WITH RECURSIVE n(i) AS"
				 " (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 1 AS source,"
				 " i AS day, 1 AS messages, 1 AS recipients, 1 AS failed,"
				 " 1 AS complaints FROM n; INSERT INTO names(name)"
				 " VALUES('mailbox:ann@shop.test')",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_true(day_store_read(*state, &ann, 0, days, 4, &count, &p) < 0);

	(void)snprintf(another, sizeof(another), "%s/elsewhere", (const char *)*state);
	assert_int_equal(rename(path, another), 0);
	assert_int_equal(symlink(another, path), 0);
	p = (struct problem){0};
	assert_true(day_store_read(*state, &ann, 0, days, 4, &count, &p) < 0);
	assert_string_not_equal(p.text, "");
}

/* The file of another program, or of another version, is not written to. */
static void test_another_version(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct day_store *s = open_in(*state);
	struct problem p = {0};
	sqlite3 *db = NULL;

	day_store_free(s);
	s = NULL;
	(void)snprintf(path, sizeof(path), "%s/" DAY_STORE_NAME, (const char *)*state);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(day_store_open(*state, &s, &p), -EBADMSG);
	assert_non_null(strstr(p.text, "another version"));
	assert_null(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_days),
		TEST(test_written_again),
		TEST(test_old_ones_go),
		TEST(test_rows_are_bounded),
		TEST(test_none_and_damaged),
		TEST(test_another_version),
		TEST(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
