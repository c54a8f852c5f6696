/* log_watch.h - wakes whoever follows a log when something was done to it: to a folder (a file
 * made, renamed, removed, made readable) or to a file (written to). What it was is not said: the
 * follower looks at everything again, and so nothing is lost when the kernel's queue overflows. */
#ifndef STANCH_SYSTEMS_LOG_WATCH_H
#define STANCH_SYSTEMS_LOG_WATCH_H

#include "base/attribute.h"

#include <stdbool.h>

/* Folders watched at once: the log's, and the one that its name is a symbolic link into. */
#define LOG_WATCH_FOLDERS 2

struct log_watch {
	int fd;                         /* to poll for reading; -1: there is no inotify */
	int err;                        /* why there is none; a negative errno */
	int folders[LOG_WATCH_FOLDERS]; /* watch descriptors, or a negative errno */
};

/* Where inotify's limit is reached, nothing is watched, and all else here does nothing. */
void log_watch_begin(struct log_watch *watch);
void log_watch_end(struct log_watch *watch);

/* Reads away what is queued. To be called before looking at the files, so that what happens after
 * the look wakes again. */
void log_watch_drain(struct log_watch *watch);

/* Watches the folder in place of the one that was watched as that number before. What a path leads
 * to may change; asking again for the same folder costs little. Returns 0 or a negative errno. */
MUST_USE int log_watch_folder(struct log_watch *watch, int number, const char *path);

/* Watches an open file for being written to. Returns a watch descriptor for log_watch_drop(), or a
 * negative errno. */
MUST_USE int log_watch_file(struct log_watch *watch, int fd);
void log_watch_drop(struct log_watch *watch, int descriptor); /* negative is fine */

#endif
