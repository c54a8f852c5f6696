/* move.h - one message's files, moved between two folders of one spool, and Exim's lock on them.
 *
 * Exim locks a message by a POSIX write lock on the first bytes of -D (the name line), never
 * waiting. A lock of the open file description (F_OFD_SETLK) is honoured by Exim and honours
 * Exim's, and it is not lost when another part of the process closes the same file. Files are only
 * ever renamed, within one file system, so that the inode that is locked stays the message's own.
 * Source: Exim's spool_in.c (spool_open_datafile), queue.c, deliver.c at 4.80 to 4.99; fcntl(2). */
#ifndef STANCH_SYSTEMS_EXIM_MOVE_H
#define STANCH_SYSTEMS_EXIM_MOVE_H

#include "base/attribute.h"
#include "formats/exim_id.h"
#include "systems/exim/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum move_outcome {
	MOVE_DONE,
	MOVE_LOCKED,   /* Exim or somebody else is working on it */
	MOVE_CHANGED,  /* it is not the file any more that was looked at */
	MOVE_GONE,     /* there is no such file */
	MOVE_CONFLICT, /* a file of that name is already where it should go; nothing was touched */
	MOVE_DENIED,   /* not allowed, or the file system is read-only */
	MOVE_FAILED,   /* anything else: .error says */
	MOVE_OUTCOMES
};

/* What came of one step. error is a negative errno, 0 when there is none to tell. */
struct move_result {
	enum move_outcome outcome;
	int error;
};

/* The outcome as the end of a sentence about the message: "is locked: Exim is working on it", … */
const char *move_outcome_text(enum move_outcome outcome);

/* A held lock. fd is -1 when there is none. */
struct message_lock {
	int fd;
	dev_t dev;
	ino_t ino;
};

/* Opens -D as Exim does and takes the lock without waiting, then makes sure that the name still
 * leads to the file that is locked. MOVE_DONE and *ret_lock; else MOVE_LOCKED, MOVE_GONE (no -D),
 * MOVE_CHANGED, MOVE_DENIED, MOVE_FAILED, and *ret_lock as it was. */
MUST_USE struct move_result message_lock(
	int folder_fd, const struct exim_id *id, struct message_lock *ret_lock);

/* Gives the lock back; a lock that is none is fine. */
void message_unlock(struct message_lock *lock);

/* Room for the name of any of a message's files. */
#define MESSAGE_FILE_NAME_MAX (EXIM_ID_NEW + 3)

/* "<id>-H", "-D", "-J"; for EXIM_FILE_NONE the message log's name, which is the bare id. */
void message_file_name(
	const struct exim_id *id, enum exim_file file, char at[MESSAGE_FILE_NAME_MAX]);

/* Renames one file, never over another. MOVE_GONE when it is not there. */
MUST_USE struct move_result message_move_file(
	int from_fd, int to_fd, const struct exim_id *id, enum exim_file file);

/* Removes one file. MOVE_GONE when it is not there. */
MUST_USE struct move_result message_remove_file(
	int folder_fd, const struct exim_id *id, enum exim_file file);

/* Where one file stands. */
enum file_seen { FILE_ABSENT, FILE_PRESENT, FILE_UNKNOWN };
enum file_seen message_file_seen(int folder_fd, const struct exim_id *id, enum exim_file file);

/* Calls visit for each name in the folder that is a message's file. 0, or a negative errno: then
 * not all were visited. */
typedef void message_file_visit(void *context, const struct exim_id *id, enum exim_file file);
MUST_USE int message_files_each(int folder_fd, message_file_visit *visit, void *context);

/* Whether listing the folder costs less than looking for the files of that many messages in it. */
bool message_files_worth_listing(int folder_fd, size_t messages);

/* The folders of one queue's message logs, opened when first needed, and which folders were changed
 * and are to be synced: what one run over many messages shares. */
struct move_places;
struct move_places *move_places_new(struct exim_spool *spool);
void move_places_free(struct move_places *p); /* NULL is fine; syncs nothing */
AUTO_FREE(move_places)

/* The spool they were made for. */
struct exim_spool *move_places_spool(const struct move_places *p);

/* The msglog folder beside spool->folders[folder], for that letter (0: the unsplit one). The places
 * own it. When make is set, one that is missing is made. -ENOENT when there is none; another
 * negative errno when it could not be opened or made: then nobody knows what lies in it. */
int move_places_msglog(struct move_places *p, size_t folder, char letter, bool make);

/* Marks a folder (any descriptor that the spool or the places own) as changed. */
void move_places_touch(struct move_places *p, int folder_fd);

/* fsync of each marked folder, once. 0, or the first negative errno, after all were tried. Those
 * that failed stay marked. */
MUST_USE int move_places_sync(struct move_places *p);

#endif
