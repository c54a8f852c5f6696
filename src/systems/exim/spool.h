/* spool.h - the folders of one Exim spool: where messages lie, by name only.
 *
 *   <spool>/input/[<c>/]<id>-H -D -J     default queue, flat or split by one letter, or both
 *   <spool>/msglog/[<c>/]<id>            one log a message
 *   <spool>/<queue>/input/[<c>/] …       named queues (4.88 on)
 *
 * Source: Exim specification, chapters "Format of spool files" and "Miscellaneous"; its queue.c
 * and spool_in.c. All opening is relative to folder descriptors. A link is
 * followed only where it stands for a folder (input/ on another disk) and root or we ourselves made
 * it; any other to a folder of mail is an error, because that mail would be overlooked. */
#ifndef STANCH_SYSTEMS_EXIM_SPOOL_H
#define STANCH_SYSTEMS_EXIM_SPOOL_H

#include "base/attribute.h"
#include "base/problem.h"
#include "formats/exim_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SPOOL_QUEUE_MAX 64 /* bytes of a queue's name with the NUL (Exim: 32 on RHEL, 64 else) */

/* One folder that may hold messages. */
struct spool_folder {
	char queue[SPOOL_QUEUE_MAX]; /* "": the default queue */
	char letter;                 /* of a split spool; 0: input/ itself */
	int fd;                      /* of <spool>/[queue/]input[/letter], owned by the spool */
};

struct exim_spool {
	char *path; /* as given */
	int fd;     /* of the spool folder */
	struct spool_folder *folders;
	size_t folder_count;
};

/* Opens the spool and finds every folder: flat, split, and of every named queue. Returns 0, or
 * fills *problem ("cannot read …: run as root or Debian-exim") and returns a negative errno: a
 * folder that is there but cannot be read is an error, never an empty queue. */
MUST_USE int exim_spool_open(
	const char *path, struct exim_spool **ret_spool, struct problem *problem);
void exim_spool_free(struct exim_spool *spool); /* NULL is fine */
AUTO_FREE(exim_spool)

/* Looks for folders that came since it was opened (a named queue, a letter). Folders that were
 * known keep their index. Errors as above. */
MUST_USE int exim_spool_refresh(struct exim_spool *spool, struct problem *problem);

/* Whether that queue's name could be one: 1 to SPOOL_QUEUE_MAX-1 of [0-9A-Za-z_.-], no leading dot,
 * and none of the names that Exim itself uses below its spool (input, msglog, db, log, scan, …). */
bool exim_spool_is_queue_name(const char *name);

/* Opens a folder of the msglog tree beside `folder` (same queue, same letter, or the unsplit one
 * when letter is 0). A negative errno when there is none. The caller closes it. */
MUST_USE int exim_spool_open_msglog(
	const struct exim_spool *spool, const struct spool_folder *folder, char letter);

/* Makes <spool>/<queue>/input and msglog if they are not there, owned and moded as
 * <spool>/input is, and returns the folder through *ret_folder (valid until the next refresh).
 * Fills *problem and returns a negative errno when it cannot. */
MUST_USE int exim_spool_make_queue(struct exim_spool *spool, const char *queue,
	const struct spool_folder **ret_folder, struct problem *problem);

/* Where a message lies now: the folder in which its -H (or, when there is none, its -D) is found,
 * looking into `queue` only, or into all when it is NULL. NULL when it is in none. */
const struct spool_folder *exim_spool_find(
	const struct exim_spool *spool, const char *queue, const struct exim_id *id);

#endif
