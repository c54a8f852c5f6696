/* faults.c - makes a system call fail, for tests only: preloaded (LD_PRELOAD) into the program
 * under test.
 *
 *   FAULT=call:n:ERRNO[:on]   the n-th call fails with that error; with "on" all later ones do, too
 *   FAULT_HIT=FILE            is made when the fault came to be
 *
 * Calls: rename, unlink, write, sync, open. A write that fails with ENOSPC writes half of its bytes
 * first, as a disk that fills up does. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long counted;

static int error_of(const char *name)
{
	if (strncmp(name, "ENOSPC", 6) == 0)
		return ENOSPC;
	if (strncmp(name, "EACCES", 6) == 0)
		return EACCES;
	return EIO;
}

static void say_hit(void)
{
	const char *path = getenv("FAULT_HIT");
	long fd = path != NULL ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC,
					 0600)
			       : -1;

	if (fd >= 0)
		syscall(SYS_close, fd);
}

/* 0, or the error that this call is to have. */
static int fault(const char *call)
{
	const char *wanted = getenv("FAULT");
	size_t len = strlen(call);
	char *end;
	long n, now;

	if (wanted == NULL || strncmp(wanted, call, len) != 0 || wanted[len] != ':')
		return 0;
	n = strtol(wanted + len + 1, &end, 10);
	now = atomic_fetch_add(&counted, 1) + 1;
	if (now != n && !(now > n && strstr(end, ":on") != NULL))
		return 0;
	say_hit();
	return error_of(end + 1);
}

static void *next_of(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define FAIL_IF(call)                                                                              \
	do {                                                                                       \
		int err_ = fault(call);                                                            \
		if (err_ != 0) {                                                                   \
			errno = err_;                                                              \
			return -1;                                                                 \
		}                                                                                  \
	} while (0)

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	FAIL_IF("rename");
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int unlinkat(int fd, const char *path, int flags)
{
	FAIL_IF("unlink");
	return (int)syscall(SYS_unlinkat, fd, path, flags);
}

ssize_t write(int fd, const void *at, size_t len)
{
	int err = fd > 2 ? fault("write") : 0;

	if (err == ENOSPC && len > 1)
		return syscall(SYS_write, fd, at, len / 2);
	if (err != 0) {
		errno = err;
		return -1;
	}
	return syscall(SYS_write, fd, at, len);
}

ssize_t pwrite64(int fd, const void *at, size_t len, off64_t offset)
{
	FAIL_IF("write");
	return syscall(SYS_pwrite64, fd, at, len, offset);
}

ssize_t pwrite(int fd, const void *at, size_t len, off_t offset)
{
	FAIL_IF("write");
	return syscall(SYS_pwrite64, fd, at, len, offset);
}

int fsync(int fd)
{
	FAIL_IF("sync");
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	FAIL_IF("sync");
	return (int)syscall(SYS_fdatasync, fd);
}

#define OPEN(name, parameters, arguments)                                                          \
	int name parameters                                                                        \
	{                                                                                          \
		typedef int open_call parameters;                                                  \
		va_list values;                                                                    \
		int mode = 0;                                                                      \
                                                                                                   \
		va_start(values, flags);                                                           \
		if ((flags & (O_CREAT | __O_TMPFILE)) != 0)                                        \
			mode = va_arg(values, int);                                                \
		va_end(values);                                                                    \
		FAIL_IF("open");                                                                   \
		open_call *call;                                                                   \
		*(void **)&call = next_of(#name);                                                  \
		return call arguments;                                                             \
	}

OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))
OPEN(openat64, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))
