/* surroundings.h - what is known of the server as a whole, by which the new and the shared are told
 * from the usual: links, texts, failed logins, how other providers treat us, and customers (all
 * mailboxes of a domain, all scripts of a login). Tables of fixed size; what is crowded out was
 * used longest ago. */
#ifndef STANCH_FACTS_SURROUNDINGS_H
#define STANCH_FACTS_SURROUNDINGS_H

#include "base/attribute.h"
#include "facts/known_set.h"
#include "formats/body_sketch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long the same text or link of two customers is worth a thought. */
#define SURROUNDINGS_SHARED_US (INT64_C(3) * 86400 * 1000000)

#define LINK_CUSTOMERS  3
#define CUSTOMER_PLACES 8
#define CUSTOMERS_TOLD  3 /* others are told apart up to this many */

/* A domain that mail links to. */
struct known_link {
	uint32_t key;                       /* 0: free */
	uint16_t first_day, last_day;       /* 0: never used */
	uint32_t customers[LINK_CUSTOMERS]; /* the first that used it */
	uint32_t bad_of;                    /* key of a source that was found to spam with it; 0 */
	int64_t used_us[LINK_CUSTOMERS];    /* when last in mail to strangers; 0: never */
	bool came_in;                       /* with mail from outside */
};

/* One customer. */
struct customer {
	uint32_t key;
	struct known_set known; /* people that its sources wrote to */
	struct {
		uint32_t key;
		uint16_t last_day, days;
	} networks[CUSTOMER_PLACES];
};

struct surroundings;
struct surroundings *surroundings_new(void);
void surroundings_free(struct surroundings *s); /* NULL is fine */
AUTO_FREE(surroundings)

/* The record of that link, made when there is none. Valid until the next call of this. */
struct known_link *surroundings_link(struct surroundings *s, uint32_t key);

/* Notes that a customer used it. */
void known_link_use(struct known_link *l, uint32_t customer, int64_t at_us, bool to_strangers);
unsigned known_link_customers(const struct known_link *l);

/* Other customers that used a link that is new to this server in mail to strangers, lately. */
unsigned known_link_others(const struct known_link *l, uint32_t customer, int64_t at_us);

/* No link is bad any more because of that source. */
void surroundings_clear_links(struct surroundings *s, uint32_t source);

/* Remembers a text that was sent to strangers. sender: of its sender's domain. */
void surroundings_add_text(struct surroundings *s, const struct body_sketch *sketch,
	uint64_t source, uint32_t customer, uint32_t sender, int64_t at_us);

/* Customers other than this one, and of other sender domains, that sent about the same to strangers
 * lately; *ret_bad: one of them was found to send spam. */
unsigned surroundings_text_others(struct surroundings *s, const struct body_sketch *sketch,
	uint64_t source, uint32_t customer, uint32_t sender, int64_t at_us, bool *ret_bad);

/* The texts of that source since then are those of a spammer, or are not. */
void surroundings_mark_texts(
	struct surroundings *s, uint64_t source, int64_t since_us, bool is_bad);

/* A login that failed; network 0: not known. */
void surroundings_add_guess(
	struct surroundings *s, uint64_t source, uint32_t network, int64_t at_us);

/* Failed logins of that source within about a day, and from that network. */
unsigned surroundings_guesses(const struct surroundings *s, uint64_t source, uint32_t network,
	int64_t at_us, unsigned *ret_here);

/* Notes that a provider (hash of its domain) took mail of that source, or refused it. Returns
 * whether it refuses mail of several of our sources just now: then that says nothing of any one. */
bool surroundings_add_answer(
	struct surroundings *s, uint64_t provider, uint64_t source, bool refused, int64_t at_us);

/* The record of that customer, made when there is none. */
struct customer *surroundings_customer(struct surroundings *s, uint32_t key);
unsigned customer_network_days(const struct customer *c, uint32_t network);
void customer_use_network(struct customer *c, uint32_t network, uint16_t day);

/* Of all days on which some source sent from some country, the share of that country, 0 to 1; 1
 * while nothing is known. */
double surroundings_country_share(const struct surroundings *s, uint32_t country);
void surroundings_count_country(struct surroundings *s, uint32_t country);

/* To and from bytes, for a process with the same seed; *s is new before it is read. */
void surroundings_code(struct surroundings *s, struct codec *c);

size_t surroundings_bytes(const struct surroundings *s);

#endif
