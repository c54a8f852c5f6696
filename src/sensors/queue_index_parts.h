/* queue_index_parts.h - private to queue_index.c and queue_search.c: how the index lies in memory.
 *
 * An entry never moves while it is in, and what leaves makes its slot free for what comes. Texts
 * lie in blocks; each begins with the slot that it is of, so that a block which is mostly free can
 * be emptied: a text is in use when its entry says that it is where it is. */
#ifndef STANCH_SENSORS_QUEUE_INDEX_PARTS_H
#define STANCH_SENSORS_QUEUE_INDEX_PARTS_H

#include "sensors/queue_index.h"

#define SLOTS_A_CHUNK 4096u
#define BLOCK_BYTES   ((size_t)256 << 10)
#define BLOCKS        (QUEUE_INDEX_BYTES / BLOCK_BYTES)
#define NO_SLOT       UINT32_MAX
#define NO_TEXTS      UINT32_MAX

enum entry_flag {
	ENTRY_USED = 1,
	ENTRY_KNOWN = 2,
	ENTRY_DAMAGED = 4,
	ENTRY_FROZEN = 8,
	ENTRY_NEW_ID = 16, /* of EXIM_ID_NEW bytes */
	ENTRY_ROUND = 32,  /* put in the round of this bit's value */
	ENTRY_CUT_SENDER = 64,
	ENTRY_CUT_SUBJECT = 128,
};

struct index_entry {
	char id[EXIM_ID_NEW];
	uint8_t flags;
	uint32_t received;
	uint32_t
		texts; /* block * BLOCK_BYTES + offset, over TEXTS_UNIT; NO_TEXTS; next free slot */
	uint32_t recipient_count, fields_size;
	uint16_t folder;
};

/* In a block; the texts follow, a LF behind each: source, sender, subject, recipients. */
struct index_texts {
	uint32_t slot;
	uint16_t source, sender, subject, recipients; /* bytes, without that LF */
};

#define TEXTS_UNIT sizeof(uint32_t)
#define NO_SUBJECT UINT16_MAX /* as its length: there is none */

struct index_folder {
	char queue[SPOOL_QUEUE_MAX], letter;
};

struct queue_index {
	size_t most;
	struct index_entry **chunks; /* of SLOTS_A_CHUNK */
	uint32_t slot_count;         /* that were ever used */
	uint32_t free_slot;          /* the first of a list; NO_SLOT */
	size_t count, damaged;

	uint32_t *table; /* slots by folder and id, open addressing; NO_SLOT: free */
	size_t room;     /* a power of two */

	struct index_block {
		char *at;          /* NULL: none */
		size_t used;       /* bytes from the front */
		size_t live;       /* of these, in use */
	} * blocks;                /* BLOCKS */
	size_t block, block_count; /* that is filled now; that there are */
	size_t live;               /* bytes in all */

	struct index_folder *folders;
	size_t folder_count;
	unsigned round; /* 0 or ENTRY_ROUND */
	bool is_full;
};

static inline struct index_entry *entry_at(const struct queue_index *x, uint32_t slot)
{
	return &x->chunks[slot / SLOTS_A_CHUNK][slot % SLOTS_A_CHUNK];
}

static inline size_t entry_id_length(const struct index_entry *e)
{
	return (e->flags & ENTRY_NEW_ID) != 0 ? EXIM_ID_NEW : EXIM_ID_OLD;
}

/* NULL: it has none. */
static inline const struct index_texts *entry_texts(
	const struct queue_index *x, const struct index_entry *e)
{
	size_t at = (size_t)e->texts * TEXTS_UNIT;

	if ((e->flags & ENTRY_KNOWN) == 0)
		return NULL;
	return (const void *)(x->blocks[at / BLOCK_BYTES].at + at % BLOCK_BYTES);
}

/* The four parts, and all together. .at of the subject is NULL when there is none. */
struct index_parts {
	struct slice source, sender, subject, recipients, all;
};

static inline struct index_parts texts_parts(const struct index_texts *t)
{
	const char *at = (const char *)(t + 1);
	size_t subject = t->subject == NO_SUBJECT ? 0 : t->subject;
	struct index_parts p = {
		.source = {at, t->source}, .sender = {at + t->source + 1, t->sender}};

	p.subject = (struct slice){p.sender.at + t->sender + 1, subject};
	p.recipients = (struct slice){p.subject.at + subject + 1, t->recipients};
	p.all = (struct slice){at, (size_t)(p.recipients.at - at) + t->recipients};
	if (t->subject == NO_SUBJECT)
		p.subject.at = NULL;
	return p;
}

/* What the entry says; texts are the index's. */
void queue_index_entry_read(
	const struct queue_index *x, const struct index_entry *e, struct queue_index_message *ret);

#endif
