/* feedback_folder.h - complaints and delivery reports that a mail server puts into a Maildir, as
 * facts: told by the kernel (inotify) and, for what came before, by listing it once. The folder is
 * read and never changed: who owns it moves mails from new/ to cur/ and deletes them as he likes.
 *
 * What is in it was written by anybody. Of each mail the front is read, once; links, pipes, sockets
 * and folders in it are passed over, and so is what is empty. A mail that is an hour old when it is
 * found is history: it is passed over, too, so that a start does not count it again.
 *
 * Nothing runs by itself: wait for feedback_folder_fd() and call feedback_folder_read(), and call
 * it every few seconds anyway, because it looks whether the folder is there, and still the same. */
#ifndef STANCH_SENSORS_FEEDBACK_FOLDER_H
#define STANCH_SENSORS_FEEDBACK_FOLDER_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/fact.h"

#include <stdint.h>

#define FEEDBACK_FOLDER_FRESH_US (INT64_C(3600) * 1000000)

/* So many names, the latest, are certainly remembered as read, and at most twice as many. */
#define FEEDBACK_FOLDER_SEEN 16384

/* The fact is lent for the call. */
typedef void feedback_folder_visit(void *context, const struct fact *fact);

struct feedback_folder_counts {
	uint64_t mails;       /* that were read: the sum of the next four */
	uint64_t complaints;  /* of any type */
	uint64_t bounces;     /* delivery reports */
	uint64_t notices;     /* of a relay */
	uint64_t others;      /* none of them */
	uint64_t history;     /* too old */
	uint64_t passed_over; /* no plain file, or it cannot be read */
	uint64_t losses;      /* times that the kernel dropped events: then all is listed again */
};

struct feedback_folder;

/* path: of the Maildir; our_host: Exim's primary_hostname; both are copied. believes_notices:
 * whether those of a relay become facts. Nothing is opened yet. 0; or fills *problem and returns a
 * negative errno when there is no inotify to be had. */
MUST_USE int feedback_folder_new(const char *path, const char *our_host, bool believes_notices,
	struct feedback_folder **ret, struct problem *problem);
void feedback_folder_free(struct feedback_folder *f); /* NULL is fine */
AUTO_FREE(feedback_folder)

int feedback_folder_fd(const struct feedback_folder *f);

/* Looks at no more than `most` (> 0) names that the kernel told of and as many of a listing.
 * now_us: the time of day. Returns 1 when more is to be done at once, 0 when not; or fills *problem
 * and returns a negative errno when new/ or cur/ cannot be read or watched: the other one is. */
MUST_USE int feedback_folder_read(struct feedback_folder *f, int64_t now_us, unsigned most,
	feedback_folder_visit *visit, void *context, struct problem *problem);

struct feedback_folder_counts feedback_folder_count(const struct feedback_folder *f);

#endif
