/* part_memory.h - how much memory a part of the daemon has. */
#ifndef STANCH_PROGRAMS_DAEMON_PART_MEMORY_H
#define STANCH_PROGRAMS_DAEMON_PART_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* Bytes of that process that are in memory; pid 0: of this one. 0: not to be found out. */
uint64_t part_memory(pid_t pid);

#endif
