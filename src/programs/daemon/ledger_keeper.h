/* ledger_keeper.h - keeps what the watcher remembers: reads it when it begins, and writes it each
 * minute and at the end, together with how far the logs are in it; and beside it what each source
 * did on each day. */
#ifndef STANCH_PROGRAMS_DAEMON_LEDGER_KEEPER_H
#define STANCH_PROGRAMS_DAEMON_LEDGER_KEEPER_H

#include "base/attribute.h"
#include "base/loop.h"
#include "formats/log_position.h"
#include "incidents/watch.h"
#include "programs/daemon/parts.h"

#include <stdbool.h>
#include <stddef.h>

struct ledger_keeper;

/* Where the reading of a log is; false: nowhere yet. index counts from 0; *ret_path is lent. */
typedef bool ledger_keeper_place(
	void *context, size_t index, const char **ret_path, struct log_position *ret);

/* Reads what was saved, and with it the seed of hashes: so before anything is hashed. What cannot
 * be read is set aside, and is an event. part and loop are borrowed. */
struct ledger_keeper *ledger_keeper_new(const struct daemon_part *part, struct loop *loop);
void ledger_keeper_free(struct ledger_keeper *k); /* NULL is fine */
AUTO_FREE(ledger_keeper)

/* A watch with what is remembered; the caller's, but it must outlive the keeper. */
struct watch *ledger_keeper_watch(struct ledger_keeper *k);

/* Whether anything was remembered. */
bool ledger_keeper_remembers(const struct ledger_keeper *k);

/* Where the reading of that log ended, as far as it is remembered. */
bool ledger_keeper_position(
	const struct ledger_keeper *k, const char *path, struct log_position *ret);

/* Saves now; trouble is an event. places: how many indexes there are. 0, or a negative errno. */
int ledger_keeper_save(
	struct ledger_keeper *k, size_t places, ledger_keeper_place *place, void *context);

/* Saves, when a minute has gone by since the last time: a child writes what is remembered at this
 * instant, while we go on. */
void ledger_keeper_save_sometimes(
	struct ledger_keeper *k, size_t places, ledger_keeper_place *place, void *context);

/* Writes the days that are over, when there are many of them: to be called after each turn in which
 * old logs are read, which are not saved otherwise. */
void ledger_keeper_save_days(struct ledger_keeper *k);

#endif
