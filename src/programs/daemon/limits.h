/* limits.h - how many recipients a source may offer within a time. What it has offered is counted
 * in slots of a 32nd of that time: there is never more than the limit within any such time, and
 * room again at most a 32nd of it later than there could be. In bounded memory: of too many sources
 * the quietest are forgotten, and begin anew.
 *
 * Only those who send are limited, mailboxes, logins and scripts: never a host that brings us mail.
 * Time is an argument, in milliseconds of a clock that nobody sets. */
#ifndef STANCH_PROGRAMS_DAEMON_LIMITS_H
#define STANCH_PROGRAMS_DAEMON_LIMITS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/source.h"
#include "settings/groups.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMITS_SOURCES_MOST ((size_t)32768) /* counted at a time */

/* Whether each entry of limits.sources is a source that can be limited and a number, and none is
 * there twice. 0; or -EINVAL with *ret_entry, its place, and *problem, which says what would be
 * right. */
MUST_USE int limits_check(
	const struct limits_settings *settings, size_t *ret_entry, struct problem *problem);

struct limits;

/* Entries that limits_check() refuses are passed over. settings: not kept. */
struct limits *limits_new(const struct limits_settings *settings);
void limits_free(struct limits *l); /* NULL is fine */
AUTO_FREE(limits)

enum limits_room {
	LIMITS_ROOM,    /* counted */
	LIMITS_REACHED, /* no room, nothing is counted: for the first time since half of it was free
			 */
	LIMITS_FULL     /* no room, nothing is counted */
};

/* Takes room for so many recipients, all or none. */
enum limits_room limits_take(
	struct limits *l, const struct source *source, uint64_t recipients, int64_t now_ms);

/* What a client of that source is told, into at: "slow The limit of 500 recipients within ...". Cut
 * at size. */
void limits_write(const struct limits *l, const struct source *source, char *at, size_t size);

/* How many recipients it may offer; 0: as many as it likes. */
uint64_t limits_most(const struct limits *l, const struct source *source);

/* How many sources have no room for one recipient more. */
size_t limits_reached(struct limits *l, int64_t now_ms);

#endif
