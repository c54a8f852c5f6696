#include "reports/standing_json.h"

#include "base/json_text.h"
#include "base/memory.h"

#include <errno.h>

static json_t *row(const struct standing_incident *i)
{
	char source[SOURCE_TEXT_MAX];
	json_t *o = json_object();

	json_put(o, "incident", json_integer(i->number));
	json_put(o, "source", json_text(slice_of(source_text(&i->source, source))));
	json_put(o, "state", json_string(incident_state_name(i->state)));
	json_put(o, "opened", json_integer(i->opened));
	json_put(o, "changed", json_integer(i->changed));
	json_put(o, "contained", json_integer(i->contained));
	json_put(o, "held", json_integer((json_int_t)i->held));
	json_put(o, "failed", json_integer((json_int_t)i->failed));
	return o;
}

json_t *standing_json(const struct standing *s)
{
	json_t *o = json_object(), *rows = json_array();

	for (size_t i = 0; i < s->count; i++)
		(void)json_array_append_new(rows, row(&s->at[i]));
	json_put(o, "left_out", json_integer((json_int_t)s->left_out));
	json_put(o, "incidents", rows);
	return o;
}

static bool read_number(const json_t *o, const char *key, int64_t *ret)
{
	const json_t *value = json_object_get(o, key);

	*ret = (int64_t)json_integer_value(value);
	return json_is_integer(value) && *ret >= 0;
}

static bool read_count(const json_t *o, const char *key, uint64_t *ret)
{
	int64_t n = 0;
	bool is_read = read_number(o, key, &n);

	*ret = (uint64_t)n;
	return is_read;
}

static bool read_row(const json_t *o, struct standing_incident *ret)
{
	const char *source = json_string_value(json_object_get(o, "source"));
	const char *state = json_string_value(json_object_get(o, "state"));

	return source != NULL && source_parse(slice_of(source), &ret->source) == 0 &&
	       state != NULL && incident_state_read(state, &ret->state) &&
	       read_number(o, "incident", &ret->number) && read_number(o, "opened", &ret->opened) &&
	       read_number(o, "changed", &ret->changed) &&
	       read_number(o, "contained", &ret->contained) && read_count(o, "held", &ret->held) &&
	       read_count(o, "failed", &ret->failed);
}

int standing_json_read(const json_t *object, struct standing *ret)
{
	const json_t *rows = json_object_get(object, "incidents"), *o;
	struct standing s = {0};
	size_t i;

	if (!json_is_array(rows) || json_array_size(rows) > STANDING_MAX ||
		!read_count(object, "left_out", &s.left_out))
		return -EBADMSG;
	s.at = memory_new(json_array_size(rows) + 1, sizeof(*s.at));
	json_array_foreach(rows, i, o)
	{
		if (!read_row(o, &s.at[s.count++])) {
			standing_clear(&s);
			return -EBADMSG;
		}
	}
	*ret = s;
	return 0;
}
