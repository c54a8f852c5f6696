#include "formats/plesk_reply.h"

#include "base/printable.h"

#include <errno.h>
#include <stdbool.h>

#define REASON_SHOWN 400 /* bytes of Plesk's own words that are repeated */

struct reading {
	struct slice rest;
	struct slice open[PLESK_DEPTH_MAX]; /* names of the elements that we are in */
	size_t depth;
	struct slice text; /* since the last tag, as it stands there */
	bool is_ok, has_status, has_root;
	char code[16], reason[REASON_SHOWN];
	struct plesk_reply reply;
};

/* FNV-1a: nobody gains from two sets of settings that look equal, least of all Plesk. */
static void mix(struct reading *r, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		r->reply.settings =
			(r->reply.settings ^ (unsigned char)bytes.at[i]) * 0x100000001b3U;
	r->reply.settings = (r->reply.settings ^ 0x100) * 0x100000001b3U;
}

static const struct entity {
	const char *name;
	char byte;
} entities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

/* The byte that the text begins with; other entities stay as they stand there. */
static char take_byte(struct slice *text)
{
	char c = text->at[0];
	struct slice name = slice_after(*text, 1);
	size_t n = 1;

	name = slice_first(name, slice_find(name, ';'));
	for (size_t i = 0; c == '&' && i < sizeof(entities) / sizeof(entities[0]); i++)
		if (name.len + 1 < text->len && slice_is(name, entities[i].name)) {
			c = entities[i].byte;
			n = name.len + 2;
			break;
		}
	*text = slice_after(*text, n);
	return c;
}

/* The text with its entities taken for what they mean, in at most size - 1 bytes. */
static struct slice plain(struct slice text, char *at, size_t size)
{
	size_t len = 0;

	text = slice_trim(text);
	while (text.len > 0 && len + 1 < size)
		at[len++] = take_byte(&text);
	at[len] = '\0';
	return (struct slice){at, len};
}

static bool is_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

static bool is_within(const struct reading *r, const char *name)
{
	return r->depth >= 2 && slice_is(r->open[r->depth - 2], name);
}

static void keep_status(struct reading *r, struct slice text)
{
	r->is_ok = (r->is_ok || !r->has_status) && slice_is(text, "ok");
	r->has_status = true;
}

/* An element without others in it has ended: is it one of those that are looked for? */
static void keep(struct reading *r, struct slice name)
{
	char at[REASON_SHOWN];
	struct slice text = plain(r->text, at, sizeof(at));

	if (slice_is(name, "status") && (is_within(r, "result") || is_within(r, "system")))
		keep_status(r, text);
	if (slice_is(name, "errcode") && r->code[0] == '\0')
		printable_text(text, r->code, sizeof(r->code));
	if (slice_is(name, "errtext") && r->reason[0] == '\0')
		printable_text(text, r->reason, sizeof(r->reason));
	if (slice_is(name, "id") && is_within(r, "result") && r->reply.id[0] == '\0' &&
		is_digits(text) && text.len < sizeof(r->reply.id))
		memcpy(r->reply.id, text.at, text.len + 1);
	if (slice_is(name, "name") && is_within(r, "mailname") && r->reply.name[0] == '\0')
		printable_text(text, r->reply.name, sizeof(r->reply.name));
	if (slice_starts(name, "password"))
		return;
	mix(r, name);
	mix(r, text);
}

/* Takes what stands up to and with the end mark. false when it is not there. */
static bool take_until(struct slice *rest, const char *mark, struct slice *ret)
{
	const char *found = rest->len > 0 ? memmem(rest->at, rest->len, mark, strlen(mark)) : NULL;

	if (found == NULL)
		return false;
	*ret = (struct slice){rest->at, (size_t)(found - rest->at)};
	*rest = slice_after(*rest, ret->len + strlen(mark));
	return true;
}

static struct slice name_in(struct slice tag)
{
	size_t n = 0;

	while (n < tag.len && strchr(" \t\r\n/", tag.at[n]) == NULL && tag.at[n] != '\0')
		n++;
	return slice_first(tag, n);
}

/* "name attributes", or "name attributes/". */
static bool begin_element(struct reading *r, struct slice tag)
{
	struct slice name = name_in(tag);

	if (name.len == 0 || r->depth == PLESK_DEPTH_MAX || (r->depth == 0 && r->has_root))
		return false;
	if (r->depth == 0 && !slice_is(name, "packet"))
		return false;
	r->has_root = true;
	r->open[r->depth++] = name;
	r->text = (struct slice){0};
	if (tag.at[tag.len - 1] == '/') {
		keep(r, name);
		r->depth--;
	}
	return true;
}

static bool end_element(struct reading *r, struct slice tag)
{
	if (r->depth == 0 || !slice_equal(slice_trim(tag), r->open[r->depth - 1]))
		return false;
	keep(r, r->open[r->depth - 1]);
	r->depth--;
	r->text = (struct slice){0};
	return true;
}

/* What stands behind a "<". */
static bool take_tag(struct reading *r)
{
	struct slice tag;

	if (slice_starts(r->rest, "!--"))
		return take_until(&r->rest, "-->", &tag);
	if (slice_starts(r->rest, "![CDATA[")) {
		r->rest = slice_after(r->rest, strlen("![CDATA["));
		return take_until(&r->rest, "]]>", &r->text);
	}
	if (slice_starts(r->rest, "?"))
		return take_until(&r->rest, "?>", &tag);
	if (!take_until(&r->rest, ">", &tag) || tag.len == 0)
		return false;
	if (tag.at[0] == '/')
		return end_element(r, slice_after(tag, 1));
	return tag.at[0] != '!' && begin_element(r, tag);
}

static bool read_all(struct reading *r)
{
	while (r->rest.len > 0) {
		struct slice text = slice_first(r->rest, slice_find(r->rest, '<'));
		bool has_tag = text.len < r->rest.len;

		r->rest = slice_after(r->rest, text.len + 1);
		if (slice_trim(text).len > 0) {
			if (r->depth == 0)
				return false;
			r->text = text;
		}
		if (has_tag && !take_tag(r))
			return false;
	}
	return r->depth == 0 && r->has_status;
}

static int refused(const struct reading *r, struct problem *problem)
{
	int err = -EREMOTEIO;

	if (slice_is(slice_of(r->code), "1013"))
		err = -ENOENT;
	if (slice_is(slice_of(r->code), "1001") || slice_is(slice_of(r->code), "1006"))
		err = -EACCES;
	if (r->reason[0] == '\0')
		return problem_set(problem, err, "Plesk says that it failed (error %s)",
			r->code[0] != '\0' ? r->code : "without a number");
	return problem_set(problem, err, "Plesk says no: %s", r->reason);
}

int plesk_reply_read(struct slice body, struct plesk_reply *ret, struct problem *problem)
{
	struct reading r = {.rest = body, .reply = {.settings = 0xcbf29ce484222325U}};

	if (body.len > PLESK_REPLY_MAX)
		return problem_set(problem, -EMSGSIZE, "Plesk's answer is longer than %zu bytes",
			PLESK_REPLY_MAX);
	if (!read_all(&r))
		return problem_set(problem, -EBADMSG,
			"Plesk's answer cannot be understood: it is not its XML, or without a "
			"status");
	if (!r.is_ok)
		return refused(&r, problem);
	*ret = r.reply;
	return 0;
}
