#include "reports/top_troubles.h"

#include "base/units.h"
#include "detectors/evidence.h"

#include <stdarg.h>
#include <stdio.h>

static void add(struct top_troubles *t, enum canvas_style style, const char *format, ...)
	PRINTF_LIKE(3, 4);
static void add(struct top_troubles *t, enum canvas_style style, const char *format, ...)
{
	va_list values;

	if (t->count == TOP_TROUBLES_MAX)
		return;
	t->at[t->count].style = style;
	va_start(values, format);
	(void)vsnprintf(t->at[t->count++].text, TOP_TROUBLE_TEXT, format, values);
	va_end(values);
}

static int64_t age_of(const struct top_state *s)
{
	double age = s->clock - s->now->at;

	return age > 1e9 ? 1000000000 : age < -1e9 ? -1000000000 : (int64_t)age;
}

static void find_old(const struct top_state *s, struct top_troubles *t)
{
	int64_t age = age_of(s);
	char text[UNITS_TEXT];

	if (age > TOP_OLD_S)
		add(t, CANVAS_REVERSE, "OLD: what is shown is of %s ago%s%s",
			units_age_text(age, text), s->problem != NULL ? ": " : "",
			s->problem != NULL ? s->problem : "");
	else if (age < -TOP_OLD_S)
		add(t, CANVAS_REVERSE, "OLD? the daemon's clock is %s ahead",
			units_age_text(-age, text));
	else if (s->problem != NULL)
		add(t, CANVAS_WARNING, "%s", s->problem);
}

static void find_unwell(const struct now *n, struct top_troubles *t)
{
	char text[UNITS_TEXT];

	if (!n->has_journal)
		add(t, CANVAS_ALARM, "THE JOURNAL CANNOT BE USED: nothing is done");
	if (n->watcher_age == NOW_UNKNOWN)
		add(t, CANVAS_ALARM, "the watcher has not said anything yet");
	else if (n->watcher_age >= TOP_SILENT_S)
		add(t, CANVAS_REVERSE, "OLD: the watcher is silent for %s",
			units_age_text(n->watcher_age, text));
	if (!n->is_ready)
		add(t, CANVAS_WARNING, "still reading what was written before");
	if (!n->knows_incidents)
		add(t, CANVAS_ALARM, "the incidents are not known");
	if (!n->knows_sources)
		add(t, CANVAS_WARNING, "the sources are not known");
	if (n->lag_seconds >= TOP_LAG_S)
		add(t, CANVAS_WARNING, "%s behind the logs", units_age_text(n->lag_seconds, text));
}

static void find_incidents(const struct now *n, struct top_troubles *t)
{
	size_t asking = 0, working = 0, suspects = 0;

	for (size_t i = 0; i < n->incidents.count; i++) {
		const struct standing_incident *one = &n->incidents.at[i];

		asking += standing_asks(one);
		working += !standing_asks(one) &&
			   (one->state == INCIDENT_CONTAINED || one->state == INCIDENT_CLEANING);
	}
	for (size_t i = 0; i < n->source_count; i++)
		suspects += n->sources[i].verdict != VERDICT_NOTHING;
	if (asking > 0)
		add(t, CANVAS_ALARM, "%zu %s for a person", asking,
			evidence_plural(asking, "INCIDENT WAITS", "INCIDENTS WAIT"));
	if (working > 0)
		add(t, CANVAS_WARNING, "%zu %s being cut off", working,
			evidence_plural(working, "source is", "sources are"));
	if (suspects > 0)
		add(t, CANVAS_WARNING, "%zu %s suspicious", suspects,
			evidence_plural(suspects, "source is", "sources are"));
}

void top_troubles_find(const struct top_state *s, struct top_troubles *t)
{
	t->count = 0;
	if (s->now == NULL) {
		add(t, CANVAS_REVERSE, "NOTHING IS KNOWN: %s",
			s->problem != NULL ? s->problem : "the daemon is being asked");
		return;
	}
	find_old(s, t);
	find_unwell(s->now, t);
	find_incidents(s->now, t);
}

bool top_is_whole(const struct top_state *state)
{
	struct top_troubles t = {.count = 0};

	if (state->now == NULL)
		return false;
	find_old(state, &t);
	find_unwell(state->now, &t);
	return t.count == 0;
}
