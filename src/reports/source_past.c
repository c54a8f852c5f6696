#include "reports/source_past.h"

#include "base/json_text.h"
#include "base/units.h"
#include "incidents/ledger_store.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#define DAY_S  86400
#define WEEKS  4
#define SHOWN  28 /* days of them */
#define LEVELS 8

int source_past_read(const char *state, const struct source *source, int64_t now,
	struct source_past *ret, struct problem *problem)
{
	char folder[PATH_MAX];
	int64_t from = now / DAY_S - DAY_STORE_DAYS;
	struct problem ignored = {0};

	*ret = (struct source_past){0};
	int n = snprintf(folder, sizeof(folder), "%s/" LEDGER_STORE_FOLDER, state);
	if (n >= (int)sizeof(folder))
		return problem_set(problem, -ENAMETOOLONG, "the path of %s is too long", state);
	int err = day_store_read(folder, source, from > 0 ? (uint16_t)from : 0, ret->days,
		sizeof(ret->days) / sizeof(ret->days[0]), &ret->count, &ignored);
	if (err < 0 && err != -ENOENT)
		return problem_set(problem, err, "%s", ignored.text);
	ret->is_known = true;
	return 0;
}

/* "2026-11-01". */
static char *day_text(uint16_t day, char at[UNITS_TEXT])
{
	(void)units_time_json((int64_t)day * DAY_S, at);
	at[10] = '\0';
	return at;
}

json_t *source_past_json(const struct source_past *past)
{
	json_t *rows;

	if (!past->is_known)
		return NULL;
	rows = json_array();
	for (size_t i = 0; i < past->count; i++) {
		const struct source_day *d = &past->days[i];
		char day[UNITS_TEXT];
		json_t *o = json_object();

		json_put(o, "day", json_string(day_text(d->day, day)));
		json_put(o, "messages", json_integer(d->messages));
		json_put(o, "recipients", json_integer(d->recipients));
		json_put(o, "failed", json_integer(d->failed));
		json_put(o, "complaints", json_integer(d->complaints));
		(void)json_array_append_new(rows, o);
	}
	return rows;
}

/* ---- for people ---- */

/* What the last weeks come to. */
struct weeks {
	uint32_t columns[SHOWN]; /* recipients, the last is of today */
	uint16_t most_day;
	uint32_t most;
	uint64_t failed, complaints;
	unsigned days;
};

static struct weeks last_weeks(const struct source_past *past, int64_t now)
{
	struct weeks w = {0};
	int64_t today = now / DAY_S;

	for (size_t i = 0; i < past->count; i++) {
		const struct source_day *d = &past->days[i];
		int64_t back = today - d->day;

		if (back < 0 || back >= SHOWN)
			continue;
		w.columns[SHOWN - 1 - back] = d->recipients;
		w.failed += d->failed;
		w.complaints += d->complaints;
		w.days++;
		if (d->recipients > w.most) {
			w.most = d->recipients;
			w.most_day = d->day;
		}
	}
	return w;
}

static void print_column(FILE *out, uint32_t count, uint32_t most, bool unicode)
{
	static const char plain[LEVELS + 1] = " ..::=*##";
	unsigned level = (unsigned)(((uint64_t)count * LEVELS + most - 1) / most);

	if (!unicode)
		(void)fputc(plain[level], out);
	else if (level == 0)
		(void)fputc(' ', out);
	else /* U+2581 to U+2588: a block of that many eighths */
		(void)fprintf(out, "\xe2\x96%c", (int)(0x80 + level));
}

void source_past_print(
	const struct terminal *t, const struct source_past *past, int64_t now, bool unicode)
{
	const struct weeks w = last_weeks(past, now);
	char count[UNITS_TEXT], day[UNITS_TEXT];

	if (w.days < 2 || w.most == 0)
		return;
	(void)fprintf(t->out, "  recipients a day in %d weeks: |", WEEKS);
	for (size_t i = 0; i < SHOWN; i++)
		print_column(t->out, w.columns[i], w.most, unicode);
	(void)fprintf(t->out, "| at most %s, on %s\n", units_count_text(w.most, count),
		day_text(w.most_day, day));
	if (w.failed > 0)
		(void)fprintf(t->out, "  %s of their deliveries failed\n",
			units_count_text(w.failed, count));
	if (w.complaints > 0)
		(void)fprintf(t->out, "  complaints: %s\n", units_count_text(w.complaints, count));
}
