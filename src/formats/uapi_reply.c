#include "formats/uapi_reply.h"

#include "base/json_text.h"
#include "base/printable.h"

#include <errno.h>
#include <stdbool.h>

#define REASON_SHOWN 400 /* bytes of cPanel's own words that are repeated */

enum uapi_answer uapi_answer_read(const json_t *value)
{
	struct slice word = json_slice(value);

	if (json_is_true(value) || slice_is(word, "1") ||
		(json_is_integer(value) && json_integer_value(value) == 1))
		return UAPI_YES;
	if (json_is_false(value) || slice_is(word, "0") ||
		(json_is_string(value) && word.len == 0) ||
		(json_is_integer(value) && json_integer_value(value) == 0))
		return UAPI_NO;
	return UAPI_NOT_SAID;
}

/* A text, or the first of a list of texts. */
static struct slice first_text(const json_t *value)
{
	return json_is_array(value) ? json_slice(json_array_get(value, 0)) : json_slice(value);
}

static int refused(struct slice reason, struct problem *problem)
{
	char shown[REASON_SHOWN];

	reason = slice_trim(reason);
	if (reason.len == 0)
		return problem_set(problem, -EREMOTEIO, "cPanel says that it failed, and not why");
	return problem_set(problem, -EREMOTEIO, "cPanel says no: %s",
		printable_text(reason, shown, sizeof(shown)));
}

static int unclear(struct problem *problem, const char *what)
{
	return problem_set(problem, -EBADMSG, "cPanel's answer cannot be understood: %s", what);
}

/* {"status": 1, "errors": null, "data": …} */
static int read_uapi(const json_t *result, json_t **ret_data, struct problem *problem)
{
	const json_t *errors = json_object_get(result, "errors");
	enum uapi_answer status = uapi_answer_read(json_object_get(result, "status"));

	if (status == UAPI_NOT_SAID)
		return unclear(problem, "no status of the UAPI");
	if (status == UAPI_NO)
		return refused(first_text(errors), problem);
	if (first_text(errors).len > 0) /* both: not a success that can be relied upon */
		return refused(first_text(errors), problem);
	*ret_data = json_object_get(result, "data");
	return 0;
}

/* {"metadata": {"result": 1, "reason": "OK"}, "data": …} */
static int read_whm(const json_t *object, json_t **ret_data, struct problem *problem)
{
	const json_t *metadata = json_object_get(object, "metadata");
	enum uapi_answer result = uapi_answer_read(json_object_get(metadata, "result"));

	if (result == UAPI_NOT_SAID)
		return unclear(problem, "no result in WHM's metadata");
	if (result == UAPI_NO)
		return refused(json_slice(json_object_get(metadata, "reason")), problem);
	*ret_data = json_object_get(object, "data");
	return 0;
}

static bool is_whm(const json_t *object)
{
	return json_object_get(json_object_get(object, "metadata"), "result") != NULL;
}

static int read_alone(const json_t *object, json_t **ret_data, struct problem *problem)
{
	const json_t *result = json_object_get(object, "result");

	return read_uapi(json_is_object(result) ? result : object, ret_data, problem);
}

static int read_in_whm(
	const json_t *object, bool is_needed, json_t **ret_data, struct problem *problem)
{
	json_t *data = NULL;
	int err = read_whm(object, &data, problem);

	if (err < 0)
		return err;

	const json_t *uapi = json_object_get(data, "uapi");
	if (json_is_object(uapi))
		return read_alone(uapi, ret_data, problem);
	if (is_needed)
		return unclear(problem, "no answer of the UAPI in WHM's");
	*ret_data = data;
	return 0;
}

/* What the doors of cPanel say, which do not know the functions behind them. */
static const json_t *error_of_the_door(const json_t *object)
{
	const json_t *error = json_object_get(json_object_get(object, "cpanelresult"), "error");

	return error != NULL ? error : json_object_get(object, "error");
}

static int read_object(
	const json_t *object, enum uapi_reply_kind kind, json_t **ret_data, struct problem *problem)
{
	const json_t *error = error_of_the_door(object);

	if (!json_is_object(object))
		return unclear(problem, "no JSON object");
	if (json_slice(error).len > 0)
		return refused(json_slice(error), problem);
	/* WHM's own refusal comes in its own form, whatever was asked. */
	if (kind == UAPI_WHM)
		return read_whm(object, ret_data, problem);
	if (kind == UAPI_IN_WHM || is_whm(object))
		return read_in_whm(object, kind == UAPI_IN_WHM, ret_data, problem);
	return read_alone(object, ret_data, problem);
}

int uapi_reply_read(
	struct slice body, enum uapi_reply_kind kind, json_t **ret_data, struct problem *problem)
{
	if (body.len > UAPI_REPLY_MAX)
		return problem_set(problem, -EMSGSIZE, "cPanel's answer is longer than %zu bytes",
			UAPI_REPLY_MAX);
	if (body.len == 0)
		return unclear(problem, "it is empty");

	json_t *object = json_loadb(body.at, body.len, JSON_ALLOW_NUL, NULL);
	json_t *data = NULL;
	int err = read_object(object, kind, &data, problem);
	if (err == 0)
		*ret_data = data != NULL ? json_incref(data) : json_null();
	json_decref(object);
	return err;
}

static bool is_address(const json_t *entry, struct slice address)
{
	struct slice user = json_slice(json_object_get(entry, "user"));
	struct slice domain = json_slice(json_object_get(entry, "domain"));

	if (slice_equal_nocase(json_slice(json_object_get(entry, "email")), address))
		return true;
	return user.len > 0 && user.len + 1 + domain.len == address.len &&
	       slice_equal_nocase(slice_first(address, user.len), user) &&
	       address.at[user.len] == '@' &&
	       slice_equal_nocase(slice_after(address, user.len + 1), domain);
}

int uapi_mailbox_find(
	const json_t *data, struct slice address, struct uapi_mailbox *ret, struct problem *problem)
{
	size_t i;
	const json_t *entry;
	char shown[REASON_SHOWN];

	if (!json_is_array(data))
		return unclear(problem, "no list of mailboxes");
	json_array_foreach(data, i, entry)
	{
		if (!is_address(entry, address))
			continue;
		*ret = (struct uapi_mailbox){
			uapi_answer_read(json_object_get(entry, "suspended_outgoing")),
			uapi_answer_read(json_object_get(entry, "suspended_login")),
			uapi_answer_read(json_object_get(entry, "hold_outgoing"))};
		return 0;
	}
	return problem_set(problem, -ENOENT, "cPanel knows no mailbox %s",
		printable_text(address, shown, sizeof(shown)));
}
