/* queue_index.h - what lies in the queue, in memory, to be searched: a struct of fixed size for
 * each message, and its texts behind one another in blocks. It is told of messages and does not
 * look at the spool itself.
 *
 * A search goes through all messages, some at a time, so that its caller can do other things in
 * between; messages may come and go meanwhile. One that is there from its begin to its end is found
 * for certain.
 *
 * Bounded: in messages, in bytes of texts, in folders. What does not fit is left out, and
 * queue_index_is_full() says that something was. Not for several threads at once. */
#ifndef STANCH_SENSORS_QUEUE_INDEX_H
#define STANCH_SENSORS_QUEUE_INDEX_H

#include "base/attribute.h"
#include "base/slice.h"
#include "formats/exim_id.h"
#include "systems/exim/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_INDEX_MESSAGES ((size_t)2000000)
#define QUEUE_INDEX_BYTES    ((size_t)1 << 30) /* of texts */
#define QUEUE_INDEX_FOLDERS  ((size_t)65535)

/* Of longer texts so many bytes are kept, and no character in half. Of recipients: all together. */
#define QUEUE_INDEX_SOURCE     1039
#define QUEUE_INDEX_SENDER     320
#define QUEUE_INDEX_SUBJECT    120
#define QUEUE_INDEX_RECIPIENTS 512

/* A message. Texts are borrowed; those that the index gives out, until it is changed. */
struct queue_index_message {
	struct exim_id id;
	unsigned folder;  /* a number of queue_index_folder() */
	int64_t received; /* seconds since 1970 */
	bool is_known;    /* false: not even the sender could be read; what follows says nothing */
	bool is_damaged;  /* not all could be read */
	bool is_frozen;
	struct slice source; /* "mailbox:ann@shop.test" */
	struct slice sender;
	struct slice subject;               /* .at NULL: there is none */
	struct slice recipients;            /* the first, a LF behind each */
	uint64_t recipient_count;           /* of all */
	uint64_t fields_size;               /* bytes of its header */
	bool sender_is_cut, subject_is_cut; /* more was there than is kept */
};

struct queue_index;

/* An empty one, for at most so many messages (QUEUE_INDEX_MESSAGES or fewer). */
struct queue_index *queue_index_new(size_t most);
void queue_index_free(struct queue_index *x); /* NULL is fine */
AUTO_FREE(queue_index)

/* The number of a folder, which it gets here; -ENOSPC when there are too many. */
int queue_index_folder(struct queue_index *x, const char *queue, char letter);

/* Its queue, and its letter if ret_letter is not NULL. Valid until the index is freed. */
const char *queue_index_queue(const struct queue_index *x, unsigned folder, char *ret_letter);

/* Puts it in, or in the place of what is there of that folder and id. false when it did not fit. */
bool queue_index_put(struct queue_index *x, const struct queue_index_message *m);

/* Takes it out, if it is in. */
void queue_index_remove(struct queue_index *x, unsigned folder, const struct exim_id *id);

bool queue_index_has(const struct queue_index *x, unsigned folder, const struct exim_id *id);

/* To find out anew what is there: what was not put in between begin and end is taken out at the
 * end. Until then it is found as before. */
void queue_index_begin_round(struct queue_index *x);
void queue_index_end_round(struct queue_index *x);

/* Something did not fit since the last round was begun. */
bool queue_index_is_full(const struct queue_index *x);

size_t queue_index_count(const struct queue_index *x);
size_t queue_index_damaged(const struct queue_index *x); /* of these */
size_t queue_index_memory(const struct queue_index *x);  /* bytes, all in all */

/* ---- searches ---- */

enum queue_search_in {
	QUEUE_SEARCH_ANY,
	QUEUE_SEARCH_ID,
	QUEUE_SEARCH_SENDER,
	QUEUE_SEARCH_RECIPIENT, /* of those that are kept */
	QUEUE_SEARCH_SOURCE,
	QUEUE_SEARCH_SUBJECT,
};

enum queue_search_frozen { QUEUE_SEARCH_BOTH, QUEUE_SEARCH_MOVING, QUEUE_SEARCH_FROZEN };

#define QUEUE_SEARCH_TEXT  256 /* bytes */
#define QUEUE_SEARCH_LIMIT 200

/* Where a message stands in the order of a result: newest first, then by id and folder. */
struct queue_place {
	uint32_t received;
	struct exim_id id;
	char queue[SPOOL_QUEUE_MAX], letter;
};

/* "6ac1f3b2-1a2b3c-000001-AA-queue/l" and back; -EINVAL when it is none. */
#define QUEUE_PLACE_TEXT (8 + 1 + EXIM_ID_NEW + 1 + SPOOL_QUEUE_MAX + 2)
char *queue_place_text(const struct queue_place *place, char at[QUEUE_PLACE_TEXT]);
MUST_USE int queue_place_read(struct slice text, struct queue_place *ret);

struct queue_search_terms {
	struct slice text; /* at most QUEUE_SEARCH_TEXT bytes; empty: all; ASCII letters' case does
			      not count */
	enum queue_search_in in;
	enum queue_search_frozen frozen;
	unsigned limit;                  /* 1 to QUEUE_SEARCH_LIMIT */
	const struct queue_place *after; /* only those behind it; NULL: from the newest on */
};

struct queue_search;

/* terms are copied; the index is borrowed until queue_search_free(). */
struct queue_search *queue_search_new(
	const struct queue_index *x, const struct queue_search_terms *terms);
void queue_search_free(struct queue_search *s); /* NULL is fine */
AUTO_FREE(queue_search)

/* Looks at so many messages more. false when it has looked at all. */
bool queue_search_go(struct queue_search *s, size_t messages);

/* How many fit, wherever they stand. */
uint64_t queue_search_found(const struct queue_search *s);

/* The next message of the result, newest first, once queue_search_go() has returned false, and
 * its place. Those that have left since are passed over. false at the end. */
bool queue_search_next(
	struct queue_search *s, struct queue_index_message *ret, struct queue_place *ret_place);

/* There are others that fit behind those of the result. */
bool queue_search_has_more(const struct queue_search *s);

#endif
