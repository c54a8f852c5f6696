/* exim_syslog.h - Exim's log lines as syslog has them: the header taken off, and the pieces of long
 * entries put together again.
 *
 * Source: Exim's log.c (write_syslog) at 4.80 to 4.99.1; RFC 3164 and what rsyslog and journald
 * write to files: "Nov 23 12:27:17 host exim[22834]: text", or with "2026-11-23T12:27:17.617+00:00"
 * for a time, perhaps with "<22>" in front. Entries over 870 bytes come as "[1/3] text", "[2/3]
 * text", …, of which only the first has Exim's own time. */
#ifndef STANCH_FORMATS_EXIM_SYSLOG_H
#define STANCH_FORMATS_EXIM_SYSLOG_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/exim_log.h"

#include <stdbool.h>
#include <stdint.h>

struct exim_syslog {
	struct exim_log_time time; /* of the header; .year 0 when it has none (RFC 3164) */
	uint64_t pid;              /* 0: not there (syslog_pid = no) */
	struct slice text;         /* what Exim wrote */
};

/* program: syslog_processname, "exim" by default. Returns 0; or -ENOENT for a line of another
 * program, -EBADMSG for one that has no syslog header; then *ret is as it was. .text points into
 * the line. */
MUST_USE int exim_syslog_strip(struct slice line, struct slice program, struct exim_syslog *ret);

/* Entries of that many processes may be mixed; when one more begins, the one that has waited
 * longest is given up. */
#define EXIM_SYSLOG_ENTRIES 8

struct exim_syslog_entry {
	uint64_t pid,
		begun; /* begun: a counter that says which is the oldest; 0: this place is free */
	unsigned pieces, next; /* next: the number of the piece that must come, from 1 */
	size_t len;
	char text[EXIM_LOG_LINE_MAX];
};

/* Zeroed memory is an empty joiner; it needs no free. 64 KiB. */
struct exim_syslog_joiner {
	struct exim_syslog_entry entries[EXIM_SYSLOG_ENTRIES];
	uint64_t count;
	uint64_t lost; /* entries that were given up, and pieces that belong to none */
};

/* Takes text as exim_syslog_strip() gave it. Returns
 *   1         *ret_line is a whole entry: the text itself, or one of r's, until the next call
 *   0         a piece was kept, more must come
 *   -EBADMSG  a piece that does not follow the last one of its process, or one that was divided at
 * a line feed, which no entry of use has; it and those before it are dropped -EMSGSIZE the entry is
 * longer than Exim can write; dropped as well With pid 0, pieces of different processes cannot be
 * told apart and are refused when they mix. */
MUST_USE int exim_syslog_join(
	struct exim_syslog_joiner *j, uint64_t pid, struct slice text, struct slice *ret_line);

#endif
