#include "settings/nearest.h"

#include "settings/row.h"

/* Bytes to add, take away or change to make one of the other (Levenshtein 1966); SETTING_NAME_MAX
 * when one of them is longer than any name. */
static size_t distance(struct slice a, struct slice b)
{
	size_t row[SETTING_NAME_MAX];

	if (a.len >= SETTING_NAME_MAX || b.len >= SETTING_NAME_MAX)
		return SETTING_NAME_MAX;
	for (size_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			size_t change = diagonal + (a.at[i - 1] != b.at[k - 1]);
			size_t add = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
			diagonal = row[k];
			row[k] = change < add ? change : add;
		}
	}
	return row[b.len];
}

struct best {
	size_t distance; /* what is not nearer than this is no news */
	struct nearest nearest;
};

static void offer(struct best *best, size_t far, enum nearest_kind kind, const char *name)
{
	if (far >= best->distance)
		return;
	best->distance = far;
	best->nearest = (struct nearest){kind, name};
}

static void offer_settings(
	struct best *best, const struct setting_table *table, const char *group, struct slice name)
{
	for (struct setting_at at = {0}; setting_there(table, at); at = setting_next(table, at)) {
		const struct setting_row *row = setting_row(table, at);
		size_t far = distance(name, slice_of(setting_row_own_name(row)));
		if (group != NULL && slice_is(setting_row_group(row), group))
			offer(best, far, NEAREST_HERE, row->name);
		else if (far == 0 || distance(name, slice_of(row->name)) == 0)
			offer(best, 0, NEAREST_ELSEWHERE, row->name);
	}
}

struct nearest nearest_setting(
	const struct setting_table *table, const char *group, struct slice name)
{
	size_t most = name.len / 3 < 3 ? name.len / 3 : 3;
	struct best best = {most + 1, {NEAREST_NONE, ""}};

	for (size_t i = 0; group == NULL && i < table->count; i++)
		offer(&best, distance(name, slice_of(table->groups[i].name)), NEAREST_HERE,
			table->groups[i].name);
	offer_settings(&best, table, group, name);
	return best.nearest;
}
