/* detector.h - the patterns by which a source gives itself away, and their sum.
 *
 * Each detector looks at what one pass over the queue counted of one source and says one thing
 * about it, in bits: log2 of how much more often that is seen of a hijacked source than of an
 * honest one; below 0 it speaks for the source. What the bits rest on stands in docs/detection.md:
 * they are priors for a snapshot, without any knowledge of what the source did before.
 *
 * Detectors have no clock and do no I/O: the same queue gives the same judgement at any time. */
#ifndef STANCH_DETECTORS_DETECTOR_H
#define STANCH_DETECTORS_DETECTOR_H

#include "base/attribute.h"
#include "detectors/content.h"
#include "detectors/domain_table.h"
#include "facts/tally.h"

#include <stdbool.h>
#include <stddef.h>

/* What is known of one source. Borrowed for the length of the call. */
struct detector_input {
	const struct tally_source *source;
	const struct content *content;      /* NULL: no message of it was sampled */
	const struct domain_table *domains; /* which domains are hosted here; NULL: nothing known */
};

#define EVIDENCE_IDS  3
#define EVIDENCE_TEXT 320

/* Owns its bytes; needs no free. */
struct evidence {
	const char *detector; /* name of the row */
	double bits;
	char text[EVIDENCE_TEXT]; /* a sentence with its numbers; printable, foreign bytes encoded
				   */
	char ids[EVIDENCE_IDS][EXIM_ID_NEW + 1]; /* examples */
	size_t id_count;
};

/* Signals within a family depend on each other, so a family may say a thing only so often: its sum
 * has a limit, and no limit reaches SCORE_LIKELY. */
enum detector_family {
	FAMILY_VOLUME,
	FAMILY_SENDER,
	FAMILY_TEXT,
	FAMILY_ORDER,
	FAMILY_HOSTS,
	FAMILY_HONEST, /* what speaks for the source; its limit is a least one */
	FAMILIES
};

/* Bits of all evidence. An honest source is some thousand times as frequent as a hijacked one, and
 * that is in these limits: below SUSPECT it is not worth a look. */
#define SCORE_SUSPECT 10.0
#define SCORE_LIKELY  16.0

struct detector {
	const char *name;
	enum detector_family family;
	/* Fills all but .detector of *ret (zeroed before) and returns true when it has something to
	 * say. */
	bool (*look)(const struct detector_input *in, struct evidence *ret);
	const char *help; /* one sentence */
};

/* All of them, ended by a row whose name is NULL. */
const struct detector *detector_table(void);

#define DETECTORS_MAX 16

struct judgement {
	double score;                            /* sum of the bits below */
	struct evidence evidence[DETECTORS_MAX]; /* most bits first */
	size_t count;
};

/* Asks every detector. Bits beyond a family's limit are taken off the weakest of the family; what
 * has none left is left out. */
void judge(const struct detector_input *in, struct judgement *ret);

/* "likely hijacked", "suspicious", "" */
const char *score_word(double score);

#endif
