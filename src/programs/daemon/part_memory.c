#include "programs/daemon/part_memory.h"

#include "base/units.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "1234 567 …": pages of it, and those that are in memory. */
uint64_t part_memory(pid_t pid)
{
	char path[40] = "/proc/self/statm", line[128];
	uint64_t pages = 0;

	if (pid != 0)
		(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, line, sizeof(line)) : -1;
	if (fd >= 0)
		(void)close(fd);
	if (n <= 0)
		return 0;
	struct slice rest = {line, (size_t)n};
	rest = slice_after(rest, slice_find(rest, ' ') + 1);
	if (units_read_count(slice_first(rest, slice_find(rest, ' ')), UINT32_MAX, &pages) < 0)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
