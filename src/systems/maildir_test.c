#include "systems/maildir.h"

#include "tests/folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* How many files are in it; the name of one of them into ret (PATH_MAX). */
static unsigned files_in(const char *top, const char *below, char ret[FOLDER_PATH_MAX])
{
	char path[FOLDER_PATH_MAX];
	unsigned n = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", top, below);
	DIR *d = opendir(path);
	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.') {
			assert_true(snprintf(ret, FOLDER_PATH_MAX, "%s/%s", path, e->d_name) <
				    FOLDER_PATH_MAX);
			n++;
		}
	(void)closedir(d);
	return n;
}

static void test_stored(void **state)
{
	char folder[FOLDER_PATH_MAX], file[FOLDER_PATH_MAX], text[64] = "";
	struct problem p = {0};
	struct stat s;

	(void)snprintf(folder, sizeof(folder), "%s/box", (const char *)*state);
	assert_int_equal(
		maildir_store(folder, (struct slice){"Subject: x\n\nwith a \0 byte\n", 26}, &p), 0);
	assert_int_equal(files_in(folder, "new", file), 1);
	assert_int_equal(stat(file, &s), 0);
	assert_int_equal(s.st_size, 26);
	assert_int_equal(s.st_mode & 0137, 0);
	FILE *f = fopen(file, "r");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof(text), f), 26);
	(void)fclose(f);
	assert_memory_equal(text, "Subject: x\n\nwith a \0 byte\n", 26);
	for (int i = 0; i < 20; i++)
		assert_int_equal(maildir_store(folder, (struct slice){0}, &p), 0);
	assert_int_equal(files_in(folder, "new", file), 21);
	assert_int_equal(files_in(folder, "tmp", file), 0);
	assert_int_equal(files_in(folder, "cur", file), 0);
}

static void test_cannot(void **state)
{
	char folder[FOLDER_PATH_MAX], file[FOLDER_PATH_MAX];
	struct problem p = {0};

	(void)snprintf(folder, sizeof(folder), "%s/no/box", (const char *)*state);
	assert_int_equal(maildir_store(folder, slice_of("x"), &p), -ENOENT);
	assert_non_null(strstr(p.text, "/no/box: No such file"));
	folder_write(*state, "plain", "x");
	(void)snprintf(folder, sizeof(folder), "%s/plain", (const char *)*state);
	assert_int_equal(maildir_store(folder, slice_of("x"), &p), -ENOTDIR);
	folder_make(*state, "odd/tmp");
	folder_write(*state, "odd/new", "a file");
	(void)snprintf(folder, sizeof(folder), "%s/odd", (const char *)*state);
	assert_true(maildir_store(folder, slice_of("x"), &p) < 0);
	assert_int_equal(files_in(folder, "tmp", file), 0); /* nothing is left behind */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stored, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_cannot, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
