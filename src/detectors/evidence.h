/* evidence.h - how detectors word what they found. */
#ifndef STANCH_DETECTORS_EVIDENCE_H
#define STANCH_DETECTORS_EVIDENCE_H

#include "base/sketch.h"
#include "base/units.h"
#include "detectors/detector.h"

/* The sentence; what is too long is cut. Foreign bytes only through base/printable.h. */
void evidence_say(struct evidence *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* One more example; what does not fit, and "", is left out. */
void evidence_add_id(struct evidence *e, const char *id);

/* The first samples of the source as examples. */
void evidence_add_samples(struct evidence *e, const struct tally_source *s);

#define EVIDENCE_COUNT_TEXT (UNITS_TEXT + 8)

/* "1,903", or "about 1,903" when the sketch only estimates. Returns at. */
char *evidence_count(const struct sketch *s, char at[EVIDENCE_COUNT_TEXT]);

/* "1 message", "3 messages". */
const char *evidence_plural(uint64_t n, const char *one, const char *many);

#endif
