#include "systems/whole_file.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *in(void *const *state, const char *name, char at[FOLDER_PATH_MAX])
{
	(void)snprintf(at, FOLDER_PATH_MAX, "%s/%s", (const char *)*state, name);
	return at;
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 4095, 65535, 65536, 65537, 131072, 131073, 300000};
	static char bytes[300001];
	char path[FOLDER_PATH_MAX];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t mosts[] = {sizes[i], sizes[i] + 1, 1 << 20};

		folder_write_bytes(*state, "file", bytes, sizes[i]);
		for (size_t k = 0; k < 3; k++) {
			struct whole_file file = {0};

			assert_int_equal(
				whole_file_read(in(state, "file", path), mosts[k], &file), 0);
			assert_int_equal(file.len, sizes[i]);
			assert_memory_equal(file.text, bytes, sizes[i]);
			assert_int_equal(file.text[file.len], 0);
			whole_file_clear(&file);
		}
		if (sizes[i] > 0) {
			struct whole_file file = {0};

			assert_int_equal(whole_file_read(path, sizes[i] - 1, &file), -EFBIG);
			assert_null(file.text);
		}
	}
}

static void test_only_plain_files(void **state)
{
	char path[FOLDER_PATH_MAX], other[FOLDER_PATH_MAX];
	struct whole_file file = {0};

	folder_write(*state, "file", "x");
	assert_int_equal(symlink(in(state, "file", other), in(state, "link", path)), 0);
	assert_int_equal(whole_file_read(path, 10, &file), -ELOOP);
	assert_int_equal(mkfifo(in(state, "pipe", path), 0600), 0);
	assert_int_equal(whole_file_read(path, 10, &file), -EINVAL);
	assert_int_equal(whole_file_read(*state, 10, &file), -EINVAL);
	assert_int_equal(whole_file_read(in(state, "none", path), 10, &file), -ENOENT);
	assert_null(file.text);
}

static void test_written(void **state)
{
	const struct stat like = {.st_mode = 0640, .st_uid = getuid(), .st_gid = getgid()};
	char path[FOLDER_PATH_MAX], beside[FOLDER_PATH_MAX];
	struct whole_file file = {0};

	in(state, "file", path);
	folder_write(*state, "file.stanch-new", "left by a crash");
	assert_int_equal(whole_file_write(path, slice_of("one\n"), &like), 0);
	assert_int_equal(whole_file_write(path, slice_of("two\n"), &like), 0);
	assert_int_equal(whole_file_read(path, 10, &file), 0);
	assert_string_equal(file.text, "two\n");
	assert_int_equal(file.state.st_mode & 07777, 0640);
	assert_int_equal(access(in(state, "file.stanch-new", beside), F_OK), -1);
	whole_file_clear(&file);
	assert_int_equal(whole_file_remove(path), 0);
	assert_int_equal(whole_file_remove(path), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(
		whole_file_write(in(state, "none/file", path), slice_of(""), &like), -ENOENT);
}

/* A file that is made takes nobody's place. */
static void test_made(void **state)
{
	char path[FOLDER_PATH_MAX], other[FOLDER_PATH_MAX];
	struct whole_file file = {0};
	struct stat st;

	assert_int_equal(whole_file_make(in(state, "new", path), slice_of("one"), 0600), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(whole_file_make(path, slice_of("two"), 0600), -EEXIST);
	assert_int_equal(whole_file_read(path, 10, &file), 0);
	assert_string_equal(file.text, "one");
	whole_file_clear(&file);
	/* nor a link's, wherever that leads */
	assert_int_equal(symlink(in(state, "nowhere", other), in(state, "dangling", path)), 0);
	assert_int_equal(whole_file_make(path, slice_of("two"), 0600), -EEXIST);
	assert_int_equal(access(other, F_OK), -1);
	assert_int_equal(
		whole_file_make(in(state, "no/folder", path), slice_of("x"), 0600), -ENOENT);
	assert_int_equal(access(in(state, "new.stanch-new", path), F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sizes, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_only_plain_files, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_written, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_made, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
