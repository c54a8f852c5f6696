/* local_tables.h - two tables that an administrator may give as files: which networks there are,
 * and which domains are hosted here. */
#ifndef STANCH_SYSTEMS_LOCAL_TABLES_H
#define STANCH_SYSTEMS_LOCAL_TABLES_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/networks.h"

#define LOCAL_TABLES_ROWS_MAX 4000000

/* Rows "PREFIX NUMBER [COUNTRY]" with tabs or blanks between, as a dump of a routing or geographic
 * database is easily turned into; number: of the autonomous system, "AS" in front or not, 0 or "-":
 * not known; empty lines and those from '#' on are passed over. 0; or a negative errno, and the
 * problem names the file and the line. */
MUST_USE int local_tables_networks(
	const char *path, struct networks *networks, struct problem *problem);

/* One domain a line, in any case; as above. */
MUST_USE int local_tables_hosted(const char *path, void (*each)(void *context, struct slice domain),
	void *context, struct problem *problem);

#endif
