#include "formats/icinga2_reply.h"

#include <jansson.h>

bool icinga2_reply_is_done(struct slice body)
{
	const json_t *results, *one;
	bool is_done;
	size_t i;

	if (body.len == 0 || body.len > ICINGA2_REPLY_MAX)
		return false;
	json_t *o = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, NULL);
	results = json_object_get(o, "results");
	is_done = json_array_size(results) > 0;
	json_array_foreach(results, i, one)
	{
		double code =
			json_number_value(json_object_get(one, "code")); /* 200.0 in old ones */
		is_done = is_done && code >= 200 && code < 300;
	}
	json_decref(o);
	return is_done;
}
