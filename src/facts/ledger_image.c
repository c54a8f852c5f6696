#include "facts/ledger_parts.h"

#include "base/codec.h"
#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>

/* ---- to and from bytes ---- */

#define IMAGE_MAGIC   UINT64_C(0x7264656c68636e61) /* "anchledr" */
#define IMAGE_VERSION 6u
#define NO_SOURCE     UINT32_MAX

static void code_episodes(struct ledger_source *s, struct codec *c)
{
	for (size_t i = 0; i < EPISODES; i++) {
		bool there = s->episodes[i] != NULL;

		codec_bool(c, &there);
		if (c->reads && there)
			s->episodes[i] = memory_new(1, sizeof(struct episode));
		if (there)
			episode_code(s->episodes[i], c);
	}
}

/* What is read was perhaps not saved as days. */
static void code_days(struct ledger *l, struct ledger_source *s, struct codec *c)
{
	bool there = s->days != NULL;

	codec_bool(c, &there);
	if (c->reads && there) {
		s->days = memory_new(1, sizeof(*s->days));
		s->days->changed = ++l->days_changed;
	}
	if (there)
		source_days_code(s->days, c);
}

static void code_rest(struct ledger *l, struct ledger_source *s, struct codec *c)
{
	codec_u32(c, &s->customer);
	codec_i64(c, &s->first_us);
	codec_i64(c, &s->last_us);
	codec_i64(c, &s->contained_us);
	codec_i64(c, &s->forgiven_us);
	habit_code(&s->habit, c);
	code_episodes(s, c);
	code_days(l, s, c);
}

static void code_name(struct source *name, struct codec *c)
{
	uint32_t kind = (uint32_t)name->kind, len = name->len;

	codec_count(c, &kind, SOURCE_KINDS - 1);
	codec_count(c, &len, SOURCE_NAME_MAX);
	codec_bytes(c, name->name, len);
	name->kind = (enum source_kind)kind;
	name->len = (uint16_t)len;
	name->name[len] = '\0';
}

static void read_source(struct ledger *l, struct codec *c)
{
	struct source name = {0};

	code_name(&name, c);
	uint64_t hash = source_hash(&name);
	if (c->failed || ledger_find_hashed(l, &name, hash) != NULL) {
		codec_fail(c);
		return;
	}
	struct ledger_source *s = ledger_add(l, &name, hash, (struct slice){0}, 0);
	code_rest(l, s, c);
	s->used_us = s->last_us > s->first_us ? s->last_us : s->first_us;
}

static void code_sources(struct ledger *l, struct codec *c)
{
	uint32_t count = (uint32_t)l->count, ordinal = 0;

	codec_count(c, &count, (uint32_t)l->sources_max);
	if (c->reads) {
		for (uint32_t i = 0; i < count && !c->failed; i++)
			read_source(l, c);
		return;
	}
	for (struct ledger_source *s = l->oldest; s != NULL; s = s->newer) {
		struct source name;

		s->ordinal = ordinal++;
		ledger_source_copy(s, &name);
		code_name(&name, c);
		code_rest(l, s, c);
	}
}

static void write_messages(const struct ledger *l, struct codec *c)
{
	for (uint32_t i = 0; i < l->message_room; i++) {
		struct message_record *m = &l->messages[i];
		const struct ledger_source *s = m->id != 0 ? ledger_source_of(l, m) : NULL;

		if (s == NULL)
			continue;
		uint32_t at = i, ordinal = s->ordinal;
		codec_u32(c, &at);
		codec_u64(c, &m->id);
		codec_u32(c, &ordinal);
		uint8_t bits = (uint8_t)(m->owner & MESSAGE_BITS);
		codec_u8(c, &bits);
	}
	uint32_t end = NO_SOURCE;
	codec_u32(c, &end);
}

static void read_message(struct ledger *l, struct codec *c, uint32_t at,
	struct ledger_source *const *sources, uint32_t count)
{
	uint32_t ordinal = 0;
	uint64_t id = 0;
	uint8_t bits = 0;

	codec_u64(c, &id);
	codec_u32(c, &ordinal);
	codec_u8(c, &bits);
	if (at >= l->message_room || ordinal >= count || bits > MESSAGE_BITS) {
		codec_fail(c);
		return;
	}
	ledger_put_message(l, at, id, sources[ordinal], bits);
}

static void read_messages(struct ledger *l, struct codec *c)
{
	struct ledger_source **sources = memory_new(l->count + 1, sizeof(struct ledger_source *));
	uint32_t count = 0, at = 0;

	for (struct ledger_source *s = l->oldest; s != NULL; s = s->newer)
		sources[count++] = s;
	for (codec_u32(c, &at); at != NO_SOURCE && !c->failed; codec_u32(c, &at))
		read_message(l, c, at, sources, count);
	free(sources);
}

static void code_ledger(struct ledger *l, struct codec *c)
{
	uint64_t magic = IMAGE_MAGIC;
	uint32_t version = IMAGE_VERSION;

	codec_u64(c, &magic);
	codec_u32(c, &version);
	if (magic != IMAGE_MAGIC || version != IMAGE_VERSION)
		codec_fail(c);
	codec_i64(c, &l->first_us);
	hosted_domains_code(&l->hosted, c);
	code_sources(l, c);
	if (c->reads)
		read_messages(l, c);
	else
		write_messages(l, c);
	surroundings_code(l->around, c);
	pace_code(l->pace, c);
}

char *ledger_write(struct ledger *l, size_t *ret_len)
{
	struct codec c = codec_writer();

	code_ledger(l, &c);
	return codec_take(&c, ret_len);
}

int ledger_read(struct ledger *l, struct slice bytes)
{
	struct codec c = codec_reader(bytes);

	code_ledger(l, &c);
	return codec_is_done(&c) ? 0 : -EBADMSG;
}
