#include "systems/dovecot/passwd_file.h"

#include "base/memory.h"
#include "tests/folder.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/xattr.h>
#include <time.h>

#include <cmocka.h>

static const char before_ann[] = "# users\n\nbob@shop.test:{PLAIN}b:1:2::/home/bob::a=b\r\n"
				 ":odd\nno colons here\nann2@shop.test:x\n";
static const char behind_ann[] =
	":5000:5000:A name:/home/ann:/bin/false:"
	"userdb_quota_rule=*:storage=1G x=y\r\n\xff\xfe:\n"
	"locked:!{PLAIN}x\nopen:::::::nopassword\nother:{PLAIN}x:::::: password=y\n"
	"twice:{PLAIN}x\ntwice:{PLAIN}y\nbad\nlast:{PLAIN}z";

static char path[FOLDER_PATH_MAX];

/* The whole file, with a NUL behind it. */
static char *contents(const char *of)
{
	FILE *f = fopen(of, "re");
	char *text = memory_new(65536, 1);

	assert_non_null(f);
	size_t len = fread(text, 1, 65535, f);
	assert_true(len < 65535);
	(void)fclose(f);
	return text;
}

static void put(void **state, const char *hash)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), "%sann@shop.test:%s%s", before_ann, hash, behind_ann);
	(void)snprintf(path, sizeof(path), "%s/users", (const char *)*state);
	folder_write(*state, "users", text);
	assert_int_equal(chmod(path, 0640), 0);
}

static void check_set(const char *scheme)
{
	AUTO(secret) secret = secret_new(slice_of("correct horse"));
	AUTO(secret) old = secret_new(slice_of("old"));
	struct problem p = {0};
	bool has = true;

	assert_int_equal(passwd_file_has(path, "ann@shop.test", secret, &has, &p), 0);
	assert_false(has);
	int err = passwd_file_set(path, "ann@shop.test", secret, &p);
	if (err != 0)
		fail_msg("%d %s", err, p.text);
	assert_int_equal(passwd_file_has(path, "ann@shop.test", secret, &has, &p), 0);
	assert_true(has);
	assert_int_equal(passwd_file_has(path, "ann@shop.test", old, &has, &p), 0);
	assert_false(has);
	char *text = contents(path);
	char *at = text + sizeof(before_ann) - 1 + strlen("ann@shop.test:");
	assert_memory_equal(text, before_ann, sizeof(before_ann) - 1);
	assert_int_equal(strncmp(at, scheme, strlen(scheme)), 0);
	assert_string_equal(strchr(at, ':'), behind_ann);
	free(text);
}

static size_t count_files(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			count++;
	(void)closedir(dir);
	return count;
}

static void test_one_password_only_changes(void **state)
{
	put(state, "{PLAIN}old");
	check_set("{SHA512-CRYPT}$6$");
	put(state, "{BLF-CRYPT}$2y$05$IeB2XcyN57sFpTAf/.0yGu75dkHNUZq5cZpUKy76jful.bGZn4s86");
	check_set("{BLF-CRYPT}$2y$");
	put(state, "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$abc$abc");
	check_set("{ARGON2ID}$argon2id$");
	put(state, "$5$abc$abc");
	check_set("$5$");
	put(state, "$1$abc$abc");
	check_set("{SHA512-CRYPT}$6$");
	put(state, "0123456789abc");
	check_set("{SHA512-CRYPT}$6$");
	assert_int_equal(count_files(*state), 1);
}

static void test_rights_are_kept(void **state)
{
	struct stat st, again;

	put(state, "{PLAIN}old");
	bool has_attribute = setxattr(path, "user.note", "kept", 4, 0) == 0;
	if (geteuid() == 0)
		assert_int_equal(chown(path, 12, 34), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(stat(path, &st), 0);
	check_set("{SHA512-CRYPT}");
	assert_int_equal(stat(path, &again), 0);
	assert_int_equal(again.st_mode, st.st_mode);
	assert_int_equal(again.st_uid, st.st_uid);
	assert_int_equal(again.st_gid, st.st_gid);
	assert_true(again.st_ino != st.st_ino);
	assert_true(again.st_mtime > st.st_mtime); /* by which Dovecot tells it */
	char value[8] = "";
	if (has_attribute) {
		assert_int_equal(getxattr(path, "user.note", value, sizeof(value)), 4);
		assert_string_equal(value, "kept");
	}
}

static void test_a_link_stays_one(void **state)
{
	char link[FOLDER_PATH_MAX / 2];
	struct stat st;

	put(state, "{PLAIN}old");
	folder_make(*state, "etc");
	(void)snprintf(link, sizeof(link), "%s/etc/link", (const char *)*state);
	assert_int_equal(symlink("../users", link), 0);
	(void)snprintf(path, sizeof(path), "%s", link);
	check_set("{SHA512-CRYPT}");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	(void)snprintf(link, sizeof(link), "%s/etc", (const char *)*state);
	assert_int_equal(count_files(link), 1);
}

static void check_refused(const char *user, int err)
{
	AUTO(secret) secret = secret_new(slice_of("correct horse"));
	struct problem p = {0};
	char *before = contents(path);

	int got = passwd_file_set(path, user, secret, &p);
	if (got != err)
		fail_msg("%s: %d %s", user, got, p.text);
	assert_non_null(strstr(p.text, path));
	assert_null(strstr(p.text, "horse"));
	char *after = contents(path);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void test_what_is_refused(void **state)
{
	put(state, "{PLAIN}old");
	check_refused("nobody", -ENOENT);
	check_refused("Ann@shop.test", -ENOENT);
	check_refused("twice", -EIO);
	check_refused("locked", -EIO);
	check_refused("open", -EIO);
	check_refused("other", -EIO);
	check_refused("bad", -EBADMSG);
	char other[FOLDER_PATH_MAX + 8];
	(void)snprintf(other, sizeof(other), "%s/other", (const char *)*state);
	assert_int_equal(link(path, other), 0);
	check_refused("ann@shop.test", -EIO);
	assert_int_equal(count_files(*state), 2);
}

static void test_no_file(void **state)
{
	AUTO(secret) secret = secret_new(slice_of("correct horse"));
	struct problem p = {0};
	bool has = false;

	assert_int_equal(passwd_file_set("/does/not/exist", "a", secret, &p), -EINVAL);
	assert_non_null(strstr(p.text, "/does/not/exist"));
	assert_int_equal(passwd_file_has("/does/not/exist", "a", secret, &has, &p), -EINVAL);
	assert_int_equal(passwd_file_set(*state, "a", secret, &p), -EIO);
	assert_int_equal(passwd_file_has(*state, "a", secret, &has, &p), -EIO);
}

static void test_last_line_without_end(void **state)
{
	AUTO(secret) secret = secret_new(slice_of("correct horse"));
	struct problem p = {0};

	put(state, "{PLAIN}old");
	assert_int_equal(passwd_file_set(path, "last", secret, &p), 0);
	char *text = contents(path);
	assert_null(strstr(text, "last:{PLAIN}"));
	assert_true(text[strlen(text) - 1] != '\n');
	free(text);
}

static void test_what_is_so_is_left_alone(void **state)
{
	AUTO(secret) secret = secret_new(slice_of("correct horse"));
	struct stat st, again;

	put(state, "{PLAIN}correct horse");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(passwd_file_set(path, "ann@shop.test", secret, NULL), 0);
	assert_int_equal(stat(path, &again), 0);
	assert_true(again.st_ino != st.st_ino); /* a plain text does not stay */
	assert_int_equal(passwd_file_set(path, "ann@shop.test", secret, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(again.st_ino, st.st_ino);
}

static void put_lock(void **state, const char *text, time_t age)
{
	char lock[FOLDER_PATH_MAX + 8];
	struct timespec times[2] = {{time(NULL) - age, 0}, {time(NULL) - age, 0}};

	folder_write(*state, "users.lock", text);
	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	assert_int_equal(utimensat(AT_FDCWD, lock, times, 0), 0);
}

static void test_lock_files(void **state)
{
	char text[32];
	pid_t gone = fork();

	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	put(state, "{PLAIN}old");
	(void)snprintf(text, sizeof(text), "%d\n", (int)getpid());
	put_lock(state, text, 3600); /* of somebody who lives */
	check_refused("ann@shop.test", -EAGAIN);
	assert_int_equal(count_files(*state), 2);
	(void)snprintf(text, sizeof(text), "%d\n", (int)gone);
	put_lock(state, text, 3600);
	check_set("{SHA512-CRYPT}");
	assert_int_equal(count_files(*state), 1);
}

/* The lock of fcntl(2), held by another process for a while. */
static void test_kernel_lock(void **state)
{
	int ready[2];

	put(state, "{PLAIN}old");
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)usleep(300000);
		_exit(0);
	}
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	struct timespec begin, end;
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	check_set("{SHA512-CRYPT}");
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >=
		    200);
	(void)waitpid(child, NULL, 0);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_one_password_only_changes, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_rights_are_kept, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_a_link_stays_one, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_what_is_refused, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_no_file, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_last_line_without_end, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_what_is_so_is_left_alone, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_lock_files, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_kernel_lock, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
