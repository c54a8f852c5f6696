/* spool_watch.h - tells of each message as it comes into Exim's spool and as it leaves, by
 * inotify(7) and, where that cannot know, by listing.
 *
 * Watched are input/, the letters of a split spool and every named queue but one, also those that
 * are made later: a folder is watched first and listed then, so that nothing falls in between. Exim
 * renames -H into place when a message is complete, and again whenever it writes the file anew;
 * moving between queues makes a second link (Exim's spool_out.c and queue.c).
 *
 * It also knows how many messages are there, if it has seen all of every folder and nothing has
 * happened since that it could not follow.
 *
 * A pull interface: poll spool_watch_fd() and call spool_watch_read(), and call it every few
 * seconds anyway, because it tries again what failed. */
#ifndef STANCH_SENSORS_SPOOL_WATCH_H
#define STANCH_SENSORS_SPOOL_WATCH_H

#include "base/attribute.h"
#include "base/problem.h"
#include "systems/exim/spool.h"

#include <stdbool.h>
#include <stdint.h>

/* So many messages, the latest, are certainly remembered as told (and at most twice as many). A
 * message older than that is told again when Exim writes its -H anew, or after a loss. */
#define SPOOL_WATCH_SEEN 65536

/* More than so many messages are not counted; 16 to 32 bytes each. */
#define SPOOL_WATCH_COUNTED ((size_t)2 << 20)

enum spool_watch_what {
	SPOOL_WATCH_CAME,   /* -H is there and complete; it may be gone again when it is opened */
	SPOOL_WATCH_LEFT,   /* -H is gone from that folder: delivered, removed or moved */
	SPOOL_WATCH_LISTED, /* see spool_watch_tell_changes() */
	SPOOL_WATCH_LOST, /* the kernel dropped events: all is being listed; folder and id are NULL
			   */
};

/* folder and id are lent for the call. */
typedef void spool_watch_visit(void *context, enum spool_watch_what what,
	const struct spool_folder *folder, const struct exim_id *id);

struct spool_watch_counts {
	uint64_t came, left;
	uint64_t losses;        /* times that the kernel dropped events */
	uint64_t bytes_waiting; /* of events not handled yet, as read() gives them */
	uint64_t lists_waiting; /* folders still to be listed to their end */
	int64_t lag_ms;         /* age of the last -H that was measured when it was told */
	int64_t lag_worst_ms;   /* the largest of these */
};

struct spool_watch;

/* path and except_queue (the hold queue; NULL: none) are copied. Opens no folder yet. Returns 0, or
 * fills *problem and returns a negative errno when there is no inotify to be had. */
MUST_USE int spool_watch_new(const char *path, const char *except_queue,
	struct spool_watch **ret_watch, struct problem *problem);
void spool_watch_free(struct spool_watch *w); /* NULL is fine */
AUTO_FREE(spool_watch)

/* Before the first read: for who has to know what stands in -H now. CAME is told each time that -H
 * is written, and LISTED, also again, of each that was there when its folder was listed. How many
 * messages there are is not counted then. */
void spool_watch_tell_changes(struct spool_watch *w);

int spool_watch_fd(const struct spool_watch *w);

/* Handles at most `most` (> 0) events and as many names of listings. now_ms: of a clock that never
 * goes back. Returns 1 when more is to be done at once, 0 when not; or fills *problem and returns a
 * negative errno when a folder cannot be read or watched: the others go on, and it is tried again a
 * second later. */
MUST_USE int spool_watch_read(struct spool_watch *w, int64_t now_ms, unsigned most,
	spool_watch_visit *visit, void *context, struct problem *problem);

/* Whether it is known how many messages are in the spool: names that end in -H, as exim_scan()
 * counts them, in all folders but the queue that is left out. False while folders are listed, when
 * one cannot be read or was moved away, and when there are more than SPOOL_WATCH_COUNTED. */
MUST_USE bool spool_watch_messages(const struct spool_watch *w, uint64_t *ret);

/* Whether all of every folder was seen, and nothing happened since that could not be followed. */
MUST_USE bool spool_watch_is_whole(const struct spool_watch *w);

void spool_watch_counts(const struct spool_watch *w, struct spool_watch_counts *ret);

#endif
