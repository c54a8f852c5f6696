#include "systems/log_shelf.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PATH_SIZE (FOLDER_PATH_MAX + 100)

static char *in(const char *top, const char *name, char at[PATH_SIZE])
{
	(void)snprintf(at, PATH_SIZE, "%s/%s", top, name);
	return at;
}

/* The names on the shelf, the newest first, with blanks between. */
static char *names_of(const struct log_shelf *shelf, char at[1024])
{
	size_t n = 0;

	at[0] = '\0';
	for (size_t i = 0; i < shelf->count; i++)
		n += (size_t)snprintf(at + n, 1024 - n, "%s%s", i > 0 ? " " : "",
			strrchr(shelf->files[i].path, '/') + 1);
	return at;
}

static const struct shelf_case {
	const char *name;
	const char *pattern, *live;
	const char *there; /* made in this order */
	const char *want;
} shelf_cases[] = {
	{"nothing", "mainlog", "mainlog", "", ""},
	{"only strangers", "mainlog", "mainlog", "rejectlog mainlog.old mainlog.1.gz.tmp xmainlog",
		""},
	{"numbers", "mainlog", "mainlog", "mainlog.2.gz mainlog.10.gz mainlog mainlog.1",
		"mainlog mainlog.1 mainlog.2.gz mainlog.10.gz"},
	{"a gap", "mainlog", "mainlog", "mainlog.1 mainlog.2", "mainlog.1 mainlog.2"},
	{"being packed", "mainlog", "mainlog", "mainlog.1.gz mainlog.1 mainlog mainlog.2.gz",
		"mainlog mainlog.1 mainlog.2.gz"},
	{"packed twice", "mainlog", "mainlog", "mainlog.1.zst mainlog.1.gz mainlog.1", "mainlog.1"},
	{"being packed, with a zero in front", "mainlog", "mainlog", "mainlog.1 mainlog.01.gz",
		"mainlog.1"},
	{"days", "m-%D", "m-20261124", "m-20261122.gz m-20261124 m-20261123 m-2026112x",
		"m-20261124 m-20261123 m-20261122.gz"},
};

static void test_order(void **state)
{
	for (size_t i = 0; i < sizeof(shelf_cases) / sizeof(shelf_cases[0]); i++) {
		const struct shelf_case *c = &shelf_cases[i];
		char folder[32], below[300], live[PATH_SIZE], names[1024];
		struct log_shelf shelf;
		(void)snprintf(folder, sizeof(folder), "%zu", i);
		folder_make(*state, folder);
		for (struct slice rest = slice_of(c->there); rest.len > 0;) {
			size_t n = slice_find(rest, ' ');
			(void)snprintf(below, sizeof(below), "%s/%.*s", folder, (int)n, rest.at);
			folder_write(*state, below, "x");
			rest = slice_after(rest, n + 1);
		}
		(void)snprintf(below, sizeof(below), "%s/%s", folder, c->live);
		log_shelf_read(in(*state, below, live), c->pattern, &shelf);
		assert_int_equal(shelf.err, 0);
		if (strcmp(names_of(&shelf, names), c->want) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", c->name, names, c->want);
		log_shelf_free(&shelf);
	}
}

static void test_only_files(void **state)
{
	struct log_shelf shelf;
	char path[PATH_SIZE], names[1024];

	folder_make(*state, "mainlog.1");
	assert_int_equal(mkfifo(in(*state, "mainlog.2", path), 0600), 0);
	assert_int_equal(symlink("nowhere", in(*state, "mainlog.3", path)), 0);
	folder_write(*state, "mainlog.4", "");
	log_shelf_read(in(*state, "mainlog", path), "mainlog", &shelf);
	assert_string_equal(names_of(&shelf, names), "mainlog.4");
	log_shelf_free(&shelf);
}

static void test_each_file_once(void **state)
{
	struct log_shelf shelf;
	char path[PATH_SIZE], other[PATH_SIZE], names[1024];

	folder_write(*state, "mainlog-20261123", "x");
	assert_int_equal(symlink("mainlog-20261123", in(*state, "mainlog", path)), 0);
	assert_int_equal(
		link(in(*state, "mainlog-20261123", path), in(*state, "mainlog.7", other)), 0);
	folder_write(*state, "mainlog-20261122", "y");
	log_shelf_read(in(*state, "mainlog", path), "mainlog", &shelf);
	assert_string_equal(names_of(&shelf, names), "mainlog mainlog-20261122");
	log_shelf_free(&shelf);
}

static void test_no_folder(void **state)
{
	struct log_shelf shelf;
	char path[PATH_SIZE];

	log_shelf_read(in(*state, "none/mainlog", path), "mainlog", &shelf);
	assert_int_equal(shelf.err, -ENOENT);
	assert_int_equal(shelf.count, 0);
	log_shelf_free(&shelf);
	log_shelf_free(NULL);
}

static void test_same(void **state)
{
	struct log_shelf a, b;
	char path[PATH_SIZE], from[PATH_SIZE], to[PATH_SIZE];

	folder_write(*state, "mainlog", "x");
	folder_write(*state, "mainlog.1", "x");
	log_shelf_read(in(*state, "mainlog", path), "mainlog", &a);
	folder_write(*state, "other", "x");
	log_shelf_read(path, "mainlog", &b);
	assert_true(log_shelf_same(&a, &b));
	log_shelf_free(&b);

	/* another file of the same name */
	assert_int_equal(rename(in(*state, "other", from), in(*state, "mainlog.1", to)), 0);
	log_shelf_read(path, "mainlog", &b);
	assert_false(log_shelf_same(&a, &b));
	log_shelf_free(&b);
	log_shelf_free(&a);

	/* another name of the same file */
	log_shelf_read(path, "mainlog", &a);
	assert_int_equal(rename(to, in(*state, "mainlog.2", from)), 0);
	log_shelf_read(path, "mainlog", &b);
	assert_false(log_shelf_same(&a, &b));
	log_shelf_free(&b);

	/* one fewer */
	assert_int_equal(unlink(from), 0);
	log_shelf_read(path, "mainlog", &b);
	assert_false(log_shelf_same(&a, &b));
	log_shelf_free(&b);
	log_shelf_free(&a);
}

static void test_open(void **state)
{
	struct log_shelf shelf;
	char path[PATH_SIZE], other[PATH_SIZE];

	folder_write(*state, "mainlog", "x");
	log_shelf_read(in(*state, "mainlog", path), "mainlog", &shelf);
	assert_int_equal(shelf.files[0].state.size, 1);
	int fd = log_shelf_open(&shelf.files[0]);
	assert_true(fd >= 0);
	close(fd);

	folder_write(*state, "other", "x");
	assert_int_equal(rename(in(*state, "other", other), path), 0);
	assert_int_equal(log_shelf_open(&shelf.files[0]), -EAGAIN);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(log_shelf_open(&shelf.files[0]), -EAGAIN);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(log_shelf_open(&shelf.files[0]), -EINVAL);
	log_shelf_free(&shelf);
}

static void test_state_of_used_inode(void **state)
{
	struct file_state a = {.device = 1, .inode = 2, .born_ns = 3}, b = a;

	(void)state;
	assert_true(file_state_same(&a, &b));
	b.size = 9;
	assert_true(file_state_same(&a, &b));
	b.born_ns = 4;
	assert_false(file_state_same(&a, &b));
	b.born_ns = 0; /* not known */
	assert_true(file_state_same(&a, &b));
	assert_true(file_state_same(&b, &a));
	b.inode = 3;
	assert_false(file_state_same(&a, &b));
	b.inode = 2;
	b.device = 3;
	assert_false(file_state_same(&a, &b));
	assert_int_equal(file_state_of(-1, &a), -EBADF);
	assert_int_equal(a.inode, 2);
	assert_int_equal(file_state_of_path(AT_FDCWD, "/nowhere/at/all", &a), -ENOENT);
	assert_int_equal(file_state_of_path(AT_FDCWD, "/", &a), 0);
	assert_false(a.regular);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_order),
		IN_FOLDER(test_only_files),
		IN_FOLDER(test_each_file_once),
		IN_FOLDER(test_no_folder),
		IN_FOLDER(test_same),
		IN_FOLDER(test_open),
		cmocka_unit_test(test_state_of_used_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
