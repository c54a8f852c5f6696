/* put_off.h - which recipients were put off lately. A client that tries one again does what it was
 * told to: it is no new recipient, and its source must not look the worse for it. In bounded
 * memory: of very many the earlier ones may be forgotten, and count again. */
#ifndef STANCH_PROGRAMS_DAEMON_PUT_OFF_H
#define STANCH_PROGRAMS_DAEMON_PUT_OFF_H

#include "base/attribute.h"
#include "facts/source.h"

#include <stdbool.h>

#define PUT_OFF_MOST 32768 /* recipients; 256 KiB, from the first one on */

struct put_off;

struct put_off *put_off_new(void);
void put_off_free(struct put_off *p); /* NULL is fine */
AUTO_FREE(put_off)

/* It is put off. Returns whether it was before. */
bool put_off_again(struct put_off *p, const struct source *source, struct slice recipient);

/* It passes. Returns whether it was put off before, which is then forgotten. */
bool put_off_ends(struct put_off *p, const struct source *source, struct slice recipient);

#endif
