#include "formats/icinga2_reply.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>

#define NOT_FOUND 404

static int judge_results(const json_t *results)
{
	bool is_done = true;
	const json_t *one;
	size_t i;

	json_array_foreach(results, i, one)
	{
		/* a real number in some versions */
		double code = json_number_value(json_object_get(one, "code"));
		is_done = is_done && code >= 200 && code < 300;
	}
	if (json_array_size(results) == 0)
		return -ENOENT;
	return is_done ? 0 : -EBADMSG;
}

int icinga2_reply_read(struct slice body)
{
	int err = -EBADMSG;

	if (body.len == 0 || body.len > ICINGA2_REPLY_MAX)
		return err;
	json_t *o = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *results = json_object_get(o, "results");
	double error = json_number_value(json_object_get(o, "error")); /* likewise */
	if (json_is_array(results))
		err = judge_results(results);
	else if (error >= NOT_FOUND && error < NOT_FOUND + 1)
		err = -ENOENT;
	json_decref(o);
	return err;
}
