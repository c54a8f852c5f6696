#include "systems/exim/scan.h"

#include "tests/folder.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define REST   "-H\nx 1 1\n<a@b>\n1795435484 0\nXX\n1\nr@x\n\n013  Subject: abc\n"
#define OLD    "1xVSmQ-00076x-1r"
#define NEW    "1xVSn6-000000007hc-2kmW"
#define NUMBER 700

/* What a scan gave, under its own lock: visits come from several threads. */
struct seen {
	pthread_mutex_t lock;
	unsigned visits, sound, damaged, unreadable, journals, ghosts, with_size;
	uint64_t id_sum;
};

static void note(void *context, unsigned worker, const struct scanned *m)
{
	struct seen *s = context;

	assert_true(worker < SCAN_THREADS_MAX);
	(void)pthread_mutex_lock(&s->lock);
	s->visits++;
	s->unreadable += m->error != 0;
	s->sound += m->header != NULL && m->header->damage.what == NULL;
	s->damaged += m->header != NULL && m->header->damage.what != NULL;
	s->journals += m->journal.len > 0;
	s->ghosts += !m->has_data;
	s->with_size += m->data_size >= 0;
	s->id_sum += exim_id_process(&m->id);
	(void)pthread_mutex_unlock(&s->lock);
}

static void add_message(const char *top, const char *folder, const char *id)
{
	char name[FOLDER_PATH_MAX], text[FOLDER_PATH_MAX];

	(void)snprintf(name, sizeof(name), "%s/%s-H", folder, id);
	(void)snprintf(text, sizeof(text), "%s" REST, id);
	folder_write(top, name, text);
	(void)snprintf(name, sizeof(name), "%s/%s-D", folder, id);
	(void)snprintf(text, sizeof(text), "%s-D\nbody\n", id);
	folder_write(top, name, text);
}

static struct seen scan(const char *top, struct scan_options o, struct scan_result *ret)
{
	struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct scan_progress progress = {0};
	struct problem problem = {0};
	AUTO(exim_spool) s = NULL;

	assert_int_equal(exim_spool_open(top, &s, &problem), 0);
	if (exim_scan(s, &o, note, &seen, &progress, ret, &problem) != 0)
		fail_msg("%s", problem.text);
	assert_int_equal(ret->visited, seen.visits);
	assert_int_equal(ret->unreadable, seen.unreadable);
	if (!o.names_only)
		assert_int_equal(ret->messages, ret->visited + ret->vanished);
	assert_int_equal(progress.listed, ret->messages);
	assert_int_equal(progress.folders_done, progress.folders_total);
	return seen;
}

/* Flat, split and named queues, old and new ids, and what is no message, in one spool. */
static int mixed_spool(void **state)
{
	static const char letters[] = "0AQz";
	char folder[32], id[64];

	if (folder_setup(state) != 0)
		return -1;
	for (const char *l = letters; *l != '\0'; l++) {
		(void)snprintf(folder, sizeof(folder), "input/%c", *l);
		folder_make(*state, folder);
	}
	folder_make(*state, "night/input");
	folder_make(*state, "stanch/input");
	for (int i = 0; i < NUMBER; i++) {
		char letter = letters[i % 4];
		(void)snprintf(folder, sizeof(folder), "input/%c", letter);
		if (i % 2 == 0)
			(void)snprintf(id, sizeof(id), "1xVSm%c-%06d-1r", letter, i);
		else
			(void)snprintf(id, sizeof(id), "1xVSm%c-%011d-2kmW", letter, i);
		add_message(*state, i % 7 == 0 ? "input" : folder, id);
	}
	add_message(*state, "night/input", OLD);
	add_message(*state, "stanch/input", NEW);
	folder_write(*state, "input/hdr." OLD, "half a file");
	folder_write(*state, "input/" OLD "-K", "");
	folder_write(*state, "input/readme-H", "");
	return 0;
}

static void test_every_message_once(void **state)
{
	static const unsigned threads[] = {0, 1, 2, 7, 1000};

	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		for (int sizes = 0; sizes < 2; sizes++) {
			struct scan_result r;
			struct scan_options o = {.threads = threads[i],
				.sizes = sizes != 0,
				.except_queue = "stanch"};
			struct seen seen = scan(*state, o, &r);
			assert_int_equal(seen.visits, NUMBER + 1);
			assert_int_equal(seen.sound, NUMBER + 1);
			/* 12345678 is no number of theirs: 00076x is 7 * 62^2 + 6 * 62 + 59 */
			assert_int_equal(seen.id_sum >= NUMBER, true);
			assert_int_equal(seen.with_size, sizes ? NUMBER + 1 : 0);
			assert_int_equal(r.bodies, NUMBER + 1);
			assert_int_equal(seen.ghosts, 0);
		}
}

static void test_queues(void **state)
{
	struct scan_result r;

	assert_int_equal(scan(*state, (struct scan_options){.only_queue = ""}, &r).visits, NUMBER);
	assert_int_equal(scan(*state, (struct scan_options){.only_queue = "night"}, &r).visits, 1);
	assert_int_equal(scan(*state, (struct scan_options){.only_queue = "none"}, &r).visits, 0);
	assert_int_equal(scan(*state, (struct scan_options){0}, &r).visits, NUMBER + 2);
}

static void test_names_only(void **state)
{
	struct scan_result r;
	struct seen seen = scan(*state, (struct scan_options){.names_only = true}, &r);

	assert_int_equal(seen.visits, 0);
	assert_int_equal(r.messages, NUMBER + 2);
}

static void test_journal_ghost_damage(void **state)
{
	struct scan_result r;
	struct scan_options o = {.sizes = true};

	folder_make(*state, "input");
	add_message(*state, "input", "1xVSmQ-00076x-00");
	folder_write(*state, "input/1xVSmQ-00076x-00-J", "r@x\n");
	folder_write(*state, "input/1xVSmQ-00076x-01-H", "1xVSmQ-00076x-01" REST); /* no -D */
	folder_write(*state, "input/1xVSmQ-00076x-02-H", "1xVSmQ-00076x-03" REST); /* wrong name */
	folder_write(*state, "input/1xVSmQ-00076x-02-D", "1xVSmQ-00076x-02-D\n");
	folder_write(*state, "input/1xVSmQ-00076x-04-D", "1xVSmQ-00076x-04-D\n"); /* no -H */
	folder_write(*state, "input/1xVSmQ-00076x-05-H", "");
	struct seen seen = scan(*state, o, &r);
	assert_int_equal(seen.visits, 4);
	assert_int_equal(seen.sound, 2);
	assert_int_equal(seen.damaged, 2);
	assert_int_equal(seen.journals, 1);
	assert_int_equal(seen.ghosts, 2);
	assert_int_equal(seen.with_size, 2);
	assert_int_equal(r.bodies, 3);

	o.sizes = false;
	seen = scan(*state, o, &r);
	assert_int_equal(seen.visits, 4);
	assert_int_equal(seen.journals, 1);
	assert_int_equal(seen.damaged, 2);
}

/* Sizes around the buffers of both ways to read. */
static void test_large_headers(void **state)
{
	static const size_t sizes[] = {16383, 16384, 16385, 65535, 65536, 65537, 300000};
	struct scan_result r;

	folder_make(*state, "input");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *text = malloc(sizes[i] + 1), name[64];
		size_t front = (size_t)sprintf(
			text, "1xVSmQ-00076x-0%zu-H\nx 1 1\n<a@b>\n1795435484 0\n-x ", i);
		static const char end[] = "\nXX\n1\nr@x\n\n013  Subject: abc\n";
		memset(text + front, 'y', sizes[i] - front);
		memcpy(text + sizes[i] - (sizeof(end) - 1), end, sizeof(end) - 1);
		(void)snprintf(name, sizeof(name), "input/1xVSmQ-00076x-0%zu-H", i);
		folder_write_bytes(*state, name, text, sizes[i]);
		free(text);
	}
	for (int with_sizes = 0; with_sizes < 2; with_sizes++) {
		struct seen seen =
			scan(*state, (struct scan_options){.sizes = with_sizes != 0}, &r);
		assert_int_equal(seen.sound, sizeof(sizes) / sizeof(sizes[0]));
	}
}

/* What cannot be read is given with its reason, not left out. */
static void test_unreadable_file(void **state)
{
	struct scan_result r;
	char path[FOLDER_PATH_MAX];

	folder_make(*state, "input");
	add_message(*state, "input", OLD);
	folder_make(*state, "input/" NEW "-H"); /* no file, but Exim counts the name, too */
	(void)snprintf(path, sizeof(path), "%s/input/%s-H", (char *)*state, "1xVSmQ-00076x-1s");
	assert_int_equal(symlink("/etc/passwd", path), 0); /* and no link is followed */
	struct seen seen = scan(*state, (struct scan_options){0}, &r);
	assert_int_equal(seen.visits, 3);
	assert_int_equal(seen.sound, 1);
	assert_int_equal(r.messages, 3);
	assert_int_equal(r.unreadable, 2);
	(void)scan(*state, (struct scan_options){.names_only = true}, &r);
	assert_int_equal(r.messages, 3);
}

static void test_read_message(void **state)
{
	AUTO(message_buffer) b = message_buffer_new();
	AUTO(exim_spool) s = NULL;
	struct problem problem = {0};
	struct exim_id id, none;
	struct scanned m;
	char body[16];

	folder_make(*state, "input");
	add_message(*state, "input", OLD);
	assert_int_equal(exim_id_parse(slice_of(OLD), &id), 0);
	assert_int_equal(exim_id_parse(slice_of(NEW), &none), 0);
	assert_int_equal(exim_spool_open(*state, &s, &problem), 0);
	assert_int_equal(exim_read_message(&s->folders[0], &id, b, &m), 0);
	assert_int_equal(m.data_size, 24);
	assert_true(m.header_ino != 0);
	assert_true(slice_is(exim_field_value(m.header, "subject"), "abc"));
	assert_int_equal(exim_read_message(&s->folders[0], &none, b, &m), -ENOENT);
	assert_int_equal(exim_read_header(&s->folders[0], &id, b, &m), 0);
	assert_int_equal(m.data_size, -1);
	assert_int_equal(m.header_ino, 0);
	assert_true(slice_is(exim_field_value(m.header, "subject"), "abc"));
	assert_int_equal(exim_read_header(&s->folders[0], &none, b, &m), -ENOENT);

	assert_int_equal(exim_read_body(&s->folders[0], &id, body, sizeof(body)), 5);
	assert_memory_equal(body, "body\n", 5);
	assert_int_equal(exim_read_body(&s->folders[0], &id, body, 2), 2);
	assert_int_equal(exim_read_body(&s->folders[0], &none, body, 2), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_every_message_once, mixed_spool, folder_teardown),
		cmocka_unit_test_setup_teardown(test_queues, mixed_spool, folder_teardown),
		cmocka_unit_test_setup_teardown(test_names_only, mixed_spool, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_journal_ghost_damage, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_large_headers, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_unreadable_file, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_read_message, folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
