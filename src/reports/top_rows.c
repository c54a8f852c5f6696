#include "reports/top_rows.h"

#include <stdlib.h>
#include <string.h>

static bool fits(const char *filter, const struct source *source, const char *why)
{
	char text[SOURCE_TEXT_MAX];

	return filter[0] == '\0' || strcasestr(source_text(source, text), filter) != NULL ||
	       strcasestr(why, filter) != NULL;
}

uint64_t top_of_hour(const struct now_source *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < NOW_PACE; i++)
		n += s->pace[i] != PACE_UNKNOWN ? s->pace[i] : 0;
	return n;
}

static double suspicion(const struct now_source *s)
{
	return s->threshold > 0 ? s->score / s->threshold : s->score;
}

/* Equal ones by their names, so that rows do not change places for nothing. */
static int by_name(const struct now_source *x, const struct now_source *y)
{
	if (x->source.kind != y->source.kind)
		return x->source.kind < y->source.kind ? -1 : 1;
	return strcmp(x->source.name, y->source.name);
}

static int by_suspicion(const void *a, const void *b)
{
	const struct now_source *x = *(const struct now_source *const *)a,
				*y = *(const struct now_source *const *)b;
	double p = suspicion(x), q = suspicion(y);

	return p > q ? -1 : p < q ? 1 : by_name(x, y);
}

static int by_hour(const void *a, const void *b)
{
	const struct now_source *x = *(const struct now_source *const *)a,
				*y = *(const struct now_source *const *)b;
	uint64_t p = top_of_hour(x), q = top_of_hour(y);

	return p > q ? -1 : p < q ? 1 : by_suspicion(a, b);
}

static int by_need(const void *a, const void *b)
{
	const struct standing_incident *x = *(const struct standing_incident *const *)a,
				       *y = *(const struct standing_incident *const *)b;
	int p = standing_asks(x) ? 2 : incident_is_open(x->state) ? 1 : 0;
	int q = standing_asks(y) ? 2 : incident_is_open(y->state) ? 1 : 0;

	if (p != q)
		return p > q ? -1 : 1;
	return x->number > y->number ? -1 : x->number < y->number;
}

static void take_rows(const struct now *now, const struct top_choice *choice, struct top_rows *ret)
{
	for (size_t i = 0; i < now->incidents.count; i++) {
		const struct standing_incident *one = &now->incidents.at[i];

		if (ret->incident_count < TOP_INCIDENTS_MAX &&
			fits(choice->filter, &one->source, ""))
			ret->incidents[ret->incident_count++] = one;
	}
	for (size_t i = 0; i < now->source_count; i++) {
		const struct now_source *one = &now->sources[i];

		if (ret->source_count < NOW_SOURCES_MAX &&
			fits(choice->filter, &one->source, one->why))
			ret->sources[ret->source_count++] = one;
	}
}

static void find_chosen(const struct top_choice *choice, struct top_rows *ret)
{
	for (size_t i = 0; i < ret->incident_count; i++)
		if (ret->incidents[i]->number == choice->incident)
			ret->incident = i;
	for (size_t i = 0; i < ret->source_count; i++)
		if (source_equal(&ret->sources[i]->source, &choice->source))
			ret->source = i;
	ret->list = choice->list;
	if (ret->incident_count == 0 && ret->source_count > 0)
		ret->list = TOP_SOURCES;
	if (ret->source_count == 0 && ret->incident_count > 0)
		ret->list = TOP_INCIDENTS;
}

void top_arrange(const struct now *now, const struct top_choice *choice, struct top_rows *ret)
{
	*ret = (struct top_rows){.list = choice->list};
	if (now == NULL)
		return;
	take_rows(now, choice, ret);
	qsort(ret->incidents, ret->incident_count, sizeof(void *), by_need);
	qsort(ret->sources, ret->source_count, sizeof(void *),
		choice->order == TOP_BY_HOUR ? by_hour : by_suspicion);
	find_chosen(choice, ret);
}

static size_t moved(size_t at, size_t count, long by)
{
	long to = (long)at + by;

	if (count == 0 || to < 0)
		return 0;
	return (size_t)to < count ? (size_t)to : count - 1;
}

void top_move(struct top_choice *choice, const struct top_rows *rows, long by)
{
	choice->list = rows->list; /* it stays there when the other one is empty no more */
	if (rows->list == TOP_INCIDENTS && rows->incident_count > 0)
		choice->incident =
			rows->incidents[moved(rows->incident, rows->incident_count, by)]->number;
	if (rows->list == TOP_SOURCES && rows->source_count > 0)
		choice->source = rows->sources[moved(rows->source, rows->source_count, by)]->source;
}

bool top_change_list(struct top_choice *choice, const struct top_rows *rows)
{
	enum top_list other = rows->list == TOP_SOURCES ? TOP_INCIDENTS : TOP_SOURCES;
	size_t count = other == TOP_SOURCES ? rows->source_count : rows->incident_count;

	choice->list = count > 0 ? other : rows->list;
	return count > 0;
}

const struct standing_incident *top_chosen_incident(const struct top_rows *rows)
{
	bool is_there = rows->list == TOP_INCIDENTS && rows->incident_count > 0;

	return is_there ? rows->incidents[rows->incident] : NULL;
}

const struct now_source *top_chosen_source(const struct top_rows *rows)
{
	bool is_there = rows->list == TOP_SOURCES && rows->source_count > 0;

	return is_there ? rows->sources[rows->source] : NULL;
}
