/* report_html.c - a report as one HTML file, written so that an XML parser reads it, too: nothing
 * is asked for outside of it, and no script runs in it, which it also tells the browser. */
#include "base/markup.h"
#include "reports/report_page.h"

#include <string.h>

#define WORD_MOST 24 /* bytes */

static const char style[] =
	"body{margin:0;background:#eef1f4;color:#1c2733;"
	"font:15px/1.5 system-ui,\"Segoe UI\",\"DejaVu Sans\",Helvetica,Arial,sans-serif}\n"
	"main{max-width:52rem;margin:1.5rem auto;padding:2rem 2.5rem 1.5rem;background:#fff;"
	"border:1px solid #d5dbe2;border-radius:6px}\n"
	"h1{margin:0 0 1rem;font-size:1.6rem;line-height:1.25;border-bottom:3px solid #1f5f8b;"
	"padding-bottom:.6rem;overflow-wrap:anywhere}\n"
	"h2,h3{margin:1.8rem 0 .6rem;font-size:1.15rem;color:#17496b;overflow-wrap:anywhere}\n"
	"p{margin:.5rem 0;overflow-wrap:anywhere}\n"
	".warning{border-left:4px solid #b3541e;background:#fdf3ec;padding:.5rem .8rem}\n"
	"table{border-collapse:collapse;width:100%;margin:.6rem 0 1.2rem;font-size:.9rem}\n"
	"caption{text-align:left;font-weight:600;padding:.3rem 0}\n"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;"
	"border-bottom:1px solid #dde3e9}\n"
	"thead th{border-bottom:2px solid #9fb0bf;color:#45586a;font-weight:600}\n"
	".long,.values td{overflow-wrap:anywhere}\n"
	".id{font-family:ui-monospace,\"DejaVu Sans "
	"Mono\",monospace;font-size:.95em;white-space:nowrap}\n"
	"tr>:last-child{padding-right:0}\n"
	".number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	".values th{width:13rem;font-weight:400;color:#45586a}\n"
	"pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9rem}\n"
	"time{font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	"li{margin:.3rem 0;overflow-wrap:anywhere}\n"
	"figure{margin:.8rem 0 1.4rem}\n"
	"figcaption{font-weight:600;font-size:.9rem;padding-bottom:.3rem}\n"
	"svg{display:block;width:100%;height:auto}\n"
	"footer{margin-top:2rem;padding-top:.6rem;border-top:1px solid #d5dbe2;font-size:.8rem;"
	"color:#5a6b7b;overflow-wrap:anywhere}\n"
	"@media screen and (max-width:45rem){main{margin:0;padding:1rem;border:0;overflow-x:auto}"
	".values th{width:8rem}}\n"
	"@page{size:A4;margin:18mm 16mm}\n"
	"@media print{body{background:#fff;font-size:9.5pt;line-height:1.4}main{max-width:none;"
	"margin:0;padding:0;border:0}h1{font-size:1.5rem}h2{margin-top:1.2rem}"
	"th,td{padding-top:.15rem;padding-bottom:.15rem}"
	"h2,h3,caption,figcaption,thead{break-after:avoid}"
	"tr,figure,li,.warning,.values{break-inside:avoid}thead{display:table-header-group}"
	"tbody tr:first-child{break-before:avoid}.sheet{break-before:page}"
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n";

static void text_of(FILE *out, const char *text)
{
	markup_write(out, slice_of(text));
}

void report_html_begin(FILE *out, const char *title, const char *language)
{
	(void)fputs("<!DOCTYPE html>\n<html lang=\"", out);
	text_of(out, language);
	(void)fputs("\">\n<head>\n<meta charset=\"utf-8\" />\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'\" />\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
		    "<meta name=\"referrer\" content=\"no-referrer\" />\n<title>",
		out);
	text_of(out, title);
	/* CSS has '>' but no '<' and no '&': it is the same to HTML and to XML */
	(void)fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
	text_of(out, title);
	(void)fputs("</h1>\n", out);
}

void report_html_end(FILE *out)
{
	(void)fputs("</main>\n</body>\n</html>\n", out);
}

static void element(FILE *out, const char *begin, const char *text, const char *end)
{
	(void)fputs(begin, out);
	text_of(out, text);
	(void)fputs(end, out);
}

/* A word that would make its column too wide may be broken anywhere. */
static bool has_long_word(struct slice text)
{
	while (text.len > 0) {
		size_t n = slice_find(text, ' ');

		if (n > WORD_MOST)
			return true;
		text = slice_after(text, n + 1);
	}
	return false;
}

/* Each on a line of its own. */
static void write_ids(FILE *out, struct slice ids)
{
	while (ids.len > 0) {
		size_t n = slice_find(ids, ' ');

		markup_write(out, slice_first(ids, n));
		ids = slice_after(ids, n + 1);
		(void)fputs(ids.len > 0 ? "<br />" : "", out);
	}
}

static void write_cell(
	FILE *out, const struct report_cell *cell, const struct report_column *column)
{
	const char *begin = column->is_number                     ? "<td class=\"number\">"
			    : column->is_id                       ? "<td class=\"id\">"
			    : has_long_word(slice_of(cell->text)) ? "<td class=\"long\">"
								  : "<td>";

	(void)fputs(begin, out);
	if (cell->title != NULL)
		element(out, "<time title=\"", cell->title, "\">");
	if (column->is_id)
		write_ids(out, slice_of(cell->text));
	else
		text_of(out, cell->text);
	(void)fputs(cell->title != NULL ? "</time></td>" : "</td>", out);
}

static void write_table(FILE *out, const struct report_block *b)
{
	if (b->cell_count == 0 || b->columns == 0)
		return;
	element(out, "<table>\n<caption>", b->label, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < b->columns; i++)
		element(out, b->column[i].is_number ? "<th class=\"number\">" : "<th>",
			b->column[i].name, "</th>");
	(void)fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < b->cell_count; i++) {
		size_t column = i % b->columns;

		if (column == 0)
			(void)fputs("<tr>", out);
		write_cell(out, &b->cells[i], &b->column[column]);
		if (column + 1 == b->columns || i + 1 == b->cell_count)
			(void)fputs("</tr>\n", out);
	}
	(void)fputs("</tbody>\n</table>\n", out);
	if (b->left_out > 0)
		(void)fprintf(out, "<p>and %zu more, left out</p>\n", b->left_out / b->columns);
}

static void write_value(FILE *out, const struct report_block *b)
{
	element(out, "<tr><th scope=\"row\">", b->label, "</th><td>");
	element(out, "", b->text, "</td></tr>\n");
}

static void write_plot(FILE *out, const struct report_block *b)
{
	element(out, "<figure>\n<figcaption>", b->label, "</figcaption>\n");
	report_plot_svg(out, b->plot);
	(void)fputs("</figure>\n", out);
}

static void write_block(FILE *out, const struct report_block *b)
{
	switch (b->kind) {
	case REPORT_SECTION:
		element(out, "<h2>", b->text, "</h2>\n");
		break;
	case REPORT_SHEET:
		element(out, "<h2 class=\"sheet\">", b->text, "</h2>\n");
		break;
	case REPORT_SENTENCE:
		element(out, "<p>", b->text, "</p>\n");
		break;
	case REPORT_WARNING:
		element(out, "<p class=\"warning\">", b->text, "</p>\n");
		break;
	case REPORT_VALUE:
		write_value(out, b);
		break;
	case REPORT_ITEM:
		element(out, "<li>", b->text, "</li>\n");
		break;
	case REPORT_TABLE:
		write_table(out, b);
		break;
	case REPORT_PLOT:
		write_plot(out, b);
		break;
	}
}

/* What has to stand around values and around items. */
static const char *around(enum report_block_kind kind, bool is_begin)
{
	switch (kind) {
	case REPORT_VALUE:
		return is_begin ? "<table class=\"values\"><tbody>\n" : "</tbody></table>\n";
	case REPORT_ITEM:
		return is_begin ? "<ol>\n" : "</ol>\n";
	default:
		return "";
	}
}

void report_page_html(FILE *out, const struct report_page *page)
{
	char at[REPORT_TIME_TEXT];

	report_html_begin(out, page->title, page->language);
	for (size_t i = 0; i < page->count; i++) {
		enum report_block_kind kind = page->blocks[i].kind;

		if (i == 0 || page->blocks[i - 1].kind != kind)
			(void)fputs(around(kind, true), out);
		write_block(out, &page->blocks[i]);
		if (i + 1 == page->count || page->blocks[i + 1].kind != kind)
			(void)fputs(around(kind, false), out);
	}
	if (page->left_out > 0)
		(void)fprintf(
			out, "<p class=\"warning\">%zu parts more, left out</p>\n", page->left_out);
	element(out, "<footer>", page->server, "; made by stanch at ");
	element(out, "", report_time(page->made, at), ". Times in tables and plots are local (");
	element(out, "", report_zone(page->made, at), " when this was made).</footer>\n");
	report_html_end(out);
}
