/* file_state.h - which file a name or a descriptor stands for, and how long it is. */
#ifndef STANCH_SYSTEMS_FILE_STATE_H
#define STANCH_SYSTEMS_FILE_STATE_H

#include "base/attribute.h"

#include <stdbool.h>
#include <stdint.h>

struct file_state {
	uint64_t device, inode;
	uint64_t born_ns;    /* nanoseconds since 1970; 0 where the file system does not keep it */
	uint64_t size;       /* bytes */
	uint64_t written_ns; /* the last change of its content, nanoseconds since 1970 */
	bool regular;        /* a file, not a folder, pipe or device */
};

/* Of the file that path leads to, symbolic links too. Returns 0 or a negative errno. */
MUST_USE int file_state_of_path(int folder, const char *path, struct file_state *ret);
MUST_USE int file_state_of(int fd, struct file_state *ret);

/* Whether both are one file. An inode that is used again is told by the time of birth, where that
 * is known of both. */
bool file_state_same(const struct file_state *a, const struct file_state *b);

#endif
