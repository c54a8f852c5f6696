/* The law of queue_found.h's questions: what is taken is within its bounds, and a cursor that is
 * taken is written as it was read. */
#include "reports/queue_found.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_place(const struct queue_place *place)
{
	char text[QUEUE_PLACE_TEXT];
	struct queue_place again;

	must(queue_place_read(slice_of(queue_place_text(place, text)), &again) == 0);
	must(again.received == place->received && again.letter == place->letter);
	must(exim_id_compare(&again.id, &place->id) == 0);
	must(strcmp(again.queue, place->queue) == 0);
}

static void check_question(const struct queue_question *q)
{
	struct queue_search_terms terms = queue_question_terms(q);

	must(terms.text.len <= QUEUE_SEARCH_TEXT);
	must(terms.limit >= 1 && terms.limit <= QUEUE_SEARCH_LIMIT);
	must(terms.in <= QUEUE_SEARCH_SUBJECT && terms.frozen <= QUEUE_SEARCH_FROZEN);
	if (terms.after != NULL)
		check_place(terms.after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *args = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	struct problem problem = {0};
	struct queue_question q;
	struct queue_place place;

	if (queue_place_read((struct slice){(const char *)data, size}, &place) == 0)
		check_place(&place);
	int err = queue_question_read(args, &q, &problem);
	must((err < 0) == (problem.text[0] != '\0'));
	if (err == 0)
		check_question(&q);
	json_decref(args);
	return 0;
}
