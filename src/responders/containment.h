/* containment.h - does what is switched on against a source, each responder in its order, with the
 * journal: the intent before, the outcome after, and done only when the world shows it. What the
 * other side could not be reached for is tried again later; what was killed in between is looked at
 * and gone on with. After each deed those before it are looked at again: whoever was thrown out
 * and is back is thrown out again. */
#ifndef STANCH_RESPONDERS_CONTAINMENT_H
#define STANCH_RESPONDERS_CONTAINMENT_H

#include "base/attribute.h"
#include "incidents/actions.h"
#include "responders/responder.h"

#include <stddef.h>
#include <stdint.h>

#define CONTAINMENT_RESPONDERS 8
#define CONTAINMENT_WAIT_MOST  3600 /* seconds between two tries of the same */
#define CONTAINMENT_PATIENCE_S                                                                     \
	30 /* while a secret is still to be delivered: it is in memory only */
#define CONTAINMENT_LOCK_MS 60000 /* another that acts on the same incident is waited for */

/* All borrowed but with.secret, which containment_end() frees. */
struct containment {
	struct journal *journal;
	const char *state; /* the journal's folder */
	const struct responder *const *table;
	size_t count;
	struct responding with;
	const struct journal_who *who; /* for whom, in the journal; NULL: the daemon */
	bool insists;                  /* a person: what has failed, or waits for its time, too */
	int64_t (*now)(void);          /* seconds since 1970 */
	void (*pause)(int64_t s);      /* waits */
	/* Asked once nobody else acts on it: whether it still is what is to be done, for the
	 * incident may have been ended while another was waited for. NULL: it is. */
	bool (*is_due)(void *context);
	/* What came of one, as soon as it is known; may be NULL. */
	void (*said)(void *context, const struct responder *r, enum action_state state,
		const char *words);
	void *context;
};

struct contained {
	size_t done, waiting, failed; /* responders in that state now */
	int64_t next;                 /* when it is to be tried again; 0: not */
};

/* Does what is due of incident with.incident. 0 and *ret; or the journal's error, -EBUSY when
 * another acts on the same incident, and nothing more was done; -ESTALE: is_due() says no, and
 * nothing was done. */
MUST_USE int containment_act(struct containment *c, struct contained *ret, struct problem *problem);

/* A person is asked about it: that is told, and nothing else done. As containment_act(). */
MUST_USE int containment_suspect(
	struct containment *c, struct contained *ret, struct problem *problem);

/* The incident is over: who was refused is refused no longer if the password was changed, which is
 * what keeps the thief out; and it is told. Otherwise a refusal stays until a person ends it. */
MUST_USE int containment_close(
	struct containment *c, struct contained *ret, struct problem *problem);

/* Undoes what can be undone of it: of that responder, or (NULL) of all that are left. Those
 * undone are never done again for the same incident. */
MUST_USE int containment_undo(
	struct containment *c, const char *only, struct contained *ret, struct problem *problem);

/* What containment_act() would do, a sentence for each responder that is switched on and can do
 * something about the source; by said() with ACTION_INTENDED. Changes nothing. */
void containment_plan(const struct containment *c);

void containment_end(struct containment *c);

#endif
