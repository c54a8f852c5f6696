#include "incidents/standing.h"

#include "base/memory.h"
#include "incidents/actions.h"

#include <stdlib.h>

void standing_clear(struct standing *s)
{
	free(s->at);
	*s = (struct standing){0};
}

bool standing_asks(const struct standing_incident *incident)
{
	return incident->state == INCIDENT_WAITING || incident->failed > 0;
}

static bool add(void *context, const struct incident *incident)
{
	struct standing *s = context;

	if (s->count == STANDING_LOOKED) {
		s->left_out++;
		return true;
	}
	if (s->at == NULL)
		s->at = memory_new(STANDING_LOOKED, sizeof(*s->at));
	s->at[s->count++] = (struct standing_incident){.number = incident->number,
		.source = incident->source,
		.state = incident->state,
		.opened = incident->opened,
		.changed = incident->changed,
		.contained = incident->contained,
		.score = incident->score,
		.threshold = incident->threshold,
		.messages = incident->messages,
		.recipients = incident->recipients,
		.held = incident->held};
	return true;
}

static bool add_over(void *context, const struct incident *incident)
{
	return incident_is_open(incident->state) || add(context, incident);
}

static bool count_failed(void *context, const struct incident_action *action)
{
	struct standing_incident *incident = context;

	incident->failed += action->state == ACTION_FAILED;
	return true;
}

static int by_need(const void *a, const void *b)
{
	const struct standing_incident *x = a, *y = b;
	bool x_asks = standing_asks(x), y_asks = standing_asks(y);

	if (x_asks != y_asks)
		return x_asks ? -1 : 1;
	return x->number > y->number ? -1 : x->number < y->number;
}

int standing_read(struct journal *j, int64_t now, struct standing *ret, struct problem *problem)
{
	const struct incident_choice open = {.open_only = true};
	const struct incident_choice recent = {.since = now - STANDING_AGE_S};
	struct standing s = {0};

	int err = casebook_each(j, &open, add, &s, problem);
	if (err == 0)
		err = casebook_each(j, &recent, add_over, &s, problem);
	for (size_t i = 0; err == 0 && i < s.count; i++)
		err = actions_each(j, s.at[i].number, count_failed, &s.at[i], problem);
	if (err < 0) {
		standing_clear(&s);
		return err;
	}
	if (s.count > 1)
		qsort(s.at, s.count, sizeof(*s.at), by_need);
	if (s.count > STANDING_MAX) {
		s.left_out += s.count - STANDING_MAX;
		s.count = STANDING_MAX;
	}
	*ret = s;
	return 0;
}
