/* store.h - the values of a table of settings, and where each came from. It owns every text in
 * them. Knows of no file and no particular table, so that tests bring their own. */
#ifndef STANCH_SETTINGS_STORE_H
#define STANCH_SETTINGS_STORE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"
#include "settings/row.h"

#include <stdio.h>

/* Rows that stand together in the file: "name { ... }". */
struct setting_group {
	const char *name;
	const char *help; /* what they are for, as sentences */
	const struct setting_row *rows;
	size_t count;
};

struct setting_table {
	const struct setting_group *groups;
	size_t count;
	size_t size; /* bytes of the struct that the rows' offsets are of */
};

/* A row by its place. */
struct setting_at {
	size_t group, row;
};

const struct setting_row *setting_row(const struct setting_table *table, struct setting_at at);

/* The rows in the order of the table, of which each group has at least one:
 * for (struct setting_at at = {0}; setting_there(table, at); at = setting_next(table, at)) */
bool setting_there(const struct setting_table *table, struct setting_at at);
struct setting_at setting_next(const struct setting_table *table, struct setting_at at);

struct setting_store;

/* All at their first values. table: borrowed. */
struct setting_store *setting_store_new(const struct setting_table *table);
void setting_store_free(struct setting_store *store); /* NULL is fine */
AUTO_FREE(setting_store)

/* table->size bytes, to be read as the struct that the table fills; valid as long as the store and
 * until the next setting_store_put(). */
const void *setting_store_values(const struct setting_store *store);

/* Sets a row (of a list: adds an entry) to what was written in `line`, from 1 on. begins: it is the
 * first value behind a "=". The text is copied. Returns 0, or -EINVAL, nothing is changed, and
 * *problem says what is wrong, beginning with the row's name: the value, a second one for the same
 * row, or one too many in a list. */
MUST_USE int setting_store_put(struct setting_store *store, struct setting_at at,
	struct slice written, unsigned line, bool begins, struct problem *problem);

struct setting_origin {
	bool given;    /* else it has its first value */
	unsigned line; /* 0: not known (an empty list) */
};

struct setting_origin setting_store_origin(const struct setting_store *store, struct setting_at at);

/* A list was given and has no entries. */
void setting_store_give_empty(struct setting_store *store, struct setting_at at);

/* Entries of a list; 0 for a row that is none. */
size_t setting_store_count(const struct setting_store *store, struct setting_at at);

/* The line that an entry of a list was written in; entry is below setting_store_count(). */
unsigned setting_store_entry_line(
	const struct setting_store *store, struct setting_at at, size_t entry);

/* The row's value as it is written behind "=", quoted where it must be. Errors are the stream's. */
void setting_store_write(const struct setting_store *store, struct setting_at at, FILE *out);

/* The whole as a file that reads as the same. */
void setting_store_write_all(const struct setting_store *store, FILE *out);

#endif
