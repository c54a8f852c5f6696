/* tally.h - who has how much in the queue: the counts of one pass over it, for each source, in
 * bounded memory, whatever the size of the queue. */
#ifndef STANCH_FACTS_TALLY_H
#define STANCH_FACTS_TALLY_H

#include "base/attribute.h"
#include "base/sketch.h"
#include "facts/queued.h"
#include "formats/exim_id.h"

#include <stdbool.h>
#include <stdint.h>

/* Sources counted at once. When there are more, those with the fewest messages are dropped and
 * counted together (lossy counting, Manku and Motwani 2002): no source that sends much is lost. */
#define TALLY_SOURCES_MAX 50000

#define TALLY_SENDERS    16 /* sender domains remembered by name for each source */
#define TALLY_SAMPLES    24 /* messages sampled for each source, evenly over all of its own */
#define TALLY_BUCKETS    64 /* of the histogram over time */
#define TALLY_RECENT     32
#define TALLY_DOMAIN_MAX 253

struct tally_domain {
	uint64_t messages;
	uint8_t len;
	char name[TALLY_DOMAIN_MAX + 1]; /* lower case */
};

struct tally_sample {
	char id[EXIM_ID_NEW + 1];
	uint64_t rank;     /* the smallest hashes of ids are kept: an even sample of any stream */
	const char *queue; /* belongs to the tally */
};

/* One source's counts. Owned by its tally. */
struct tally_source {
	struct source source;
	uint64_t messages, recipients, delivered;
	uint64_t frozen, damaged, bounces;
	uint64_t messages_missed_max;        /* may have been dropped before it was remembered */
	int64_t first, last;                 /* received, seconds since 1970 */
	struct sketch domains;               /* of recipients */
	uint32_t domains_seen[TALLY_RECENT]; /* hashes counted lately: most mail goes to few domains
					      */
	struct sketch senders;               /* envelope senders */
	struct sketch hosts;                 /* client addresses */
	struct tally_domain *sender_domains; /* the first TALLY_SENDERS different ones */
	size_t sender_domain_count;
	uint64_t other_sender_messages; /* by senders of further domains */
	uint64_t ordered, unordered; /* neighbouring recipients in one message: in order, or not */
	int64_t bucket_start;        /* second at which bucket 0 begins */
	int64_t bucket_width;        /* seconds, a power of two */
	uint32_t buckets[TALLY_BUCKETS]; /* recipients */
	struct tally_sample *samples;
	size_t sample_count;
	uint64_t sample_last; /* the largest rank among them, once they are TALLY_SAMPLES */
};

struct tally;
struct tally *tally_new(void);
void tally_free(struct tally *t); /* NULL is fine */
AUTO_FREE(tally)

/* Counts one message. Several threads may call it at once. */
void tally_add(struct tally *t, const struct queued *q);

/* All sources, most messages first; *ret_count how many. Not to be used while anyone adds. The
 * array and what it points to belong to the tally. */
struct tally_source **tally_sources(struct tally *t, size_t *ret_count);

/* Of the sources that were dropped for room. */
struct tally_rest {
	uint64_t sources_max; /* no more than this many; one may be counted twice */
	uint64_t messages;
};
struct tally_rest tally_rest(const struct tally *t);

/* The shortest span, in seconds, in which at least `share` (0 to 1) of the source's recipients
 * came, as exactly as the histogram knows it. */
int64_t tally_busiest_span(const struct tally_source *s, double share);

#endif
