#include "reports/report_page.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCKS_STEP 64
#define CELLS_STEP  64

static char *copied(const char *text)
{
	return memory_copy(text, strlen(text));
}

static char *formatted(const char *format, va_list arguments)
{
	char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		abort();
	return text;
}

struct report_page *report_page_new(
	const char *title, const char *server, int64_t made, const char *language)
{
	struct report_page *p = memory_new(1, sizeof(*p));

	p->title = copied(title);
	p->server = copied(server);
	p->made = made;
	p->language = language;
	return p;
}

static void clear_block(struct report_block *b)
{
	for (size_t i = 0; i < b->cell_count; i++) {
		free(b->cells[i].text);
		free(b->cells[i].title);
	}
	free(b->cells);
	free(b->label);
	free(b->text);
	free(b->plot);
}

void report_page_free(struct report_page *page)
{
	if (page == NULL)
		return;
	for (size_t i = 0; i < page->count; i++)
		clear_block(&page->blocks[i]);
	free(page->blocks);
	free(page->title);
	free(page->server);
	free(page);
}

/* NULL when there are too many. */
static struct report_block *add(struct report_page *p, enum report_block_kind kind)
{
	if (p->count == REPORT_BLOCKS_MAX) {
		p->left_out++;
		return NULL;
	}
	if (p->count % BLOCKS_STEP == 0)
		p->blocks = memory_grow(p->blocks, p->count + BLOCKS_STEP, sizeof(*p->blocks));
	struct report_block *b = &p->blocks[p->count++];
	*b = (struct report_block){.kind = kind};
	return b;
}

static void add_text(struct report_page *p, enum report_block_kind kind, const char *label,
	const char *format, va_list arguments)
{
	struct report_block *b = add(p, kind);

	if (b == NULL)
		return;
	b->label = label != NULL ? copied(label) : NULL;
	b->text = formatted(format, arguments);
}

void report_section(struct report_page *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(p, REPORT_SECTION, NULL, format, arguments);
	va_end(arguments);
}

void report_sheet(struct report_page *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(p, REPORT_SHEET, NULL, format, arguments);
	va_end(arguments);
}

void report_say(struct report_page *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(p, REPORT_SENTENCE, NULL, format, arguments);
	va_end(arguments);
}

void report_warn(struct report_page *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(p, REPORT_WARNING, NULL, format, arguments);
	va_end(arguments);
}

void report_item(struct report_page *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(p, REPORT_ITEM, NULL, format, arguments);
	va_end(arguments);
}

void report_value(struct report_page *p, const char *label, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(p, REPORT_VALUE, label, format, arguments);
	va_end(arguments);
}

/* ---- tables ---- */

void report_table(struct report_page *p, const char *caption, const char *const *columns)
{
	struct report_block *b = add(p, REPORT_TABLE);

	if (b == NULL)
		return;
	b->label = copied(caption);
	for (; columns[b->columns] != NULL && b->columns < REPORT_COLUMNS_MAX; b->columns++) {
		struct report_column *c = &b->column[b->columns];
		const char *name = columns[b->columns];

		c->is_number = name[0] == '#';
		c->is_id = name[0] == '=';
		(void)snprintf(
			c->name, sizeof(c->name), "%s", name + (c->is_number || c->is_id ? 1 : 0));
	}
}

/* The table that was begun last takes it; text and title are owned. */
static void add_cell(struct report_page *p, char *text, char *title)
{
	struct report_block *b = p->count > 0 ? &p->blocks[p->count - 1] : NULL;

	bool is_open = p->left_out == 0 && b != NULL && b->kind == REPORT_TABLE && b->columns > 0;
	bool fits = is_open && b->cell_count < REPORT_ROWS_MAX * b->columns;

	if (is_open && !fits)
		b->left_out++;
	if (!fits) {
		free(text);
		free(title);
		return;
	}
	if (b->cell_count % CELLS_STEP == 0)
		b->cells = memory_grow(b->cells, b->cell_count + CELLS_STEP, sizeof(*b->cells));
	b->cells[b->cell_count++] = (struct report_cell){text, title};
}

void report_cell(struct report_page *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_cell(p, formatted(format, arguments), NULL);
	va_end(arguments);
}

void report_cell_time(struct report_page *p, int64_t at)
{
	char text[REPORT_TIME_TEXT], title[REPORT_TIME_TEXT];

	if (at == 0) {
		report_cell(p, "-");
		return;
	}
	add_cell(p, copied(units_time_text(at, text)), copied(report_time(at, title)));
}

void report_plot(struct report_page *p, const char *caption, const struct report_plot *plot)
{
	struct report_block *b = plot->count > 0 ? add(p, REPORT_PLOT) : NULL;

	if (b == NULL)
		return;
	b->label = copied(caption);
	b->plot = memory_new(1, sizeof(*b->plot));
	*b->plot = *plot;
	if (b->plot->count > REPORT_POINTS_MAX)
		b->plot->count = REPORT_POINTS_MAX;
}

/* ---- words ---- */

static bool time_written(int64_t at, bool is_local, const char *format, char *text, size_t size)
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if ((is_local ? localtime_r(&seconds, &tm) : gmtime_r(&seconds, &tm)) == NULL)
		return false;
	return strftime(text, size, format, &tm) > 0;
}

char *report_time_short(int64_t at, char text[REPORT_TIME_TEXT])
{
	if (at == 0 || !time_written(at, true, "%Y-%m-%d %H:%M:%S %Z", text, REPORT_TIME_TEXT))
		(void)snprintf(text, REPORT_TIME_TEXT, "unknown");
	return text;
}

char *report_zone(int64_t at, char text[REPORT_TIME_TEXT])
{
	char zone[16];

	if (!time_written(at, true, "%Z, UTC%z", text, REPORT_TIME_TEXT) ||
		!time_written(at, true, "%Z", zone, sizeof(zone)))
		(void)snprintf(text, REPORT_TIME_TEXT, "unknown");
	else if (strcmp(zone, "UTC") == 0)
		(void)snprintf(text, REPORT_TIME_TEXT, "UTC");
	return text;
}

char *report_time(int64_t at, char text[REPORT_TIME_TEXT])
{
	char local[32], utc[32], zone[16];

	if (at == 0 || !time_written(at, true, "%Y-%m-%d", local, sizeof(local)) ||
		!time_written(at, false, "%Y-%m-%d", utc, sizeof(utc)) ||
		!time_written(at, true, "%z", zone, sizeof(zone)))
		return report_time_short(0, text);
	(void)report_time_short(at, text);
	size_t len = strlen(text);
	if (strcmp(zone, "+0000") == 0)
		return text;
	const char *form = strcmp(local, utc) == 0 ? " (%H:%M:%S UTC)" : " (%Y-%m-%d %H:%M:%S UTC)";
	if (!time_written(at, false, form, text + len, REPORT_TIME_TEXT - len))
		text[len] = '\0';
	return text;
}

char *report_count(bool is_known, uint64_t count, char at[UNITS_TEXT])
{
	if (is_known)
		return units_count_text(count, at);
	(void)snprintf(at, UNITS_TEXT, "unknown");
	return at;
}
