/* hindsight.h - what the watch would have done over facts of the past: whom it would have
 * contained, when, after how much mail, how much more would have been stopped, and who came near.
 * Nothing is changed in the world. No clock, no I/O: the same facts give the same findings.
 *
 * One outbreak is one finding. It lasts until a day has passed in which nothing of that source
 * would have been contained again. */
#ifndef STANCH_INCIDENTS_HINDSIGHT_H
#define STANCH_INCIDENTS_HINDSIGHT_H

#include "base/attribute.h"
#include "incidents/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Findings that are kept; what is more is counted. */
#define HINDSIGHT_FINDINGS_MAX 100000

#define HINDSIGHT_OUTBREAK_US (INT64_C(24) * 3600 * 1000000)

struct hindsight_mail {
	uint64_t messages, recipients;
};

/* One source that would have been contained, or came near. */
struct hindsight_finding {
	struct source source;
	bool is_contained;
	int64_t begun_us; /* the first message of what it was judged by */
	int64_t at_us;    /* when it would have been contained, or came nearest */
	int64_t last_us;  /* its last message of that kind */
	double score, threshold;
	struct hindsight_mail before; /* up to then, the message that sufficed with it */
	struct hindsight_mail after;  /* would have been stopped */
	struct hindsight_mail
		beside; /* of the owner, from where he always writes: would have waited */
	struct evidence *evidence; /* most bits first */
	size_t evidence_count;
};

enum hindsight_word {
	HINDSIGHT_SCORE,   /* more suspicious than was told that day */
	HINDSIGHT_SUSPECT, /* for the first time of this episode */
	HINDSIGHT_CONTAIN, /* and again each hour in which it would have been contained anew */
};

/* Said at the fact that led to it. finding: of CONTAIN and SUSPECT; else NULL. */
typedef void hindsight_tell(void *context, enum hindsight_word word,
	const struct watch_result *result, const struct hindsight_finding *finding);

struct hindsight;

/* The watch is borrowed and tells its judgements to nobody else. since_us: findings that ended
 * before it are hidden; 0: none. tell may be NULL. */
struct hindsight *hindsight_new(
	struct watch *watch, int64_t since_us, hindsight_tell *tell, void *context);
void hindsight_free(struct hindsight *h); /* NULL is fine */
AUTO_FREE(hindsight)

void hindsight_take(struct hindsight *h, const struct fact *fact);

struct hindsight_totals {
	uint64_t facts;
	struct hindsight_mail mail; /* of named sources */
	int64_t first_us, last_us;  /* of facts; 0: none */
	size_t sources;             /* that the ledger holds */
	uint64_t contained, near;   /* findings that are not hidden */
	uint64_t not_kept;          /* findings over HINDSIGHT_FINDINGS_MAX */
};
struct hindsight_totals hindsight_totals(const struct hindsight *h);

/* All that are not hidden: the contained ones by time, then those that came near, nearest first.
 * Valid until the next fact. */
const struct hindsight_finding *const *hindsight_findings(struct hindsight *h, size_t *ret_count);

#endif
