#include "settings/conf_reader.h"

#include "base/memory.h"
#include "base/printable.h"
#include "settings/conf_text.h"
#include "settings/nearest.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#define SHOWN_MAX 80

struct reading {
	const struct setting_table *table;
	struct setting_store *store;
	const char *name; /* printable */
	unsigned line;    /* of the last value */
	bool failed;
	struct problem *problem;
};

/* libconfuse's calls hand on nothing of ours. */
static _Thread_local struct reading *current;

static void say(struct reading *r, int line, const char *what)
{
	r->failed = true;
	(void)problem_set(r->problem, 0, "%s:%d: %s", r->name, line, what);
}

/* ---- values ---- */

/* false when the names are of no row: "a|b" reaches a setting of a group from outside of it. */
static bool find(const struct setting_table *table, const char *group, const char *name,
	struct setting_at *ret)
{
	for (struct setting_at at = {0}; setting_there(table, at); at = setting_next(table, at)) {
		const struct setting_row *row = setting_row(table, at);
		if (!slice_is(setting_row_group(row), group) ||
			strcmp(setting_row_own_name(row), name) != 0)
			continue;
		*ret = at;
		return true;
	}
	return false;
}

/* Called for each value; what is kept in libconfuse is not used. */
static int put_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const char **kept = result;
	struct problem problem = {""};
	struct setting_at at;

	if (!find(current->table, cfg_name(cfg), cfg_opt_name(opt), &at)) {
		say(current, cfg->line, "a setting stands within the braces of its group");
		return -1;
	}
	current->line = (unsigned)cfg->line;
	/* libconfuse makes room for the value first: the first of a list finds itself alone */
	if (setting_store_put(current->store, at, slice_of(value), (unsigned)cfg->line,
		    cfg_opt_size(opt) == 1, &problem) < 0) {
		say(current, cfg->line, problem.text);
		return -1;
	}
	*kept = "";
	return 0;
}

/* Lists are looked at again: of an empty one libconfuse tells nothing. */
static int check_lists(struct reading *r, cfg_t *cfg)
{
	for (struct setting_at at = {0}; setting_there(r->table, at);
		at = setting_next(r->table, at)) {
		const struct setting_row *row = setting_row(r->table, at);
		if (!row->is_list)
			continue;
		cfg_t *section = cfg_getsec(cfg, r->table->groups[at.group].name);
		cfg_opt_t *opt = cfg_getopt(section, setting_row_own_name(row));
		if (cfg_opt_size(opt) != setting_store_count(r->store, at))
			return problem_set(r->problem, -EBADMSG,
				"%s: %s is given a second time, as {}", r->name, row->name);
		if ((opt->flags & CFGF_MODIFIED) != 0 && !setting_store_origin(r->store, at).given)
			setting_store_give_empty(r->store, at);
	}
	return 0;
}

/* ---- what libconfuse does not like ---- */

/* "no such option 'x'" as it is in libconfuse 3.3; what is worded otherwise is handed on. */
static struct slice unknown_name(const char *text)
{
	static const char before[] = "no such option '";
	struct slice s = slice_of(text);

	if (!slice_starts(s, before) || s.at[s.len - 1] != '\'')
		return (struct slice){0};
	s = slice_after(s, sizeof(before) - 1);
	return slice_first(s, s.len - 1);
}

static void say_unknown(struct reading *r, const cfg_t *cfg, bool in_group, struct slice name)
{
	char what[2 * SETTING_NAME_MAX + 4 * SHOWN_MAX], shown[SHOWN_MAX];
	const char *group = in_group ? cfg->name : NULL;
	struct nearest near = nearest_setting(r->table, group, name);

	printable_quoted(name, shown, sizeof(shown));
	(void)snprintf(what, sizeof(what), "there is no %s \"%s%s%s\"%s%s%s",
		in_group ? "setting" : "group", in_group ? group : "", in_group ? "." : "", shown,
		near.kind != NEAREST_NONE ? "; did you mean " : "", near.name,
		near.kind == NEAREST_ELSEWHERE ? ", within the braces of its group?"
		: near.kind == NEAREST_NONE    ? ""
					       : "?");
	say(r, cfg->line, what);
}

static void on_error(cfg_t *cfg, const char *format, va_list values)
	__attribute__((format(printf, 2, 0)));

static void on_error(cfg_t *cfg, const char *format, va_list values)
{
	char text[PROBLEM_MAX], shown[PROBLEM_MAX / 2];

	(void)vsnprintf(text, sizeof(text), format, values);
	struct slice name = unknown_name(text);
	if (name.at != NULL) {
		say_unknown(current, cfg, strcmp(cfg->name, "root") != 0, name);
		return;
	}
	printable_text(slice_of(text), shown, sizeof(shown));
	say(current, cfg->line, shown);
}

/* ---- the tables for libconfuse ---- */

struct options {
	cfg_opt_t *groups; /* one more than there are, which ends them */
	cfg_opt_t **rows;  /* the same for each group */
};

static cfg_opt_t row_option(const struct setting_row *row)
{
	return (cfg_opt_t){.name = setting_row_own_name(row),
		.type = CFGT_STR,
		.flags = row->is_list ? CFGF_LIST : CFGF_NONE,
		.parsecb = put_value};
}

static struct options make_options(const struct setting_table *table)
{
	struct options o = {.groups = memory_new(table->count + 1, sizeof(*o.groups)),
		.rows = memory_new(table->count, sizeof(cfg_opt_t *))};

	for (size_t i = 0; i < table->count; i++) {
		const struct setting_group *group = &table->groups[i];
		o.rows[i] = memory_new(group->count + 1, sizeof(**o.rows));
		for (size_t k = 0; k < group->count; k++)
			o.rows[i][k] = row_option(&group->rows[k]);
		o.groups[i] =
			(cfg_opt_t){.name = group->name, .type = CFGT_SEC, .subopts = o.rows[i]};
	}
	return o;
}

static void free_options(struct options *o, const struct setting_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(o->rows[i]);
	free(o->rows);
	free(o->groups);
}

static int parse(struct reading *r, const char *text)
{
	struct options options = make_options(r->table);
	cfg_t *cfg = cfg_init(options.groups, CFGF_NONE);
	int result = 0;

	(void)cfg_set_error_function(cfg, on_error);
	current = r;
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS && !r->failed)
		say(r, (int)r->line, "what stands behind this line is not understood");
	if (!r->failed)
		result = check_lists(r, cfg);
	current = NULL;
	(void)cfg_free(cfg);
	free_options(&options, r->table);
	return r->failed ? -EBADMSG : result;
}

int conf_reader_read(char *text, size_t len, const char *name, struct setting_store *store,
	const struct setting_table *table, struct problem *problem)
{
	char shown[PROBLEM_MAX / 2];
	struct problem unused;
	struct reading r = {.table = table,
		.store = store,
		.name = printable_text(slice_of(name), shown, sizeof(shown)),
		.line = 1,
		.problem = problem != NULL ? problem : &unused};
	int result = conf_text_clean(text, len, r.name, r.problem);

	return result < 0 ? result : parse(&r, text);
}
