#include "base/find_nocase.h"
#include "base/memory.h"
#include "sensors/queue_index_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FETCHED_AHEAD 12u /* messages */

/* A message that fits, and where it was: it has left since if it is not there any more. */
struct hit {
	uint32_t received, slot;
	struct exim_id id;
	uint16_t folder;
};

struct queue_search {
	const struct queue_index *index;
	char text[QUEUE_SEARCH_TEXT];
	struct slice lower; /* of text */
	enum queue_search_in in;
	enum queue_search_frozen frozen;
	bool has_after, may_be_id;
	struct queue_place after;

	uint32_t next, end;                  /* slots */
	uint64_t found, behind;              /* that fit; of these, behind `after` */
	struct hit hits[QUEUE_SEARCH_LIMIT]; /* a heap until all is looked at: the last one first */
	size_t count, limit;
	bool is_sorted;
	size_t given;
};

/* ---- places ---- */

char *queue_place_text(const struct queue_place *place, char at[QUEUE_PLACE_TEXT])
{
	const char letter[2] = {place->letter};

	(void)snprintf(at, QUEUE_PLACE_TEXT, "%" PRIx32 "-%s-%s/%s", place->received,
		place->id.text, place->queue, letter);
	return at;
}

static int read_time(struct slice digits, uint32_t *ret)
{
	static const char known[] = "0123456789abcdef";
	uint32_t n = 0;

	if (digits.len == 0 || digits.len > 8)
		return -EINVAL;
	for (size_t i = 0; i < digits.len; i++) {
		size_t digit = slice_find(slice_of(known), digits.at[i]);
		if (digit == 16)
			return -EINVAL;
		n = n << 4 | (uint32_t)digit;
	}
	*ret = n;
	return 0;
}

static int read_folder(struct slice text, struct queue_place *ret)
{
	size_t slash = slice_find(text, '/');
	struct slice letter = slice_after(text, slash + 1);

	if (slash == text.len || slash >= sizeof(ret->queue) || letter.len > 1)
		return -EINVAL;
	if (letter.len == 1 && !exim_id_is_digit(letter.at[0]))
		return -EINVAL;
	memcpy(ret->queue, text.at, slash);
	ret->queue[slash] = '\0';
	ret->letter = '\0';
	if (letter.len == 1)
		ret->letter = letter.at[0];
	if (strlen(ret->queue) != slash)
		return -EINVAL;
	return slash == 0 || exim_spool_is_queue_name(ret->queue) ? 0 : -EINVAL;
}

int queue_place_read(struct slice text, struct queue_place *ret)
{
	static const size_t lengths[] = {EXIM_ID_OLD, EXIM_ID_NEW};
	size_t dash = slice_find(text, '-');
	struct slice rest = slice_after(text, dash + 1);
	struct queue_place place = {0};

	if (read_time(slice_first(text, dash), &place.received) < 0)
		return -EINVAL;
	for (size_t i = 0; i < 2; i++) {
		if (rest.len <= lengths[i] || rest.at[lengths[i]] != '-' ||
			exim_id_parse(slice_first(rest, lengths[i]), &place.id) < 0)
			continue;
		if (read_folder(slice_after(rest, lengths[i] + 1), &place) < 0)
			return -EINVAL;
		*ret = place;
		return 0;
	}
	return -EINVAL;
}

static struct queue_place place_of(const struct queue_index *x, const struct hit *h)
{
	struct queue_place place = {.received = h->received, .id = h->id};
	const char *queue = queue_index_queue(x, h->folder, &place.letter);

	memcpy(place.queue, queue, strlen(queue) + 1);
	return place;
}

/* <0 when a stands before b in a result. */
static int compare_places(const struct queue_place *a, const struct queue_place *b)
{
	if (a->received != b->received)
		return a->received > b->received ? -1 : 1;
	int order = exim_id_compare(&b->id, &a->id);
	if (order == 0)
		order = strcmp(a->queue, b->queue);
	return order != 0 ? order : a->letter - b->letter;
}

/* Nearly always the time decides. */
static int compare_hits(const struct queue_index *x, const struct hit *a, const struct hit *b)
{
	if (a->received != b->received)
		return a->received > b->received ? -1 : 1;
	struct queue_place p = place_of(x, a), q = place_of(x, b);
	return compare_places(&p, &q);
}

static struct hit hit_of(const struct index_entry *e, uint32_t slot)
{
	struct hit h = {.received = e->received, .slot = slot, .folder = e->folder};

	h.id.len = (uint8_t)entry_id_length(e);
	memcpy(h.id.text, e->id, h.id.len);
	return h;
}

/* ---- the newest of those that fit ---- */

static void swap(struct hit *a, struct hit *b)
{
	struct hit other = *a;

	*a = *b;
	*b = other;
}

/* Makes at[0..count-1] a heap again, of which only the one at i may be wrong. */
static void sink(const struct queue_index *x, struct hit *at, size_t count, size_t i)
{
	for (size_t child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && compare_hits(x, &at[child], &at[child + 1]) < 0)
			child++;
		if (compare_hits(x, &at[i], &at[child]) >= 0)
			return;
		swap(&at[i], &at[child]);
	}
}

static void rise(const struct queue_index *x, struct hit *at, size_t i)
{
	for (; i > 0 && compare_hits(x, &at[(i - 1) / 2], &at[i]) < 0; i = (i - 1) / 2)
		swap(&at[(i - 1) / 2], &at[i]);
}

static void keep(struct queue_search *s, const struct hit *h)
{
	if (s->count < s->limit) {
		s->hits[s->count] = *h;
		rise(s->index, s->hits, s->count++);
		return;
	}
	if (compare_hits(s->index, h, &s->hits[0]) >= 0)
		return;
	s->hits[0] = *h;
	sink(s->index, s->hits, s->count, 0);
}

static void sort_hits(struct queue_search *s)
{
	for (size_t n = s->count; n > 1; n--) {
		swap(&s->hits[0], &s->hits[n - 1]);
		sink(s->index, s->hits, n - 1, 0);
	}
	s->is_sorted = true;
}

/* ---- what fits ---- */

/* part: of all. */
static bool has(const struct queue_search *s, const struct index_parts *p, struct slice part)
{
	if (part.at == NULL)
		return false;
	size_t behind = (size_t)(p->all.at + p->all.len - (part.at + part.len));
	return has_nocase(part, behind, s->lower);
}

static bool fits_texts(const struct queue_search *s, const struct index_entry *e)
{
	const struct index_texts *t = entry_texts(s->index, e);

	if (t == NULL)
		return false;
	struct index_parts p = texts_parts(t);
	switch (s->in) {
	case QUEUE_SEARCH_ANY:
		return has(s, &p, p.all);
	case QUEUE_SEARCH_SENDER:
		return has(s, &p, p.sender);
	case QUEUE_SEARCH_RECIPIENT:
		return has(s, &p, p.recipients);
	case QUEUE_SEARCH_SOURCE:
		return has(s, &p, p.source);
	case QUEUE_SEARCH_SUBJECT:
		return has(s, &p, p.subject);
	case QUEUE_SEARCH_ID:
		break;
	}
	return false;
}

static bool fits(const struct queue_search *s, const struct index_entry *e)
{
	if ((e->flags & ENTRY_USED) == 0)
		return false;
	if (s->frozen != QUEUE_SEARCH_BOTH &&
		((e->flags & ENTRY_KNOWN) == 0 ||
			((e->flags & ENTRY_FROZEN) != 0) != (s->frozen == QUEUE_SEARCH_FROZEN)))
		return false;
	if (s->lower.len == 0)
		return true;
	return (s->may_be_id &&
		       has_nocase((struct slice){e->id, entry_id_length(e)}, 0, s->lower)) ||
	       fits_texts(s, e);
}

static bool is_behind(const struct queue_search *s, const struct hit *h)
{
	if (!s->has_after)
		return true;
	if (h->received != s->after.received)
		return h->received < s->after.received;
	struct queue_place place = place_of(s->index, h);
	return compare_places(&place, &s->after) > 0;
}

static void look_at(struct queue_search *s, uint32_t slot)
{
	const struct index_entry *e = entry_at(s->index, slot);

	if (!fits(s, e))
		return;
	s->found++;
	struct hit h = hit_of(e, slot);
	if (!is_behind(s, &h))
		return;
	s->behind++;
	keep(s, &h);
}

/* ---- from outside ---- */

/* Only digits, letters and dashes stand in an id. */
static bool may_be_id(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != '-' && !exim_id_is_digit(text.at[i]))
			return false;
	return text.len <= EXIM_ID_NEW;
}

struct queue_search *queue_search_new(
	const struct queue_index *x, const struct queue_search_terms *terms)
{
	struct queue_search *s = memory_new(1, sizeof(*s));
	struct slice text = slice_first(terms->text, QUEUE_SEARCH_TEXT);

	s->index = x;
	for (size_t i = 0; i < text.len; i++)
		s->text[i] = slice_lower(text.at[i]);
	s->lower = (struct slice){s->text, text.len};
	s->in = terms->in;
	s->frozen = terms->frozen;
	s->limit = terms->limit < QUEUE_SEARCH_LIMIT ? terms->limit : QUEUE_SEARCH_LIMIT;
	s->may_be_id = (terms->in == QUEUE_SEARCH_ANY || terms->in == QUEUE_SEARCH_ID) &&
		       may_be_id(s->lower);
	s->has_after = terms->after != NULL;
	if (terms->after != NULL)
		s->after = *terms->after;
	s->end = x->slot_count;
	return s;
}

void queue_search_free(struct queue_search *s)
{
	free(s);
}

/* The texts of a message that will be looked at soon: waiting for memory is most of a search. */
static void fetch_ahead(const struct queue_search *s)
{
	const struct index_texts *t;

	if (s->lower.len == 0 || s->end - s->next <= FETCHED_AHEAD)
		return;
	t = entry_texts(s->index, entry_at(s->index, s->next + FETCHED_AHEAD));
	if (t == NULL)
		return;
	__builtin_prefetch(t);
	__builtin_prefetch((const char *)t + 64);
}

bool queue_search_go(struct queue_search *s, size_t messages)
{
	for (; messages > 0 && s->next < s->end; messages--) {
		fetch_ahead(s);
		look_at(s, s->next++);
	}
	if (s->next < s->end)
		return true;
	if (!s->is_sorted)
		sort_hits(s);
	return false;
}

uint64_t queue_search_found(const struct queue_search *s)
{
	return s->found;
}

bool queue_search_has_more(const struct queue_search *s)
{
	return s->behind > s->count;
}

/* Whether what is in its slot now is what was found there. */
static bool is_there(const struct queue_index *x, const struct hit *h)
{
	const struct index_entry *e = entry_at(x, h->slot);

	return (e->flags & ENTRY_USED) != 0 && e->folder == h->folder &&
	       entry_id_length(e) == h->id.len && memcmp(e->id, h->id.text, h->id.len) == 0;
}

bool queue_search_next(
	struct queue_search *s, struct queue_index_message *ret, struct queue_place *ret_place)
{
	while (s->given < s->count) {
		const struct hit *h = &s->hits[s->given++];
		if (!is_there(s->index, h))
			continue;
		queue_index_entry_read(s->index, entry_at(s->index, h->slot), ret);
		*ret_place = place_of(s->index, h);
		return true;
	}
	return false;
}
