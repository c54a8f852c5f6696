#include "systems/dovecot/passwd_file.h"

#include "base/clock.h"
#include "base/file_bytes.h"
#include "base/memory.h"
#include "base/password_hash.h"
#include "base/printable.h"
#include "formats/passwd_line.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define PATH_SHOWN     400
#define NEW_ENDING     ".stanch-new"
#define LOCK_ENDING    ".lock"
#define NAME_ROOM      (NAME_MAX + 1)
#define LOOK_AGAIN_MS  50
#define ATTRIBUTES_MAX ((size_t)64 << 10) /* bytes, of their names, and of each value */

/* One change of one file. */
struct edit {
	char shown[PATH_SHOWN]; /* the path that was given */
	char folder[PATH_MAX];  /* of the file that is replaced */
	char name[NAME_ROOM], new_name[NAME_ROOM], lock_name[NAME_ROOM], own_name[NAME_ROOM];
	int dir, fd;
	bool has_lock;
	struct stat st;
	char *text;
	size_t len;
};

static int say(const struct edit *e, int err, const char *what, struct problem *problem)
{
	int answer = -EIO;

	if (err == -ENOENT || err == -ENOTDIR)
		answer = -EINVAL;
	else if (err == -EACCES || err == -EPERM || err == -EROFS)
		answer = -EACCES;
	return problem_set(problem, answer, "cannot %s %s: %s", what, e->shown, strerror(-err));
}

static void wait_a_little(void)
{
	const struct timespec t = {0, LOOK_AGAIN_MS * 1000000L};

	(void)nanosleep(&t, NULL);
}

/* ---- names ---- */

static bool name_with(const char *name, const char *ending, char at[NAME_ROOM])
{
	return snprintf(at, NAME_ROOM, "%s%s", name, ending) < NAME_ROOM;
}

/* The folder and name of the file that path leads to. */
static int find_names(struct edit *e, const char *path)
{
	char *target = realpath(path, NULL);
	int err = -ENAMETOOLONG;

	if (target == NULL)
		return -errno;
	char *slash = strrchr(target, '/');
	const char *name = slash + 1;
	char own_ending[32]; /* ours alone, whoever else is about to lock it */
	(void)snprintf(own_ending, sizeof(own_ending), ".stanch-lock-%ld", (long)getpid());
	if (name_with(name, "", e->name) && name_with(name, NEW_ENDING, e->new_name) &&
		name_with(name, LOCK_ENDING, e->lock_name) &&
		name_with(name, own_ending, e->own_name) &&
		(size_t)(slash - target) < sizeof(e->folder)) {
		(void)snprintf(e->folder, sizeof(e->folder), "%.*s", (int)(slash - target), target);
		err = 0;
	}
	free(target);
	return err;
}

static int open_folder(struct edit *e, const char *path, struct problem *problem)
{
	int err = find_names(e, path);

	if (err == 0) {
		e->dir = open(
			e->folder[0] != '\0' ? e->folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = e->dir >= 0 ? 0 : -errno;
	}
	return err < 0 ? say(e, err, "find", problem) : 0;
}

/* ---- FILE.lock ---- */

/* Whether it is of a process that is gone, and old enough to be nobody's who just begins. */
static bool is_stale(const struct edit *e)
{
	char text[32] = "", *end = text;
	struct stat st;
	int fd = openat(e->dir, e->lock_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = -1;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		time(NULL) - st.st_mtime >= PASSWD_FILE_STALE_S)
		len = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (len <= 0 || text[0] < '1' || text[0] > '9')
		return false;
	long pid = strtol(text, &end, 10);
	return (*end == '\0' || *end == '\n') && pid > 1 && pid <= INT_MAX &&
	       kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

/* A file with our number in it, so that the lock is never there without one. */
static int write_own(const struct edit *e)
{
	(void)unlinkat(e->dir, e->own_name, 0);
	int fd = openat(
		e->dir, e->own_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int written = dprintf(fd, "%ld\n", (long)getpid());
	return close(fd) == 0 && written > 0 ? 0 : -EIO;
}

static int try_lock(const struct edit *e)
{
	int err = write_own(e);

	if (err == 0 && linkat(e->dir, e->own_name, e->dir, e->lock_name, 0) < 0)
		err = -errno;
	(void)unlinkat(e->dir, e->own_name, 0);
	return err;
}

static int take_lock(struct edit *e, struct problem *problem)
{
	const int64_t until = clock_now_ms() + PASSWD_FILE_WAIT_MS;
	int err = try_lock(e);

	while (err == -EEXIST && clock_now_ms() < until) {
		if (is_stale(e))
			(void)unlinkat(e->dir, e->lock_name, 0);
		else
			wait_a_little();
		err = try_lock(e);
	}
	if (err == -EEXIST)
		return problem_set(
			problem, -EAGAIN, "%s is locked by its %s", e->shown, LOCK_ENDING);
	if (err < 0)
		return say(e, err, "lock", problem);
	e->has_lock = true;
	return 0;
}

/* ---- the file ---- */

/* Whether the name still stands for what was opened. */
static int look_again(struct edit *e)
{
	struct stat now;

	if (fstat(e->fd, &e->st) < 0)
		return -errno;
	if (fstatat(e->dir, e->name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	return now.st_ino == e->st.st_ino && now.st_dev == e->st.st_dev ? 0 : -EAGAIN;
}

static int lock_file(const struct edit *e)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(e->fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES || errno == EAGAIN ? -EAGAIN : -errno;
}

/* Opens it and takes the kernel's lock; -EAGAIN: somebody has that, or has replaced the file
 * meanwhile. */
static int open_locked(struct edit *e)
{
	e->fd = openat(e->dir, e->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (e->fd < 0)
		return -errno;
	int err = lock_file(e);
	if (err == 0)
		err = look_again(e);
	if (err < 0) {
		(void)close(e->fd);
		e->fd = -1;
	}
	return err;
}

static int open_file(struct edit *e, struct problem *problem)
{
	const int64_t until = clock_now_ms() + PASSWD_FILE_WAIT_MS;
	int err = open_locked(e);

	while (err == -EAGAIN && clock_now_ms() < until) {
		wait_a_little();
		err = open_locked(e);
	}
	if (err == -EAGAIN)
		return problem_set(problem, -EAGAIN, "somebody else has locked %s", e->shown);
	if (err < 0)
		return say(e, err, "open", problem);
	if (e->st.st_nlink != 1)
		return problem_set(problem, -EIO,
			"%s has %lu names (hard links), of which only one could be changed",
			e->shown, (unsigned long)e->st.st_nlink);
	return 0;
}

static int read_text(struct edit *e, struct problem *problem)
{
	if (!S_ISREG(e->st.st_mode) || e->st.st_size > (off_t)PASSWD_FILE_MAX)
		return problem_set(problem, -EIO, "%s is no plain file of at most %zu bytes",
			e->shown, PASSWD_FILE_MAX);
	size_t room = (size_t)e->st.st_size;
	e->text = memory_new(room + 1, 1);
	while (e->len < room) {
		ssize_t n = read(e->fd, e->text + e->len, room - e->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return say(e, -errno, "read", problem);
		if (n == 0)
			break;
		e->len += (size_t)n;
	}
	return 0;
}

static void close_edit(struct edit *e)
{
	if (e->fd >= 0)
		(void)close(e->fd);
	if (e->has_lock)
		(void)unlinkat(e->dir, e->lock_name, 0);
	if (e->dir >= 0)
		(void)close(e->dir);
	if (e->text != NULL)
		secret_wipe(e->text, e->len); /* it may be a plain text */
	free(e->text);
}

static void begin(struct edit *e, const char *path)
{
	*e = (struct edit){.dir = -1, .fd = -1};
	printable_text(slice_of(path), e->shown, sizeof(e->shown));
}

/* ---- the line ---- */

static int find_line(
	const struct edit *e, const char *user, struct passwd_line *ret, struct problem *problem)
{
	struct problem why = {0};
	int err = passwd_text_find((struct slice){e->text, e->len}, slice_of(user), ret, &why);

	if (err < 0)
		return problem_set(
			problem, err == -EEXIST ? -EIO : err, "%s: %s", e->shown, why.text);
	return 0;
}

/* Why another password in its place would be wrong or of no use; NULL: it would not. */
static const char *obstacle(const struct passwd_line *line)
{
	if (passwd_line_has_extra(line, "nopassword"))
		return "logs in without a password";
	if (passwd_line_has_extra(line, "password"))
		return "has another password among the extra fields";
	if (passwd_line_is_locked(line))
		return "is locked: a new password would open the mailbox";
	return NULL;
}

/* A longer one than PASSWORD_HASH_MAX is none of ours. */
static bool copy_hash(struct slice password, char at[PASSWORD_HASH_MAX])
{
	if (password.at == NULL || password.len >= PASSWORD_HASH_MAX)
		return false;
	memcpy(at, password.at, password.len);
	at[password.len] = '\0';
	return true;
}

static bool matches(struct slice password, const struct secret *secret)
{
	char hash[PASSWORD_HASH_MAX];
	bool same = copy_hash(password, hash) && password_hash_matches(hash, secret);

	secret_wipe(hash, sizeof(hash));
	return same;
}

static bool is_done(struct slice password, const struct secret *secret)
{
	char hash[PASSWORD_HASH_MAX];
	bool is_good = copy_hash(password, hash) && password_hash_is_good(hash);

	secret_wipe(hash, sizeof(hash));
	return is_good && matches(password, secret);
}

/* A hash in the way of the old one. Without a word in front of a weak one Dovecot would read it as
 * its configuration says, which may not be ours. */
static int make_hash(const struct edit *e, struct slice old, const struct secret *secret,
	char at[PASSWORD_HASH_MAX], struct problem *problem)
{
	char hash[PASSWORD_HASH_MAX];
	struct problem why = {0};
	bool is_used = copy_hash(old, hash) && (hash[0] == '{' || password_hash_is_good(hash));
	const char *as = is_used ? hash : NULL;
	int err = password_hash_make(as, secret, at, PASSWORD_HASH_MAX, &why);
	secret_wipe(hash, sizeof(hash));
	if (err < 0)
		return problem_set(
			problem, err == -EINVAL ? err : -EIO, "%s: %s", e->shown, why.text);
	if (strpbrk(at, ":\n") != NULL)
		return problem_set(problem, -EIO, "%s cannot hold such a hash", e->shown);
	return 0;
}

/* ---- the new file ---- */

static int copy_attribute(int from, int to, const char *name)
{
	char *value = memory_new(ATTRIBUTES_MAX, 1);
	ssize_t len = fgetxattr(from, name, value, ATTRIBUTES_MAX);
	int err = 0;

	if (len < 0 || fsetxattr(to, name, value, (size_t)len, 0) < 0)
		err = errno == ENODATA || errno == ENOTSUP ? 0 : -errno;
	free(value);
	return err;
}

static int copy_attributes(int from, int to)
{
	char *names = memory_new(ATTRIBUTES_MAX, 1);
	ssize_t len = flistxattr(from, names, ATTRIBUTES_MAX);
	int err = len < 0 && errno != ENOTSUP ? -errno : 0;

	for (ssize_t at = 0; err == 0 && at < len; at += (ssize_t)strlen(names + at) + 1)
		err = copy_attribute(from, to, names + at);
	free(names);
	return err;
}

/* Dovecot tells another file by its size and its time in whole seconds; the size is often the same.
 */
static int set_time(const struct edit *e, int fd)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};

	if (time(NULL) <= e->st.st_mtime)
		times[1] = (struct timespec){.tv_sec = e->st.st_mtime + 1};
	return futimens(fd, times) < 0 ? -errno : 0;
}

/* The owner first: changing him takes rights out of the mode. */
static int copy_rights(const struct edit *e, int fd)
{
	if (fchown(fd, e->st.st_uid, e->st.st_gid) < 0)
		return -errno;
	int err = copy_attributes(e->fd, fd);
	if (err == 0 && fchmod(fd, e->st.st_mode & 07777) < 0)
		err = -errno;
	return err;
}

static int fill_new(const struct edit *e, int fd, struct slice old, const char *hash)
{
	struct slice text = {e->text, e->len};
	size_t before = (size_t)(old.at - e->text);
	int err = file_write_bytes(fd, slice_first(text, before));

	if (err == 0)
		err = file_write_bytes(fd, slice_of(hash));
	if (err == 0)
		err = file_write_bytes(fd, slice_after(text, before + old.len));
	if (err == 0)
		err = copy_rights(e, fd);
	if (err == 0)
		err = set_time(e, fd);
	if (err == 0 && fsync(fd) < 0)
		err = -errno;
	return err;
}

/* What an earlier attempt left, which the power may have cut, goes first. */
static int replace(const struct edit *e, struct slice old, const char *hash)
{
	(void)unlinkat(e->dir, e->new_name, 0);
	int fd = openat(
		e->dir, e->new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int err = fill_new(e, fd, old, hash);
	if (close(fd) < 0 && err == 0)
		err = -errno;
	if (err == 0 && renameat(e->dir, e->new_name, e->dir, e->name) < 0)
		err = -errno;
	if (err < 0) {
		(void)unlinkat(e->dir, e->new_name, 0);
		return err;
	}
	return fsync(e->dir) < 0 ? -errno : 0;
}

static int change(
	struct edit *e, const char *user, const struct secret *secret, struct problem *problem)
{
	struct passwd_line line = {0};
	char hash[PASSWORD_HASH_MAX], shown[PATH_SHOWN];
	int err = read_text(e, problem);

	if (err == 0)
		err = find_line(e, user, &line, problem);
	if (err < 0)
		return err;
	const char *why = obstacle(&line);
	if (why != NULL)
		return problem_set(problem, -EIO, "%s: the user %s %s", e->shown,
			printable_text(slice_of(user), shown, sizeof(shown)), why);
	if (is_done(line.password, secret))
		return 0;
	err = make_hash(e, line.password, secret, hash, problem);
	if (err < 0)
		return err;
	err = replace(e, line.password, hash);
	return err < 0 ? say(e, err, "replace", problem) : 0;
}

static int set(
	const char *path, const char *user, const struct secret *secret, struct problem *problem)
{
	struct edit e;

	begin(&e, path);
	int err = open_folder(&e, path, problem);
	if (err == 0)
		err = take_lock(&e, problem);
	if (err == 0)
		err = open_file(&e, problem);
	if (err == 0)
		err = change(&e, user, secret, problem);
	close_edit(&e);
	return err;
}

/* Opens it and finds the user's line, which lies in e until close_edit(). */
static int look_up(struct edit *e, const char *path, const char *user, struct passwd_line *ret,
	struct problem *problem)
{
	int err = 0;

	begin(e, path);
	e->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (e->fd < 0 || fstat(e->fd, &e->st) < 0)
		err = say(e, -errno, "open", problem);
	if (err == 0)
		err = read_text(e, problem);
	return err == 0 ? find_line(e, user, ret, problem) : err;
}

int passwd_file_has(const char *path, const char *user, const struct secret *secret, bool *ret,
	struct problem *problem)
{
	struct passwd_line line = {0};
	struct edit e;
	int err = look_up(&e, path, user, &line, problem);

	if (err == 0)
		*ret = obstacle(&line) == NULL && matches(line.password, secret);
	close_edit(&e);
	return err;
}

int passwd_file_mark(
	const char *path, const char *user, char at[PASSWORD_HASH_MARK], struct problem *problem)
{
	struct passwd_line line = {0};
	struct edit e;
	int err = look_up(&e, path, user, &line, problem);

	if (err == 0)
		password_hash_mark(line.password, at);
	close_edit(&e);
	return err;
}

int passwd_file_set(
	const char *path, const char *user, const struct secret *secret, struct problem *problem)
{
	bool is_so = false;
	char shown[PATH_SHOWN];
	int err = set(path, user, secret, problem);

	if (err == 0)
		err = passwd_file_has(path, user, secret, &is_so, problem);
	if (err == 0 && !is_so)
		return problem_set(problem, -EIO,
			"%s was written and read back, and does not have the new password",
			printable_text(slice_of(path), shown, sizeof(shown)));
	return err;
}
