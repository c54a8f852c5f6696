#include "systems/log_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#define IN_FOLDER                                                                                  \
	(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF |        \
		IN_MOVE_SELF | IN_ONLYDIR)

void log_watch_begin(struct log_watch *watch)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	*watch = (struct log_watch){.fd = fd, .err = fd < 0 ? -errno : 0};
	for (int i = 0; i < LOG_WATCH_FOLDERS; i++)
		watch->folders[i] = -ENOENT;
}

void log_watch_end(struct log_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

void log_watch_drain(struct log_watch *watch)
{
	/* room for one event at least, of a name as long as there may be */
	_Alignas(struct inotify_event) char at[sizeof(struct inotify_event) * 64 + NAME_MAX + 1];
	ssize_t n = 1;

	while (watch->fd >= 0 && n > 0)
		n = read(watch->fd, at, sizeof(at));
}

int log_watch_folder(struct log_watch *watch, int number, const char *path)
{
	int before = watch->folders[number];

	if (watch->fd < 0)
		return watch->err;
	int now = inotify_add_watch(watch->fd, path, IN_FOLDER);
	if (now < 0)
		now = -errno;
	watch->folders[number] = now;
	if (before >= 0 && before != now && before != watch->folders[1 - number])
		(void)inotify_rm_watch(watch->fd, before);
	return now >= 0 ? 0 : now;
}

int log_watch_file(struct log_watch *watch, int fd)
{
	char path[32];

	if (watch->fd < 0)
		return watch->err;
	/* by its descriptor: its name may be another's by now */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int descriptor = inotify_add_watch(watch->fd, path, IN_MODIFY);
	return descriptor >= 0 ? descriptor : -errno;
}

void log_watch_drop(struct log_watch *watch, int descriptor)
{
	if (watch->fd >= 0 && descriptor >= 0)
		(void)inotify_rm_watch(watch->fd, descriptor);
}
