/* read_many.h - reads many small files of one folder with few system calls, through io_uring: an
 * open and a read for each file, handed to the kernel sixteen files at a time. Where the kernel has
 * no io_uring (before 5.19, or switched off as in many containers) there is none of this, and its
 * user reads file by file. */
#ifndef STANCH_SYSTEMS_EXIM_READ_MANY_H
#define STANCH_SYSTEMS_EXIM_READ_MANY_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/exim_id.h"

#include <stddef.h>

/* A file that has as many bytes or more is not read: its user does that itself. */
#define READ_MANY_BYTES ((size_t)16 << 10)

/* At most this many names in one call. */
#define READ_MANY_NAMES 256

/* To be used by the thread that made it only. */
struct read_many;
struct read_many *read_many_new(void);    /* NULL: the kernel has it not */
void read_many_free(struct read_many *r); /* NULL is fine */
AUTO_FREE(read_many)

struct read_many_name {
	char text[EXIM_ID_NEW + 3];
};

/* The outcome for names[index]: err is 0 and bytes is the whole file, lent for the call; or err is
 * a negative errno, -EFBIG for a file that is too large for this. */
typedef void read_many_done(void *context, size_t index, int err, struct slice bytes);

/* Reads the n files in the folder dir and calls done once for each, in any order. Returns 0, or a
 * negative errno when io_uring itself failed: then done was not called for all, and r is of no more
 * use. */
MUST_USE int read_many(struct read_many *r, int dir, const struct read_many_name *names, size_t n,
	read_many_done *done, void *context);

#endif
