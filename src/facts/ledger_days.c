#include "facts/ledger_parts.h"

#include "base/memory.h"

#include <stdlib.h>

/* A day that is over, or whose source is forgotten, and that nobody has saved. */
struct ended_day {
	enum source_kind kind;
	uint16_t name_len;
	struct source_day day;
	char *name;
};

void ledger_keep_ended(struct ledger *l, size_t most)
{
	l->ended_most = most;
}

void ledger_drop_ended(struct ledger *l, size_t count)
{
	size_t n = count < l->ended_count ? count : l->ended_count;

	for (size_t i = 0; i < n; i++)
		free(l->ended[i].name);
	if (n == 0)
		return;
	memmove(l->ended, l->ended + n, (l->ended_count - n) * sizeof(*l->ended));
	l->ended_count -= n;
}

void ledger_days_clear(struct ledger *l)
{
	ledger_drop_ended(l, l->ended_count);
	free(l->ended);
}

static void keep_ended(struct ledger *l, const struct ledger_source *s, const struct source_day *d)
{
	if (l->ended_most == 0 || d->day == 0)
		return;
	if (l->ended_count == l->ended_most) {
		l->ended_lost++;
		return;
	}
	if (l->ended_count == l->ended_room) {
		l->ended_room = l->ended_room > 0 ? l->ended_room * 2 : 64;
		l->ended = memory_grow(l->ended, l->ended_room, sizeof(*l->ended));
	}
	l->ended[l->ended_count++] =
		(struct ended_day){s->kind, s->name_len, *d, memory_copy(s->name, s->name_len)};
}

static bool is_saved(const struct ledger *l, const struct ledger_source *s)
{
	return s->days == NULL || s->days->changed <= l->days_saved;
}

void ledger_end_days(struct ledger *l, struct ledger_source *s)
{
	for (size_t i = 0; !is_saved(l, s) && i < 2; i++)
		keep_ended(l, s, &s->days->at[i]);
	free(s->days);
	s->days = NULL;
}

void ledger_count_day(struct ledger *l, struct ledger_source *s, int64_t at_us,
	enum source_count what, uint64_t n)
{
	struct source_day over;

	if (s->days == NULL)
		s->days = memory_new(1, sizeof(*s->days));
	bool saved = is_saved(l, s);
	if (!source_days_add(s->days, fact_day(at_us), what, n, &over))
		return;
	if (!saved)
		keep_ended(l, s, &over);
	s->days->changed = ++l->days_changed;
}

/* ---- for who saves them ---- */

size_t ledger_ended(const struct ledger *l)
{
	return l->ended_count;
}

uint64_t ledger_ended_lost(const struct ledger *l)
{
	return l->ended_lost;
}

void ledger_each_ended(const struct ledger *l, ledger_day_visit *visit, void *context)
{
	for (size_t i = 0; i < l->ended_count; i++) {
		const struct ended_day *e = &l->ended[i];
		struct source source = {.kind = e->kind, .len = e->name_len};

		memcpy(source.name, e->name, e->name_len + 1u);
		visit(context, &source, &e->day);
	}
}

void ledger_each_changed_day(const struct ledger *l, ledger_day_visit *visit, void *context)
{
	struct source source;

	for (const struct ledger_source *s = l->oldest; s != NULL; s = s->newer) {
		if (is_saved(l, s))
			continue;
		ledger_source_copy(s, &source);
		for (size_t i = 0; i < 2; i++)
			if (s->days->at[i].day != 0)
				visit(context, &source, &s->days->at[i]);
	}
}

uint64_t ledger_days_mark(const struct ledger *l)
{
	return l->days_changed;
}

void ledger_days_saved(struct ledger *l, uint64_t mark)
{
	if (mark > l->days_saved)
		l->days_saved = mark;
}
