/* table.h - the responders, in the order in which they act: refused first, so that whatever is
 * thrown out stays out. */
#ifndef STANCH_RESPONDERS_TABLE_H
#define STANCH_RESPONDERS_TABLE_H

#include "responders/responder.h"

#include <stddef.h>

extern const struct responder *const responder_table[];
extern const size_t responder_table_count;

/* The first of those that are switched on whose settings name something that is not right, with
 * *said; NULL: all is well. */
const struct responder *responder_unready(
	const struct settings_values *values, struct problem *said);

#endif
