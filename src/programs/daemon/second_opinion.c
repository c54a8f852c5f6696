#include "programs/daemon/second_opinion.h"

#include "base/memory.h"
#include "programs/daemon/events.h"
#include "systems/rspamd.h"

#include <stdlib.h>
#include <string.h>

#define ASKED_MOST  (RSPAMD_AT_ONCE + RSPAMD_WAITING_MAX)
#define ID_MAX      64
#define MESSAGE_MAX ((size_t)256 << 10) /* of a longer one the front is asked about */
#define REST_S      10

/* A question whose answer is waited for. */
struct asked {
	struct second_opinion *opinion;
	bool waits;
	char id[ID_MAX];
	size_t id_len;
	int64_t at_us;
};

struct second_opinion {
	const struct daemon_part *part;
	struct loop *loop;
	void (*scored)(void *context, const struct fact *fact);
	void *context;
	struct rspamd *rspamd;
	struct asked asked[ASKED_MOST];
	uint64_t rests; /* that were told of */
};

static void trouble(struct second_opinion *o, const struct problem *problem)
{
	EVENT_LOG(o->part->log, EVENT_RSPAMD_TROUBLE, loop_now_ms(o->loop),
		event_text("error", slice_of(problem->text)));
}

struct second_opinion *second_opinion_new(const struct daemon_part *part, struct loop *loop,
	void (*scored)(void *context, const struct fact *fact), void *context)
{
	const struct rspamd_settings *settings = &part->plan->values->rspamd;
	struct second_opinion *o;
	struct problem problem = {0};

	if (settings->url == NULL)
		return NULL;
	o = memory_new(1, sizeof(*o));
	*o = (struct second_opinion){
		.part = part, .loop = loop, .scored = scored, .context = context};
	if (rspamd_new(loop, settings->url, (int)settings->timeout, REST_S, &o->rspamd, &problem) <
		0) {
		trouble(o, &problem);
		free(o);
		return NULL;
	}
	return o;
}

void second_opinion_free(struct second_opinion *o)
{
	if (o == NULL)
		return;
	rspamd_free(o->rspamd);
	free(o);
}

/* A single failure is counted; that it is left alone for a while is said. */
static void say_rest(struct second_opinion *o, const struct problem *problem)
{
	struct rspamd_counts counts;

	rspamd_count(o->rspamd, &counts);
	if (counts.rests != o->rests)
		trouble(o, problem);
	o->rests = counts.rests;
}

static void answered(
	void *context, int err, const struct rspamd_reply *reply, const struct problem *problem)
{
	struct asked *a = context;

	a->waits = false;
	if (err < 0) {
		say_rest(a->opinion, problem);
		return;
	}
	const struct fact fact = {.kind = FACT_SCORED,
		.at_us = a->at_us,
		.id = {a->id, a->id_len},
		.has_filter_score = true,
		.filter_score = reply->score};
	a->opinion->scored(a->opinion->context, &fact);
}

static struct asked *free_place(struct second_opinion *o)
{
	for (size_t i = 0; i < ASKED_MOST; i++)
		if (!o->asked[i].waits)
			return &o->asked[i];
	return NULL;
}

void second_opinion_ask(
	struct second_opinion *o, struct spool_facts *spool, const struct fact *fact)
{
	struct asked *a = free_place(o);
	size_t len = 0;

	if (a == NULL || fact->id.len == 0 || fact->id.len > ID_MAX)
		return;
	char *message = spool_facts_message(spool, MESSAGE_MAX, &len);
	if (message == NULL)
		return;
	*a = (struct asked){.opinion = o, .id_len = fact->id.len, .at_us = fact->at_us};
	memcpy(a->id, fact->id.at, fact->id.len);
	const struct rspamd_question question = {.message = {message, len},
		.id = fact->id,
		.user = {fact->source->name, fact->source->len},
		.sender = fact->sender,
		.recipients = fact->recipients,
		.recipient_count = fact->recipient_count,
		.client = fact->client,
		.helo = fact->helo};
	a->waits = rspamd_ask(o->rspamd, &question, answered, a) == 0;
	free(message);
}

json_t *second_opinion_state(const struct second_opinion *o)
{
	struct rspamd_counts c;

	rspamd_count(o->rspamd, &c);
	return json_pack("{s:I,s:I,s:I,s:I,s:I}", "asked", (json_int_t)c.asked, "answered",
		(json_int_t)c.answered, "failed", (json_int_t)c.failed, "dropped",
		(json_int_t)c.dropped, "rest_ms", (json_int_t)c.rest_ms);
}
