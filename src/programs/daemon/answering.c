#include "programs/daemon/answering.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "programs/daemon/put_off.h"

#include <stdlib.h>

struct answering {
	struct answers *answers;
	struct limits *limits;
	struct put_off *put_off;
	uint64_t counts[ANSWER_KINDS], beyond_limit;
};

struct answering *answering_new(const char *text, const struct limits_settings *limits)
{
	struct answering *a = memory_new(1, sizeof(*a));

	a->answers = answers_new(text);
	a->limits = limits_new(limits);
	a->put_off = put_off_new();
	return a;
}

void answering_free(struct answering *a)
{
	if (a == NULL)
		return;
	answers_free(a->answers);
	limits_free(a->limits);
	put_off_free(a->put_off);
	free(a);
}

void answering_set(struct answering *a, const struct source *source, enum answer_kind kind)
{
	answers_set(a->answers, source, kind);
}

/* Those of a local message come all at once. */
static uint64_t recipients_of(enum policy_event event, const struct fact *fact)
{
	if (event == POLICY_LOCAL)
		return fact->recipient_total > 0 ? fact->recipient_total : 1;
	return event == POLICY_RCPT;
}

static enum answer_kind look_for_room(struct answering *a, enum policy_event event,
	const struct fact *fact, int64_t now_ms, char answer[POLICY_ANSWER_MAX],
	uint64_t *ret_reached)
{
	enum limits_room room =
		limits_take(a->limits, fact->source, recipients_of(event, fact), now_ms);

	if (room == LIMITS_ROOM)
		return ANSWER_PASS;
	if (room == LIMITS_REACHED)
		*ret_reached = limits_most(a->limits, fact->source);
	a->beyond_limit++;
	limits_write(a->limits, fact->source, answer, POLICY_ANSWER_MAX);
	return ANSWER_SLOW;
}

/* A suspected source is heard up to its recipients: from them it becomes known what it is doing. */
static enum answer_kind choose(struct answering *a, enum policy_event event,
	const struct fact *fact, int64_t now_ms, char answer[POLICY_ANSWER_MAX],
	uint64_t *ret_reached)
{
	enum answer_kind kind = answers_find(a->answers, fact->source);

	if (kind == ANSWER_PASS)
		return look_for_room(a, event, fact, now_ms, answer, ret_reached);
	if (kind == ANSWER_SLOW && event == POLICY_MAIL)
		return ANSWER_PASS;
	answers_write(a->answers, kind, answer, POLICY_ANSWER_MAX);
	return kind;
}

struct answered answering_question(struct answering *a, enum policy_event event,
	const struct fact *fact, int64_t now_ms, char answer[POLICY_ANSWER_MAX])
{
	struct answered ret = {.kind = ANSWER_PASS};

	if (fact->source != NULL)
		ret.kind = choose(a, event, fact, now_ms, answer, &ret.limit_reached);
	a->counts[ret.kind]++;
	if (fact->source == NULL || event != POLICY_RCPT)
		return ret;
	ret.is_again = ret.kind == ANSWER_SLOW
			       ? put_off_again(a->put_off, fact->source, fact->recipient)
			       : put_off_ends(a->put_off, fact->source, fact->recipient);
	return ret;
}

void answering_count(struct answering *a, int64_t now_ms, json_t *o)
{
	for (int i = 0; i < ANSWER_KINDS; i++)
		json_put(o, answer_kind_name((enum answer_kind)i),
			json_integer((json_int_t)a->counts[i]));
	json_put(o, "beyond_limit", json_integer((json_int_t)a->beyond_limit));
	json_put(o, "at_limit", json_integer((json_int_t)limits_reached(a->limits, now_ms)));
}
