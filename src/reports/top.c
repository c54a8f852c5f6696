#include "reports/top.h"

#include "base/printable.h"
#include "base/units.h"
#include "detectors/evidence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

/* ---- which rows ---- */

static bool fits(const char *filter, const struct source *source, const char *why)
{
	char text[SOURCE_TEXT_MAX];

	return filter[0] == '\0' || strcasestr(source_text(source, text), filter) != NULL ||
	       strcasestr(why, filter) != NULL;
}

static uint64_t of_hour(const struct now_source *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < NOW_PACE; i++)
		n += s->pace[i] != PACE_UNKNOWN ? s->pace[i] : 0;
	return n;
}

/* Of the last minute or of the one that runs, whichever is more: that one has only begun. */
static int64_t rate_of(const struct now_source *s)
{
	uint16_t last = s->pace[NOW_PACE - 2], running = s->pace[NOW_PACE - 1];

	if (last == PACE_UNKNOWN || running == PACE_UNKNOWN)
		return NOW_UNKNOWN;
	return last > running ? last : running;
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
	uint64_t p = of_hour(x), q = of_hour(y);

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

/* ---- what is wrong ---- */

#define TROUBLES_MAX 10
#define TROUBLE_TEXT 256

struct troubles {
	struct trouble {
		enum canvas_style style;
		char text[TROUBLE_TEXT];
	} at[TROUBLES_MAX]; /* the worst first */
	size_t count;
};

static void add(struct troubles *t, enum canvas_style style, const char *format, ...)
	PRINTF_LIKE(3, 4);
static void add(struct troubles *t, enum canvas_style style, const char *format, ...)
{
	va_list values;

	if (t->count == TROUBLES_MAX)
		return;
	t->at[t->count].style = style;
	va_start(values, format);
	(void)vsnprintf(t->at[t->count++].text, TROUBLE_TEXT, format, values);
	va_end(values);
}

static int64_t age_of(const struct top_state *s)
{
	double age = s->clock - s->now->at;

	return age > 1e9 ? 1000000000 : age < -1e9 ? -1000000000 : (int64_t)age;
}

static void find_old(const struct top_state *s, struct troubles *t)
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

static void find_unwell(const struct now *n, struct troubles *t)
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

static void find_incidents(const struct now *n, struct troubles *t)
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

static void find_troubles(const struct top_state *s, struct troubles *t)
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
	struct troubles t = {.count = 0};

	if (state->now == NULL)
		return false;
	find_old(state, &t);
	find_unwell(state->now, &t);
	return t.count == 0;
}

/* ---- the head ---- */

static const char *count_or_unknown(int64_t n, char at[UNITS_TEXT])
{
	return n >= 0 ? units_count_text((uint64_t)n, at) : "?";
}

/* Puts it if it fits whole, with two blanks before it where something stands already. */
static bool put_figure(struct canvas *c, enum canvas_style style, const char *text)
{
	unsigned left = canvas_left(c);
	size_t gap = left < canvas_columns(c) ? 2 : 0;

	if (printable_width(slice_of(text)) + gap > left)
		return false;
	canvas_cell(c, CANVAS_PLAIN, slice_of(""), (unsigned)gap);
	canvas_printable(c, style, text, 0);
	return true;
}

#define FIGURES     8
#define FIGURE_TEXT (NOW_WORD + 2 * UNITS_TEXT)

static size_t make_figures(const struct now *n, char figures[FIGURES][FIGURE_TEXT])
{
	char a[UNITS_TEXT], b[UNITS_TEXT];
	size_t count = 0;
	bool has_minute = n->minute.at > 0;

	(void)snprintf(figures[count++], FIGURE_TEXT, "queue %s", count_or_unknown(n->queue, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "held %s", count_or_unknown(n->held, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "%s/min",
		count_or_unknown(has_minute ? n->minute.accepted : NOW_UNKNOWN, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "lag %s",
		n->lag_seconds < 0    ? "?"
		: n->lag_seconds == 0 ? "0"
				      : units_age_text(n->lag_seconds, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "mode %s", n->mode);
	(void)snprintf(figures[count++], FIGURE_TEXT, "%s failed/min",
		count_or_unknown(has_minute ? n->minute.failed : NOW_UNKNOWN, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "%s of %s sources active",
		count_or_unknown(n->sources_active, a), count_or_unknown(n->sources_known, b));
	return count;
}

static void draw_figures(struct canvas *c, const struct now *n, unsigned row)
{
	char figures[FIGURES][FIGURE_TEXT];
	size_t count = make_figures(n, figures);

	canvas_go(c, row, 0);
	for (size_t i = 0; i < count; i++)
		if (!put_figure(c, CANVAS_PLAIN, figures[i]))
			return;
}

/* "mx1 12:05:50" at the right, if it is not in the way. */
static void draw_place(struct canvas *c, const struct top_state *s, unsigned row, unsigned from)
{
	char time[UNITS_TEXT], text[NOW_HOST_MAX + UNITS_TEXT];

	if (s->now == NULL)
		return;
	(void)units_time_text((int64_t)s->now->at, time);
	(void)snprintf(text, sizeof(text), "%s %s", s->now->host, time + 11);
	size_t width = printable_width(slice_of(text));
	if (from + 2 + width > canvas_columns(c))
		return;
	canvas_go(c, row, canvas_columns(c) - (unsigned)width);
	canvas_printable(c, CANVAS_DIM, text, (unsigned)width);
}

static void draw_headline(struct canvas *c, const struct top_state *s,
	const struct top_choice *choice, const struct troubles *t, size_t left_out)
{
	canvas_go(c, 0, 0);
	if (choice->is_paused)
		canvas_text(c, CANVAS_REVERSE, slice_of("PAUSED (p goes on) "));
	if (t->count == 0)
		canvas_text(c, CANVAS_GOOD, slice_of("calm: nothing waits for a person"));
	else
		canvas_printable(c, t->at[0].style, t->at[0].text, 0);
	if (left_out > 0)
		canvas_say(c, CANVAS_WARNING, " (and %zu more)", left_out);
	draw_place(c, s, 0, canvas_columns(c) - canvas_left(c));
}

/* The rows that it takes: on a small terminal only what is worst. */
static unsigned draw_head(
	struct canvas *c, const struct top_state *s, const struct top_choice *choice)
{
	struct troubles t;
	unsigned row = 1;

	find_troubles(s, &t);
	size_t shown = canvas_rows(c) < 16 ? 1 : canvas_rows(c) / 5;
	shown = shown < t.count ? shown : t.count;
	draw_headline(c, s, choice, &t, t.count - shown);
	for (size_t i = 1; i < shown; i++) {
		canvas_go(c, row++, 0);
		canvas_printable(c, t.at[i].style, t.at[i].text, 0);
	}
	if (s->now != NULL)
		draw_figures(c, s->now, row++);
	return row;
}

/* ---- the rows ---- */

/* Of a row that is chosen, all is in one style. */
struct row_style {
	enum canvas_style all, main;
	bool is_chosen;
};

static struct row_style style_of(bool is_chosen, enum canvas_style main)
{
	return (struct row_style){is_chosen ? CANVAS_REVERSE : CANVAS_PLAIN,
		is_chosen ? CANVAS_REVERSE : main, is_chosen};
}

static void cell(struct canvas *c, enum canvas_style style, const char *text, unsigned columns)
{
	canvas_cell(c, style, slice_of(text), columns);
}

static void number_cell(
	struct canvas *c, enum canvas_style style, const char *text, unsigned columns)
{
	size_t len = strlen(text);
	unsigned gap = len + 1 < columns ? columns - (unsigned)len - 1 : 0;

	cell(c, style, "", gap);
	cell(c, style, text, columns - gap - 1);
	cell(c, style, " ", 1);
}

static void source_cell(
	struct canvas *c, enum canvas_style style, const struct source *source, unsigned columns)
{
	char text[SOURCE_TEXT_MAX];

	canvas_printable(c, style, source_text(source, text), columns);
}

static void mark(struct canvas *c, const struct row_style *style, const char *sign)
{
	cell(c, style->all, style->is_chosen ? ">" : " ", 1);
	cell(c, style->main, sign, 1);
	cell(c, style->all, " ", 1);
}

/* Where the page of a list begins that has the chosen row in it; of the other list the first rows
 * are seen. */
static size_t page_begin(bool has_keys, size_t chosen, size_t count, unsigned rows)
{
	if (!has_keys)
		return 0;
	size_t from = chosen >= rows ? chosen - rows + 1 : 0;

	return count > rows && from + rows > count ? count - rows : from;
}

static const char *short_age(int64_t seconds, char at[UNITS_TEXT])
{
	static const struct {
		int64_t from, unit;
		const char *name;
	} units[] = {{172800, 86400, "d"}, {7200, 3600, "h"}, {120, 60, "m"}, {0, 1, "s"}};
	size_t i = 0;

	seconds = seconds > 0 ? seconds : 0;
	while (seconds < units[i].from)
		i++;
	(void)snprintf(at, UNITS_TEXT, "%" PRId64 "%s", seconds / units[i].unit, units[i].name);
	return at;
}

#define IS_WIDE(c)      (canvas_columns(c) >= 64)
#define IS_VERY_WIDE(c) (canvas_columns(c) >= 100)

static unsigned at_least(unsigned n, unsigned least)
{
	return n > least ? n : least;
}

static enum canvas_style incident_style(const struct standing_incident *one)
{
	if (standing_asks(one))
		return CANVAS_ALARM;
	return incident_is_open(one->state) ? CANVAS_WARNING : CANVAS_DIM;
}

static const char *incident_sign(const struct standing_incident *one)
{
	return standing_asks(one) ? "!" : incident_is_open(one->state) ? "*" : " ";
}

static void draw_incident_counts(
	struct canvas *c, enum canvas_style style, const struct standing_incident *one)
{
	char bits[32], messages[UNITS_TEXT], recipients[UNITS_TEXT];

	(void)snprintf(bits, sizeof(bits), "%.1f", one->score);
	number_cell(c, style, bits, 7);
	number_cell(c, style, units_count_text(one->messages, messages), 10);
	number_cell(c, style, units_count_text(one->recipients, recipients), 11);
}

static void draw_incident(struct canvas *c, const struct top_state *s,
	const struct standing_incident *one, bool is_chosen)
{
	struct row_style style = style_of(is_chosen, incident_style(one));
	char number[UNITS_TEXT], held[UNITS_TEXT], failed[UNITS_TEXT], age[UNITS_TEXT];

	mark(c, &style, incident_sign(one));
	(void)snprintf(number, sizeof(number), "%" PRId64, one->number);
	number_cell(c, style.all, number, IS_WIDE(c) ? 8 : 5);
	cell(c, style.main, incident_state_name(one->state), 10);
	if (IS_WIDE(c)) {
		number_cell(c, style.all, units_count_text(one->held, held), 9);
		number_cell(c, one->failed > 0 ? style.main : style.all,
			units_count_text(one->failed, failed), 7);
		number_cell(c, style.all, short_age((int64_t)s->now->at - one->changed, age), 6);
	}
	if (IS_VERY_WIDE(c))
		draw_incident_counts(c, style.all, one);
	source_cell(c, style.main, &one->source, canvas_left(c));
}

static void draw_incident_titles(struct canvas *c)
{
	cell(c, CANVAS_DIM, "", 3);
	number_cell(c, CANVAS_DIM, IS_WIDE(c) ? "NUMBER" : "NO", IS_WIDE(c) ? 8 : 5);
	cell(c, CANVAS_DIM, "STATE", 10);
	if (IS_WIDE(c)) {
		number_cell(c, CANVAS_DIM, "HELD", 9);
		number_cell(c, CANVAS_DIM, "FAILED", 7);
		number_cell(c, CANVAS_DIM, "SINCE", 6);
	}
	if (IS_VERY_WIDE(c)) {
		number_cell(c, CANVAS_DIM, "BITS", 7);
		number_cell(c, CANVAS_DIM, "MESSAGES", 10);
		number_cell(c, CANVAS_DIM, "RECIPIENTS", 11);
	}
	cell(c, CANVAS_DIM, "SOURCE", canvas_left(c));
}

/* How wide the columns of a source's row are; 0: it is not shown. */
struct source_columns {
	unsigned bar, pace, source, why;
};

#define SOURCE_BEFORE 9 /* mark and score */
#define RATE          7
#define WHY_LEAST     16

static struct source_columns source_columns(const struct canvas *c)
{
	unsigned all = canvas_columns(c);
	struct source_columns w = {.bar = all >= 64   ? 10
					  : all >= 36 ? 6
						      : 0,
		.pace = all >= 150   ? NOW_PACE
			: all >= 110 ? 30
			: all >= 64  ? 10
				     : 0};
	unsigned used = SOURCE_BEFORE + RATE + w.bar + (w.bar > 0) + w.pace + (w.pace > 0);
	unsigned left = all > used ? all - used : 0;

	w.source = left >= 70 ? 34 : left >= WHY_LEAST + 24 ? left - WHY_LEAST : left;
	w.why = left - w.source;
	return w;
}

/* A row of signs, none of them foreign. */
struct signs {
	char text[NOW_PACE * sizeof("\u2588")];
	size_t len;
};

static void add_sign(struct signs *to, const char *sign)
{
	size_t len = strlen(sign);

	if (to->len + len >= sizeof(to->text))
		return;
	memcpy(to->text + to->len, sign, len);
	to->len += len;
}

static void put_signs(struct canvas *c, enum canvas_style style, const struct signs *signs)
{
	if (signs->len == 0)
		return;
	canvas_text(c, style, (struct slice){signs->text, signs->len});
	cell(c, style, "", 1);
}

/* Full: as much as suffices. */
static void draw_bar(struct canvas *c, const struct top_state *s, enum canvas_style style,
	const struct now_source *one, unsigned columns)
{
	double share = one->threshold > 0 ? one->score / one->threshold : 0;
	unsigned full = share >= 1 ? columns : share > 0 ? (unsigned)(share * (double)columns) : 0;
	struct signs bar = {.len = 0};

	for (unsigned i = 0; i < columns; i++)
		if (i < full)
			add_sign(&bar, s->unicode ? "\u2588" : "#");
		else
			add_sign(&bar, s->unicode ? "\u2591" : ".");
	put_signs(c, style, &bar);
}

/* Each step is twice the one before. */
static const char *pace_sign(const struct top_state *s, uint16_t count)
{
	static const char *const blocks[] = {"\u00b7", "\u2581", "\u2582", "\u2583", "\u2584",
		"\u2585", "\u2586", "\u2587", "\u2588"};
	static const char *const digits[] = {".", "1", "2", "3", "4", "5", "6", "7", "8"};
	unsigned step = 0;

	if (count == PACE_UNKNOWN)
		return "?";
	for (; count > 0 && step < 8; count = (uint16_t)(count >> 1))
		step++;
	return s->unicode ? blocks[step] : digits[step];
}

static void draw_pace(struct canvas *c, const struct top_state *s, enum canvas_style style,
	const struct now_source *one, unsigned columns)
{
	struct signs pace = {.len = 0};

	for (unsigned i = NOW_PACE - columns; i < NOW_PACE; i++)
		add_sign(&pace, pace_sign(s, one->pace[i]));
	put_signs(c, style, &pace);
}

static enum canvas_style source_style(const struct now_source *one)
{
	return one->verdict == VERDICT_CONTAIN   ? CANVAS_ALARM
	       : one->verdict == VERDICT_SUSPECT ? CANVAS_WARNING
						 : CANVAS_PLAIN;
}

static const char *source_sign(const struct now_source *one)
{
	return one->verdict == VERDICT_CONTAIN ? "!" : one->verdict == VERDICT_SUSPECT ? "*" : " ";
}

static void draw_source(
	struct canvas *c, const struct top_state *s, const struct now_source *one, bool is_chosen)
{
	struct row_style style = style_of(is_chosen, source_style(one));
	struct source_columns w = source_columns(c);
	char score[32], rate[UNITS_TEXT];

	mark(c, &style, source_sign(one));
	(void)snprintf(score, sizeof(score), "%.1f", one->score);
	number_cell(c, style.main, score, SOURCE_BEFORE - 3);
	draw_bar(c, s, style.main, one, w.bar);
	number_cell(c, style.all, count_or_unknown(rate_of(one), rate), RATE);
	draw_pace(c, s, style.all, one, w.pace);
	source_cell(c, style.main, &one->source, w.why > 0 ? w.source - 1 : w.source);
	if (w.why == 0)
		return;
	cell(c, style.all, "", 1);
	canvas_printable(c, style.all, one->why, w.why);
}

static void draw_source_titles(struct canvas *c)
{
	struct source_columns w = source_columns(c);
	char minutes[UNITS_TEXT];

	(void)snprintf(minutes, sizeof(minutes), "%u MINUTES", w.pace);
	cell(c, CANVAS_DIM, "", 3);
	number_cell(c, CANVAS_DIM, "BITS", SOURCE_BEFORE - 3);
	cell(c, CANVAS_DIM, w.bar >= 10 ? "SUFFICE" : "", w.bar > 0 ? w.bar + 1 : 0);
	number_cell(c, CANVAS_DIM, "RCPT/M", RATE);
	cell(c, CANVAS_DIM, minutes, w.pace > 0 ? w.pace + 1 : 0);
	cell(c, CANVAS_DIM, "SOURCE", w.source);
	cell(c, CANVAS_DIM, "WHY", w.why);
}

/* ---- the two lists ---- */

static void draw_incidents_title(struct canvas *c, const struct now *n, const struct top_rows *rows,
	const struct top_choice *choice)
{
	size_t open = 0;

	for (size_t i = 0; i < n->incidents.count; i++)
		open += incident_is_open(n->incidents.at[i].state);
	canvas_text(c, CANVAS_BOLD, slice_of("INCIDENTS"));
	if (!n->knows_incidents)
		canvas_text(c, CANVAS_ALARM, slice_of("  ? not known"));
	else if (n->incidents.count == 0)
		canvas_text(c, CANVAS_PLAIN, slice_of("  none"));
	else
		canvas_say(
			c, CANVAS_PLAIN, "  %zu open, %zu over", open, n->incidents.count - open);
	if (n->incidents.left_out > 0)
		canvas_say(c, CANVAS_PLAIN, ", %" PRIu64 " left out", n->incidents.left_out);
	if (choice->filter[0] != '\0')
		canvas_say(c, CANVAS_WARNING, "  %zu with \"%s\"", rows->incident_count,
			choice->filter);
}

static void draw_sources_title(struct canvas *c, const struct now *n, const struct top_rows *rows,
	const struct top_choice *choice)
{
	char active[UNITS_TEXT];

	canvas_text(c, CANVAS_BOLD, slice_of("SOURCES"));
	canvas_say(c, CANVAS_PLAIN, "  by %s",
		choice->order == TOP_BY_HOUR ? "recipients of the last hour" : "suspicion");
	if (!n->knows_sources)
		canvas_text(c, CANVAS_ALARM, slice_of("  ? not known"));
	else
		canvas_say(c, CANVAS_PLAIN, ", %zu of %s active", n->source_count,
			count_or_unknown(n->sources_active, active));
	if (choice->filter[0] != '\0')
		canvas_say(
			c, CANVAS_WARNING, "  %zu with \"%s\"", rows->source_count, choice->filter);
}

/* A title, the names of columns where there is room, and rows of the list. */
struct part {
	unsigned row, rows; /* 0: not even the title */
};

static void draw_incidents(struct canvas *c, const struct top_state *s,
	const struct top_choice *choice, const struct top_rows *rows, struct part part)
{
	unsigned head = part.rows > 3 && rows->incident_count > 0 ? 2 : 1;

	if (part.rows == 0)
		return;
	canvas_go(c, part.row, 0);
	draw_incidents_title(c, s->now, rows, choice);
	if (head == 2) {
		canvas_go(c, part.row + 1, 0);
		draw_incident_titles(c);
	}
	unsigned room = part.rows - head;
	size_t from =
		page_begin(rows->list == TOP_INCIDENTS, rows->incident, rows->incident_count, room);
	for (unsigned i = 0; i < room && from + i < rows->incident_count; i++) {
		bool is_chosen =
			!s->plain && rows->list == TOP_INCIDENTS && from + i == rows->incident;

		canvas_go(c, part.row + head + i, 0);
		draw_incident(c, s, rows->incidents[from + i], is_chosen);
	}
}

static void draw_sources(struct canvas *c, const struct top_state *s,
	const struct top_choice *choice, const struct top_rows *rows, struct part part)
{
	unsigned head = part.rows > 3 && rows->source_count > 0 ? 2 : 1;

	if (part.rows == 0)
		return;
	canvas_go(c, part.row, 0);
	draw_sources_title(c, s->now, rows, choice);
	if (head == 2) {
		canvas_go(c, part.row + 1, 0);
		draw_source_titles(c);
	}
	unsigned room = part.rows - head;
	size_t from = page_begin(rows->list == TOP_SOURCES, rows->source, rows->source_count, room);
	for (unsigned i = 0; i < room && from + i < rows->source_count; i++) {
		bool is_chosen = !s->plain && rows->list == TOP_SOURCES && from + i == rows->source;

		canvas_go(c, part.row + head + i, 0);
		draw_source(c, s, rows->sources[from + i], is_chosen);
	}
}

/* The incidents get what they need; of too little room, the list that keys move in has most. */
static unsigned rows_for_incidents(const struct top_rows *rows, unsigned room)
{
	unsigned wanted = 1 + (unsigned)rows->incident_count + (rows->incident_count > 0);
	unsigned others = 1 + (unsigned)rows->source_count + (rows->source_count > 0);
	unsigned most = rows->list == TOP_INCIDENTS ? room * 2 / 3 : at_least(room / 3, 1);

	if (wanted + others <= room)
		return wanted;
	if (others < room - most)
		most = room - others;
	return wanted < most ? wanted : most;
}

/* ---- the foot ---- */

static void draw_chosen_incident(struct canvas *c, const struct standing_incident *one)
{
	char opened[UNITS_TEXT], contained[UNITS_TEXT], held[UNITS_TEXT];

	canvas_say(c, CANVAS_PLAIN, "%" PRId64 ": opened %s", one->number,
		units_time_text(one->opened, opened));
	if (one->contained > 0)
		canvas_say(c, CANVAS_PLAIN, ", contained %s",
			units_time_text(one->contained, contained) + 11);
	canvas_say(c, CANVAS_PLAIN, ", %s held", units_count_text(one->held, held));
	if (one->failed > 0)
		canvas_say(c, CANVAS_ALARM, ", %" PRIu64 " %s failed", one->failed,
			evidence_plural(one->failed, "action has", "actions have"));
	else if (one->state == INCIDENT_WAITING)
		canvas_text(c, CANVAS_ALARM, slice_of(": c contains, d dismisses it"));
}

static void draw_chosen_source(struct canvas *c, const struct now_source *one)
{
	char messages[UNITS_TEXT], recipients[UNITS_TEXT], hour[UNITS_TEXT];

	if (one->why[0] != '\0') {
		canvas_printable(c, CANVAS_PLAIN, one->why, 0);
		return;
	}
	canvas_say(c, CANVAS_PLAIN,
		"nothing weighs against it: %s messages, %s recipients to strangers lately, %s in "
		"the last hour",
		units_count_text(one->messages, messages),
		units_count_text(one->recipients, recipients),
		units_count_text(of_hour(one), hour));
}

static void draw_detail(struct canvas *c, const struct top_choice *choice,
	const struct top_rows *rows, unsigned row)
{
	const struct standing_incident *incident = top_chosen_incident(rows);
	const struct now_source *source = top_chosen_source(rows);

	canvas_go(c, row, 0);
	if (choice->said[0] != '\0')
		canvas_printable(c, CANVAS_BOLD, choice->said, 0);
	else if (incident != NULL)
		draw_chosen_incident(c, incident);
	else if (source != NULL)
		draw_chosen_source(c, source);
}

static void draw_typing(struct canvas *c, const struct top_choice *choice)
{
	canvas_text(c, CANVAS_BOLD, slice_of("show only: "));
	canvas_text(c, CANVAS_PLAIN, slice_of(choice->filter));
	canvas_text(c, CANVAS_REVERSE, slice_of(" "));
}

static void draw_keys(struct canvas *c, const struct top_choice *choice, unsigned row)
{
	static const char *const keys[] = {"q quit", "? help", "e explain", "c contain",
		"r release", "d dismiss", "Tab list", "/ filter", "s/h order", "p pause"};

	canvas_go(c, row, 0);
	if (choice->is_typing) {
		draw_typing(c, choice);
		return;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!put_figure(c, CANVAS_DIM, keys[i]))
			return;
}

/* ---- all of it ---- */

unsigned top_rows_needed(const struct top_state *state)
{
	size_t rows =
		state->now != NULL ? state->now->incidents.count + state->now->source_count : 0;

	/* titles, and the head, which has a fifth */
	return (unsigned)(rows > CANVAS_ROWS_MAX / 2 ? CANVAS_ROWS_MAX : (rows + 16) * 5 / 4 + 8);
}

static void draw_lists(struct canvas *c, const struct top_state *s, const struct top_choice *choice,
	const struct top_rows *rows, struct part room)
{
	unsigned first = rows_for_incidents(rows, room.rows);
	unsigned gap = room.rows >= 12 && first + 4 < room.rows;

	draw_incidents(c, s, choice, rows, (struct part){room.row, first});
	draw_sources(
		c, s, choice, rows, (struct part){room.row + first + gap, room.rows - first - gap});
}

struct canvas *top_draw(const struct top_state *state, const struct top_choice *choice)
{
	struct canvas *c = canvas_new(state->columns, state->rows);
	struct top_rows rows;
	unsigned all = canvas_rows(c), begin = draw_head(c, state, choice);
	unsigned foot = state->plain || all < 4 ? 0 : all < 8 ? 1 : 2;

	top_arrange(state->now, choice, &rows);
	if (foot > 0)
		draw_keys(c, choice, all - 1);
	if (foot > 1)
		draw_detail(c, choice, &rows, all - 2);
	begin += all >= 20;
	if (state->now != NULL && begin + foot < all)
		draw_lists(c, state, choice, &rows, (struct part){begin, all - begin - foot});
	return c;
}
