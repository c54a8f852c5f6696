/* scan.h - reads the -H file of every message of a spool, with several threads, in memory that does
 * not grow with what is read. It only reads: no lock is taken, because Exim replaces -H by rename
 * and never changes -D. */
#ifndef STANCH_SYSTEMS_EXIM_SCAN_H
#define STANCH_SYSTEMS_EXIM_SCAN_H

#include "base/attribute.h"
#include "base/problem.h"
#include "formats/exim_header.h"
#include "systems/exim/spool.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A -H file larger than this is shown as damaged and not read: Exim's own limits (recipients,
 * header_maxsize 1 MiB) keep honest ones far below. */
#define SCAN_HEADER_MAX ((size_t)64 << 20)

/* One message as it was found. All of it is lent for the length of the call only. */
struct scanned {
	const struct spool_folder *folder;
	struct exim_id id;
	const struct exim_header *header; /* NULL when -H could not be read at all */
	struct slice file;                /* the bytes of -H */
	struct slice journal;             /* the bytes of -J; empty when there is none */
	int error;                        /* negative errno of what could not be read; 0: all was */
	const char *error_what;           /* "-H" or "-J" when error is set */
	bool has_data;                    /* false: it was asked for sizes, and there is no -D */
	int64_t data_size; /* bytes of -D, the name line included; -1: not asked for, or none */
	uint64_t header_dev, header_ino; /* of -H, when sizes were asked for; else 0 */
};

/* Called once for each message, from several threads at once; worker is 0 to threads_max-1. */
typedef void scan_visit(void *context, unsigned worker, const struct scanned *m);

#define SCAN_THREADS_MAX 64

struct scan_options {
	unsigned threads;         /* 0: by itself, more while reading waits for the disk */
	const char *only_queue;   /* NULL: all; "" the default queue */
	const char *except_queue; /* NULL: none; the hold queue of the caller */
	bool sizes;               /* stat each -D */
	bool names_only;          /* count names, read nothing */
};

/* Seen by the caller's progress display while the scan runs; only ever grows. */
struct scan_progress {
	atomic_ullong messages; /* visited so far */
	atomic_ullong listed;   /* found so far by listing folders */
	atomic_uint folders_done, folders_total;
};

struct scan_result {
	uint64_t messages; /* names ending in -H that were found */
	uint64_t visited;  /* given to visit */
	uint64_t vanished; /* delivered or removed between listing and reading: no error */
	uint64_t bodies;   /* -D files; more than messages: some are being received, or left over */
	uint64_t unreadable; /* given to visit with .error set */
	unsigned threads;    /* used at the most */
};

/* Reads all. Returns 0 when every folder could be listed, even if single messages could not be
 * read (result->unreadable); else fills *problem and returns a negative errno: then the counts are
 * not the whole queue and must not be shown as if they were. progress may be NULL. */
MUST_USE int exim_scan(const struct exim_spool *spool, const struct scan_options *options,
	scan_visit *visit, void *context, struct scan_progress *progress,
	struct scan_result *ret_result, struct problem *problem);

/* The memory that reading single messages uses again and again. */
struct message_buffer;
struct message_buffer *message_buffer_new(void);
void message_buffer_free(struct message_buffer *b); /* NULL is fine */
AUTO_FREE(message_buffer)

/* Reads one message now: -H, -J, the size of -D, dev and inode of -H. *ret is valid until buffer is
 * used again. Returns 0 (also with ret->error set), or -ENOENT when it has no -H there. */
MUST_USE int exim_read_message(const struct spool_folder *folder, const struct exim_id *id,
	struct message_buffer *buffer, struct scanned *ret);

/* The same, of -H alone: neither -J nor any size is looked for. */
MUST_USE int exim_read_header(const struct spool_folder *folder, const struct exim_id *id,
	struct message_buffer *buffer, struct scanned *ret);

/* The first `most` bytes of the body (-D behind its name line) into at. Returns how many were
 * read, or a negative errno. */
MUST_USE int64_t exim_read_body(
	const struct spool_folder *folder, const struct exim_id *id, char *at, size_t most);

#endif
