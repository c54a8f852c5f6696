#include "programs/page_users_file.h"

#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SHOWN 256

static int refuse(const char *path, int err, const char *why, struct problem *problem)
{
	char shown[SHOWN];

	return problem_set(
		problem, err, "%s: %s", printable_text(slice_of(path), shown, sizeof(shown)), why);
}

static int check(const char *path, const struct whole_file *file, struct problem *problem)
{
	struct problem line = {0};

	if (file->state.st_uid != 0 && file->state.st_uid != geteuid())
		return refuse(path, -EACCES, "belongs neither to root nor to us", problem);
	if ((file->state.st_mode & 077) != 0)
		return refuse(path, -EACCES, "others can read or write it: chmod 600 it", problem);
	int err = page_users_check((struct slice){file->text, file->len}, &line);
	return err < 0 ? refuse(path, err, line.text, problem) : 0;
}

int page_users_file_read(const char *path, struct whole_file *ret, struct problem *problem)
{
	struct whole_file file = {0};
	int err = whole_file_read(path, PAGE_USERS_BYTES, &file);

	if (err < 0)
		return refuse(path, err, strerror(-err), problem);
	err = check(path, &file, problem);
	if (err < 0)
		whole_file_clear(&file);
	else
		*ret = file;
	return err;
}

/* The folder, made where it is missing, and locked until it is closed. */
static int lock_folder(const char *path, struct problem *problem)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? memory_copy(".", 1)
				     : memory_copy(path, (size_t)(slash - path) + (slash == path));
	int err = mkdir(folder, 0755) < 0 && errno != EEXIST ? -errno : 0;
	int fd = err == 0 ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (err == 0 && (fd < 0 || flock(fd, LOCK_EX) < 0))
		err = -errno;
	if (err < 0) {
		if (fd >= 0)
			(void)close(fd);
		fd = refuse(folder, err, strerror(-err), problem);
	}
	free(folder);
	return fd;
}

static int change_locked(
	const char *path, page_users_change *change, void *context, struct problem *problem)
{
	struct whole_file file = {
		.state = {.st_mode = S_IFREG | 0600, .st_uid = geteuid(), .st_gid = getegid()}};
	int err = page_users_file_read(path, &file, problem);

	if (err < 0 && err != -ENOENT)
		return err;
	struct slice text = {file.text != NULL ? file.text : "", file.len};
	char *made = change(context, text, problem);
	if (made == NULL) {
		err = -EINVAL;
	} else {
		struct problem line = {0};
		err = page_users_check(slice_of(made), &line);
		if (err == 0 && strlen(made) > PAGE_USERS_BYTES)
			err = problem_set(&line, -EFBIG, "%s", strerror(EFBIG));
		if (err < 0)
			err = refuse(path, err, line.text, problem);
	}
	if (err == 0) {
		err = whole_file_write(path, slice_of(made), &file.state);
		if (err < 0)
			err = refuse(path, err, strerror(-err), problem);
	}
	free(made);
	whole_file_clear(&file);
	return err;
}

int page_users_file_change(
	const char *path, page_users_change *change, void *context, struct problem *problem)
{
	int lock = lock_folder(path, problem);

	if (lock < 0)
		return lock;
	int err = change_locked(path, change, context, problem);
	(void)close(lock);
	return err;
}
