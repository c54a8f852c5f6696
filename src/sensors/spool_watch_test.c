#include "sensors/spool_watch.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* What the visitor was told, newest last: "+id@queue/letter " and so on. */
struct told {
	char text[4096];
	unsigned came, left, lost, listed;
};

static void note(void *context, enum spool_watch_what what, const struct spool_folder *folder,
	const struct exim_id *id)
{
	struct told *t = context;
	size_t len = strlen(t->text);

	t->came += what == SPOOL_WATCH_CAME;
	t->left += what == SPOOL_WATCH_LEFT;
	t->listed += what == SPOOL_WATCH_LISTED;
	t->lost += what == SPOOL_WATCH_LOST;
	if (what != SPOOL_WATCH_LOST && len + 100 < sizeof(t->text))
		(void)snprintf(t->text + len, sizeof(t->text) - len, "%c%s@%s/%c ",
			what == SPOOL_WATCH_CAME   ? '+'
			: what == SPOOL_WATCH_LEFT ? '-'
						   : '=',
			id->text, folder->queue, folder->letter != 0 ? folder->letter : '.');
}

static struct spool_watch *begin(const char *top, const char *except)
{
	struct spool_watch *w = NULL;
	struct problem p;

	assert_int_equal(spool_watch_new(top, except, &w, &p), 0);
	return w;
}

/* Reads until nothing is left. */
static void drain(struct spool_watch *w, struct told *t, unsigned most)
{
	struct problem p = {0};
	int more = 1;

	*t = (struct told){0};
	for (unsigned i = 0; more == 1 && i < 1000000; i++)
		more = spool_watch_read(w, 0, most, note, t, &p);
	if (more != 0)
		fail_msg("%d: %s", more, p.text);
}

/* As Exim does: a temporary file, renamed. */
static void put(const char *top, const char *folder, const char *id)
{
	char hdr[FOLDER_PATH_MAX], name[FOLDER_PATH_MAX], at[64];

	(void)snprintf(at, sizeof(at), "%s/hdr.1", folder);
	folder_write(top, at, "x");
	(void)snprintf(hdr, sizeof(hdr), "%s/%s", top, at);
	(void)snprintf(name, sizeof(name), "%s/%s/%s-H", top, folder, id);
	assert_int_equal(rename(hdr, name), 0);
}

static void put_number(const char *top, unsigned n)
{
	char id[32];

	(void)snprintf(id, sizeof(id), "1a%04u-%06u-AA", n % 10000, n);
	put(top, "input", id);
}

#define ONE   "1aAAAA-000001-AA"
#define TWO   "1aAAAB-000002-AA"
#define THREE "1aAAAC-00000000003-AAAA"

/* -1: not known */
static long messages(const struct spool_watch *w)
{
	uint64_t n = 0;

	return spool_watch_messages(w, &n) ? (long)n : -1;
}

static void test_comes_once_and_leaves(void **state)
{
	const char *top = *state;
	char path[FOLDER_PATH_MAX];
	struct told t;

	folder_make(top, "input");
	put(top, "input", ONE);
	struct spool_watch *w = begin(top, NULL);
	assert_int_equal(messages(w), -1);
	drain(w, &t, 100);
	assert_string_equal(t.text, "+" ONE "@/. ");
	assert_int_equal(messages(w), 1);
	put(top, "input", ONE); /* written anew */
	put(top, "input", THREE);
	folder_write(top, "input/" TWO "-D", "x");
	folder_write(top, "input/no-id-H", "x");
	drain(w, &t, 100);
	assert_string_equal(t.text, "+" THREE "@/. ");
	(void)snprintf(path, sizeof(path), "%s/input/%s-H", top, ONE);
	assert_int_equal(unlink(path), 0);
	drain(w, &t, 100);
	assert_string_equal(t.text, "-" ONE "@/. ");
	assert_int_equal(messages(w), 1);

	struct spool_watch_counts c;
	spool_watch_counts(w, &c);
	assert_int_equal(c.came, 2);
	assert_int_equal(c.left, 1);
	assert_int_equal(c.losses + c.bytes_waiting + c.lists_waiting, 0);
	spool_watch_free(w);
}

static void test_tells_changes(void **state)
{
	const char *top = *state;
	struct told t;

	folder_make(top, "input");
	put(top, "input", ONE);
	struct spool_watch *w = begin(top, NULL);
	spool_watch_tell_changes(w);
	assert_false(spool_watch_is_whole(w));
	drain(w, &t, 100);
	assert_string_equal(t.text, "=" ONE "@/. ");
	assert_true(spool_watch_is_whole(w));
	assert_int_equal(messages(w), -1);
	put(top, "input", ONE);
	drain(w, &t, 100);
	put(top, "input", ONE);
	put(top, "input", ONE);
	drain(w, &t, 100);
	assert_string_equal(t.text, "+" ONE "@/. +" ONE "@/. ");
	folder_make(top, "slow/input");
	put(top, "slow/input", TWO); /* before it is watched */
	drain(w, &t, 100);
	assert_string_equal(t.text, "=" TWO "@slow/. ");
	spool_watch_free(w);
}

static void test_new_folders(void **state)
{
	const char *top = *state;
	struct told t;

	folder_make(top, "msglog");
	struct spool_watch *w = begin(top, "held");
	drain(w, &t, 100);
	assert_string_equal(t.text, "");
	folder_make(top, "input/A"); /* the first message of all, and its letter */
	put(top, "input/A", ONE);
	drain(w, &t, 100);
	assert_string_equal(t.text, "+" ONE "@/A ");
	folder_make(top, "slow");
	drain(w, &t, 100);
	folder_make(top, "slow/input/B"); /* later than its queue */
	put(top, "slow/input/B", TWO);
	drain(w, &t, 100);
	assert_string_equal(t.text, "+" TWO "@slow/B ");
	folder_make(top, "held/input");
	put(top, "held/input", THREE);
	drain(w, &t, 100);
	assert_string_equal(t.text, "");
	put(top, "input/A", THREE); /* released */
	drain(w, &t, 100);
	assert_string_equal(t.text, "+" THREE "@/A ");
	assert_int_equal(messages(w), 3); /* without the queue that is left out */
	spool_watch_free(w);
}

/* A message that left while its folder was listed is not counted, though it was in the list; nor is
 * a folder that was moved away, as administrators do with a full queue. */
static void test_counts_what_is_there(void **state)
{
	const char *top = *state;
	struct problem p = {0};
	struct told t = {0};

	folder_make(top, "input");
	for (unsigned i = 0; i < 500; i++)
		put_number(top, i);
	struct spool_watch *w = begin(top, NULL);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(spool_watch_read(w, 0, 20, note, &t, &p), 1);
	assert_int_equal(messages(w), -1);
	folder_run(top, "rm input/1a0[1-4]*-H", NULL);
	drain(w, &t, 20);
	assert_int_equal(messages(w), 100);
	put_number(top, 7); /* written anew */
	drain(w, &t, 20);
	assert_int_equal(messages(w), 100);
	folder_run(top, "mv input input.old && mkdir input", NULL);
	drain(w, &t, 20);
	assert_int_equal(messages(w), -1);
	spool_watch_free(w);
}

static void test_counts_a_folder_made_again(void **state)
{
	const char *top = *state;
	struct told t;

	folder_make(top, "input/A");
	put(top, "input/A", ONE);
	struct spool_watch *w = begin(top, NULL);
	drain(w, &t, 100);
	assert_int_equal(messages(w), 1);
	folder_run(top, "rm -r input/A && mkdir input/A", NULL);
	put(top, "input/A", TWO);
	put(top, "input/A", THREE);
	drain(w, &t, 100);
	assert_int_equal(messages(w), 2);
	spool_watch_free(w);
}

static void test_folder_made_again(void **state)
{
	const char *top = *state;
	struct told t;

	folder_make(top, "input/A");
	struct spool_watch *w = begin(top, NULL);
	drain(w, &t, 100);
	folder_run(top, "rmdir input/A && mkdir input/A", NULL);
	put(top, "input/A", ONE);
	drain(w, &t, 100);
	put(top, "input/A", TWO);
	struct told later;
	drain(w, &later, 100);
	assert_string_equal(t.text, "+" ONE "@/A ");
	assert_string_equal(later.text, "+" TWO "@/A ");
	spool_watch_free(w);
}

static void test_budget(void **state)
{
	const char *top = *state;
	struct problem p;
	struct told t = {0};

	folder_make(top, "input");
	for (unsigned i = 0; i < 10; i++)
		put_number(top, i);
	struct spool_watch *w = begin(top, NULL);
	assert_int_equal(spool_watch_read(w, 0, 3, note, &t, &p), 1);
	assert_true(t.came <= 3);
	drain(w, &t, 3);
	for (unsigned i = 10; i < 20; i++)
		put_number(top, i);
	t = (struct told){0};
	assert_int_equal(spool_watch_read(w, 0, 3, note, &t, &p), 1);
	assert_true(t.came <= 3);
	struct spool_watch_counts c;
	spool_watch_counts(w, &c);
	assert_true(c.bytes_waiting > 0);
	drain(w, &t, 3);
	spool_watch_counts(w, &c);
	assert_int_equal(c.came, 20);
	spool_watch_free(w);
}

/* More events than the kernel keeps: all are told, each once. */
static void test_loss(void **state)
{
	const char *top = *state;
	unsigned most;
	struct told t;
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");

	char line[32] = "0";
	if (f != NULL) {
		if (fgets(line, sizeof(line), f) == NULL)
			line[0] = '\0';
		(void)fclose(f);
	}
	most = (unsigned)strtoul(line, NULL, 10);
	if (most > 20000)
		most = 0;
	if (most == 0)
		skip();
	folder_make(top, "input");
	struct spool_watch *w = begin(top, NULL);
	drain(w, &t, 100);
	for (unsigned i = 0; i < most; i++) /* three events each */
		put_number(top, i);
	drain(w, &t, 1000);
	assert_int_equal(t.lost, 1);
	assert_int_equal(t.came, most);
	assert_int_equal(messages(w), most);
	spool_watch_free(w);
}

static void test_trouble_is_said_and_tried_again(void **state)
{
	const char *top = *state;
	struct problem p = {0};
	struct told t = {0};
	char spool[FOLDER_PATH_MAX]; /* not there: not even it can be watched */

	(void)snprintf(spool, sizeof(spool), "%s/spool", top);
	struct spool_watch *w = begin(spool, NULL);

	assert_int_equal(spool_watch_read(w, 0, 10, note, &t, &p), -ENOENT);
	assert_non_null(strstr(p.text, spool));
	folder_make(top, "spool/input");
	put(spool, "input", ONE);
	assert_int_equal(spool_watch_read(w, 999, 10, note, &t, &p), 0);
	assert_int_equal(t.came, 0);
	for (int more = 1; more == 1;)
		more = spool_watch_read(w, 1000, 10, note, &t, &p);
	assert_int_equal(t.came, 1);
	spool_watch_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(t) cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)
		IN_FOLDER(test_comes_once_and_leaves),
		IN_FOLDER(test_tells_changes),
		IN_FOLDER(test_new_folders),
		IN_FOLDER(test_folder_made_again),
		IN_FOLDER(test_counts_what_is_there),
		IN_FOLDER(test_counts_a_folder_made_again),
		IN_FOLDER(test_budget),
		IN_FOLDER(test_loss),
		IN_FOLDER(test_trouble_is_said_and_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
