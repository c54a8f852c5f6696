#include "formats/uapi_reply.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define META_OK "\"metadata\":{\"command\":\"f\",\"reason\":\"OK\",\"result\":1,\"version\":1}"

static const struct reply_case {
	const char *name, *body;
	enum uapi_reply_kind kind;
	int want;
	const char *want_data, *want_problem;
} reply_cases[] = {
	{"with an envelope",
		"{\"apiversion\":3,\"func\":\"f\",\"module\":\"Email\",\"result\":{\"data\":7,"
		"\"errors\":null,\"messages\":null,\"metadata\":{},\"status\":1}}",
		UAPI_ALONE, 0, "7", ""},
	{"without one",
		"{\"data\":null,\"errors\":null,\"messages\":null,\"metadata\":{},\"status\":1}",
		UAPI_ALONE, 0, "null", ""},
	{"status as a text", "{\"status\":\"1\"}", UAPI_ALONE, 0, "null", ""},
	{"within WHM's", "{" META_OK ",\"data\":{\"uapi\":{\"data\":{\"a\":1},\"status\":1}}}",
		UAPI_IN_WHM, 0, "{\"a\":1}", ""},
	{"within WHM's, with an envelope",
		"{" META_OK ",\"data\":{\"uapi\":{\"result\":{\"data\":2,\"status\":1}}}}",
		UAPI_IN_WHM, 0, "2", ""},
	{"WHM's own", "{" META_OK ",\"data\":{\"userdata\":{}}}", UAPI_WHM, 0, "{\"userdata\":{}}",
		""},
	{"either: WHM's", "{" META_OK "}", UAPI_EITHER, 0, "null", ""},
	{"either: alone", "{\"status\":1,\"metadata\":{}}", UAPI_EITHER, 0, "null", ""},
	{"either: WHM's around a failure",
		"{" META_OK ",\"data\":{\"uapi\":{\"status\":0,\"errors\":[\"no\"]}}}", UAPI_EITHER,
		-EREMOTEIO, NULL, "cPanel says no: no"},
	{"failed",
		"{\"result\":{\"status\":0,\"data\":null,\"errors\":[\"The password is too "
		"weak.\",\"b\"]}}",
		UAPI_ALONE, -EREMOTEIO, NULL, "cPanel says no: The password is too weak."},
	{"failed without a word", "{\"status\":0,\"errors\":null}", UAPI_ALONE, -EREMOTEIO, NULL,
		"cPanel says that it failed, and not why"},
	{"done, with an error", "{\"status\":1,\"errors\":[\"half\"]}", UAPI_ALONE, -EREMOTEIO,
		NULL, "cPanel says no: half"},
	{"WHM did, the UAPI did not",
		"{" META_OK ",\"data\":{\"uapi\":{\"status\":0,\"errors\":[\"a\\nb\"]}}}",
		UAPI_IN_WHM, -EREMOTEIO, NULL, "cPanel says no: a\\x0ab"},
	{"the UAPI did, WHM did not",
		"{\"metadata\":{\"result\":0,\"reason\":\"no such user\"},\"data\":{\"uapi\":"
		"{\"status\":1}}}",
		UAPI_IN_WHM, -EREMOTEIO, NULL, "cPanel says no: no such user"},
	{"WHM alone where both must speak", "{" META_OK ",\"data\":{}}", UAPI_IN_WHM, -EBADMSG,
		NULL, "cPanel's answer cannot be understood: no answer of the UAPI in WHM's"},
	{"the UAPI alone where both must speak", "{\"status\":1}", UAPI_IN_WHM, -EBADMSG, NULL,
		"cPanel's answer cannot be understood: no result in WHM's metadata"},
	{"the door",
		"{\"cpanelresult\":{\"apiversion\":\"2\",\"error\":\"Access denied\",\"data\":"
		"{\"reason\":\"Access denied\",\"result\":\"0\"}}}",
		UAPI_IN_WHM, -EREMOTEIO, NULL, "cPanel says no: Access denied"},
	{"no status", "{\"result\":{\"data\":1}}", UAPI_ALONE, -EBADMSG, NULL,
		"cPanel's answer cannot be understood: no status of the UAPI"},
	{"an odd status", "{\"status\":2}", UAPI_ALONE, -EBADMSG, NULL,
		"cPanel's answer cannot be understood: no status of the UAPI"},
	{"a page", "<html>", UAPI_WHM, -EBADMSG, NULL,
		"cPanel's answer cannot be understood: no JSON object"},
	{"a list", "[1]", UAPI_WHM, -EBADMSG, NULL,
		"cPanel's answer cannot be understood: no JSON object"},
	{"nothing", "", UAPI_WHM, -EBADMSG, NULL,
		"cPanel's answer cannot be understood: it is empty"},
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reply_cases) / sizeof(reply_cases[0]); i++) {
		const struct reply_case *c = &reply_cases[i];
		struct problem problem = {0};
		json_t *data = NULL;
		int err = uapi_reply_read(slice_of(c->body), c->kind, &data, &problem);

		if (err != c->want)
			fail_msg("%s: %d, want %d: %s", c->name, err, c->want, problem.text);
		if (err < 0)
			assert_string_equal(problem.text, c->want_problem);
		if (c->want_data != NULL) {
			char *text = json_dumps(data, JSON_ENCODE_ANY | JSON_COMPACT);
			assert_string_equal(text, c->want_data);
			free(text);
		}
		json_decref(data);
	}
}

static void test_too_long(void **state)
{
	char *body = malloc(UAPI_REPLY_MAX + 1);
	json_t *data = NULL;

	(void)state;
	assert_non_null(body);
	memset(body, ' ', UAPI_REPLY_MAX + 1);
	assert_int_equal(
		uapi_reply_read((struct slice){body, UAPI_REPLY_MAX + 1}, UAPI_WHM, &data, NULL),
		-EMSGSIZE);
	assert_null(data);
	free(body);
}

static void test_find(void **state)
{
	struct uapi_mailbox box = {0};
	struct problem problem = {0};
	json_t *list = json_loads(
		"[null, {\"email\":7}, {\"email\":\"bob@shop.test\",\"suspended_login\":1},"
		"{\"email\":\"Ann@Shop.test\",\"suspended_outgoing\":\"1\",\"suspended_login\":0},"
		"{\"user\":\"cyd\",\"domain\":\"shop.test\",\"hold_outgoing\":1}]",
		0, NULL);

	(void)state;
	assert_int_equal(uapi_mailbox_find(list, slice_of("ann@shop.test"), &box, &problem), 0);
	assert_int_equal(box.suspended_outgoing, UAPI_YES);
	assert_int_equal(box.suspended_login, UAPI_NO);
	assert_int_equal(box.hold_outgoing, UAPI_NOT_SAID);
	assert_int_equal(uapi_mailbox_find(list, slice_of("cyd@shop.test"), &box, &problem), 0);
	assert_int_equal(box.hold_outgoing, UAPI_YES);
	assert_int_equal(
		uapi_mailbox_find(list, slice_of("cydxshop.test"), &box, &problem), -ENOENT);
	assert_int_equal(
		uapi_mailbox_find(list, slice_of("dan@shop.test"), &box, &problem), -ENOENT);
	assert_string_equal(problem.text, "cPanel knows no mailbox dan@shop.test");
	json_decref(list);
	assert_int_equal(uapi_mailbox_find(json_null(), slice_of("a@b"), &box, &problem), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
