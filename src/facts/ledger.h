/* ledger.h - what is remembered of each source: its past (habit.h) and its present (episode.h), and
 * with it what is usual on this server (surroundings.h). Bounded counting: no judgement, no I/O, no
 * clock; time comes with each fact, so that a log of last March gives the same answer today. One
 * thread. */
#ifndef STANCH_FACTS_LEDGER_H
#define STANCH_FACTS_LEDGER_H

#include "base/attribute.h"
#include "facts/episode.h"
#include "facts/fact.h"
#include "facts/habit.h"
#include "facts/hosted.h"
#include "facts/networks.h"
#include "facts/pace.h"
#include "facts/sighting.h"
#include "facts/source_days.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_SOURCES_MAX  100000
#define LEDGER_MESSAGES_MAX 131072 /* whose outcomes are still waited for */

enum { EPISODE_FAMILIAR, EPISODE_UNFAMILIAR, EPISODES };

/* Owned by the ledger, until it is crowded out: not to be kept over a further fact. */
struct ledger_source {
	enum source_kind kind;
	uint16_t name_len;
	char *name; /* with a NUL; may hold anything */
	uint64_t hash;
	uint32_t customer; /* which customer it belongs to */
	int64_t first_us, last_us;
	int64_t contained_us; /* when it was found to send spam; 0: it was not */
	int64_t forgiven_us;  /* when a person said that it is honest; 0: never */
	struct habit habit;
	struct episode *episodes[EPISODES]; /* NULL: nothing to tell */
	struct source_days *days;           /* NULL: nothing was counted */

	int64_t used_us; /* when it last sent or tried to */

	/* private */
	struct ledger_source *older, *newer, *chain;
	uint32_t ordinal;
};

struct ledger;

/* sources_max: when one more appears, the least suspicious of those quiet for longest is forgotten.
 */
struct ledger *ledger_new(size_t sources_max, size_t messages_max);
void ledger_free(struct ledger *l); /* NULL is fine */
AUTO_FREE(ledger)

/* Borrowed; NULL: none. */
void ledger_set_networks(struct ledger *l, struct networks *networks);

void ledger_set_hosted(struct ledger *l, struct slice domain, enum hosted hosted);
/* Those that were not named are not hosted: the table is all there is. */
void ledger_hosted_complete(struct ledger *l);

enum hosted ledger_hosted(const struct ledger *l, struct slice domain);

/* Takes in one fact, in the order of time (a little disorder does no harm). Returns true and fills
 * *ret when there is something to judge about a source. */
bool ledger_note(struct ledger *l, const struct fact *fact, struct sighting *ret);

/* Whether that message was taken in already, as one of a source. */
bool ledger_has_message(const struct ledger *l, struct slice id);

/* Whether the text of that message could say something that its envelope does not: it goes to a
 * stranger, or comes from an unfamiliar network. For sensors to which reading it is work. */
bool ledger_wants_text(struct ledger *l, const struct fact *fact);

/* It was found to send spam: what it sends today is no habit, its texts and its link are known for
 * what they are, and its episode begins anew. */
void ledger_mark_bad(struct ledger *l, struct ledger_source *s, struct episode *e, int64_t at_us);

/* A person said that it is honest: its episodes are over, their texts and links are nobody's shame,
 * and what becomes of their messages is not looked at; what it does from now on is new. */
void ledger_mark_honest(struct ledger *l, struct ledger_source *s, int64_t at_us);

/* Nothing of its day is to be learnt. */
void ledger_distrust_day(struct ledger_source *s);

/* The more suspicious of its two; NULL: it has done nothing lately. */
struct episode *ledger_worst_episode(const struct ledger_source *s);

/* Forgets those that neither sent nor tried to since then. Returns how many. */
size_t ledger_forget(struct ledger *l, int64_t before_us);

struct ledger_source *ledger_find(const struct ledger *l, const struct source *source);

/* Fills *ret with its kind and name. */
void ledger_source_copy(const struct ledger_source *s, struct source *ret);

/* From the one quiet for longest on; NULL at the end. */
struct ledger_source *ledger_first(const struct ledger *l);
struct ledger_source *ledger_next(const struct ledger_source *s);

/* The other way round. */
struct ledger_source *ledger_last(const struct ledger *l);
struct ledger_source *ledger_before(const struct ledger_source *s);

/* Recipients in each of the last 60 minutes (pace.h). */
void ledger_pace(const struct ledger *l, const struct ledger_source *s, int64_t now_us,
	uint16_t ret[PACE_MINUTES]);

/* ---- what each source did on each day, for who saves it ---- */

typedef void ledger_day_visit(
	void *context, const struct source *source, const struct source_day *day);

/* The days of the sources that have changed since they were saved, with all that is known of them.
 * To save: take the mark, visit, write, and tell the mark once it is written. */
void ledger_each_changed_day(const struct ledger *l, ledger_day_visit *visit, void *context);
uint64_t ledger_days_mark(const struct ledger *l);
void ledger_days_saved(struct ledger *l, uint64_t mark);

/* Days that were not saved when a later one took their place, or when their source was forgotten.
 * At most `most` are kept; from the start none are. */
void ledger_keep_ended(struct ledger *l, size_t most);
size_t ledger_ended(const struct ledger *l);
uint64_t ledger_ended_lost(const struct ledger *l); /* that were too many */
void ledger_each_ended(const struct ledger *l, ledger_day_visit *visit, void *context);
void ledger_drop_ended(struct ledger *l, size_t count); /* the first so many of them */

/* All that it remembers as bytes, which the caller frees, and back into a new ledger of the same
 * size in a process with the same seed of hashes. -EBADMSG for bytes that are damaged, or of
 * another version: then nothing is remembered, and the ledger is to be freed. Networks and their
 * file stay the caller's. */
char *ledger_write(struct ledger *l, size_t *ret_len);
MUST_USE int ledger_read(struct ledger *l, struct slice bytes);

size_t ledger_count(const struct ledger *l);
uint64_t ledger_messages(const struct ledger *l);               /* of all of them, ever */
size_t ledger_active(const struct ledger *l, int64_t since_us); /* sources that sent since then */
size_t ledger_bytes(const struct ledger *l);

/* Bytes that one source takes. */
size_t ledger_source_bytes(const struct ledger_source *s);

/* Days since the first fact. */
double ledger_age_days(const struct ledger *l, int64_t at_us);

#endif
