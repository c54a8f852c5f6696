/* log_archive.h - whole log files, one behind the other, for a replay: plain, gzip or Zstandard by
 * their first bytes, "-" for standard input; those of one server in the order of their first lines'
 * times, those of several servers merged by time. Memory is bounded by the number of servers: some
 * blocks of lines each, and what unpacking takes (at most 128 MiB for a Zstandard file packed so).
 *
 * Nothing that goes wrong ends the reading: it is told, and what can be read is used. The line at
 * the end of a file is no line when its LF is missing; it is counted. */
#ifndef STANCH_SYSTEMS_LOG_ARCHIVE_H
#define STANCH_SYSTEMS_LOG_ARCHIVE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_archive;

struct log_archive_server {
	const char *const *paths; /* of one log, "-" at most once in all */
	size_t count;
	bool as_given; /* read in this order, not in that of their first lines */
};

/* A line without a time: it belongs to the one before it. */
#define LOG_ARCHIVE_NO_TIME INT64_MIN

struct log_archive_problem {
	size_t server;
	const char *path; /* as it was given */
	int err;          /* negative errno; -EBADMSG and -ENODATA: packed text damaged, cut off */
	uint64_t offset;  /* bytes of the file up to the damage */
	uint64_t text_bytes; /* that were read before it */
	struct problem said; /* all of it in a sentence */
};

/* Who is told. server is the index of the server that it is from. */
struct log_archive_visitor {
	/* Without its LF, at most LOG_LINE_MAX bytes; valid during the call. */
	void (*line)(void *context, size_t server, struct slice line);

	/* Valid during the call. May be NULL. */
	void (*problem)(void *context, const struct log_archive_problem *problem);

	/* When the line was written, in any unit: larger is later. NULL: files are read as given,
	 * and servers one behind the other. Lines of one server are never put into another order,
	 * whatever their times say (those of an hour that comes twice, say). */
	int64_t (*time)(void *context, struct slice line);
	void *context;
};

/* Looks at all files, and into their beginnings where they are to be put in order; a file in which
 * no line at the beginning (64 KiB) has a time stays behind the one it was given after, and so does
 * standard input. All arguments are copied, but the visitor's context. Nothing is handed out yet
 * but problems. */
struct log_archive *log_archive_new(const struct log_archive_server *servers, size_t count,
	const struct log_archive_visitor *visitor);
void log_archive_free(struct log_archive *archive); /* NULL is fine; at any time */
AUTO_FREE(log_archive)

/* Hands out up to `most` lines. false when that was all. */
bool log_archive_read(struct log_archive *archive, size_t most);

struct log_archive_progress {
	uint64_t used_bytes;  /* of the files, packed as they are */
	uint64_t total_bytes; /* the same of all that could be looked at */
	bool total_known;     /* false: a pipe is among them */
	uint64_t lines;       /* handed out */
	uint64_t long_lines;  /* left out, longer than LOG_LINE_MAX */
	uint64_t long_bytes;  /* of those */
	uint64_t unfinished;  /* lines without their LF at the end of a file, left out */
	uint64_t problems;    /* told so far: with any of them, what was read is not all */
};

struct log_archive_progress log_archive_progress(const struct log_archive *archive);

#endif
