#include "reports/queue_list.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "base/units.h"
#include "formats/exim_header.h"
#include "formats/mail_text.h"
#include "sensors/filter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_LEAST 20 /* columns in which a usual address can be told from another */
#define SENDER_LEAST 12
#define UNLIMITED    36 /* columns when there is no terminal to fit */

/* Age, size and recipients before the id: 4+1, 8+1, 7+1 columns; and " frozen" at the end. */
#define FIXED_COLUMNS (22 + 7)

struct queue_list queue_list_of(struct terminal terminal, size_t id_length, bool with_queue)
{
	struct queue_list list = {.terminal = terminal, .id = id_length, .with_queue = with_queue};
	size_t used = FIXED_COLUMNS + id_length + 2;

	list.source = list.sender = UNLIMITED;
	if (terminal.width == 0)
		return list;
	size_t left = terminal.width > used ? terminal.width - used : 0;
	if (left < SOURCE_LEAST + 1 + SENDER_LEAST)
		left = SOURCE_LEAST + 1 + SENDER_LEAST;
	list.source = left * 6 / 11;
	list.sender = left - list.source - 1;
	return list;
}

void queue_list_title(const struct queue_list *list)
{
	FILE *out = list->terminal.out;

	terminal_style(&list->terminal, TERMINAL_BOLD);
	(void)fprintf(out, "%4s %8s %7s %-*s ", "AGE", "SIZE", "TO", (int)list->id, "ID");
	terminal_cell(out, slice_of("SOURCE"), list->source);
	(void)fputs(" SENDER", out);
	terminal_style(&list->terminal, TERMINAL_PLAIN);
	(void)fputc('\n', out);
}

/* "45s", "9m", "3h", "2d": at most four columns for anything under 27 years. */
static char *short_age(int64_t seconds, char at[UNITS_TEXT])
{
	static const struct {
		int64_t seconds, from;
		char unit;
	} units[] = {{86400, 172800, 'd'}, {3600, 5400, 'h'}, {60, 100, 'm'}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (seconds >= units[i].from) {
			(void)snprintf(at, UNITS_TEXT, "%" PRId64 "%c", seconds / units[i].seconds,
				units[i].unit);
			return at;
		}
	(void)snprintf(at, UNITS_TEXT, "%" PRId64 "s", seconds);
	return at;
}

bool queue_list_damage(const struct scanned *m, struct problem *ret)
{
	if (m->error != 0) {
		(void)problem_set(ret, 0, "cannot read %s: %s", m->error_what,
			m->error == -ELOOP ? "it is a symbolic link, and none is followed"
					   : strerror(-m->error));
		return true;
	}
	if (m->header != NULL && m->header->damage.what != NULL) {
		(void)problem_set(ret, 0, "%s (line %zu, byte %zu of -H)", m->header->damage.what,
			m->header->damage.line, m->header->damage.offset);
		return true;
	}
	return false;
}

json_t *queue_list_damage_json(const struct scanned *m)
{
	struct problem damage = {0};
	bool is_read = m->error == 0 && m->header != NULL;

	if (!queue_list_damage(m, &damage))
		return NULL;
	json_t *object = json_object();
	const char *what = is_read ? m->header->damage.what : damage.text;
	json_put(object, "what", json_text(slice_of(what)));
	json_put(object, "line", is_read ? json_integer((json_int_t)m->header->damage.line) : NULL);
	json_put(object, "offset",
		is_read ? json_integer((json_int_t)m->header->damage.offset) : NULL);
	return object;
}

static void put_counts(FILE *out, const struct queued *q, bool sensed)
{
	char text[UNITS_TEXT] = "?";

	if (sensed && q->delivered_count > 0)
		(void)snprintf(text, sizeof(text), "%zu/%zu",
			q->recipient_count - q->delivered_count, q->recipient_count);
	else if (sensed)
		(void)snprintf(text, sizeof(text), "%zu", q->recipient_count);
	(void)fprintf(out, " %7s", text);
}

static void put_who(const struct queue_list *list, const struct queued *q)
{
	FILE *out = list->terminal.out;
	bool may_cut = list->terminal.width > 0;
	struct slice name = {q->source.name, q->source.len};
	int kind = fprintf(out, "%s%s", source_kind_name(q->source.kind), name.len > 0 ? ":" : "");
	size_t columns = list->source - (kind > 0 ? (size_t)kind : 0);

	if (!may_cut && printable_width(name) > columns)
		columns = 0;
	terminal_cell(out, name, columns);
	(void)fputc(' ', out);
	terminal_last_cell(
		out, q->sender.len > 0 ? q->sender : slice_of("<>"), may_cut ? list->sender : 0);
}

static void put_state(
	const struct queue_list *list, const struct scanned *m, const struct queued *q)
{
	struct problem damage = {0};

	if (q->frozen)
		terminal_say(&list->terminal, TERMINAL_YELLOW, " frozen");
	if (m->data_size < 0)
		terminal_say(&list->terminal, TERMINAL_RED, " no-body");
	if (list->with_queue && *q->queue != '\0')
		terminal_say(&list->terminal, TERMINAL_DIM, " queue=%s", q->queue);
	(void)fputc('\n', list->terminal.out);
	if (queue_list_damage(m, &damage)) {
		terminal_say(&list->terminal, TERMINAL_RED, "%22s damaged: %s", "", damage.text);
		(void)fputc('\n', list->terminal.out);
	}
}

void queue_list_row(const struct queue_list *list, const struct scanned *m, const struct queued *q,
	bool sensed, int64_t now)
{
	FILE *out = list->terminal.out;
	char age[UNITS_TEXT], size[UNITS_TEXT];

	(void)fprintf(out, "%4s %8s", short_age(now - q->received, age),
		m->data_size >= 0 ? units_size_text(filter_size(m), size) : "-");
	put_counts(out, q, sensed);
	(void)fprintf(out, " %-*s ", (int)list->id, q->id);
	if (sensed)
		put_who(list, q);
	else
		(void)fputs("?", out);
	put_state(list, m, q);
}

static json_t *recipients_json(const struct queued *q)
{
	json_t *list = json_array();

	for (size_t i = 0; i < q->recipient_count; i++)
		(void)json_array_append_new(list, json_text(q->recipients[i]));
	return list;
}

static json_t *subject_json(const struct scanned *m)
{
	struct slice value = exim_field_value(m->header, "Subject");

	if (value.at == NULL)
		return NULL;
	char *subject = mail_text_field(value);
	json_t *text = json_text(slice_of(subject));
	free(subject);
	return text;
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

json_t *queue_list_object(const struct scanned *m, const struct queued *q, bool sensed, int64_t now)
{
	char source[SOURCE_TEXT_MAX];
	json_t *object = json_object();
	size_t pending = q->recipient_count - q->delivered_count;

	json_put(object, "id", json_text(slice_of(q->id)));
	json_put(object, "queue", json_text(slice_of(q->queue)));
	json_put(object, "source", json_text(slice_of(source_text(&q->source, source))));
	json_put(object, "kind", json_text(slice_of(source_kind_name(q->source.kind))));
	json_put(object, "name", json_text((struct slice){q->source.name, q->source.len}));
	json_put(object, "sender", sensed ? json_text(q->sender) : NULL);
	json_put(object, "recipients", recipients_json(q));
	json_put(object, "recipient_count", sensed ? number(q->recipient_count) : NULL);
	json_put(object, "delivered_count", sensed ? number(q->delivered_count) : NULL);
	json_put(object, "pending_count", sensed ? number(pending) : NULL);
	json_put(object, "size", m->data_size >= 0 && sensed ? number(filter_size(m)) : NULL);
	json_put(object, "received", json_time(q->received));
	json_put(object, "age", json_integer(now - q->received));
	json_put(object, "frozen", json_boolean(q->frozen));
	json_put(object, "bounce", json_boolean(q->bounce));
	json_put(object, "subject", sensed ? subject_json(m) : NULL);
	json_put(object, "damaged", queue_list_damage_json(m));
	return object;
}

void queue_list_json(
	FILE *out, const struct scanned *m, const struct queued *q, bool sensed, int64_t now)
{
	json_line(out, queue_list_object(m, q, sensed, now));
}
