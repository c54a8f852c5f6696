/* check_blocklists.h - what a monitoring plugin says of our addresses at DNS blocklists, and how it
 * is kept until they are asked again. Pure. */
#ifndef STANCH_REPORTS_CHECK_BLOCKLISTS_H
#define STANCH_REPORTS_CHECK_BLOCKLISTS_H

#include "reports/plugin.h"
#include "systems/dns_lists.h"

#include <jansson.h>

#define CHECK_BLOCKLISTS_AGE_S INT64_C(1800) /* lists are not asked more often */

struct check_blocklists {
	/* Given, with its ranges (check_blocklists_begin()). */
	struct plugin_metric listed; /* pairs of zone and address */

	/* Counted. */
	uint64_t clean, unsaid;
	enum plugin_status status;
};

/* The label, and CRITICAL above 0. */
void check_blocklists_begin(struct check_blocklists *c);

/* What a list does not say is UNKNOWN: neither listed nor clean. */
void check_blocklists_judge(
	struct check_blocklists *c, const struct dns_list_row *rows, size_t count);

/* The first line, and a line for each that is listed or not said. age: of the answers, in seconds.
 */
void check_blocklists_write(FILE *out, const struct check_blocklists *c,
	const struct dns_list_row *rows, size_t count, int64_t age);
json_t *check_blocklists_json(const struct check_blocklists *c, const struct dns_list_row *rows,
	size_t count, int64_t age);

/* What is kept: the answers and when they were given. A new reference. */
json_t *check_blocklists_kept(const struct dns_list_row *rows, size_t count, int64_t asked);

/* The reverse, into rows whose zones and addresses are set: true, and *ret_age, when that very
 * question was answered, whole, less than CHECK_BLOCKLISTS_AGE_S before now. */
MUST_USE bool check_blocklists_read(
	const json_t *kept, struct dns_list_row *rows, size_t count, int64_t now, int64_t *ret_age);

#endif
