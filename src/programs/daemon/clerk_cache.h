/* clerk_cache.h - answers of the hand that the clerk may give again for a moment. They are found by
 * a digest of what was asked, so that no session or token is kept here. */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_CACHE_H
#define STANCH_PROGRAMS_DAEMON_CLERK_CACHE_H

#include "base/attribute.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define CLERK_CACHE_KEY 32

struct clerk_cache;

/* The oldest of more than `most` answers goes; each lasts for keep_ms. */
struct clerk_cache *clerk_cache_new(size_t most, int64_t keep_ms);
void clerk_cache_free(struct clerk_cache *c); /* NULL is fine */
AUTO_FREE(clerk_cache)

/* what: borrowed; two values that are equal have the same key, and others do not. */
void clerk_cache_key(const json_t *what, unsigned char ret[CLERK_CACHE_KEY]);

/* Keeps a reference of its own. */
void clerk_cache_put(struct clerk_cache *c, const unsigned char key[CLERK_CACHE_KEY],
	const json_t *answer, int64_t now_ms);

/* NULL: there is none that is new enough. A new reference; it is not to be changed. */
json_t *clerk_cache_find(
	struct clerk_cache *c, const unsigned char key[CLERK_CACHE_KEY], int64_t now_ms);

/* Forgets one, and all. */
void clerk_cache_drop(struct clerk_cache *c, const unsigned char key[CLERK_CACHE_KEY]);
void clerk_cache_clear(struct clerk_cache *c);

#endif
