/* ledger_store.h - what is remembered of sources, on disk: one image of the whole ledger with the
 * places in the logs that it reaches to, in one SQLite file (ledger.sqlite, 0600), replaced in one
 * transaction: after a crash it is the old one or the new one, and reading the logs on from there
 * neither loses a line nor counts one twice. */
#ifndef STANCH_INCIDENTS_LEDGER_STORE_H
#define STANCH_INCIDENTS_LEDGER_STORE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/ledger.h"

#include <stddef.h>
#include <stdint.h>

#define LEDGER_STORE_NAME "ledger.sqlite"

/* The folder of the state folder in which it is: of the one who reads, and may read nothing else.
 */
#define LEDGER_STORE_FOLDER "ledger"

/* How far a log was read. Owns its bytes. */
struct ledger_place {
	char *log, *position; /* a path; text of formats/log_position.h */
};

struct ledger_saved {
	uint64_t seed; /* of hashes: hash_set_seed() */
	int64_t saved; /* seconds since 1970 */
	char *image;   /* for ledger_read() */
	size_t image_len;
	struct ledger_place *places;
	size_t place_count;
};

void ledger_saved_clear(struct ledger_saved *s);

/* Writes it. 0; or a negative errno and *problem: then what was there before is still there. */
MUST_USE int ledger_store_save(
	const char *folder, const struct ledger_saved *saved, struct problem *problem);

/* Reads it into *ret, which the caller clears; root does so with the rights of the folder's owner
 * only (base/owner_rights.h). -ENOENT when there is none; -EBADMSG when it is damaged or of another
 * version; or another negative errno; then *ret is empty. */
MUST_USE int ledger_store_load(
	const char *folder, struct ledger_saved *ret, struct problem *problem);

/* Moves a damaged one out of the way, beside itself. */
void ledger_store_set_aside(const char *folder);

#endif
