/* log_follow.h - follows a log that grows, whatever is done to it: renamed by logrotate, exicyclog
 * or a panel, with a gap until the next one is made (nocreate) or without; named by the day (%D, %M
 * in Exim's log_file_path); copied and truncated; packed; its name a symbolic link that is turned
 * to another file; removed. And through a stop of the program that follows: from a saved position
 * it reads the rest of that file, wherever it is by then and packed or not, then every newer file,
 * then the live one, each line once.
 *
 * Sources: Exim's log.c (a writer looks at the name before each entry and opens it again when it is
 * another file: what it had looked at just before a rename still goes into the old one); exicyclog;
 * logrotate(8).
 *
 * There is no loop in here: the caller polls a descriptor, or waits at most as long as it is told
 * to, and then calls. Nothing is decided by what woke it: each call looks at everything.
 *
 * What can get lost, and is told: lines that are written between copying and truncating
 * (copytruncate; how many bytes, as far as can be known); lines that a late writer adds to a file
 * after it was looked at for the last time, or while it is packed; what no one could read in time.
 */
#ifndef STANCH_SYSTEMS_LOG_FOLLOW_H
#define STANCH_SYSTEMS_LOG_FOLLOW_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/log_position.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_follow;

enum log_follow_start {
	LOG_FOLLOW_FROM_END,  /* what is written from now on */
	LOG_FOLLOW_FROM_START /* all of the live file, nothing that is rotated */
};

struct log_follow_options {
	/* Of the live file, %D and %M in it for the date. The date is that of the process's time
	 * zone: when Exim's `timezone` is another, TZ has to be set to it. Rotated files are looked
	 * for in the folder of the live one. */
	const char *path;
	enum log_follow_start
		start;           /* without a saved position, and when it cannot be found again */
	unsigned linger_seconds; /* a file is still looked at so long after its rotation */
};

/* What happened to the log. One word each, for the caller's own log: log_follow_event_name(). */
enum log_follow_event_kind {
	/* Begins without a saved position: in path, at offset. */
	LOG_FOLLOW_FOUND,
	/* The saved position is in path, at offset; bytes are to be read, in it and in newer ones.
	 */
	LOG_FOLLOW_RESUMED,
	/* It is in none of the files. Begins anew in path, at offset; the bytes before it, or with
	 * LOG_FOLLOW_FROM_START those behind it, may have been read before or not. */
	LOG_FOLLOW_LOST,
	/* There is no live file at path: waits for it. */
	LOG_FOLLOW_ABSENT,
	/* path is newer: it is read from its start when what is older has been read to its end. */
	LOG_FOLLOW_ROTATED,
	/* path, which was read up to now, has none of the log's names any more: removed, moved
	 * away, or the name is a symbolic link that leads elsewhere now. Files between it and the
	 * live one may have been missed. */
	LOG_FOLLOW_REPLACED,
	/* path, which was read before up to offset, is the live file again, and is read on there.
	 */
	LOG_FOLLOW_RETURNED,
	/* path was truncated and is read from its start again. bytes that were not read are lost,
	 * as far as is known: what was written just before was not seen by anyone. */
	LOG_FOLLOW_TRUNCATED,
	/* What path had before that is read on in copy, from offset. */
	LOG_FOLLOW_COPIED,
	/* path cannot be opened, or is a folder that cannot be listed (err). It is tried again when
	 * it is the live file or the folder; else its bytes are skipped. */
	LOG_FOLLOW_REFUSED,
	/* path cannot be read or unpacked behind offset (err): the rest of it is lost. */
	LOG_FOLLOW_DAMAGED,
	/* The last bytes of path have no LF, and nobody writes to it any more: they are no line. */
	LOG_FOLLOW_UNFINISHED,
	/* There is no inotify for path (err): it is looked at now and then instead. */
	LOG_FOLLOW_UNWATCHED,
	LOG_FOLLOW_EVENT_KINDS
};

/* Of the members, those that the kind speaks of; others are 0. Valid during the call. */
struct log_follow_event {
	enum log_follow_event_kind kind;
	const char *path, *copy;
	uint64_t offset, bytes; /* of the unpacked text, where path could be unpacked so far */
	int err;                /* negative errno */
};

/* "log-rotated" and so on: part of what the caller logs. */
const char *log_follow_event_name(enum log_follow_event_kind kind);

struct log_follow_visitor {
	/* Without its LF, at most LOG_LINE_MAX bytes; valid during the call. */
	void (*line)(void *context, struct slice line);
	void (*event)(void *context, const struct log_follow_event *event); /* may be NULL */
	void *context;
};

/* No more than so much is handed out by one call; a line at least, if there is one. */
struct log_follow_budget {
	size_t lines, bytes;
};

/* options and saved (NULL: there is none) are copied. Nothing is opened yet but inotify, so it
 * cannot fail: that there is no log, or none that may be read, is told by the calls, and tried
 * again by each of them. */
struct log_follow *log_follow_new(
	const struct log_follow_options *options, const struct log_position *saved);
void log_follow_free(struct log_follow *follow); /* NULL is fine */
AUTO_FREE(log_follow)

/* To poll for reading; the same as long as follow lives. -1: there is no inotify. */
int log_follow_fd(const struct log_follow *follow);

/* The next call should come after so many milliseconds, if the descriptor does not ask for it
 * before: 0 when lines are waiting. */
unsigned log_follow_wait_ms(const struct log_follow *follow);

/* Hands out what there is. now: seconds since 1970. Returns whether lines are waiting because the
 * budget is used up. */
bool log_follow_read(struct log_follow *follow, int64_t now, struct log_follow_budget budget,
	const struct log_follow_visitor *visitor);

/* Behind the last line that was handed out. Saved together with what was done with the lines, it
 * makes each of them count once. -ENODATA, and *ret is left alone, as long as there was no file to
 * have a position in. */
MUST_USE int log_follow_position(const struct log_follow *follow, struct log_position *ret);

/* How far the reading is behind the writing, and what was not read: all since log_follow_new(). */
struct log_follow_state {
	uint64_t unread_bytes;        /* on disk now, unpacked */
	uint64_t unread_packed_bytes; /* on disk now, packed */
	int64_t caught_up_at;  /* when nothing was left to read for the last time; 0: never */
	int64_t last_line_at;  /* when a line was handed out for the last time; 0: never */
	uint64_t lines, bytes; /* handed out, with their LFs */
	uint64_t long_lines;   /* skipped: longer than LOG_LINE_MAX */
	uint64_t long_bytes;   /* of those */
	uint64_t lost_bytes;   /* known to be lost or skipped, by the events */
	bool absent;           /* there is no live file, or none that can be read */
	bool unwatched;        /* no inotify for some of it */
};

void log_follow_state(const struct log_follow *follow, struct log_follow_state *ret);

#endif
