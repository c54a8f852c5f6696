#include "facts/surroundings.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US     INT64_C(3600000000)
#define DAY_US      (24 * HOUR_US)
#define WAYS        4u /* places in which a key may lie */
#define LINKS       65536u
#define TEXTS       8192u
#define TEXT_PLACES 131072u
#define GUESSES     8192u
#define PROVIDERS   4096u
#define CUSTOMERS   16384u
#define COUNTRIES   512u

struct text_record {
	struct body_sketch sketch;
	uint64_t source;
	uint32_t customer, sender;
	int64_t at_us;
	bool is_bad;
};

/* Where a hash of a text's sketch was seen last. */
struct text_place {
	uint32_t hash, text; /* number of the text, counted on; 0: none */
};

struct guess_record {
	uint64_t source;
	double count; /* halved every half day */
	int64_t at_us;
	uint32_t networks[4];
	uint8_t next;
};

struct provider_record {
	uint64_t domain;
	double refused, answered; /* halved every hour */
	int64_t at_us;
	uint64_t sources[3]; /* that were refused lately */
	uint8_t next;
};

struct country_record {
	uint32_t key;
	double days;
};

struct surroundings {
	struct known_link links[LINKS];
	struct text_record texts[TEXTS];
	uint32_t text_count;
	struct text_place text_places[TEXT_PLACES];
	struct guess_record guesses[GUESSES];
	struct provider_record providers[PROVIDERS];
	struct customer customers[CUSTOMERS];
	struct country_record countries[COUNTRIES];
	double country_days;
};

struct surroundings *surroundings_new(void)
{
	return memory_new(1, sizeof(struct surroundings));
}

void surroundings_free(struct surroundings *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < CUSTOMERS; i++)
		known_set_free(&s->customers[i].known);
	free(s);
}

/* ---- links ---- */

struct known_link *surroundings_link(struct surroundings *s, uint32_t key)
{
	struct known_link *group = &s->links[(size_t)(key % (LINKS / WAYS)) * WAYS],
			  *oldest = group;

	for (size_t i = 0; i < WAYS; i++) {
		if (group[i].key == key)
			return &group[i];
		if (group[i].last_day < oldest->last_day)
			oldest = &group[i];
	}
	*oldest = (struct known_link){.key = key};
	return oldest;
}

void known_link_use(struct known_link *l, uint32_t customer, int64_t at_us, bool to_strangers)
{
	size_t at = 0;

	while (at < LINK_CUSTOMERS && l->customers[at] != customer && l->customers[at] != 0)
		at++;
	if (at == LINK_CUSTOMERS)
		return;
	l->customers[at] = customer;
	if (to_strangers)
		l->used_us[at] = at_us;
}

unsigned known_link_customers(const struct known_link *l)
{
	unsigned n = 0;

	while (n < LINK_CUSTOMERS && l->customers[n] != 0)
		n++;
	return n;
}

unsigned known_link_others(const struct known_link *l, uint32_t customer, int64_t at_us)
{
	unsigned n = 0;

	/* what the server has long known is used by many who have nothing to do with each other */
	if (l->came_in || l->first_day * DAY_US < at_us - SURROUNDINGS_SHARED_US)
		return 0;
	for (size_t i = 0; i < LINK_CUSTOMERS; i++)
		n += l->customers[i] != 0 && l->customers[i] != customer && l->used_us[i] != 0 &&
		     at_us - l->used_us[i] < SURROUNDINGS_SHARED_US;
	return n;
}

void surroundings_clear_links(struct surroundings *s, uint32_t source)
{
	for (size_t i = 0; i < LINKS; i++)
		if (s->links[i].bad_of == source)
			s->links[i].bad_of = 0;
}

/* ---- texts ---- */

void surroundings_add_text(struct surroundings *s, const struct body_sketch *sketch,
	uint64_t source, uint32_t customer, uint32_t sender, int64_t at_us)
{
	uint32_t number = ++s->text_count;

	s->texts[number % TEXTS] =
		(struct text_record){*sketch, source, customer, sender, at_us, false};
	for (uint32_t i = 0; i < sketch->count; i++)
		s->text_places[sketch->hashes[i] % TEXT_PLACES] =
			(struct text_place){sketch->hashes[i], number};
}

/* The text in which that hash was seen last; NULL when it is forgotten. */
static const struct text_record *text_with(
	const struct surroundings *s, uint32_t hash, uint32_t *ret_number)
{
	const struct text_place *p = &s->text_places[hash % TEXT_PLACES];

	if (p->hash != hash || p->text == 0 || s->text_count - p->text >= TEXTS)
		return NULL;
	*ret_number = p->text;
	return &s->texts[p->text % TEXTS];
}

static bool has(const uint32_t *list, unsigned count, uint32_t value)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i] == value)
			return true;
	return false;
}

unsigned surroundings_text_others(struct surroundings *s, const struct body_sketch *sketch,
	uint64_t source, uint32_t customer, uint32_t sender, int64_t at_us, bool *ret_bad)
{
	uint32_t others[CUSTOMERS_TOLD], tried[BODY_SKETCH_HASHES], number;
	unsigned n = 0, tries = 0;

	*ret_bad = false;
	for (uint32_t i = 0; i < sketch->count && n < CUSTOMERS_TOLD; i++) {
		const struct text_record *t = text_with(s, sketch->hashes[i], &number);

		if (t == NULL || at_us - t->at_us > SURROUNDINGS_SHARED_US ||
			has(tried, tries, number))
			continue;
		tried[tries++] = number;
		if (t->source == source || !body_sketch_alike(&t->sketch, sketch))
			continue;
		*ret_bad |= t->is_bad;
		if (t->customer != customer && t->sender != sender && !has(others, n, t->customer))
			others[n++] = t->customer;
	}
	return n;
}

void surroundings_mark_texts(struct surroundings *s, uint64_t source, int64_t since_us, bool is_bad)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (s->texts[i].source == source && s->texts[i].at_us >= since_us)
			s->texts[i].is_bad = is_bad;
}

/* ---- failed logins ---- */

static double halved(double value, int64_t since_us, int64_t half_us)
{
	return since_us > 0 ? value * exp2(-(double)since_us / (double)half_us) : value;
}

static struct guess_record *guess_record(struct surroundings *s, uint64_t source)
{
	struct guess_record *group = &s->guesses[source % (GUESSES / WAYS) * WAYS];
	struct guess_record *oldest = group;

	for (size_t i = 0; i < WAYS; i++) {
		if (group[i].source == source)
			return &group[i];
		if (group[i].at_us < oldest->at_us)
			oldest = &group[i];
	}
	*oldest = (struct guess_record){.source = source};
	return oldest;
}

void surroundings_add_guess(
	struct surroundings *s, uint64_t source, uint32_t network, int64_t at_us)
{
	struct guess_record *g = guess_record(s, source);

	g->count = halved(g->count, at_us - g->at_us, 12 * HOUR_US) + 1;
	g->at_us = at_us;
	if (network == 0)
		return;
	g->networks[g->next] = network;
	g->next = (uint8_t)((g->next + 1) % 4);
}

unsigned surroundings_guesses(const struct surroundings *s, uint64_t source, uint32_t network,
	int64_t at_us, unsigned *ret_here)
{
	const struct guess_record *g = &s->guesses[source % (GUESSES / WAYS) * WAYS];
	size_t at = 0;

	*ret_here = 0;
	while (at < WAYS && g[at].source != source)
		at++;
	if (at == WAYS || at_us - g[at].at_us > DAY_US)
		return 0;
	for (size_t i = 0; i < 4; i++)
		*ret_here += network != 0 && g[at].networks[i] == network;
	return (unsigned)halved(g[at].count, at_us - g[at].at_us, 12 * HOUR_US);
}

/* ---- providers ---- */

bool surroundings_add_answer(
	struct surroundings *s, uint64_t provider, uint64_t source, bool refused, int64_t at_us)
{
	struct provider_record *p = &s->providers[provider % PROVIDERS];
	unsigned others = 0;
	bool known = false;

	if (p->domain != provider)
		*p = (struct provider_record){.domain = provider};
	if (at_us - p->at_us > 6 * HOUR_US)
		memset(p->sources, 0, sizeof(p->sources));
	p->refused = halved(p->refused, at_us - p->at_us, HOUR_US) + refused;
	p->answered = halved(p->answered, at_us - p->at_us, HOUR_US) + 1;
	p->at_us = at_us;
	for (size_t i = 0; i < 3; i++) {
		others += p->sources[i] != 0 && p->sources[i] != source;
		known |= p->sources[i] == source;
	}
	if (refused && !known) {
		p->sources[p->next] = source;
		p->next = (uint8_t)((p->next + 1) % 3);
	}
	return others >= 2 && p->refused > 0.2 * p->answered;
}

/* ---- customers ---- */

struct customer *surroundings_customer(struct surroundings *s, uint32_t key)
{
	struct customer *c = &s->customers[key % CUSTOMERS];

	if (c->key != key) {
		known_set_free(&c->known);
		*c = (struct customer){.key = key};
	}
	return c;
}

unsigned customer_network_days(const struct customer *c, uint32_t network)
{
	for (size_t i = 0; i < CUSTOMER_PLACES; i++)
		if (c->networks[i].key == network)
			return c->networks[i].days;
	return 0;
}

void customer_use_network(struct customer *c, uint32_t network, uint16_t day)
{
	size_t at = 0, least = 0;

	while (at < CUSTOMER_PLACES && c->networks[at].key != network) {
		if (c->networks[at].days < c->networks[least].days)
			least = at;
		at++;
	}
	if (at == CUSTOMER_PLACES) {
		at = least;
		c->networks[at].key = network;
		c->networks[at].days = 0;
		c->networks[at].last_day = 0;
	}
	if (c->networks[at].last_day != day && c->networks[at].days < UINT16_MAX)
		c->networks[at].days++;
	c->networks[at].last_day = day;
}

/* ---- countries ---- */

static size_t country_place(const struct surroundings *s, uint32_t country)
{
	size_t at = country % COUNTRIES;

	for (size_t i = 0; i < COUNTRIES; i++, at = (at + 1) % COUNTRIES)
		if (s->countries[at].key == country || s->countries[at].key == 0)
			return at;
	return country % COUNTRIES;
}

double surroundings_country_share(const struct surroundings *s, uint32_t country)
{
	const struct country_record *c = &s->countries[country_place(s, country)];

	if (s->country_days <= 0)
		return 1;
	return c->key == country ? c->days / s->country_days : 0;
}

void surroundings_count_country(struct surroundings *s, uint32_t country)
{
	struct country_record *c = &s->countries[country_place(s, country)];

	c->key = country;
	c->days += 1;
	s->country_days += 1;
}

size_t surroundings_bytes(const struct surroundings *s)
{
	size_t bytes = sizeof(*s);

	for (size_t i = 0; i < CUSTOMERS; i++)
		bytes += known_set_bytes(&s->customers[i].known);
	return bytes;
}

/* ---- to and from bytes ---- */

/* Tables are mostly empty: places in use are written with their number, ended by `room`. Returns
 * the next one in use, from `at` on. */
static uint32_t next_place(struct codec *c, uint32_t at, uint32_t room, bool (*used)(const void *),
	const char *table, size_t size)
{
	if (!c->reads)
		while (at < room && !used(table + at * size))
			at++;
	uint32_t given = at;
	codec_count(c, &given, room);
	if (c->reads && given < at)
		codec_fail(c);
	return c->failed ? room : given;
}

static bool link_used(const void *at)
{
	return ((const struct known_link *)at)->key != 0;
}

static void code_link(struct known_link *l, struct codec *c)
{
	codec_u32(c, &l->key);
	codec_u16(c, &l->first_day);
	codec_u16(c, &l->last_day);
	for (size_t i = 0; i < LINK_CUSTOMERS; i++) {
		codec_u32(c, &l->customers[i]);
		codec_i64(c, &l->used_us[i]);
	}
	codec_bool(c, &l->came_in);
	codec_u32(c, &l->bad_of);
}

static bool text_used(const void *at)
{
	return ((const struct text_record *)at)->at_us != 0;
}

static void code_text(struct text_record *t, struct codec *c)
{
	body_sketch_code(&t->sketch, c);
	codec_u64(c, &t->source);
	codec_u32(c, &t->customer);
	codec_u32(c, &t->sender);
	codec_i64(c, &t->at_us);
	codec_bool(c, &t->is_bad);
}

static bool text_place_used(const void *at)
{
	return ((const struct text_place *)at)->text != 0;
}

static bool guess_used(const void *at)
{
	return ((const struct guess_record *)at)->at_us != 0;
}

static void code_guess(struct guess_record *g, struct codec *c)
{
	codec_u64(c, &g->source);
	codec_f64(c, &g->count);
	codec_i64(c, &g->at_us);
	for (size_t i = 0; i < 4; i++)
		codec_u32(c, &g->networks[i]);
	codec_u8(c, &g->next);
	if (g->next >= 4)
		codec_fail(c);
}

static bool provider_used(const void *at)
{
	return ((const struct provider_record *)at)->at_us != 0;
}

static void code_provider(struct provider_record *p, struct codec *c)
{
	codec_u64(c, &p->domain);
	codec_f64(c, &p->refused);
	codec_f64(c, &p->answered);
	codec_i64(c, &p->at_us);
	for (size_t i = 0; i < 3; i++)
		codec_u64(c, &p->sources[i]);
	codec_u8(c, &p->next);
	if (p->next >= 3)
		codec_fail(c);
}

static bool customer_used(const void *at)
{
	return ((const struct customer *)at)->key != 0;
}

static void code_customer(struct customer *u, struct codec *c)
{
	codec_u32(c, &u->key);
	known_set_code(&u->known, c);
	for (size_t i = 0; i < CUSTOMER_PLACES; i++) {
		codec_u32(c, &u->networks[i].key);
		codec_u16(c, &u->networks[i].last_day);
		codec_u16(c, &u->networks[i].days);
	}
}

static bool country_used(const void *at)
{
	return ((const struct country_record *)at)->key != 0;
}

static void code_country(struct country_record *k, struct codec *c)
{
	codec_u32(c, &k->key);
	codec_f64(c, &k->days);
}

static void code_text_place(struct text_place *p, struct codec *c)
{
	codec_u32(c, &p->hash);
	codec_u32(c, &p->text);
}

#define CODE_TABLE(table, used, code)                                                              \
	for (uint32_t room = (uint32_t)(sizeof(table) / sizeof((table)[0])),                       \
		      at = next_place(                                                             \
			      c, 0, room, used, (const char *)(table), sizeof((table)[0]));        \
		at < room;                                                                         \
		at = next_place(c, at + 1, room, used, (const char *)(table), sizeof((table)[0]))) \
	code(&(table)[at], c)

void surroundings_code(struct surroundings *s, struct codec *c)
{
	CODE_TABLE(s->links, link_used, code_link);
	CODE_TABLE(s->texts, text_used, code_text);
	codec_u32(c, &s->text_count);
	CODE_TABLE(s->text_places, text_place_used, code_text_place);
	CODE_TABLE(s->guesses, guess_used, code_guess);
	CODE_TABLE(s->providers, provider_used, code_provider);
	CODE_TABLE(s->customers, customer_used, code_customer);
	CODE_TABLE(s->countries, country_used, code_country);
	codec_f64(c, &s->country_days);
}
