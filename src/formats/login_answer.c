#include "formats/login_answer.h"

#include <stdbool.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum login_said read_smtp(struct slice line)
{
	if (line.len < 3 || !is_digit(line.at[0]) || !is_digit(line.at[1]) || !is_digit(line.at[2]))
		return LOGIN_SAID_NOTHING;
	if (line.len > 3 && line.at[3] != ' ')
		return LOGIN_SAID_NOTHING; /* more lines of the same answer follow */
	struct slice code = slice_first(line, 3);
	if (slice_is(code, "334"))
		return LOGIN_SAID_NOTHING;
	if (slice_is(code, "235"))
		return LOGIN_SAID_YES;
	if (slice_is(code, "535"))
		return LOGIN_SAID_NO;
	return line.at[0] == '4' ? LOGIN_SAID_LATER : LOGIN_SAID_UNCLEAR;
}

static struct slice take_word(struct slice *rest)
{
	size_t n = slice_find(*rest, ' ');
	struct slice word = slice_first(*rest, n);

	*rest = slice_after(*rest, n + 1);
	return word;
}

/* "[CODE" or "[CODE more]" at the front; empty when there is none. */
static struct slice code_of(struct slice text)
{
	if (text.len < 2 || text.at[0] != '[')
		return (struct slice){0};
	struct slice code = slice_after(text, 1);
	code = slice_first(code, slice_find(code, ']'));
	return slice_first(code, slice_find(code, ' '));
}

static bool is_word(struct slice a, const char *word)
{
	return slice_equal_nocase(a, slice_of(word));
}

static enum login_said read_imap(struct slice tag, struct slice line)
{
	struct slice first = take_word(&line);

	if (slice_is(first, "*"))
		return is_word(take_word(&line), "BYE") ? LOGIN_SAID_LATER : LOGIN_SAID_NOTHING;
	if (tag.len == 0 || !slice_equal(first, tag))
		return LOGIN_SAID_NOTHING;
	struct slice status = take_word(&line), code = code_of(line);
	if (is_word(status, "OK"))
		return LOGIN_SAID_YES;
	if (is_word(status, "NO") && is_word(code, "AUTHENTICATIONFAILED"))
		return LOGIN_SAID_NO;
	if (is_word(code, "UNAVAILABLE") || is_word(code, "INUSE") || is_word(code, "SERVERBUG") ||
		is_word(code, "LIMIT"))
		return LOGIN_SAID_LATER;
	return LOGIN_SAID_UNCLEAR;
}

static enum login_said read_pop3(struct slice line)
{
	struct slice first = take_word(&line), code = code_of(line);

	if (is_word(first, "+OK"))
		return LOGIN_SAID_YES;
	if (!is_word(first, "-ERR"))
		return LOGIN_SAID_NOTHING;
	if (is_word(code, "AUTH"))
		return LOGIN_SAID_NO;
	if (is_word(code, "SYS/TEMP") || is_word(code, "IN-USE") || is_word(code, "LOGIN-DELAY"))
		return LOGIN_SAID_LATER;
	return LOGIN_SAID_UNCLEAR;
}

enum login_said login_answer_read(enum login_protocol protocol, struct slice tag, struct slice line)
{
	line = slice_trim(line);
	switch (protocol) {
	case LOGIN_SMTP:
		return read_smtp(line);
	case LOGIN_IMAP:
		return read_imap(tag, line);
	case LOGIN_POP3:
	default:
		return read_pop3(line);
	}
}
