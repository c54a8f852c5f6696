/* conf_reader.h - the text of stanch.conf into a store:
 *
 *   # a comment
 *   hold {
 *           enabled = yes
 *           quiet_time = 15m
 *   }
 *   log {
 *           files = {"/var/log/exim4/mainlog", "/var/log/exim/main log"}
 *   }
 *
 * Values are words, or "..." or '...'. A group may stand in several places, a setting only once.
 * No other file is read, no variable filled in. */
#ifndef STANCH_SETTINGS_CONF_READER_H
#define STANCH_SETTINGS_CONF_READER_H

#include "base/attribute.h"
#include "base/problem.h"
#include "settings/store.h"

/* text: len bytes and a NUL behind them; it is changed. name: of the file, for messages. store: at
 * its first values. Returns 0; or -EBADMSG, part of it is in the store, and *problem says
 * "name:line: " and what is wrong and what would be right. Not to be called by two threads at a
 * time: libconfuse keeps its place in globals. */
MUST_USE int conf_reader_read(char *text, size_t len, const char *name, struct setting_store *store,
	const struct setting_table *table, struct problem *problem);

#endif
