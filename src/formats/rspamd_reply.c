#include "formats/rspamd_reply.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#define ERROR_SHOWN 200 /* bytes of rspamd's own words that are repeated */

static bool is_score(const json_t *value)
{
	return json_is_number(value) && fabs(json_number_value(value)) <= RSPAMD_SCORE_MOST;
}

static int say_error(const json_t *error, struct problem *problem)
{
	char shown[ERROR_SHOWN];

	if (!json_is_string(error))
		return problem_set(problem, -EREMOTEIO, "rspamd could not scan the message");
	return problem_set(problem, -EREMOTEIO, "rspamd could not scan the message: %s",
		printable_text(json_slice(error), shown, sizeof(shown)));
}

static int read_object(const json_t *object, struct rspamd_reply *ret, struct problem *problem)
{
	const json_t *error = json_object_get(object, "error");
	const json_t *score = json_object_get(object, "score");
	const json_t *required = json_object_get(object, "required_score");

	if (!json_is_object(object))
		return problem_set(problem, -EBADMSG, "rspamd's answer is no JSON object");
	if (error != NULL)
		return say_error(error, problem);
	if (!is_score(score))
		return problem_set(problem, -EBADMSG, "rspamd's answer has no score%s",
			score != NULL ? " that can be one" : "");
	bool has_required = required != NULL && !json_is_null(required);
	if (has_required && !is_score(required))
		return problem_set(
			problem, -EBADMSG, "the required score of rspamd's answer cannot be one");

	*ret = (struct rspamd_reply){.score = json_number_value(score),
		.required_score = has_required ? json_number_value(required) : 0,
		.has_required_score = has_required,
		.is_skipped = json_is_true(json_object_get(object, "is_skipped"))};
	printable_text(
		json_slice(json_object_get(object, "action")), ret->action, sizeof(ret->action));
	return 0;
}

int rspamd_reply_read(struct slice body, struct rspamd_reply *ret, struct problem *problem)
{
	if (body.len > RSPAMD_REPLY_MAX)
		return problem_set(problem, -EMSGSIZE, "rspamd's answer is longer than %zu bytes",
			RSPAMD_REPLY_MAX);
	if (body.len == 0)
		return problem_set(problem, -EBADMSG, "rspamd's answer is empty");

	char *copy = memory_copy(body.at, body.len);
	printable_mend_utf8(copy, body.len); /* JSON's own characters are ASCII */
	json_t *object = json_loadb(copy, body.len, JSON_ALLOW_NUL, NULL);
	free(copy);
	int err = read_object(object, ret, problem);
	json_decref(object);
	return err;
}
