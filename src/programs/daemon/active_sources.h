/* active_sources.h - who sends now: the most suspicious of the sources that sent, or tried to,
 * within the last hour, as they are told. However many there are, only so many of those used last
 * are looked at; the others are counted. */
#ifndef STANCH_PROGRAMS_DAEMON_ACTIVE_SOURCES_H
#define STANCH_PROGRAMS_DAEMON_ACTIVE_SOURCES_H

#include "incidents/watch.h"
#include "reports/now_json.h"

#include <stddef.h>
#include <stdint.h>

#define ACTIVE_SOURCES_LOOKED ((size_t)4096)

/* Fills at most NOW_SOURCES_MAX of ret: those that were found to send spam first, then by score.
 * Returns how many. *ret_active: how many were active at all. */
size_t active_sources(struct watch *w, int64_t now_us, struct now_source ret[NOW_SOURCES_MAX],
	size_t *ret_active);

#endif
