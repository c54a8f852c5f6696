/* day_store.h - what each source did on each day, for months, on disk: days.sqlite (0600), beside
 * ledger.sqlite. A row is the whole of one day of one source and never falls: writing it again
 * changes nothing, so that a crash between this file and the ledger's counts nothing twice.
 *
 *   names   each source once
 *   days    a row for each source and day (UTC)
 *   swept   when what is too old or too much was last taken out */
#ifndef STANCH_INCIDENTS_DAY_STORE_H
#define STANCH_INCIDENTS_DAY_STORE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/source.h"
#include "facts/source_days.h"

#include <stddef.h>
#include <stdint.h>

#define DAY_STORE_NAME  "days.sqlite"
#define DAY_STORE_DAYS  400              /* that are kept */
#define DAY_STORE_ROWS  INT64_C(2000000) /* that are kept; the oldest go first */
#define DAY_STORE_SWEEP INT64_C(3600)    /* seconds between two looks for what must go */

struct day_store;

/* Opens the one in that folder to write in it; makes it if it is missing. Nothing is there for
 * others before day_store_commit(). 0 and *ret; or *problem and
 *   -EBADMSG  it is damaged, or of another version
 *   -ENOSPC, -EACCES, -EIO, another. */
MUST_USE int day_store_open(const char *folder, struct day_store **ret, struct problem *problem);
void day_store_free(struct day_store *s); /* NULL is fine; what was not committed is gone */
AUTO_FREE(day_store)

/* For tests: so many rows are kept, and each commit looks for what must go. */
void day_store_limit(struct day_store *s, int64_t rows);

MUST_USE int day_store_put(struct day_store *s, const struct source *source,
	const struct source_day *day, struct problem *problem);

/* now: seconds since 1970. The store can be written on. */
MUST_USE int day_store_commit(struct day_store *s, int64_t now, struct problem *problem);

/* Root reads it with the rights of the folder's owner only (base/owner_rights.h).
 * The days of a source from that day on, the oldest first, at most `most` of the latest; *ret_count
 * 0 when there are none. 0; -ENOENT when there is no store; or another negative errno and *problem.
 */
MUST_USE int day_store_read(const char *folder, const struct source *source, uint16_t from,
	struct source_day *ret, size_t most, size_t *ret_count, struct problem *problem);

/* Moves a damaged one out of the way, beside itself. */
void day_store_set_aside(const char *folder);

#endif
