/* login_limit.h - how often somebody may try passwords: LOGIN_LIMIT_FREE failures of an address,
 * and of a name, cost nothing; each one more makes the next try wait, twice as long as the one
 * before. A try counts when it begins, so that many at a time are many. A name that has
 * logged in from an address before waits there only for its own failures: nobody keeps another out.
 * Bounded; no clock: milliseconds of one that nobody sets. */
#ifndef STANCH_PROGRAMS_DAEMON_LOGIN_LIMIT_H
#define STANCH_PROGRAMS_DAEMON_LOGIN_LIMIT_H

#include "base/attribute.h"
#include "base/slice.h"
#include "facts/networks.h"

#include <stdint.h>

#define LOGIN_LIMIT_FREE      5
#define LOGIN_LIMIT_FIRST_MS  INT64_C(2000)
#define LOGIN_LIMIT_MOST_MS   INT64_C(900000)  /* the longest wait */
#define LOGIN_LIMIT_FORGET_MS INT64_C(3600000) /* after the last failure */
#define LOGIN_LIMIT_ENTRIES   4096 /* of more, the one whose failure is longest ago goes first */

struct login_limit;

struct login_limit *login_limit_new(void);
void login_limit_free(struct login_limit *l); /* NULL is fine */
AUTO_FREE(login_limit)

/* Who tries. Of an IPv6 address the first half counts: the rest is its user's to choose. name: any
 * bytes. */
struct login_try {
	struct address from;
	struct slice name;
};

/* Begins a try: 0, and it counts as failed until login_limit_succeeded(); or milliseconds to wait
 * before the next one, and this one was none. */
MUST_USE int64_t login_limit_begin(
	struct login_limit *l, const struct login_try *t, int64_t now_ms);

/* The try was no failure; and the address is the name's. */
void login_limit_succeeded(struct login_limit *l, const struct login_try *t, int64_t now_ms);

#endif
