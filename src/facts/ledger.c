#include "facts/ledger.h"

#include "base/codec.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/sketch.h"
#include "facts/hosted_domains.h"
#include "facts/surroundings.h"
#include "formats/links.h"

#include <errno.h>
#include <stdlib.h>

#define HOUR_US      INT64_C(3600000000)
#define DAY_US       (24 * HOUR_US)
#define KNOWN_DAYS   2u /* earlier days on which a network was used, to be a known one */
#define YOUNG_DAYS   4u /* of activity, in which one earlier day must do */
#define FIRST_MOST   3u /* messages within which a source has no past */
#define POPULAR_DAYS 3
#define LINKS_LOOKED 16u /* of one message */
#define TEXT_LEAST   4u  /* hashes of a text that says anything */
#define BOUNCED_MOST 10u /* recipients named in one bounce */
#define WRITERS_MOST 32u /* recipients of a message from outside */
#define WAYS         4u  /* places in which a message may lie */
#define CROWD        16u /* sources looked at when one must go */

struct message_record {
	uint64_t id; /* 0: free */
	struct ledger_source *source;
	uint64_t source_hash;
	uint8_t episode;
};

struct link_found {
	struct slice host, registered;
	uint32_t key;
};

struct ledger {
	size_t sources_max;
	struct ledger_source **table;
	size_t room, count;
	size_t swept; /* place of the table */
	struct ledger_source *oldest, *newest;
	struct message_record *messages;
	size_t message_room;
	struct hosted_domains hosted;
	struct networks *networks;
	struct surroundings *around;
	int64_t first_us;

	/* of the fact in hand */
	uint64_t recipients[FACT_RECIPIENTS_MAX]; /* hashes */
	struct link_found links[LINKS_LOOKED];
	size_t link_count;
	struct body_sketch sketch;
	struct network network;
	uint32_t client, sender; /* keys */
};

static float one_if(bool it_is)
{
	return it_is ? 1.0F : 0.0F;
}

/* Keys of 32 bits from hashes of 64; never 0. */
static uint32_t key_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

static size_t power_above(size_t n)
{
	size_t p = 16;

	while (p < n)
		p *= 2;
	return p;
}

struct ledger *ledger_new(size_t sources_max, size_t messages_max)
{
	struct ledger *l = memory_new(1, sizeof(*l));

	l->sources_max = sources_max;
	l->room = 1024;
	l->table = memory_new(l->room, sizeof(struct ledger_source *));
	l->message_room = power_above(messages_max);
	l->messages = memory_new(l->message_room, sizeof(*l->messages));
	l->around = surroundings_new();
	return l;
}

static void source_free(struct ledger_source *s)
{
	habit_free(&s->habit);
	for (size_t i = 0; i < EPISODES; i++)
		free(s->episodes[i]);
	free(s->name);
	free(s);
}

void ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	for (struct ledger_source *s = l->oldest, *next; s != NULL; s = next) {
		next = s->newer;
		source_free(s);
	}
	hosted_domains_free(&l->hosted);
	surroundings_free(l->around);
	free(l->table);
	free(l->messages);
	free(l);
}

void ledger_set_networks(struct ledger *l, struct networks *networks)
{
	l->networks = networks;
}

void ledger_set_hosted(struct ledger *l, struct slice domain, enum hosted hosted)
{
	hosted_domains_set(&l->hosted, domain, hosted);
}

void ledger_hosted_complete(struct ledger *l)
{
	l->hosted.is_complete = true;
}

enum hosted ledger_hosted(const struct ledger *l, struct slice domain)
{
	return hosted_domains_find(&l->hosted, domain);
}

static struct slice domain_of(struct slice address)
{
	return slice_after(address, slice_find_last(address, '@') + 1);
}

/* ---- sources ---- */

static void unlink_use(struct ledger *l, struct ledger_source *s)
{
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
	return &l->table[hash & (l->room - 1)];
}

static void remove_source(struct ledger *l, struct ledger_source *s)
{
	struct ledger_source **at = place_of(l, s->hash);

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	unlink_use(l, s);
	l->count--;
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
	remove_source(l, least != NULL ? least : l->oldest);
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

static struct ledger_source *find_source(
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
	return find_source(l, source, source_hash(source));
}

/* All mailboxes of a domain are one customer's, and so are all scripts of a login. */
static uint32_t customer_of(const struct source *source, struct slice login)
{
	struct slice name = {source->name, source->len};

	if (source->kind == SOURCE_MAILBOX && slice_find(name, '@') < name.len)
		return key_of(hash_nocase(domain_of(name)));
	if (source->kind == SOURCE_SCRIPT && login.len > 0)
		return key_of(hash_nocase(login) + 1);
	return key_of(source_hash(source));
}

static struct ledger_source *add_source(struct ledger *l, const struct source *source,
	uint64_t hash, struct slice login, int64_t at_us)
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
	s->first_us = at_us;
	at = place_of(l, hash);
	s->chain = *at;
	*at = s;
	link_newest(l, s);
	l->count++;
	return s;
}

static struct ledger_source *get_source(
	struct ledger *l, const struct source *source, struct slice login, int64_t at_us)
{
	uint64_t hash = source_hash(source);
	struct ledger_source *s = find_source(l, source, hash);

	if (s == NULL)
		return add_source(l, source, hash, login, at_us);
	unlink_use(l, s);
	link_newest(l, s);
	return s;
}

struct ledger_source *ledger_first(const struct ledger *l)
{
	return l->oldest;
}

struct ledger_source *ledger_next(const struct ledger_source *s)
{
	return s->newer;
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

/* An episode that is long over takes more memory than all the past of a quiet source: with each
 * message, one place of the table is looked over. A day later no outcome of it is waited for. */
static void sweep(struct ledger *l, int64_t at_us)
{
	l->swept = (l->swept + 1) & (l->room - 1);
	for (struct ledger_source *s = l->table[l->swept]; s != NULL; s = s->chain)
		for (size_t i = 0; i < EPISODES; i++) {
			struct episode *e = s->episodes[i];

			if (e == NULL || at_us - e->last_us <= EPISODE_QUIET_US + DAY_US)
				continue;
			free(e);
			s->episodes[i] = NULL;
		}
}

/* ---- messages whose outcomes are waited for ---- */

static uint64_t id_hash(struct slice id)
{
	return hash_bytes(id.at, id.len) | 1;
}

static struct message_record *message_places(const struct ledger *l, uint64_t id)
{
	return &l->messages[(id >> 8) % (l->message_room / WAYS) * WAYS];
}

static const struct message_record *find_message(const struct ledger *l, struct slice id)
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
	return find_message(l, id) != NULL;
}

/* The oldest of those in the same places goes. */
static void keep_message(
	struct ledger *l, struct slice id, struct ledger_source *s, unsigned episode)
{
	uint64_t hash = id_hash(id);
	struct message_record *places = message_places(l, hash);

	if (id.len == 0)
		return;
	memmove(places + 1, places, (WAYS - 1) * sizeof(*places));
	places[0] = (struct message_record){hash, s, s->hash, (uint8_t)episode};
}

/* A record may outlive its source. */
static struct ledger_source *source_of(const struct ledger *l, const struct message_record *m)
{
	struct ledger_source *s = *place_of(l, m->source_hash);

	while (s != NULL && (s != m->source || s->hash != m->source_hash))
		s = s->chain;
	return s;
}

/* ---- what is new about a message ---- */

static uint16_t day_of(int64_t at_us)
{
	return at_us > 0 ? (uint16_t)(at_us / DAY_US) : 0;
}

static bool find_network(
	struct ledger *l, struct slice client, struct address *ret_address, struct network *ret)
{
	if (address_parse(client, ret_address) < 0 || address_is_near(ret_address))
		return false;
	*ret = networks_find(l->networks, ret_address);
	return true;
}

static bool was_seen_lately(const struct episode *e, uint32_t network, int64_t at_us)
{
	if (e == NULL || at_us - e->last_us > EPISODE_QUIET_US)
		return false;
	for (size_t i = 0; i < EPISODE_NETWORKS; i++)
		if (e->networks_seen[i] == network)
			return true;
	return false;
}

static enum network_novelty network_novelty(
	struct ledger *l, const struct ledger_source *s, int64_t at_us)
{
	const struct habit *h = &s->habit;
	uint32_t network = l->network.key, country = l->network.country;
	unsigned days = habit_days(h, HABIT_NETWORK, network);

	if (days >= KNOWN_DAYS || (days > 0 && h->active_days <= YOUNG_DAYS))
		return NETWORK_KNOWN;
	if (habit_has(h, HABIT_NETWORK, network) ||
		was_seen_lately(s->episodes[EPISODE_UNFAMILIAR], network, at_us))
		return NETWORK_YOUNG;
	if (h->messages < FIRST_MOST)
		return NETWORK_FIRST;
	if (customer_network_days(surroundings_customer(l->around, s->customer), network) >
		KNOWN_DAYS)
		return NETWORK_COLLEAGUES;
	return country == 0 || habit_days(h, HABIT_COUNTRY, country) >= KNOWN_DAYS
		       ? NETWORK_NEW
		       : NETWORK_NEW_COUNTRY;
}

static void see_network(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	struct address address;

	l->network = (struct network){0};
	ret->country_share = 1;
	if (s->kind != SOURCE_MAILBOX || !find_network(l, ret->fact->client, &address, &l->network))
		return;
	ret->network = network_novelty(l, s, ret->fact->at_us);
	if (l->network.country != 0)
		ret->country_share = surroundings_country_share(l->around, l->network.country);
}

static bool is_unfamiliar(enum network_novelty n)
{
	return n >= NETWORK_YOUNG;
}

static bool is_colleague(
	const struct ledger *l, const struct customer *c, struct slice address, uint64_t hash)
{
	return known_set_has(&c->known, hash) || ledger_hosted(l, domain_of(address)) == HOSTED_YES;
}

static void see_recipients(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	const struct fact *fact = ret->fact;
	const struct customer *c = surroundings_customer(l->around, s->customer);

	for (size_t i = 0; i < fact->recipient_count; i++) {
		uint64_t hash = hash_nocase(fact->recipients[i]);

		l->recipients[i] = hash;
		if (known_set_has(&s->habit.known, hash))
			ret->known++;
		else if (is_colleague(l, c, fact->recipients[i], hash))
			ret->colleagues++;
		else
			ret->strangers++;
	}
	/* of those that were not looked at, what holds for the others */
	if (fact->recipient_total > fact->recipient_count && ret->strangers > 0)
		ret->strangers += (unsigned)(fact->recipient_total - fact->recipient_count);
}

static void see_sender(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	struct slice sender = ret->fact->sender, name = {s->name, s->name_len};
	struct slice local = slice_first(sender, slice_find_last(sender, '@'));

	l->sender = key_of(hash_nocase(sender));
	ret->sender_hosted = HOSTED_UNKNOWN;
	if (sender.len == 0)
		return;
	/* a local process' own login is the name that the system gives it */
	if (ret->fact->login.len > 0 && slice_equal_nocase(local, ret->fact->login)) {
		ret->sender_hosted = HOSTED_YES;
		return;
	}
	ret->sender_hosted = ledger_hosted(l, domain_of(sender));
	ret->new_sender =
		!slice_equal_nocase(sender, name) && !habit_has(&s->habit, HABIT_SENDER, l->sender);
}

static void see_text(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	const struct episode *e = ret->episode;
	const struct habit_text *habitual;

	ret->has_text = l->sketch.count >= TEXT_LEAST;
	if (!ret->has_text)
		return;
	for (size_t i = 0; i < EPISODE_TEXTS && !ret->repeats; i++)
		ret->repeats = e->texts[i].count > 0 && body_sketch_alike(&e->texts[i], &l->sketch);
	habitual = habit_find_text(&s->habit, &l->sketch);
	ret->is_habitual_text = habitual != NULL && habitual->first_day != s->habit.last_day;
	if (ret->strangers > 0 && ret->fact->body.at != NULL && !ret->fact->is_automatic)
		ret->text_customers = surroundings_text_others(l->around, &l->sketch, s->hash,
			s->customer, key_of(hash_nocase(domain_of(ret->fact->sender))),
			ret->fact->at_us, &ret->is_bad_text);
}

/* ---- links ---- */

static void find_links(struct ledger *l, struct slice body)
{
	struct slice rest = body, host;

	l->link_count = 0;
	while (l->link_count < LINKS_LOOKED && links_next(&rest, &host)) {
		struct link_found *f = &l->links[l->link_count++];

		f->host = host;
		f->registered = links_registered(host);
		f->key = key_of(hash_nocase(f->registered));
	}
}

static bool is_own_link(
	const struct ledger *l, const struct link_found *f, struct slice sender_registered)
{
	return ledger_hosted(l, f->registered) == HOSTED_YES ||
	       ledger_hosted(l, f->host) == HOSTED_YES ||
	       (sender_registered.len > 0 && slice_equal_nocase(sender_registered, f->registered));
}

static enum link_novelty link_novelty(
	const struct known_link *link, const struct ledger_source *s, uint32_t key)
{
	unsigned customers = known_link_customers(link);

	if (habit_days(&s->habit, HABIT_LINK, key) > 0)
		return LINK_HABIT;
	if (link->first_day != 0 && s->habit.last_day - link->first_day >= POPULAR_DAYS &&
		(customers == LINK_CUSTOMERS || link->came_in))
		return LINK_POPULAR;
	for (unsigned i = 0; i < customers; i++)
		if (link->customers[i] != s->customer)
			return LINK_SEEN;
	return link->came_in ? LINK_SEEN : LINK_STRANGE;
}

static void keep_link_host(struct episode *e, struct slice registered)
{
	(void)printable_text(registered, e->link_host, sizeof(e->link_host));
}

/* A link that is used over and over is the one to tell. */
static void count_link(struct episode *e, const struct link_found *f)
{
	if (e->link_uses < 1) {
		e->link_key = f->key;
		e->link_uses = 0;
		keep_link_host(e, f->registered);
	}
	e->link_uses += e->link_key == f->key ? 1 : -1;
}

static void see_links(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	/* a sender that was made up would vouch for its own link */
	struct slice sender = ret->sender_hosted != HOSTED_NO
				      ? links_registered(domain_of(ret->fact->sender))
				      : (struct slice){0};
	const struct link_found *strangest = NULL;

	for (size_t i = 0; i < l->link_count; i++) {
		const struct link_found *f = &l->links[i];
		const struct known_link *link = surroundings_link(l->around, f->key);
		enum link_novelty novelty =
			is_own_link(l, f, sender) ? LINK_OWN : link_novelty(link, s, f->key);

		if (novelty == LINK_OWN) {
			ret->link = ret->link > LINK_OWN ? ret->link : LINK_OWN;
			continue;
		}
		unsigned others = known_link_others(link, s->customer, ret->fact->at_us);
		ret->is_bad_link |= link->is_bad;
		ret->link_customers = others > ret->link_customers ? others : ret->link_customers;
		if (novelty > ret->link) {
			ret->link = novelty;
			strangest = f;
		}
	}
	if (strangest != NULL && ret->link >= LINK_SEEN && ret->strangers > 0)
		count_link(ret->episode, strangest);
}

static void use_links(struct ledger *l, struct ledger_source *s, const struct sighting *seen)
{
	uint16_t day = day_of(seen->fact->at_us);

	for (size_t i = 0; i < l->link_count; i++) {
		struct known_link *link = surroundings_link(l->around, l->links[i].key);

		if (link->first_day == 0)
			link->first_day = day;
		link->last_day = day;
		if (s == NULL) {
			link->came_in = true;
			continue;
		}
		known_link_use(link, s->customer, seen->fact->at_us, seen->strangers > 0);
		if (!is_unfamiliar(seen->network))
			habit_use(&s->habit, HABIT_LINK, l->links[i].key);
	}
}

/* ---- what was seen becomes the past ---- */

/* Of what is sent from networks that the source is not known in, nothing is its habit. */
static void learn_habits(struct ledger *l, struct habit *h, const struct sighting *seen)
{
	const struct fact *fact = seen->fact;

	habit_count_strangers(h, seen->strangers);
	habit_count_hour(h, (unsigned)(fact->at_us / HOUR_US % 24));
	habit_count(h, TRAIT_STRANGERS, sighting_only_strangers(seen));
	if (seen->has_text) {
		habit_count(h, TRAIT_REPEATED, seen->repeats && seen->strangers > 0);
		habit_use_text(h, &l->sketch);
	}
	if (seen->sender_hosted != HOSTED_UNKNOWN)
		habit_count(h, TRAIT_FOREIGN_SENDER, seen->sender_hosted == HOSTED_NO);
	habit_count(h, TRAIT_NEW_SENDER, seen->new_sender);
	if (fact->has_filter_score)
		habit_count_filter(h, fact->filter_score);
	if (seen->link != LINK_NONE)
		habit_count(h, TRAIT_STRANGE_LINK, seen->link == LINK_STRANGE);
}

/* A new network is the owner's when he writes from it to people he knows. */
static void learn_network(struct ledger *l, struct ledger_source *s, const struct sighting *seen)
{
	struct habit *h = &s->habit;

	if (seen->known + seen->colleagues == 0 && seen->network != NETWORK_FIRST)
		return;
	habit_use(h, HABIT_NETWORK, l->network.key);
	customer_use_network(
		surroundings_customer(l->around, s->customer), l->network.key, h->last_day);
	if (l->network.country != 0)
		habit_use(h, HABIT_COUNTRY, l->network.country);
}

/* Days are counted, not messages: one journey is one. */
static void count_network_day(
	struct ledger *l, struct ledger_source *s, const struct sighting *seen, bool new_day)
{
	struct habit *h = &s->habit;
	bool is_new = seen->network == NETWORK_COLLEAGUES || seen->network >= NETWORK_NEW;

	if (new_day) {
		habit_count(h, TRAIT_NEW_NETWORK, is_new);
		habit_count(h, TRAIT_NEW_COUNTRY, seen->network == NETWORK_NEW_COUNTRY);
		if (l->network.country != 0)
			surroundings_count_country(l->around, l->network.country);
		return;
	}
	if (is_new && h->today[TRAIT_NEW_NETWORK].all > 0)
		h->today[TRAIT_NEW_NETWORK].yes = 1;
	if (seen->network == NETWORK_NEW_COUNTRY && h->today[TRAIT_NEW_COUNTRY].all > 0)
		h->today[TRAIT_NEW_COUNTRY].yes = 1;
}

static void learn_message(
	struct ledger *l, struct ledger_source *s, const struct sighting *seen, bool new_day)
{
	struct habit *h = &s->habit;
	bool unfamiliar = is_unfamiliar(seen->network);
	struct customer *c = surroundings_customer(l->around, s->customer);

	h->messages++;
	if (!unfamiliar)
		learn_habits(l, h, seen);
	if (l->network.key != 0) {
		count_network_day(l, s, seen, new_day);
		learn_network(l, s, seen);
	}
	if (seen->fact->sender.len > 0)
		habit_use(h, HABIT_SENDER, l->sender);
	for (size_t i = 0; i < seen->fact->recipient_count; i++) {
		(void)known_set_add(&h->known, l->recipients[i]);
		if (!unfamiliar)
			(void)known_set_add(&c->known, l->recipients[i]);
	}
}

/* ---- the episode ---- */

static struct episode *get_episode(struct ledger_source *s, unsigned which, int64_t at_us)
{
	struct episode *e = s->episodes[which];
	int64_t quiet = s->contained_us != 0 ? EPISODE_CONTAINED_US : EPISODE_QUIET_US;

	if (e == NULL)
		e = s->episodes[which] = memory_new(1, sizeof(*e));
	else if (at_us - e->last_us > quiet)
		*e = (struct episode){0};
	episode_fade(e, at_us);
	return e;
}

static void keep_id(char at[EPISODE_ID_MAX], struct slice id)
{
	size_t len = id.len < EPISODE_ID_MAX - 1 ? id.len : EPISODE_ID_MAX - 1;

	if (len > 0)
		memcpy(at, id.at, len);
	at[len] = '\0';
}

static void keep_example(struct episode *e, struct slice id)
{
	memmove(e->ids[1], e->ids[0], sizeof(e->ids) - sizeof(e->ids[0]));
	keep_id(e->ids[0], id);
}

/* Lists are sent in the order in which they were bought. */
static void count_order(struct episode *e, const struct fact *fact)
{
	uint64_t prefix = 0;

	if (fact->recipient_count != 1)
		return;
	for (size_t i = 0; i < 8; i++)
		prefix = prefix << 8 |
			 (i < fact->recipients[0].len
					 ? (unsigned char)slice_lower(fact->recipients[0].at[i])
					 : 0u);
	if (e->last_recipient != 0 && prefix >= e->last_recipient)
		e->in_order++;
	else if (e->last_recipient != 0)
		e->out_of_order++;
	e->last_recipient = prefix;
}

static void count_strangers(struct episode *e, const struct sighting *seen)
{
	unsigned today = e->day_strangers + seen->strangers;

	e->strangers += (float)seen->strangers;
	e->day_strangers = (uint16_t)(today < UINT16_MAX ? today : UINT16_MAX);
	if (seen->strangers == 0)
		return;
	e->stranger_messages += one_if(sighting_only_strangers(seen));
	e->repeated += one_if(seen->repeats);
	e->new_senders += one_if(seen->new_sender);
	if (seen->fact->has_filter_score) {
		e->filter_sum += (float)seen->fact->filter_score;
		e->filtered++;
	}
	count_order(e, seen->fact);
	keep_example(e, seen->fact->id);
}

static void count_network(struct ledger *l, struct episode *e, const struct sighting *seen)
{
	struct address address;

	if (seen->network == NETWORK_SILENT || seen->network == NETWORK_KNOWN)
		return;
	if (seen->network == NETWORK_NEW || seen->network == NETWORK_NEW_COUNTRY)
		e->networks_seen[e->networks++ % EPISODE_NETWORKS] = l->network.key;
	if (seen->network != NETWORK_YOUNG && address_parse(seen->fact->client, &address) == 0)
		(void)networks_text(l->networks, &address, e->network_text);
}

static void add_to_episode(struct ledger *l, struct episode *e, const struct sighting *seen)
{
	uint16_t day = day_of(seen->fact->at_us);

	if (e->begun_us == 0)
		e->begun_us = seen->fact->at_us;
	e->last_us = seen->fact->at_us;
	if (day > e->day) { /* a line that comes late belongs to the day before, and counts today */
		e->day = day;
		e->day_strangers = 0;
	}
	e->messages++;
	e->has_body |= seen->fact->body.at != NULL;
	count_strangers(e, seen);
	count_network(l, e, seen);
	if (seen->has_text && !seen->repeats) {
		e->texts[e->next_text] = l->sketch;
		e->next_text = (uint8_t)((e->next_text + 1) % EPISODE_TEXTS);
	}
}

/* ---- a message that a source sent ---- */

static void read_text(struct ledger *l, const struct fact *fact)
{
	l->sketch = (struct body_sketch){0};
	l->link_count = 0;
	if (fact->body.at != NULL) {
		body_sketch_of(fact->body, &l->sketch);
		find_links(l, fact->body);
	} else if (fact->subject.at != NULL) {
		body_sketch_of(fact->subject, &l->sketch);
	}
}

static void set_source(struct sighting *seen, struct ledger_source *s, struct episode *e)
{
	seen->source = s;
	seen->habit = &s->habit;
	seen->episode = e;
	seen->source_kind = s->kind;
	seen->source_name = s->name;
}

static bool note_sent(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	sweep(l, fact->at_us);
	struct ledger_source *s = get_source(l, fact->source, fact->login, fact->at_us);
	bool new_day = habit_turn(&s->habit, day_of(fact->at_us));

	see_network(l, s, ret);
	bool unfamiliar = is_unfamiliar(ret->network);
	set_source(ret, s, get_episode(s, unfamiliar, fact->at_us));
	ret->first_in_episode = ret->episode->messages == 0;
	read_text(l, fact);
	see_recipients(l, s, ret);
	see_text(l, s, ret);
	see_sender(l, s, ret);
	see_links(l, s, ret);
	ret->guesses = surroundings_guesses(
		l->around, s->hash, l->network.key, fact->at_us, &ret->guesses_here);

	use_links(l, s, ret);
	learn_message(l, s, ret, new_day);
	add_to_episode(l, ret->episode, ret);
	if (ret->has_text && ret->strangers > 0 && fact->body.at != NULL && !fact->is_automatic)
		surroundings_add_text(l->around, &l->sketch, s->hash, s->customer,
			key_of(hash_nocase(domain_of(fact->sender))), fact->at_us);
	keep_message(l, fact->id, s, unfamiliar);
	s->last_us = fact->at_us;
	return true;
}

static bool is_source(const struct source *s)
{
	return s != NULL && s->kind != SOURCE_BOUNCE && s->kind != SOURCE_UNKNOWN;
}

bool ledger_wants_text(struct ledger *l, const struct fact *fact)
{
	const struct ledger_source *s;
	struct address address;

	if (!is_source(fact->source))
		return false;
	s = ledger_find(l, fact->source);
	if (s == NULL || fact->recipient_total > fact->recipient_count)
		return true;
	const struct customer *c = surroundings_customer(l->around, s->customer);
	for (size_t i = 0; i < fact->recipient_count; i++) {
		uint64_t hash = hash_nocase(fact->recipients[i]);
		if (!known_set_has(&s->habit.known, hash) &&
			!is_colleague(l, c, fact->recipients[i], hash))
			return true;
	}
	return s->kind == SOURCE_MAILBOX && find_network(l, fact->client, &address, &l->network) &&
	       is_unfamiliar(network_novelty(l, s, fact->at_us));
}

/* ---- mail that comes in ---- */

/* "Final-Recipient: rfc822;a@b" of a delivery report (RFC 3464). */
static bool next_failed(struct slice *rest, struct slice *ret)
{
	static const char mark[] = "Final-Recipient: rfc822;";
	const char *found =
		rest->at != NULL ? memmem(rest->at, rest->len, mark, sizeof(mark) - 1) : NULL;
	size_t len = 0;

	if (found == NULL)
		return false;
	struct slice s = slice_after(*rest, (size_t)(found - rest->at) + sizeof(mark) - 1);
	while (s.len > 0 && s.at[0] == ' ')
		s = slice_after(s, 1);
	while (len < s.len && len < 320 && strchr(" \t\r\n;", s.at[len]) == NULL)
		len++;
	*ret = slice_first(s, len);
	*rest = slice_after(s, len);
	return true;
}

/* A mailbox of this server, whether it ever sent anything or not; NULL when it is none. */
static struct ledger_source *mailbox_of(struct ledger *l, struct slice address, int64_t at_us)
{
	struct source mailbox;

	source_set(&mailbox, SOURCE_MAILBOX, address);
	uint64_t hash = source_hash(&mailbox);
	struct ledger_source *s = find_source(l, &mailbox, hash);
	/* whoever writes to made-up addresses must not crowd out those who are there */
	if (s == NULL && l->count < l->sources_max / 2 &&
		ledger_hosted(l, domain_of(address)) == HOSTED_YES)
		s = add_source(l, &mailbox, hash, (struct slice){0}, at_us);
	return s;
}

static struct episode *latest_episode(const struct ledger_source *s)
{
	struct episode *a = s->episodes[EPISODE_FAMILIAR], *b = s->episodes[EPISODE_UNFAMILIAR];

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	return a->last_us > b->last_us ? a : b;
}

/* A bounce from elsewhere: whom the source wrote to does not exist. Bounces to mail that somebody
 * forged name people it never wrote to. */
static bool note_bounce(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	struct ledger_source *s = mailbox_of(l, fact->recipients[0], fact->at_us);
	struct episode *e = s != NULL ? latest_episode(s) : NULL;
	struct slice rest = fact->body, failed;
	unsigned n = 0;

	if (e == NULL || fact->at_us - e->last_us > DAY_US)
		return false;
	while (n < BOUNCED_MOST && next_failed(&rest, &failed)) {
		if (!known_set_has(&s->habit.known, hash_nocase(failed)))
			continue;
		e->dead++;
		e->delivered = e->delivered >= 1 ? e->delivered - 1 : e->delivered;
		habit_count(&s->habit, TRAIT_DEAD, true);
		n++;
	}
	set_source(ret, s, e);
	ret->kind = SIGHTING_OUTCOME;
	ret->is_dead = true;
	return n > 0;
}

static bool note_received(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	if (fact->body.at != NULL) {
		find_links(l, fact->body);
		use_links(l, NULL, ret);
	}
	if (fact->sender.len == 0)
		return fact->bounce_of.len == 0 && fact->recipient_count == 1 &&
		       note_bounce(l, fact, ret);

	uint64_t sender = hash_nocase(fact->sender);
	for (size_t i = 0; i < fact->recipient_count && i < WRITERS_MOST; i++) {
		struct ledger_source *s = mailbox_of(l, fact->recipients[i], fact->at_us);

		if (s == NULL || known_set_add(&s->habit.known, sender))
			continue;
		(void)known_set_add(&surroundings_customer(l->around, s->customer)->known, sender);
	}
	return false;
}

/* ---- outcomes ---- */

static bool is_dead_end(enum failure f)
{
	return f == FAILURE_USER_UNKNOWN || f == FAILURE_DOMAIN_UNKNOWN;
}

/* Whether the answer is one about this source, and not about this server. */
static bool note_answer(
	struct ledger *l, const struct fact *fact, const struct ledger_source *s, bool refused)
{
	return !surroundings_add_answer(l->around, hash_nocase(domain_of(fact->recipient)) | 1,
		s != NULL ? s->hash : 0, refused, fact->at_us);
}

static void count_outcome(struct ledger_source *s, struct episode *e, const struct sighting *seen)
{
	e->dead += one_if(seen->is_dead);
	e->delivered += one_if(seen->is_delivered);
	if (seen->is_refused) {
		e->refused++;
		(void)episode_refused_by(e, key_of(hash_nocase(domain_of(seen->fact->recipient))));
	}
	if (seen->is_dead || seen->is_delivered)
		habit_count(&s->habit, TRAIT_DEAD, seen->is_dead);
}

static bool note_outcome(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	const struct message_record *m = find_message(l, fact->id);
	struct ledger_source *s = m != NULL ? source_of(l, m) : NULL;
	bool failed = fact->kind == FACT_FAILED;
	bool refused =
		failed && (fact->failure == FAILURE_CONTENT || fact->failure == FAILURE_REPUTATION);

	/* what is sent on for somebody is not of his making */
	if (fact->is_local || fact->forwarded_for.len > 0 || fact->kind == FACT_DEFERRED)
		return false;
	ret->kind = SIGHTING_OUTCOME;
	ret->is_delivered = fact->kind == FACT_DELIVERED;
	ret->is_dead = failed && is_dead_end(fact->failure);
	if (refused || ret->is_delivered)
		ret->is_refused = note_answer(l, fact, s, refused) &&
				  fact->failure == FAILURE_CONTENT && refused;
	if (s == NULL || s->episodes[m->episode] == NULL)
		return false;
	set_source(ret, s, s->episodes[m->episode]);
	count_outcome(s, ret->episode, ret);
	return ret->is_dead || ret->is_refused || ret->is_delivered;
}

static bool note_refused(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	struct ledger_source *s = is_source(fact->source) ? ledger_find(l, fact->source) : NULL;
	struct episode *e = s != NULL ? latest_episode(s) : NULL;

	if (e == NULL || !is_dead_end(fact->failure))
		return false;
	set_source(ret, s, e);
	ret->kind = SIGHTING_OUTCOME;
	ret->is_dead = true;
	e->dead++;
	return true;
}

static bool note_score(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	const struct message_record *m = find_message(l, fact->id);
	struct ledger_source *s = m != NULL ? source_of(l, m) : NULL;
	struct episode *e = s != NULL ? s->episodes[m->episode] : NULL;

	if (e == NULL || !fact->has_filter_score)
		return false;
	e->filter_sum += (float)fact->filter_score;
	e->filtered++;
	if (m->episode == EPISODE_FAMILIAR)
		habit_count_filter(&s->habit, fact->filter_score);
	set_source(ret, s, e);
	ret->kind = SIGHTING_SCORE;
	return true;
}

static void note_login_failed(struct ledger *l, const struct fact *fact)
{
	struct source mailbox;
	struct address address;
	struct network network = {0};

	source_set(&mailbox, SOURCE_MAILBOX, fact->user);
	(void)find_network(l, fact->client, &address, &network);
	surroundings_add_guess(l->around, source_hash(&mailbox), network.key, fact->at_us);
}

bool ledger_note(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	if (l->first_us == 0)
		l->first_us = fact->at_us;
	*ret = (struct sighting){.fact = fact};
	switch (fact->kind) {
	case FACT_ACCEPTED:
		return is_source(fact->source) ? note_sent(l, fact, ret)
					       : note_received(l, fact, ret);
	case FACT_DELIVERED:
	case FACT_DEFERRED:
	case FACT_FAILED:
		return note_outcome(l, fact, ret);
	case FACT_REFUSED:
		return note_refused(l, fact, ret);
	case FACT_SCORED:
		return note_score(l, fact, ret);
	case FACT_LOGIN_FAILED:
		note_login_failed(l, fact);
		return false;
	default:
		return false;
	}
}

/* ---- what others found out about a source ---- */

void ledger_mark_bad(struct ledger *l, struct ledger_source *s, struct episode *e, int64_t at_us)
{
	s->contained_us = at_us;
	surroundings_mark_texts(l->around, s->hash, e->begun_us, true);
	if (e->link_uses > 1)
		surroundings_link(l->around, e->link_key)->is_bad = true;
	ledger_distrust_day(s);
	*e = (struct episode){.begun_us = at_us, .last_us = at_us, .day = day_of(at_us)};
}

/* What becomes of its messages of before says nothing any more. */
static void forget_messages(struct ledger *l, const struct ledger_source *s)
{
	for (size_t i = 0; i < l->message_room; i++)
		if (l->messages[i].source == s)
			l->messages[i] = (struct message_record){0};
}

void ledger_mark_honest(struct ledger *l, struct ledger_source *s, int64_t at_us)
{
	forget_messages(l, s);
	s->contained_us = 0;
	s->forgiven_us = at_us;
	s->habit.today_distrusted = false;
	surroundings_mark_texts(l->around, s->hash, 0, false);
	for (size_t i = 0; i < EPISODES; i++) {
		const struct episode *e = s->episodes[i];

		if (e != NULL && e->link_key != 0)
			surroundings_link(l->around, e->link_key)->is_bad = false;
		free(s->episodes[i]);
		s->episodes[i] = NULL;
	}
}

void ledger_distrust_day(struct ledger_source *s)
{
	s->habit.today_distrusted = true;
}

/* ---- size ---- */

size_t ledger_source_bytes(const struct ledger_source *s)
{
	size_t bytes = sizeof(*s) + s->name_len + 1u + habit_bytes(&s->habit);

	for (size_t i = 0; i < EPISODES; i++)
		bytes += s->episodes[i] != NULL ? sizeof(struct episode) : 0;
	return bytes;
}

size_t ledger_bytes(const struct ledger *l)
{
	size_t bytes = sizeof(*l) + l->room * sizeof(struct ledger_source *) +
		       l->message_room * sizeof(*l->messages) + surroundings_bytes(l->around) +
		       l->hosted.room * sizeof(*l->hosted.places);

	for (const struct ledger_source *s = l->oldest; s != NULL; s = s->newer)
		bytes += ledger_source_bytes(s);
	return bytes;
}

double ledger_age_days(const struct ledger *l, int64_t at_us)
{
	return (double)(at_us - l->first_us) / (double)DAY_US;
}

/* ---- to and from bytes ---- */

#define IMAGE_MAGIC   UINT64_C(0x7264656c68636e61) /* "anchledr" */
#define IMAGE_VERSION 1u
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

static void code_rest(struct ledger_source *s, struct codec *c)
{
	codec_u32(c, &s->customer);
	codec_i64(c, &s->first_us);
	codec_i64(c, &s->last_us);
	codec_i64(c, &s->contained_us);
	codec_i64(c, &s->forgiven_us);
	habit_code(&s->habit, c);
	code_episodes(s, c);
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
	if (c->failed || find_source(l, &name, hash) != NULL) {
		codec_fail(c);
		return;
	}
	code_rest(add_source(l, &name, hash, (struct slice){0}, 0), c);
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
		code_rest(s, c);
	}
}

static void write_messages(const struct ledger *l, struct codec *c)
{
	for (uint32_t i = 0; i < l->message_room; i++) {
		struct message_record *m = &l->messages[i];
		const struct ledger_source *s = m->id != 0 ? source_of(l, m) : NULL;

		if (s == NULL)
			continue;
		uint32_t at = i, ordinal = s->ordinal;
		codec_u32(c, &at);
		codec_u64(c, &m->id);
		codec_u32(c, &ordinal);
		codec_u8(c, &m->episode);
	}
	uint32_t end = NO_SOURCE;
	codec_u32(c, &end);
}

static void read_message(struct ledger *l, struct codec *c, uint32_t at,
	struct ledger_source *const *sources, uint32_t count)
{
	struct message_record m = {0};
	uint32_t ordinal = 0;

	codec_u64(c, &m.id);
	codec_u32(c, &ordinal);
	codec_u8(c, &m.episode);
	if (at >= l->message_room || ordinal >= count || m.episode >= EPISODES) {
		codec_fail(c);
		return;
	}
	m.source = sources[ordinal];
	m.source_hash = m.source->hash;
	l->messages[at] = m;
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
