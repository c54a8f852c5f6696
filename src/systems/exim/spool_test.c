#include "systems/exim/spool.h"

#include "tests/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OLD "1xVSmQ-00076x-1r"
#define NEW "1xVSn6-000000007hc-2kmW"

static struct exim_id id_of(const char *text)
{
	struct exim_id id;
	assert_int_equal(exim_id_parse(slice_of(text), &id), 0);
	return id;
}

static const struct spool_folder *folder_of(
	const struct exim_spool *s, const char *queue, char letter)
{
	for (size_t i = 0; i < s->folder_count; i++)
		if (s->folders[i].letter == letter && strcmp(s->folders[i].queue, queue) == 0)
			return &s->folders[i];
	return NULL;
}

static void test_finds_every_folder(void **state)
{
	struct problem problem = {0};
	const char *top = *state;

	folder_make(top, "input/Q");
	folder_make(top, "input/6");
	folder_make(top, "input/ab"); /* no letter */
	folder_make(top, "input/-");  /* no letter of the alphabet */
	folder_make(top, "night/input/Q");
	folder_make(top, "odd name/input");
	folder_make(top, "msglog/Q");
	folder_make(top, "db");
	folder_write(top, "input/Z", "a file");
	folder_write(top, "file", "");

	AUTO(exim_spool) s = NULL;
	assert_int_equal(exim_spool_open(top, &s, &problem), 0);
	assert_int_equal(s->folder_count, 6);
	assert_non_null(folder_of(s, "", 0));
	assert_non_null(folder_of(s, "", 'Q'));
	assert_non_null(folder_of(s, "", '6'));
	assert_non_null(folder_of(s, "night", 0));
	assert_non_null(folder_of(s, "night", 'Q'));
	assert_non_null(folder_of(s, "odd name", 0));

	folder_make(top, "input/x");
	assert_int_equal(exim_spool_refresh(s, &problem), 0);
	assert_int_equal(s->folder_count, 7);
	assert_non_null(folder_of(s, "", 'x'));
}

/* Some put input/ on another disk by a link; to leave it out would show an empty queue. */
static void test_input_elsewhere(void **state)
{
	AUTO(exim_spool) s = NULL;
	struct problem problem = {0};
	char path[600];

	folder_make(*state, "spool/msglog");
	folder_make(*state, "disk/Q");
	(void)snprintf(path, sizeof(path), "%s/spool/input", (char *)*state);
	assert_int_equal(symlink("../nothing", path), 0);
	(void)snprintf(path, sizeof(path), "%s/spool", (char *)*state);
	assert_int_equal(exim_spool_open(path, &s, &problem), -ELOOP);
	assert_non_null(strstr(problem.text, "/spool/input: a symbolic link"));

	(void)snprintf(path, sizeof(path), "%s/spool/input", (char *)*state);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("../disk", path), 0);
	(void)snprintf(path, sizeof(path), "%s/spool", (char *)*state);
	assert_int_equal(exim_spool_open(path, &s, &problem), 0);
	assert_non_null(folder_of(s, "", 0));
	assert_non_null(folder_of(s, "", 'Q'));
}

static void test_second_names_are_no_folders(void **state)
{
	struct problem problem = {0};
	char path[600];

	folder_make(*state, "input/Q");
	folder_make(*state, "elsewhere/input");
	(void)snprintf(path, sizeof(path), "%s/link", (char *)*state);
	assert_int_equal(symlink("elsewhere", path), 0);
	(void)snprintf(path, sizeof(path), "%s/input/R", (char *)*state);
	assert_int_equal(symlink("Q", path), 0);

	AUTO(exim_spool) s = NULL;
	assert_int_equal(exim_spool_open(*state, &s, &problem), 0);
	assert_null(folder_of(s, "link", 0));
	assert_null(folder_of(s, "", 'R'));
}

static void test_not_a_spool(void **state)
{
	AUTO(exim_spool) s = NULL;
	struct problem problem = {0};

	assert_int_equal(exim_spool_open(*state, &s, &problem), -ENOENT);
	assert_non_null(strstr(problem.text, "is no Exim spool"));
	assert_int_equal(exim_spool_open("/nonexistent/spool", &s, &problem), -ENOENT);
	assert_non_null(strstr(problem.text, "cannot read /nonexistent/spool: No such file"));
	assert_null(s);

	folder_make(*state, "db"); /* Exim was started here, and had no message yet */
	assert_int_equal(exim_spool_open(*state, &s, &problem), 0);
	assert_int_equal(s->folder_count, 0);
}

/* A folder that cannot be read is an error, never an empty queue. */
static void test_unreadable(void **state)
{
	static const char *const hidden[] = {"input", "input/Q", "night", "night/input", "."};

	folder_make(*state, "input/Q");
	folder_make(*state, "night/input");
	if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0))
		skip();
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		AUTO(exim_spool) s = NULL;
		struct problem problem = {0};
		char path[600];
		(void)snprintf(path, sizeof(path), "%s/%s", (char *)*state, hidden[i]);
		if (getuid() == 0)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(chmod(path, 0), 0);
		if (getuid() == 0)
			assert_int_equal(seteuid(65534), 0);
		int err = exim_spool_open(*state, &s, &problem);
		if (getuid() == 0)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(chmod(path, 0755), 0);
		assert_int_equal(err, -EACCES);
		assert_non_null(strstr(problem.text, "cannot read "));
		assert_non_null(strstr(problem.text, ": run as root or "));
		assert_null(s);
	}
	if (getuid() == 0)
		assert_int_equal(setegid(0), 0);
}

static void test_find(void **state)
{
	struct problem problem = {0};
	struct exim_id old = id_of(OLD), new = id_of(NEW);

	folder_make(*state, "input/Q");
	folder_make(*state, "night/input/6");
	folder_write(*state, "input/" OLD "-D", "x");
	folder_write(*state, "input/Q/" OLD "-H", "x");
	folder_write(*state, "night/input/6/" NEW "-D", "x");

	AUTO(exim_spool) s = NULL;
	assert_int_equal(exim_spool_open(*state, &s, &problem), 0);
	assert_ptr_equal(exim_spool_find(s, NULL, &old), folder_of(s, "", 'Q'));
	assert_ptr_equal(exim_spool_find(s, "", &old), folder_of(s, "", 'Q'));
	assert_null(exim_spool_find(s, "night", &old));
	assert_ptr_equal(exim_spool_find(s, NULL, &new), folder_of(s, "night", '6'));
	assert_null(exim_spool_find(s, "", &new));
}

static void test_queue_names(void **state)
{
	static const struct {
		const char *name;
		bool want;
	} rows[] = {
		{"stanch", true},
		{"a-b_c.d9", true},
		{"", false},
		{".", false},
		{"..", false},
		{".hidden", false},
		{"a/b", false},
		{"a b", false},
		{"input", false},
		{"msglog", false},
		{"scan", false},
		{"123456789012345678901234567890123456789012345678901234567890123", true},
		{"1234567890123456789012345678901234567890123456789012345678901234", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(exim_spool_is_queue_name(rows[i].name), rows[i].want);
}

static void test_make_queue(void **state)
{
	struct problem problem = {0};
	const struct spool_folder *f = NULL;
	struct stat st, like;
	char path[600];

	folder_make(*state, "input");
	(void)snprintf(path, sizeof(path), "%s/input", (char *)*state);
	assert_int_equal(chmod(path, 0750), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(stat(path, &like), 0);

	AUTO(exim_spool) s = NULL;
	assert_int_equal(exim_spool_open(*state, &s, &problem), 0);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(exim_spool_make_queue(s, "stanch", &f, &problem), 0);
		assert_string_equal(f->queue, "stanch");
		assert_int_equal(f->letter, 0);
		assert_int_equal(fstat(f->fd, &st), 0);
		assert_int_equal(st.st_mode, like.st_mode);
		assert_int_equal(st.st_uid, like.st_uid);
		assert_int_equal(st.st_gid, like.st_gid);
	}
	assert_true(exim_spool_open_msglog(s, f, 0) >= 0);
	assert_int_equal(exim_spool_open_msglog(s, f, 'Q'), -ENOENT);
	assert_int_equal(exim_spool_make_queue(s, "../x", &f, &problem), -EINVAL);

	(void)snprintf(path, sizeof(path), "%s/trap", (char *)*state);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_true(exim_spool_make_queue(s, "trap", &f, &problem) < 0);
	assert_non_null(strstr(problem.text, "cannot make the queue"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_finds_every_folder, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_input_elsewhere, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_second_names_are_no_folders, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_not_a_spool, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_find, folder_setup, folder_teardown),
		cmocka_unit_test(test_queue_names),
		cmocka_unit_test_setup_teardown(test_make_queue, folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
