#include "formats/whmcs_reply.h"

#include "base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK "{\"result\":\"success\","
#define PRODUCT(id, client, status, server)                                                        \
	"{\"id\":" id ",\"clientid\":" client ",\"status\":\"" status                              \
	"\",\"serverhostname\":\"" server "\",\"password\" : \"hid\\\"den\"}"
#define PRODUCTS(rows) OK "\"totalresults\":2,\"products\":{\"product\":" rows "}}"
#define GOOD           PRODUCT("\"7\"", "\"42\"", "Active", "mx1.host.test")
#define GONE           PRODUCT("8", "43", "Terminated", "mx1.host.test")
#define ELSEWHERE      PRODUCT("9", "44", "Active", "mx2.host.test")
#define OTHER          PRODUCT("10", "45", "Active", "mx1.host.test")
#define SAME           PRODUCT("11", "42", "Active", "mx1.host.test")

static struct problem problem;

static int owner_of(const char *body, struct whmcs_owner *ret)
{
	problem.text[0] = '\0';
	return whmcs_read_owner(slice_of(body), "MX1.host.test", ret, &problem);
}

static void one_active_client_is_the_owner(void **state)
{
	static const char *const bodies[] = {PRODUCTS("[" GOOD "]"), PRODUCTS(GOOD),
		PRODUCTS("[" GONE "," GOOD "," ELSEWHERE "]"), PRODUCTS("[" GOOD "," SAME "]")};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct whmcs_owner owner = {0};
		assert_int_equal(owner_of(bodies[i], &owner), 0);
		assert_int_equal(owner.client, 42);
		assert_int_equal(owner.service, 7);
	}
}

static void none_or_several_are_not_guessed(void **state)
{
	static const struct {
		const char *body;
		int err;
	} cases[] = {
		{PRODUCTS("[]"), -ENOENT},
		{PRODUCTS("[" GONE "," ELSEWHERE "]"), -ENOENT},
		{OK "\"products\":\"\"}", -ENOENT},
		{OK "\"totalresults\":0}", -ENOENT},
		{PRODUCTS("[" GOOD "," OTHER "]"), -EEXIST},
		{OK "\"totalresults\":\"101\",\"products\":{\"product\":[" GOOD "]}}", -EEXIST},
		{PRODUCTS("[" PRODUCT("0", "1", "Active", "mx1.host.test") "]"), -EBADMSG},
		{PRODUCTS("[" PRODUCT("1", "\"1x\"", "Active", "mx1.host.test") "]"), -EBADMSG},
		{PRODUCTS("[" PRODUCT("1", "-1", "Active", "mx1.host.test") "]"), -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct whmcs_owner owner = {1, 1};
		assert_int_equal(owner_of(cases[i].body, &owner), cases[i].err);
		assert_int_equal(owner.client, 1);
		assert_null(strstr(problem.text, "den"));
	}
}

static void a_no_is_said(void **state)
{
	static const struct {
		const char *body;
		int err;
	} cases[] = {
		{"{\"result\":\"error\",\"message\":\"Invalid IP 192.0.2.1\"}", -EACCES},
		{"{\"result\":\"error\",\"message\":\"Authentication Failed\"}", -EACCES},
		{"{\"result\":\"error\",\"message\":\"Invalid Permissions: API action \\\"x\\\"\"}",
			-EACCES},
		{"{\"result\":\"error\",\"message\":\"Department ID not found\"}", -EIO},
		{"{\"result\":\"error\"}", -EIO},
		{"{\"result\":\"error\",\"message\":\"a\\u001b[2J\"}", -EIO},
		{"{\"result\":\"perhaps\"}", -EBADMSG},
		{"<html>", -EBADMSG},
		{"", -EBADMSG},
		{"[]", -EBADMSG},
		{"{\"result\":\"success\"", -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		problem.text[0] = '\0';
		assert_int_equal(whmcs_read_done(slice_of(cases[i].body), &problem), cases[i].err);
		assert_true(problem.text[0] != '\0');
		assert_null(strchr(problem.text, '\x1b'));
	}
	assert_int_equal(whmcs_read_done(slice_of("{\"result\":\"success\"}"), &problem), 0);
}

static void tickets_are_known_by_their_mark(void **state)
{
	static const char body[] =
		OK "\"tickets\":{\"ticket\":[{\"id\":\"1\",\"tid\":\"AB-1\",\"subject\":\"[stanch:"
		   "a:11]\"},"
		   "{\"id\":2,\"tid\":516757,\"subject\":\"Mail [stanch:a:1] held\"}]}}";
	struct whmcs_ticket t = {0};

	(void)state;
	assert_int_equal(whmcs_read_ticket(slice_of(body), "[stanch:a:1]", &t, &problem), 0);
	assert_int_equal(t.id, 2);
	assert_string_equal(t.number, "516757");
	assert_int_equal(whmcs_read_ticket(slice_of(body), "[stanch:a:11]", &t, &problem), 0);
	assert_int_equal(t.id, 1);
	assert_string_equal(t.number, "AB-1");
	assert_int_equal(whmcs_read_ticket(slice_of(body), "[stanch:b:1]", &t, &problem), -ENOENT);
	assert_int_equal(
		whmcs_read_ticket(slice_of(OK "\"tickets\":\"\"}"), "x", &t, &problem), -ENOENT);
}

static void an_opened_ticket_has_an_id(void **state)
{
	struct whmcs_ticket t = {0};

	(void)state;
	assert_int_equal(
		whmcs_read_opened(slice_of(OK "\"id\":\"5\",\"tid\":\"a\\nb\"}"), &t, &problem), 0);
	assert_int_equal(t.id, 5);
	assert_string_equal(t.number, "");
	assert_int_equal(whmcs_read_opened(slice_of(OK "\"tid\":\"1\"}"), &t, &problem), -EBADMSG);
	assert_int_equal(t.id, 5);
}

static void a_client_has_an_address(void **state)
{
	struct whmcs_client c = {0};

	(void)state;
	assert_int_equal(whmcs_read_client(slice_of(OK "\"client\":{\"email\":\"a@b.test\","
						       "\"language\":\"german\"}}"),
				 &c, &problem),
		0);
	assert_string_equal(c.email, "a@b.test");
	assert_string_equal(c.language, "german");
	assert_int_equal(
		whmcs_read_client(slice_of(OK "\"email\":\"c@d.test\"}"), &c, &problem), 0);
	assert_string_equal(c.email, "c@d.test");
	assert_int_equal(
		whmcs_read_client(slice_of(OK "\"email\":\"c@d.test\\nBcc: x\"}"), &c, &problem),
		-ENOENT);
}

static void long_replies_are_not_looked_at(void **state)
{
	char *body = memory_new(1, WHMCS_REPLY_MAX + 2);

	(void)state;
	memset(body, ' ', WHMCS_REPLY_MAX + 1);
	assert_int_equal(whmcs_read_done(slice_of(body), &problem), -EMSGSIZE);
	free(body);
}

static void answers_are_found_by_their_mark(void **state)
{
	static const struct {
		const char *name, *body;
		int err;
	} rows[] = {
		{"one of two",
			"{\"result\":\"success\",\"replies\":{\"reply\":[{\"message\":\"a\"},"
			"{\"message\":\"b\\n[m:closed]\"}]}}",
			0},
		{"one that is no list",
			"{\"result\":\"success\",\"replies\":{\"reply\":{\"message\":\"[m:closed]"
			"\"}}}",
			0},
		{"of another stage",
			"{\"result\":\"success\",\"replies\":{\"reply\":[{\"message\":"
			"\"[m:released]\"}]}}",
			-ENOENT},
		{"in the subject only",
			"{\"result\":\"success\",\"subject\":\"[m:closed]\",\"replies\":{\"reply\":"
			"[]}}",
			-ENOENT},
		{"no text", "{\"result\":\"success\",\"replies\":{\"reply\":[{\"message\":7},{}]}}",
			-ENOENT},
		{"no answers", "{\"result\":\"success\",\"replies\":\"\"}", -ENOENT},
		{"not allowed",
			"{\"result\":\"error\",\"message\":\"Invalid Permissions: API action "
			"\\\"getticket\\\" is not allowed\"}",
			-EACCES},
		{"nothing of the kind", "[m:closed]", -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = whmcs_read_answer(slice_of(rows[i].body), "[m:closed]", &problem);

		if (err != rows[i].err)
			fail_msg("%s: got %d, want %d", rows[i].name, err, rows[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_found_by_their_mark),
		cmocka_unit_test(one_active_client_is_the_owner),
		cmocka_unit_test(none_or_several_are_not_guessed),
		cmocka_unit_test(a_no_is_said),
		cmocka_unit_test(tickets_are_known_by_their_mark),
		cmocka_unit_test(an_opened_ticket_has_an_id),
		cmocka_unit_test(a_client_has_an_address),
		cmocka_unit_test(long_replies_are_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
