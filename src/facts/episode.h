/* episode.h - what one source has been doing lately: counts that fade, and what detectors noted of
 * them. The owner's mail goes on while somebody else uses his password, so a source has two: one
 * for the networks it is known in, one for all others. */
#ifndef STANCH_FACTS_EPISODE_H
#define STANCH_FACTS_EPISODE_H

#include "formats/body_sketch.h"

#include <stdbool.h>
#include <stdint.h>

#define EPISODE_TEXTS    4
#define EPISODE_NETWORKS 4
#define EPISODE_REFUSERS 4
#define EPISODE_IDS      3
#define EPISODE_ID_MAX   24 /* bytes of a message id with its NUL */
#define EPISODE_NOTES    17
#define EPISODE_WORD     48 /* bytes of a name with its NUL, printable */

/* After so much quiet, the next message begins a new episode; sooner once it was contained. */
#define EPISODE_QUIET_US     (INT64_C(3) * 86400 * 1000000)
#define EPISODE_CONTAINED_US (INT64_C(3) * 3600 * 1000000)

/* The counts are halved in this time, so that a thief who takes a week is still seen as one. */
#define EPISODE_HALF_US (INT64_C(4) * 86400 * 1000000)

/* A recipient that was offered and not taken within this time is forgotten. */
#define EPISODE_OFFER_US (INT64_C(5) * 60 * 1000000)

/* What one detector has to say. */
struct episode_note {
	uint8_t detector; /* its number, less than EPISODE_NOTES */
	float bits;
	float numbers[3];
	char id[EPISODE_ID_MAX]; /* of the latest message that added to it */
};

struct episode {
	int64_t begun_us, last_us; /* of messages; 0: none yet */
	int64_t faded_us;
	uint32_t messages;
	uint16_t day, day_strangers; /* recipients who are strangers, on that day */

	/* recipients who are strangers, offered and not taken yet, of messages that are being given
	 * to us; not saved */
	int64_t offered_us; /* the latest */
	uint16_t offered;

	/* these fade */
	float stranger_messages; /* to strangers only */
	float to_strangers;      /* messages with a stranger among their recipients */
	float strangers;         /* recipients */
	float repeated;          /* messages to strangers with a text of an earlier one */
	float new_senders;
	float delivered, dead, refused; /* outcomes */
	float complaints;               /* messages that somebody complained about */
	float link_uses;                /* of link_key */
	float filter_sum, filtered;
	float in_order, out_of_order; /* recipients of neighbouring messages */

	uint32_t link_key;   /* the strange link used most */
	uint32_t networks;   /* new ones, seen in this episode */
	float network_level; /* bits of the networks seen, which do not fade while they are used */
	uint32_t networks_seen[EPISODE_NETWORKS];
	uint32_t refusers[EPISODE_REFUSERS]; /* domains that refused it for its content */
	struct body_sketch *texts;           /* owned, as are the pointers below */
	uint8_t text_count, next_text;
	bool is_accused;         /* by a relay, which was counted */
	bool has_body;           /* the text of some message could be read */
	uint64_t last_recipient; /* its first eight bytes, in the order of bytes */

	char ids[EPISODE_IDS][EPISODE_ID_MAX]; /* the latest messages to strangers */
	char *network_text, *link_host;        /* printable; NULL: none */
	struct episode_note *notes;            /* of those detectors that have said something */
	uint8_t note_count;
	float score;      /* of the notes, as the detectors count them */
	float score_told; /* for the one who tells */
	uint16_t told_day;
};

/* Frees what it owns; zeroed, it is one in which nothing was done yet. */
void episode_clear(struct episode *e);

/* Bytes that it takes, with what it owns. */
size_t episode_bytes(const struct episode *e);

/* The detector's note; NULL: it has said nothing. */
struct episode_note *episode_find_note(const struct episode *e, unsigned detector);

/* The detector's note, which is added, zeroed, if it is not there. Valid until the next is added.
 */
struct episode_note *episode_note(struct episode *e, unsigned detector);

/* In the place of the oldest, when there are EPISODE_TEXTS already. */
void episode_keep_text(struct episode *e, const struct body_sketch *text);

/* Replaces a word of the episode's, such as its network_text, by a copy. */
void episode_keep_word(char **word, const char *text);

static inline unsigned episode_offered(const struct episode *e, int64_t at_us)
{
	return at_us - e->offered_us <= EPISODE_OFFER_US ? e->offered : 0;
}

/* Of its messages and offers. */
static inline int64_t episode_latest(const struct episode *e)
{
	return e->offered_us > e->last_us ? e->offered_us : e->last_us;
}

/* To and from bytes. */
void episode_code(struct episode *e, struct codec *c);

/* Lets time pass. */
void episode_fade(struct episode *e, int64_t at_us);

/* Keeps up to EPISODE_REFUSERS different domains that refused it; returns how many there are. */
unsigned episode_refused_by(struct episode *e, uint32_t domain);

#endif
