#include "facts/ledger_parts.h"

#include "base/printable.h"
#include "formats/links.h"

#define KNOWN_DAYS   2u /* earlier days on which a network was used, to be a known one */
#define YOUNG_DAYS   4u /* of activity, in which one earlier day must do */
#define FIRST_MOST   3u /* messages within which a source has no past */
#define POPULAR_DAYS 3
#define TEXT_LEAST   4u /* hashes of a text that says anything */

/* ---- what is new about a message ---- */

bool ledger_find_network(struct ledger *l, struct slice client, struct network *ret)
{
	struct address address;

	if (address_parse(client, &address) < 0 || address_is_near(&address))
		return false;
	*ret = networks_find(l->networks, &address);
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

void ledger_look_network(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	l->network = (struct network){0};
	ret->country_share = 1;
	if (s->kind != SOURCE_MAILBOX || !ledger_find_network(l, ret->fact->client, &l->network))
		return;
	ret->network = network_novelty(l, s, ret->fact->at_us);
	if (l->network.country != 0)
		ret->country_share = surroundings_country_share(l->around, l->network.country);
}

static bool is_colleague(
	const struct ledger *l, const struct customer *c, struct slice address, uint64_t hash)
{
	return known_set_has(&c->known, hash) ||
	       ledger_hosted(l, ledger_domain(address)) == HOSTED_YES;
}

/* Counts one recipient as known, a colleague or a stranger; hash: of the address. */
static void count_recipient(const struct ledger *l, const struct ledger_source *s,
	const struct customer *c, struct slice address, uint64_t hash, struct sighting *ret)
{
	if (known_set_has(&s->habit.known, hash))
		ret->known++;
	else if (is_colleague(l, c, address, hash))
		ret->colleagues++;
	else
		ret->strangers++;
}

static void see_recipients(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	const struct fact *fact = ret->fact;
	const struct customer *c = surroundings_customer(l->around, s->customer);

	for (size_t i = 0; i < fact->recipient_count; i++) {
		l->recipients[i] = hash_nocase(fact->recipients[i]);
		count_recipient(l, s, c, fact->recipients[i], l->recipients[i], ret);
	}
	/* of those that were not looked at, what holds for the others */
	if (fact->recipient_total > fact->recipient_count && ret->strangers > 0)
		ret->strangers += (unsigned)(fact->recipient_total - fact->recipient_count);
}

static void see_sender(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	struct slice sender = ret->fact->sender, name = {s->name, s->name_len};
	struct slice local = slice_first(sender, slice_find_last(sender, '@'));

	l->sender = ledger_key(hash_nocase(sender));
	ret->sender_hosted = HOSTED_UNKNOWN;
	if (sender.len == 0)
		return;
	/* a local process' own login is the name that the system gives it */
	if (ret->fact->login.len > 0 && slice_equal_nocase(local, ret->fact->login)) {
		ret->sender_hosted = HOSTED_YES;
		return;
	}
	ret->sender_hosted = ledger_hosted(l, ledger_domain(sender));
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
	for (size_t i = 0; i < e->text_count && !ret->repeats; i++)
		ret->repeats = body_sketch_alike(&e->texts[i], &l->sketch);
	habitual = habit_find_text(&s->habit, &l->sketch);
	ret->is_habitual_text = habitual != NULL && habitual->first_day != s->habit.last_day;
	if (ret->strangers > 0 && ret->fact->body.at != NULL && !ret->fact->is_automatic)
		ret->text_customers = surroundings_text_others(l->around, &l->sketch, s->hash,
			s->customer, ledger_key(hash_nocase(ledger_domain(ret->fact->sender))),
			ret->fact->at_us, &ret->is_bad_text);
}

/* ---- links ---- */

void ledger_find_links(struct ledger *l, struct slice body)
{
	struct slice rest = body, host;

	l->link_count = 0;
	while (l->link_count < LEDGER_LINKS && links_next(&rest, &host)) {
		struct link_found *f = &l->links[l->link_count++];

		f->host = host;
		f->registered = links_registered(host);
		f->key = ledger_key(hash_nocase(f->registered));
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
	char host[EPISODE_WORD];

	(void)printable_text(registered, host, sizeof(host));
	episode_keep_word(&e->link_host, host);
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
	if (l->link_count == 0)
		return;
	/* a sender that was made up would vouch for its own link */
	struct slice sender = ret->sender_hosted != HOSTED_NO
				      ? links_registered(ledger_domain(ret->fact->sender))
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
		ret->is_bad_link |= link->bad_of != 0;
		ret->link_customers = others > ret->link_customers ? others : ret->link_customers;
		if (novelty > ret->link) {
			ret->link = novelty;
			strangest = f;
		}
	}
	if (strangest != NULL && ret->link >= LINK_SEEN && ret->strangers > 0)
		count_link(ret->episode, strangest);
}

static void read_text(struct ledger *l, const struct fact *fact)
{
	l->sketch = (struct body_sketch){0};
	l->link_count = 0;
	if (fact->body.at != NULL) {
		body_sketch_of(fact->body, &l->sketch);
		ledger_find_links(l, fact->body);
	} else if (fact->subject.at != NULL) {
		body_sketch_of(fact->subject, &l->sketch);
	}
}

void ledger_look_offer(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	struct slice recipient = ret->fact->recipient;

	count_recipient(l, s, surroundings_customer(l->around, s->customer), recipient,
		hash_nocase(recipient), ret);
	see_sender(l, s, ret);
}

void ledger_look_message(struct ledger *l, const struct ledger_source *s, struct sighting *ret)
{
	read_text(l, ret->fact);
	see_recipients(l, s, ret);
	see_text(l, s, ret);
	see_sender(l, s, ret);
	see_links(l, s, ret);
	ret->guesses = surroundings_guesses(
		l->around, s->hash, l->network.key, ret->fact->at_us, &ret->guesses_here);
}

bool ledger_wants_text(struct ledger *l, const struct fact *fact)
{
	const struct ledger_source *s;

	if (!ledger_is_source(fact->source))
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
	return s->kind == SOURCE_MAILBOX && ledger_find_network(l, fact->client, &l->network) &&
	       ledger_is_unfamiliar(network_novelty(l, s, fact->at_us));
}
