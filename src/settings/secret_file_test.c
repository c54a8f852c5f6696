#include "settings/secret_file.h"

#include "tests/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[FOLDER_PATH_MAX];

static void put(void **state, struct slice bytes, mode_t mode)
{
	(void)snprintf(path, sizeof(path), "%s/key", (const char *)*state);
	(void)remove(path);
	folder_write_bytes(*state, "key", bytes.at, bytes.len);
	assert_int_equal(chmod(path, mode), 0);
}

static void check_read(void **state, struct slice bytes, mode_t mode, const char *text)
{
	struct problem p = {0};
	struct secret *secret = NULL;

	put(state, bytes, mode);
	assert_int_equal(secret_file_read(path, &secret, &p), 0);
	assert_string_equal(secret_text(secret), text);
	assert_string_equal(p.text, "");
	secret_free(secret);
}

static void check_refused(void **state, struct slice bytes, mode_t mode, int err)
{
	struct problem p = {0};
	struct secret *secret = NULL;

	put(state, bytes, mode);
	assert_int_equal(secret_file_read(path, &secret, &p), err);
	assert_null(secret);
	assert_non_null(strstr(p.text, path));
	assert_null(strstr(p.text, "horse"));
}

static void test_text(void **state)
{
	char longest[SECRET_MAX + 1];

	check_read(state, slice_of("correct horse"), 0600, "correct horse");
	check_read(state, slice_of("correct horse\n"), 0600, "correct horse");
	check_read(state, slice_of(" horse \n"), 0600, " horse ");
	check_read(state, slice_of("horse"), 0640, "horse");
	check_read(state, slice_of("horse"), 0400, "horse");
	memset(longest, 'a', SECRET_MAX);
	longest[SECRET_MAX] = '\0';
	check_read(state, slice_of(longest), 0600, longest);
}

static void test_no_secret(void **state)
{
	char long_one[SECRET_MAX + 4];

	check_refused(state, slice_of(""), 0600, -EINVAL);
	check_refused(state, slice_of("\n"), 0600, -EINVAL);
	check_refused(state, slice_of("horse\n\n"), 0600, -EINVAL);
	check_refused(state, slice_of("horse\r\n"), 0600, -EINVAL);
	check_refused(state, slice_of("horse\nX-Header: horse"), 0600, -EINVAL);
	check_refused(state, (struct slice){"ho\0rse", 6}, 0600, -EINVAL);
	memset(long_one, 'a', sizeof(long_one));
	check_refused(state, (struct slice){long_one, SECRET_MAX + 1}, 0600, -EINVAL);
	check_refused(state, (struct slice){long_one, sizeof(long_one)}, 0600, -EINVAL);
}

static void test_mode(void **state)
{
	check_refused(state, slice_of("horse"), 0604, -EACCES);
	check_refused(state, slice_of("horse"), 0602, -EACCES);
	check_refused(state, slice_of("horse"), 0620, -EACCES);
	check_refused(state, slice_of("horse"), 0666, -EACCES);
}

static void test_owner(void **state)
{
	if (geteuid() != 0)
		skip();
	put(state, slice_of("horse"), 0600);
	assert_int_equal(chown(path, 1, 1), 0);
	struct secret *secret = NULL;
	assert_int_equal(secret_file_read(path, &secret, NULL), -EACCES);
	assert_null(secret);
}

static void test_kind(void **state)
{
	struct secret *secret = NULL;
	char link[FOLDER_PATH_MAX + 8];
	struct problem p = {0};

	assert_int_equal(secret_file_read("/does/not/exist", &secret, &p), -ENOENT);
	assert_non_null(strstr(p.text, "/does/not/exist"));
	assert_int_equal(secret_file_read(*state, &secret, &p), -EINVAL);

	(void)snprintf(path, sizeof(path), "%s/pipe", (const char *)*state);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(secret_file_read(path, &secret, &p), -EINVAL);
	assert_null(secret);

	put(state, slice_of("horse"), 0600);
	(void)snprintf(link, sizeof(link), "%s/link", (const char *)*state);
	assert_int_equal(symlink("key", link), 0);
	assert_int_equal(secret_file_read(link, &secret, &p), 0);
	secret_free(secret);
	secret = NULL;
	put(state, slice_of("horse"), 0644);
	assert_int_equal(secret_file_read(link, &secret, &p), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_no_secret, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_mode, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_owner, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_kind, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
