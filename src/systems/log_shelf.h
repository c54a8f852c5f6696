/* log_shelf.h - the files of one log in its folder as they are now: the one that is written to, and
 * what it was before it was rotated. See formats/log_name.h for the names. */
#ifndef STANCH_SYSTEMS_LOG_SHELF_H
#define STANCH_SYSTEMS_LOG_SHELF_H

#include "base/attribute.h"
#include "formats/log_name.h"
#include "systems/file_state.h"

#include <stdbool.h>
#include <stddef.h>

/* More files of one log than anyone keeps (ten years of days); what is listed behind them is left
 * out. */
#define LOG_SHELF_MAX 4000

struct log_shelf_file {
	char *path;
	struct log_name name; /* its slices point into path */
	struct file_state state;
};

struct log_shelf {
	struct log_shelf_file *files; /* the newest first; each file once */
	size_t count;
	int err; /* 0, or why the folder could not be listed: then only the live file is here */
};

/* live: the path that is written to now; pattern: its last component, with %D and %M still in it. A
 * file of which there is a packed form beside it, is there unpacked only: the packed one is being
 * made. Fills *ret in every case. */
void log_shelf_read(const char *live, const char *pattern, struct log_shelf *ret);

/* Frees what is in it, not the shelf itself. */
void log_shelf_free(struct log_shelf *shelf);
AUTO_FREE(log_shelf)

/* Whether the same names stand for the same files: nothing was rotated between the two. */
bool log_shelf_same(const struct log_shelf *a, const struct log_shelf *b);

/* Opens the file for reading. -EAGAIN when another one has its name by now, -EINVAL when it is no
 * regular file, else a file descriptor or a negative errno. */
MUST_USE int log_shelf_open(const struct log_shelf_file *file);

#endif
