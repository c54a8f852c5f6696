#include "systems/whole_file.h"

#include "base/file_bytes.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void whole_file_clear(struct whole_file *file)
{
	free(file->text);
	*file = (struct whole_file){0};
}

/* All bytes from the start to the end; one more than `most` tells that it is too long. */
static int read_all(int fd, size_t most, struct whole_file *ret)
{
	size_t room = most < 65536 ? most + 1 : 65536, len = 0;
	char *text = memory_new(room + 1, 1);
	ssize_t n;

	while ((n = pread(fd, text + len, room - len, (off_t)len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || len + (size_t)n > most) {
			int err = n < 0 ? -errno : -EFBIG;
			free(text);
			return err;
		}
		len += (size_t)n;
		if (len == room) {
			room = room * 2 <= most ? room * 2 : most + 1;
			text = memory_grow(text, room + 1, 1);
		}
	}
	text[len] = '\0';
	ret->text = text;
	ret->len = len;
	return 0;
}

int whole_file_read_fd(int fd, size_t most, struct whole_file *ret)
{
	struct stat state;

	if (fstat(fd, &state) < 0)
		return -errno;
	if (!S_ISREG(state.st_mode))
		return -EINVAL;
	int err = read_all(fd, most, ret);

	if (err == 0)
		ret->state = state;
	return err;
}

int whole_file_read(const char *path, size_t most, struct whole_file *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	int err = whole_file_read_fd(fd, most, ret);

	close(fd);
	return err;
}

int whole_file_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? memory_copy(".", 1)
				     : memory_copy(path, (size_t)(slash - path) + (slash == path));
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	free(folder);
	return err;
}

static int write_new(const char *path, struct slice text, const struct stat *like)
{
	int err, fd;

	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	err = file_write_bytes(fd, text);
	if (err == 0 && geteuid() == 0 && fchown(fd, like->st_uid, like->st_gid) < 0)
		err = -errno;
	if (err == 0 && fchmod(fd, like->st_mode & 07777) < 0)
		err = -errno;
	if (err == 0 && fsync(fd) < 0)
		err = -errno;
	if (close(fd) < 0 && err == 0)
		err = -errno;
	if (err < 0)
		(void)unlink(path);
	return err;
}

int whole_file_write(const char *path, struct slice text, const struct stat *like)
{
	char *beside = memory_new(strlen(path) + sizeof(".stanch-new"), 1);
	int err;

	(void)sprintf(beside, "%s.stanch-new", path);
	err = write_new(beside, text, like);
	if (err == 0 && rename(beside, path) < 0) {
		err = -errno;
		(void)unlink(beside);
	}
	free(beside);
	return err < 0 ? err : whole_file_sync_folder(path);
}

/* A link does not take the place of another file, on every file system that knows links. */
int whole_file_make(const char *path, struct slice text, mode_t mode)
{
	const struct stat ours = {.st_mode = mode, .st_uid = geteuid(), .st_gid = getegid()};
	char *beside = memory_new(strlen(path) + sizeof(".stanch-new"), 1);
	int err;

	(void)sprintf(beside, "%s.stanch-new", path);
	err = write_new(beside, text, &ours);
	if (err == 0) {
		err = link(beside, path) < 0 ? -errno : 0;
		(void)unlink(beside);
	}
	free(beside);
	return err < 0 ? err : whole_file_sync_folder(path);
}

int whole_file_remove(const char *path)
{
	if (unlink(path) < 0)
		return errno == ENOENT ? 0 : -errno;
	return whole_file_sync_folder(path);
}
