#include "programs/page_users_file.h"

#include "base/memory.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct scene {
	char path[FOLDER_PATH_MAX];
	const char *made; /* what becomes of it; NULL: nothing */
	bool was_called;
	char seen[256];
};

static char *change(void *context, struct slice text, struct problem *problem)
{
	struct scene *s = context;

	s->was_called = true;
	(void)snprintf(s->seen, sizeof(s->seen), "%.*s", (int)text.len, text.at);
	if (s->made == NULL)
		(void)problem_set(problem, -EINVAL, "not so");
	return s->made != NULL ? memory_copy(s->made, strlen(s->made)) : NULL;
}

static struct scene begin(void **state, const char *below)
{
	struct scene s = {0};

	(void)snprintf(s.path, sizeof(s.path), "%s/%s", (char *)*state, below);
	return s;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void check_file(const char *path, const char *want, mode_t mode)
{
	struct whole_file file = {0};

	assert_int_equal(whole_file_read(path, 4096, &file), 0);
	assert_string_equal(file.text, want);
	assert_int_equal(file.state.st_mode & 07777, mode);
	whole_file_clear(&file);
}

static void test_made(void **state)
{
	struct scene s = begin(state, "etc/page.users");
	struct whole_file file = {0};
	struct problem p = {0};

	assert_int_equal(page_users_file_read(s.path, &file, &p), -ENOENT);
	assert_non_null(strstr(p.text, "page.users"));
	s.made = "ann:reader:proxy:\n";
	assert_int_equal(page_users_file_change(s.path, change, &s, &p), 0);
	assert_string_equal(s.seen, "");
	check_file(s.path, s.made, 0600);
	s.made = "ann:operator:proxy:\n";
	assert_int_equal(chmod(s.path, 0400), 0);
	assert_int_equal(page_users_file_change(s.path, change, &s, &p), 0);
	assert_string_equal(s.seen, "ann:reader:proxy:\n");
	check_file(s.path, s.made, 0400);
	assert_int_equal(page_users_file_read(s.path, &file, &p), 0);
	whole_file_clear(&file);
}

static void test_nothing_is_lost(void **state)
{
	struct scene s = begin(state, "page.users");
	struct problem p = {0};

	write_file(s.path, "# x\nann:reader:proxy:\nnobody knows\n", 0600);
	s.made = "ann:operator:proxy:\n";
	assert_int_equal(page_users_file_change(s.path, change, &s, &p), -EBADMSG);
	assert_false(s.was_called);
	assert_non_null(strstr(p.text, "line 3"));
	assert_non_null(strstr(p.text, s.path));
	assert_null(strstr(p.text, "nobody"));
	check_file(s.path, "# x\nann:reader:proxy:\nnobody knows\n", 0600);

	write_file(s.path, "ann:reader:proxy:\n", 0600);
	s.made = NULL;
	assert_int_equal(page_users_file_change(s.path, change, &s, &p), -EINVAL);
	assert_string_equal(p.text, "not so");
	s.made = "no user\n";
	assert_int_equal(page_users_file_change(s.path, change, &s, &p), -EBADMSG);
	check_file(s.path, "ann:reader:proxy:\n", 0600);
}

static void test_others(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0666};
	struct scene s = begin(state, "page.users"), link = begin(state, "link");
	struct whole_file file = {0};
	struct problem p = {0};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_file(s.path, "ann:reader:proxy:\n", modes[i]);
		assert_int_equal(page_users_file_read(s.path, &file, &p), -EACCES);
	}
	assert_int_equal(chmod(s.path, 0600), 0);
	assert_int_equal(symlink(s.path, link.path), 0);
	assert_int_equal(page_users_file_read(link.path, &file, &p), -ELOOP);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(s.path, 65534, 65534), 0);
	assert_int_equal(page_users_file_read(s.path, &file, &p), -EACCES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_made),
		TEST(test_nothing_is_lost),
		TEST(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
