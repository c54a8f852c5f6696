/* queue_list.h - messages of the queue, one after the other, as a table for people or as JSON. */
#ifndef STANCH_REPORTS_QUEUE_LIST_H
#define STANCH_REPORTS_QUEUE_LIST_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/queued.h"
#include "reports/terminal.h"
#include "systems/exim/scan.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How wide the columns are. */
struct queue_list {
	struct terminal terminal;
	size_t id, source, sender; /* columns; 0: as long as it is */
	bool with_queue;           /* messages of several queues */
};

/* The columns for ids of up to that many characters. */
struct queue_list queue_list_of(struct terminal terminal, size_t id_length, bool with_queue);

void queue_list_title(const struct queue_list *list);

/* One message. m must have been read with sizes; q and sensed are what queue_sense() made of it;
 * now in seconds since 1970. */
void queue_list_row(const struct queue_list *list, const struct scanned *m, const struct queued *q,
	bool sensed, int64_t now);

/* The same as one line of JSON. */
void queue_list_json(
	FILE *out, const struct scanned *m, const struct queued *q, bool sensed, int64_t now);

/* Its object. A new reference. */
json_t *queue_list_object(
	const struct scanned *m, const struct queued *q, bool sensed, int64_t now);

/* What is wrong with a message, for a person; false when nothing is. */
bool queue_list_damage(const struct scanned *m, struct problem *ret);

/* {"what", "line", "offset"}, or NULL when nothing is wrong. A new reference. */
json_t *queue_list_damage_json(const struct scanned *m);

#endif
