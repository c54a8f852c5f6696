/* secret.h - a password in memory: locked, left out of core dumps, wiped when it is freed
 * (libsodium). It is made here, and never written by anything here. A process that has had one
 * leaves no core at all: of the copies that others make of it we know nothing. */
#ifndef STANCH_BASE_SECRET_H
#define STANCH_BASE_SECRET_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define SECRET_MAX 255 /* bytes, without the NUL */

struct secret;

/* A copy of the text; NULL when it is longer than SECRET_MAX or has a NUL in it. */
struct secret *secret_new(struct slice text);

/* A new password that can be read over a phone: groups of letters and digits that are not taken
 * for one another, with "-" between; at least 80 bits of randomness; letters of both cases and
 * digits in it, as the strength meters of panels want. */
struct secret *secret_make(void);

void secret_free(struct secret *secret); /* NULL is fine */
AUTO_FREE(secret)

const char *secret_text(const struct secret *secret); /* valid as long as it */
struct slice secret_slice(const struct secret *secret);

/* Overwrites bytes in a way that no compiler takes away. */
void secret_wipe(void *bytes, size_t len);

#endif
