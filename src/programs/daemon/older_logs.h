/* older_logs.h - what was written before the daemon came: the rotated files of the main logs, from
 * which the past of every source is learnt when nothing is remembered yet. */
#ifndef STANCH_PROGRAMS_DAEMON_OLDER_LOGS_H
#define STANCH_PROGRAMS_DAEMON_OLDER_LOGS_H

#include "base/attribute.h"
#include "base/loop.h"
#include "base/slice.h"
#include "programs/daemon/parts.h"

struct older_logs;

struct older_logs_reader {
	void (*line)(void *context, struct slice line);
	int64_t (*time)(void *context, struct slice line); /* as log_archive_visitor */
	void (*done)(void *context, uint64_t lines);       /* older_logs_free() is allowed in it */
	void *context;
};

/* Reads some lines each turn of the loop; what cannot be read is an event. NULL when there are no
 * such files. part and loop are borrowed, reader is copied. */
struct older_logs *older_logs_new(
	const struct daemon_part *part, struct loop *loop, const struct older_logs_reader *reader);
void older_logs_free(struct older_logs *o); /* NULL is fine */
AUTO_FREE(older_logs)

#endif
