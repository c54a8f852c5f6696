#include "formats/policy_question.h"

#include <errno.h>
#include <stdbool.h>

#define VERSION  "stanch/1 "
#define NAME_MAX 16u /* bytes of a field's name */
#define DIGITS   18u /* of a number; more would not fit */

static const char *const event_names[POLICY_EVENTS] = {
	[POLICY_MAIL] = "mail",
	[POLICY_RCPT] = "rcpt",
	[POLICY_DATA] = "data",
	[POLICY_LOCAL] = "local",
};

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_TIME };

static const struct field {
	const char *name;
	enum field_kind kind;
	size_t offset; /* in struct policy_question */
} fields[] = {
	{"id", FIELD_TEXT, offsetof(struct policy_question, auth_id)},
	{"from", FIELD_TEXT, offsetof(struct policy_question, sender)},
	{"to", FIELD_TEXT, offsetof(struct policy_question, recipient)},
	{"ip", FIELD_TEXT, offsetof(struct policy_question, client)},
	{"helo", FIELD_TEXT, offsetof(struct policy_question, helo)},
	{"msg", FIELD_TEXT, offsetof(struct policy_question, message_id)},
	{"login", FIELD_TEXT, offsetof(struct policy_question, login)},
	{"n", FIELD_NUMBER, offsetof(struct policy_question, recipients)},
	{"at", FIELD_TIME, offsetof(struct policy_question, at_us)},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* What is left to read, and where in the whole it begins. */
struct reader {
	struct slice rest;
	size_t at;
	const char *why; /* what is wrong there */
};

static int wrong(struct reader *r, const char *why)
{
	r->why = why;
	return -EBADMSG;
}

static void skip(struct reader *r, size_t n)
{
	r->rest = slice_after(r->rest, n);
	r->at += n;
}

/* A word in front of `end`, of at most `most` bytes, is taken with it. */
static int take_word(struct reader *r, char end, size_t most, const char *why, struct slice *ret)
{
	size_t n = slice_find(slice_first(r->rest, most + 1), end);

	if (n > most || (n < r->rest.len && n > 0 && slice_find(slice_first(r->rest, n), '\n') < n))
		return wrong(r, why);
	if (n == r->rest.len)
		return slice_find(r->rest, '\n') < n ? wrong(r, why) : -EAGAIN;
	*ret = slice_first(r->rest, n);
	skip(r, n + 1);
	return 0;
}

static bool read_number(struct slice s, uint64_t *ret)
{
	uint64_t value = 0;

	if (s.len == 0 || s.len > DIGITS)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(s.at[i] - '0');
	}
	*ret = value;
	return true;
}

static int take_value(struct reader *r, struct slice *ret)
{
	struct slice text = {0};
	uint64_t len = 0;
	int err = take_word(r, ':', 5, "a length and a colon are wanted here", &text);

	if (err < 0)
		return err;
	if (!read_number(text, &len) || len > POLICY_QUESTION_MAX)
		return wrong(r, "the length in front of this is none");
	if (r->rest.len < len)
		return -EAGAIN;
	*ret = slice_first(r->rest, (size_t)len);
	skip(r, (size_t)len);
	return 0;
}

/* Exim says -1 for a number that it does not know. */
static bool store(const struct field *f, struct slice value, struct policy_question *ret)
{
	char *to = (char *)ret + f->offset;
	uint64_t number = 0;

	if (f->kind == FIELD_TEXT) {
		memcpy(to, &value, sizeof(value));
		return true;
	}
	if (!read_number(value, &number) && !slice_is(value, "-1"))
		return false;
	memcpy(to, &number, sizeof(number));
	return true;
}

static int take_field(struct reader *r, unsigned *seen, struct policy_question *ret)
{
	struct slice name = {0}, value = {0};
	int err = take_word(r, '=', NAME_MAX, "a field's name and = are wanted here", &name);

	if (err == 0)
		err = take_value(r, &value);
	if (err < 0)
		return err;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!slice_is(name, fields[i].name))
			continue;
		if ((*seen & 1u << i) != 0)
			return wrong(r, "the field before this is there twice");
		*seen |= 1u << i;
		if (!store(&fields[i], value, ret))
			return wrong(r, "the value before this is no number");
	}
	return 0;
}

static int take_event(struct reader *r, struct policy_question *ret)
{
	size_t version = sizeof(VERSION) - 1;

	if (r->rest.len < version)
		return memcmp(r->rest.at, VERSION, r->rest.len) == 0
			       ? -EAGAIN
			       : wrong(r, "\"stanch/1 \" is wanted here");
	if (!slice_starts(r->rest, VERSION))
		return wrong(r, "\"stanch/1 \" is wanted here");
	skip(r, version);
	for (int e = 0; e < POLICY_EVENTS; e++) {
		size_t n = strlen(event_names[e]);

		if (!slice_starts(r->rest, event_names[e]))
			continue;
		ret->event = (enum policy_event)e;
		skip(r, n);
		return 0;
	}
	return r->rest.len < 5 && slice_find(r->rest, '\n') == r->rest.len
		       ? -EAGAIN
		       : wrong(r, "mail, rcpt, data or local is wanted here");
}

static int take_question(struct reader *r, struct policy_question *ret)
{
	unsigned seen = 0;
	int err = take_event(r, ret);

	while (err == 0) {
		if (r->rest.len == 0)
			return -EAGAIN;
		char c = r->rest.at[0];
		if (c != ' ' && c != '\n')
			return wrong(r, "a blank or the end is wanted here");
		skip(r, 1);
		if (c == '\n')
			return r->rest.len == 0 ? 0 : wrong(r, "something follows the question");
		err = take_field(r, &seen, ret);
	}
	return err;
}

int policy_question_parse(
	struct slice bytes, struct policy_question *ret, size_t *ret_at, const char **ret_why)
{
	struct reader r = {.rest = bytes};
	struct policy_question question = {0};

	if (bytes.len == 0)
		return -EAGAIN;
	int err = take_question(&r, &question);
	if (err == -EAGAIN && bytes.len >= POLICY_QUESTION_MAX)
		err = wrong(&r, "the question is too long");
	if (err == -EBADMSG) {
		*ret_at = r.at;
		*ret_why = r.why;
	}
	if (err == 0)
		*ret = question;
	return err;
}
