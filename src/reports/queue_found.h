/* queue_found.h - a question about what lies in the queue, and what was found, as JSON objects: as
 * the page asks (GET /api/queue) and is answered. */
#ifndef STANCH_REPORTS_QUEUE_FOUND_H
#define STANCH_REPORTS_QUEUE_FOUND_H

#include "base/attribute.h"
#include "base/problem.h"
#include "sensors/queue_index.h"
#include "sensors/queue_lister.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Holds its own bytes; needs no free. */
struct queue_question {
	char text[QUEUE_SEARCH_TEXT];
	size_t text_len;
	enum queue_search_in in;
	enum queue_search_frozen frozen;
	unsigned limit;
	bool has_after;
	struct queue_place after;
};

/* Of how many rows there are at most, if the question does not say. */
#define QUEUE_QUESTION_LIMIT 50

/* {"q": text, "in": "any"|"id"|"sender"|"recipient"|"source"|"subject", "frozen": 0|1, "limit",
 * "after": a cursor}: each may be missing or null, and a number may be a text of digits. 0; or
 * -EINVAL and *problem for anything else, and *ret is as it was. */
MUST_USE int queue_question_read(
	const json_t *args, struct queue_question *ret, struct problem *problem);

/* What it asks for; lent by the question. */
struct queue_search_terms queue_question_terms(const struct queue_question *q);

/* Of an answer as it is sent on, in UTF-8: the rest is behind its cursor. Bytes. */
#define QUEUE_FOUND_BYTES ((size_t)160 << 10) /* of rows */
#define QUEUE_FOUND_MOST  ((size_t)176 << 10) /* in all */

/* Of each row the first so many recipients are given. */
#define QUEUE_FOUND_RECIPIENTS 5

/* The answer, when queue_search_go() has returned false; the index must not be locked. A new
 * reference:
 *
 *   {"state": "reading"|"ready"|"off", "read", "messages": n|null, "complete", "damaged", "why":
 *    a sentence|null, "found": n, "found_is_least", "rows": [{"id", "queue", "received": seconds
 *    since 1970, "size": n|null, "frozen": bool|null, "damaged", "source", "sender", "recipients",
 *    "recipient_count", "subject"}], "next": cursor|null}
 *
 * Of a message whose sender could not be read, nothing but id, queue, received and damaged is
 * known: the others are null. A text that was too long to be kept ends in U+2026. */
json_t *queue_found(struct queue_lister *l, struct queue_search *s);

/* Whether it has the form of such an answer and no more bytes: for one that comes from a process
 * that is not trusted. */
bool queue_found_is_answer(const json_t *body);

/* The answer when nothing can be searched: its numbers are null. why: a sentence. */
json_t *queue_found_off(const char *why);

#endif
