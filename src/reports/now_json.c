#include "reports/now_json.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "reports/evidence_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BITS_MOST  1000.0
#define COUNT_MOST INT64_C(1000000000000)
#define AT_MOST    10000000000.0 /* seconds: the year 2286 */

static const char *const verdict_words[] = {[VERDICT_NOTHING] = "nothing",
	[VERDICT_SUSPECT] = "suspect",
	[VERDICT_CONTAIN] = "contain"};

void now_clear(struct now *n)
{
	standing_clear(&n->incidents);
	free(n->sources);
	*n = (struct now){0};
}

/* ---- writing ---- */

static json_t *number_or_null(int64_t n)
{
	return n == NOW_UNKNOWN ? NULL : json_integer(n);
}

static void put_source(json_t *o, const struct source *source)
{
	char text[SOURCE_TEXT_MAX];

	json_put(o, "source", json_text(slice_of(source_text(source, text))));
	json_put(o, "kind", json_string(source_kind_name(source->kind)));
	json_put(o, "name", json_text((struct slice){source->name, source->len}));
}

static json_t *incident_row(const struct standing_incident *i)
{
	json_t *o = json_object();

	json_put(o, "incident", json_integer(i->number));
	put_source(o, &i->source);
	json_put(o, "state", json_string(incident_state_name(i->state)));
	json_put(o, "opened", json_integer(i->opened));
	json_put(o, "changed", json_integer(i->changed));
	json_put(o, "contained", json_integer(i->contained));
	json_put(o, "score", bits_json(i->score));
	json_put(o, "threshold", bits_json(i->threshold));
	json_put(o, "messages", json_integer((json_int_t)i->messages));
	json_put(o, "recipients", json_integer((json_int_t)i->recipients));
	json_put(o, "held", json_integer((json_int_t)i->held));
	json_put(o, "failed", json_integer((json_int_t)i->failed));
	json_put(o, "asks", json_boolean(standing_asks(i)));
	return o;
}

static json_t *source_row(const struct now_source *s)
{
	json_t *o = json_object(), *pace = json_array();

	for (size_t i = 0; i < NOW_PACE; i++)
		(void)json_array_append_new(
			pace, s->pace[i] == PACE_UNKNOWN ? json_null() : json_integer(s->pace[i]));
	put_source(o, &s->source);
	json_put(o, "score", bits_json(s->score));
	json_put(o, "threshold", bits_json(s->threshold));
	json_put(o, "verdict", json_string(verdict_words[s->verdict]));
	json_put(o, "messages", json_integer((json_int_t)s->messages));
	json_put(o, "recipients", json_integer((json_int_t)s->recipients));
	json_put(o, "failed", json_integer((json_int_t)s->failed));
	json_put(o, "why", json_text(slice_of(s->why)));
	json_put(o, "pace", pace);
	return o;
}

json_t *now_sources_json(const struct now_source *sources, size_t count)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(rows, source_row(&sources[i]));
	return rows;
}

/* The counts of a minute by their names. */
static const struct minute_field {
	const char *name;
	size_t offset;
} minute_fields[] = {
	{"accepted", offsetof(struct now_minute, accepted)},
	{"delivered", offsetof(struct now_minute, delivered)},
	{"deferred", offsetof(struct now_minute, deferred)},
	{"failed", offsetof(struct now_minute, failed)},
	{"refused", offsetof(struct now_minute, refused)},
	{"queue", offsetof(struct now_minute, queue)},
};
#define MINUTE_FIELDS (sizeof(minute_fields) / sizeof(minute_fields[0]))

static json_t *minute_json(const struct now_minute *m)
{
	json_t *o = json_object();

	json_put(o, "at", json_integer(m->at));
	for (size_t i = 0; i < MINUTE_FIELDS; i++) {
		int64_t n;

		memcpy(&n, (const char *)m + minute_fields[i].offset, sizeof(n));
		json_put(o, minute_fields[i].name, number_or_null(n));
	}
	return o;
}

static void put_head(json_t *o, const struct now *n)
{
	json_put(o, "at", json_real(n->at));
	json_put(o, "version", json_text(slice_of(n->version)));
	json_put(o, "host", json_text(slice_of(n->host)));
	json_put(o, "mode", json_text(slice_of(n->mode)));
	json_put(o, "ready", json_boolean(n->is_ready));
	json_put(o, "journal", json_boolean(n->has_journal));
	json_put(o, "watcher_age", number_or_null(n->watcher_age));
	json_put(o, "lag_seconds", number_or_null(n->lag_seconds));
	json_put(o, "unread_bytes", number_or_null(n->unread_bytes));
	json_put(o, "queue", number_or_null(n->queue));
	json_put(o, "held", number_or_null(n->held));
}

/* Takes the row, if there is room for it; *room is what is left of it. */
static bool append(json_t *rows, json_t *row, size_t *room)
{
	size_t bytes = json_dumpb(row, NULL, 0, JSON_COMPACT | JSON_ENSURE_ASCII) + 1;

	if (bytes > *room) {
		json_decref(row);
		return false;
	}
	*room -= bytes;
	(void)json_array_append_new(rows, row);
	return true;
}

static json_t *incident_rows(const struct standing *s, size_t *room)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < s->count && append(rows, incident_row(&s->at[i]), room); i++)
		;
	return rows;
}

static json_t *source_rows(const struct now *n, size_t *room)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < n->source_count && append(rows, source_row(&n->sources[i]), room);
		i++)
		;
	return rows;
}

#define REST_BYTES ((size_t)2048) /* of all that is neither an incident nor a source */

json_t *now_json(const struct now *n)
{
	size_t room = NOW_JSON_MAX - REST_BYTES;
	json_t *o = json_object(), *incidents = NULL;

	put_head(o, n);
	if (n->knows_incidents)
		incidents = incident_rows(&n->incidents, &room);
	size_t told = json_array_size(incidents);
	json_put(o, "incidents", incidents);
	json_put(o, "incidents_left_out",
		n->knows_incidents ? json_integer((json_int_t)(n->incidents.left_out +
							       n->incidents.count - told))
				   : NULL);
	json_put(o, "sources", n->knows_sources ? source_rows(n, &room) : NULL);
	json_put(o, "sources_known", number_or_null(n->sources_known));
	json_put(o, "sources_active", number_or_null(n->sources_active));
	json_put(o, "minute", n->minute.at > 0 ? minute_json(&n->minute) : NULL);
	return o;
}

/* ---- reading ---- */

static bool read_integer(const json_t *value, int64_t most, int64_t *ret)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 0 || n > most)
		return false;
	*ret = n;
	return true;
}

static bool read_count(const json_t *o, const char *key, uint64_t *ret)
{
	int64_t n;

	if (!read_integer(json_object_get(o, key), COUNT_MOST, &n))
		return false;
	*ret = (uint64_t)n;
	return true;
}

static bool read_time(const json_t *o, const char *key, int64_t *ret)
{
	return read_integer(json_object_get(o, key), (int64_t)AT_MOST, ret);
}

/* Null is NOW_UNKNOWN; what is missing is wrong. */
static bool read_known(const json_t *o, const char *key, int64_t *ret)
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_null(value))
		return read_integer(value, INT64_MAX / 2, ret);
	*ret = NOW_UNKNOWN;
	return true;
}

static bool read_bits(const json_t *o, const char *key, double *ret)
{
	const json_t *value = json_object_get(o, key);
	double bits = json_number_value(value);

	if (!json_is_number(value) || !(fabs(bits) <= BITS_MOST))
		return false;
	*ret = bits;
	return true;
}

static bool read_bool(const json_t *o, const char *key, bool *ret)
{
	const json_t *value = json_object_get(o, key);

	*ret = json_is_true(value);
	return json_is_boolean(value);
}

/* Printable, and cut at what there is room for. */
static bool read_words(const json_t *o, const char *key, char *at, size_t size)
{
	const struct slice text = json_slice(json_object_get(o, key));

	if (text.at == NULL)
		return false;
	(void)printable_text(text, at, size);
	return true;
}

/* It was encoded by the one who said it, so that its backslashes stay. */
static bool read_why(const json_t *o, char at[EVIDENCE_TEXT])
{
	struct slice text = json_slice(json_object_get(o, "why"));
	size_t len = 0;

	if (text.at == NULL)
		return false;
	while (text.len > 0 && len + 4 <= EVIDENCE_TEXT - 1) {
		if (text.at[0] == '\\') {
			at[len++] = '\\';
			text = slice_after(text, 1);
			continue;
		}
		size_t n = slice_find(text, '\\');
		(void)printable_text(slice_first(text, n), at + len, EVIDENCE_TEXT - len);
		len += strlen(at + len);
		text = slice_after(text, n);
	}
	at[len] = '\0';
	return true;
}

static bool read_source(const json_t *o, struct source *ret)
{
	const struct slice text = json_slice(json_object_get(o, "source"));

	return text.at != NULL && text.len < SOURCE_TEXT_MAX && source_parse(text, ret) == 0;
}

static bool read_state(const json_t *o, enum incident_state *ret)
{
	const char *word = json_string_value(json_object_get(o, "state"));

	return word != NULL && incident_state_read(word, ret);
}

static bool read_incident(const json_t *o, struct standing_incident *ret)
{
	return read_time(o, "incident", &ret->number) && read_source(o, &ret->source) &&
	       read_state(o, &ret->state) && read_time(o, "opened", &ret->opened) &&
	       read_time(o, "changed", &ret->changed) &&
	       read_time(o, "contained", &ret->contained) && read_bits(o, "score", &ret->score) &&
	       read_bits(o, "threshold", &ret->threshold) &&
	       read_count(o, "messages", &ret->messages) &&
	       read_count(o, "recipients", &ret->recipients) && read_count(o, "held", &ret->held) &&
	       read_count(o, "failed", &ret->failed);
}

static bool read_verdict(const json_t *o, enum verdict *ret)
{
	const char *word = json_string_value(json_object_get(o, "verdict"));

	for (size_t i = 0; word != NULL && i < sizeof(verdict_words) / sizeof(verdict_words[0]);
		i++)
		if (strcmp(verdict_words[i], word) == 0) {
			*ret = (enum verdict)i;
			return true;
		}
	return false;
}

static bool read_pace(const json_t *pace, uint16_t ret[NOW_PACE])
{
	if (!json_is_array(pace) || json_array_size(pace) != NOW_PACE)
		return false;
	for (size_t i = 0; i < NOW_PACE; i++) {
		const json_t *value = json_array_get(pace, i);
		int64_t n = PACE_UNKNOWN;

		if (!json_is_null(value) && !read_integer(value, PACE_MOST, &n))
			return false;
		ret[i] = (uint16_t)n;
	}
	return true;
}

static bool read_source_row(const json_t *o, struct now_source *ret)
{
	return read_source(o, &ret->source) && read_bits(o, "score", &ret->score) &&
	       read_bits(o, "threshold", &ret->threshold) && read_verdict(o, &ret->verdict) &&
	       read_count(o, "messages", &ret->messages) &&
	       read_count(o, "recipients", &ret->recipients) &&
	       read_count(o, "failed", &ret->failed) && read_why(o, ret->why) &&
	       read_pace(json_object_get(o, "pace"), ret->pace);
}

int now_sources_read(const json_t *rows, struct now_source ret[NOW_SOURCES_MAX], size_t *ret_count)
{
	size_t count = json_array_size(rows);

	if (!json_is_array(rows) || count > NOW_SOURCES_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++)
		if (!read_source_row(json_array_get(rows, i), &ret[i]))
			return -EBADMSG;
	*ret_count = count;
	return 0;
}

static bool read_minute(const json_t *o, struct now_minute *ret)
{
	if (json_is_null(o))
		return true;
	for (size_t i = 0; i < MINUTE_FIELDS; i++) {
		int64_t n;

		if (!read_known(o, minute_fields[i].name, &n))
			return false;
		memcpy((char *)ret + minute_fields[i].offset, &n, sizeof(n));
	}
	return read_time(o, "at", &ret->at) && ret->at > 0;
}

static bool read_incidents(const json_t *o, struct now *ret)
{
	const json_t *rows = json_object_get(o, "incidents");
	struct standing *s = &ret->incidents;

	if (json_is_null(rows))
		return json_is_null(json_object_get(o, "incidents_left_out"));
	if (!json_is_array(rows) || json_array_size(rows) > STANDING_MAX ||
		!read_count(o, "incidents_left_out", &s->left_out))
		return false;
	ret->knows_incidents = true;
	s->at = memory_new(json_array_size(rows) + 1, sizeof(*s->at));
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (!read_incident(json_array_get(rows, i), &s->at[s->count++]))
			return false;
	return true;
}

static bool read_sources(const json_t *o, struct now *ret)
{
	const json_t *rows = json_object_get(o, "sources");

	if (json_is_null(rows))
		return true;
	ret->knows_sources = true;
	ret->sources = memory_new(NOW_SOURCES_MAX, sizeof(*ret->sources));
	return now_sources_read(rows, ret->sources, &ret->source_count) == 0;
}

static bool read_head(const json_t *o, struct now *ret)
{
	const json_t *at = json_object_get(o, "at");

	ret->at = json_number_value(at);
	return json_is_number(at) && ret->at >= 0 && ret->at <= AT_MOST &&
	       read_words(o, "version", ret->version, sizeof(ret->version)) &&
	       read_words(o, "host", ret->host, sizeof(ret->host)) &&
	       read_words(o, "mode", ret->mode, sizeof(ret->mode)) &&
	       read_bool(o, "ready", &ret->is_ready) &&
	       read_bool(o, "journal", &ret->has_journal) &&
	       read_known(o, "watcher_age", &ret->watcher_age) &&
	       read_known(o, "lag_seconds", &ret->lag_seconds) &&
	       read_known(o, "unread_bytes", &ret->unread_bytes) &&
	       read_known(o, "queue", &ret->queue) && read_known(o, "held", &ret->held);
}

int now_json_read(const json_t *object, struct now *ret)
{
	struct now n = {0};

	if (!read_head(object, &n) || !read_incidents(object, &n) || !read_sources(object, &n) ||
		!read_known(object, "sources_known", &n.sources_known) ||
		!read_known(object, "sources_active", &n.sources_active) ||
		!read_minute(json_object_get(object, "minute"), &n.minute)) {
		now_clear(&n);
		return -EBADMSG;
	}
	*ret = n;
	return 0;
}
