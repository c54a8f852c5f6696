#include "formats/passwd_line.h"

#include "base/printable.h"

#include <errno.h>
#include <string.h>

#define USER_SHOWN        200
#define FIELDS_TILL_EXTRA 7

/* The field in front of the next colon, which is taken off; without one, all. .at stays where it is
 * when it is empty. */
static struct slice take_field(struct slice *rest, bool *ret_more)
{
	size_t colon = slice_find(*rest, ':');
	struct slice field = {rest->at, colon};

	*ret_more = colon < rest->len;
	*rest = *ret_more ? (struct slice){rest->at + colon + 1, rest->len - colon - 1}
			  : (struct slice){0};
	return field;
}

bool passwd_line_read(struct slice line, struct passwd_line *ret)
{
	bool more = true;

	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0 || line.at[0] == ':' || line.at[0] == '#')
		return false;
	*ret = (struct passwd_line){.user = take_field(&line, &more)};
	for (int field = 1; field < FIELDS_TILL_EXTRA && more; field++) {
		struct slice taken = take_field(&line, &more);
		if (field == 1)
			ret->password = taken;
	}
	if (more)
		ret->extra = line;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool passwd_line_has_extra(const struct passwd_line *line, const char *name)
{
	struct slice rest = line->extra;
	size_t len = strlen(name);

	while (rest.len > 0) {
		size_t end = 0;

		while (end < rest.len && !is_blank(rest.at[end]))
			end++;
		struct slice word = slice_first(rest, end);
		if (slice_starts(word, name) && (word.len == len || word.at[len] == '='))
			return true;
		rest = slice_after(rest, end + 1);
	}
	return false;
}

bool passwd_line_is_locked(const struct passwd_line *line)
{
	struct slice password = line->password;
	size_t end = slice_find(password, '}');

	if (password.len == 0 || password.at[0] == '!' || password.at[0] == '*')
		return true;
	if (password.at[0] != '{' || end == password.len)
		return false;
	/* "{PLAIN}!x" is a password, "{CRYPT}!$6$..." is none. */
	struct slice text = slice_after(password, end + 1);
	return text.len == 0 || slice_is(text, "!") || slice_is(text, "!!") ||
	       slice_is(text, "*") || slice_starts(text, "!$") || slice_starts(text, "*$");
}

static bool take_any_line(struct slice *rest, struct slice *ret_line)
{
	if (slice_take_line(rest, ret_line))
		return true;
	*ret_line = *rest;
	*rest = (struct slice){0};
	return ret_line->len > 0;
}

static bool has_nul(struct slice line)
{
	return slice_find(line, '\0') < line.len;
}

int passwd_text_find(
	struct slice text, struct slice user, struct passwd_line *ret, struct problem *problem)
{
	struct passwd_line line, found = {0};
	struct slice bytes, found_bytes = {0};
	char shown[USER_SHOWN];
	size_t count = 0;

	printable_text(user, shown, sizeof(shown));
	while (take_any_line(&text, &bytes)) {
		if (!passwd_line_read(bytes, &line) || !slice_equal(line.user, user))
			continue;
		found = line;
		found_bytes = bytes;
		count++;
	}
	if (count == 0)
		return problem_set(problem, -ENOENT, "there is no user %s in it", shown);
	if (count > 1)
		return problem_set(
			problem, -EEXIST, "the user %s stands in it %zu times", shown, count);
	if (found.password.at == NULL || has_nul(found_bytes))
		return problem_set(
			problem, -EBADMSG, "the line of the user %s cannot be understood", shown);
	*ret = found;
	return 0;
}
