/* watch.h - the verdict: facts in, in their order; for each source what speaks for and against it,
 * and whether that suffices. The same for a daemon that sees them as they happen and for a replay
 * of old logs. No clock, no I/O.
 *
 * The score is a sum of log-likelihood ratios of families of signals, each with a limit. It
 * suffices from log2(1/alpha) + WATCH_START_BITS on, where alpha is the chance, for each account
 * and year, that an honest one is ever contained: docs/detection.md says what of that is proved,
 * what is assumed, and what was measured. */
#ifndef STANCH_INCIDENTS_WATCH_H
#define STANCH_INCIDENTS_WATCH_H

#include "base/attribute.h"
#include "detectors/conduct/conduct.h"
#include "facts/ledger.h"

#include <stdbool.h>

/* A thief may begin at any of some hundred messages of a year. */
#define WATCH_START_BITS 8.2

/* Below containment, from which a person should know. */
#define WATCH_SUSPECT_BELOW 6.0

#define WATCH_ALPHA 0.0001

enum verdict {
	VERDICT_NOTHING,
	VERDICT_SUSPECT,
	VERDICT_CONTAIN,
};

struct watch_settings {
	double alpha;        /* 0: WATCH_ALPHA */
	double suspect_bits; /* 0: WATCH_SUSPECT_BELOW less than containing */
	size_t sources_max;  /* 0: LEDGER_SOURCES_MAX */
};

struct watch;
struct watch *watch_new(const struct watch_settings *settings);
void watch_free(struct watch *w); /* NULL is fine */
AUTO_FREE(watch)

/* The watch's own, for its tables. */
struct ledger *watch_ledger(struct watch *w);

/* What one fact led to. Lent until the next fact. */
struct watch_result {
	struct sighting sighting;
	double score;     /* bits, of the episode */
	double threshold; /* bits that suffice for this source now */
	enum verdict verdict;
	bool is_undecided; /* a message to strangers of which a content filter's opinion, which it
			      does not have, could make its source suspected or contained */
	bool is_telling;   /* the fact itself is of what is suspicious: mail to strangers, or what
			      came of it just now. On others no one is contained. */
};

/* Returns false when the fact says nothing about any source. */
bool watch_take(struct watch *w, const struct fact *fact, struct watch_result *ret);

/* How a source stands, whatever its last fact was. */
struct watch_standing {
	double score, threshold; /* bits */
	enum verdict verdict;
	const struct episode *episode; /* the one that speaks against it; NULL: none */
};
void watch_look(const struct watch *w, const struct ledger_source *s, int64_t at_us,
	struct watch_standing *ret);

/* Changes of the settings, for a reload. */
void watch_set(struct watch *w, const struct watch_settings *settings);

/* The bits that suffice for a source with a past. */
double watch_contain_bits(const struct watch *w);

#endif
