#include "base/owner_rights.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SOMEBODY 65534

static bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* In somebody's folder a link leads to a file of ours, which must not be opened by it. */
static void test_link_in_anothers_folder(void **state)
{
	char folder[FOLDER_PATH_MAX], ours[FOLDER_PATH_MAX], link[FOLDER_PATH_MAX + 8],
		made[FOLDER_PATH_MAX + 8];
	struct owner_rights rights = {0};
	struct stat st;

	if (geteuid() != 0)
		skip();
	(void)snprintf(folder, sizeof(folder), "%s/his", (const char *)*state);
	(void)snprintf(ours, sizeof(ours), "%s/ours", (const char *)*state);
	(void)snprintf(link, sizeof(link), "%s/link", folder);
	(void)snprintf(made, sizeof(made), "%s/made", folder);
	folder_write(*state, "ours", "secret");
	folder_make(*state, "his");
	assert_int_equal(chmod(ours, 0600), 0);
	assert_int_equal(chown(folder, SOMEBODY, SOMEBODY), 0);
	assert_int_equal(symlink(ours, link), 0);
	assert_true(can_write(link));

	assert_int_equal(owner_rights_take(folder, &rights), 0);
	assert_false(can_write(link));
	int fd = open(made, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	owner_rights_give_back(&rights);
	assert_true(can_write(link));
	assert_int_equal(stat(made, &st), 0);
	assert_int_equal(st.st_uid, SOMEBODY);
	assert_int_equal(st.st_gid, SOMEBODY);
	owner_rights_give_back(&rights); /* once more is fine */
}

static void test_our_own(void **state)
{
	struct owner_rights rights = {0};
	char path[FOLDER_PATH_MAX];

	assert_int_equal(owner_rights_take(*state, &rights), 0);
	assert_false(rights.is_taken);
	owner_rights_give_back(&rights);
	if (geteuid() != 0)
		return;
	(void)snprintf(path, sizeof(path), "%s/link", (const char *)*state);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_true(owner_rights_take(path, &rights) < 0);
	assert_true(owner_rights_take("/nowhere/at/all", &rights) < 0);
	assert_false(rights.is_taken);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_link_in_anothers_folder),
		TEST(test_our_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
