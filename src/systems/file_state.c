#include "systems/file_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static uint64_t nanoseconds(const struct statx_timestamp *t)
{
	return t->tv_sec > 0 ? (uint64_t)t->tv_sec * 1000000000u + t->tv_nsec : 0;
}

static int look(int folder, const char *path, int flags, struct file_state *ret)
{
	struct statx x;

	if (statx(folder, path, flags, STATX_BASIC_STATS | STATX_BTIME, &x) != 0)
		return -errno;
	*ret = (struct file_state){.device = makedev(x.stx_dev_major, x.stx_dev_minor),
		.inode = x.stx_ino,
		.born_ns = (x.stx_mask & STATX_BTIME) != 0 ? nanoseconds(&x.stx_btime) : 0,
		.size = x.stx_size,
		.written_ns = nanoseconds(&x.stx_mtime),
		.regular = S_ISREG(x.stx_mode)};
	return 0;
}

int file_state_of_path(int folder, const char *path, struct file_state *ret)
{
	return look(folder, path, 0, ret);
}

int file_state_of(int fd, struct file_state *ret)
{
	return look(fd, "", AT_EMPTY_PATH, ret);
}

bool file_state_same(const struct file_state *a, const struct file_state *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       (a->born_ns == b->born_ns || a->born_ns == 0 || b->born_ns == 0);
}
