/* followed_file.h - one file of a log that is followed: what was read of it, what is there to read,
 * and whether it is the one that a saved mark tells of. Used by log_follow.h, which knows how the
 * files follow each other. */
#ifndef STANCH_SYSTEMS_FOLLOWED_FILE_H
#define STANCH_SYSTEMS_FOLLOWED_FILE_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/log_position.h"
#include "systems/file_state.h"
#include "systems/log_shelf.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes that are looked at in one go: more than a longest line, so that there is one in it. */
#define FOLLOWED_BYTES ((size_t)256 << 10)

/* Read freely; changed by the functions below only, but for the last two. */
struct followed_file {
	char *path;                 /* when it was opened */
	struct file_state state;    /* as of the last look */
	uint64_t largest;           /* bytes that it had when it was largest */
	struct log_trail trail;     /* up to what was handed out */
	bool inside;                /* that is within a line that is too long to be handed out */
	int fd;                     /* -1: closed; only its trail is kept */
	bool packed;                /* by its name; then it does not grow */
	uint64_t looked_at;         /* plain: up to here there is no further line */
	uint64_t looked_written_ns; /* when it had been written to, as of that */
	size_t filled;              /* plain: bytes of the last text that was there to look at */
	struct packed_file *unpacked;
	char *text; /* packed: what was unpacked, of FOLLOWED_BYTES; from begin to end is still to
		       be used */
	size_t begin, end;
	bool at_end; /* packed: no more can be unpacked */
	int err;     /* why it cannot be read, or not further */

	int watch;            /* of systems/log_watch.h; negative: none */
	int64_t succeeded_at; /* when a newer file was seen, seconds since 1970; 0: it is the newest
			       */
};

/* Opens it, with nothing read yet. Errors as of log_shelf_open(). */
MUST_USE int followed_file_open(const struct log_shelf_file *file, struct followed_file **ret);

/* One that could not be opened, and is skipped: as if it had been closed. err says why. */
struct followed_file *followed_file_unreadable(const struct log_shelf_file *file, int err);

/* Only what is known of it is kept. */
void followed_file_close(struct followed_file *file);
void followed_file_free(struct followed_file *file); /* NULL is fine */

/* Goes to the place of the mark, in a file that was just opened. 1: it is there. 2: the file is the
 * beginning of what the mark tells of, a copy that was made before the mark was set: all of it was
 * read. 0: neither. Negative: it could not be read up to there. With 0 and less, the file is of no
 * use but to be freed. Of a mark with nothing read, any file is the right one. */
MUST_USE int followed_file_go_to_mark(struct followed_file *file, const struct log_mark *mark);

/* Behind the last LF of a plain file that was just opened. 0 or a negative errno. */
MUST_USE int followed_file_go_to_end(struct followed_file *file);

/* Whether one plain file, in which there is something, is the beginning of another, as far as can
 * be seen at its ends: a copy of it that was made or is being made. */
bool followed_file_is_beginning(
	const struct followed_file *file, const struct followed_file *of_other);

/* What a position has to say of it. */
struct log_mark followed_file_mark(const struct followed_file *file);

/* A mark that tells the file by its content, be it that nothing was read of it yet. Its offset is 0
 * when nothing is in it, or it is packed and was not begun. */
struct log_mark followed_file_content(const struct followed_file *file);

/* Whether there may be a line to hand out: there are bytes that were not looked at, or fewer than
 * there were. */
bool followed_file_has_more(struct followed_file *file);

/* What comes next, at least one whole line if there is one: into buffer (of FOLLOWED_BYTES) or in
 * the file's own. To be told what of it was used, by followed_file_use(). Empty: nothing. -ESTALE
 * its content was replaced: truncated, and perhaps written to again another errno  it cannot be
 * read; of packed ones, see err instead. */
MUST_USE int followed_file_fill(struct followed_file *file, char *buffer, struct slice *ret_text);

/* The first bytes of that text, up to the end of a line or inside of one that is too long, are done
 * with. nothing_left: in the rest of it is no line. */
void followed_file_use(struct followed_file *file, struct slice used, bool nothing_left);

/* Truncated: it is read from its start again. */
void followed_file_start_anew(struct followed_file *file);

/* Bytes to read: unpacked, and packed. */
void followed_file_unread(
	const struct followed_file *file, uint64_t *ret_bytes, uint64_t *ret_packed);

#endif
