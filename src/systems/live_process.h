/* live_process.h - a process that runs now, held by a descriptor (pidfd), so that nothing is
 * learnt of, or said to, another one that has got its number meanwhile.
 *
 * Source: Linux, proc(5), pidfd_open(2) (since 5.3), pidfd_send_signal(2). Of another user's
 * process the program and the sockets are shown to CAP_SYS_PTRACE only, and a signal needs
 * CAP_KILL. */
#ifndef STANCH_SYSTEMS_LIVE_PROCESS_H
#define STANCH_SYSTEMS_LIVE_PROCESS_H

#include "base/attribute.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Zeroed, or owned: closed with live_process_close(). */
struct live_process {
	int fd; /* 0: none */
	pid_t pid;
	int64_t start_ms;           /* milliseconds since 1970, of the time that is now in force */
	char program[NAME_MAX + 1]; /* its file's own name, without " (deleted)" */
	uint64_t program_device;    /* and which file that is, also when it is deleted */
	uint64_t program_inode;
};

/* 0 and *ret; -ESRCH when there is no such process (or it has ended and was not waited for);
 * -EACCES when it is not shown to us; -ENOSYS before Linux 5.3; another negative errno. */
MUST_USE int live_process_open(pid_t pid, struct live_process *ret);
void live_process_close(struct live_process *p);

/* Waits for its end at most so long: true when it has ended. 0: only looks. */
bool live_process_ended(const struct live_process *p, int64_t wait_ms);

/* The inodes of its sockets, in no order. 0 and *ret_count; -EMFILE for more sockets than there is
 * room, or more open files than LIVE_PROCESS_FILES_MOST; other errors as of live_process_open(). */
#define LIVE_PROCESS_FILES_MOST 4096
MUST_USE int live_process_sockets(
	const struct live_process *p, uint64_t *at, size_t room, size_t *ret_count);

/* 0, also when it has ended meanwhile; -EPERM when it may not be told. */
MUST_USE int live_process_signal(const struct live_process *p, int signal);

/* The start of a process in clock ticks since boot, from the text of /proc/PID/stat, in which the
 * name in brackets is the process's own choice. -EBADMSG when it is none; -ESRCH for one that has
 * ended. */
MUST_USE int live_process_start_ticks(const char *stat_text, uint64_t *ret_ticks);

#endif
