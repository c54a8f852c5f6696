/* body_sketch.h - a fingerprint of a text by which two nearly equal texts are known as such: each
 * pair of neighbouring words is hashed, the smallest 14 hashes are kept (bottom-k sampling, Broder
 * 1997). The share that two sketches have in common estimates the share of word pairs that the
 * texts have in common.
 *
 * What a bulk mailer changes from copy to copy is left out: words with a digit in them, mail
 * addresses, what follows the host of a link, and the name behind a greeting. */
#ifndef STANCH_FORMATS_BODY_SKETCH_H
#define STANCH_FORMATS_BODY_SKETCH_H

#include "base/codec.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Of two texts that share nothing, 4 of 14 equal by chance is not seen; of two with 15 % of their
 * words changed about 8 of 14 are equal, with 30 % between 4 and 5. */
#define BODY_SKETCH_HASHES 14
#define BODY_SKETCH_ALIKE  (4.0 / BODY_SKETCH_HASHES)

/* Words looked at; the rest of a longer text does not count. */
#define BODY_SKETCH_WORDS_MAX 20000

/* Holds its own bytes. All zero: of a text without a word pair. The hashes are seeded for each
 * process: sketches of different processes cannot be compared. */
struct body_sketch {
	uint32_t count; /* of hashes, all different, smallest first */
	uint32_t hashes[BODY_SKETCH_HASHES];
};

/* text is UTF-8 (or any bytes), without tags. ASCII letters count without their case. */
void body_sketch_of(struct slice text, struct body_sketch *ret);

/* To and from bytes, for a process with the same seed. */
void body_sketch_code(struct body_sketch *s, struct codec *c);

/* Estimated share of common word pairs, 0 to 1; 0 when one of the two is empty. */
double body_sketch_similarity(const struct body_sketch *a, const struct body_sketch *b);

/* At least BODY_SKETCH_ALIKE similar; of short texts, with fewer than 14 word pairs, half: there
 * a few common phrases weigh too much. */
bool body_sketch_alike(const struct body_sketch *a, const struct body_sketch *b);

#endif
