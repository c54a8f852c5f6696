#include "reports/report_page.h"

#include "base/printable.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define AT INT64_C(1795436837) /* 2026-11-23 12:27:17 UTC */

typedef void write_page(FILE *out, const struct report_page *page);

/* Owned by the caller. */
static char *written(write_page *write, const struct report_page *page)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	write(out, page);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strlen(text), len);
	return text;
}

static char *drawn(const struct report_plot *plot, bool is_svg)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (is_svg)
		report_plot_svg(out, plot);
	else
		report_plot_text(out, plot, 78);
	assert_int_equal(fclose(out), 0);
	return text;
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	for (size_t at = 0; text[at] != '\0'; at++)
		n += strncmp(text + at, what, strlen(what)) == 0;
	return n;
}

/* No line is wider than 78 columns, and none ends with a blank. */
static void check_lines(const char *text)
{
	struct slice rest = slice_of(text), line;

	while (slice_take_line(&rest, &line)) {
		size_t width = 0;

		for (size_t i = 0; i < line.len; i++)
			width += ((unsigned char)line.at[i] & 0xC0) != 0x80 ? 1 : 0;
		if (width > 78)
			fail_msg("%zu columns: %.*s", width, (int)line.len, line.at);
		assert_true(line.len == 0 || line.at[line.len - 1] != ' ');
	}
	assert_int_equal(rest.len, 0);
}

/* It ends with a character that turns round what follows. */
static const char hostile[] = {'<', 's', 'c', 'r', 'i', 'p', 't', '>', 'a', 'l', 'e', 'r', 't', '(',
	'\'', 'x', '\'', ')', '<', '/', 's', 'c', 'r', 'i', 'p', 't', '>', '\x1b', '[', '2', 'J',
	'"', '&', '\xff', ']', ']', '>', '\xe2', '\x80', '\xae', '\0'};

static void fill_hostile(struct report_page *p)
{
	static const char *const columns[] = {"#<n>", "=<ids>", "when", "<what>", NULL};
	struct report_plot bars = {.kind = REPORT_BARS, .count = 1};

	report_section(p, "%s", hostile);
	report_sheet(p, "%s", hostile);
	report_say(p, "%s", hostile);
	report_warn(p, "%s", hostile);
	report_value(p, "<label>", "%s", hostile);
	report_item(p, "%s", hostile);
	report_table(p, hostile, columns);
	report_cell(p, "%s", hostile);
	report_cell(p, "%s %s", hostile, hostile);
	report_cell_time(p, AT);
	report_cell(p, "%s", hostile);
	(void)snprintf(bars.points[0].label, sizeof(bars.points[0].label), "%.23s", hostile);
	report_plot(p, hostile, &bars);
}

static void foreign_text_is_encoded_wherever_it_stands(void **state)
{
	AUTO(report_page) p = report_page_new(hostile, hostile, AT, "en\" onload=\"x");

	(void)state;
	fill_hostile(p);
	char *html = written(report_page_html, p), *text = written(report_page_text, p);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "\" onload=\""));
	assert_null(strstr(html, "]]>"));
	assert_null(strstr(html, "<n>"));
	assert_null(strstr(html, "<ids>"));
	assert_null(strstr(html, "<label>"));
	for (const char *at = html; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7f));
	for (const char *at = text; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7f));
	assert_true(times(html, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") >= 10);
	assert_true(times(text, "\\x1b[2J") >= 5);
	free(html);
	free(text);
}

/* Nothing is asked for outside of the file, and the browser is told that nothing may be. */
static void it_needs_nothing_else(void **state)
{
	static const char *const asking[] = {"src=", "href=", "url(", "@import", "<link", "<script",
		"<img", "<iframe", "<object", "<form", "javascript:", "https:"};
	AUTO(report_page) p = report_page_new("T", "mx", AT, "en");

	(void)state;
	fill_hostile(p);
	char *html = written(report_page_html, p);
	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
		if (strstr(html, asking[i]) != NULL)
			fail_msg("it has %s", asking[i]);
	assert_int_equal(times(html, "http:"), times(html, "xmlns=\"http://www.w3.org/2000/svg\""));
	assert_non_null(strstr(html, "default-src 'none'"));
	assert_non_null(strstr(html, "@media print"));
	free(html);
}

static void groups_are_closed(void **state)
{
	static const char *const columns[] = {"a", "b", NULL};
	AUTO(report_page) p = report_page_new("T", "mx", AT, "en");

	(void)state;
	report_value(p, "one", "1");
	report_value(p, "two", "2");
	report_item(p, "first");
	report_item(p, "second");
	report_say(p, "between");
	report_item(p, "again first");
	report_table(p, "empty", columns);
	report_table(p, "cut", columns);
	report_cell(p, "half a row");
	char *html = written(report_page_html, p), *text = written(report_page_text, p);
	assert_int_equal(times(html, "<ol>"), 2);
	assert_int_equal(times(html, "</ol>"), 2);
	assert_int_equal(times(html, "<table"), 2);
	assert_int_equal(times(html, "</table>"), 2);
	assert_int_equal(times(html, "<tr>"), times(html, "</tr>"));
	assert_null(strstr(html, "empty"));
	assert_non_null(strstr(text, "  1. first\n  2. second\n\nbetween\n\n  1. again first\n"));
	assert_non_null(
		strstr(text, "  one                     1\n  two                     2\n\n"));
	assert_null(strstr(text, "empty"));
	free(html);
	free(text);
}

static void long_text_is_wrapped(void **state)
{
	static const char *const columns[] = {"#n", "words", "one word", "words", NULL};
	AUTO(report_page) p = report_page_new("T", "mx", AT, "en");
	char word[201], words[400] = "";

	(void)state;
	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	for (int i = 0; i < 30; i++)
		strncat(words, "P\xc5\x99\xc3\xadli\xc5\xa1 ", sizeof(words) - strlen(words) - 1);
	report_section(p, "%s", word);
	report_say(p, "%s", words);
	report_warn(p, "%s%s", words, word);
	report_value(p, "a label that is much too long for its column", "%s", words);
	report_item(p, "%s", word);
	report_table(p, words, columns);
	for (int i = 0; i < 8; i++)
		report_cell(p, "%s", i % 4 == 0 ? "7" : i % 4 == 2 ? word : words);
	char *text = written(report_page_text, p);
	check_lines(text);
	/* a word is broken only where it must be */
	assert_null(strstr(text, "P\xc5\x99\xc3\xad\n"));
	assert_int_equal(times(text, "P\xc5\x99\xc3\xadli\xc5\xa1") >= 180, 1);
	assert_int_equal(times(text, "w") >= 800, 1);
	free(text);
}

static void what_is_too_much_is_left_out_and_said(void **state)
{
	static const char *const columns[] = {"a", "b", NULL};
	AUTO(report_page) p = report_page_new("T", "mx", AT, "en");

	(void)state;
	report_table(p, "rows", columns);
	for (size_t i = 0; i < 2 * ((size_t)REPORT_ROWS_MAX + 7); i++)
		report_cell(p, "x");
	char *html = written(report_page_html, p), *text = written(report_page_text, p);
	assert_int_equal(times(html, "<tr>"), REPORT_ROWS_MAX + 1);
	assert_non_null(strstr(html, "and 7 more, left out"));
	assert_non_null(strstr(text, "and 7 more, left out"));
	free(html);
	free(text);
	for (size_t i = 1; i < REPORT_BLOCKS_MAX + 3; i++)
		report_say(p, "s");
	report_table(p, "not begun", columns);
	report_cell(p, "no table takes it");
	html = written(report_page_html, p);
	text = written(report_page_text, p);
	assert_non_null(strstr(html, "4 parts more, left out"));
	assert_non_null(strstr(text, "4 parts more, left out"));
	assert_null(strstr(text, "no table takes it"));
	free(html);
	free(text);
}

static void a_time_is_told_with_its_zone(void **state)
{
	static const struct {
		const char *zone;
		int64_t at;
		const char *want;
	} rows[] = {
		{"UTC", AT, "2026-11-23 12:27:17 UTC"},
		{"CET-1", AT, "2026-11-23 13:27:17 CET (12:27:17 UTC)"},
		{"CET-1", AT + 39600, "2026-11-24 00:27:17 CET (2026-11-23 23:27:17 UTC)"},
		{"<-03>3", AT, "2026-11-23 09:27:17 -03 (12:27:17 UTC)"},
		{"UTC", 0, "unknown"},
		{"UTC", INT64_MAX, "unknown"},
	};
	char at[REPORT_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(setenv("TZ", rows[i].zone, 1), 0);
		tzset();
		assert_string_equal(report_time(rows[i].at, at), rows[i].want);
	}
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
}

static void what_is_not_known_is_no_number(void **state)
{
	char at[UNITS_TEXT];

	(void)state;
	assert_string_equal(report_count(true, 4812, at), "4,812");
	assert_string_equal(report_count(true, 0, at), "0");
	assert_string_equal(report_count(false, 0, at), "unknown");
}

static void check_numbers(const char *svg)
{
	assert_null(strstr(svg, "nan"));
	assert_null(strstr(svg, "inf"));
	assert_null(strstr(svg, "\"-"));
	for (const char *at = svg; *at != '\0'; at++)
		if (*at >= '0' && *at <= '9')
			assert_true(strspn(at, "0123456789") < 20);
}

static void plots_are_within_their_bounds(void **state)
{
	static const double values[] = {0, 1, 21.5, -5, NAN, INFINITY, -INFINITY, 1e300, 1e-300};
	static const int64_t moments[] = {0, AT, INT64_MAX, INT64_MIN, AT, AT + 1, AT - 1, 1, 2};

	(void)state;
	for (unsigned kind = REPORT_BARS; kind <= REPORT_LINE; kind++) {
		struct report_plot plot = {.kind = (enum report_plot_kind)kind, .limit = INFINITY};

		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			plot.points[i].at = moments[i];
			plot.points[i].value = values[i];
			plot.count = i + 1;
			char *svg = drawn(&plot, true), *text = drawn(&plot, false);

			check_numbers(svg);
			check_lines(text);
			free(svg);
			free(text);
		}
	}
}

static void a_line_shows_when_it_was_enough(void **state)
{
	struct report_plot plot = {.kind = REPORT_LINE,
		.limit = 20,
		.count = 3,
		.points = {{.at = AT + 60, .value = 30}, {.at = AT, .value = 0},
			{.at = AT + 30, .value = 10}}};

	(void)state;
	char *svg = drawn(&plot, true), *text = drawn(&plot, false);
	/* by their time, from the left below to the right above */
	assert_non_null(strstr(svg, "points=\"52.0,160.0 380.0,123.0 708.0,49.0\""));
	assert_non_null(strstr(svg, "20.0 suffice"));
	assert_non_null(strstr(text, "      30 |"));
	assert_non_null(strstr(text, "---- 20.0 suffice"));
	assert_non_null(strstr(text, "2026-11-23 12:27:17 UTC to 2026-11-23 12:28:17 UTC"));
	free(svg);
	free(text);
	plot.count = 0;
	svg = drawn(&plot, true);
	assert_string_equal(svg, "");
	free(svg);
}

static void bars_are_as_long_as_their_values(void **state)
{
	const struct report_plot plot = {.kind = REPORT_BARS,
		.count = 3,
		.points = {{.value = 4, .label = "Monday"}, {.value = 0, .label = "Tuesday"},
			{.value = 2, .label = "Wednesday"}}};

	(void)state;
	char *svg = drawn(&plot, true), *text = drawn(&plot, false);
	assert_string_equal(text,
		"  Monday            ############################################ 4\n"
		"  Tuesday           0\n"
		"  Wednesday         ###################### 2\n");
	assert_non_null(strstr(svg, "height=\"148.0\""));
	assert_non_null(strstr(svg, "height=\"74.0\""));
	assert_non_null(strstr(svg, "<title>Wednesday: 2</title>"));
	free(svg);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_told_with_its_zone),
		cmocka_unit_test(foreign_text_is_encoded_wherever_it_stands),
		cmocka_unit_test(it_needs_nothing_else),
		cmocka_unit_test(groups_are_closed),
		cmocka_unit_test(long_text_is_wrapped),
		cmocka_unit_test(what_is_too_much_is_left_out_and_said),
		cmocka_unit_test(what_is_not_known_is_no_number),
		cmocka_unit_test(plots_are_within_their_bounds),
		cmocka_unit_test(a_line_shows_when_it_was_enough),
		cmocka_unit_test(bars_are_as_long_as_their_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
