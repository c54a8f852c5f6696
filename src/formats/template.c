#include "formats/template.h"

#include "base/markup.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/secret.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define ROOM_FIRST ((size_t)1 << 10)

struct part {
	const struct template_variable *variable;
	size_t line;
	bool is_shown; /* with all the parts around it */
};

struct rendering {
	const char *name;
	enum template_form form;
	const struct template_variable *variables;
	size_t count;
	struct slice text;
	size_t at, line;
	struct part parts[TEMPLATE_DEPTH_MAX];
	size_t depth;
	struct template_text out;
	size_t room;
	bool is_too_long;
	struct problem *problem;
};

void template_text_clear(struct template_text *text)
{
	if (text->at != NULL)
		secret_wipe(text->at, text->len);
	free(text->at);
	*text = (struct template_text){0};
}

/* The old room is wiped: a secret may have been there. */
static void make_room(struct rendering *r, size_t more)
{
	size_t room = r->room > 0 ? r->room : ROOM_FIRST;

	while (room <= r->out.len + more)
		room *= 2;
	if (room == r->room)
		return;
	struct template_text longer = {memory_new(1, room), r->out.len};
	if (r->out.len > 0)
		memcpy(longer.at, r->out.at, r->out.len);
	template_text_clear(&r->out);
	r->out = longer;
	r->room = room;
}

static void add(struct rendering *r, struct slice s)
{
	if (s.len > TEMPLATE_TEXT_MAX - r->out.len)
		r->is_too_long = true;
	if (r->is_too_long || s.len == 0)
		return;
	make_room(r, s.len);
	memcpy(r->out.at + r->out.len, s.at, s.len);
	r->out.len += s.len;
	r->out.at[r->out.len] = '\0';
}

static void add_html(struct rendering *r, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		const char *entity = markup_entity(s.at[i]);
		add(r, entity != NULL ? slice_of(entity) : (struct slice){s.at + i, 1});
	}
}

static void add_value(struct rendering *r, struct slice value)
{
	char encoded[TEMPLATE_VALUE_MAX * PRINTABLE_GROWTH + 4];
	bool is_cut = value.len > TEMPLATE_VALUE_MAX;

	(void)printable_text(slice_first(value, TEMPLATE_VALUE_MAX), encoded, sizeof(encoded));
	if (r->form == TEMPLATE_HTML)
		add_html(r, slice_of(encoded));
	else
		add(r, slice_of(encoded));
	if (is_cut)
		add(r, slice_of("..."));
	secret_wipe(encoded, sizeof(encoded));
}

static int wrong(struct rendering *r, size_t line, const char *what, struct slice tag)
{
	char shown[TEMPLATE_NAME_SHOWN];

	return problem_set(r->problem, -EINVAL, "%s:%zu: %s: {{%s}}", r->name, line, what,
		printable_text(tag, shown, sizeof(shown)));
}

static const struct template_variable *find_variable(const struct rendering *r, struct slice name)
{
	for (size_t i = 0; i < r->count; i++)
		if (slice_is(name, r->variables[i].name))
			return &r->variables[i];
	return NULL;
}

static bool is_shown(const struct rendering *r)
{
	return r->depth == 0 || r->parts[r->depth - 1].is_shown;
}

static int begin_part(struct rendering *r, struct slice tag, const struct template_variable *v)
{
	bool wants_value = tag.at[0] == '#';

	if (r->depth == TEMPLATE_DEPTH_MAX)
		return wrong(r, r->line, "too many parts within parts", tag);
	bool shown = is_shown(r) && (v->value.len > 0) == wants_value;
	r->parts[r->depth++] = (struct part){v, r->line, shown};
	return 0;
}

static int end_part(struct rendering *r, struct slice tag, const struct template_variable *v)
{
	if (r->depth == 0 || r->parts[r->depth - 1].variable != v)
		return wrong(r, r->line, "ends no part that was begun last", tag);
	r->depth--;
	return 0;
}

/* tag: what stands between the braces; not empty. */
static int do_tag(struct rendering *r, struct slice tag)
{
	bool is_part = strchr("#^/", tag.at[0]) != NULL;
	const struct template_variable *v = find_variable(r, is_part ? slice_after(tag, 1) : tag);

	if (v == NULL)
		return wrong(r, r->line, "there is no such variable", tag);
	if (tag.at[0] == '/')
		return end_part(r, tag, v);
	if (is_part)
		return begin_part(r, tag, v);
	if (is_shown(r))
		add_value(r, v->value);
	return 0;
}

/* Passes over the end of a line that a part's tag, from start to r->at, had for itself. */
static void end_lone_line(struct rendering *r, size_t start)
{
	bool begins = start == 0 || r->text.at[start - 1] == '\n';
	struct slice rest = slice_after(r->text, r->at);

	if (!begins || rest.len == 0)
		return;
	if (slice_starts(rest, "\r\n"))
		r->at++;
	else if (rest.at[0] != '\n')
		return;
	r->at++;
	r->line++;
}

static int take_tag(struct rendering *r)
{
	struct slice rest = slice_after(r->text, r->at + 2);
	size_t start = r->at, end = 0;

	while (end + 1 < rest.len && rest.at[end] != '\n' &&
		(rest.at[end] != '}' || rest.at[end + 1] != '}'))
		end++;
	struct slice tag = slice_first(rest, end);
	if (end + 1 >= rest.len || rest.at[end] == '\n' || tag.len == 0)
		return wrong(r, r->line, "a variable without its name or its }}", tag);
	int err = do_tag(r, tag);
	r->at += 2 + end + 2;
	if (err == 0 && strchr("#^/", tag.at[0]) != NULL)
		end_lone_line(r, start);
	return err;
}

static bool is_tag(const struct rendering *r)
{
	return r->at + 1 < r->text.len && r->text.at[r->at] == '{' && r->text.at[r->at + 1] == '{';
}

/* Up to the next "{{", or the end. */
static void take_text(struct rendering *r)
{
	size_t start = r->at;

	while (r->at < r->text.len && !is_tag(r))
		if (r->text.at[r->at++] == '\n')
			r->line++;
	if (is_shown(r))
		add(r, (struct slice){r->text.at + start, r->at - start});
}

static int render(struct rendering *r)
{
	int err = 0;

	while (r->at < r->text.len && err == 0 && !r->is_too_long) {
		take_text(r);
		if (r->at < r->text.len)
			err = take_tag(r);
	}
	if (err == 0 && r->depth > 0) {
		const struct part *p = &r->parts[r->depth - 1];
		err = wrong(r, p->line, "a part without its end", slice_of(p->variable->name));
	}
	if (err == 0 && r->is_too_long)
		err = problem_set(r->problem, -EMSGSIZE,
			"%s:%zu: its text becomes longer than %zu bytes", r->name, r->line,
			TEMPLATE_TEXT_MAX);
	return err;
}

int template_render(struct slice text, const char *name, enum template_form form,
	const struct template_variable *variables, size_t count, struct template_text *ret,
	struct problem *problem)
{
	if (text.len == 0)
		text = slice_of("");
	struct rendering r = {.name = name,
		.form = form,
		.variables = variables,
		.count = count,
		.text = text,
		.line = 1,
		.problem = problem};

	if (text.len > TEMPLATE_MAX)
		return problem_set(
			problem, -EMSGSIZE, "%s:1: is longer than %zu bytes", name, TEMPLATE_MAX);
	if (memchr(text.at, '\0', text.len) != NULL)
		return problem_set(problem, -EINVAL, "%s:1: has a NUL in it", name);
	make_room(&r, 0);
	int err = render(&r);
	if (err < 0)
		template_text_clear(&r.out);
	else
		*ret = r.out;
	return err;
}
