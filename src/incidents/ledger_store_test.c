#include "incidents/ledger_store.h"

#include "base/memory.h"
#include "base/sketch.h"
#include "incidents/watch.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)
#define BEGIN  (INT64_C(1795500000) * SECOND)
#define SEED   UINT64_C(42)

/* A number that looks drawn, and is the same each time. */
static uint32_t draw(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

struct run {
	struct watch *watch;
	double scores;
	unsigned verdicts;
	uint32_t state;
	int64_t at_us;
	unsigned number;
};

static struct run run_new(void)
{
	const struct watch_settings settings = {.sources_max = 60, .alpha = 0.1};
	struct run r = {.state = 7, .at_us = BEGIN};

	hash_set_seed(SEED);
	r.watch = watch_new(&settings);
	ledger_set_hosted(watch_ledger(r.watch), slice_of("shop.test"), HOSTED_YES);
	return r;
}

static void take(struct run *r, const struct fact *fact)
{
	struct watch_result result;

	if (!watch_take(r->watch, fact, &result))
		return;
	r->scores += result.score;
	r->verdicts += result.verdict != VERDICT_NOTHING;
	if (result.verdict == VERDICT_CONTAIN)
		ledger_mark_bad(watch_ledger(r->watch), result.sighting.source,
			result.sighting.episode, fact->at_us);
}

/* Of all kinds, from fifty mailboxes and some hosts outside. */
static void random_fact(struct run *r)
{
	static const enum failure failures[] = {
		FAILURE_USER_UNKNOWN, FAILURE_CONTENT, FAILURE_RATE};
	char id[32], by[40], to[40], ip[24], body[160];
	uint32_t who = draw(&r->state) % 50, kind = draw(&r->state) % 10;
	struct source source;
	struct slice recipient;

	r->at_us += (int64_t)(draw(&r->state) % 1200) * SECOND;
	(void)snprintf(id, sizeof(id), "1x%06u-000000-00", r->number - (kind > 5 ? 3 : 0));
	(void)snprintf(by, sizeof(by), "m%u@shop.test", who);
	(void)snprintf(
		to, sizeof(to), "p%u@d%u.test", draw(&r->state) % (who < 3 ? 5000 : 40), who % 7);
	(void)snprintf(ip, sizeof(ip), "198.%u.2.9", who + (draw(&r->state) % 40 == 0 ? 60 : 0));
	(void)snprintf(body, sizeof(body),
		"%c%c about the %c%c of our club see http://l%u.test/ now",
		(int)('a' + draw(&r->state) % 26), (int)('a' + who % 26),
		(int)('a' + draw(&r->state) % 26), (int)('b' + who % 20), draw(&r->state) % 90);
	recipient = slice_of(kind == 9 ? by : to);
	source_set(&source, SOURCE_MAILBOX, slice_of(by));
	struct fact fact = {.at_us = r->at_us, .id = slice_of(id), .client = slice_of(ip)};
	if (kind <= 5 || kind == 9) {
		fact.kind = FACT_ACCEPTED;
		fact.source = kind == 9 ? NULL : &source;
		fact.sender = slice_of(kind == 9 ? to : by);
		/* one of them is a thief now and then */
		fact.body = slice_of(who == 0 ? "you have won a great prize claim it at "
						"http://win.test/ before the offer ends for you"
					      : body);
		fact.recipients = &recipient;
		fact.recipient_count = fact.recipient_total = 1;
		fact.has_filter_score = who % 2 == 0;
		fact.filter_score = (double)(draw(&r->state) % 80) / 10;
		r->number++;
	} else if (kind == 8) {
		fact.kind = FACT_LOGIN_FAILED;
		fact.user = slice_of(by);
	} else {
		fact.kind = kind == 6 ? FACT_DELIVERED : FACT_FAILED;
		fact.recipient = recipient;
		fact.failure = failures[draw(&r->state) % 3];
	}
	take(r, &fact);
}

/* What is remembered goes to disk, and into a new ledger of a process with another seed. */
static void through_the_disk(struct run *r, const char *folder)
{
	const struct watch_settings settings = {.sources_max = 60, .alpha = 0.1};
	char log[] = "/var/log/mainlog", position[] = "12:34";
	struct ledger_place place = {log, position};
	struct ledger_saved saved = {.seed = SEED, .saved = 5, .places = &place, .place_count = 1};
	struct problem p = {0};

	saved.image = ledger_write(watch_ledger(r->watch), &saved.image_len);
	assert_int_equal(ledger_store_save(folder, &saved, &p), 0);
	free(saved.image);
	watch_free(r->watch);
	hash_set_seed(99);

	assert_int_equal(ledger_store_load(folder, &saved, &p), 0);
	assert_int_equal(saved.seed, SEED);
	assert_int_equal(saved.saved, 5);
	assert_int_equal(saved.place_count, 1);
	assert_string_equal(saved.places[0].log, "/var/log/mainlog");
	assert_string_equal(saved.places[0].position, "12:34");
	hash_set_seed(saved.seed);
	r->watch = watch_new(&settings);
	assert_int_equal(
		ledger_read(watch_ledger(r->watch), (struct slice){saved.image, saved.image_len}),
		0);
	size_t len;
	char *again = ledger_write(watch_ledger(r->watch), &len);
	assert_int_equal(len, saved.image_len);
	assert_memory_equal(again, saved.image, len);
	free(again);
	ledger_saved_clear(&saved);
}

/* Sixty days, with a restart in the middle of each week and without: the same judgements. */
static void test_a_restart_changes_nothing(void **state)
{
	struct run whole = run_new();

	for (unsigned i = 0; i < 8000; i++)
		random_fact(&whole);
	struct run parts = run_new();
	for (unsigned i = 0; i < 8000; i++) {
		random_fact(&parts);
		if (i % 1000 == 500)
			through_the_disk(&parts, *state);
	}
	assert_true(whole.verdicts > 0);
	assert_true(whole.at_us - BEGIN > 50 * DAY);
	assert_int_equal(whole.verdicts, parts.verdicts);
	assert_true(whole.scores == parts.scores);
	watch_free(whole.watch);
	watch_free(parts.watch);
}

/* Cut off at any place, and with any byte another: refused or read, never more than that. */
static void test_damaged_images(void **state)
{
	struct run r = run_new();
	size_t len;

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		random_fact(&r);
	char *image = ledger_write(watch_ledger(r.watch), &len);
	for (size_t n = 0; n < len; n += 1 + n / 7) {
		struct ledger *l = ledger_new(60, LEDGER_MESSAGES_MAX);
		assert_true(ledger_read(l, (struct slice){image, n}) < 0);
		ledger_free(l);
	}
	for (size_t n = 0; n < len; n += 1 + n / 13) {
		struct ledger *l = ledger_new(60, LEDGER_MESSAGES_MAX);
		image[n] ^= 0x5a;
		if (ledger_read(l, (struct slice){image, len}) == 0)
			assert_true(ledger_count(l) <= 60);
		image[n] ^= 0x5a;
		ledger_free(l);
	}
	free(image);
	watch_free(r.watch);
}

static void test_damaged_files(void **state)
{
	const char *folder = *state;
	struct ledger_saved saved;
	struct problem p = {0};
	char path[FOLDER_PATH_MAX];
	sqlite3 *db;

	assert_int_equal(ledger_store_load(folder, &saved, &p), -ENOENT);
	folder_write(folder, LEDGER_STORE_NAME,
		"this is no database at all, and it is long enough to be looked at by SQLite "
		"........."
		".................................................................................."
		"..");
	assert_int_equal(ledger_store_load(folder, &saved, &p), -EBADMSG);
	ledger_store_set_aside(folder);
	assert_int_equal(ledger_store_load(folder, &saved, &p), -ENOENT);

	char bytes[] = "an image";
	const struct ledger_saved some = {.seed = 1, .image = bytes, .image_len = sizeof(bytes)};
	assert_int_equal(ledger_store_save(folder, &some, &p), 0);
	(void)snprintf(path, sizeof(path), "%s/" LEDGER_STORE_NAME, folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM image", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(ledger_store_load(folder, &saved, &p), -EBADMSG);
	assert_int_equal(ledger_store_save(folder, &some, &p), 0);
	assert_int_equal(ledger_store_load(folder, &saved, &p), 0);
	assert_int_equal(saved.image_len, sizeof(bytes));
	ledger_saved_clear(&saved);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=9", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(ledger_store_load(folder, &saved, &p), -EBADMSG);
	assert_non_null(strstr(p.text, "another version"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_restart_changes_nothing),
		TEST(test_damaged_images),
		TEST(test_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
