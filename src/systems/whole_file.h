/* whole_file.h - small files that are read at once and replaced at once: who reads one sees the old
 * text or the new one, after a power cut, too. */
#ifndef STANCH_SYSTEMS_WHOLE_FILE_H
#define STANCH_SYSTEMS_WHOLE_FILE_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <sys/stat.h>

/* Cleared by whole_file_clear(); zeroed, it holds nothing. */
struct whole_file {
	char *text; /* owned, a NUL behind it; never NULL after success */
	size_t len;
	struct stat state;
};
void whole_file_clear(struct whole_file *file);

/* Reads a plain file of at most `most` bytes; a symbolic link at the end of the path is none.
 * 0 and *ret, or a negative errno: -ENOENT, -EACCES, -ELOOP (a link), -EINVAL (no plain file),
 * -EFBIG, ... */
MUST_USE int whole_file_read(const char *path, size_t most, struct whole_file *ret);
MUST_USE int whole_file_read_fd(int fd, size_t most, struct whole_file *ret);

/* Puts text in the place of the file, or makes it: first into "PATH.stanch-new", which is synced
 * and renamed, and so is the folder. Only the permissions of `like` are taken, and its owner if we
 * may give files away. 0 or a negative errno; then the file is as it was. */
MUST_USE int whole_file_write(const char *path, struct slice text, const struct stat *like);

/* Makes the file with these permissions, whole or not at all. -EEXIST when there is one of any
 * kind, which stays; or another negative errno. */
MUST_USE int whole_file_make(const char *path, struct slice text, mode_t mode);

/* Removes the file and syncs its folder. 0 also when there was none. */
MUST_USE int whole_file_remove(const char *path);

/* fsync() of the folder that path is in. */
MUST_USE int whole_file_sync_folder(const char *path);

#endif
