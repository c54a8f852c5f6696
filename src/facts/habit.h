/* habit.h - what one source usually does: its past, in less than a KiB while it is quiet. It only
 * counts; what a count means is for detectors. A day is a day of the server's own record (UTC), as
 * days since 1970. */
#ifndef STANCH_FACTS_HABIT_H
#define STANCH_FACTS_HABIT_H

#include "facts/known_set.h"
#include "formats/body_sketch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HABIT_TEXTS       6   /* at most */
#define HABIT_BUSY_DAYS   4   /* the busiest days are remembered */
#define HABIT_BUSY_MEMORY 120 /* days for which they are */

/* Things that are used on some days and not on others. */
enum habit_kind {
	HABIT_NETWORK,
	HABIT_COUNTRY,
	HABIT_CLIENT, /* how the mail program greets, and its cipher */
	HABIT_SENDER,
	HABIT_LINK,
	HABIT_KINDS
};
#define HABIT_PLACES (8 + 4 + 4 + 4 + 6) /* of each kind, in their order */

struct habit_place {
	uint32_t key; /* 0: free */
	uint16_t first_day, last_day, days;
};

/* How often something was so, of how often it could have been. Both are halved when the second gets
 * large, so that what was long ago counts less. */
struct habit_share {
	uint16_t yes, all;
};

enum habit_trait {
	TRAIT_STRANGERS,      /* a message to strangers and to nobody else */
	TRAIT_REPEATED,       /* a text of an earlier message, to strangers */
	TRAIT_FOREIGN_SENDER, /* a sender domain that is not hosted here */
	TRAIT_NEW_SENDER,     /* a sender never used before */
	TRAIT_STRANGE_LINK,   /* of messages with a link: to a host that this server did not know */
	TRAIT_NEW_NETWORK,    /* of days: one with a network that was new */
	TRAIT_NEW_COUNTRY,    /* of days */
	TRAIT_DEAD,           /* of outcomes: a recipient that does not exist */
	TRAITS
};

/* A text that was sent on some day. */
struct habit_text {
	struct body_sketch sketch;
	uint16_t first_day, last_day;
};

struct habit_busy_day {
	uint16_t day, strangers;
};

/* Zeroed is a source that never did anything. */
struct habit {
	struct known_set known; /* people it wrote to, and who wrote to it */
	struct habit_place places[HABIT_PLACES];
	struct habit_share shares[TRAITS]; /* of the days before today */
	struct habit_share today[TRAITS];
	float filter_mean, filter_weight; /* of a content filter's scores, before today */
	float today_filter, today_filtered;
	struct habit_busy_day busy[HABIT_BUSY_DAYS];
	struct habit_text *texts;
	uint8_t text_count; /* room for as many as the next power of two */
	uint32_t messages;
	uint16_t active_days;     /* days with a message sent */
	uint16_t last_day;        /* of them; what "today" means above */
	uint16_t today_strangers; /* recipients */
	bool today_distrusted;    /* nothing of today is to be learnt */
	uint8_t hours[24];        /* messages by the hour of the day; halved together */
};

void habit_free(struct habit *h);

/* Makes `day` today; what is before it becomes the past, unless it was distrusted. Returns true
 * when it is a new day for the source. An earlier day is taken for today. */
bool habit_turn(struct habit *h, uint16_t day);

void habit_count(struct habit *h, enum habit_trait trait, bool yes);
void habit_count_filter(struct habit *h, double score);
void habit_count_hour(struct habit *h, unsigned hour);
void habit_count_strangers(struct habit *h, unsigned recipients);

/* The share to expect, where `usual` is what others do and counts as `weight` observations. */
double habit_expect(const struct habit *h, enum habit_trait trait, double usual, double weight);

/* Earlier days than today on which it was used; 0 when it never was, or only today. */
unsigned habit_days(const struct habit *h, enum habit_kind kind, uint32_t key);
bool habit_has(const struct habit *h, enum habit_kind kind, uint32_t key);
void habit_use(struct habit *h, enum habit_kind kind, uint32_t key);

/* Most strangers written to on one of the days remembered. */
unsigned habit_busiest(const struct habit *h);

/* The text among those sent before that is alike; NULL: none. */
const struct habit_text *habit_find_text(const struct habit *h, const struct body_sketch *sketch);
void habit_use_text(struct habit *h, const struct body_sketch *sketch);

/* To and from bytes; *h is zeroed before it is read. */
void habit_code(struct habit *h, struct codec *c);

/* Bytes on the heap, without *h itself. */
size_t habit_bytes(const struct habit *h);

#endif
