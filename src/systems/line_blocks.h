/* line_blocks.h - a file from its start to its end, in blocks of whole lines, unpacked when it is
 * packed. Unpacking is done by a thread of its own, some blocks ahead, so that it and the caller's
 * work go on side by side; plain files are read where the caller asks for the next block. */
#ifndef STANCH_SYSTEMS_LINE_BLOCKS_H
#define STANCH_SYSTEMS_LINE_BLOCKS_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdint.h>

struct line_blocks;

/* Takes over fd, which may be a pipe. */
struct line_blocks *line_blocks_new(int fd);

/* At any place in the file; NULL is fine. Of a packed pipe, it waits until its writer has written
 * or closed it. */
void line_blocks_free(struct line_blocks *blocks);
AUTO_FREE(line_blocks)

/* The next block, valid until the next call: one line or more, each with its LF. A line in it may
 * be longer than LOG_LINE_MAX, if it is whole; one that is longer than a block is left out, see
 * below. ret_block->len is 0 at the end only. Else the errors of packed_file_read(), when all that
 * came before was given, and the same from then on. */
MUST_USE int line_blocks_next(struct line_blocks *blocks, struct slice *ret_block);

/* After an error, in words: see packed_file_damage(). */
const char *line_blocks_damage(const struct line_blocks *blocks);

struct line_blocks_counts {
	uint64_t used;       /* bytes of the file used so far; of a packed one: packed bytes */
	uint64_t unpacked;   /* bytes that became text so far, be they given or not */
	uint64_t long_lines; /* left out: longer than a block */
	uint64_t long_bytes; /* of those, with their LF */
	uint64_t unfinished; /* bytes behind the last LF: known at the end or after an error */
};

/* As of the last block that was given. */
struct line_blocks_counts line_blocks_counts(const struct line_blocks *blocks);

#endif
