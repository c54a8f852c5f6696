#include "systems/maildir.h"

#include "base/file_bytes.h"
#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_BYTES 96 /* of a mail's name with its NUL */

static int make(int in, const char *name)
{
	return mkdirat(in, name, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

/* The folder with what belongs into it. Returns its descriptor. */
static int open_folder(const char *folder)
{
	static const char *const boxes[] = {"tmp", "new", "cur"};
	int err = make(AT_FDCWD, folder);
	int fd = err == 0 ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : err;

	if (fd < 0)
		return err == 0 ? -errno : err;
	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		err = make(fd, boxes[i]);
		if (err < 0) {
			(void)close(fd);
			return err;
		}
	}
	return fd;
}

/* Different from all others, also of other machines. */
static int make_name(char ret[NAME_BYTES])
{
	struct timespec now;
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -EIO;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(ret, NAME_BYTES, "%" PRId64 ".M%06ldP%ldR%016" PRIx64 ".stanch",
		(int64_t)now.tv_sec, now.tv_nsec / 1000, (long)getpid(), random);
	return 0;
}

static int write_file(int in, const char *path, struct slice mail)
{
	int fd = openat(in, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd < 0)
		return -errno;
	int err = file_write_bytes(fd, mail);
	if (err == 0 && fsync(fd) < 0)
		err = -errno;
	if (close(fd) < 0 && err == 0)
		err = -errno;
	return err;
}

static int sync_box(int in, const char *box)
{
	int fd = openat(in, box, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		(void)close(fd);
	return err;
}

static int store(int in, struct slice mail)
{
	char name[NAME_BYTES], written[NAME_BYTES + 8], stored[NAME_BYTES + 8];
	int err = make_name(name);

	if (err < 0)
		return err;
	(void)snprintf(written, sizeof(written), "tmp/%s", name);
	(void)snprintf(stored, sizeof(stored), "new/%s", name);
	err = write_file(in, written, mail);
	if (err == 0 && renameat(in, written, in, stored) < 0)
		err = -errno;
	if (err < 0 && err != -EEXIST)
		(void)unlinkat(in, written, 0);
	if (err < 0)
		return err;
	err = sync_box(in, "new");
	if (err < 0)
		(void)unlinkat(in, stored, 0);
	return err;
}

int maildir_store(const char *folder, struct slice mail, struct problem *problem)
{
	char shown[512];
	int fd = open_folder(folder);
	int err = fd < 0 ? fd : store(fd, mail);

	if (fd >= 0)
		(void)close(fd);
	if (err < 0)
		return problem_set(problem, err, "cannot store the mail in %s: %s",
			printable_text(slice_of(folder), shown, sizeof(shown)), strerror(-err));
	return 0;
}
