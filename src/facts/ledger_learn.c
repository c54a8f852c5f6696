#include "facts/ledger_parts.h"

#include "base/memory.h"
#include "base/printable.h"

/* ---- what was seen becomes the past ---- */

/* Of what is sent from networks that the source is not known in, nothing is its habit. */
static void learn_habits(struct ledger *l, struct habit *h, const struct sighting *seen)
{
	const struct fact *fact = seen->fact;

	habit_count_strangers(h, seen->strangers);
	habit_count_hour(h, (unsigned)(fact->at_us / LEDGER_HOUR_US % 24));
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
	bool unfamiliar = ledger_is_unfamiliar(seen->network);
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

struct episode *ledger_episode(struct ledger_source *s, unsigned which, int64_t at_us)
{
	struct episode *e = s->episodes[which];
	int64_t quiet = s->contained_us != 0 ? EPISODE_CONTAINED_US : EPISODE_QUIET_US;

	if (e == NULL)
		e = s->episodes[which] = memory_new(1, sizeof(*e));
	else if (at_us - episode_latest(e) > quiet)
		episode_clear(e);
	episode_fade(e, at_us);
	return e;
}

void ledger_count_offer(struct episode *e, int64_t at_us)
{
	unsigned before = episode_offered(e, at_us);

	e->offered = (uint16_t)(before < UINT16_MAX ? before + 1 : before);
	e->offered_us = at_us;
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
	e->offered = (uint16_t)(e->offered > seen->strangers ? e->offered - seen->strangers : 0);
	e->day_strangers = (uint16_t)(today < UINT16_MAX ? today : UINT16_MAX);
	if (seen->strangers == 0)
		return;
	e->to_strangers++;
	e->stranger_messages += ledger_one_if(sighting_only_strangers(seen));
	e->repeated += ledger_one_if(seen->repeats);
	e->new_senders += ledger_one_if(seen->new_sender);
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
	char text[EPISODE_WORD];

	if (seen->network == NETWORK_SILENT || seen->network == NETWORK_KNOWN)
		return;
	if (seen->network == NETWORK_NEW || seen->network == NETWORK_NEW_COUNTRY)
		e->networks_seen[e->networks++ % EPISODE_NETWORKS] = l->network.key;
	if (seen->network != NETWORK_YOUNG && address_parse(seen->fact->client, &address) == 0)
		episode_keep_word(&e->network_text, networks_text(l->networks, &address, text));
}

static void add_to_episode(struct ledger *l, struct episode *e, const struct sighting *seen)
{
	uint16_t day = fact_day(seen->fact->at_us);

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
	if (seen->has_text && !seen->repeats)
		episode_keep_text(e, &l->sketch);
}

struct episode *ledger_worst_episode(const struct ledger_source *s)
{
	struct episode *a = s->episodes[EPISODE_FAMILIAR], *b = s->episodes[EPISODE_UNFAMILIAR];

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	return a->score > b->score ? a : b;
}

struct episode *ledger_latest_episode(const struct ledger_source *s)
{
	struct episode *a = s->episodes[EPISODE_FAMILIAR], *b = s->episodes[EPISODE_UNFAMILIAR];

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	return a->last_us > b->last_us ? a : b;
}

void ledger_set_source(struct sighting *seen, struct ledger_source *s, struct episode *e)
{
	seen->source = s;
	seen->habit = &s->habit;
	seen->episode = e;
	seen->source_kind = s->kind;
	seen->source_name = s->name;
}

void ledger_use_links(struct ledger *l, struct ledger_source *s, const struct sighting *seen)
{
	uint16_t day = fact_day(seen->fact->at_us);

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
		if (!ledger_is_unfamiliar(seen->network))
			habit_use(&s->habit, HABIT_LINK, l->links[i].key);
	}
}

void ledger_learn(
	struct ledger *l, struct ledger_source *s, const struct sighting *seen, bool new_day)
{
	const struct fact *fact = seen->fact;

	ledger_use_links(l, s, seen);
	learn_message(l, s, seen, new_day);
	add_to_episode(l, seen->episode, seen);
	if (seen->has_text && seen->strangers > 0 && fact->body.at != NULL && !fact->is_automatic)
		surroundings_add_text(l->around, &l->sketch, s->hash, s->customer,
			ledger_key(hash_nocase(ledger_domain(fact->sender))), fact->at_us);
}
