/* telling.h - what the watcher tells the hand: verdicts, when they are new or have grown, and that
 * a source which the hand has contained goes on sending. */
#ifndef STANCH_PROGRAMS_DAEMON_TELLING_H
#define STANCH_PROGRAMS_DAEMON_TELLING_H

#include "base/attribute.h"
#include "incidents/watch.h"

struct talk;
struct telling;

struct telling *telling_new(void);
void telling_free(struct telling *t); /* NULL is fine */
AUTO_FREE(telling)

/* The hand has contained it; it is over. */
void telling_hold_on(struct telling *t, const struct ledger_source *s);
void telling_let_go(struct telling *t, const struct ledger_source *s);

/* It sent, or tries to, at now_us of our clock. Told of those held on to, at most once a second. */
void telling_mail(
	struct telling *t, struct talk *talk, const struct ledger_source *s, int64_t now_us);

/* active: sources that sent lately, asked for when it is told. */
void telling_verdict(struct telling *t, struct talk *talk, struct ledger *l,
	const struct watch_result *r, int64_t now_us);

#endif
