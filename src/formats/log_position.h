/* log_position.h - how far a log was read, in a form that can be kept and found again after the log
 * was rotated, renamed, copied or packed.
 *
 * What tells a file is its content: how many bytes were read, and hashes of the first and the last
 * of them. Device and inode only say where to look first: inodes are used again, devices change
 * their number at the next start of the machine, and a file that was packed is another file. */
#ifndef STANCH_FORMATS_LOG_POSITION_H
#define STANCH_FORMATS_LOG_POSITION_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes at the beginning, and bytes before the offset, that are looked at again: more than a log
 * line that is not an arrival, and all that differs in most arrivals. */
#define LOG_TRAIL 256

/* How far one file was read. */
struct log_mark {
	uint64_t device, inode;
	uint64_t born_ns; /* nanoseconds since 1970; 0 where the file system does not keep it */
	uint64_t offset;  /* bytes of the unpacked text, from its start */
	uint64_t head; /* hash of the first bytes, LOG_TRAIL or offset if that is less; 0 at offset
			  0 */
	uint64_t tail; /* the same of the last bytes before offset */
	bool inside;   /* offset is within a line that was too long to be handed out */
};

/* Files of which one position tells: the newest, and those before it that somebody might still have
 * been writing to. */
#define LOG_POSITION_MARKS 4

/* Plain values: copied by assignment, needs no free. */
struct log_position {
	size_t count;                              /* 1 to LOG_POSITION_MARKS */
	struct log_mark marks[LOG_POSITION_MARKS]; /* oldest file first */
};

/* Bytes of the text form, with the NUL: "v1", and for each mark six numbers with what is between.
 */
#define LOG_POSITION_TEXT (3 + LOG_POSITION_MARKS * (1 + 4 * 21 + 17 + 16 + 1))

/* One line without its end: "v1 device:inode:born:offset:head:tail …", hashes in hexadecimal, a '+'
 * behind a mark that is inside a line. Returns at. */
char *log_position_text(const struct log_position *position, char at[LOG_POSITION_TEXT]);

/* The reverse. -EBADMSG for anything that log_position_text() does not write. */
MUST_USE int log_position_parse(struct slice text, struct log_position *ret);

/* What is known of the bytes read so far of one file. Zeroed memory: nothing read yet. */
struct log_trail {
	uint64_t offset; /* bytes so far */
	char head[LOG_TRAIL], tail[LOG_TRAIL];
};

/* The bytes that a trail of this offset keeps of either end. */
static inline size_t log_trail_kept(uint64_t offset)
{
	return offset < LOG_TRAIL ? (size_t)offset : LOG_TRAIL;
}

/* The next bytes of the file. */
void log_trail_add(struct log_trail *trail, struct slice bytes);

/* Fills in offset, head and tail; the rest is left alone. */
void log_trail_mark(const struct log_trail *trail, struct log_mark *mark);

/* Whether the trail is what mark tells of: same offset, same bytes as far as was kept. */
bool log_trail_matches(const struct log_trail *trail, const struct log_mark *mark);

/* Whether mark begins as the trail does, by what both know: false says that it is another file. */
bool log_trail_same_head(const struct log_trail *trail, const struct log_mark *mark);

#endif
