/* report_plot.c - bars and lines, as SVG and in plain characters. */
#include "base/markup.h"
#include "reports/report_page.h"

#include "base/printable.h"

#include <math.h>
#include <string.h>

#define WIDE   720.0
#define HIGH   190.0
#define LEFT   52.0
#define RIGHT  12.0
#define TOP    12.0
#define BOTTOM 30.0

#define LABELS_MOST 8   /* below the bars of an SVG */
#define BAR_GAP     0.2 /* share of a bar's place */
#define BAR_MOST    64.0

#define TEXT_HIGH  6  /* rows of a line in plain characters */
#define TEXT_LEFT  10 /* columns beside it */
#define TEXT_LEAST 10
#define TEXT_LABEL 18
#define TEXT_BAR   44

#define COLOR_BAR   "#1f6f9f"
#define COLOR_LIMIT "#b3541e"
#define COLOR_GRID  "#dde3e9"
#define COLOR_TEXT  "#45586a"

/* Where the points lie. */
struct range {
	int64_t from, to; /* of `at` */
	double most;      /* of the values and the limit; more than 0 */
};

static double bounded(double value)
{
	return value > 0 ? fmin(value, 1e15) : 0; /* what is no number is not more than 0 */
}

static struct range range_of(const struct report_plot *p)
{
	struct range r = {.most = bounded(p->limit)};

	for (size_t i = 0; i < p->count; i++) {
		int64_t at = p->points[i].at;

		r.from = i == 0 || at < r.from ? at : r.from;
		r.to = i == 0 || at > r.to ? at : r.to;
		r.most = fmax(r.most, bounded(p->points[i].value));
	}
	if (r.most <= 0)
		r.most = 1;
	return r;
}

/* Where the axis ends: not below the highest, and with a half that is a whole number, too. */
static double rounded(double most)
{
	static const double steps[] = {1, 2, 4, 6, 8};
	double power = pow(10, floor(log10(most)));

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (most <= steps[i] * power)
			return steps[i] * power;
	return 10 * power;
}

static double share_of(const struct range *r, int64_t at)
{
	double whole = (double)r->to - (double)r->from; /* as integers it may not fit */

	return whole > 0 ? ((double)at - (double)r->from) / whole : 0.5;
}

/* ---- SVG ---- */

static double y_of(const struct range *r, double value)
{
	return HIGH - BOTTOM - bounded(value) / r->most * (HIGH - TOP - BOTTOM);
}

static double x_of(const struct range *r, int64_t at)
{
	return LEFT + share_of(r, at) * (WIDE - LEFT - RIGHT);
}

static void label(FILE *out, double x, double y, const char *anchor, const char *text)
{
	(void)fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	markup_write(out, slice_of(text));
	(void)fputs("</text>\n", out);
}

static void grid(FILE *out, const struct range *r)
{
	char text[32];

	for (int i = 0; i <= 2; i++) {
		double value = r->most * i / 2, y = y_of(r, value);

		/* between two numbers of messages there is none */
		if (i == 1 && r->most < 2)
			continue;
		(void)fprintf(out,
			"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"" COLOR_GRID
			"\" />\n",
			LEFT, y, WIDE - RIGHT, y);
		(void)snprintf(text, sizeof(text), "%.6g", value);
		label(out, LEFT - 6, y + 4, "end", text);
	}
}

static void bars(FILE *out, const struct report_plot *p, const struct range *r)
{
	double place = (WIDE - LEFT - RIGHT) / (double)p->count;
	double width = fmin(BAR_MOST, place * (1 - BAR_GAP));
	size_t every = (p->count + LABELS_MOST - 1) / LABELS_MOST;

	for (size_t i = 0; i < p->count; i++) {
		const struct report_point *point = &p->points[i];
		double middle = LEFT + place * ((double)i + 0.5), y = y_of(r, point->value);

		(void)fprintf(out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
			"fill=\"" COLOR_BAR "\"><title>",
			middle - width / 2, y, width, HIGH - BOTTOM - y);
		markup_write(out, slice_of(point->label));
		(void)fprintf(out, ": %.6g</title></rect>\n", bounded(point->value));
		if (i % every == 0)
			label(out, middle, HIGH - BOTTOM + 16, "middle", point->label);
	}
}

static void line(FILE *out, const struct report_plot *p, const struct range *r)
{
	char at[REPORT_TIME_TEXT];

	(void)fputs("<polyline fill=\"none\" stroke=\"" COLOR_BAR "\" stroke-width=\"2\" points=\"",
		out);
	for (size_t i = 0; i < p->count; i++)
		(void)fprintf(out, "%s%.1f,%.1f", i > 0 ? " " : "", x_of(r, p->points[i].at),
			y_of(r, p->points[i].value));
	(void)fputs("\" />\n", out);
	for (size_t i = 0; i < p->count; i++)
		(void)fprintf(out,
			"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"" COLOR_BAR "\" />\n",
			x_of(r, p->points[i].at), y_of(r, p->points[i].value));
	label(out, LEFT, HIGH - BOTTOM + 16, "start", report_time_short(r->from, at));
	if (r->to > r->from)
		label(out, WIDE - RIGHT, HIGH - BOTTOM + 16, "end", report_time_short(r->to, at));
}

static void limit(FILE *out, const struct report_plot *p, const struct range *r)
{
	double y = y_of(r, p->limit);
	char text[32];

	(void)fprintf(out,
		"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"" COLOR_LIMIT
		"\" stroke-dasharray=\"6 4\" />\n<g fill=\"" COLOR_LIMIT "\">",
		LEFT, y, WIDE - RIGHT, y);
	(void)snprintf(text, sizeof(text), "%.1f suffice", bounded(p->limit));
	label(out, LEFT + 6, y - 5, "start", text);
	(void)fputs("</g>\n", out);
}

/* Points of an incident come by their time as they were noted, which need not be in order. */
static void in_order(const struct report_plot *from, struct report_plot *to)
{
	*to = *from;
	if (to->count > REPORT_POINTS_MAX)
		to->count = REPORT_POINTS_MAX;
	for (size_t i = 1; i < to->count && to->kind == REPORT_LINE; i++)
		for (size_t k = i; k > 0 && to->points[k - 1].at > to->points[k].at; k--) {
			struct report_point other = to->points[k];

			to->points[k] = to->points[k - 1];
			to->points[k - 1] = other;
		}
}

void report_plot_svg(FILE *out, const struct report_plot *plot)
{
	struct report_plot p;

	in_order(plot, &p);
	if (p.count == 0)
		return;
	struct range r = range_of(&p);
	r.most = rounded(r.most);
	(void)fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		"font-size=\"11\" fill=\"" COLOR_TEXT "\">\n",
		WIDE, HIGH);
	grid(out, &r);
	if (p.kind == REPORT_BARS)
		bars(out, &p, &r);
	else
		line(out, &p, &r);
	if (p.limit > 0)
		limit(out, &p, &r);
	(void)fputs("</svg>\n", out);
}

/* ---- plain characters ---- */

static void text_bars(FILE *out, const struct report_plot *p, const struct range *r)
{
	for (size_t i = 0; i < p->count; i++) {
		double value = bounded(p->points[i].value);
		size_t full = (size_t)ceil(value / r->most * TEXT_BAR);
		size_t width = printable_width(slice_of(p->points[i].label));

		(void)fputs("  ", out);
		printable_write(out, slice_of(p->points[i].label));
		for (; width < TEXT_LABEL; width++)
			(void)fputc(' ', out);
		for (size_t k = 0; k < full; k++)
			(void)fputc('#', out);
		(void)fprintf(out, "%s%.6g\n", full > 0 ? " " : "", value);
	}
}

/* The highest of each column; -1 where nothing was noted before. */
static void fill(const struct report_plot *p, const struct range *r, double *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		columns[i] = -1;
	for (size_t i = 0; i < p->count; i++) {
		size_t at = (size_t)(share_of(r, p->points[i].at) * (double)(count - 1));

		columns[at] = fmax(columns[at], bounded(p->points[i].value));
	}
	for (size_t i = 1; i < count; i++)
		columns[i] = columns[i] < 0 ? columns[i - 1] : columns[i];
}

static void text_line(FILE *out, const struct report_plot *p, const struct range *r, size_t columns)
{
	double values[REPORT_POINTS_MAX];
	size_t count = columns > TEXT_LEFT + TEXT_LEAST ? columns - TEXT_LEFT : TEXT_LEAST;
	char from[REPORT_TIME_TEXT], to[REPORT_TIME_TEXT];

	count = count < REPORT_POINTS_MAX ? count : REPORT_POINTS_MAX;
	fill(p, r, values, count);
	for (int row = TEXT_HIGH; row > 0; row--) {
		double low = r->most * (row - 1) / TEXT_HIGH, high = r->most * row / TEXT_HIGH;
		bool has_limit = p->limit > low && p->limit <= high;
		char cells[REPORT_POINTS_MAX + 1] = "";
		size_t end = 0;

		for (size_t i = 0; i < count; i++) {
			bool is_full = values[i] > low;
			const char *with = is_full ? "#" : has_limit ? "-" : " ";

			cells[i] = with[0];
			end = is_full || has_limit ? i + 1 : end;
		}
		(void)fprintf(out, "%8.3g |%.*s\n", high, (int)end, cells);
	}
	(void)fprintf(out, "          %s to %s\n", report_time_short(r->from, from),
		report_time_short(r->to, to));
	if (p->limit > 0)
		(void)fprintf(out, "          ---- %.1f suffice\n", bounded(p->limit));
}

void report_plot_text(FILE *out, const struct report_plot *plot, size_t columns)
{
	struct report_plot p;

	in_order(plot, &p);
	if (p.count == 0)
		return;
	struct range r = range_of(&p);
	if (p.kind == REPORT_BARS)
		text_bars(out, &p, &r);
	else
		text_line(out, &p, &r, columns);
}
