#include "reports/top.h"

#include "base/printable.h"
#include "base/units.h"
#include "detectors/evidence.h"
#include "reports/top_row.h"
#include "reports/top_troubles.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- the head ---- */

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

	(void)snprintf(figures[count++], FIGURE_TEXT, "queue %s", top_count_text(n->queue, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "held %s", top_count_text(n->held, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "%s/min",
		top_count_text(has_minute ? n->minute.accepted : NOW_UNKNOWN, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "lag %s",
		n->lag_seconds < 0    ? "?"
		: n->lag_seconds == 0 ? "0"
				      : units_age_text(n->lag_seconds, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "mode %s", n->mode);
	(void)snprintf(figures[count++], FIGURE_TEXT, "%s failed/min",
		top_count_text(has_minute ? n->minute.failed : NOW_UNKNOWN, a));
	(void)snprintf(figures[count++], FIGURE_TEXT, "%s of %s sources active",
		top_count_text(n->sources_active, a), top_count_text(n->sources_known, b));
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
	const struct top_choice *choice, const struct top_troubles *t, size_t left_out)
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
	struct top_troubles t;
	unsigned row = 1;

	top_troubles_find(s, &t);
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

/* ---- the two lists ---- */

/* Where the page of a list begins that has the chosen row in it; of the other list the first rows
 * are seen. */
static size_t page_begin(bool has_keys, size_t chosen, size_t count, unsigned rows)
{
	if (!has_keys)
		return 0;
	size_t from = chosen >= rows ? chosen - rows + 1 : 0;

	return count > rows && from + rows > count ? count - rows : from;
}

static unsigned at_least(unsigned n, unsigned least)
{
	return n > least ? n : least;
}

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
			top_count_text(n->sources_active, active));
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
		top_draw_incident_titles(c);
	}
	unsigned room = part.rows - head;
	size_t from =
		page_begin(rows->list == TOP_INCIDENTS, rows->incident, rows->incident_count, room);
	for (unsigned i = 0; i < room && from + i < rows->incident_count; i++) {
		bool is_chosen =
			!s->plain && rows->list == TOP_INCIDENTS && from + i == rows->incident;

		canvas_go(c, part.row + head + i, 0);
		top_draw_incident(c, s, rows->incidents[from + i], is_chosen);
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
		top_draw_source_titles(c);
	}
	unsigned room = part.rows - head;
	size_t from = page_begin(rows->list == TOP_SOURCES, rows->source, rows->source_count, room);
	for (unsigned i = 0; i < room && from + i < rows->source_count; i++) {
		bool is_chosen = !s->plain && rows->list == TOP_SOURCES && from + i == rows->source;

		canvas_go(c, part.row + head + i, 0);
		top_draw_source(c, s, rows->sources[from + i], is_chosen);
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
		units_count_text(top_of_hour(one), hour));
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
