#include "settings/store.h"

#include "base/memory.h"
#include "base/units.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct given {
	struct setting_origin origin;
	unsigned *lines; /* of a list's entries */
};

struct setting_store {
	const struct setting_table *table;
	char *values;         /* table->size bytes */
	struct given **given; /* by group and row */
};

const struct setting_row *setting_row(const struct setting_table *table, struct setting_at at)
{
	return &table->groups[at.group].rows[at.row];
}

bool setting_there(const struct setting_table *table, struct setting_at at)
{
	return at.group < table->count;
}

struct setting_at setting_next(const struct setting_table *table, struct setting_at at)
{
	if (at.row + 1 < table->groups[at.group].count)
		return (struct setting_at){at.group, at.row + 1};
	return (struct setting_at){at.group + 1, 0};
}

/* ---- the members ---- */

/* memcpy: the offsets come from tables, and a member is of the type that its row's kind says. */
static void get(
	const struct setting_store *store, const struct setting_row *row, void *into, size_t size)
{
	memcpy(into, store->values + row->offset, size);
}

static void set(
	struct setting_store *store, const struct setting_row *row, const void *from, size_t size)
{
	memcpy(store->values + row->offset, from, size);
}

/* Frees what one `const char *` of the values holds; the store has made it. */
static void free_text(const char *text)
{
	union {
		const char *kept;
		char *made;
	} u = {text};

	free(u.made);
}

static struct setting_list get_list(
	const struct setting_store *store, const struct setting_row *row)
{
	struct setting_list list = {0};

	if (row->is_list)
		get(store, row, &list, sizeof(list));
	return list;
}

static const char *get_text(const struct setting_store *store, const struct setting_row *row)
{
	const char *text = NULL;

	if (setting_is_text(row->kind) && !row->is_list)
		get(store, row, &text, sizeof(text));
	return text;
}

static void free_list(struct setting_list list)
{
	union {
		const char *const *kept;
		char **made;
	} u = {list.at};

	for (size_t i = 0; i < list.count; i++)
		free(u.made[i]);
	free(u.made);
}

static void add_to_list(
	struct setting_store *store, const struct setting_row *row, struct slice text)
{
	struct setting_list list = get_list(store, row);
	union {
		const char *const *kept;
		const char **made;
	} u = {list.at};

	u.made = memory_grow(u.made, list.count + 1, sizeof(*u.made));
	u.made[list.count] = memory_copy(text.at, text.len);
	list = (struct setting_list){u.kept, list.count + 1};
	set(store, row, &list, sizeof(list));
}

static void set_text(struct setting_store *store, const struct setting_row *row, struct slice text)
{
	const char *copy = text.len > 0 ? memory_copy(text.at, text.len) : NULL;

	free_text(get_text(store, row));
	set(store, row, &copy, sizeof(copy));
}

static void set_value(
	struct setting_store *store, const struct setting_row *row, const struct setting_value *v)
{
	bool yes = v->number != 0;
	int64_t seconds = (int64_t)v->number;
	unsigned choice = (unsigned)v->number;

	switch (row->kind) {
	case SETTING_BOOL:
		set(store, row, &yes, sizeof(yes));
		break;
	case SETTING_COUNT:
	case SETTING_BYTES:
		set(store, row, &v->number, sizeof(v->number));
		break;
	case SETTING_SECONDS:
		set(store, row, &seconds, sizeof(seconds));
		break;
	case SETTING_SHARE:
		set(store, row, &v->share, sizeof(v->share));
		break;
	case SETTING_CHOICE:
		set(store, row, &choice, sizeof(choice));
		break;
	default:
		if (row->is_list)
			add_to_list(store, row, v->text);
		else
			set_text(store, row, v->text);
	}
}

/* ---- setting ---- */

static struct given *given_of(const struct setting_store *store, struct setting_at at)
{
	return &store->given[at.group][at.row];
}

static void keep_line(struct given *given, size_t entry, unsigned line)
{
	given->lines = memory_grow(given->lines, entry + 1, sizeof(*given->lines));
	given->lines[entry] = line;
}

static int refuse_second(const struct setting_row *row, unsigned first, struct problem *problem)
{
	return problem_set(problem, -EINVAL, "%s: is given a second time, it is in line %u already",
		row->name, first);
}

int setting_store_put(struct setting_store *store, struct setting_at at, struct slice written,
	unsigned line, bool begins, struct problem *problem)
{
	const struct setting_row *row = setting_row(store->table, at);
	struct given *given = given_of(store, at);
	size_t entry = get_list(store, row).count;
	struct setting_value v;
	int r;

	if (given->origin.given && begins)
		return refuse_second(row, given->origin.line, problem);
	if (entry >= SETTING_LIST_MAX)
		return problem_set(problem, -EINVAL, "%s: has more than %d entries", row->name,
			SETTING_LIST_MAX);
	r = setting_read(row, written, &v, problem);
	if (r < 0)
		return r;
	set_value(store, row, &v);
	if (row->is_list)
		keep_line(given, entry, line);
	if (begins)
		given->origin = (struct setting_origin){true, line};
	return 0;
}

void setting_store_give_empty(struct setting_store *store, struct setting_at at)
{
	given_of(store, at)->origin = (struct setting_origin){true, 0};
}

struct setting_origin setting_store_origin(const struct setting_store *store, struct setting_at at)
{
	return given_of(store, at)->origin;
}

unsigned setting_store_entry_line(
	const struct setting_store *store, struct setting_at at, size_t entry)
{
	return given_of(store, at)->lines[entry];
}

size_t setting_store_count(const struct setting_store *store, struct setting_at at)
{
	return get_list(store, setting_row(store->table, at)).count;
}

const void *setting_store_values(const struct setting_store *store)
{
	return store->values;
}

/* A first value that its own row refuses is a mistake in the table. */
static void set_first(struct setting_store *store, const struct setting_row *row)
{
	struct problem problem = {""};
	struct setting_value v;

	if (row->is_list)
		return;
	if (setting_read(row, slice_of(row->initial), &v, &problem) < 0) {
		(void)fprintf(stderr, "stanch: first value of %s\n", problem.text);
		abort();
	}
	set_value(store, row, &v);
}

struct setting_store *setting_store_new(const struct setting_table *table)
{
	struct setting_store *store = memory_new(1, sizeof(*store));

	store->table = table;
	store->values = memory_new(table->size, 1);
	store->given = memory_new(table->count, sizeof(struct given *));
	for (size_t i = 0; i < table->count; i++)
		store->given[i] = memory_new(table->groups[i].count, sizeof(struct given));
	for (struct setting_at at = {0}; setting_there(table, at); at = setting_next(table, at))
		set_first(store, setting_row(table, at));
	return store;
}

void setting_store_free(struct setting_store *store)
{
	if (store == NULL)
		return;
	const struct setting_table *table = store->table;
	for (struct setting_at at = {0}; setting_there(table, at); at = setting_next(table, at)) {
		free_text(get_text(store, setting_row(table, at)));
		free_list(get_list(store, setting_row(table, at)));
		free(given_of(store, at)->lines);
	}
	for (size_t i = 0; i < table->count; i++)
		free(store->given[i]);
	free(store->given);
	free(store->values);
	free(store);
}

/* ---- writing ---- */

/* In double quotes; in single ones where "${" would be taken for a variable. In both a backslash
 * takes the meaning from itself and the quote, and single quotes know no other. */
static void write_quoted(const char *text, FILE *out)
{
	char quote = strstr(text, "${") != NULL ? '\'' : '"';

	(void)fputc(quote, out);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == quote || *c == '\\')
			(void)fputc('\\', out);
		(void)fputc(*c, out);
	}
	(void)fputc(quote, out);
}

static void write_list(struct setting_list list, FILE *out)
{
	(void)fputc('{', out);
	for (size_t i = 0; i < list.count; i++) {
		(void)fputs(i > 0 ? ", " : "", out);
		write_quoted(list.at[i], out);
	}
	(void)fputc('}', out);
}

static void write_number(
	const struct setting_store *store, const struct setting_row *row, FILE *out)
{
	char at[UNITS_TEXT];
	uint64_t number = 0;
	int64_t seconds = 0;
	double share = 0;

	if (row->kind == SETTING_SECONDS) {
		get(store, row, &seconds, sizeof(seconds));
		units_age_written(seconds, at);
	} else if (row->kind == SETTING_SHARE) {
		get(store, row, &share, sizeof(share));
		units_share_written(share, at);
	} else {
		get(store, row, &number, sizeof(number));
		if (row->kind == SETTING_BYTES)
			units_size_written(number, at);
		else
			(void)snprintf(at, sizeof(at), "%" PRIu64, number);
	}
	(void)fputs(at, out);
}

void setting_store_write(const struct setting_store *store, struct setting_at at, FILE *out)
{
	const struct setting_row *row = setting_row(store->table, at);
	const char *text = get_text(store, row);
	unsigned choice = 0;
	bool yes = false;

	if (row->is_list) {
		write_list(get_list(store, row), out);
	} else if (setting_is_text(row->kind)) {
		write_quoted(text != NULL ? text : "", out);
	} else if (row->kind == SETTING_BOOL) {
		get(store, row, &yes, sizeof(yes));
		(void)fputs(yes ? "yes" : "no", out);
	} else if (row->kind == SETTING_CHOICE) {
		get(store, row, &choice, sizeof(choice));
		(void)fputs(row->words[choice], out);
	} else {
		write_number(store, row, out);
	}
}

void setting_store_write_all(const struct setting_store *store, FILE *out)
{
	for (size_t i = 0; i < store->table->count; i++) {
		const struct setting_group *group = &store->table->groups[i];
		(void)fprintf(out, "%s {\n", group->name);
		for (size_t k = 0; k < group->count; k++) {
			(void)fprintf(out, "\t%s = ", setting_row_own_name(&group->rows[k]));
			setting_store_write(store, (struct setting_at){i, k}, out);
			(void)fputc('\n', out);
		}
		(void)fputs("}\n", out);
	}
}
