#include "formats/doveadm_reply.h"

#include "base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct doveadm_reply read_body(const char *body)
{
	struct doveadm_reply reply = {0};
	struct problem p = {0};

	assert_int_equal(
		doveadm_reply_read(slice_of(body), slice_of("ann@shop.test"), &reply, &p), 0);
	assert_string_equal(p.text, "");
	return reply;
}

/* As Dovecot 2.3.19 answers. */
static void test_rows(void **state)
{
	(void)state;
	struct doveadm_reply r = read_body(
		"[[\"doveadmResponse\",[{\"username\":\"ann@shop.test\",\"service\":\"imap\","
		"\"pid\":\"6443\",\"ip\":\"127.0.0.1\"},{\"username\":\"Ann@shop.test\","
		"\"service\":\"imap\",\"pid\":\"6441\",\"ip\":\"127.0.0.1\"},{\"username\":\"joann@"
		"shop.test\"}],\"stanch\"]]");
	assert_string_equal(r.error, "");
	assert_int_equal(r.own, 2);
	assert_int_equal(r.others, 1);
	r = read_body("[[\"doveadmResponse\",[],\"stanch\"]]");
	assert_int_equal(r.own + r.others, 0);
	r = read_body("[[\"doveadmResponse\",[{\"entries\":\"1\"}],\"stanch\"]]");
	assert_int_equal(r.own + r.others, 0);
	assert_string_equal(r.error, "");
}

#define ROW(user, pid) "{\"username\":\"" user "\",\"pid\":\"" pid "\"}"

static bool is_shared(const char *rows)
{
	char body[1024];

	(void)snprintf(body, sizeof(body), "[[\"doveadmResponse\",[%s],\"stanch\"]]", rows);
	return read_body(body).is_shared;
}

static void test_shared_processes(void **state)
{
	(void)state;
	assert_true(is_shared(
		ROW("bob", "7") "," ROW("ann@shop.test", "9") "," ROW("ANN@shop.test", "7")));
	assert_false(is_shared(ROW("ann@shop.test", "7") "," ROW("Ann@shop.test", "7")));
	assert_false(is_shared(ROW("ann@shop.test", "7") "," ROW("bob", "8")));
	assert_false(is_shared(ROW("carl", "7") "," ROW("bob", "7")));
	assert_false(is_shared(ROW("ann@shop.test", "x") "," ROW("bob", "x")));
	assert_false(is_shared(ROW("ann@shop.test", "0") "," ROW("bob", "0")));
}

static void test_errors(void **state)
{
	(void)state;
	struct doveadm_reply r =
		read_body("[[\"error\",{\"type\":\"exitCode\", \"exitCode\":68},\"stanch\"]]");
	assert_string_equal(r.error, "exitCode");
	assert_int_equal(r.exit_code, DOVEADM_EXIT_NOT_FOUND);
	r = read_body("[[\"error\",{\"type\":\"exitCode\",\"exitCode\":\"75\"},\"stanch\"]]");
	assert_int_equal(r.exit_code, DOVEADM_EXIT_TEMPORARY);
	r = read_body("[[\"error\",{\"type\":\"in\\u001bvalid\",\"exitCode\":-3},\"stanch\"]]");
	assert_string_equal(r.error, "in\\x1bvalid");
	assert_int_equal(r.exit_code, 0);
	r = read_body("[[\"error\",{\"type\":\"a\",\"exitCode\":4294967296},\"stanch\"]]");
	assert_int_equal(r.exit_code, 0);
}

static void test_what_is_no_answer(void **state)
{
	static const char *const bodies[] = {"", "x", "[]", "{}", "null", "[[]]", "[null]",
		"[[\"doveadmResponse\",[],\"other\"]]", "[[\"doveadmResponse\",[]]]",
		"[[\"doveadmResponse\",{},\"stanch\"]]", "[[\"doveadmResponse\",[1],\"stanch\"]]",
		"[[\"doveadmResponse\",[{\"username\":1}],\"stanch\"]]",
		"[[\"error\",{},\"stanch\"]]", "[[\"error\",{\"type\":\"\"},\"stanch\"]]",
		"[[\"error\",[],\"stanch\"]]", "[[\"done\",[],\"stanch\"]]",
		"[[\"doveadmResponse\",[],\"stanch\"],[\"doveadmResponse\",[],\"stanch\"]]",
		"[[\"doveadmResponse\",[],\"stanch\"]] x", "[[\"doveadmResponse\",[],\"stanch\""};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct doveadm_reply reply = {.own = 77};
		struct problem p = {0};

		if (doveadm_reply_read(slice_of(bodies[i]), slice_of("a"), &reply, &p) != -EBADMSG)
			fail_msg("%s", bodies[i]);
		assert_string_not_equal(p.text, "");
		assert_int_equal(reply.own, 77);
	}
}

static void test_table(void **state)
{
	struct doveadm_reply r = {0};
	const struct slice ann = slice_of("ann@shop.test");

	(void)state;
	assert_int_equal(
		doveadm_table_read(slice_of("doveconf: Warning: old\nusername\tproto\tpid\tip\n"
					    "ann@shop.test\timap\t7002\t127.0.0.1\nWarning: more\n"
					    "bob@shop.test\timap\t7003\t127.0.0.1\n"
					    "ann@shop.test\tpop3\t7004\t127.0.0.1"),
			ann, &r, NULL),
		0);
	assert_int_equal(r.own, 2);
	assert_int_equal(r.others, 1);
	assert_int_equal(
		doveadm_table_read(slice_of("username\tproto\tpid\tip\n"), ann, &r, NULL), 0);
	assert_int_equal(r.own + r.others, 0);
	struct problem p = {0};
	assert_int_equal(doveadm_table_read(slice_of(""), ann, &r, &p), -EBADMSG);
	assert_string_not_equal(p.text, "");
	assert_int_equal(
		doveadm_table_read(slice_of("ann@shop.test\timap\n"), ann, &r, &p), -EBADMSG);
}

static void test_length(void **state)
{
	struct doveadm_reply r = {0};
	char *text = memory_new(DOVEADM_REPLY_MAX + 1, 1);
	struct slice body = {text, DOVEADM_REPLY_MAX + 1};

	(void)state;
	assert_int_equal(doveadm_reply_read(body, slice_of("a"), &r, NULL), -EMSGSIZE);
	assert_int_equal(doveadm_table_read(body, slice_of("a"), &r, NULL), -EMSGSIZE);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_shared_processes),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_what_is_no_answer),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
