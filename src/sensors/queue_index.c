#include "sensors/queue_index.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/sketch.h"
#include "sensors/queue_index_parts.h"

#include <errno.h>
#include <stdlib.h>

#define CHUNKS(most)  (((most) + SLOTS_A_CHUNK - 1) / SLOTS_A_CHUNK)
#define TABLE_FIRST   1024u
#define SPARE_BLOCKS  8u /* of free bytes that are left alone */
#define FOLDERS_FIRST 8u

struct queue_index *queue_index_new(size_t most)
{
	struct queue_index *x = memory_new(1, sizeof(*x));

	x->most = most < QUEUE_INDEX_MESSAGES ? most : QUEUE_INDEX_MESSAGES;
	x->chunks = memory_new(CHUNKS(x->most) + 1, sizeof(struct index_entry *));
	x->free_slot = NO_SLOT;
	x->room = TABLE_FIRST;
	x->table = memory_grow(NULL, x->room, sizeof(*x->table));
	memset(x->table, 0xff, x->room * sizeof(*x->table));
	x->blocks = memory_new(BLOCKS, sizeof(*x->blocks));
	return x;
}

void queue_index_free(struct queue_index *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i < CHUNKS(x->most); i++)
		free(x->chunks[i]);
	for (size_t i = 0; i < BLOCKS; i++)
		free(x->blocks[i].at);
	free(x->chunks);
	free(x->table);
	free(x->blocks);
	free(x->folders);
	free(x);
}

/* ---- folders ---- */

int queue_index_folder(struct queue_index *x, const char *queue, char letter)
{
	size_t n = x->folder_count;

	for (size_t i = 0; i < n; i++)
		if (x->folders[i].letter == letter && strcmp(x->folders[i].queue, queue) == 0)
			return (int)i;
	if (n == QUEUE_INDEX_FOLDERS || strlen(queue) >= SPOOL_QUEUE_MAX) {
		x->is_full = true;
		return -ENOSPC;
	}
	if (n == 0 || (n >= FOLDERS_FIRST && (n & (n - 1)) == 0)) /* the room was full */
		x->folders = memory_grow(
			x->folders, n == 0 ? FOLDERS_FIRST : n * 2, sizeof(*x->folders));
	struct index_folder *f = &x->folders[x->folder_count++];
	memcpy(f->queue, queue, strlen(queue) + 1);
	f->letter = letter;
	return (int)n;
}

const char *queue_index_queue(const struct queue_index *x, unsigned folder, char *ret_letter)
{
	if (ret_letter != NULL)
		*ret_letter = x->folders[folder].letter;
	return x->folders[folder].queue;
}

/* ---- the table ---- */

static size_t home_of(const struct queue_index *x, unsigned folder, const char *id, size_t len)
{
	uint64_t hash = hash_fold(hash_bytes(id, len), HASH_KEY_A + folder);

	return (size_t)hash & (x->room - 1);
}

static size_t home_of_slot(const struct queue_index *x, uint32_t slot)
{
	const struct index_entry *e = entry_at(x, slot);

	return home_of(x, e->folder, e->id, entry_id_length(e));
}

/* Its place in the table, or the free one where it would be. */
static size_t find_place(const struct queue_index *x, unsigned folder, const struct exim_id *id)
{
	size_t at = home_of(x, folder, id->text, id->len);

	for (; x->table[at] != NO_SLOT; at = (at + 1) & (x->room - 1)) {
		const struct index_entry *e = entry_at(x, x->table[at]);
		if (e->folder == folder && entry_id_length(e) == id->len &&
			memcmp(e->id, id->text, id->len) == 0)
			break;
	}
	return at;
}

static void grow_table(struct queue_index *x)
{
	free(x->table);
	x->room *= 2;
	x->table = memory_grow(NULL, x->room, sizeof(*x->table));
	memset(x->table, 0xff, x->room * sizeof(*x->table));
	for (uint32_t slot = 0; slot < x->slot_count; slot++) {
		if ((entry_at(x, slot)->flags & ENTRY_USED) == 0)
			continue;
		size_t at = home_of_slot(x, slot);
		while (x->table[at] != NO_SLOT)
			at = (at + 1) & (x->room - 1);
		x->table[at] = slot;
	}
}

/* What stands behind moves up, so that no search ends at the hole. */
static void free_place(struct queue_index *x, size_t hole)
{
	size_t mask = x->room - 1;

	for (size_t at = (hole + 1) & mask; x->table[at] != NO_SLOT; at = (at + 1) & mask) {
		size_t home = home_of_slot(x, x->table[at]);
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		x->table[hole] = x->table[at];
		hole = at;
	}
	x->table[hole] = NO_SLOT;
}

/* ---- texts ---- */

static size_t texts_size(const struct index_texts *t)
{
	struct index_parts p = texts_parts(t);
	size_t size = sizeof(*t) + p.all.len + 1;

	return (size + TEXTS_UNIT - 1) / TEXTS_UNIT * TEXTS_UNIT;
}

static bool begin_block(struct queue_index *x)
{
	size_t i = 0;

	while (i < BLOCKS && x->blocks[i].at != NULL)
		i++;
	if (i == BLOCKS)
		return false;
	x->blocks[i] = (struct index_block){.at = memory_grow(NULL, BLOCK_BYTES, 1)};
	x->block = i;
	x->block_count++;
	return true;
}

/* Room for texts of so many bytes; NULL when there is none. */
static struct index_texts *take_room(struct queue_index *x, size_t size, uint32_t *ret_where)
{
	struct index_block *b = &x->blocks[x->block];

	if (b->at == NULL || b->used + size > BLOCK_BYTES) {
		if (!begin_block(x))
			return NULL;
		b = &x->blocks[x->block];
	}
	char *at = b->at + b->used;
	*ret_where = (uint32_t)((x->block * BLOCK_BYTES + b->used) / TEXTS_UNIT);
	b->used += size;
	b->live += size;
	x->live += size;
	return (void *)at;
}

static void free_block(struct queue_index *x, struct index_block *b)
{
	free(b->at);
	*b = (struct index_block){0};
	x->block_count--;
}

static void free_texts(struct queue_index *x, const struct index_entry *e)
{
	const struct index_texts *t = entry_texts(x, e);

	if (t == NULL)
		return;
	struct index_block *b = &x->blocks[(size_t)e->texts * TEXTS_UNIT / BLOCK_BYTES];
	size_t size = texts_size(t);
	b->live -= size;
	x->live -= size;
	if (b->live == 0 && b != &x->blocks[x->block])
		free_block(x, b);
}

/* The block with the fewest bytes in use, but for the one that is filled now; NULL: none. */
static struct index_block *sparsest(const struct queue_index *x)
{
	struct index_block *found = NULL;

	for (size_t i = 0; i < BLOCKS; i++)
		if (x->blocks[i].at != NULL && i != x->block &&
			(found == NULL || x->blocks[i].live < found->live))
			found = &x->blocks[i];
	return found;
}

/* Moves what is in use in b to where texts are put now, and frees b. false when there is no room.
 */
static bool empty_block(struct queue_index *x, struct index_block *b)
{
	size_t number = (size_t)(b - x->blocks), size;

	for (size_t at = 0; at < b->used; at += size) {
		const struct index_texts *t = (const void *)(b->at + at);
		struct index_entry *e = entry_at(x, t->slot);
		uint32_t where = (uint32_t)((number * BLOCK_BYTES + at) / TEXTS_UNIT);
		size = texts_size(t);
		if ((e->flags & ENTRY_KNOWN) == 0 || e->texts != where)
			continue;
		struct index_texts *moved = take_room(x, size, &where);
		if (moved == NULL)
			return false;
		memcpy(moved, t, size);
		e->texts = where;
		b->live -= size;
		x->live -= size;
	}
	free_block(x, b);
	return true;
}

/* As many bytes may be free as are in use. */
static void tidy(struct queue_index *x)
{
	if (x->block_count * BLOCK_BYTES <= x->live * 2 + SPARE_BLOCKS * BLOCK_BYTES)
		return;
	struct index_block *b = sparsest(x);
	if (b != NULL)
		(void)empty_block(x, b);
}

/* The first `most` bytes, and no character in half. */
static struct slice cut(struct slice text, size_t most)
{
	size_t len = 0, more;

	if (text.len <= most)
		return text;
	while (len < most) {
		more = printable_utf8_length(slice_after(text, len));
		if (len + more > most)
			break;
		len += more > 0 ? more : 1;
	}
	return slice_first(text, len);
}

/* Whole addresses. */
static struct slice cut_recipients(struct slice all)
{
	struct slice front = slice_first(all, QUEUE_INDEX_RECIPIENTS);

	if (front.len == all.len)
		return all;
	size_t end = slice_find_last(front, '\n');
	return end < front.len ? slice_first(all, end + 1) : cut(all, QUEUE_INDEX_RECIPIENTS);
}

static char *put_text(char *at, struct slice text)
{
	if (text.at != NULL)
		memcpy(at, text.at, text.len);
	at[text.len] = '\n';
	return at + text.len + 1;
}

/* NO_TEXTS when there is no room. */
static uint32_t put_texts(struct queue_index *x, uint32_t slot, const struct queue_index_message *m)
{
	struct slice source = cut(m->source, QUEUE_INDEX_SOURCE);
	struct slice sender = cut(m->sender, QUEUE_INDEX_SENDER);
	struct slice subject = cut(m->subject, QUEUE_INDEX_SUBJECT);
	struct slice recipients = cut_recipients(m->recipients);
	struct index_texts head = {.slot = slot,
		.source = (uint16_t)source.len,
		.sender = (uint16_t)sender.len,
		.subject = subject.at != NULL ? (uint16_t)subject.len : NO_SUBJECT,
		.recipients = (uint16_t)recipients.len};
	size_t size = sizeof(head) + source.len + sender.len + subject.len + recipients.len + 4;
	uint32_t where = NO_TEXTS;

	size = (size + TEXTS_UNIT - 1) / TEXTS_UNIT * TEXTS_UNIT;
	struct index_texts *t = take_room(x, size, &where);
	if (t == NULL)
		return NO_TEXTS;
	*t = head;
	char *at = put_text((char *)(t + 1), source);
	at = put_text(at, sender);
	at = put_text(at, subject);
	(void)put_text(at, recipients);
	return where;
}

/* ---- messages ---- */

static uint32_t clamp(uint64_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static uint32_t take_slot(struct queue_index *x)
{
	uint32_t slot = x->free_slot;

	if (slot != NO_SLOT) {
		x->free_slot = entry_at(x, slot)->texts;
		return slot;
	}
	slot = x->slot_count;
	if (slot == x->most)
		return NO_SLOT;
	if (slot % SLOTS_A_CHUNK == 0 && x->chunks[slot / SLOTS_A_CHUNK] == NULL)
		x->chunks[slot / SLOTS_A_CHUNK] =
			memory_new(SLOTS_A_CHUNK, sizeof(struct index_entry));
	x->slot_count++;
	return slot;
}

static void free_slot(struct queue_index *x, uint32_t slot)
{
	struct index_entry *e = entry_at(x, slot);

	e->flags = 0;
	e->texts = x->free_slot;
	x->free_slot = slot;
}

static uint8_t flags_of(const struct queue_index *x, const struct queue_index_message *m)
{
	unsigned flags = ENTRY_USED | x->round;

	flags |= m->is_damaged ? ENTRY_DAMAGED : 0u;
	flags |= m->id.len == EXIM_ID_NEW ? ENTRY_NEW_ID : 0u;
	if (!m->is_known)
		return (uint8_t)flags;
	flags |= ENTRY_KNOWN | (m->is_frozen ? ENTRY_FROZEN : 0u);
	flags |= m->sender.len > QUEUE_INDEX_SENDER ? ENTRY_CUT_SENDER : 0u;
	flags |= m->subject.len > QUEUE_INDEX_SUBJECT ? ENTRY_CUT_SUBJECT : 0u;
	return (uint8_t)flags;
}

static bool fill(struct queue_index *x, uint32_t slot, const struct queue_index_message *m)
{
	struct index_entry *e = entry_at(x, slot);

	*e = (struct index_entry){.flags = flags_of(x, m),
		.received = m->received > 0 ? clamp((uint64_t)m->received) : 0,
		.texts = NO_TEXTS,
		.recipient_count = clamp(m->recipient_count),
		.fields_size = clamp(m->fields_size),
		.folder = (uint16_t)m->folder};
	memcpy(e->id, m->id.text, m->id.len);
	if (!m->is_known)
		return true;
	e->texts = put_texts(x, slot, m);
	return e->texts != NO_TEXTS;
}

static void forget(struct queue_index *x, size_t place)
{
	uint32_t slot = x->table[place];
	struct index_entry *e = entry_at(x, slot);

	free_place(x, place);
	x->count--;
	x->damaged -= (e->flags & ENTRY_DAMAGED) != 0;
	free_texts(x, e);
	free_slot(x, slot);
	tidy(x);
}

bool queue_index_put(struct queue_index *x, const struct queue_index_message *m)
{
	queue_index_remove(x, m->folder, &m->id);
	if (x->count * 2 >= x->room)
		grow_table(x);
	uint32_t slot = take_slot(x);
	if (slot == NO_SLOT || !fill(x, slot, m)) {
		if (slot != NO_SLOT)
			free_slot(x, slot);
		x->is_full = true;
		return false;
	}
	x->table[find_place(x, m->folder, &m->id)] = slot;
	x->count++;
	x->damaged += m->is_damaged;
	return true;
}

void queue_index_remove(struct queue_index *x, unsigned folder, const struct exim_id *id)
{
	size_t place = find_place(x, folder, id);

	if (x->table[place] != NO_SLOT)
		forget(x, place);
}

bool queue_index_has(const struct queue_index *x, unsigned folder, const struct exim_id *id)
{
	return x->table[find_place(x, folder, id)] != NO_SLOT;
}

void queue_index_entry_read(
	const struct queue_index *x, const struct index_entry *e, struct queue_index_message *ret)
{
	const struct index_texts *t = entry_texts(x, e);
	size_t len = entry_id_length(e);

	*ret = (struct queue_index_message){.folder = e->folder,
		.received = e->received,
		.is_known = t != NULL,
		.is_damaged = (e->flags & ENTRY_DAMAGED) != 0,
		.is_frozen = (e->flags & ENTRY_FROZEN) != 0,
		.recipient_count = e->recipient_count,
		.fields_size = e->fields_size,
		.sender_is_cut = (e->flags & ENTRY_CUT_SENDER) != 0,
		.subject_is_cut = (e->flags & ENTRY_CUT_SUBJECT) != 0};
	ret->id.len = (uint8_t)len;
	memcpy(ret->id.text, e->id, len);
	if (t == NULL)
		return;
	struct index_parts p = texts_parts(t);
	ret->source = p.source;
	ret->sender = p.sender;
	ret->subject = p.subject;
	ret->recipients = p.recipients;
}

/* ---- rounds ---- */

void queue_index_begin_round(struct queue_index *x)
{
	x->round ^= ENTRY_ROUND;
	x->is_full = false;
}

void queue_index_end_round(struct queue_index *x)
{
	for (uint32_t slot = 0; slot < x->slot_count; slot++) {
		const struct index_entry *e = entry_at(x, slot);
		struct exim_id id = {.len = (uint8_t)entry_id_length(e)};
		if ((e->flags & ENTRY_USED) == 0 || (e->flags & ENTRY_ROUND) == x->round)
			continue;
		memcpy(id.text, e->id, id.len);
		queue_index_remove(x, e->folder, &id);
	}
}

/* ---- what is known of it ---- */

bool queue_index_is_full(const struct queue_index *x)
{
	return x->is_full;
}

size_t queue_index_count(const struct queue_index *x)
{
	return x->count;
}

size_t queue_index_damaged(const struct queue_index *x)
{
	return x->damaged;
}

size_t queue_index_memory(const struct queue_index *x)
{
	size_t chunks = (x->slot_count + SLOTS_A_CHUNK - 1) / SLOTS_A_CHUNK;

	return sizeof(*x) + CHUNKS(x->most) * sizeof(struct index_entry *) +
	       x->room * sizeof(*x->table) + chunks * SLOTS_A_CHUNK * sizeof(struct index_entry) +
	       x->block_count * BLOCK_BYTES + BLOCKS * sizeof(*x->blocks) +
	       x->folder_count * sizeof(*x->folders);
}
