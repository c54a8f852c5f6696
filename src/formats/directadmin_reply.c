#include "formats/directadmin_reply.h"

#include "base/printable.h"

#include <errno.h>

#define REASON_SHOWN 400 /* bytes of its own words that are repeated */
#define NAME_MOST    320 /* bytes of a name with the NUL; no mailbox has a longer one */
#define VALUE_MOST   2048

/* One "name=value", decoded. What is longer than the room is cut: it is none of those looked for.
 */
struct pair {
	char name[NAME_MOST], value[VALUE_MOST];
	size_t name_len, value_len;
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes one byte, encoded or not. false when its encoding is broken. */
static bool take_byte(struct slice *rest, char *ret)
{
	size_t n = 1;

	*ret = rest->at[0];
	if (*ret == '+')
		*ret = ' ';
	if (rest->at[0] == '%') {
		int high = rest->len > 2 ? hex(rest->at[1]) : -1;
		int low = rest->len > 2 ? hex(rest->at[2]) : -1;
		if (high < 0 || low < 0)
			return false;
		*ret = (char)(high * 16 + low);
		n = 3;
	}
	*rest = slice_after(*rest, n);
	return true;
}

static bool decode(struct slice raw, char *at, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (raw.len > 0) {
		char c;
		if (!take_byte(&raw, &c))
			return false;
		if (len < size)
			at[len++] = c;
	}
	*ret_len = len;
	return true;
}

/* Takes the pair in front. false when this is none. */
static bool take_pair(struct slice *rest, struct pair *ret)
{
	struct slice raw = slice_first(*rest, slice_find(*rest, '&'));
	size_t equals = slice_find(raw, '=');

	*rest = slice_after(*rest, raw.len + 1);
	/* A page for people has "=" in it, too. */
	return equals > 0 && equals < raw.len && slice_find(raw, '<') == raw.len &&
	       decode(slice_first(raw, equals), ret->name, sizeof(ret->name), &ret->name_len) &&
	       decode(slice_after(raw, equals + 1), ret->value, sizeof(ret->value),
		       &ret->value_len);
}

static struct slice name_of(const struct pair *pair)
{
	return (struct slice){pair->name, pair->name_len};
}

static struct slice value_of(const struct pair *pair)
{
	return (struct slice){pair->value, pair->value_len};
}

static int unclear(struct problem *problem, const char *what)
{
	return problem_set(
		problem, -EBADMSG, "DirectAdmin's answer cannot be understood: %s", what);
}

struct verdict {
	bool has_error, is_error;
	char text[REASON_SHOWN], details[REASON_SHOWN];
};

static void judge(struct verdict *v, const struct pair *pair)
{
	if (slice_is(name_of(pair), "error")) {
		v->has_error = true;
		v->is_error = !slice_is(value_of(pair), "0");
	}
	if (slice_is(name_of(pair), "text"))
		printable_text(slice_trim(value_of(pair)), v->text, sizeof(v->text));
	if (slice_is(name_of(pair), "details"))
		printable_text(slice_trim(value_of(pair)), v->details, sizeof(v->details));
}

static int refused(const struct verdict *v, struct problem *problem)
{
	if (v->text[0] == '\0' && v->details[0] == '\0')
		return problem_set(
			problem, -EREMOTEIO, "DirectAdmin says that it failed, and not why");
	return problem_set(problem, -EREMOTEIO, "DirectAdmin says no: %s%s%s", v->text,
		v->text[0] != '\0' && v->details[0] != '\0' ? ": " : "", v->details);
}

static int check_size(struct slice body, struct problem *problem)
{
	if (body.len > DIRECTADMIN_REPLY_MAX)
		return problem_set(problem, -EMSGSIZE,
			"DirectAdmin's answer is longer than %zu bytes", DIRECTADMIN_REPLY_MAX);
	return 0;
}

int directadmin_reply_read(struct slice body, struct problem *problem)
{
	struct slice rest = slice_trim(body);
	struct verdict verdict = {0};
	struct pair pair;
	int err = check_size(body, problem);

	if (err < 0)
		return err;
	while (rest.len > 0) {
		if (!take_pair(&rest, &pair))
			return unclear(problem, "not pairs of name and value");
		judge(&verdict, &pair);
	}
	if (!verdict.has_error)
		return unclear(problem, "it does not say whether there was an error");
	return verdict.is_error ? refused(&verdict, problem) : 0;
}

/* "quota=10&usage=2&suspended=no". false when it is no such thing. */
static bool read_mailbox(struct slice value, bool *ret_suspended)
{
	struct pair pair;

	*ret_suspended = false;
	while (value.len > 0) {
		if (!take_pair(&value, &pair))
			return false;
		if (slice_is(name_of(&pair), "suspended"))
			*ret_suspended = slice_equal_nocase(value_of(&pair), slice_of("yes")) ||
					 slice_is(value_of(&pair), "1");
	}
	return true;
}

int directadmin_mailbox_find(
	struct slice body, struct slice local, bool *ret_suspended, struct problem *problem)
{
	struct slice rest = slice_trim(body);
	struct verdict verdict = {0};
	struct pair pair;
	bool is_there = false, suspended = false;
	char shown[REASON_SHOWN];
	int err = check_size(body, problem);

	if (err < 0)
		return err;
	while (rest.len > 0) {
		if (!take_pair(&rest, &pair))
			return unclear(problem, "no list of mailboxes");
		judge(&verdict, &pair);
		if (!slice_equal_nocase(name_of(&pair), local))
			continue;
		is_there = read_mailbox(value_of(&pair), &suspended);
		if (!is_there)
			return unclear(problem, "no particulars of the mailbox");
	}
	if (verdict.is_error)
		return refused(&verdict, problem);
	if (!is_there)
		return problem_set(problem, -ENOENT, "DirectAdmin knows no mailbox %s there",
			printable_text(local, shown, sizeof(shown)));
	*ret_suspended = suspended;
	return 0;
}
