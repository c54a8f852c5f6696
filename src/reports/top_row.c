#include "reports/top_row.h"

#include <inttypes.h>
#include <stdio.h>

const char *top_count_text(int64_t n, char at[UNITS_TEXT])
{
	return n >= 0 ? units_count_text((uint64_t)n, at) : "?";
}

/* Of the last minute or of the one that runs, whichever is more: that one has only begun. */
static int64_t rate_of(const struct now_source *s)
{
	uint16_t last = s->pace[NOW_PACE - 2], running = s->pace[NOW_PACE - 1];

	if (last == PACE_UNKNOWN || running == PACE_UNKNOWN)
		return NOW_UNKNOWN;
	return last > running ? last : running;
}

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

void top_draw_incident(struct canvas *c, const struct top_state *s,
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

void top_draw_incident_titles(struct canvas *c)
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

void top_draw_source(
	struct canvas *c, const struct top_state *s, const struct now_source *one, bool is_chosen)
{
	struct row_style style = style_of(is_chosen, source_style(one));
	struct source_columns w = source_columns(c);
	char score[32], rate[UNITS_TEXT];

	mark(c, &style, source_sign(one));
	(void)snprintf(score, sizeof(score), "%.1f", one->score);
	number_cell(c, style.main, score, SOURCE_BEFORE - 3);
	draw_bar(c, s, style.main, one, w.bar);
	number_cell(c, style.all, top_count_text(rate_of(one), rate), RATE);
	draw_pace(c, s, style.all, one, w.pace);
	source_cell(c, style.main, &one->source, w.why > 0 ? w.source - 1 : w.source);
	if (w.why == 0)
		return;
	cell(c, style.all, "", 1);
	canvas_printable(c, style.all, one->why, w.why);
}

void top_draw_source_titles(struct canvas *c)
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
