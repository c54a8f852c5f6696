/* log_name.h - the names of one log: the one it is written under, with Exim's datestamp in it or
 * without, and those that logrotate, savelog, exicyclog and panels give to what is old; and which
 * of two is older.
 *
 *   mainlog.1  mainlog.02.gz  exim_mainlog-20261123  exim_mainlog-20261123.gz  mainlog.2026-11-23
 *
 * Source: Exim's specification, chapter "Log files"; its exicyclog; logrotate(8): dateext,
 * dateformat, start. Not read: names with logrotate's `extension` behind the number. */
#ifndef STANCH_FORMATS_LOG_NAME_H
#define STANCH_FORMATS_LOG_NAME_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <time.h>

/* Writes pattern with %D as yyyymmdd and %M as yyyymm of that local time, and a NUL; any other %
 * stays as it is. -ENAMETOOLONG when it does not fit into at[0..size-1]; then at holds nothing of
 * use. */
MUST_USE int log_name_expand(struct slice pattern, const struct tm *local, char *at, size_t size);

enum log_name_kind {
	LOG_NAME_LIVE,     /* as it is written; with a datestamp: perhaps of another day */
	LOG_NAME_NUMBERED, /* the larger the number, the older */
	LOG_NAME_DATED     /* the larger the date, the newer */
};

/* Slices point into the name. */
struct log_name {
	struct slice stamp; /* digits of Exim's datestamp; empty when the pattern has none */
	enum log_name_kind kind;
	struct slice rotation; /* the number or date, with what stands between its digits */
	bool packed;           /* ends in .gz, .zst, .xz, .bz2, .lz4, .lzma or .Z */
};

/* Whether name is one of the log's. Both are without a folder; pattern is that of log_file_path,
 * with its %D or %M. */
bool log_name_parse(struct slice pattern, struct slice name, struct log_name *ret);

/* Less than 0 when a is older than b, more when it is newer, 0 when they are the same but for the
 * packing. What is numbered counts as newer than what is dated: no rotation makes both. */
int log_name_order(const struct log_name *a, const struct log_name *b);

#endif
