/* report_manager.c - numbers, and one incident as a story without internals. */
#include "base/memory.h"
#include "reports/report_readers.h"
#include "reports/report_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S        86400
#define HOURS_MOST_S ((int64_t)2 * DAY_S) /* up to then a plot has a bar for each hour */
#define BARS_MOST    62
#define ROWS_MOST    100 /* incidents in the table */

/* ---- one incident ---- */

static void add_story(struct report_page *p, const struct report_incident *r)
{
	const struct incident *i = &r->story.incident;
	char who[REPORT_SOURCE_TEXT], at[REPORT_TIME_TEXT], n[UNITS_TEXT];
	char age[UNITS_TEXT], out[UNITS_TEXT];

	report_say(p, "From %s on, %s sent mail that looked like spam.", report_time(r->first, at),
		report_who(&i->source, who));
	if (i->contained == 0) {
		report_say(p, "It has not been stopped.");
		return;
	}
	report_say(p, "%s", report_cause(i->source.kind));
	report_say(p, "It was stopped at %s, %s after the first such message that is known, %s.",
		report_time(i->contained, at),
		report_delay(report_delay_of(r->first, i->contained), age),
		i->by_person ? "by a person" : "without waiting for a person");
	report_say(p,
		"Messages of it that had been accepted by then: %s; of these went out: %s. Taken "
		"out of the queue, with what came after: %s.",
		report_count(i->messages > 0, i->messages, n),
		report_at_most(report_number_of(report_went_out, r), out),
		units_count_text(i->held, age));
	if (i->state == INCIDENT_RELEASED)
		report_say(p,
			"A person has let it send again since, at %s: it was a false alarm, or "
			"it is in order again.",
			report_time(i->closed, at));
}

static void add_done(struct report_page *p, const struct report_incident *r)
{
	char text[REPORT_DONE_TEXT];
	size_t n = 0;

	report_section(p, "What was done");
	for (size_t i = 0; i < r->deed_count; i++) {
		const char *says = report_deed_says(r, &r->deeds[i], text);

		if (says != NULL) {
			report_item(p, "%s", says);
			n++;
		}
	}
	if (report_is_done(r, "tell"))
		report_item(p, "Those who are to know of it were told.");
	if (r->story.incident.held > 0)
		report_item(p, "Its mail was taken out of the queue, and is kept or was put back.");
	if (n == 0 && r->story.incident.held == 0)
		report_say(p, "Nothing was done that has been seen to hold.");
}

static void add_open_ends(struct report_page *p, const struct report_incident *r)
{
	struct report_number still = report_number_of(report_still_held, r);
	char n[UNITS_TEXT];

	report_section(p, "What is left to do");
	report_value(p, "State", "%s", report_state_means(r->story.incident.state));
	report_value(p, "Messages still held", "%s", report_count(still.is_known, still.count, n));
	for (size_t i = 0; i < r->deed_count; i++)
		if (r->deeds[i].state == ACTION_FAILED || r->deeds[i].state == ACTION_WAITING)
			report_value(p, "Not done", "%s (%s)", r->deeds[i].responder,
				action_state_name(r->deeds[i].state));
}

static void add_mail_bars(struct report_page *p, const struct report_incident *r)
{
	struct report_number out = report_number_of(report_went_out, r);
	struct report_plot plot = {.kind = REPORT_BARS, .count = 2};

	if (!out.is_known)
		return;
	plot.points[0] =
		(struct report_point){.value = (double)out.count, .label = "went out, at most"};
	plot.points[1] = (struct report_point){
		.value = (double)r->story.incident.held, .label = "taken out"};
	report_plot(p, "Messages", &plot);
}

struct report_page *report_manager(
	const struct report_incident *incident, const struct report_about_us *us)
{
	char title[120];

	(void)snprintf(title, sizeof(title), "Incident %" PRId64 " on %.64s",
		incident->story.incident.number, us->server);
	struct report_page *p = report_page_new(title, us->server, us->now, "en");
	report_section(p, "What happened");
	add_story(p, incident);
	add_mail_bars(p, incident);
	add_done(p, incident);
	add_open_ends(p, incident);
	return p;
}

/* ---- a period ---- */

/* Bars of a plot over the period: each begins at a full hour or day of this machine's. */
struct buckets {
	int64_t begin[BARS_MOST + 1];
	size_t count;
	bool are_hours;
	struct report_plot plot;
};

static int64_t stepped(int64_t at, bool are_hours, int days)
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if (are_hours)
		return at + 3600;
	if (localtime_r(&seconds, &tm) == NULL)
		return at + DAY_S;
	tm.tm_mday += days;
	tm.tm_isdst = -1;
	int64_t next = (int64_t)mktime(&tm);
	return next > at ? next : at + DAY_S;
}

static int64_t rounded_down(int64_t at, bool are_hours)
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL)
		return at;
	tm.tm_sec = tm.tm_min = 0;
	tm.tm_hour = are_hours ? tm.tm_hour : 0;
	/* an hour that comes twice is told apart by what it was */
	tm.tm_isdst = are_hours ? tm.tm_isdst : -1;
	int64_t begin = (int64_t)mktime(&tm);
	return begin != -1 ? begin : at;
}

static void label_of(int64_t at, bool is_hour, char label[REPORT_LABEL])
{
	time_t seconds = (time_t)at;
	struct tm tm;

	label[0] = '\0';
	if (localtime_r(&seconds, &tm) != NULL)
		(void)strftime(label, REPORT_LABEL, is_hour ? "%d %H:00" : "%Y-%m-%d", &tm);
}

static void make_buckets(const struct report_period *period, struct buckets *b)
{
	int64_t length = period->until - period->since;
	int days = (int)((length / DAY_S + BARS_MOST - 2) / (BARS_MOST - 1));
	int64_t at;

	*b = (struct buckets){.are_hours = length <= HOURS_MOST_S, .plot.kind = REPORT_BARS};
	at = rounded_down(period->since, b->are_hours);
	for (; at < period->until && b->count < BARS_MOST; b->count++) {
		b->begin[b->count] = at;
		label_of(at, b->are_hours, b->plot.points[b->count].label);
		at = stepped(at, b->are_hours, days > 0 ? days : 1);
	}
	b->begin[b->count] = at;
	b->plot.count = b->count;
}

static void add_to(struct buckets *b, int64_t at, double value)
{
	for (size_t i = 0; i < b->count; i++)
		if (at >= b->begin[i] && at < b->begin[i + 1])
			b->plot.points[i].value += value;
}

static void empty(struct buckets *b)
{
	for (size_t i = 0; i < b->count; i++)
		b->plot.points[i].value = 0;
}

static void add_plots(struct report_page *p, const struct report_period *period)
{
	struct buckets *b = memory_new(1, sizeof(*b));

	make_buckets(period, b);
	for (size_t i = 0; i < period->count; i++)
		if (!period->rows[i].is_older)
			add_to(b, period->rows[i].incident.opened, 1);
	report_plot(p, b->are_hours ? "Incidents opened, each hour" : "Incidents opened", &b->plot);
	empty(b);
	for (size_t i = 0; i < period->count; i++)
		add_to(b, period->rows[i].incident.contained,
			(double)period->rows[i].incident.held);
	report_plot(
		p, "Messages taken out of the queue, by when their source was contained", &b->plot);
	free(b);
}

static void add_counts(struct report_page *p, const struct report_period *period)
{
	char n[UNITS_TEXT];

	report_value(p, "Incidents opened", "%s", units_count_text(period->opened, n));
	report_value(p, "Contained", "%s", units_count_text(period->contained, n));
	report_value(p, "Of these by a person", "%s", units_count_text(period->by_person, n));
	report_value(p, "Let go by a person", "%s (dismissed or released: false alarms, as a rule)",
		units_count_text(period->false_alarms, n));
	if (period->contained == 0)
		return;
	report_value(p, "To containment, median", "%s", report_delay(period->delay_median, n));
	report_value(p, "To containment, worst", "%s", report_delay(period->delay_worst, n));
}

static uint64_t contained_ever(const struct report_period *period)
{
	uint64_t n = 0;

	for (size_t i = 0; i < period->count; i++)
		n += period->rows[i].incident.contained != 0 ? 1 : 0;
	return n;
}

static void add_mail_counts(struct report_page *p, const struct report_period *period)
{
	uint64_t of = contained_ever(period);
	char n[UNITS_TEXT], sum[REPORT_SUM_TEXT];

	if (of == 0)
		return;
	report_value(p, "Messages that went out", "%s%s (of those accepted until the verdict)",
		period->went_out.unknown < of ? "at most " : "",
		report_sum(period->went_out, of, sum));
	report_value(
		p, "Messages taken out", "%s (of the queue)", units_count_text(period->held, n));
	report_value(p, "Still held", "%s", report_sum(period->still_held, of, sum));
	report_value(p, "Put back", "%s", report_sum(period->put_back, of, sum));
}

static void add_waiting(struct report_page *p, const struct report_period *period)
{
	char n[UNITS_TEXT];

	report_section(p, "What waits");
	report_value(p, "For a person's word", "%s", units_count_text(period->waiting, n));
	report_value(p, "Actions not done", "%s (failed, or tried again)",
		units_count_text(period->troubles, n));
	report_value(p, "Incidents not over", "%s", units_count_text(period->open, n));
}

static void add_rows(struct report_page *p, const struct report_period *period)
{
	static const char *const columns[] = {
		"no.", "opened", "source", "#went out", "#held", "contained after", "now", NULL};
	size_t from = period->count > ROWS_MOST ? period->count - ROWS_MOST : 0;
	char source[REPORT_SOURCE_TEXT], age[UNITS_TEXT], n[UNITS_TEXT];

	report_section(p, "Incidents");
	if (from > 0)
		report_say(p, "The latest %d of %zu.", ROWS_MOST, period->count);
	report_table(p, "Oldest first, as they stand now; at most so many went out", columns);
	for (size_t i = from; i < period->count; i++) {
		const struct report_row *r = &period->rows[i];
		bool contained = r->incident.contained != 0;

		report_cell(p, "%" PRId64, r->incident.number);
		report_cell_time(p, r->incident.opened);
		report_cell(p, "%s", report_source(&r->incident.source, source));
		report_cell(p, "%s",
			contained ? report_count(r->went_out.is_known, r->went_out.count, n) : "-");
		report_cell(p, "%s", units_count_text(r->incident.held, n));
		report_cell(p, "%s",
			contained ? report_delay(
					    report_delay_of(r->first, r->incident.contained), age)
				  : "not");
		report_cell(p, "%s", incident_state_name(r->incident.state));
	}
}

static void add_limits(struct report_page *p, const struct report_period *period)
{
	char n[UNITS_TEXT];

	if (period->left_out > 0)
		report_warn(p,
			"%s older incidents are left out: but for how many were opened, all "
			"numbers are of the latest %d.",
			units_count_text(period->left_out, n), REPORT_INCIDENTS_MAX);
	report_say(p, "Counted is what stanch saw. Its journal does not tell when it was not "
		      "running.");
}

static struct report_page *period_page(
	const struct report_period *period, const struct report_about_us *us)
{
	char title[120], since[REPORT_TIME_TEXT], until[REPORT_TIME_TEXT];

	(void)snprintf(title, sizeof(title), "Spam stopped on %.64s", us->server);
	struct report_page *p = report_page_new(title, us->server, us->now, "en");
	report_value(p, "From", "%s", report_time(period->since, since));
	report_value(p, "Up to", "%s", report_time(period->until, until));
	return p;
}

struct report_page *report_period(
	const struct report_period *period, const struct report_about_us *us)
{
	struct report_page *p = period_page(period, us);

	add_limits(p, period);
	report_section(p, "In numbers");
	if (period->count == 0)
		report_say(p, "No incident was opened, and none was left from before.");
	add_counts(p, period);
	if (period->count == 0)
		return p;
	add_mail_counts(p, period);
	add_waiting(p, period);
	add_plots(p, period);
	add_rows(p, period);
	return p;
}
