#include "systems/exim/move.h"

#include "tests/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

static int open_below(const char *top, const char *below)
{
	char path[FOLDER_PATH_MAX];

	assert_true(snprintf(path, sizeof(path), "%s/%s", top, below) < (int)sizeof(path));
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* What another process gets when it locks the name line as Exim does. */
static bool other_is_locked_out(int folder_fd, const char *name, int command)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 19};
		int fd = openat(folder_fd, name, O_RDWR | O_APPEND);
		_exit(fd >= 0 && fcntl(fd, command, &l) < 0 && errno == EAGAIN ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status) == 1;
}

static void test_lock_keeps_exim_out(void **state)
{
	struct exim_id id = id_of(OLD);
	struct message_lock lock = {.fd = -1};

	folder_make(*state, "input");
	folder_write(*state, "input/" OLD "-D", OLD "-D\nbody\n");
	int fd = open_below(*state, "input");

	assert_int_equal(message_lock(fd, &id, &lock).outcome, MOVE_DONE);
	assert_true(other_is_locked_out(fd, OLD "-D", F_SETLK));
	assert_true(other_is_locked_out(fd, OLD "-D", F_OFD_SETLK));

	/* Closing another descriptor of the file must not give the lock back. */
	close(openat(fd, OLD "-D", O_RDONLY));
	assert_true(other_is_locked_out(fd, OLD "-D", F_SETLK));

	struct message_lock second = {.fd = -1};
	assert_int_equal(message_lock(fd, &id, &second).outcome, MOVE_LOCKED);
	assert_int_equal(second.fd, -1);
	message_unlock(&lock);
	assert_int_equal(lock.fd, -1);
	assert_false(other_is_locked_out(fd, OLD "-D", F_SETLK));
	close(fd);
}

static void locked_by_another(void **state, int command, off_t start, off_t len)
{
	struct exim_id id = id_of(NEW);
	struct message_lock lock = {.fd = -1};
	int ready[2], done[2], status;
	char c;

	folder_make(*state, "input");
	folder_write(*state, "input/" NEW "-D", NEW "-D\nbody\n");
	int fd = open_below(*state, "input");
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct flock l = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
		int mine = openat(fd, NEW "-D", O_RDWR);
		if (mine < 0 || fcntl(mine, command, &l) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		close(done[1]);
		_exit(read(done[0], &c, 1) == 0 ? 0 : 1);
	}
	close(done[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(message_lock(fd, &id, &lock).outcome, MOVE_LOCKED);
	close(done[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(message_lock(fd, &id, &lock).outcome, MOVE_DONE);
	message_unlock(&lock);
	close(ready[0]);
	close(ready[1]);
	close(fd);
}

static void test_posix_lock_of_exim(void **state)
{
	locked_by_another(state, F_SETLK, 0, 26);
}

static void test_ofd_lock_of_another(void **state)
{
	locked_by_another(state, F_OFD_SETLK, 0, 26);
}

static void test_lock_on_its_last_byte(void **state)
{
	locked_by_another(state, F_SETLK, 25, 1);
}

static void test_lock_of_what_is_none(void **state)
{
	struct exim_id id = id_of(OLD);
	struct message_lock lock = {.fd = -1};

	folder_make(*state, "input");
	int fd = open_below(*state, "input");
	assert_int_equal(message_lock(fd, &id, &lock).outcome, MOVE_GONE);
	folder_write(*state, "input/other", "x");
	assert_int_equal(symlinkat("other", fd, OLD "-D"), 0);
	assert_int_equal(message_lock(fd, &id, &lock).outcome, MOVE_CHANGED);
	assert_int_equal(unlinkat(fd, OLD "-D", 0), 0);
	assert_int_equal(mkfifoat(fd, OLD "-D", 0600), 0);
	assert_int_not_equal(message_lock(fd, &id, &lock).outcome, MOVE_DONE);
	assert_int_equal(lock.fd, -1);
	close(fd);
}

static void test_move_never_over_a_file(void **state)
{
	struct exim_id id = id_of(OLD);
	struct stat before, after;

	folder_make(*state, "a");
	folder_make(*state, "b");
	folder_write(*state, "a/" OLD "-H", "one");
	int a = open_below(*state, "a"), b = open_below(*state, "b");
	assert_int_equal(fstatat(a, OLD "-H", &before, 0), 0);

	assert_int_equal(message_move_file(a, b, &id, EXIM_FILE_HEADER).outcome, MOVE_DONE);
	assert_int_equal(fstatat(b, OLD "-H", &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_int_equal(message_file_seen(a, &id, EXIM_FILE_HEADER), FILE_ABSENT);
	assert_int_equal(message_move_file(a, b, &id, EXIM_FILE_HEADER).outcome, MOVE_GONE);

	folder_write(*state, "a/" OLD "-H", "two");
	assert_int_equal(message_move_file(a, b, &id, EXIM_FILE_HEADER).outcome, MOVE_CONFLICT);
	assert_int_equal(message_file_seen(a, &id, EXIM_FILE_HEADER), FILE_PRESENT);

	assert_int_equal(message_remove_file(a, &id, EXIM_FILE_HEADER).outcome, MOVE_DONE);
	assert_int_equal(message_remove_file(a, &id, EXIM_FILE_HEADER).outcome, MOVE_GONE);
	close(a);
	close(b);
}

static void test_names(void **state)
{
	static const struct {
		enum exim_file file;
		const char *want;
	} rows[] = {{EXIM_FILE_HEADER, NEW "-H"}, {EXIM_FILE_DATA, NEW "-D"},
		{EXIM_FILE_JOURNAL, NEW "-J"}, {EXIM_FILE_NONE, NEW}};
	struct exim_id id = id_of(NEW);
	char name[MESSAGE_FILE_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		message_file_name(&id, rows[i].file, name);
		assert_string_equal(name, rows[i].want);
	}
}

static void test_msglog_places(void **state)
{
	struct problem problem = {0};
	struct exim_spool *spool = NULL;
	struct stat like, made;

	folder_make(*state, "input/Q");
	folder_make(*state, "msglog");
	assert_int_equal(exim_spool_open(*state, &spool, &problem), 0);
	struct move_places *places = move_places_new(spool);
	size_t split = spool->folders[0].letter == 'Q' ? 0 : 1;

	assert_true(move_places_msglog(places, split, 0, false) >= 0);
	assert_int_equal(move_places_msglog(places, split, 'Q', false), -ENOENT);
	int fd = move_places_msglog(places, split, 'Q', true);
	assert_true(fd >= 0);
	assert_int_equal(move_places_msglog(places, split, 'Q', false), fd);
	assert_int_equal(fstat(fd, &made), 0);
	assert_int_equal(fstat(spool->folders[split].fd, &like), 0);
	assert_int_equal(made.st_mode, like.st_mode);
	move_places_touch(places, fd);
	move_places_touch(places, spool->folders[0].fd);
	assert_int_equal(move_places_sync(places), 0);
	move_places_free(places);
	exim_spool_free(spool);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lock_keeps_exim_out),
		TEST(test_posix_lock_of_exim),
		TEST(test_ofd_lock_of_another),
		TEST(test_lock_on_its_last_byte),
		TEST(test_lock_of_what_is_none),
		TEST(test_move_never_over_a_file),
		TEST(test_msglog_places),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
