/* held_choice.h - which held messages a person means by "HOLD|ID…", gathered hold by hold. */
#ifndef STANCH_PROGRAMS_HELD_CHOICE_H
#define STANCH_PROGRAMS_HELD_CHOICE_H

#include "programs/context.h"
#include "responders/acting.h"
#include "responders/adopt.h"

/* One hold with the messages of it that are meant. */
struct held_group {
	int64_t hold;        /* 0: strays, that no hold of the journal has */
	char *spool, *queue; /* owned: the hold's */
	struct kept_list messages;
};

/* Zeroed to begin with; the caller ends it with held_choice_clear(). */
struct held_choice {
	struct held_group *groups;
	size_t count;
	uint64_t messages; /* in all groups */
};
void held_choice_clear(struct held_choice *c);

/* Where held mail is looked for; all borrowed. */
struct held_places {
	struct journal *journal; /* NULL: there is none */
	/* What lies in the hold queue and is in no hold of the journal, to be taken as well; NULL:
	 * only what the journal knows. */
	const struct stray_list *strays;
	const struct exim_spool *spool; /* theirs */
	const char *spool_path;
};

/* Reads the held messages that are meant by the words: numbers of holds and message ids; no words:
 * of all holds. held_before: only of holds made before then, 0: all. A word that names nothing held
 * is told on standard error and counted in *ret_unknown. 0; -EINVAL when a word is neither number
 * nor id; or another negative errno; with *problem. */
MUST_USE int held_choice_read(struct held_choice *c, const struct context *context,
	const struct held_places *places, const struct command_arguments *words,
	int64_t held_before, size_t *ret_unknown, struct problem *problem);

/* -EINVAL and *problem when a word is neither the number of a hold nor a message id. */
MUST_USE int held_choice_check(const struct command_arguments *words, struct problem *problem);

#endif
