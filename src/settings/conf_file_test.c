#include "settings/conf_file.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Reads top/name; fails when the answer or, in it, the words are others. */
static void assert_refused(const char *top, const char *name, int want, const char *want_words)
{
	char path[FOLDER_PATH_MAX], *text = NULL;
	struct problem problem = {""};
	size_t len = 7;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	int r = conf_file_read(path, &text, &len, &problem);
	if (r != want || strstr(problem.text, want_words) == NULL)
		fail_msg("%s: got %d \"%s\", want %d \"%s\"", name, r, problem.text, want,
			want_words);
	assert_non_null(strstr(problem.text, path));
	assert_null(text);
	assert_int_equal(len, 7);
}

static void assert_read(const char *top, const char *name, const char *want)
{
	char path[FOLDER_PATH_MAX], *text = NULL;
	struct problem problem = {""};
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	if (conf_file_read(path, &text, &len, &problem) != 0)
		fail_msg("%s", problem.text);
	assert_string_equal(text, want);
	assert_int_equal(len, strlen(want));
	free(text);
}

static void set_mode(const char *top, const char *name, mode_t mode)
{
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(chmod(path, mode), 0);
}

static void test_read(void **state)
{
	folder_write(*state, "f", "hold { }\n");
	set_mode(*state, "f", 0644);
	assert_read(*state, "f", "hold { }\n");
	folder_write(*state, "empty", "");
	set_mode(*state, "empty", 0400);
	assert_read(*state, "empty", "");
	folder_run(*state, "ln -s f link", NULL);
	assert_read(*state, "link", "hold { }\n");
}

static void test_not_there(void **state)
{
	assert_refused(*state, "none", -ENOENT, "cannot open");
	folder_run(*state, "ln -s none dangling; ln -s loop loop; : >file", NULL);
	assert_refused(*state, "dangling", -ENOENT, "No such file");
	assert_refused(*state, "loop", -ELOOP, "cannot open");
	assert_refused(*state, "file/x", -ENOTDIR, "cannot open");
}

static void test_no_file(void **state)
{
	folder_run(*state, "mkdir folder; mkfifo -m 600 pipe; ln -s /dev/null null", NULL);
	assert_refused(*state, "folder", -EINVAL, "is no regular file");
	assert_refused(*state, "pipe", -EINVAL, "is no regular file"); /* and nothing waits */
	assert_refused(*state, "null", -EINVAL, "is no regular file");
}

static const mode_t too_open[] = {0660, 0646, 0666, 0620, 0602, 0777};

static void test_others_may_write(void **state)
{
	folder_write(*state, "f", "x");
	for (size_t i = 0; i < sizeof(too_open) / sizeof(too_open[0]); i++) {
		char words[64];
		(void)snprintf(words, sizeof(words),
			"by others than its owner (mode %03o): chmod go-w", too_open[i]);
		set_mode(*state, "f", too_open[i]);
		assert_refused(*state, "f", -EPERM, words);
	}
	set_mode(*state, "f", 0755);
	assert_read(*state, "f", "x");
}

/* Only root can give files away, and become somebody else. */
static void test_of_somebody_else(void **state)
{
	char path[FOLDER_PATH_MAX];

	if (geteuid() != 0)
		skip();
	folder_write(*state, "f", "x");
	(void)snprintf(path, sizeof(path), "%s/f", (char *)*state);
	set_mode(*state, "f", 0644);
	assert_int_equal(chown(path, 65534, 0), 0);
	assert_refused(*state, "f", -EPERM, "belongs to user 65534");
	assert_int_equal(seteuid(65534), 0);
	assert_read(*state, "f", "x"); /* one's own */
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_read(*state, "f", "x"); /* root's */
	assert_int_equal(seteuid(0), 0);
	set_mode(*state, "f", 0600);
	assert_int_equal(seteuid(65534), 0);
	assert_refused(*state, "f", -EACCES, "Permission denied");
	assert_int_equal(seteuid(0), 0);
}

static void test_size(void **state)
{
	char *bytes = calloc(1, CONF_FILE_MAX + 2);

	assert_non_null(bytes);
	memset(bytes, '#', CONF_FILE_MAX + 1);
	folder_write_bytes(*state, "longest", bytes, CONF_FILE_MAX);
	folder_write_bytes(*state, "longer", bytes, CONF_FILE_MAX + 1);
	set_mode(*state, "longest", 0600);
	set_mode(*state, "longer", 0600);
	assert_refused(*state, "longer", -EFBIG, "is longer than 1048576 bytes");
	bytes[CONF_FILE_MAX] = '\0';
	assert_read(*state, "longest", bytes);
	free(bytes);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_not_there),
		TEST(test_no_file),
		TEST(test_others_may_write),
		TEST(test_of_somebody_else),
		TEST(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
