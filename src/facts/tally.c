#include "facts/tally.h"

#include "base/memory.h"

#include <endian.h>
#include <pthread.h>
#include <stdlib.h>

/* Each with its own lock, so that threads seldom wait for each other. */
#define SHARDS      64
#define SHARD_MAX   (TALLY_SOURCES_MAX / SHARDS)
#define SHARD_ROOM  2048 /* places of its hash table; a power of two over twice SHARD_MAX */
#define HASHES_HELD 128  /* recipients whose domains are hashed before the lock is taken */

_Static_assert(SHARD_ROOM >= 2 * SHARD_MAX, "the table must stay half empty");

struct shard {
	pthread_mutex_t lock;
	struct tally_source *places[SHARD_ROOM];
	size_t count;
	uint64_t missed; /* most messages that a source dropped so far can have had */
	struct tally_rest rest;
};

/* Queues are few: a list is searched for each new sample only. */
struct queue_name {
	struct queue_name *following;
	char text[];
};

struct tally {
	struct shard shards[SHARDS];
	pthread_mutex_t names_lock;
	struct queue_name *names;
	struct tally_source **sorted;
};

struct tally *tally_new(void)
{
	struct tally *t = memory_new(1, sizeof(*t));

	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_init(&t->shards[i].lock, NULL);
	(void)pthread_mutex_init(&t->names_lock, NULL);
	return t;
}

static void source_free(struct tally_source *s)
{
	sketch_free(&s->domains);
	sketch_free(&s->senders);
	sketch_free(&s->hosts);
	free(s->sender_domains);
	free(s->samples);
	free(s);
}

void tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		for (size_t k = 0; k < SHARD_ROOM; k++)
			if (t->shards[i].places[k] != NULL)
				source_free(t->shards[i].places[k]);
		(void)pthread_mutex_destroy(&t->shards[i].lock);
	}
	while (t->names != NULL) {
		struct queue_name *n = t->names;
		t->names = n->following;
		free(n);
	}
	(void)pthread_mutex_destroy(&t->names_lock);
	free(t->sorted);
	free(t);
}

static const char *keep_name(struct tally *t, const char *queue)
{
	(void)pthread_mutex_lock(&t->names_lock);
	struct queue_name *n = t->names;
	while (n != NULL && strcmp(n->text, queue) != 0)
		n = n->following;
	if (n == NULL) {
		n = memory_new(1, sizeof(*n) + strlen(queue) + 1);
		memcpy(n->text, queue, strlen(queue));
		n->following = t->names;
		t->names = n;
	}
	(void)pthread_mutex_unlock(&t->names_lock);
	return n->text;
}

/* ---- finding a source, and making room for one ---- */

/* The upper bits choose the place, the lower ones the shard. */
static size_t place_of(uint64_t hash)
{
	return (size_t)(hash >> 32) & (SHARD_ROOM - 1);
}

static void put(struct shard *sh, struct tally_source *s)
{
	size_t at = place_of(source_hash(&s->source));

	while (sh->places[at] != NULL)
		at = (at + 1) & (SHARD_ROOM - 1);
	sh->places[at] = s;
}

static int by_few_messages(const void *a, const void *b)
{
	const struct tally_source *x = *(struct tally_source *const *)a;
	const struct tally_source *y = *(struct tally_source *const *)b;
	return x->messages < y->messages ? -1 : x->messages > y->messages;
}

/* Drops the quarter with the fewest messages. */
static void make_room(struct shard *sh)
{
	struct tally_source *all[SHARD_MAX];
	size_t n = 0;

	for (size_t i = 0; i < SHARD_ROOM; i++) {
		if (sh->places[i] != NULL)
			all[n++] = sh->places[i];
		sh->places[i] = NULL;
	}
	qsort(all, n, sizeof(struct tally_source *), by_few_messages);
	for (size_t i = 0; i < n; i++) {
		if (i >= n / 4) {
			put(sh, all[i]);
			continue;
		}
		uint64_t had = all[i]->messages + all[i]->messages_missed_max;
		sh->missed = had > sh->missed ? had : sh->missed;
		sh->rest.sources_max++;
		sh->rest.messages += all[i]->messages;
		sh->count--;
		source_free(all[i]);
	}
}

static struct tally_source *find_or_add(
	struct shard *sh, const struct source *source, uint64_t hash)
{
	size_t at = place_of(hash);

	for (; sh->places[at] != NULL; at = (at + 1) & (SHARD_ROOM - 1))
		if (source_equal(&sh->places[at]->source, source))
			return sh->places[at];
	if (sh->count == SHARD_MAX)
		make_room(sh);

	struct tally_source *s = memory_new(1, sizeof(*s));
	s->source = *source;
	s->messages_missed_max = sh->missed;
	put(sh, s);
	sh->count++;
	return s;
}

/* ---- the histogram over time ---- */

static int64_t floor_to(int64_t value, int64_t width)
{
	int64_t rest = value % width;
	return value - (rest < 0 ? rest + width : rest);
}

/* Widens and shifts the buckets until `at` falls into one. */
static void reach(struct tally_source *s, int64_t at)
{
	int64_t low = at < s->first ? at : s->first, high = at > s->last ? at : s->last;
	int64_t width = s->bucket_width;
	uint32_t moved[TALLY_BUCKETS] = {0};

	while (floor_to(high, width) - floor_to(low, width) >= TALLY_BUCKETS * width)
		width *= 2;
	int64_t start = floor_to(low, width);
	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		int64_t second = s->bucket_start + (int64_t)i * s->bucket_width;
		if (s->buckets[i] > 0)
			moved[(second - start) / width] += s->buckets[i];
	}
	memcpy(s->buckets, moved, sizeof(moved));
	s->bucket_start = start;
	s->bucket_width = width;
}

static void add_time(struct tally_source *s, int64_t at, size_t recipients)
{
	if (s->messages == 0) {
		s->first = s->last = s->bucket_start = at;
		s->bucket_width = 1;
	}
	int64_t end = s->bucket_start + TALLY_BUCKETS * s->bucket_width;
	if (at < s->bucket_start || at >= end)
		reach(s, at);
	s->buckets[(at - s->bucket_start) / s->bucket_width] += (uint32_t)recipients;
	s->first = at < s->first ? at : s->first;
	s->last = at > s->last ? at : s->last;
}

int64_t tally_busiest_span(const struct tally_source *s, double share)
{
	uint64_t total = 0, sum = 0;
	size_t best = TALLY_BUCKETS, from = 0;

	for (size_t i = 0; i < TALLY_BUCKETS; i++)
		total += s->buckets[i];
	for (size_t to = 0; to < TALLY_BUCKETS; to++) {
		sum += s->buckets[to];
		while (from < to && (double)(sum - s->buckets[from]) >= share * (double)total)
			sum -= s->buckets[from++];
		if ((double)sum >= share * (double)total && to - from + 1 < best)
			best = to - from + 1;
	}
	int64_t span = (int64_t)best * s->bucket_width, all = s->last - s->first + 1;
	return span < all ? span : all;
}

/* ---- one message ---- */

/* Mixes the id's bytes with fixed numbers: the same queue gives the same sample every time. */
static uint64_t rank_of(const char *id)
{
	uint64_t h = 0x9e3779b97f4a7c15u;

	for (; *id != '\0'; id++) {
		h = (h ^ (unsigned char)*id) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h;
}

static struct tally_sample *last_sample(const struct tally_source *s)
{
	struct tally_sample *last = &s->samples[0];

	for (size_t i = 1; i < s->sample_count; i++)
		if (s->samples[i].rank > last->rank)
			last = &s->samples[i];
	return last;
}

static struct tally_sample *place_for_sample(struct tally_source *s, uint64_t rank)
{
	size_t n = s->sample_count;

	if (n == TALLY_SAMPLES)
		return rank < s->sample_last ? last_sample(s) : NULL;
	if ((n & (n - 1)) == 0) /* 0, 1, 2, 4, …: the room was full */
		s->samples = memory_grow(s->samples, n == 0 ? 1 : n * 2, sizeof(*s->samples));
	s->sample_count++;
	return &s->samples[n];
}

static void add_sample(struct tally *t, struct tally_source *s, const struct queued *q)
{
	uint64_t rank = rank_of(q->id);
	struct tally_sample *sample = place_for_sample(s, rank);

	if (sample == NULL)
		return;
	*sample = (struct tally_sample){.rank = rank, .queue = keep_name(t, q->queue)};
	(void)strncpy(sample->id, q->id, sizeof(sample->id) - 1);
	if (s->sample_count == TALLY_SAMPLES)
		s->sample_last = last_sample(s)->rank;
}

/* What stands behind the last '@'; empty, but never NULL, when nothing does. */
static struct slice domain_of(struct slice address)
{
	struct slice domain = slice_after(address, slice_find_last(address, '@') + 1);

	return domain.at != NULL ? domain : slice_of("");
}

static bool is_domain(const struct tally_domain *d, struct slice name)
{
	return slice_equal_nocase((struct slice){d->name, d->len}, name);
}

static void add_sender_domain(struct tally_source *s, struct slice sender)
{
	struct slice domain = slice_first(domain_of(sender), TALLY_DOMAIN_MAX);

	for (size_t i = 0; i < s->sender_domain_count; i++)
		if (is_domain(&s->sender_domains[i], domain)) {
			s->sender_domains[i].messages++;
			return;
		}
	if (s->sender_domain_count == TALLY_SENDERS) {
		s->other_sender_messages++;
		return;
	}
	s->sender_domains = memory_grow(
		s->sender_domains, s->sender_domain_count + 1, sizeof(*s->sender_domains));
	struct tally_domain *d = &s->sender_domains[s->sender_domain_count++];
	*d = (struct tally_domain){.messages = 1, .len = (uint8_t)domain.len};
	for (size_t i = 0; i < domain.len; i++)
		d->name[i] = slice_lower(domain.at[i]);
}

/* The first eight bytes as a number that orders as they do. */
static uint64_t prefix_of(struct slice s)
{
	uint64_t prefix;

	memcpy(&prefix, s.at, sizeof(prefix));
	return be64toh(prefix);
}

/* Whether a stands before b in the order of bytes, or is the same. */
static bool stands_before(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	if (n >= sizeof(uint64_t)) {
		uint64_t x = prefix_of(a), y = prefix_of(b);
		if (x != y)
			return x < y;
	}
	int cmp = n > 0 ? memcmp(a.at, b.at, n) : 0;
	return cmp < 0 || (cmp == 0 && a.len <= b.len);
}

/* Neighbours in one message that stand in alphabetical order, and those that do not. */
static void count_order(const struct queued *q, uint64_t *ret_ordered, uint64_t *ret_unordered)
{
	uint64_t ordered = 0;

	for (size_t i = 1; i < q->recipient_count; i++)
		ordered += stands_before(q->recipients[i - 1], q->recipients[i]);
	*ret_ordered = ordered;
	*ret_unordered = q->recipient_count > 0 ? q->recipient_count - 1 - ordered : 0;
}

static void count_message(struct tally *t, struct tally_source *s, const struct queued *q)
{
	add_time(s, q->received, q->recipient_count);
	s->messages++;
	s->recipients += q->recipient_count;
	s->delivered += q->delivered_count;
	s->frozen += q->frozen;
	s->damaged += q->damaged;
	s->bounces += q->bounce;
	if (q->sender.len > 0)
		add_sender_domain(s, q->sender);
	add_sample(t, s, q);
}

/* Spares the sketch what was just counted: most mail goes to few domains. */
static bool is_news(struct tally_source *s, uint64_t hash)
{
	uint32_t *seen = &s->domains_seen[hash % TALLY_RECENT], mark = (uint32_t)(hash >> 32);

	if (*seen == mark && mark != 0)
		return false;
	*seen = mark;
	return true;
}

/* Up to HASHES_HELD of them: the memory for all is fetched before any is counted. */
static void add_domains(struct tally_source *s, uint64_t *hashes, size_t count)
{
	size_t news = 0;

	for (size_t i = 0; i < count; i++)
		if (is_news(s, hashes[i])) {
			sketch_fetch(&s->domains, hashes[i]);
			hashes[news++] = hashes[i];
		}
	for (size_t i = 0; i < news; i++)
		sketch_add(&s->domains, hashes[i]);
}

static size_t hash_domains(const struct queued *q, size_t from, uint64_t hashes[HASHES_HELD])
{
	size_t n = 0;

	while (n < HASHES_HELD && from + n < q->recipient_count) {
		hashes[n] = hash_nocase(q->domains[from + n]);
		n++;
	}
	return n;
}

/* The memory that counting will need, on its way while the recipients are hashed. */
static void fetch(const struct tally_source *s, uint64_t sender, uint64_t host)
{
	__builtin_prefetch(&s->messages, 1);
	__builtin_prefetch(s->domains_seen, 1);
	__builtin_prefetch(s->domains_seen + TALLY_RECENT / 2, 1);
	__builtin_prefetch(&s->sample_last, 1);
	__builtin_prefetch(s->sender_domains, 1);
	sketch_fetch(&s->senders, sender);
	sketch_fetch(&s->hosts, host);
}

void tally_add(struct tally *t, const struct queued *q)
{
	uint64_t hash = source_hash(&q->source), hashes[HASHES_HELD];
	uint64_t sender = hash_nocase(q->sender), host = hash_nocase(q->host);
	uint64_t ordered, unordered;
	struct shard *sh = &t->shards[hash % SHARDS];

	(void)pthread_mutex_lock(&sh->lock);
	struct tally_source *s = find_or_add(sh, &q->source, hash);
	fetch(s, sender, host);
	count_order(q, &ordered, &unordered);
	size_t counted = 0, held = hash_domains(q, 0, hashes);
	count_message(t, s, q);
	s->ordered += ordered;
	s->unordered += unordered;
	if (q->sender.len > 0)
		sketch_add(&s->senders, sender);
	if (q->host.len > 0)
		sketch_add(&s->hosts, host);
	for (; held > 0; held = hash_domains(q, counted, hashes)) {
		add_domains(s, hashes, held);
		counted += held;
	}
	(void)pthread_mutex_unlock(&sh->lock);
}

static int by_many_messages(const void *a, const void *b)
{
	const struct tally_source *x = *(struct tally_source *const *)a;
	const struct tally_source *y = *(struct tally_source *const *)b;

	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	if (x->source.kind != y->source.kind)
		return x->source.kind < y->source.kind ? -1 : 1;
	return strcmp(x->source.name, y->source.name);
}

struct tally_source **tally_sources(struct tally *t, size_t *ret_count)
{
	size_t n = 0;

	free(t->sorted);
	t->sorted = memory_new((size_t)SHARDS * SHARD_MAX, sizeof(struct tally_source *));
	for (size_t i = 0; i < SHARDS; i++)
		for (size_t k = 0; k < SHARD_ROOM; k++)
			if (t->shards[i].places[k] != NULL)
				t->sorted[n++] = t->shards[i].places[k];
	qsort(t->sorted, n, sizeof(struct tally_source *), by_many_messages);
	*ret_count = n;
	return t->sorted;
}

struct tally_rest tally_rest(const struct tally *t)
{
	struct tally_rest sum = {0};

	for (size_t i = 0; i < SHARDS; i++) {
		sum.sources_max += t->shards[i].rest.sources_max;
		sum.messages += t->shards[i].rest.messages;
	}
	return sum;
}
