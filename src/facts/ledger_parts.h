/* ledger_parts.h - what the files of the ledger share, and nobody else includes: ledger_sources.c
 * keeps who there is and which of their messages are waited for; ledger_look.c finds what is new
 * about a message; ledger_learn.c makes it the past; ledger_outcomes.c takes what becomes of it,
 * and mail that comes in; ledger_days.c counts by the day; ledger_image.c is the ledger as bytes.
 */
#ifndef STANCH_FACTS_LEDGER_PARTS_H
#define STANCH_FACTS_LEDGER_PARTS_H

#include "facts/hosted_domains.h"
#include "facts/ledger.h"
#include "facts/surroundings.h"

#include "base/sketch.h"

#define LEDGER_HOUR_US INT64_C(3600000000)
#define LEDGER_DAY_US  FACT_DAY_US
#define LEDGER_LINKS   16u /* looked at in one message */

/* What is known of a message besides its owner, in the lowest bits. */
enum {
	MESSAGE_EPISODE = 1,    /* which of its source's */
	MESSAGE_COMPLAINED = 2, /* a complaint about it was counted */
	MESSAGE_RETURNED = 4,   /* a failure was, that a mail which came back told of */
	MESSAGE_BITS = 7
};

/* Four of them are a line of the processor's cache. */
struct message_record {
	uint64_t id;    /* its hash; 0: free */
	uint64_t owner; /* the source's hash, but for MESSAGE_BITS */
};

static inline unsigned message_episode(const struct message_record *m)
{
	return m->owner & MESSAGE_EPISODE;
}

struct link_found {
	struct slice host, registered;
	uint32_t key;
};

struct ledger {
	size_t sources_max;
	struct ledger_source **table;
	size_t room, count;
	struct ledger_source *oldest, *newest; /* by their use */
	struct ledger_source *swept;           /* the newest whose episodes are freed; NULL: none */
	struct message_record *messages; /* within message_memory, at the begin of a cache line */
	void *message_memory;
	size_t message_room;
	struct hosted_domains hosted;
	struct networks *networks;
	struct surroundings *around;
	struct pace *pace;
	int64_t first_us;

	/* days that are to be saved */
	uint64_t days_changed, days_saved; /* how many changes there were; that are saved */
	struct ended_day *ended;
	size_t ended_count, ended_room, ended_most;
	uint64_t ended_lost;

	/* of the fact in hand */
	uint64_t recipients[FACT_RECIPIENTS_MAX]; /* hashes */
	struct link_found links[LEDGER_LINKS];
	size_t link_count;
	struct body_sketch sketch;
	struct network network;
	uint32_t client, sender; /* keys */
};

/* Keys of 32 bits from hashes of 64; never 0. */
static inline uint32_t ledger_key(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

static inline struct slice ledger_domain(struct slice address)
{
	return slice_after(address, slice_find_last(address, '@') + 1);
}

static inline float ledger_one_if(bool it_is)
{
	return it_is ? 1.0F : 0.0F;
}

/* A source that is judged. */
static inline bool ledger_is_source(const struct source *s)
{
	return s != NULL && s->kind != SOURCE_BOUNCE && s->kind != SOURCE_UNKNOWN;
}

static inline bool ledger_is_unfamiliar(enum network_novelty n)
{
	return n >= NETWORK_YOUNG;
}

/* ---- ledger_sources.c ---- */

void ledger_sources_init(struct ledger *l, size_t sources_max, size_t messages_max);
void ledger_sources_clear(struct ledger *l);

/* hash: of source. NULL: not there. */
struct ledger_source *ledger_find_hashed(
	const struct ledger *l, const struct source *source, uint64_t hash);

/* One that is not there yet. login: of a script; may be empty. */
struct ledger_source *ledger_add(struct ledger *l, const struct source *source, uint64_t hash,
	struct slice login, int64_t at_us);

/* Found or added, as the one used last. */
struct ledger_source *ledger_use(
	struct ledger *l, const struct source *source, struct slice login, int64_t at_us);

/* It sends, or tries to: it is the one used last. */
void ledger_touch(struct ledger *l, struct ledger_source *s, int64_t at_us);

/* Nothing is remembered of it. */
void ledger_end_episode(struct ledger_source *s, size_t which);

/* Frees episodes that are long over. */
void ledger_sweep(struct ledger *l, int64_t at_us);

/* The oldest of those in the same places goes. */
void ledger_keep_message(
	struct ledger *l, struct slice id, struct ledger_source *s, unsigned episode);
/* The same at a known place, of a known hash, with its bits. */
void ledger_put_message(
	struct ledger *l, size_t at, uint64_t id, const struct ledger_source *s, unsigned bits);
/* Sets one of its bits. false: it was set. */
bool ledger_mark_message(struct ledger *l, const struct message_record *m, unsigned bit);
const struct message_record *ledger_find_message(const struct ledger *l, struct slice id);
/* NULL: the source went before its message did. */
struct ledger_source *ledger_source_of(const struct ledger *l, const struct message_record *m);
void ledger_forget_messages(struct ledger *l, const struct ledger_source *s);

/* ---- ledger_days.c ---- */

void ledger_count_day(struct ledger *l, struct ledger_source *s, int64_t at_us,
	enum source_count what, uint64_t n);

/* Nothing is counted of it any more; what was not saved is kept. */
void ledger_end_days(struct ledger *l, struct ledger_source *s);

void ledger_days_clear(struct ledger *l);

/* ---- ledger_look.c ---- */

/* Fills l->network and what is new about it; without an episode yet. */
void ledger_look_network(struct ledger *l, const struct ledger_source *s, struct sighting *ret);

/* All else; reads the text and fills what the ledger keeps of the fact in hand. */
void ledger_look_message(struct ledger *l, const struct ledger_source *s, struct sighting *ret);

/* Of the one recipient that is offered. */
void ledger_look_offer(struct ledger *l, const struct ledger_source *s, struct sighting *ret);

/* false: it has no address, or one of a near network, which says nothing. */
bool ledger_find_network(struct ledger *l, struct slice client, struct network *ret);

void ledger_find_links(struct ledger *l, struct slice body);

/* ---- ledger_learn.c ---- */

struct episode *ledger_episode(struct ledger_source *s, unsigned which, int64_t at_us);

/* The one of its last message; NULL: none. */
struct episode *ledger_latest_episode(const struct ledger_source *s);

/* new_day: the first message of it. */
void ledger_learn(
	struct ledger *l, struct ledger_source *s, const struct sighting *seen, bool new_day);

/* A stranger is offered. */
void ledger_count_offer(struct episode *e, int64_t at_us);

/* s: NULL for mail that came in. */
void ledger_use_links(struct ledger *l, struct ledger_source *s, const struct sighting *seen);

void ledger_set_source(struct sighting *seen, struct ledger_source *s, struct episode *e);

/* ---- ledger_outcomes.c ---- */

/* As ledger_note() */
bool ledger_note_received(struct ledger *l, const struct fact *fact, struct sighting *ret);
bool ledger_note_outcome(struct ledger *l, const struct fact *fact, struct sighting *ret);
bool ledger_note_refused(struct ledger *l, const struct fact *fact, struct sighting *ret);
bool ledger_note_complaint(struct ledger *l, const struct fact *fact, struct sighting *ret);
bool ledger_note_score(struct ledger *l, const struct fact *fact, struct sighting *ret);
void ledger_note_login_failed(struct ledger *l, const struct fact *fact);

#endif
