/* measures.h - what the journal tells in numbers, for those who draw them over time: how many
 * incidents, how long each took to be contained and by whose word, which detectors spoke, what
 * became of each action. It is read once and then only what is new, so that a turn is short however
 * long the journal has become. No source is named. */
#ifndef STANCH_INCIDENTS_MEASURES_H
#define STANCH_INCIDENTS_MEASURES_H

#include "base/attribute.h"
#include "incidents/actions.h"
#include "incidents/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEASURES_TURN   2000 /* rows of a kind that are read at a time */
#define MEASURES_NAME   32   /* bytes of a detector's or responder's name with its NUL */
#define MEASURES_NAMES  48   /* of each kind that are told apart; the rest is MEASURES_OTHER */
#define MEASURES_OTHER  "other"
#define MEASURES_DELAYS 12

/* Upper bounds of the classes of delays, in seconds; behind the last is one without a bound. */
extern const int64_t measures_delay_bounds[MEASURES_DELAYS];

/* From the first suspicion of an incident until it was contained. */
struct measures_delays {
	uint64_t counts[MEASURES_DELAYS + 1]; /* of each class alone */
	uint64_t count;
	int64_t sum; /* seconds */
};

struct measures_named {
	char name[MEASURES_NAME];
	uint64_t counts[ACTION_STATES]; /* of a detector: the first alone */
};

/* Owned by the caller, zeroed at first; it needs no free. */
struct measures {
	bool is_whole;   /* all that is in the journal was read: until then these are no numbers */
	uint64_t opened; /* incidents */
	struct measures_delays by_daemon, by_person;
	int64_t last_contained;                          /* 0: never */
	struct measures_named detectors[MEASURES_NAMES]; /* whose evidence contained an incident */
	size_t detector_count;
	/* Steps of actions since `measures` began: the journal keeps the latest of each action
	 * only, and its number may not go back. */
	struct measures_named responders[MEASURES_NAMES];
	size_t responder_count;

	bool has_begun; /* private, as is what follows */
	int64_t incident, step, action_step;
};

/* Names that are told from the beginning on, with 0: who draws a number has to see it begin. */
void measures_know_detectors(struct measures *m);
void measures_know_responder(struct measures *m, const char *name);

/* Reads what is new. 0; or an error of journal_open() and *problem: what was read of it stays, and
 * nothing is read twice. */
MUST_USE int measures_turn(struct measures *m, struct journal *j, struct problem *problem);

#endif
