#include "facts/ledger_parts.h"

#include "base/memory.h"

#include <stdlib.h>

#define MESSAGE_BITS_COUNT 3u

#define WAYS    4u /* places in which a message may lie */
#define OVER_US (EPISODE_QUIET_US + LEDGER_DAY_US)
#define CROWD   16u /* sources looked at when one must go */

static size_t power_above(size_t n)
{
	size_t p = 16;

	while (p < n)
		p *= 2;
	return p;
}

static struct message_record *on_cache_line(void *memory)
{
	size_t over = (uintptr_t)memory % (WAYS * sizeof(struct message_record));

	return (struct message_record *)memory +
	       (over > 0 ? WAYS - over / sizeof(struct message_record) : 0);
}

void ledger_sources_init(struct ledger *l, size_t sources_max, size_t messages_max)
{
	l->sources_max = sources_max;
	l->room = 1024;
	l->table = memory_new(l->room, sizeof(struct ledger_source *));
	l->message_room = power_above(messages_max);
	l->message_memory = memory_new(l->message_room + WAYS, sizeof(*l->messages));
	l->messages = on_cache_line(l->message_memory);
}

void ledger_end_episode(struct ledger_source *s, size_t which)
{
	if (s->episodes[which] == NULL)
		return;
	episode_clear(s->episodes[which]);
	free(s->episodes[which]);
	s->episodes[which] = NULL;
}

static void source_free(struct ledger_source *s)
{
	free(s->days);
	habit_free(&s->habit);
	for (size_t i = 0; i < EPISODES; i++)
		ledger_end_episode(s, i);
	free(s->name);
	free(s);
}

void ledger_sources_clear(struct ledger *l)
{
	for (struct ledger_source *s = l->oldest, *next; s != NULL; s = next) {
		next = s->newer;
		source_free(s);
	}
	free(l->table);
	free(l->message_memory);
}

/* ---- sources ---- */

static void unlink_use(struct ledger *l, struct ledger_source *s)
{
	if (l->swept == s)
		l->swept = s->older;
	*(s->older != NULL ? &s->older->newer : &l->oldest) = s->newer;
	*(s->newer != NULL ? &s->newer->older : &l->newest) = s->older;
	s->older = s->newer = NULL;
}

static void link_newest(struct ledger *l, struct ledger_source *s)
{
	s->older = l->newest;
	*(l->newest != NULL ? &l->newest->newer : &l->oldest) = s;
	l->newest = s;
}

static struct ledger_source **place_of(const struct ledger *l, uint64_t hash)
{
	return &l->table[(hash >> MESSAGE_BITS_COUNT) & (l->room - 1)];
}

static void remove_source(struct ledger *l, struct ledger_source *s)
{
	struct ledger_source **at = place_of(l, s->hash);

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	unlink_use(l, s);
	l->count--;
	ledger_end_days(l, s);
	source_free(s);
}

static float suspicion_of(const struct ledger_source *s)
{
	float most = s->habit.messages > 0 ? 0.0F : -1.0F; /* it only got mail */

	for (size_t i = 0; i < EPISODES; i++)
		if (s->episodes[i] != NULL && s->episodes[i]->score > most)
			most = s->episodes[i]->score;
	return most;
}

static void make_room(struct ledger *l)
{
	struct ledger_source *least = NULL;
	unsigned n = 0;

	for (struct ledger_source *s = l->oldest; s != NULL && n < CROWD; s = s->newer) {
		if (s->contained_us != 0)
			continue;
		n++;
		if (least == NULL || suspicion_of(s) < suspicion_of(least))
			least = s;
	}
	if (least == NULL)
		least = l->oldest;
	if (least != NULL)
		remove_source(l, least);
}

static void grow_table(struct ledger *l)
{
	free(l->table);
	l->room *= 2;
	l->table = memory_new(l->room, sizeof(struct ledger_source *));
	for (struct ledger_source *s = l->oldest; s != NULL; s = s->newer) {
		struct ledger_source **at = place_of(l, s->hash);
		s->chain = *at;
		*at = s;
	}
}

static bool is_source_of(const struct ledger_source *s, const struct source *source)
{
	return s->kind == source->kind && s->name_len == source->len &&
	       memcmp(s->name, source->name, source->len) == 0;
}

struct ledger_source *ledger_find_hashed(
	const struct ledger *l, const struct source *source, uint64_t hash)
{
	struct ledger_source *s = *place_of(l, hash);

	while (s != NULL && (s->hash != hash || !is_source_of(s, source)))
		s = s->chain;
	return s;
}

void ledger_source_copy(const struct ledger_source *s, struct source *ret)
{
	ret->kind = s->kind;
	ret->len = s->name_len;
	memcpy(ret->name, s->name, s->name_len + 1u);
}

struct ledger_source *ledger_find(const struct ledger *l, const struct source *source)
{
	return ledger_find_hashed(l, source, source_hash(source));
}

/* All mailboxes of a domain are one customer's, and so are all scripts of a login. */
static uint32_t customer_of(const struct source *source, struct slice login)
{
	struct slice name = {source->name, source->len};

	if (source->kind == SOURCE_MAILBOX && slice_find(name, '@') < name.len)
		return ledger_key(hash_nocase(ledger_domain(name)));
	if (source->kind == SOURCE_SCRIPT && login.len > 0)
		return ledger_key(hash_nocase(login) + 1);
	return ledger_key(source_hash(source));
}

struct ledger_source *ledger_add(struct ledger *l, const struct source *source, uint64_t hash,
	struct slice login, int64_t at_us)
{
	struct ledger_source *s = memory_new(1, sizeof(*s)), **at;

	if (l->count >= l->sources_max)
		make_room(l);
	if (l->count >= l->room)
		grow_table(l);
	s->kind = source->kind;
	s->name_len = source->len;
	s->name = memory_copy(source->name, source->len);
	s->hash = hash;
	s->customer = customer_of(source, login);
	s->first_us = s->used_us = at_us;
	at = place_of(l, hash);
	s->chain = *at;
	*at = s;
	link_newest(l, s);
	l->count++;
	return s;
}

/* Frees what is long over: a day later no outcome of it is waited for. */
static void end_episodes(struct ledger_source *s, int64_t at_us)
{
	for (size_t i = 0; i < EPISODES; i++) {
		const struct episode *e = s->episodes[i];

		if (e != NULL && at_us - episode_latest(e) > OVER_US)
			ledger_end_episode(s, i);
	}
}

struct ledger_source *ledger_use(
	struct ledger *l, const struct source *source, struct slice login, int64_t at_us)
{
	uint64_t hash = source_hash(source);
	struct ledger_source *s = ledger_find_hashed(l, source, hash);

	if (s == NULL)
		return ledger_add(l, source, hash, login, at_us);
	ledger_touch(l, s, at_us);
	return s;
}

void ledger_touch(struct ledger *l, struct ledger_source *s, int64_t at_us)
{
	end_episodes(s, at_us);
	s->used_us = at_us;
	unlink_use(l, s);
	link_newest(l, s);
}

size_t ledger_forget(struct ledger *l, int64_t before_us)
{
	size_t n = 0;

	for (struct ledger_source *s = l->oldest, *next; s != NULL && s->used_us < before_us;
		s = next) {
		next = s->newer;
		remove_source(l, s);
		n++;
	}
	return n;
}

struct ledger_source *ledger_first(const struct ledger *l)
{
	return l->oldest;
}

struct ledger_source *ledger_next(const struct ledger_source *s)
{
	return s->newer;
}

struct ledger_source *ledger_last(const struct ledger *l)
{
	return l->newest;
}

struct ledger_source *ledger_before(const struct ledger_source *s)
{
	return s->older;
}

size_t ledger_count(const struct ledger *l)
{
	return l->count;
}

uint64_t ledger_messages(const struct ledger *l)
{
	uint64_t n = 0;

	for (const struct ledger_source *s = l->oldest; s != NULL; s = s->newer)
		n += s->habit.messages;
	return n;
}

size_t ledger_active(const struct ledger *l, int64_t since_us)
{
	size_t n = 0;

	for (const struct ledger_source *s = l->oldest; s != NULL; s = s->newer)
		n += s->last_us >= since_us;
	return n;
}

/* An episode takes more memory than all the past of a quiet source. Sources stand in the order of
 * their use, so only those at the border between quiet and over are looked at. */
void ledger_sweep(struct ledger *l, int64_t at_us)
{
	struct ledger_source *s = l->swept != NULL ? l->swept->newer : l->oldest;

	while (s != NULL && at_us - s->used_us > OVER_US) {
		end_episodes(s, at_us);
		l->swept = s;
		s = s->newer;
	}
}

/* ---- messages whose outcomes are waited for ---- */

_Static_assert(EPISODES == 2, "one bit says which");
_Static_assert(MESSAGE_BITS == (1u << MESSAGE_BITS_COUNT) - 1, "places do not depend on them");

static uint64_t owner_of(const struct ledger_source *s, unsigned bits)
{
	return (s->hash & ~(uint64_t)MESSAGE_BITS) | (bits & MESSAGE_BITS);
}

static bool is_owner(const struct ledger_source *s, const struct message_record *m)
{
	return (s->hash | MESSAGE_BITS) == (m->owner | MESSAGE_BITS);
}

static uint64_t id_hash(struct slice id)
{
	return hash_bytes(id.at, id.len) | 1;
}

static struct message_record *message_places(const struct ledger *l, uint64_t id)
{
	return &l->messages[(id >> 8) % (l->message_room / WAYS) * WAYS];
}

const struct message_record *ledger_find_message(const struct ledger *l, struct slice id)
{
	uint64_t hash = id_hash(id);
	const struct message_record *places = message_places(l, hash);

	for (size_t i = 0; id.len > 0 && i < WAYS; i++)
		if (places[i].id == hash)
			return &places[i];
	return NULL;
}

bool ledger_has_message(const struct ledger *l, struct slice id)
{
	return ledger_find_message(l, id) != NULL;
}

/* The oldest of those in the same places goes. */
void ledger_keep_message(
	struct ledger *l, struct slice id, struct ledger_source *s, unsigned episode)
{
	uint64_t hash = id_hash(id);
	struct message_record *places = message_places(l, hash);

	if (id.len == 0)
		return;
	for (size_t i = WAYS - 1; i > 0; i--)
		places[i] = places[i - 1];
	places[0] = (struct message_record){hash, owner_of(s, episode)};
}

/* A record may outlive its source. */
struct ledger_source *ledger_source_of(const struct ledger *l, const struct message_record *m)
{
	struct ledger_source *s = *place_of(l, m->owner);

	while (s != NULL && !is_owner(s, m))
		s = s->chain;
	return s;
}

/* What becomes of its messages of before says nothing any more. */
void ledger_forget_messages(struct ledger *l, const struct ledger_source *s)
{
	for (size_t i = 0; i < l->message_room; i++)
		if (is_owner(s, &l->messages[i]))
			l->messages[i] = (struct message_record){0};
}

void ledger_put_message(
	struct ledger *l, size_t at, uint64_t id, const struct ledger_source *s, unsigned bits)
{
	l->messages[at] = (struct message_record){id, owner_of(s, bits)};
}

bool ledger_mark_message(struct ledger *l, const struct message_record *m, unsigned bit)
{
	struct message_record *record = &l->messages[m - l->messages];
	bool is_new = (record->owner & bit) == 0;

	record->owner |= bit;
	return is_new;
}

/* ---- size ---- */

size_t ledger_source_bytes(const struct ledger_source *s)
{
	size_t bytes = sizeof(*s) + s->name_len + 1u + habit_bytes(&s->habit) +
		       (s->days != NULL ? sizeof(*s->days) : 0);

	for (size_t i = 0; i < EPISODES; i++)
		bytes += s->episodes[i] != NULL ? episode_bytes(s->episodes[i]) : 0;
	return bytes;
}

size_t ledger_bytes(const struct ledger *l)
{
	size_t bytes = sizeof(*l) + l->room * sizeof(struct ledger_source *) +
		       l->message_room * sizeof(*l->messages) + surroundings_bytes(l->around) +
		       l->hosted.room * sizeof(*l->hosted.places) + pace_bytes(l->pace);

	for (const struct ledger_source *s = l->oldest; s != NULL; s = s->newer)
		bytes += ledger_source_bytes(s);
	return bytes;
}

double ledger_age_days(const struct ledger *l, int64_t at_us)
{
	return (double)(at_us - l->first_us) / (double)LEDGER_DAY_US;
}
