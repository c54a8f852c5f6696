#include "facts/source.h"

#include "base/printable.h"
#include "base/sketch.h"

#include <errno.h>
#include <stdio.h>

static const char *const kind_names[SOURCE_KINDS] = {
	[SOURCE_UNKNOWN] = "unknown",
	[SOURCE_MAILBOX] = "mailbox",
	[SOURCE_LOGIN] = "login",
	[SOURCE_SCRIPT] = "script",
	[SOURCE_HOST] = "host",
	[SOURCE_BOUNCE] = "bounce",
};

const char *source_kind_name(enum source_kind kind)
{
	return kind_names[kind];
}

/* FNV-1a, because the end of a cut name must be the same on every day and machine. */
static uint64_t stable_hash(struct slice s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.at[i]) * 0x100000001b3u;
	return h;
}

static void set_name(struct source *ret, struct slice name)
{
	size_t keep = name.len;
	char tail[24] = "";

	if (name.len > SOURCE_NAME_MAX) {
		int n = snprintf(
			tail, sizeof(tail), "...%016llx", (unsigned long long)stable_hash(name));
		keep = SOURCE_NAME_MAX - (size_t)n;
	}
	if (keep > 0)
		memcpy(ret->name, name.at, keep);
	memcpy(ret->name + keep, tail, strlen(tail) + 1);
	ret->len = (uint16_t)(keep + strlen(tail));
}

/* "Ann+Tag@Shop.test" and "ann@shop.test" are one mailbox. A login without a domain keeps its
 * plus: old panels write "user+domain" there. */
static void fold_mailbox(struct source *s)
{
	for (size_t i = 0; i < s->len; i++)
		s->name[i] = slice_lower(s->name[i]);

	struct slice name = {s->name, s->len};
	size_t at = slice_find_last(name, '@'), plus = slice_find(name, '+');
	if (at == name.len || plus >= at || plus == 0)
		return;
	memmove(s->name + plus, s->name + at, s->len - at + 1);
	s->len = (uint16_t)(s->len - (at - plus));
}

void source_set(struct source *ret, enum source_kind kind, struct slice name)
{
	ret->kind = kind;
	set_name(ret, name);
	if (kind == SOURCE_MAILBOX)
		fold_mailbox(ret);
}

static bool kind_of(struct slice word, enum source_kind *ret)
{
	for (int kind = SOURCE_MAILBOX; kind < SOURCE_KINDS; kind++)
		if (slice_is(word, kind_names[kind])) {
			*ret = (enum source_kind)kind;
			return true;
		}
	return false;
}

int source_parse(struct slice typed, struct source *ret)
{
	enum source_kind kind;
	size_t colon = slice_find(typed, ':');
	struct slice name = slice_after(typed, colon + 1);
	char raw[4 * SOURCE_NAME_MAX];
	size_t len;

	if (colon == typed.len || !kind_of(slice_first(typed, colon), &kind)) {
		if (slice_find(typed, '@') == typed.len)
			return -EINVAL;
		kind = SOURCE_MAILBOX;
		name = typed;
	}
	if (name.len == 0 || name.len > sizeof(raw) || printable_read(name, raw, &len) != 0)
		return -EINVAL;
	source_set(ret, kind, (struct slice){raw, len});
	return 0;
}

bool source_equal(const struct source *a, const struct source *b)
{
	return a->kind == b->kind && a->len == b->len && memcmp(a->name, b->name, a->len) == 0;
}

uint64_t source_hash(const struct source *s)
{
	return hash_bytes(s->name, s->len) + (uint64_t)s->kind;
}

char *source_text(const struct source *s, char at[SOURCE_TEXT_MAX])
{
	int n = snprintf(at, SOURCE_TEXT_MAX, "%s:", source_kind_name(s->kind));

	(void)printable_text((struct slice){s->name, s->len}, at + n, SOURCE_TEXT_MAX - (size_t)n);
	return at;
}
