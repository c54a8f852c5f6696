/* conduct.h - the patterns by which a source gives itself away over time: what it does now against
 * what it always did, and against what is usual on this server.
 *
 * Each detector looks at a sighting and says in bits how much more often that is seen of somebody
 * who stole the source than of its owner. Bits of one family depend on each other, so that a family
 * has a limit; no family alone is a verdict. No clock, no I/O. docs/detection.md has the reasons
 * for the numbers. */
#ifndef STANCH_DETECTORS_CONDUCT_CONDUCT_H
#define STANCH_DETECTORS_CONDUCT_CONDUCT_H

#include "detectors/detector.h"
#include "facts/episode.h"
#include "facts/sighting.h"

#include <stdbool.h>
#include <stddef.h>

enum conduct_family {
	CONDUCT_BULK,    /* many strangers, one text: what newsletters are, too */
	CONDUCT_NETWORK, /* from where */
	CONDUCT_LINK,
	CONDUCT_DEAD,    /* recipients that do not exist */
	CONDUCT_REFUSED, /* refused by others for its content */
	CONDUCT_SENDER,
	CONDUCT_FILTER,
	CONDUCT_COMPANY, /* the same from several customers */
	CONDUCT_LOGIN,
	CONDUCT_HOURS,
	CONDUCT_PLACE, /* where a script lies */
	CONDUCT_ORDER,
	CONDUCT_COMPLAINTS, /* which can be forged: they add to reasons, and are none */
	CONDUCT_FAMILIES
};

/* How a finding changes what its detector noted before. */
enum conduct_change {
	CONDUCT_ADD,   /* bits are added */
	CONDUCT_RAISE, /* bits are all there is so far; they never lower what was noted */
	CONDUCT_SET,   /* bits are all there is, also when they are less now */
};

struct conduct_finding {
	double bits;
	enum conduct_change change;
	double numbers[3]; /* for the sentence */
};

struct conduct {
	const char *name;
	enum conduct_family family;
	double most, least; /* bits of its note */
	/* Fills *ret (zeroed before) and returns true when it has something to say. */
	bool (*look)(const struct sighting *s, struct conduct_finding *ret);
	/* The sentence for its note; foreign bytes only through base/printable.h. */
	void (*say)(const struct episode *e, const struct episode_note *n, struct evidence *ret);
	const char *help; /* one sentence */
};

/* All of them, ended by a row whose name is NULL; the place of a row is that of its note. */
const struct conduct *conduct_table(void);

/* The row of that name; NULL when there is none. */
const struct conduct *conduct_find(const char *name);

/* Takes a sighting into the notes of its episode. Returns the episode's score: bits. */
double conduct_look(const struct sighting *s);

/* The score of an episode as its notes stand. */
double conduct_score(const struct episode *e);

/* Bits of one family, within its limit. */
double conduct_family(const struct episode *e, enum conduct_family family);

/* The most bits that a family can be worth, but for bulk mail, which may be worth more. */
double conduct_limit(enum conduct_family family);

/* How many families say at least that much; complaints, which anybody can write, are none of
 * them. */
unsigned conduct_reasons(const struct episode *e, double bits);

/* The notes as evidence, most bits first; what has less than a tenth of a bit is left out. Returns
 * how many. */
size_t conduct_evidence(const struct episode *e, struct evidence ret[EPISODE_NOTES]);

#endif
