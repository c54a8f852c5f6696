#include "formats/sql_statement.h"

#include "base/printable.h"

#include <errno.h>
#include <stdio.h>

struct reading {
	struct slice rest;
	enum sql_marks marks;
	struct sql_statement *out;
	size_t len; /* of its text */
	struct problem *problem;
};

static const char *const place_names[SQL_PLACES] = {
	[SQL_MAILBOX] = "mailbox",
	[SQL_LOCAL] = "local",
	[SQL_DOMAIN] = "domain",
	[SQL_HASH] = "hash",
};

static bool is_word(char c)
{
	return (slice_lower(c) >= 'a' && slice_lower(c) <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static struct slice word_in(struct slice s)
{
	size_t n = 0;

	while (n < s.len && is_word(s.at[n]))
		n++;
	return slice_first(s, n);
}

/* There is room: what is written is never longer than what was read. */
static void copy(struct reading *r, size_t n)
{
	memcpy(r->out->text + r->len, r->rest.at, n);
	r->len += n;
	r->rest = slice_after(r->rest, n);
}

static int take_quoted(struct reading *r)
{
	size_t n = slice_find(slice_after(r->rest, 1), r->rest.at[0]);

	if (n + 2 > r->rest.len)
		return problem_set(
			r->problem, -EINVAL, "a %c in it has no end", (int)r->rest.at[0]);
	copy(r, n + 2);
	return 0;
}

static void put_mark(struct reading *r, enum sql_place place)
{
	struct sql_statement *out = r->out;
	char mark[8] = "?";

	out->parameters[out->count++] = place;
	if (r->marks == SQL_NUMBERS)
		(void)snprintf(mark, sizeof(mark), "$%zu", out->count);
	memcpy(out->text + r->len, mark, strlen(mark));
	r->len += strlen(mark);
}

static int take_place(struct reading *r)
{
	struct slice name = word_in(slice_after(r->rest, 1));
	size_t place = 0;
	char shown[80];

	if (r->len > 0 && is_word(r->out->text[r->len - 1]))
		return problem_set(r->problem, -EINVAL, "a ':' in it stands behind a word");
	while (place < SQL_PLACES && !slice_is(name, place_names[place]))
		place++;
	if (place == SQL_PLACES)
		return problem_set(r->problem, -EINVAL,
			":%s in it is none of :mailbox, :local, :domain, :hash",
			printable_text(name, shown, sizeof(shown)));
	if (r->out->count == SQL_PARAMETERS_MAX)
		return problem_set(r->problem, -EINVAL, "it has more than %d places for values",
			SQL_PARAMETERS_MAX);
	put_mark(r, (enum sql_place)place);
	r->rest = slice_after(r->rest, name.len + 1);
	return 0;
}

static int take(struct reading *r)
{
	char c = r->rest.at[0];

	if (slice_starts(r->rest, "--") || slice_starts(r->rest, "/*") || c == '#')
		return problem_set(r->problem, -EINVAL, "it has a comment in it");
	if (c == ';')
		return problem_set(r->problem, -EINVAL, "it is more than one statement");
	if (strchr("$?[]", c) != NULL)
		return problem_set(r->problem, -EINVAL, "it has a %c in it", (int)c);
	if (c == '\'' || c == '"' || c == '`')
		return take_quoted(r);
	if (slice_starts(r->rest, "::")) {
		copy(r, 2);
		return 0;
	}
	if (c == ':')
		return take_place(r);
	copy(r, 1);
	return 0;
}

static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == '\\' ||
			((s.at[i] < ' ' || s.at[i] > '~') && s.at[i] != '\t' && s.at[i] != '\n'))
			return false;
	return true;
}

int sql_statement_read(struct slice written, enum sql_marks marks, struct sql_statement *ret,
	struct problem *problem)
{
	struct reading r = {slice_trim(written), marks, ret, 0, problem};
	int err = 0;

	ret->count = 0;
	if (r.rest.len > 0 && r.rest.at[r.rest.len - 1] == ';')
		r.rest = slice_trim(slice_first(r.rest, r.rest.len - 1));
	if (r.rest.len == 0)
		return problem_set(problem, -EINVAL, "it is empty");
	if (r.rest.len >= SQL_STATEMENT_MAX)
		return problem_set(
			problem, -EINVAL, "it is longer than %d bytes", SQL_STATEMENT_MAX - 1);
	if (!is_plain(r.rest))
		return problem_set(problem, -EINVAL,
			"it has a backslash or a byte that is not printable ASCII in it");
	while (err == 0 && r.rest.len > 0)
		err = take(&r);
	ret->text[r.len] = '\0';
	return err;
}

bool sql_statement_has(const struct sql_statement *statement, enum sql_place place)
{
	for (size_t i = 0; i < statement->count; i++)
		if (statement->parameters[i] == place)
			return true;
	return false;
}
