#include "programs/daemon/clerk_asks.h"

#include "base/json_text.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_MS 500 /* how often it is looked for what took too long */

struct question {
	json_int_t number; /* 0: none */
	int64_t until_ms;
	bool is_counted;
	struct address from; /* if it is counted */
	clerk_answered *answered;
	void *context;
};

struct clerk_asks {
	struct loop *loop;
	struct loop_timer *timer;
	struct talk *talk;
	int64_t wait_ms;
	json_int_t last;
	struct question open[CLERK_ASKS_MAX];
};

static void answer(struct question *q, unsigned status, const json_t *body)
{
	struct question asked = *q;

	q->number = 0; /* its place is free in the call */
	asked.answered(asked.context, status, body);
}

static void look(void *context)
{
	struct clerk_asks *a = context;

	for (size_t i = 0; i < CLERK_ASKS_MAX; i++)
		if (a->open[i].number != 0 && loop_now_ms(a->loop) >= a->open[i].until_ms)
			answer(&a->open[i], 504, NULL);
}

struct clerk_asks *clerk_asks_new(struct loop *loop, int64_t wait_ms)
{
	struct clerk_asks *a = memory_new(1, sizeof(*a));

	a->loop = loop;
	a->wait_ms = wait_ms;
	a->timer = loop_timer_new(loop, look, a);
	loop_timer_start(a->timer, LOOK_MS, LOOK_MS);
	return a;
}

void clerk_asks_use(struct clerk_asks *a, struct talk *talk)
{
	json_int_t last = a->last;

	a->talk = talk;
	for (size_t i = 0; i < CLERK_ASKS_MAX; i++)
		if (a->open[i].number != 0 && a->open[i].number <= last)
			answer(&a->open[i], 503, NULL);
}

void clerk_asks_free(struct clerk_asks *a)
{
	if (a == NULL)
		return;
	clerk_asks_use(a, NULL);
	loop_timer_free(a->timer);
	free(a);
}

/* NULL: there are too many already. */
static struct question *free_place(struct clerk_asks *a, const struct address *from)
{
	struct question *place = NULL;
	unsigned of_address = 0;

	for (size_t i = 0; i < CLERK_ASKS_MAX; i++) {
		struct question *q = &a->open[i];

		if (q->number == 0)
			place = q;
		else if (from != NULL && q->is_counted && address_same_holder(&q->from, from))
			of_address++;
	}
	return of_address < CLERK_ASKS_OF_ADDRESS ? place : NULL;
}

void clerk_asks_put(struct clerk_asks *a, json_t *question, const struct address *from,
	clerk_answered *answered, void *context)
{
	struct question *q = a->talk != NULL ? free_place(a, from) : NULL;

	if (q == NULL) {
		json_decref(question);
		answered(context, 503, NULL);
		return;
	}
	*q = (struct question){.number = ++a->last,
		.until_ms = loop_now_ms(a->loop) + a->wait_ms,
		.is_counted = from != NULL,
		.answered = answered,
		.context = context};
	if (from != NULL)
		q->from = *from;
	json_put(question, "id", json_integer(q->number));
	if (!talk_say(a->talk, question))
		answer(q, 503, NULL);
}

bool clerk_asks_take(struct clerk_asks *a, const json_t *object)
{
	json_int_t number = json_integer_value(json_object_get(object, "id"));
	json_int_t status = json_integer_value(json_object_get(object, "status"));

	if (!slice_is(json_slice(json_object_get(object, "say")), "answer") || number <= 0)
		return false;
	for (size_t i = 0; i < CLERK_ASKS_MAX; i++) {
		if (a->open[i].number != number)
			continue;
		bool is_known = status >= 200 && status < 600;
		answer(&a->open[i], is_known ? (unsigned)status : 500,
			json_object_get(object, "body"));
		return true;
	}
	return false;
}
