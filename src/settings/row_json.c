#include "settings/row_json.h"

#include "base/json_text.h"

#include <stdlib.h>

static json_t *text_json(const char *text)
{
	return text != NULL ? json_text(slice_of(text)) : json_null();
}

static json_t *list_json(const void *member)
{
	struct setting_list list;
	json_t *array = json_array();

	memcpy(&list, member, sizeof(list));
	for (size_t i = 0; i < list.count; i++)
		if (json_array_append_new(array, text_json(list.at[i])) != 0)
			abort(); /* memory has ended */
	return array;
}

static json_t *number_json(uint64_t number)
{
	return json_integer(number <= INT64_MAX ? (json_int_t)number : INT64_MAX);
}

static json_t *value_json(const struct setting_row *row, const char *member)
{
	union {
		bool yes;
		uint64_t number;
		int64_t seconds;
		double share;
		unsigned choice;
		const char *text;
	} u;

	if (row->is_list)
		return list_json(member);
	switch (row->kind) {
	case SETTING_BOOL:
		memcpy(&u.yes, member, sizeof(u.yes));
		return json_boolean(u.yes);
	case SETTING_COUNT:
	case SETTING_BYTES:
		memcpy(&u.number, member, sizeof(u.number));
		return number_json(u.number);
	case SETTING_SECONDS:
		memcpy(&u.seconds, member, sizeof(u.seconds));
		return json_integer(u.seconds);
	case SETTING_SHARE:
		memcpy(&u.share, member, sizeof(u.share));
		return json_real(u.share);
	case SETTING_CHOICE:
		memcpy(&u.choice, member, sizeof(u.choice));
		return text_json(row->words[u.choice]);
	default:
		memcpy(&u.text, member, sizeof(u.text));
		return text_json(u.text);
	}
}

json_t *setting_row_json(
	const struct setting_row *row, const void *values, struct setting_origin origin)
{
	json_t *object = json_object();

	json_put(object, "value", value_json(row, (const char *)values + row->offset));
	if (row->kind == SETTING_SECONDS)
		json_put(object, "unit", json_string("seconds"));
	if (row->kind == SETTING_BYTES)
		json_put(object, "unit", json_string("bytes"));
	json_put(object, "from", json_string(origin.given ? "file" : "default"));
	if (origin.line > 0)
		json_put(object, "line", json_integer(origin.line));
	return object;
}
