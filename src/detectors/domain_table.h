/* domain_table.h - domains that were seen, how often, and whether they are hosted here, as far as
 * the mail server was asked. Bounded; a domain that found no room is not known. */
#ifndef STANCH_DETECTORS_DOMAIN_TABLE_H
#define STANCH_DETECTORS_DOMAIN_TABLE_H

#include "base/attribute.h"
#include "facts/hosted.h"

#include <stddef.h>
#include <stdint.h>

#define DOMAIN_TABLE_MAX 16384

struct domain_table;
struct domain_table *domain_table_new(void);
void domain_table_free(struct domain_table *t); /* NULL is fine */
AUTO_FREE(domain_table)

/* Counts a domain (lower case; "" is passed over). The name is copied. */
void domain_table_add(struct domain_table *t, const char *name, uint64_t messages);

/* The names of the most frequent ones that were not answered yet, not more than `most`, into
 * ret_names; they belong to the table. Returns how many. */
size_t domain_table_unknown(const struct domain_table *t, const char **ret_names, size_t most);

/* What the mail server answered. A name that was never added is passed over. */
void domain_table_answer(struct domain_table *t, const char *name, enum hosted hosted);

/* HOSTED_UNKNOWN for a domain that is not in the table, and when t is NULL. */
enum hosted domain_table_hosted(const struct domain_table *t, const char *name);

#endif
