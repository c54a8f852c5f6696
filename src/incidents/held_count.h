/* held_count.h - how many messages are held now, and whether anything in the journal has changed
 * since it was looked at: for those who look each second. Errors are those of journal_open(). */
#ifndef STANCH_INCIDENTS_HELD_COUNT_H
#define STANCH_INCIDENTS_HELD_COUNT_H

#include "base/attribute.h"
#include "incidents/journal.h"

#include <stdint.h>

/* Messages of all holds that are held. Its time grows with how many were ever held. */
MUST_USE int held_count(struct journal *j, uint64_t *ret, struct problem *problem);

/* Another number than before: something was written, by whomever. Costs nothing. */
MUST_USE int held_count_version(struct journal *j, uint64_t *ret, struct problem *problem);

#endif
