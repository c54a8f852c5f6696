/* pace.h - how many recipients each of the sources in use wrote to in each of the last 60 minutes,
 * two bytes a minute. Bounded: the source not used for longest makes room, and what was lost that
 * way is known to be lost. No clock: time comes with each fact. */
#ifndef STANCH_FACTS_PACE_H
#define STANCH_FACTS_PACE_H

#include "base/attribute.h"
#include "base/codec.h"

#include <stddef.h>
#include <stdint.h>

#define PACE_MINUTES 60
#define PACE_SOURCES ((size_t)4096)
#define PACE_MOST    (UINT16_MAX - 1) /* more in one minute is told as this */
#define PACE_UNKNOWN UINT16_MAX

struct pace;

/* sources_max: at most PACE_SOURCES; more is taken for it. */
struct pace *pace_new(size_t sources_max);
void pace_free(struct pace *p); /* NULL is fine */
AUTO_FREE(pace)

/* source: its hash. What is older than an hour when it comes is not counted. */
void pace_add(struct pace *p, uint64_t source, int64_t at_us, uint64_t recipients);

/* The minutes up to the one of now_us, the oldest first; PACE_UNKNOWN where it was not counted. */
void pace_read(const struct pace *p, uint64_t source, int64_t now_us, uint16_t ret[PACE_MINUTES]);

/* To and from bytes, in a process with the same seed of hashes; *p is new before it is read. */
void pace_code(struct pace *p, struct codec *c);

size_t pace_bytes(const struct pace *p);

#endif
