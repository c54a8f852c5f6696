#include "systems/live_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATH_ROOM 64
#define STAT_ROOM 4096
#define TICK_MAX  (INT64_MAX / 1000000)

/* What the kernel says when it shows something to nobody like us. */
static int as_access(int err)
{
	return err == -EPERM ? -EACCES : err == -ENOENT ? -ESRCH : err;
}

static char *path_of(pid_t pid, const char *what, char at[PATH_ROOM])
{
	(void)snprintf(at, PATH_ROOM, "/proc/%d/%s", (int)pid, what);
	return at;
}

/* ---- its start ---- */

int live_process_start_ticks(const char *text, uint64_t *ret_ticks)
{
	const char *field = strrchr(text, ')'); /* the second of stat; the start is the 22nd */
	char *end;

	if (field == NULL || field[1] != ' ')
		return -EBADMSG;
	if (field[2] == 'Z' || field[2] == 'X')
		return -ESRCH;
	for (unsigned n = 2; n < 22 && field != NULL; n++)
		field = strchr(field + 1, ' ');
	if (field == NULL || field[1] < '0' || field[1] > '9')
		return -EBADMSG;
	errno = 0;
	unsigned long long ticks = strtoull(field + 1, &end, 10);
	if (errno != 0 || (*end != ' ' && *end != '\n' && *end != '\0') || ticks > TICK_MAX)
		return -EBADMSG;
	*ret_ticks = ticks;
	return 0;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* When the machine was booted, in nanoseconds since 1970. Two clocks are not read at one moment: of
 * a few readings the one counts that was least interrupted, so that two processes of the same tick
 * began at the same time. */
static int64_t booted_ns(void)
{
	int64_t least = INT64_MAX, booted = 0;

	for (int i = 0; i < 5; i++) {
		int64_t before = clock_ns(CLOCK_BOOTTIME), now = clock_ns(CLOCK_REALTIME);
		int64_t took = clock_ns(CLOCK_BOOTTIME) - before;

		if (took >= least)
			continue;
		least = took;
		booted = now - before - took / 2;
	}
	return booted;
}

static int read_start(pid_t pid, int64_t *ret_ms)
{
	char path[PATH_ROOM], text[STAT_ROOM];
	long per_second = sysconf(_SC_CLK_TCK);
	uint64_t ticks = 0;
	int fd = open(path_of(pid, "stat", path), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return as_access(-errno);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	int err = n < 0 ? -errno : 0;
	(void)close(fd);
	if (err < 0)
		return err;
	text[n] = '\0';
	err = live_process_start_ticks(text, &ticks);
	if (err < 0 || per_second <= 0)
		return err < 0 ? err : -EINVAL;
	/* a start is known to a tick: a boot that is known better makes it no better */
	int64_t tick_ns = 1000000000 / per_second;
	*ret_ms = ((booted_ns() + tick_ns / 2) / tick_ns + (int64_t)ticks) * 1000 / per_second;
	return 0;
}

/* ---- its program ---- */

static void name_of(char *target, char at[NAME_MAX + 1])
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(target), cut = sizeof(deleted) - 1;

	if (len > cut && strcmp(target + len - cut, deleted) == 0)
		target[len - cut] = '\0';
	const char *slash = strrchr(target, '/');
	(void)snprintf(at, NAME_MAX + 1, "%.*s", NAME_MAX, slash != NULL ? slash + 1 : target);
}

static int read_program(struct live_process *p)
{
	char path[PATH_ROOM], target[PATH_MAX + sizeof(" (deleted)")];
	struct stat st;
	ssize_t n = readlink(path_of(p->pid, "exe", path), target, sizeof(target) - 1);

	if (n < 0 || stat(path, &st) < 0)
		return as_access(-errno);
	target[n] = '\0';
	name_of(target, p->program);
	p->program_device = st.st_dev;
	p->program_inode = st.st_ino;
	return 0;
}

/* ---- it ---- */

int live_process_open(pid_t pid, struct live_process *ret)
{
	struct live_process p = {.pid = pid};
	long fd = pid > 0 ? syscall(SYS_pidfd_open, pid, 0) : -1;

	if (fd < 0) /* of a thread, too, which is no process: EINVAL */
		return pid <= 0 || errno == EINVAL ? -ESRCH : -errno;
	p.fd = (int)fd;
	int err = read_start(pid, &p.start_ms);
	if (err == 0)
		err = read_program(&p);
	if (live_process_ended(&p, 0))
		err = -ESRCH; /* and what was read may be another's */
	if (err < 0) {
		live_process_close(&p);
		return err;
	}
	*ret = p;
	return 0;
}

void live_process_close(struct live_process *p)
{
	if (p->fd > 0)
		(void)close(p->fd);
	*p = (struct live_process){0};
}

bool live_process_ended(const struct live_process *p, int64_t wait_ms)
{
	struct pollfd end = {.fd = p->fd, .events = POLLIN};

	return poll(&end, 1, wait_ms > INT_MAX ? INT_MAX : (int)wait_ms) == 1;
}

int live_process_signal(const struct live_process *p, int signal)
{
	if (syscall(SYS_pidfd_send_signal, p->fd, signal, NULL, 0) == 0 || errno == ESRCH)
		return 0;
	return -errno;
}

/* ---- its sockets ---- */

/* 0: that descriptor is no socket, or closed by now. */
static uint64_t socket_inode(int folder, const char *name)
{
	static const char before[] = "socket:[";
	char target[64];
	ssize_t n = readlinkat(folder, name, target, sizeof(target) - 1);

	if (n <= 0)
		return 0;
	target[n] = '\0';
	if (strncmp(target, before, sizeof(before) - 1) != 0)
		return 0;
	return strtoull(target + sizeof(before) - 1, NULL, 10);
}

static int read_sockets(DIR *folder, uint64_t *at, size_t room, size_t *ret_count)
{
	size_t files = 0, count = 0;

	for (const struct dirent *e; (errno = 0, e = readdir(folder)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		if (++files > LIVE_PROCESS_FILES_MOST)
			return -EMFILE;
		uint64_t inode = socket_inode(dirfd(folder), e->d_name);
		if (inode == 0)
			continue;
		if (count == room)
			return -EMFILE;
		at[count++] = inode;
	}
	*ret_count = count;
	return errno != 0 ? as_access(-errno) : 0;
}

int live_process_sockets(const struct live_process *p, uint64_t *at, size_t room, size_t *ret_count)
{
	char path[PATH_ROOM];
	size_t count = 0;
	DIR *folder = opendir(path_of(p->pid, "fd", path));

	if (folder == NULL)
		return as_access(-errno);
	int err = read_sockets(folder, at, room, &count);
	(void)closedir(folder);
	if (live_process_ended(p, 0))
		return -ESRCH;
	if (err == 0)
		*ret_count = count;
	return err;
}
