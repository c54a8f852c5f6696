#include "reports/queue_found.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/units.h"

#include <errno.h>
#include <stdlib.h>

#define ELLIPSIS "\xe2\x80\xa6"

/* ---- questions ---- */

static int refuse(struct problem *problem, const char *sentence)
{
	return problem_set(problem, -EINVAL, "%s", sentence);
}

static bool has_control(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return true;
	return false;
}

static int read_text(const json_t *value, struct queue_question *q, struct problem *problem)
{
	struct slice text = json_slice(value);

	if (text.at == NULL || text.len > sizeof(q->text) || has_control(text))
		return refuse(problem, "q is to be a text of at most 256 bytes on one line");
	memcpy(q->text, text.at, text.len);
	q->text_len = text.len;
	return 0;
}

static int read_in(const json_t *value, struct queue_question *q, struct problem *problem)
{
	static const char *const names[] = {[QUEUE_SEARCH_ANY] = "any",
		[QUEUE_SEARCH_ID] = "id",
		[QUEUE_SEARCH_SENDER] = "sender",
		[QUEUE_SEARCH_RECIPIENT] = "recipient",
		[QUEUE_SEARCH_SOURCE] = "source",
		[QUEUE_SEARCH_SUBJECT] = "subject"};
	struct slice name = json_slice(value);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(name, names[i])) {
			q->in = (enum queue_search_in)i;
			return 0;
		}
	return refuse(problem, "in is any, id, sender, recipient, source or subject");
}

/* A number or its digits, 0 to most. */
static bool read_number(const json_t *value, uint64_t most, uint64_t *ret)
{
	if (json_is_string(value))
		return units_read_count(json_slice(value), most, ret) == 0;
	json_int_t n = json_integer_value(value);
	if (!json_is_integer(value) || n < 0 || (uint64_t)n > most)
		return false;
	*ret = (uint64_t)n;
	return true;
}

static int read_frozen(const json_t *value, struct queue_question *q, struct problem *problem)
{
	uint64_t n = json_is_true(value);

	if (!json_is_boolean(value) && !read_number(value, 1, &n))
		return refuse(problem, "frozen is 0 or 1");
	q->frozen = n == 1 ? QUEUE_SEARCH_FROZEN : QUEUE_SEARCH_MOVING;
	return 0;
}

static int read_limit(const json_t *value, struct queue_question *q, struct problem *problem)
{
	uint64_t n;

	if (!read_number(value, QUEUE_SEARCH_LIMIT, &n) || n == 0)
		return refuse(problem, "limit is 1 to 200");
	q->limit = (unsigned)n;
	return 0;
}

static int read_after(const json_t *value, struct queue_question *q, struct problem *problem)
{
	struct slice text = json_slice(value);

	if (queue_place_read(text, &q->after) < 0)
		return refuse(problem, "after is to be a cursor that was given as next");
	q->has_after = true;
	return 0;
}

int queue_question_read(const json_t *args, struct queue_question *ret, struct problem *problem)
{
	static const struct {
		const char *key;
		int (*read)(const json_t *, struct queue_question *, struct problem *);
	} rows[] = {{"q", read_text}, {"in", read_in}, {"frozen", read_frozen},
		{"limit", read_limit}, {"after", read_after}};
	struct queue_question q = {.limit = QUEUE_QUESTION_LIMIT};
	size_t known = 0;

	if (!json_is_object(args))
		return refuse(problem, "a question is to be an object");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *value = json_object_get(args, rows[i].key);
		known += value != NULL;
		if (value == NULL || json_is_null(value))
			continue;
		int err = rows[i].read(value, &q, problem);
		if (err < 0)
			return err;
	}
	if (known != json_object_size(args))
		return refuse(problem, "only q, in, frozen, limit and after can be asked with");
	*ret = q;
	return 0;
}

struct queue_search_terms queue_question_terms(const struct queue_question *q)
{
	return (struct queue_search_terms){.text = {q->text, q->text_len},
		.in = q->in,
		.frozen = q->frozen,
		.limit = q->limit,
		.after = q->has_after ? &q->after : NULL};
}

/* ---- answers ---- */

static const char *const states[] = {[QUEUE_LISTER_READING] = "reading",
	[QUEUE_LISTER_READY] = "ready",
	[QUEUE_LISTER_OFF] = "off"};

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *text_or_cut(struct slice text, bool is_cut)
{
	if (!is_cut)
		return json_text(text);
	char *longer = memory_new(text.len + sizeof(ELLIPSIS), 1);
	memcpy(longer, text.at, text.len);
	memcpy(longer + text.len, ELLIPSIS, sizeof(ELLIPSIS));
	json_t *value = json_text(slice_of(longer));
	free(longer);
	return value;
}

static json_t *first_recipients(struct slice rest)
{
	json_t *list = json_array();
	struct slice one;

	while (json_array_size(list) < QUEUE_FOUND_RECIPIENTS && slice_take_line(&rest, &one))
		(void)json_array_append_new(list, json_text(one));
	return list;
}

static json_t *row_of(const struct queue_index_message *m, const struct queue_place *place)
{
	json_t *row = json_object();
	bool has_subject = m->is_known && m->subject.at != NULL;

	json_put(row, "id", json_text((struct slice){m->id.text, m->id.len}));
	json_put(row, "queue", json_text(slice_of(place->queue)));
	json_put(row, "received", json_integer(m->received));
	json_put(row, "size", NULL);
	json_put(row, "frozen", m->is_known ? json_boolean(m->is_frozen) : NULL);
	json_put(row, "damaged", json_boolean(m->is_damaged));
	json_put(row, "source", m->is_known ? json_text(m->source) : NULL);
	json_put(row, "sender", m->is_known ? text_or_cut(m->sender, m->sender_is_cut) : NULL);
	json_put(row, "recipients", m->is_known ? first_recipients(m->recipients) : NULL);
	json_put(row, "recipient_count", m->is_known ? number(m->recipient_count) : NULL);
	json_put(row, "subject", has_subject ? text_or_cut(m->subject, m->subject_is_cut) : NULL);
	return row;
}

/* Rows, and of each what its size is looked up by. */
struct rows {
	json_t *list;
	struct queue_index_message messages[QUEUE_SEARCH_LIMIT];
	struct queue_place last;
	bool is_cut; /* there was no room for all */
};

static void gather_rows(struct queue_search *s, struct rows *rows)
{
	struct queue_index_message m;
	struct queue_place place;
	size_t bytes = 0, n = 0;

	rows->list = json_array();
	while (n < QUEUE_SEARCH_LIMIT && queue_search_next(s, &m, &place)) {
		json_t *row = row_of(&m, &place);
		bytes += json_dumpb(row, NULL, 0, JSON_COMPACT);
		rows->is_cut = n > 0 && bytes > QUEUE_FOUND_BYTES;
		if (rows->is_cut) {
			json_decref(row);
			return;
		}
		(void)json_array_append_new(rows->list, row);
		rows->messages[n++] = m;
		rows->last = place;
	}
}

static void add_sizes(struct queue_lister *l, const struct rows *rows)
{
	for (size_t i = 0; i < json_array_size(rows->list); i++) {
		int64_t size = queue_lister_size(l, &rows->messages[i]);
		if (size >= 0)
			json_put(json_array_get(rows->list, i), "size", json_integer(size));
	}
}

static json_t *cursor(const struct queue_search *s, const struct rows *rows)
{
	char text[QUEUE_PLACE_TEXT];
	bool has_more = rows->is_cut || queue_search_has_more(s);

	if (!has_more || json_array_size(rows->list) == 0)
		return NULL;
	return json_text(slice_of(queue_place_text(&rows->last, text)));
}

json_t *queue_found(struct queue_lister *l, struct queue_search *s)
{
	struct queue_lister_standing now;
	struct rows *rows = memory_new(1, sizeof(*rows));
	json_t *answer = json_object();

	queue_lister_look(l, &now);
	(void)queue_lister_lock(l);
	gather_rows(s, rows);
	queue_lister_unlock(l);
	add_sizes(l, rows);
	json_put(answer, "state", json_text(slice_of(states[now.state])));
	json_put(answer, "read", number(now.read));
	json_put(answer, "messages", now.knows_messages ? number(now.messages) : NULL);
	json_put(answer, "complete", json_boolean(now.is_complete));
	json_put(answer, "damaged", number(now.damaged));
	json_put(answer, "why", now.why.text[0] != '\0' ? json_text(slice_of(now.why.text)) : NULL);
	json_put(answer, "found", number(queue_search_found(s)));
	json_put(answer, "found_is_least", json_boolean(!now.is_complete));
	json_put(answer, "rows", rows->list);
	json_put(answer, "next", cursor(s, rows));
	free(rows);
	return answer;
}

json_t *queue_found_off(const char *why)
{
	json_t *answer = json_object();

	json_put(answer, "state", json_text(slice_of("off")));
	json_put(answer, "read", NULL);
	json_put(answer, "messages", NULL);
	json_put(answer, "complete", json_false());
	json_put(answer, "damaged", NULL);
	json_put(answer, "why", json_text(slice_of(why)));
	json_put(answer, "found", NULL);
	json_put(answer, "found_is_least", json_true());
	json_put(answer, "rows", json_array());
	json_put(answer, "next", NULL);
	return answer;
}

/* ---- answers of others ---- */

enum form { FORM_TEXT = 1, FORM_NUMBER = 2, FORM_BOOL = 4, FORM_LIST = 8, FORM_NULL = 16 };

struct member {
	const char *key;
	unsigned forms;
};

static const struct member answer_members[] = {{"state", FORM_TEXT},
	{"read", FORM_NUMBER | FORM_NULL}, {"messages", FORM_NUMBER | FORM_NULL},
	{"complete", FORM_BOOL}, {"damaged", FORM_NUMBER | FORM_NULL},
	{"why", FORM_TEXT | FORM_NULL}, {"found", FORM_NUMBER | FORM_NULL},
	{"found_is_least", FORM_BOOL}, {"rows", FORM_LIST}, {"next", FORM_TEXT | FORM_NULL}};

static const struct member row_members[] = {{"id", FORM_TEXT}, {"queue", FORM_TEXT},
	{"received", FORM_NUMBER}, {"size", FORM_NUMBER | FORM_NULL},
	{"frozen", FORM_BOOL | FORM_NULL}, {"damaged", FORM_BOOL},
	{"source", FORM_TEXT | FORM_NULL}, {"sender", FORM_TEXT | FORM_NULL},
	{"recipients", FORM_LIST | FORM_NULL}, {"recipient_count", FORM_NUMBER | FORM_NULL},
	{"subject", FORM_TEXT | FORM_NULL}};

static unsigned form_of(const json_t *value)
{
	if (json_is_string(value))
		return FORM_TEXT;
	if (json_is_integer(value))
		return json_integer_value(value) >= 0 ? FORM_NUMBER : 0;
	if (json_is_boolean(value))
		return FORM_BOOL;
	if (json_is_array(value))
		return FORM_LIST;
	return json_is_null(value) ? FORM_NULL : 0;
}

/* All of these members, and no other. */
static bool has_members(const json_t *object, const struct member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((form_of(json_object_get(object, members[i].key)) & members[i].forms) == 0)
			return false;
	return json_object_size(object) == count;
}

static bool is_row(const json_t *row)
{
	const json_t *recipients = json_object_get(row, "recipients");

	if (!has_members(row, row_members, sizeof(row_members) / sizeof(row_members[0])) ||
		json_array_size(recipients) > QUEUE_FOUND_RECIPIENTS)
		return false;
	for (size_t i = 0; i < json_array_size(recipients); i++)
		if (!json_is_string(json_array_get(recipients, i)))
			return false;
	return true;
}

static bool is_state(const json_t *value)
{
	struct slice state = json_slice(value);

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (slice_is(state, states[i]))
			return true;
	return false;
}

bool queue_found_is_answer(const json_t *body)
{
	const json_t *rows = json_object_get(body, "rows");

	if (!has_members(body, answer_members, sizeof(answer_members) / sizeof(answer_members[0])))
		return false;
	if (!is_state(json_object_get(body, "state")) || json_array_size(rows) > QUEUE_SEARCH_LIMIT)
		return false;
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (!is_row(json_array_get(rows, i)))
			return false;
	return json_dumpb(body, NULL, 0, JSON_COMPACT) <= QUEUE_FOUND_MOST;
}
