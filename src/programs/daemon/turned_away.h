/* turned_away.h - which sources the watcher is to have refused, and how it is told: those that were
 * contained just now, before anything else is done about them, and those whose refusal stands in
 * the journal, until it is lifted there. */
#ifndef STANCH_PROGRAMS_DAEMON_TURNED_AWAY_H
#define STANCH_PROGRAMS_DAEMON_TURNED_AWAY_H

#include "base/attribute.h"
#include "facts/source.h"

#include <stdbool.h>

struct turned_away;

/* say: of a source that is to be refused from now on, or no longer. needed: whether one that the
 * journal has not yet is still contained. */
struct turned_away_calls {
	void (*say)(void *context, const struct source *source, bool is_refused);
	bool (*needed)(void *context, const struct source *source);
	void *context;
};

struct turned_away *turned_away_new(const struct turned_away_calls *calls);
void turned_away_free(struct turned_away *t); /* NULL is fine */
AUTO_FREE(turned_away)

/* It is contained: said at once. */
void turned_away_add(struct turned_away *t, const struct source *source);

bool turned_away_has(const struct turned_away *t, const struct source *source);

/* The journal's word: begin, each whose refusal stands, end. What is new is said, and so is what
 * does not stand any more. */
void turned_away_begin(struct turned_away *t);
void turned_away_stands(void *turned_away, const struct source *source);
void turned_away_end(struct turned_away *t);

#endif
