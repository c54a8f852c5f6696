/* recover.h - finishes or undoes what a killed run began. Because only one process acts at a time
 * on a journal (journal_open, JOURNAL_ACT), whatever has no end there was killed.
 *
 * A message of which anything was moved is finished; one of which nothing was moved stays where it
 * is. Only the files themselves are believed: every order of steps in acting.h leaves -H where it
 * says how far it came. */
#ifndef STANCH_RESPONDERS_RECOVER_H
#define STANCH_RESPONDERS_RECOVER_H

#include "responders/acting.h"

/* Goes through all unfinished actions on this spool. *ret adds them up: counts.done were finished,
 * counts.left were left as they were before the killed command, .unfinished still hang between (the
 * next command tries again), and its problems say, in sentences, what was found and which command
 * to type again. counts.messages is 0 when there was nothing to do. Returns 0, or a negative errno
 * and *problem when the journal could not be read or written. */
MUST_USE int recover_run(const struct acting *a, struct acted *ret, struct problem *problem);

/* Looks whether every message that the journal calls held lies in its hold queue, and learns which
 * were released or removed by somebody with Exim's own tools (counts.missing, and a sentence for
 * each hold). Those that had gone and are there again are held again. Errors as above. */
MUST_USE int recover_compare(const struct acting *a, struct acted *ret, struct problem *problem);

#endif
