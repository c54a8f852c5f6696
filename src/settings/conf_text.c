#include "settings/conf_text.h"

#include "base/printable.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct scan {
	char *at;
	const char *end;
	unsigned line;
	unsigned depth;     /* of braces */
	unsigned open_line; /* of the outermost open brace */
	const char *name;
	struct problem *problem;
};

static int refuse(const struct scan *s, const char *what)
{
	return problem_set(s->problem, -EBADMSG, "%s:%u: %s", s->name, s->line, what);
}

static int refuse_byte(const struct scan *s, const char *what)
{
	char shown[16];
	size_t len = printable_utf8_length((struct slice){s->at, (size_t)(s->end - s->at)});

	printable_text((struct slice){s->at, len > 0 ? len : 1}, shown, sizeof(shown));
	return problem_set(s->problem, -EBADMSG, "%s:%u: \"%s\" %s", s->name, s->line, shown, what);
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static bool is_word_byte(char c)
{
	char low = slice_lower(c);

	return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_-./:@", c) != NULL);
}

static void blank_comment(struct scan *s)
{
	for (; s->at < s->end && *s->at != '\n'; s->at++)
		*s->at = ' ';
}

/* What libconfuse would make of a backslash in double quotes depends on what follows: tabs, octal
 * numbers, bytes. Only the two that are needed are let through. */
static int pass_escape(struct scan *s, char quote)
{
	bool has_next = s->at + 1 < s->end;

	if (has_next && (s->at[1] == quote || s->at[1] == '\\'))
		s->at += 2;
	else if (quote == '\'')
		s->at++;
	else
		return refuse(s, "a backslash in \"...\" must stand before \" or a backslash; in "
				 "'...' it stands for itself");
	return 0;
}

static int pass_quoted(struct scan *s)
{
	char quote = *s->at++;

	while (s->at < s->end && *s->at != quote) {
		if (*s->at == '\n')
			break;
		if (is_control(*s->at))
			return refuse_byte(s, "is a control character");
		if (*s->at == '$' && quote == '"' && s->at + 1 < s->end && s->at[1] == '{')
			return refuse(s, "\"${\" is not filled in: write '...' if it is meant so");
		if (*s->at != '\\') {
			s->at++;
			continue;
		}
		int r = pass_escape(s, quote);
		if (r < 0)
			return r;
	}
	if (s->at == s->end || *s->at == '\n')
		return refuse(s, "a quote is not closed on its line");
	s->at++;
	return 0;
}

static int pass_word(struct scan *s)
{
	if (s->at + 1 < s->end && s->at[0] == '/' && s->at[1] == '/')
		return refuse(s, "\"//\" must stand in quotes; a comment begins with #");
	while (s->at < s->end && is_word_byte(*s->at))
		s->at++;
	return 0;
}

static int pass_brace(struct scan *s)
{
	if (*s->at == '{') {
		if (s->depth++ == 0)
			s->open_line = s->line;
	} else if (s->depth-- == 0) {
		return refuse(s, "a } without a {");
	}
	s->at++;
	return 0;
}

static int pass_one(struct scan *s)
{
	switch (*s->at) {
	case '\n':
		s->line++;
		s->at++;
		return 0;
	case '\r':
		if (s->at + 1 == s->end || s->at[1] != '\n')
			return refuse_byte(s, "is a control character");
		*s->at++ = ' ';
		return 0;
	case ' ':
	case '\t':
	case '=':
	case ',':
		s->at++;
		return 0;
	case '#':
		blank_comment(s);
		return 0;
	case '"':
	case '\'':
		return pass_quoted(s);
	case '{':
	case '}':
		return pass_brace(s);
	default:
		break;
	}
	if (is_word_byte(*s->at))
		return pass_word(s);
	return refuse_byte(
		s, is_control(*s->at) ? "is a control character" : "must stand in quotes here");
}

int conf_text_clean(char *text, size_t len, const char *name, struct problem *problem)
{
	struct scan s = {
		.at = text, .end = text + len, .line = 1, .name = name, .problem = problem};
	int r = 0;

	while (r == 0 && s.at < s.end)
		r = pass_one(&s);
	if (r < 0)
		return r;
	if (s.depth > 0) {
		s.line = s.open_line;
		return refuse(&s, "the { is not closed");
	}
	return 0;
}
